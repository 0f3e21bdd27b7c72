"""The recording of one room: collects packets in memory and hands them on, a quarter second each.

It decides which streams are taken, cuts segments and notices what is missing; the disk is the
business of ``writer``, which runs in a thread of its own. Nothing here waits: what the writer
cannot take is left out to the end of its segment, and the journal says so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from server.media.codec import CLOCK_RATE
from server.media.model import RecordingPlan
from server.media.recording import disk
from server.media.recording.journal import Gap, Line, TrackBegan, TrackEnded, Wanted, Why
from server.media.recording.plan import wanted_streams
from server.media.recording.segments import (
    CLOCK,
    CLOCK_NOTE,
    PACKET_HEAD,
    PACKETS,
    SEGMENT_SECONDS,
    UNKNOWN_LEVEL,
    Block,
)
from server.media.rooms import Room
from server.media.rtp import Packet
from server.media.streams import Stream

LINGER_SECONDS = 3.0
"""A picture that is switched away from is recorded for so long: until the next has a key frame."""
KEY_FRAME_SECONDS = 15.0
"""A recorded picture has a key frame at least so often: a film can be entered only at one."""
MOST_TRACKS = 65_000


@dataclass(frozen=True, slots=True)
class Space:
    """The writer's word of the disk: octets free and in all."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """The writer's word that it could not write what came after a moment."""

    what: str
    since_us: int


@dataclass(frozen=True, slots=True)
class Missed:
    """The writer's word that nothing was written between two moments before it began."""

    from_us: int
    until_us: int


Report = Space | Trouble | Missed


class Sink(Protocol):
    """Where blocks and lines go: ``writer.Writer``, or a list in tests. Nothing here waits."""

    def is_behind(self) -> bool:
        """Tell whether so much waits to be written that no more should be given."""

    def put(self, blocks: list[Block], lines: list[Line]) -> None:
        """Write blocks into the segment that is open, and lines into the journal."""

    def cut(self, at_us: int) -> None:
        """Complete the segment; the next blocks begin another."""

    def end(self, at_us: int, why: str) -> None:
        """Complete everything."""

    def reports(self) -> list[Report]:
        """Return what there is to say since the last call."""


class Track:
    """What is collected of one stream until it is handed on."""

    __slots__ = ("_clock", "_packets", "_start", "_start_us", "_unix_us", "number")

    def __init__(self, number: int, unix_us: Callable[[float], int]) -> None:
        self.number = number
        self._unix_us = unix_us
        self._packets = bytearray()
        self._clock = bytearray()
        self._start = self._start_us = 0.0

    def note(self, now: float, packet: Packet, level: int | None = None) -> None:
        """Take in a packet, with its level when it is known; this is the packet path."""
        packets = self._packets
        if not packets:
            self._start = now
            self._start_us = self._unix_us(now)
        payload = packet.payload
        packets += PACKET_HEAD.pack(
            12 + len(payload),
            int((now - self._start) * 1e6),
            UNKNOWN_LEVEL if level is None else level,
            0x80,
            packet.marker | packet.payload_type,
            packet.seq,
            packet.ts,
            packet.ssrc,
        )
        packets += payload

    def note_clock(self, ts: int, taken_unix: float) -> None:
        """Take in that the sound or picture of a timestamp was taken at a moment."""
        self._clock += CLOCK_NOTE.pack(ts, max(0, round(taken_unix * 1e6)))

    def take(self) -> list[Block]:
        """Hand over what was collected."""
        blocks = []
        if self._clock:
            blocks.append(Block(CLOCK, self.number, 0, bytes(self._clock)))
            self._clock.clear()
        if self._packets:
            start = int(self._start_us)
            blocks.append(Block(PACKETS, self.number, start, bytes(self._packets)))
            self._packets = bytearray()
        return blocks


class Tape:
    """See the module. ``state`` is ``writing``, ``full``, ``slow`` or ``failed``.

    ``gaps`` are those that nobody has been told of yet.
    """

    def __init__(self, room: Room, sink: Sink, unix_us: Callable[[float], int]) -> None:
        self.room = room
        self.plan = RecordingPlan()
        self.state = "writing"
        self.gaps: list[Gap] = []
        self._sink = sink
        self._unix_us = unix_us
        self._tracks: dict[Stream, Track] = {}
        self._leaving: dict[Stream, float] = {}
        self._left: list[Track] = []
        self._lines: list[Line] = []
        self._next_track = 0
        self._cut_at = float("inf")
        self._lost_since = 0

    # --- what is taken -------------------------------------------------------------------------

    def follow(self, now: float, plan: RecordingPlan) -> list[Stream]:
        """Record by another plan from now on; see ``rewire``."""
        self._cut_at = min(self._cut_at, now)
        if plan != self.plan:
            self.plan = plan
            pictures = None if plan.pictures is None else [*plan.pictures]
            sounds = None if plan.sounds is None else [*plan.sounds]
            self._lines.append(
                Wanted(self._unix_us(now), pictures, sounds, plan.voices, plan.shown)
            )
        return self.rewire(now)

    def rewire(self, now: float) -> list[Stream]:
        """Take the streams that are to be recorded now.

        Returns:
            The pictures of which a key frame must be asked for: new ones, and those whose last one
            is too long ago.
        """
        wanted = set(wanted_streams(self.plan, self.room, now, set(self._tracks)))
        for stream in list(self._tracks):
            if stream in wanted:
                self._leaving.pop(stream, None)
            elif self._has_left(now, stream):
                self._release(now, stream)
        fresh = [stream for stream in wanted if stream not in self._tracks]
        for stream in fresh:
            self._engage(now, stream)
        late = now - KEY_FRAME_SECONDS
        pictures = [stream for stream in wanted if stream.kind == "video"]
        return [one for one in pictures if one in fresh or one.key_frames.came_at < late]

    def _has_left(self, now: float, stream: Stream) -> bool:
        """Tell whether a stream that is not wanted any more goes now; a picture goes later."""
        if stream.kind == "audio":
            return True
        return now >= self._leaving.setdefault(stream, now + LINGER_SECONDS)

    def _engage(self, now: float, stream: Stream) -> None:
        if self._next_track >= MOST_TRACKS:
            return
        track = Track(self._next_track, self._unix_us)
        self._next_track += 1
        self._tracks[stream] = stream.track = track
        self._lines.append(_began(self._unix_us(now), stream, track))
        member = self.room.members[stream.publication.owner]
        now_unix = self._unix_us(now) / 1e6
        ts = stream.clock.timestamp_at(now_unix, member.clock)
        if ts is not None:
            track.note_clock(ts, now_unix)

    def _release(self, now: float, stream: Stream) -> None:
        track = self._tracks.pop(stream)
        self._leaving.pop(stream, None)
        stream.track = None
        self._left.append(track)
        self._lines.append(TrackEnded(self._unix_us(now), track.number))

    def forget(self, now: float, stream: Stream) -> None:
        """Take nothing more of a stream that is gone."""
        if stream in self._tracks:
            self._release(now, stream)

    # --- time ----------------------------------------------------------------------------------

    def collect(self, now: float) -> None:
        """Hand on what came; call it four times a second."""
        self._heed(now)
        blocks = self._take()
        cuts = now - self._cut_at >= SEGMENT_SECONDS - 0.1
        if cuts:
            self._cut_at = now
        if self.state in ("full", "failed"):
            # what is collected meanwhile is not kept; the journal gets the gap when it is over
            self._sink.put([], self._take_lines())
        elif self.state == "slow" or self._sink.is_behind():
            self._skip(now, cuts=cuts)
        else:
            self._sink.put(blocks, self._take_lines())
        if cuts:
            self._sink.cut(self._unix_us(now))

    def _take(self) -> list[Block]:
        blocks = [block for track in self._left for block in track.take()]
        self._left.clear()
        for track in self._tracks.values():
            blocks += track.take()
        return blocks

    def _take_lines(self) -> list[Line]:
        lines, self._lines = self._lines, []
        return lines

    def _skip(self, now: float, *, cuts: bool) -> None:
        """Leave out what the disk cannot take, to the end of a segment."""
        if self.state != "slow":
            self._lose(self._unix_us(now), "slow")
        elif cuts and not self._sink.is_behind():
            self._regain(now, "disk")

    def _lose(self, since_us: int, state: str) -> None:
        """Note that nothing is written from a moment on; what was noted before goes on."""
        if self.state == "writing":
            self._lost_since = since_us
        self.state = state

    def _regain(self, now: float, why: Why) -> None:
        gap = Gap(self._lost_since, self._unix_us(now), why)
        self.state = "writing"
        self._lines.append(gap)
        self.gaps.append(gap)

    def _heed(self, now: float) -> None:
        """Take in what the writer says of the disk."""
        for report in self._sink.reports():
            match report:
                case Space():
                    self._weigh(now, report)
                case Trouble():
                    self._lose(report.since_us, "failed")
                case Missed():
                    self.gaps.append(Gap(report.from_us, report.until_us, "restart"))

    def _weigh(self, now: float, space: Space) -> None:
        full = disk.is_full(space.free, space.total, was_full=self.state == "full")
        if full:
            self._lose(self._unix_us(now), "full")
        elif self.state == "full":
            self._regain(now, "full")
        elif self.state == "failed":
            # the writer could look at the disk again, so it may try again
            self._regain(now, "failed")

    def end(self, now: float, why: str) -> None:
        """Hand on everything, and end."""
        for stream in list(self._tracks):
            self._release(now, stream)
        if self.state == "writing":
            self._sink.put(self._take(), self._take_lines())
        else:
            self._lines.append(
                Gap(self._lost_since, self._unix_us(now), _GAP_OF.get(self.state, "failed"))
            )
            self._sink.put([], self._take_lines())
        self._sink.end(self._unix_us(now), why)


_GAP_OF: dict[str, Why] = {"slow": "disk", "full": "full", "failed": "failed"}


def _began(at_us: int, stream: Stream, track: Track) -> TrackBegan:
    publication = stream.publication
    return TrackBegan(
        at_us,
        track.number,
        publication.source,
        publication.owner,
        stream.kind,
        "opus" if stream.kind == "audio" else "vp8",
        CLOCK_RATE[stream.kind],
        stream.rid,
    )
