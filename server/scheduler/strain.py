"""How full the quotas of committees are before anything new is placed (限额余量). Pure.

What other requests will get is not known yet: counted are the calls of sessions that are scheduled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from server.merging.instance.crowd import Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Cell
from server.merging.verdict.quota import used_key
from server.scheduler.workdays import month_of, week_of


@dataclass(frozen=True, slots=True)
class Strain:
    """A committee, or one post of it, that one more call takes above its quota.

    ``role`` is empty for the committee's own quota. ``used`` counts that call too.
    """

    committee: str
    role: str
    period: str
    used: int
    limit: int


def _limits(lookup: Lookup, day: date, role: str = "") -> Iterator[tuple[str, int]]:
    """Yield (period, limit) of the week and the month of a day, those with a limit."""
    quota = lookup.instance.quota
    week = quota.role_week.get(role) if role else quota.committee_week
    month = quota.role_month.get(role) if role else quota.committee_month
    for period, limit in ((week_of(day), week), (month_of(day), month)):
        if limit is not None:
            yield period, limit


def _counted(lookup: Lookup, committee: str, role: str) -> Crowd:
    """Return the people of a committee whose being called uses its quota, or that of a post."""
    posts = (role,) if role else lookup.instance.quota.counts
    return lookup.people.holding(lookup.people.mask((committee,)), posts)


def calls_of(lookup: Lookup, committee: str, period: str, role: str = "") -> int:
    """Return how many scheduled sessions of a week or month use a quota of a committee."""
    counted = _counted(lookup, committee, role)
    used = lookup.instance.quota.used.get(used_key(committee, role, period), 0)
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
    """Return what a session of its own for this crowd takes above quotas, by committee.

    Of each committee its own quota comes first, then those of its posts; of each the week or, when
    that is kept, the month. Whoever the session of that cell calls already is called no further
    time.
    """
    standing = lookup.standing_at.get(cell)
    others = lookup.crowds[standing.id] if standing else 0
    quota = lookup.instance.quota
    limited = {*quota.role_week, *quota.role_month}
    roles = ("", *(role for role in lookup.instance.roles if role in limited))
    found = []
    for committee in lookup.instance.committees:
        for role in roles:
            counted = _counted(lookup, committee.id, role)
            if not crowd & counted or others & counted:
                continue
            over = [
                Strain(committee.id, role, period, used, limit)
                for period, limit in _limits(lookup, cell.date, role)
                if (used := calls_of(lookup, committee.id, period, role) + 1) > limit
            ]
            found += over[:1]
    return tuple(found)
