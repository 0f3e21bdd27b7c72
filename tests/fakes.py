"""Fakes one can read: a clock that moves only when told."""

from datetime import UTC, datetime, timedelta

NOON_TUESDAY = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""Tuesday 24 November 2026, 12:00 at the site."""


class FakeClock:
    """A clock that stands still until ``advance`` is called."""

    def __init__(self, now: datetime = NOON_TUESDAY) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, **span: float) -> None:
        step = timedelta(**span)
        self._now += step
        self._monotonic += step.total_seconds()
