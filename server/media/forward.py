"""The packet path in Python: what the slots of a stream are sent of one packet, renumbered.

One call per packet and stream, about two microseconds per slot; plain tuples and no more.
"""

import struct
from typing import Any

from server.media.codec import Vp8, write_vp8
from server.media.lanes import OPEN, OPENING
from server.media.rtp import HEADER, Packet
from server.media.streams import Stream

_TIMED_HEADER = struct.Struct("!BBHIIHHI")
_LONG_DESCRIPTOR = struct.Struct("!BBHBB")
_SHORT_DESCRIPTOR = struct.Struct("!BBH")
_LAYER_SYNC = 0x20


def forward_audio(now: float, stream: Stream, packet: Packet, number: int, out: list[Any]) -> None:
    """Append what the slots of a sound stream are sent of one packet."""
    rest, mark, ts = packet.payload, packet.marker, packet.ts
    for slot in stream.slots:
        lane: Any = slot.lane
        seq = lane.forward(now, number, ts)
        if seq < 0:
            continue
        head = HEADER.pack(
            0x80, mark | lane.payload_type, seq, (ts + lane.ts_offset) & 0xFFFFFFFF, lane.ssrc
        )
        lane.packets += 1
        lane.octets += len(rest)
        out.append((lane.to, head, rest))


def forward_video(
    now: float,
    stream: Stream,
    packet: Packet,
    number: int,
    descriptor: Vp8,
    *,
    picture: int,
    send_time: int,
    out: list[Any],
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
        lane: Any = slot.lane
        if lane.gate and is_upper and not _passes_gate(lane, descriptor):
            lane.skip(number)
            continue
        seq = lane.forward(now, number, ts, picture, tl0)
        if seq < 0:
            continue
        out_picture = (picture + lane.picture_offset) & 0x7FFF
        out_tl0 = (tl0 + lane.tl0_offset) & 0xFF
        if lane.send_time_element:
            head = _TIMED_HEADER.pack(
                0x90,
                mark | lane.payload_type,
                seq,
                (ts + lane.ts_offset) & 0xFFFFFFFF,
                lane.ssrc,
                0xBEDE,
                1,
                lane.send_time_element | send_time,
            )
        else:
            head = HEADER.pack(
                0x80,
                mark | lane.payload_type,
                seq,
                (ts + lane.ts_offset) & 0xFFFFFFFF,
                lane.ssrc,
            )
        if is_long:
            head += _LONG_DESCRIPTOR.pack(first, flags, out_picture | 0x8000, out_tl0, tail)
        elif is_short:
            head += _SHORT_DESCRIPTOR.pack(first, flags, out_picture | 0x8000)
        else:
            head += write_vp8(descriptor, picture_id=out_picture, tl0=out_tl0)
        lane.packets += 1
        lane.octets += len(rest)
        lane.ring.put((seq, head, rest))
        out.append((lane.to, head, rest))


def _passes_gate(lane: Any, descriptor: Vp8) -> bool:
    """Open a gate that is to be opened at the start of a frame that needs only the base layer."""
    if lane.gate == OPENING and descriptor.tail & _LAYER_SYNC and descriptor.first & 0x10:
        lane.gate = OPEN
        return True
    return False
