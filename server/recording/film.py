"""Which films there are, which frames make one, and when each is shown. Pure.

Pictures are cut between tracks, sound has no holes. A film counts from the beginning of its
recording, so that all films of one lie beside each other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from server.recording.frames import Frame
from server.recording.reel import Key, Reel, Track

PACKET_US = 20_000
SILENCE = b"\xf8\xff\xfe"
"""An Opus packet of 20 ms in which nothing is heard (RFC 6716 §3.1: CELT, full band, one frame)."""
LATE_US = 1_000_000
"""A frame may come so much later in the files than one that was taken after it."""
LONGEST_PACKET_US = 120_000
_SCREEN = "c"


@dataclass(frozen=True, slots=True)
class Film:
    """A film that a recording can have.

    Attributes:
        name: of its file: ``programme``, ``mosaic``, ``venue-05``, ``venue-05-screen``.
        source: whose it is, empty where it shows what all saw or everybody at once.
    """

    name: str
    source: str = ""

    @property
    def number(self) -> int:
        """The number of its venue."""
        return int(self.source.rstrip(_SCREEN))

    @property
    def is_screen(self) -> bool:
        """Whether it is what a venue shared."""
        return self.source.endswith(_SCREEN)


PROGRAMME = Film("programme")
MOSAIC = Film("mosaic")


def film_of(source: str) -> Film:
    """Return the film of one source: ``5`` is a venue's camera, ``5c`` its screen."""
    number = source.rstrip(_SCREEN)
    return Film(f"venue-{number:0>2}" + ("-screen" if number != source else ""), source)


def films_of(sources: Iterable[str]) -> list[Film]:
    """Return the films of a recording: the programme, the mosaic, each source by its number."""
    return [PROGRAMME, MOSAIC, *sorted(map(film_of, sources), key=lambda film: film.name)]


class Shot(NamedTuple):
    """A frame of a track, and the moment at which it was taken."""

    at_us: int
    key: Key
    frame: Frame


def in_order(shots: Iterable[Sequence[Shot]]) -> Iterator[Shot]:
    """Yield shots in order of their moments; they come by segment, a little out of order."""
    waiting: list[Shot] = []
    for some in shots:
        waiting += some
        waiting.sort(key=lambda shot: shot.at_us)
        if not waiting:
            continue
        ripe = waiting[-1].at_us - LATE_US
        count = sum(shot.at_us < ripe for shot in waiting)
        yield from waiting[:count]
        del waiting[:count]
    yield from waiting


class Cutter:
    """Follows one picture after the other: each begins at a key frame, and goes on until the next.

    Of two tracks of one source, the one that began later is the one to see: it is the better layer,
    or the connection that came back.
    """

    def __init__(self, reel: Reel, shown: Sequence[tuple[int, str]]) -> None:
        """Take what is to be shown: (from which moment, source), in order."""
        self._tracks = reel.tracks
        self._shown = list(shown)
        self._wanted = ""
        self._current: Key | None = None

    def take(self, shot: Shot) -> bool:
        """Tell whether a picture is in the film; shots come in order of their moments."""
        while self._shown and self._shown[0][0] <= shot.at_us:
            self._wanted = self._shown.pop(0)[1]
        if shot.key != self._current and self._begins(shot):
            self._current = shot.key
        return shot.key == self._current

    def _begins(self, shot: Shot) -> bool:
        track = self._tracks[shot.key]
        if not shot.frame.is_key or track.source != self._wanted:
            return False
        if self._current is None:
            return True
        now = self._tracks[self._current]
        return now.source != self._wanted or _is_later(track, now)


def _is_later(track: Track, other: Track) -> bool:
    return (track.from_us, track.key) > (other.from_us, other.key)


class SoundLine:
    """One line of Opus packets without a hole: what is missing, or was not sent, is silence.

    A player can hold pictures to it then. A packet is at most 20 ms from where it belongs.
    """

    def __init__(self, start_us: int) -> None:
        self._start_us = start_us
        self._next_us = 0

    def add(self, shot: Shot) -> list[tuple[int, bytes]]:
        """Return (microseconds from the start, packet) of what is to be heard up to a packet."""
        at = shot.at_us - self._start_us
        if at < self._next_us - PACKET_US:
            return []
        out = self.fill(at)
        out.append((self._next_us, shot.frame.data))
        self._next_us += packet_us(shot.frame.data)
        return out

    def fill(self, until_us: int) -> list[tuple[int, bytes]]:
        """Return the silence up to a moment from the start; nothing where there is none."""
        out: list[tuple[int, bytes]] = []
        while self._next_us + PACKET_US <= until_us:
            out.append((self._next_us, SILENCE))
            self._next_us += PACKET_US
        return out


def packet_us(packet: bytes) -> int:
    """Return how long an Opus packet is heard, in microseconds (RFC 6716 §3.1 and §3.2)."""
    toc = packet[0]
    config, code = toc >> 3, toc & 3
    if config < 12:
        frame = (10_000, 20_000, 40_000, 60_000)[config & 3]
    elif config < 16:
        frame = (10_000, 20_000)[config & 1]
    else:
        frame = (2_500, 5_000, 10_000, 20_000)[config & 3]
    count = 1 if code == 0 else 2
    if code == 3:
        count = packet[1] & 0x3F if len(packet) > 1 else 1
    return min(LONGEST_PACKET_US, frame * max(1, count))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a film is made of.

    Attributes:
        pictures: the tracks of its pictures.
        sounds: those of its sound; several at once are mixed.
        shown: what is shown from which moment on, see ``Cutter``.
    """

    pictures: frozenset[Key]
    sounds: frozenset[Key]
    shown: tuple[tuple[int, str], ...]


def wish_of(reel: Reel, film: Film) -> Wish:
    """Return what a film is made of; none of it is for a mosaic."""
    return of_source(reel, film.source) if film.source else of_programme(reel)


def of_source(reel: Reel, source: str) -> Wish:
    """Return the film of one venue: its own pictures and its own sound."""
    mine = [track for track in reel.tracks.values() if track.source == source]
    return Wish(_of_kind(mine, "video"), _of_kind(mine, "audio"), ((0, source),))


def of_programme(reel: Reel) -> Wish:
    """Return the film of what everybody saw and heard, as far as it was recorded."""
    names = {source for _, source in reel.shown}
    tracks = list(reel.tracks.values())
    pictures = _of_kind([track for track in tracks if track.source in names], "video")
    return Wish(pictures, _of_kind(tracks, "audio"), reel.shown)


def _of_kind(tracks: Iterable[Track], kind: str) -> frozenset[Key]:
    return frozenset(track.key for track in tracks if track.kind == kind)
