"""Read the RTP header (RFC 3550 §5.1) and its extensions (RFC 8285); codecs are not looked at."""

import struct

HEADER = struct.Struct("!BBHII")
_PROFILE = struct.Struct("!HH")
_ONE_BYTE_PROFILE = 0xBEDE


class WireError(ValueError):
    """A packet that does not follow its specification; it is counted and dropped."""


class Packet:
    """One RTP packet, decrypted: header fields and the payload without padding.

    ``payload`` is empty for a packet of padding only, as browsers send to probe the line.
    """

    __slots__ = ("extension", "marker", "payload", "payload_type", "profile", "seq", "ssrc", "ts")

    def __init__(
        self,
        payload_type: int,
        *,
        marker: int,
        seq: int,
        ts: int,
        ssrc: int,
        payload: bytes,
        profile: int = 0,
        extension: bytes = b"",
    ) -> None:
        self.payload_type = payload_type
        self.marker = marker
        self.seq = seq
        self.ts = ts
        self.ssrc = ssrc
        self.payload = payload
        self.profile = profile
        self.extension = extension

    def extension_value(self, number: int) -> bytes | None:
        """Return the bytes of the header extension with this id, or None when it is not there.

        Both forms of RFC 8285 are read; a truncated block ends the search. Id 0 is padding and is
        never found, so it may stand for "not negotiated".
        """
        if number == 0 or not self.extension:
            return None
        if self.profile == _ONE_BYTE_PROFILE:
            return _find_one_byte(self.extension, number)
        if self.profile & 0xFFF0 == 0x1000:
            return _find_two_byte(self.extension, number)
        return None


def _find_one_byte(block: bytes, number: int) -> bytes | None:
    at, end = 0, len(block)
    while at < end:
        head = block[at]
        if head == 0:
            at += 1
            continue
        length = (head & 0x0F) + 1
        if head >> 4 == number:
            value = block[at + 1 : at + 1 + length]
            return value if len(value) == length else None
        if head >> 4 == 15:
            return None
        at += 1 + length
    return None


def _find_two_byte(block: bytes, number: int) -> bytes | None:
    at, end = 0, len(block)
    while at < end:
        if block[at] == 0:
            at += 1
            continue
        if at + 2 > end:
            return None
        length = block[at + 1]
        if block[at] == number:
            value = block[at + 2 : at + 2 + length]
            return value if len(value) == length else None
        at += 2 + length
    return None


def parse_rtp(data: bytes) -> Packet:
    """Read one decrypted RTP packet.

    Raises:
        WireError: when it is truncated, of another version, or its padding makes no sense.
    """
    size = len(data)
    if size < 12:
        raise WireError("RTP header truncated")
    first, second, seq, ts, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise WireError("not RTP version 2")
    start = 12 + 4 * (first & 0x0F)
    profile, extension = 0, b""
    if first & 0x10:
        if size < start + 4:
            raise WireError("RTP extension truncated")
        profile, words = _PROFILE.unpack_from(data, start)
        body = start + 4
        start = body + 4 * words
        extension = data[body:start]
    end = size
    if first & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            raise WireError("RTP padding of no length")
    if start > end:
        raise WireError("RTP payload truncated")
    return Packet(
        second & 0x7F,
        marker=second & 0x80,
        seq=seq,
        ts=ts,
        ssrc=ssrc,
        payload=data[start:end],
        profile=profile,
        extension=extension,
    )


def extend(newest: int, value: int, bits: int = 16) -> int:
    """Return the number with ``value`` as its low bits that lies nearest to ``newest``.

    Sequence numbers wrap after 65,535; extended ones do not, so they can be compared and
    subtracted. With newest 65,534: value 2 is 65,538, and value 65,530 is 65,530. With newest
    65,538: value 65,530 is 65,530. Never below zero for the values used here, which start at
    ``1 << bits``.
    """
    span = 1 << bits
    step = (value - newest) & (span - 1)
    return newest + step if step < span >> 1 else newest + step - span
