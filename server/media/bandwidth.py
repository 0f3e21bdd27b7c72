"""How much a publisher may send, and at which step of the quality ladder a viewer is served.

Both are simple on purpose: rise while nothing is lost, fall when much is, hold in between.
"""

from dataclasses import dataclass


class PublisherBudget:
    """The bit rate told to a publisher by REMB.

    It starts at the most, for a browser without feedback stays at 300 kbit/s for ever. A second
    with more than 10 % loss takes it down to 85 % of what arrived, one with less than 2 % lets it
    rise by 8 % (the thresholds of RFC 8698's ancestors, draft-ietf-rmcat-gcc-02 §6).
    """

    __slots__ = ("bps",)

    MOST_BPS = 2_500_000
    LEAST_BPS = 80_000

    def __init__(self) -> None:
        self.bps = self.MOST_BPS

    def update(self, *, received_bps: int, loss: float) -> int:
        """Take in one second of receiving; return the new budget in bits a second.

        A second in which nothing came changes nothing. ``loss`` is a fraction of one.
        """
        if received_bps <= 0:
            return self.bps
        if loss > 0.10:
            self.bps = min(self.bps, round(received_bps * 0.85))
        elif loss < 0.02:
            self.bps = round(self.bps * 1.08)
        self.bps = max(self.LEAST_BPS, min(self.MOST_BPS, self.bps))
        return self.bps


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the quality ladder.

    ``steps_down`` are simulcast layers below the wish, ``base_only`` forwards only the base
    temporal layer, ``video`` False is sound only, ``voices`` how many are heard at once.
    """

    steps_down: int
    base_only: bool
    video: bool
    voices: int


LADDER = (
    Rung(0, base_only=False, video=True, voices=3),
    Rung(1, base_only=False, video=True, voices=3),
    Rung(2, base_only=False, video=True, voices=3),
    Rung(2, base_only=True, video=True, voices=2),
    Rung(2, base_only=True, video=False, voices=1),
)
"""From the best to sound only; a publisher with fewer layers has fewer distinct steps."""


class ViewerLadder:
    """The rung at which one viewer is served, judged by the loss it reports.

    More than 8 % loss in two reports running goes down one rung, more than 25 % goes down two at
    once; less than 3 % for 8 seconds goes up one. A rung that failed within 10 seconds of being
    climbed is tried again only after twice the wait, up to two minutes, so that a weak line is
    not shaken every few seconds.
    """

    __slots__ = ("_bad", "_changed_at", "_climbed_at", "_good_since", "_wait", "rung")

    HURT, LOST, FINE = 0.08, 0.25, 0.03
    WAIT_SECONDS, LONGEST_WAIT = 8.0, 120.0

    def __init__(self) -> None:
        self.rung = 0
        self._bad = 0
        self._good_since = -1.0
        self._changed_at = float("-inf")
        self._climbed_at = float("-inf")
        self._wait = self.WAIT_SECONDS

    @property
    def step(self) -> Rung:
        """The rung itself."""
        return LADDER[self.rung]

    def report(self, now: float, loss: float) -> bool:
        """Take in the share of packets lost since the last report; return whether to re-choose."""
        before = self.rung
        if loss > self.HURT:
            self._good_since = -1.0
            self._bad += 1
            if self._bad >= 2 and now - self._changed_at >= 2.0:
                self._descend(now, 2 if loss > self.LOST else 1)
        else:
            self._bad = 0
            if loss >= self.FINE:
                self._good_since = -1.0
            elif self._good_since < 0:
                self._good_since = now
            elif self.rung and now - self._good_since >= self._wait:
                self._climb(now)
        return self.rung != before

    def _descend(self, now: float, steps: int) -> None:
        if now - self._climbed_at < 10.0:
            self._wait = min(self.LONGEST_WAIT, self._wait * 2)
        self.rung = min(len(LADDER) - 1, self.rung + steps)
        self._bad = 0
        self._changed_at = now

    def _climb(self, now: float) -> None:
        self.rung -= 1
        self._good_since = now
        self._changed_at = self._climbed_at = now
