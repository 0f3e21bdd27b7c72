"""How full the quotas of committees are before anything new is placed (限额余量). Pure.

What other requests will get is not known yet: counted are the calls of sessions that are scheduled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from server.merging.instance.crowd import Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Cell
from server.scheduler.workdays import month_of, week_of


@dataclass(frozen=True, slots=True)
class Strain:
    """A committee that one more call takes above its quota: ``used`` counts that call too."""

    committee: str
    used: int
    limit: int


def _limits(lookup: Lookup, day: date) -> Iterator[tuple[str, int]]:
    """Yield (period, limit) of the week and the month of a day, those with a limit."""
    quota = lookup.instance.quota
    for period, limit in (
        (week_of(day), quota.committee_week),
        (month_of(day), quota.committee_month),
    ):
        if limit is not None:
            yield period, limit


def calls_of(lookup: Lookup, committee: str, period: str) -> int:
    """Return how many scheduled sessions of a week or month call a committee's counted posts."""
    counted = lookup.people.holding(lookup.people.mask((committee,)), lookup.instance.quota.counts)
    used = lookup.instance.quota.used.get(f"{committee}|{period}", 0)
    for meeting in lookup.instance.standing:
        day = meeting.cell.date
        if period in (week_of(day), month_of(day)) and lookup.crowds[meeting.id] & counted:
            used += 1
    return used


def full_committees(lookup: Lookup, day: date) -> tuple[str, ...]:
    """Return the committees whose quota of that day's week or month is used up, in their order."""
    limits = list(_limits(lookup, day))
    return tuple(
        committee.id
        for committee in lookup.instance.committees
        if any(calls_of(lookup, committee.id, period) >= limit for period, limit in limits)
    )


def strains_of(lookup: Lookup, crowd: Crowd, cell: Cell) -> tuple[Strain, ...]:
    """Return the committees that a session of its own for this crowd takes above their quotas.

    Whoever the session of that cell calls already is called no further time.
    """
    standing = lookup.standing_at.get(cell)
    others = lookup.crowds[standing.id] if standing else 0
    counted_posts = lookup.instance.quota.counts
    found = []
    for committee in lookup.instance.committees:
        counted = lookup.people.holding(lookup.people.mask((committee.id,)), counted_posts)
        if not crowd & counted or others & counted:
            continue
        over = [
            Strain(committee.id, used, limit)
            for period, limit in _limits(lookup, cell.date)
            if (used := calls_of(lookup, committee.id, period) + 1) > limit
        ]
        found += over[:1]
    return tuple(found)
