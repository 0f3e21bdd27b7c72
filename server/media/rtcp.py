"""Read and write the RTCP packets that an SFU needs; a compound is split before anything is read.

RFC 3550 §6, RFC 4585 §6, draft-alvestrand-rmcat-remb-03. Unknown packets are skipped, so that one
that we do not know (or that is padded oddly) never costs the others.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from server.media.rtp import WireError

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
_REPORT = struct.Struct("!IBBHIIII")
_SENDER = struct.Struct("!IQIII")
_PAIR = struct.Struct("!II")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of one stream (RFC 3550 §6.4.1).

    ``fraction`` is lost packets in 256ths since the last report, ``highest`` the extended highest
    number, ``jitter`` in RTP ticks, ``last_sr`` and ``delay`` in 65,536ths of a second.
    """

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What a sender says of its clocks: ``ntp`` is 64 bits, 32 of them a fraction of a second."""

    ssrc: int
    ntp: int
    ts: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """What a peer that sends nothing says of what it receives."""

    ssrc: int
    reports: tuple[ReportBlock, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    """Wire numbers that did not arrive (RFC 4585 §6.2.1), in order as written."""

    sender: int
    media: int
    lost: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PictureLoss:
    """A wish for a key frame of ``media``: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1)."""

    sender: int
    media: int


@dataclass(frozen=True, slots=True)
class Remb:
    """How many bits a second the receiver believes the line can take, for these SSRCs together."""

    sender: int
    bps: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bye:
    """The streams that end (RFC 3550 §6.6)."""

    ssrcs: tuple[int, ...]


Message = SenderReport | ReceiverReport | Nack | PictureLoss | Remb | Bye


def split(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (packet type, count or format, body without padding) of each packet of a compound.

    Raises:
        WireError: at the first packet that is no RTCP or longer than the datagram; what came
            before it has been yielded.
    """
    at, size = 0, len(data)
    while at < size:
        if at + 4 > size or data[at] >> 6 != 2:
            raise WireError("not an RTCP packet")
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > size:
            raise WireError("RTCP packet truncated")
        body_end = end
        if data[at] & 0x20:
            body_end -= data[end - 1]
            if body_end < at + 4:
                raise WireError("RTCP padding longer than its packet")
        yield data[at + 1], data[at] & 0x1F, data[at + 4 : body_end]
        at = end


def parse(data: bytes) -> list[Message]:
    """Return the known messages of a compound in order.

    A packet of a known type with a body that does not fit is left out; a compound that breaks
    off yields what came before. Never raises for any bytes.
    """
    messages: list[Message] = []
    try:
        for packet_type, count, body in split(data):
            messages.extend(_parse_one(packet_type, count, body))
    except WireError:
        pass
    return messages


def _parse_one(packet_type: int, count: int, body: bytes) -> list[Message]:
    try:
        if packet_type == SR:
            ssrc, ntp, ts, packets, octets = _SENDER.unpack_from(body)
            blocks = _parse_blocks(body, 24, count)
            return [SenderReport(ssrc, ntp, ts, packets, octets, blocks)]
        if packet_type == RR:
            return [
                ReceiverReport(struct.unpack_from("!I", body)[0], _parse_blocks(body, 4, count))
            ]
        if packet_type == RTPFB and count == 1:
            return [_parse_nack(body)]
        if packet_type == PSFB:
            return _parse_payload_feedback(count, body)
        if packet_type == BYE:
            return [Bye(struct.unpack_from(f"!{count}I", body))]
    except struct.error:
        pass
    return []


def _parse_blocks(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for index in range(count):
        ssrc, fraction, high, low, highest, jitter, last_sr, delay = _REPORT.unpack_from(
            body, at + 24 * index
        )
        lost = high << 16 | low
        lost -= (lost & 0x80_0000) << 1
        blocks.append(ReportBlock(ssrc, fraction, lost, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _parse_nack(body: bytes) -> Nack:
    sender, media = _PAIR.unpack_from(body)
    lost = []
    for at in range(8, len(body) - 3, 4):
        first, mask = struct.unpack_from("!HH", body, at)
        lost.append(first)
        lost.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
    return Nack(sender, media, tuple(lost))


def _parse_payload_feedback(form: int, body: bytes) -> list[Message]:
    sender, media = _PAIR.unpack_from(body)
    if form == 1:
        return [PictureLoss(sender, media)]
    if form == 4:
        return [
            PictureLoss(sender, *struct.unpack_from("!I", body, at))
            for at in range(8, len(body) - 7, 8)
        ]
    if form == 15 and body[8:12] == b"REMB":
        count, high, low = struct.unpack_from("!BBH", body, 12)
        bps = ((high & 3) << 16 | low) << (high >> 2)
        return [Remb(sender, bps, struct.unpack_from(f"!{count}I", body, 16))]
    return []


def _packet(packet_type: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, packet_type, len(body) // 4) + body


def _write_blocks(reports: Sequence[ReportBlock]) -> bytes:
    return b"".join(
        _REPORT.pack(
            block.ssrc,
            block.fraction,
            block.lost >> 16 & 0xFF,
            block.lost & 0xFFFF,
            block.highest,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in reports
    )


def write_sender_report(report: SenderReport, cname: str) -> bytes:
    """Return a compound of the report and the SDES that must go with it (RFC 3550 §6.1).

    The canonical name is padded so that its length is 4k: aiortc 1.16 reads the chunk's end only
    then.
    """
    body = _SENDER.pack(report.ssrc, report.ntp, report.ts, report.packets, report.octets)
    name = cname.encode("ascii")
    name += b"-" * (-len(name) % 4)
    chunk = struct.pack("!IBB", report.ssrc, 1, len(name)) + name + b"\0\0"
    return _packet(SR, len(report.reports), body + _write_blocks(report.reports)) + _packet(
        SDES, 1, chunk
    )


def write_receiver_report(report: ReceiverReport) -> bytes:
    """Return a receiver report; at most 31 blocks fit."""
    body = struct.pack("!I", report.ssrc) + _write_blocks(report.reports[:31])
    return _packet(RR, min(31, len(report.reports)), body)


def write_nack(nack: Nack) -> bytes:
    """Return a generic NACK; numbers within 16 of the one before share a word.

    Lost 100, 101 and 116 are one word (100, mask 0x8001); 117 would start another.
    """
    words = []
    first, mask = -1, 0
    for number in nack.lost:
        distance = (number - first - 1) & 0xFFFF
        if first >= 0 and distance < 16:
            mask |= 1 << distance
            continue
        if first >= 0:
            words.append(struct.pack("!HH", first, mask))
        first, mask = number, 0
    if first >= 0:
        words.append(struct.pack("!HH", first, mask))
    return _packet(RTPFB, 1, _PAIR.pack(nack.sender, nack.media) + b"".join(words))


def write_picture_loss(loss: PictureLoss) -> bytes:
    """Return a PLI."""
    return _packet(PSFB, 1, _PAIR.pack(loss.sender, loss.media))


def write_remb(remb: Remb) -> bytes:
    """Return a REMB; the bit rate loses what does not fit into 18 bits of mantissa."""
    exponent = max(0, remb.bps.bit_length() - 18)
    mantissa = remb.bps >> exponent
    body = _PAIR.pack(remb.sender, 0) + b"REMB"
    body += struct.pack(
        "!BBH", len(remb.ssrcs), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF
    ) + struct.pack(f"!{len(remb.ssrcs)}I", *remb.ssrcs)
    return _packet(PSFB, 15, body)
