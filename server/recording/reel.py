"""What a recording's folder holds, as one value: tracks, spans, switches, gaps. Pure but to load.

Track numbers begin anew whenever a process took the recording up, so a track is known by its part
and its number here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from server.media.recording.journal import (
    Began,
    Ended,
    Gap,
    Line,
    SegmentDone,
    TrackBegan,
    TrackEnded,
    Wanted,
)
from server.media.recording.reading import load_journal, segment_paths
from server.media.recording.segments import (
    CLOCK,
    PACKETS,
    SegmentError,
    Taken,
    clock_of,
    packets_of,
    read_segment,
)

Key = tuple[int, int]
"""(part, number) of a track."""


@dataclass(frozen=True, slots=True)
class Track:
    """One stream of one connection, from when it was recorded; ``until_us`` None: to the end."""

    key: Key
    source: str
    peer: str
    kind: str
    rate: int
    rid: str
    from_us: int
    until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Reel:
    """A recording as its journal tells it.

    Attributes:
        room: whose it is.
        parts: the numbers of the first segments of each part, ascending.
        tracks: by key, in order of beginning.
        shown: (moment, source) of the picture that was big for everybody, in order.
        gaps: in order of their beginning.
        done: the segments that were completed, by number.
        ended: the journal's last word is an end; else a kill was.
        begun_us: when the first part began, 0 for an empty one.
    """

    room: str = ""
    parts: tuple[int, ...] = ()
    tracks: dict[Key, Track] = field(default_factory=dict)
    shown: tuple[tuple[int, str], ...] = ()
    gaps: tuple[Gap, ...] = ()
    done: dict[int, SegmentDone] = field(default_factory=dict)
    ended: bool = False
    begun_us: int = 0

    def part_of(self, number: int) -> int:
        """Return which part a segment belongs to: the last that began with it or before."""
        return max(0, sum(first <= number for first in self.parts) - 1)

    def sources(self) -> list[str]:
        """Return whose tracks there are, each once, in order."""
        return list(dict.fromkeys(track.source for track in self.tracks.values()))


def wind(lines: Sequence[Line]) -> Reel:
    """Return the reel that a journal tells of."""
    tracks: dict[Key, Track] = {}
    parts: list[int] = []
    for line in lines:
        part = len(parts) - 1
        match line:
            case Began():
                parts.append(line.number)
            case TrackBegan():
                key = (part, line.track)
                tracks[key] = Track(
                    key, line.source, line.peer, line.kind, line.rate, line.rid, line.at_us
                )
            case TrackEnded() if (part, line.track) in tracks:
                old = tracks[part, line.track]
                tracks[old.key] = Track(
                    old.key,
                    old.source,
                    old.peer,
                    old.kind,
                    old.rate,
                    old.rid,
                    old.from_us,
                    line.at_us,
                )
    first = next((line for line in lines if isinstance(line, Began)), None)
    return Reel(
        room=first.room if first else "",
        parts=tuple(parts),
        tracks=tracks,
        shown=tuple((line.at_us, line.shown) for line in lines if isinstance(line, Wanted)),
        gaps=tuple(sorted((g for g in lines if isinstance(g, Gap)), key=lambda g: g.from_us)),
        done={line.number: line for line in lines if isinstance(line, SegmentDone)},
        ended=bool(lines) and isinstance(lines[-1], Ended),
        begun_us=first.at_us if first else 0,
    )


def load_reel(folder: Path) -> Reel:
    """Return the reel in a folder; an empty one where there is no journal."""
    return wind(load_journal(folder))


@dataclass(slots=True)
class Load:
    """What one segment brought: packets and clock notes by track."""

    packets: dict[Key, list[Taken]] = field(default_factory=dict)
    clocks: dict[Key, list[tuple[int, int]]] = field(default_factory=dict)


def load_packets(folder: Path, reel: Reel, wanted: set[Key]) -> Iterator[Load]:
    """Yield what each segment holds of the tracks wanted, in order; torn tails are left out."""
    for path in segment_paths(folder):
        try:
            segment = read_segment(path.read_bytes())
        except SegmentError:
            continue
        part = reel.part_of(segment.number)
        load = Load()
        for block in segment.blocks:
            key = (part, block.track)
            if key not in wanted:
                continue
            if block.kind == PACKETS:
                load.packets.setdefault(key, []).extend(packets_of(block))
            elif block.kind == CLOCK:
                load.clocks.setdefault(key, []).extend(clock_of(block))
        yield load
