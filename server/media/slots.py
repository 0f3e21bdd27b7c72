"""What a peer is sent (下行): slots of a fixed SSRC, each showing one stream at a time.

A slot goes over to another stream at its first key frame and then never looks back. The packet
path is here: one call per packet and stream, a few microseconds per slot.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from server.media.cache import SentRing
from server.media.codec import CLOCK_RATE, Vp8, write_vp8
from server.media.model import Choice
from server.media.rewrite import Splicer
from server.media.rtp import HEADER, Packet
from server.media.sdp import SEND_TIME, Section

if TYPE_CHECKING:
    from server.media.streams import Stream

Send = tuple[Any, bytes, bytes]
"""(whom, head, rest): the packet is head + rest. Whom is what the peer was added with."""

_TIMED_HEADER = struct.Struct("!BBHIIHHI")
_LONG_DESCRIPTOR = struct.Struct("!BBHBB")
_SHORT_DESCRIPTOR = struct.Struct("!BBH")
_LAYER_SYNC = 0x20

OPEN, CLOSED, OPENING = 0, 1, 2


class Slot:
    """One outgoing SSRC of one viewer.

    ``choice`` is what it shall show, None for its default (nothing for video, a voice for audio);
    ``stream`` what it shows, ``pending`` what it will show from the next key frame on.
    ``gate`` lets only the base temporal layer pass when closed; it opens at a layer sync.
    """

    __slots__ = (
        "choice",
        "gate",
        "kind",
        "mid",
        "octets",
        "packets",
        "payload_type",
        "peer",
        "pending",
        "rate",
        "ring",
        "send_time_element",
        "splicer",
        "ssrc",
        "stream",
        "to",
    )

    def __init__(
        self, section: Section, *, peer: str, to: Any, ssrc: int, splicer: Splicer
    ) -> None:
        self.peer = peer
        self.to = to
        self.ssrc = ssrc
        self.splicer = splicer
        self.kind = section.kind
        self.mid = section.mid
        self.rate = CLOCK_RATE[section.kind]
        self.payload_type = section.payload_type
        number = section.extension(SEND_TIME) if section.kind == "video" else 0
        self.send_time_element = number << 28 | 2 << 24 if 0 < number < 15 else 0
        self.ring = SentRing() if section.kind == "video" else None
        self.choice: Choice | None = None
        self.stream: Stream | None = None
        self.pending: Stream | None = None
        self.gate = OPEN
        self.packets = 0
        self.octets = 0

    def await_stream(self, stream: Stream | None) -> bool:
        """Show this stream from its next key frame on; return whether one must be asked for.

        None gives up waiting. What the slot shows now goes on meanwhile.
        """
        if stream is self.stream:
            stream = None
        if stream is self.pending:
            return False
        if self.pending is not None:
            self.pending.waiting.remove(self)
        self.pending = stream
        if stream is None:
            return False
        stream.waiting.append(self)
        return True

    def clear(self) -> None:
        """Show nothing, and wait for nothing."""
        if self.pending is not None:
            self.pending.waiting.remove(self)
            self.pending = None
        if self.stream is not None:
            self.stream.slots.remove(self)
            self.stream = None

    def take_over(self, now: float, stream: Stream, *, seq: int, ts: int) -> None:
        """Go over to a stream that starts with this extended number and timestamp."""
        if self.pending is not None:
            self.pending.waiting.remove(self)
            self.pending = None
        if self.stream is not None:
            self.stream.slots.remove(self)
        self.stream = stream
        stream.slots.append(self)
        self.splicer.switch(now, self.rate, seq=seq, ts=ts)


def forward_audio(now: float, stream: Stream, packet: Packet, number: int, out: list[Send]) -> None:
    """Append what the slots of a sound stream are sent of one packet."""
    rest, mark, ts = packet.payload, packet.marker, packet.ts
    for slot in stream.slots:
        splicer = slot.splicer
        seq = splicer.forward(now, number, ts)
        if seq < 0:
            continue
        head = HEADER.pack(
            0x80, mark | slot.payload_type, seq, (ts + splicer.ts_offset) & 0xFFFFFFFF, slot.ssrc
        )
        slot.packets += 1
        slot.octets += len(rest)
        out.append((slot.to, head, rest))


def forward_video(
    now: float,
    stream: Stream,
    packet: Packet,
    number: int,
    descriptor: Vp8,
    *,
    picture: int,
    send_time: int,
    out: list[Send],
) -> None:
    """Append what the slots of a picture stream are sent of one packet.

    Args:
        now: seconds of the worker's clock.
        stream: the stream of the packet.
        packet: the packet.
        number: its extended sequence number.
        descriptor: the VP8 descriptor of its payload.
        picture: its extended picture id, -1 for none.
        send_time: now as 24 bits of abs-send-time; the line measured is the one from here.
        out: where the packets go.
    """
    rest = packet.payload[descriptor.length :]
    mark, ts = packet.marker, packet.ts
    first, tl0, tail = descriptor.first | 0x80, descriptor.tl0, descriptor.tail
    flags = descriptor.flags | (0xC0 if tl0 >= 0 else 0x80)
    is_long = picture >= 0 and tl0 >= 0 and tail >= 0
    is_short = picture >= 0 and tl0 < 0 and tail < 0
    is_upper = descriptor.temporal_layer > 0
    for slot in stream.slots:
        splicer = slot.splicer
        if slot.gate and is_upper and not _passes_gate(slot, descriptor):
            splicer.skip(number)
            continue
        seq = splicer.forward(now, number, ts)
        if seq < 0:
            continue
        out_picture, out_tl0 = splicer.picture(picture, tl0)
        if slot.send_time_element:
            head = _TIMED_HEADER.pack(
                0x90,
                mark | slot.payload_type,
                seq,
                (ts + splicer.ts_offset) & 0xFFFFFFFF,
                slot.ssrc,
                0xBEDE,
                1,
                slot.send_time_element | send_time,
            )
        else:
            head = HEADER.pack(
                0x80,
                mark | slot.payload_type,
                seq,
                (ts + splicer.ts_offset) & 0xFFFFFFFF,
                slot.ssrc,
            )
        if is_long:
            head += _LONG_DESCRIPTOR.pack(first, flags, out_picture | 0x8000, out_tl0, tail)
        elif is_short:
            head += _SHORT_DESCRIPTOR.pack(first, flags, out_picture | 0x8000)
        else:
            head += write_vp8(descriptor, picture_id=out_picture, tl0=out_tl0)
        slot.packets += 1
        slot.octets += len(rest)
        slot.ring.put((seq, head, rest))  # type: ignore[union-attr]
        out.append((slot.to, head, rest))


def _passes_gate(slot: Slot, descriptor: Vp8) -> bool:
    """Open a gate that is to be opened at the start of a frame that needs only the base layer."""
    if slot.gate == OPENING and descriptor.tail & _LAYER_SYNC and descriptor.first & 0x10:
        slot.gate = OPEN
        return True
    return False
