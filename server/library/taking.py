"""The child process that takes a film in: copies a part of it and draws its frames.

It reads what strangers wrote, so it has little memory and time and no more, and takes nothing of
the server with it when it falls. Pictures and sound are copied as they are; whatever else a file
carries, a telephone's place and name among it, stays behind.

    python -m server.library.taking SOURCE webm|mp4 FOLDER FROM TO MOST

copies the seconds from FROM to TO (0: to the end) into ``film.webm`` or ``film.mp4`` of a folder,
beginning at the key frame before; beside it ``0.jpg`` and so on show it at even distances. It tells
how far it is in percent, and answers with length and frames as JSON.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from PIL import Image

from server.children.child import Teller, stay_within

UNREADABLE, NO_PICTURE, LONG, CODEC, EMPTY = 3, 4, 5, 6, 7
"""Exit statuses beside 0."""
MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 240
PRIORITY = 15
FRAMES = 6
LONG_SIDE = 640
"""Pixels of a frame's longer side."""
_MOST_DECODED = 150
"""Pictures decoded on the way to a frame; it may be an earlier one where key frames are far."""
_READERS = {"webm": "matroska", "mp4": "mov"}
"""The one reader for each kind: no file may choose another, which might open other files."""
_PICTURES = {"webm": {"vp8", "vp9", "av1"}, "mp4": {"h264", "vp9", "av1"}}
_SOUNDS = {"webm": {"opus", "vorbis"}, "mp4": {"aac", "mp3", "opus"}}
"""What browsers since Chromium 88 play."""


class RefusedError(Exception):
    """A file that is not taken; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[InputContainer]:
    with av.open(str(path), format=_READERS[kind]) as film:
        yield film


def _streams(film: InputContainer, kind: str) -> list[Any]:
    """Return the picture, and the sound where there is any.

    Raises:
        RefusedError: for a file without pictures, and one that browsers do not play.
    """
    pictures, sounds = film.streams.video[:1], film.streams.audio[:1]
    if not pictures:
        raise RefusedError(NO_PICTURE if sounds else UNREADABLE)
    known = [(one, _PICTURES[kind]) for one in pictures] + [(one, _SOUNDS[kind]) for one in sounds]
    if any(one.codec_context.codec.canonical_name not in names for one, names in known):
        raise RefusedError(CODEC)
    return [*pictures, *sounds]


def copy(source: Path, kind: str, target: Path, *, start: int, end: int, most: int) -> Fraction:
    """Copy a part of a film, told in seconds; return how long it became.

    Raises:
        RefusedError: as ``_streams``; for one longer than ``most`` seconds, and an empty part.
    """
    options = {"movflags": "+faststart"} if kind == "mp4" else {}
    with (
        _opened(source, kind) as film,
        av.open(str(target), "w", format=kind, options=options) as made,
    ):
        streams = _streams(film, kind)
        whole = (film.duration or 0) / 1_000_000
        if (min(whole, end) if end else whole) - start > most:
            raise RefusedError(LONG)
        copies = {s.index: made.add_stream_from_template(s) for s in streams}
        if start:
            film.seek(start * 1_000_000)
        length, teller = Fraction(0), Teller((end or whole or most) - start)
        for packet, at in _part(film.demux(streams), streams[0], whole=not start, end=end):
            # what the head says of the length need not be true
            if at > most + 10:
                raise RefusedError(LONG)
            packet.stream = copies[packet.stream.index]
            made.mux_one(packet)
            length = max(length, at)
            teller(float(at))
    if not length:
        raise RefusedError(EMPTY)
    return length


def _part(
    packets: "Iterator[Packet[Any]]", picture: Any, *, whole: bool, end: int
) -> "Iterator[tuple[Packet[Any], Fraction]]":
    """Yield the packets of a part, counted from its first picture, with when they end.

    A part begins with the first key frame; sound from before it is only there when the film's own
    beginning is wanted, from which it is counted then.
    """
    begin = Fraction(0) if whole else None
    seen = False
    for packet in packets:
        if packet.dts is None or packet.time_base is None:
            continue
        is_picture, shown = (
            packet.stream is picture,
            packet.dts if packet.pts is None else packet.pts,
        )
        at = shown * packet.time_base
        seen = seen or (is_picture and packet.is_keyframe)
        if begin is None and seen:
            begin = at
        if begin is None or (is_picture and not seen) or (not is_picture and at < begin):
            continue
        if end and packet.dts * packet.time_base >= end:
            if is_picture:
                return
            continue
        shift = round(begin / packet.time_base)
        # pictures that are shown later than others are decoded before them: their dts may be less
        packet.dts, packet.pts = packet.dts - shift, shown - shift
        yield packet, at - begin + (packet.duration or 0) * packet.time_base


def draw(film: Path, kind: str, folder: Path, length: Fraction) -> int:
    """Draw frames of a film at even distances, each once; return how many there are.

    Raises:
        RefusedError: when not one can be drawn.
    """
    drawn, last = 0, -1
    with _opened(film, kind) as opened:
        stream = opened.streams.video[0]
        stream.thread_type = "NONE"
        base = stream.time_base or Fraction(1, 1000)
        for number in range(FRAMES):
            wanted = int(length * (2 * number + 1) / (2 * FRAMES) / base)
            opened.seek(wanted, stream=stream)
            frame = _frame_at(opened, wanted)
            if frame is None or frame.pts is None or frame.pts <= last:
                continue
            last = frame.pts
            _save(frame, folder / f"{drawn}.jpg")
            drawn += 1
    if not drawn:
        raise RefusedError(UNREADABLE)
    return drawn


def _frame_at(film: InputContainer, wanted: int) -> av.VideoFrame | None:
    """Return the first picture from ``wanted`` on, or the last one before that could be decoded."""
    found: av.VideoFrame | None = None
    try:
        for number, frame in enumerate(film.decode(video=0)):
            found = frame
            if number >= _MOST_DECODED or (frame.pts is not None and frame.pts >= wanted):
                break
    except av.FFmpegError:
        return found
    return found


def _save(frame: av.VideoFrame, path: Path) -> None:
    picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
    if frame.rotation:
        picture = picture.rotate(frame.rotation, expand=True)
    picture.thumbnail((LONG_SIDE, LONG_SIDE))
    picture.convert("RGB").save(path, "JPEG", quality=84)


def take(source: Path, kind: str, folder: Path, *, start: int, end: int, most: int) -> int:
    """Take a film in; return the exit status."""
    film = folder / f"film.{kind}"
    try:
        length = copy(source, kind, film, start=start, end=end, most=most)
        frames = draw(film, kind, folder, length)
    except RefusedError as refusal:
        return refusal.status
    except (av.FFmpegError, ValueError, OverflowError, MemoryError, ZeroDivisionError):
        return UNREADABLE
    told = {"seconds": max(1, round(length)), "frames": frames}
    sys.stdout.write(json.dumps(told))
    return 0


def main() -> int:
    """Be the child."""
    source, kind, folder, *numbers = sys.argv[1:]
    start, end, most = map(int, numbers)
    octets = Path(source).stat().st_size * 2 + (8 << 20)
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS, octets=octets, nice=PRIORITY)
    return take(Path(source), kind, Path(folder), start=start, end=end, most=most)


if __name__ == "__main__":
    sys.exit(main())
