"""Which three sources of a room are heard: the loudest by their own level reports (RFC 6464).

Whoever was asked to speak need not be loud first: it has a place before its first word.
"""

from collections.abc import Callable, Collection, Iterable

PLACES = 3
MARGIN_DB = 6.0
"""A newcomer must be so much louder than the quietest of the three to take its place."""

HOLD_SECONDS = 2.0
"""Whoever took a place keeps it for so long, however quiet: words have gaps."""

SPEECH_DB = 55.0
"""A smoothed level below this is somebody who speaks: rooms hum at 60 to 80 below full scale."""

LINGER_SECONDS = 1.5
"""Whoever spoke is still speaking for so long: a mark that blinks between words tells nothing."""

_UNKNOWN_LEVEL = 50.0
_SILENCE = 127.0


class Loudness:
    """The smoothed level of one source in dBov below full scale: 0 is loud, 127 is silence."""

    __slots__ = ("_spoke_at", "last_at", "level")

    def __init__(self) -> None:
        self.level = _SILENCE
        self.last_at = self._spoke_at = float("-inf")

    def note(self, now: float, level: int | None) -> None:
        """Take in the level of a packet (0 to 127); a sender without levels counts as 50.

        It rises at once half of the way and falls slowly, so that a first word is heard and a
        pause between two words does not count.
        """
        new = _UNKNOWN_LEVEL if level is None else float(level)
        weight = 0.5 if new < self.level else 0.05
        self.level += (new - self.level) * weight
        self.last_at = now
        if self.level < SPEECH_DB:
            self._spoke_at = now

    def forget(self) -> None:
        """Begin anew: what was said while nobody could hear it does not count."""
        self.level = _SILENCE
        self._spoke_at = float("-inf")

    def is_speaking(self, now: float) -> bool:
        """Tell whether words come, or came a moment ago."""
        return now - self._spoke_at <= LINGER_SECONDS

    def current(self, now: float) -> float:
        """Return the level; after a second without a packet the source counts as silent."""
        return self.level if now - self.last_at <= 1.0 else _SILENCE


class Voices:
    """The three places of one room."""

    __slots__ = ("_since", "places")

    def __init__(self) -> None:
        self.places: tuple[str, ...] = ()
        self._since: dict[str, float] = {}

    def update(
        self,
        now: float,
        candidates: Iterable[str],
        level_of: Callable[[str], float],
        *,
        asked: Collection[str] = (),
    ) -> bool:
        """Choose again.

        Args:
            now: seconds of the worker's clock.
            candidates: names of the sources that are audible and send sound; any order.
            level_of: the current level of a candidate.
            asked: who has a place as long as it is a candidate, however quiet; of more than three
                the loudest.

        Returns:
            Whether ``places`` changed. Free places are filled at once, with silent sources too;
            whoever is no candidate any more leaves at once, and so does the quietest for one who
            is asked; otherwise one place changes hands at a time, and the others keep theirs.
        """

        def rank(name: str) -> tuple[bool, float, str]:
            return name not in asked, level_of(name), name

        names = sorted(set(candidates), key=rank)
        chosen = [name for name in self.places if name in names]
        waiting = [name for name in names if name not in chosen]
        while waiting and len(chosen) < PLACES:
            chosen.append(waiting.pop(0))
        while waiting and waiting[0] in asked and (quietest := max(chosen, key=rank)) not in asked:
            chosen[chosen.index(quietest)] = waiting.pop(0)
        if waiting:
            free = [name for name in chosen if name not in asked]
            self._challenge(now, chosen, free, waiting[0], level_of=level_of)
        changed = tuple(chosen) != self.places
        for name in chosen:
            self._since.setdefault(name, now)
        self._since = {name: self._since[name] for name in chosen}
        self.places = tuple(chosen)
        return changed

    def _challenge(
        self,
        now: float,
        chosen: list[str],
        free: list[str],
        newcomer: str,
        *,
        level_of: Callable[[str], float],
    ) -> None:
        """Let a newcomer take the place of the quietest of those who may lose theirs."""
        old = [name for name in free if now - self._since.get(name, now) >= HOLD_SECONDS]
        if not old:
            return
        quietest = max(old, key=level_of)
        if level_of(newcomer) + MARGIN_DB <= level_of(quietest):
            chosen[chosen.index(quietest)] = newcomer
