"""What somebody says to have watched (补看), and how much of it can be true. Pure."""

import re
from collections.abc import Iterable
from datetime import datetime

Stretch = tuple[int, int]
"""From which second of a film to which."""

FASTEST = 2
SLACK_SECONDS = 10
MOST_SECONDS = 150
"""A page tells once a minute: more than a minute at double speed, and some slack, is not true."""
MOST_STRETCHES = 8
_STRETCH = re.compile(r"(\d{1,6})-(\d{1,6})\Z")


def read_stretches(said: Iterable[str], length: int) -> list[Stretch]:
    """Return what was watched as a page says it (``12-72``), at most eight stretches.

    What is none, empty or not in a film of ``length`` seconds is dropped.
    """
    found = []
    for text in said:
        match = _STRETCH.match(text)
        if match:
            stretch = int(match[1]), min(int(match[2]), length)
            found += [stretch] if stretch[0] < stretch[1] else []
    return found[:MOST_STRETCHES]


class Tally:
    """When each viewer last told what was watched: nobody watches faster than films run."""

    def __init__(self) -> None:
        self._since: dict[tuple[int, int], datetime] = {}

    def begin(self, account: int, session: int, now: datetime) -> None:
        """Note that somebody opens a film; opened again, it counts from what was told last."""
        self._since.setdefault((account, session), now)

    def credit(
        self, account: int, session: int, stretches: Iterable[Stretch], *, now: datetime
    ) -> list[Stretch]:
        """Return what can be true of it; the rest is cut off."""
        since = self._since.get((account, session))
        self._since[account, session] = now
        left = MOST_SECONDS
        if since is not None:
            passed = max(0.0, (now - since).total_seconds())
            left = min(left, int(passed * FASTEST) + SLACK_SECONDS)
        found = []
        for start, end in stretches:
            end = min(end, start + left)
            if start < end:
                found.append((start, end))
                left -= end - start
        return found
