"""The frames of a recording's tracks in order of their moments, read from its folder."""

from collections.abc import Iterator
from pathlib import Path

from server.recording.clocks import TrackClock
from server.recording.film import Shot, in_order
from server.recording.frames import Frame, Pictures, Sounds
from server.recording.reel import Key, Load, Reel, load_packets


def load_shots(folder: Path, reel: Reel, wanted: frozenset[Key]) -> Iterator[Shot]:
    """Yield every frame of the tracks wanted that can be decoded, in order of its moment."""
    yield from in_order(_by_segment(folder, reel, wanted))


def _by_segment(folder: Path, reel: Reel, wanted: frozenset[Key]) -> Iterator[list[Shot]]:
    lines = {key: _Line(key, reel) for key in wanted}
    for load in load_packets(folder, reel, set(wanted)):
        yield [shot for key in load.packets | load.clocks for shot in lines[key].take(load)]
    yield [shot for line in lines.values() for shot in line.rest()]


class _Line:
    """One track: its packets become frames, its frames get their moments."""

    def __init__(self, key: Key, reel: Reel) -> None:
        track = reel.tracks[key]
        self._key = key
        self._clock = TrackClock(track.rate)
        self._frames = Pictures() if track.kind == "video" else Sounds()

    def take(self, load: Load) -> list[Shot]:
        for ts, moment in load.clocks.get(self._key, ()):
            self._clock.note(ts, moment)
        frames = [
            frame for taken in load.packets.get(self._key, ()) for frame in self._frames.take(taken)
        ]
        return self._placed(frames)

    def rest(self) -> list[Shot]:
        return self._placed(self._frames.rest())

    def _placed(self, frames: list[Frame]) -> list[Shot]:
        return [
            Shot(self._clock.moment(frame.ts, frame.at_us), self._key, frame) for frame in frames
        ]
