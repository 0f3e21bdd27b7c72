"""The journal of a recording: what began, ended, was switched or is missing, one line each.

A line is the CRC-32 of the rest in eight hexadecimal digits, a space, one JSON object with its
``type``, a line feed. It is only ever added to. What a kill tore is at its end; a line that is not
whole, or whose checksum is wrong, ends what is read. Moments end in ``_us``, as in ``segments``.
"""

import zlib
from collections.abc import Iterable
from typing import Literal

import msgspec

JOURNAL = "journal"
"""The file's name in the folder of a recording."""

Why = Literal["restart", "disk", "full", "failed", "line"]
"""Why something is missing: the process ended; the disk was too slow, too full, or failed."""


class Began(msgspec.Struct, frozen=True, tag="began"):
    """Writing begins or goes on, in segment ``number``; ``room`` is whose recording it is."""

    at_us: int
    number: int
    room: str
    version: int = 1


class Wanted(msgspec.Struct, frozen=True, tag="wanted"):
    """What is recorded from now on: see ``model.RecordingPlan``; None is everybody."""

    at_us: int
    pictures: list[str] | None
    sounds: list[str] | None
    voices: bool
    shown: str


class TrackBegan(msgspec.Struct, frozen=True, tag="track"):
    """A stream is recorded from now on under the number ``track``, which is new since ``Began``.

    ``rate`` is that of its RTP clock in ticks a second; ``rid`` names its layer, empty for none.
    """

    at_us: int
    track: int
    source: str
    peer: str
    kind: Literal["audio", "video"]
    codec: str
    rate: int
    rid: str


class TrackEnded(msgspec.Struct, frozen=True, tag="track_end"):
    """Nothing more of a track follows."""

    at_us: int
    track: int


class SegmentDone(msgspec.Struct, frozen=True, tag="segment"):
    """A segment is complete and on the disk."""

    number: int
    from_us: int
    until_us: int
    octets: int
    sha256: str


class Gap(msgspec.Struct, frozen=True, tag="gap"):
    """Nothing was written between two moments."""

    from_us: int
    until_us: int
    why: Why


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Writing ends; ``why`` is ``stopped``, ``closed`` (the room), ``worker`` or ``killed``."""

    at_us: int
    why: str


Line = Began | Wanted | TrackBegan | TrackEnded | SegmentDone | Gap | Ended

_decoder: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)


def write_lines(lines: Iterable[Line]) -> bytes:
    """Return lines as they stand in the file."""
    parts = []
    for line in lines:
        text = msgspec.json.encode(line)
        parts.append(b"%08x %s\n" % (zlib.crc32(text), text))
    return b"".join(parts)


def read_journal(data: bytes) -> tuple[list[Line], int]:
    """Return the lines up to the first that is not whole, and how many octets they take."""
    lines: list[Line] = []
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        line = _read_line(data[at:end])
        if line is None:
            break
        lines.append(line)
        at = end + 1
    return lines, at


def _read_line(text: bytes) -> Line | None:
    said, _, body = text.partition(b" ")
    if said != b"%08x" % zlib.crc32(body):
        return None
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
