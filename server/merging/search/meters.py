"""Counting calls of thousands at once: a thermometer of bit masks for each period.

``levels[n]`` holds those (committees, or people of one role) with more than n calls. One more
call for some of them lifts the mask through the levels; one fewer lowers it. With levels
``[011, 001]``, calling ``010`` gives ``[011, 011]``.
"""

from collections.abc import Iterable, Iterator


class Meter:
    """How often each of many is called in one period, measured against one limit.

    ``over`` is the sum, over all of them, of the calls above the limit that were counted here;
    ``before`` are masks with what they had used up earlier.
    """

    __slots__ = ("levels", "limit", "over")

    def __init__(self, limit: int, before: Iterable[tuple[int, int]] = ()) -> None:
        self.limit = limit
        self.levels: list[int] = []
        self.over = 0
        for callees, calls in before:
            for _ in range(min(calls, limit)):
                self.add(callees)

    def excess(self, callees: int) -> int:
        """Return how many of these callees one more call takes above the limit."""
        if self.limit == 0:
            return callees.bit_count()
        if self.limit > len(self.levels):
            return 0
        return (self.levels[self.limit - 1] & callees).bit_count()

    def left(self, callees: int) -> Iterator[tuple[int, int]]:
        """Yield how many more calls the limit allows, with the callees of whom that is true."""
        for calls, mask in enumerate(self.levels[: self.limit]):
            if callees & ~mask:
                yield self.limit - calls, callees & ~mask
            callees &= mask
        if callees:
            yield max(0, self.limit - len(self.levels)), callees

    def add(self, callees: int) -> None:
        """Count one more call for each of these callees."""
        self.over += self.excess(callees)
        levels, at = self.levels, 0
        while callees:
            if at == len(levels):
                levels.append(0)
            lifted = levels[at] & callees
            levels[at] |= callees
            callees = lifted
            at += 1

    def remove(self, callees: int) -> None:
        """Count one call fewer for each of these callees, all of whom have one."""
        levels = self.levels
        if self.limit < len(levels):
            self.over -= (levels[self.limit] & callees).bit_count()
        for at in range(len(levels)):
            above = levels[at + 1] if at + 1 < len(levels) else 0
            levels[at] &= ~callees | above
