"""What a peer publishes (上行) and what it is sent (下行), and how the two hang together.

A publication is one m-line that sends, a stream one SSRC of it: one for sound, one per layer for a
picture. A slot is one m-line that receives: a fixed SSRC that shows one stream at a time.
"""

from __future__ import annotations

from typing import Any, Protocol

from server.media.cache import Missing
from server.media.codec import CLOCK_RATE, Vp8
from server.media.keyframes import KeyFrameRequests
from server.media.lanes import Lane, Target
from server.media.model import Choice
from server.media.reports import ReceptionReports, StreamClock
from server.media.rtp import Packet, extend
from server.media.sdp import AUDIO_LEVEL, MID, REPAIRED_RID, RID, Section
from server.media.simulcast import LayerState


class Recorder(Protocol):
    """Where a stream is recorded: ``recording.tape.Track``."""

    def note(self, now: float, packet: Packet, level: int | None = None) -> None:
        """Take in a packet, in order of arrival, with its level when that is known."""

    def note_clock(self, ts: int, taken_unix: float) -> None:
        """Take in when a timestamp was taken, in Unix seconds of the worker."""


class Stream:
    """One incoming SSRC: its receive window, its clock, and the slots that show or await it.

    ``fan`` is for the core: what it makes of ``slots``, None when these have changed. ``track`` is
    where it is recorded, None while it is not.
    """

    __slots__ = (
        "clock",
        "fan",
        "frames",
        "key_frames",
        "kind",
        "layer",
        "missing",
        "octets",
        "picture",
        "publication",
        "reports",
        "rid",
        "slots",
        "ssrc",
        "track",
        "waiting",
    )

    def __init__(self, publication: Publication, ssrc: int, rid: str = "") -> None:
        self.publication = publication
        self.kind = publication.kind
        self.ssrc = ssrc
        self.rid = rid
        self.layer = LayerState(rank=publication.first_rank(rid))
        self.missing = Missing()
        self.key_frames = KeyFrameRequests()
        self.clock = StreamClock(CLOCK_RATE[self.kind])
        self.reports = ReceptionReports()
        self.picture = -1
        self.octets = 0
        self.frames = 0
        self.slots: list[Slot] = []
        self.waiting: list[Slot] = []
        self.fan: Any = None
        self.track: Recorder | None = None

    def attach(self, slot: Slot) -> None:
        """Let a slot show this stream."""
        self.slots.append(slot)
        self.fan = None

    def detach(self, slot: Slot) -> None:
        """Let a slot show it no more."""
        self.slots.remove(slot)
        self.fan = None

    def extend_picture(self, descriptor: Vp8) -> int:
        """Return the picture id of a packet, unwrapped across 7 or 15 bits; -1 when absent."""
        if descriptor.picture_id < 0:
            return -1
        bits = descriptor.picture_bits
        if self.picture < 0:
            self.picture = descriptor.picture_id + (1 << bits)
            return self.picture
        number = extend(self.picture, descriptor.picture_id, bits)
        self.picture = max(self.picture, number)
        return number


class Publication:
    """One m-line through which a peer publishes, and the streams that came on it so far."""

    __slots__ = (
        "audio_level_id",
        "kind",
        "mid",
        "mid_id",
        "owner",
        "payload_type",
        "repaired_rid_id",
        "rid_id",
        "rids",
        "room",
        "rtx",
        "source",
        "streams",
    )

    def __init__(self, section: Section, *, owner: str, room: str, source: str) -> None:
        self.owner = owner
        self.room = room
        self.source = source
        self.kind = section.kind
        self.mid = section.mid.encode()
        self.payload_type = section.payload_type
        self.rtx = section.rtx
        self.rids = section.rids
        self.mid_id = section.extension(MID)
        self.rid_id = section.extension(RID)
        self.repaired_rid_id = section.extension(REPAIRED_RID)
        self.audio_level_id = section.extension(AUDIO_LEVEL)
        self.streams: list[Stream] = []

    def first_rank(self, rid: str) -> int:
        """Return the rank of a layer until its width is known: negative, the first offered least.

        Browsers list the layers as the page gave them, which is mostly from small to large.
        """
        return self.rids.index(rid) - len(self.rids) if rid in self.rids else 0

    def audio_level(self, packet: Packet) -> int | None:
        """Return the level of a packet in dB below full scale (RFC 6464 §3), None without one."""
        value = packet.extension_value(self.audio_level_id)
        return value[0] & 0x7F if value else None


class Slot:
    """One outgoing SSRC of one viewer.

    ``choice`` is what it shall show, None for its default (nothing for video, a voice for audio);
    ``stream`` what it shows, ``pending`` what it will show from the next key frame on, ``lane``
    how it is sent.
    """

    __slots__ = (
        "choice",
        "kind",
        "lane",
        "mid",
        "peer",
        "pending",
        "rate",
        "ssrc",
        "stream",
        "to",
    )

    def __init__(self, section: Section, *, peer: str, to: Target, ssrc: int, lane: Lane) -> None:
        self.peer = peer
        self.to = to
        self.ssrc = ssrc
        self.lane = lane
        self.kind = section.kind
        self.mid = section.mid
        self.rate = CLOCK_RATE[section.kind]
        self.choice: Choice | None = None
        self.stream: Stream | None = None
        self.pending: Stream | None = None

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
            self.stream.detach(self)
            self.stream = None

    def take_over(self, now: float, stream: Stream, *, seq: int, ts: int) -> None:
        """Go over to a stream that starts with this extended number and timestamp."""
        if self.pending is not None:
            self.pending.waiting.remove(self)
            self.pending = None
        if self.stream is not None:
            self.stream.detach(self)
        self.stream = stream
        stream.attach(self)
        self.lane.switch(now, self.rate, seq=seq, ts=ts)
