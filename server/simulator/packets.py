"""RTP, RTCP and VP8 payloads as a client writes and reads them: pure functions over bytes.

Only what a simulated venue needs, written from the RFCs and apart from the server's own code, so
that a mistake in one is not hidden by the same mistake in the other.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"

PAYLOAD_ROOM = 1100
"""VP8 bytes in one packet: with all headers and the SRTP tag it stays below 1200 bytes."""
_NTP_EPOCH_S = 2_208_988_800
_SR, _RR, _SDES, _BYE, _RTPFB, _PSFB = 200, 201, 202, 203, 205, 206


def extension(elements: Iterable[tuple[int, bytes]]) -> bytes:
    """Return a header extension block of one-byte elements (RFC 8285 §4.2); empty for none.

    Elements are (id 1 to 14, value of 1 to 16 bytes).
    """
    body = b"".join(bytes([key << 4 | len(value) - 1]) + value for key, value in elements)
    if not body:
        return b""
    body += bytes(-len(body) % 4)
    return struct.pack("!HH", 0xBEDE, len(body) // 4) + body


def read_extension(packet: bytes) -> tuple[dict[int, bytes], int]:
    """Return the one-byte extension elements of an RTP packet and where its payload begins.

    Raises:
        ValueError: when the packet is shorter than its own headers say.
    """
    if len(packet) < 12:
        raise ValueError("shorter than an RTP header")
    position = 12 + 4 * (packet[0] & 0x0F)
    elements: dict[int, bytes] = {}
    if packet[0] & 0x10:
        if len(packet) < position + 4:
            raise ValueError("the extension's own header is cut off")
        profile, words = struct.unpack_from("!HH", packet, position)
        block = packet[position + 4 : position + 4 + 4 * words]
        position += 4 + 4 * words
        if profile == 0xBEDE:
            elements = _one_byte_elements(block)
    if position > len(packet):
        raise ValueError("the extension is cut off")
    return elements, position


def _one_byte_elements(block: bytes) -> dict[int, bytes]:
    elements: dict[int, bytes] = {}
    at = 0
    while at < len(block):
        key, size = block[at] >> 4, (block[at] & 0x0F) + 1
        if key == 15:
            break
        if key == 0:
            at += 1
            continue
        elements[key] = block[at + 1 : at + 1 + size]
        at += 1 + size
    return elements


def abs_send_time(seconds: float) -> bytes:
    """Return the three bytes of abs-send-time: seconds in 6.18 fixed point, wrapping at 64 s."""
    return (int(seconds * 262_144) & 0xFFFFFF).to_bytes(3)


def ntp_time(unix_seconds: float) -> int:
    """Return the 64-bit NTP time (RFC 3550 §4) of seconds since 1970 UTC."""
    return int((unix_seconds + _NTP_EPOCH_S) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF


@dataclass(frozen=True, slots=True)
class PictureNumbers:
    """The running numbers of a VP8 frame (RFC 7741 §4.2), already reduced to their widths.

    ``picture_id`` has 15 bits, ``tl0`` (TL0PICIDX) 8; ``upper`` frames are temporal layer 1.
    """

    picture_id: int
    tl0: int
    upper: bool


def vp8_payloads(frame: bytes, numbers: PictureNumbers) -> list[bytes]:
    """Cut a VP8 frame into RTP payloads of about equal size, each with its descriptor.

    The layer-sync bit is set on upper frames: they depend on nothing but the base layer.
    """
    count = max(1, -(-len(frame) // PAYLOAD_ROOM))
    size = -(-len(frame) // count)
    layer = 0x40 | 0x20 if numbers.upper else 0
    tail = struct.pack("!BHBB", 0xE0, 0x8000 | numbers.picture_id, numbers.tl0, layer)
    return [
        bytes([0x90 if at == 0 else 0x80]) + tail + frame[at : at + size]
        for at in range(0, max(1, len(frame)), size or 1)
    ]


def vp8_body(payload: bytes) -> tuple[bool, bytes]:
    """Return whether a VP8 payload starts a frame, and its bytes without the descriptor.

    Raises:
        ValueError: when the descriptor is cut off (RFC 7741 §4.2).
    """
    try:
        first, at = payload[0], 1
        if first & 0x80:
            flags, at = payload[1], 2
            if flags & 0x80:
                at += 2 if payload[at] & 0x80 else 1
            at += bool(flags & 0x40) + bool(flags & 0x30)
    except IndexError:
        raise ValueError("the VP8 descriptor is cut off") from None
    return bool(first & 0x10) and not first & 0x07, payload[at:]


# --- RTCP, written ---


def _rtcp(count: int, kind: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def _description(ssrc: int, cname: bytes) -> bytes:
    chunk = struct.pack("!IBB", ssrc, 1, len(cname)) + cname
    return _rtcp(1, _SDES, chunk + bytes(4 - len(chunk) % 4))


def sender_report(
    ssrc: int, *, ntp: int, rtp_time: int, packets: int, octets: int, cname: bytes
) -> bytes:
    """Return a compound of a sender report without blocks and the CNAME (RFC 3550 §6.4.1)."""
    body = struct.pack("!IQIII", ssrc, ntp, rtp_time, packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF)
    return _rtcp(0, _SR, body) + _description(ssrc, cname)


def receiver_report(ssrc: int, blocks: Sequence[bytes], cname: bytes) -> bytes:
    """Return a compound of a receiver report with up to 31 blocks and the CNAME (§6.4.2)."""
    body = struct.pack("!I", ssrc) + b"".join(blocks[:31])
    return _rtcp(len(blocks[:31]), _RR, body) + _description(ssrc, cname)


def picture_loss(ssrc: int, media_ssrc: int) -> bytes:
    """Return a picture loss indication (RFC 4585 §6.3.1)."""
    return _rtcp(1, _PSFB, struct.pack("!II", ssrc, media_ssrc))


def negative_acknowledgement(ssrc: int, media_ssrc: int, missing: Sequence[int]) -> bytes:
    """Return a generic NACK (RFC 4585 §6.2.1); ``missing`` are sequence numbers in order."""
    pairs: list[list[int]] = []
    for number in missing:
        gap = (number - pairs[-1][0] - 1) & 0xFFFF if pairs else 16
        if gap < 16:
            pairs[-1][1] |= 1 << gap
        else:
            pairs.append([number, 0])
    body = b"".join(struct.pack("!HH", *pair) for pair in pairs)
    return _rtcp(1, _RTPFB, struct.pack("!II", ssrc, media_ssrc) + body)


def bandwidth_estimate(ssrc: int, bits_per_second: int, media: Sequence[int]) -> bytes:
    """Return a REMB message: what the receiver believes its line can carry."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    body = struct.pack(
        "!II4sBBH", ssrc, 0, b"REMB", len(media), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    )
    return _rtcp(15, _PSFB, body + b"".join(struct.pack("!I", one) for one in media))


# --- RTCP, read ---


@dataclass(slots=True)
class Control:
    """What one incoming RTCP compound says.

    Attributes:
        key_frames: SSRCs a key frame is wanted from (PLI and FIR).
        missing: SSRC and the sequence numbers asked for again, one entry per message.
        reported: SSRCs that a report block speaks of: the other side knows them.
        sent: sender reports, SSRC to the middle 32 bits of its NTP time.
        ended: SSRCs that said goodbye.
    """

    key_frames: set[int] = field(default_factory=set)
    missing: list[tuple[int, list[int]]] = field(default_factory=list)
    reported: set[int] = field(default_factory=set)
    sent: dict[int, int] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)


def read_rtcp(data: bytes) -> Control:
    """Return what a compound says; kinds that do not concern a venue are passed over.

    Raises:
        ValueError: when a length points outside the data or a packet is shorter than its kind.
    """
    control = Control()
    at = 0
    while at < len(data):
        if at + 4 > len(data):
            raise ValueError("an RTCP header is cut off")
        first, kind, words = struct.unpack_from("!BBH", data, at)
        body = data[at + 4 : at + 4 + 4 * words]
        if len(body) != 4 * words or first >> 6 != 2:
            raise ValueError("an RTCP packet is cut off or of another version")
        try:
            _read_one(control, first & 0x1F, kind, body)
        except struct.error as error:
            raise ValueError("an RTCP packet is shorter than its kind") from error
        at += 4 + 4 * words
    return control


def _read_one(control: Control, count: int, kind: int, body: bytes) -> None:
    if kind == _SR:
        ssrc, ntp = struct.unpack_from("!IQ", body)
        control.sent[ssrc] = ntp >> 16 & 0xFFFF_FFFF
    if kind in (_SR, _RR):
        start = 24 if kind == _SR else 4
        for block in range(count):
            control.reported.add(struct.unpack_from("!I", body, start + 24 * block)[0])
    elif kind == _BYE:
        control.ended.update(struct.unpack_from(f"!{count}I", body))
    elif kind == _PSFB and count == 1:
        control.key_frames.add(struct.unpack_from("!I", body, 4)[0])
    elif kind == _PSFB and count == 4:
        for at in range(8, len(body), 8):
            control.key_frames.add(struct.unpack_from("!I", body, at)[0])
    elif kind == _RTPFB and count == 1:
        control.missing.append((struct.unpack_from("!I", body, 4)[0], _missing(body[8:])))


def _missing(pairs: bytes) -> list[int]:
    numbers = []
    for first, mask in struct.iter_unpack("!HH", pairs):
        numbers.append(first)
        numbers += [(first + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
    return numbers
