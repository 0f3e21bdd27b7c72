"""What must be understood of VP8 (RFC 7741): the payload descriptor, key frames and their size.

Opus needs nothing but its clock rate. The frames themselves are never decoded.
"""

from typing import NamedTuple

from server.media.rtp import WireError

CLOCK_RATE = {"audio": 48_000, "video": 90_000}
"""Ticks of the RTP clock in a second (RFC 7587 §4.1, RFC 7741 §4.1)."""


class Vp8(NamedTuple):
    """A VP8 payload descriptor; absent fields are -1.

    ``first`` is the first octet without the X bit, ``tail`` the octet of TID, Y and KEYIDX, of
    which ``flags`` (only T 0x20 and K 0x10) says what counts. ``length`` is the number of octets
    that the descriptor took, ``picture_bits`` 7 or 15 when there is a picture id.
    """

    first: int
    flags: int
    picture_id: int
    picture_bits: int
    tl0: int
    tail: int
    length: int

    @property
    def starts_frame(self) -> bool:
        """Whether the packet holds the start of the first partition of a frame."""
        return self.first & 0x1F == 0x10

    @property
    def temporal_layer(self) -> int:
        """The temporal layer, 0 for the base layer and when there are none."""
        return self.tail >> 6 if self.flags & 0x20 else 0


def parse_vp8(payload: bytes) -> Vp8:
    """Read the payload descriptor at the start of an RTP payload (RFC 7741 §4.2).

    Raises:
        WireError: when it is truncated.
    """
    try:
        return _parse_vp8(payload)
    except IndexError:
        raise WireError("VP8 descriptor truncated") from None


def _parse_vp8(payload: bytes) -> Vp8:
    first = payload[0]
    if not first & 0x80:
        return Vp8(first, 0, -1, 0, -1, -1, 1)
    present, at = payload[1], 2
    picture_id, picture_bits, tl0, tail = -1, 0, -1, -1
    if present & 0x80:
        if payload[at] & 0x80:
            picture_id, picture_bits = (payload[at] & 0x7F) << 8 | payload[at + 1], 15
            at += 2
        else:
            picture_id, picture_bits = payload[at], 7
            at += 1
    if present & 0x40:
        tl0 = payload[at]
        at += 1
    if present & 0x30:
        tail = payload[at]
        at += 1
    return Vp8(first & 0x7F, present & 0x30, picture_id, picture_bits, tl0, tail, at)


def write_vp8(descriptor: Vp8, *, picture_id: int, tl0: int) -> bytes:
    """Return the descriptor with another picture id (15 bits) and TL0PICIDX (8 bits).

    A field that the descriptor does not have stays absent, whatever is passed for it. A picture
    id of 7 bits becomes one of 15, so that numbering can go on across publishers.
    """
    first, flags, own_id, _, own_tl0, tail, _ = descriptor
    if own_id < 0 and own_tl0 < 0 and tail < 0:
        return bytes((first,))
    octets = bytearray((first | 0x80, flags))
    if own_id >= 0:
        octets[1] |= 0x80
        octets += (0x8000 | picture_id & 0x7FFF).to_bytes(2, "big")
    if own_tl0 >= 0:
        octets[1] |= 0x40
        octets.append(tl0 & 0xFF)
    if tail >= 0:
        octets.append(tail)
    return bytes(octets)


def is_key_frame(payload: bytes, descriptor: Vp8) -> bool:
    """Say whether this packet starts a key frame (RFC 7741 §4.3: the P bit is 0)."""
    at = descriptor.length
    return descriptor.first & 0x1F == 0x10 and at < len(payload) and not payload[at] & 1


def frame_width(payload: bytes, descriptor: Vp8) -> int:
    """Return the width in pixels that a key frame announces, 0 when it cannot be read.

    RFC 6386 §9.1: a 3-octet tag, the start code 9d 01 2a, then 14 bits of width, little end first.
    """
    at = descriptor.length
    if payload[at + 3 : at + 6] != b"\x9d\x01\x2a":
        return 0
    return int.from_bytes(payload[at + 6 : at + 8], "little") & 0x3FFF
