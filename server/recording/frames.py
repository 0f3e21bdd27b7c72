"""RTP packets of a recorded track made into frames again: reordered, whole, in order. Pure.

A picture of which a packet is missing is left out, and those after it that build on it: what is
kept can be decoded. Whether a lost one was built upon is told by VP8's own numbers (RFC 7741 §4.2).
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from server.media.codec import Vp8, is_key_frame, parse_vp8
from server.media.recording.segments import UNKNOWN_LEVEL, Taken
from server.media.rtp import WireError, extend

WAIT_PACKETS = 128
"""So many packets may come before a missing one is given up: those asked for again come late."""

_HEAD = struct.Struct("!BBHII")


class Frame(NamedTuple):
    """A picture, or 20 ms of sound: its extended RTP timestamp, when it came, its octets.

    ``level`` is how loud sound is, as in ``segments``.
    """

    ts: int
    at_us: int
    data: bytes
    is_key: bool
    level: int = UNKNOWN_LEVEL


class _Piece(NamedTuple):
    seq: int
    ts: int
    marker: bool
    at_us: int
    payload: bytes
    level: int


class Sorter:
    """Puts the packets of one track into the order of their numbers, each once."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Piece] = {}
        self._next = -1
        self._newest = -1
        self._ts = -1

    def take(self, taken: Taken) -> list[_Piece]:
        """Take in a packet; return those that are in order now."""
        _, second, seq, ts, _ = _HEAD.unpack_from(taken.packet)
        if self._next < 0:
            self._next = self._newest = seq + (1 << 16)
            self._ts = ts + (1 << 32)
        number = extend(self._newest, seq)
        self._newest = max(self._newest, number)
        stamp = extend(self._ts, ts, 32)
        self._ts = max(self._ts, stamp)
        if number >= self._next:
            self._waiting[number] = _Piece(
                number, stamp, bool(second & 0x80), taken.at_us, taken.packet[12:], taken.level
            )
        return self._release(self._newest - WAIT_PACKETS)

    def _release(self, given_up: int) -> list[_Piece]:
        out: list[_Piece] = []
        while self._waiting:
            piece = self._waiting.pop(self._next, None)
            if piece is not None:
                out.append(piece)
            elif self._next > given_up:
                break
            self._next += 1
        return out

    def rest(self) -> list[_Piece]:
        """Return what still waits; nothing more comes."""
        return self._release(self._newest)


@dataclass(slots=True)
class _Begun:
    """A picture of which packets have come."""

    ts: int
    at_us: int
    descriptor: Vp8
    is_key: bool
    data: bytearray


class Pictures:
    """Frames of a VP8 track."""

    def __init__(self) -> None:
        self._sorter = Sorter()
        self._begun: _Begun | None = None
        self._seq = -1
        self._tl0 = -1
        self._torn = True
        self._lost = False

    def take(self, taken: Taken) -> list[Frame]:
        """Take in a packet; return the frames that are whole now."""
        return self._build(self._sorter.take(taken))

    def rest(self) -> list[Frame]:
        """Return the frames that are left; nothing more comes."""
        return self._build(self._sorter.rest())

    def _build(self, pieces: Iterable[_Piece]) -> list[Frame]:
        frames: list[Frame] = []
        for piece in pieces:
            if piece.seq != self._seq + 1 and self._seq >= 0:
                self._lost = True
                self._begun = None
            self._seq = piece.seq
            frame = self._add(piece)
            if frame is not None:
                frames.append(frame)
        return frames

    def _add(self, piece: _Piece) -> Frame | None:
        try:
            descriptor = parse_vp8(piece.payload)
        except WireError:
            return None
        if descriptor.starts_frame and (self._begun is None or self._begun.ts != piece.ts):
            is_key = is_key_frame(piece.payload, descriptor)
            self._begun = _Begun(piece.ts, piece.at_us, descriptor, is_key, bytearray())
        begun = self._begun
        if begun is None:
            self._lost = True
            return None
        begun.data += piece.payload[descriptor.length :]
        if not piece.marker:
            return None
        self._begun = None
        return self._finish(begun)

    def _finish(self, begun: _Begun) -> Frame | None:
        """Return a whole picture if everything that it builds on is there."""
        descriptor = begun.descriptor
        if begun.is_key:
            self._torn = False
        elif self._lost and not self._is_independent(descriptor):
            self._torn = True
        self._lost = False
        if descriptor.tl0 >= 0:
            self._tl0 = descriptor.tl0
        if self._torn:
            return None
        return Frame(begun.ts, begun.at_us, bytes(begun.data), begun.is_key)

    def _is_independent(self, descriptor: Vp8) -> bool:
        """Tell whether what was lost before a picture were upper temporal layers alone."""
        if descriptor.tl0 < 0 or self._tl0 < 0:
            return False
        steps = (descriptor.tl0 - self._tl0) & 0xFF
        return steps == (1 if descriptor.temporal_layer == 0 else 0)


class Sounds:
    """Frames of an Opus track: a packet is one."""

    def __init__(self) -> None:
        self._sorter = Sorter()

    def take(self, taken: Taken) -> list[Frame]:
        """Take in a packet; return the frames that are in order now."""
        return [_sound(piece) for piece in self._sorter.take(taken) if piece.payload]

    def rest(self) -> list[Frame]:
        """Return the frames that are left; nothing more comes."""
        return [_sound(piece) for piece in self._sorter.rest() if piece.payload]


def _sound(piece: _Piece) -> Frame:
    return Frame(piece.ts, piece.at_us, piece.payload, True, piece.level)
