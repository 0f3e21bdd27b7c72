"""Calls above a quota that a leader has signed (超限批准), and what they allow. Pure.

A signature holds for one request in one half-day: whoever moves the request gives it up.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from server.merging.instance.model import Cell, Instance
from server.merging.verdict.quota import QuotaLine, used_key
from server.scheduler.quota_rules import QuotaVersion, granted_to, parse_period


@dataclass(frozen=True, slots=True)
class SignedException:
    """One committee, or one post of it, that one request calls above a quota, in one half-day.

    ``committee`` is ``C7`` and ``role`` empty for the committee's own quota. ``period`` is the week
    or month that is exceeded, ``used`` the calls with this one and ``limit`` what was granted when
    it was signed. ``version`` is the published plan that used it, None until there is one.
    """

    request: str
    date: date
    half: str
    committee: str
    role: str
    period: str
    used: int
    limit: int
    by: str = ""
    version: int | None = None

    @property
    def key(self) -> str:
        """The quota that is exceeded, as in ``Quota.used``."""
        return used_key(self.committee, self.role, self.period)


def exceptions_of(
    request: str, cell: Cell, lines: Iterable[QuotaLine], *, by: str
) -> list[SignedException]:
    """Return what a request exceeds in its half-day, to be kept as signed.

    Args:
        request: its number.
        cell: where it is.
        lines: the quota lines of that day's week and month, of those whom the request calls.
        by: who signed.
    """
    return [
        SignedException(
            request=request,
            date=cell.date,
            half=cell.half,
            committee=line.committee,
            role=line.role,
            period=line.period,
            used=line.before + line.planned,
            limit=line.limit,
            by=by,
        )
        for line in lines
        if line.over
    ]


def as_granted(quotas: Sequence[QuotaVersion], one: SignedException) -> SignedException:
    """Return an exception with what is really granted: an instance has one amount for all."""
    period = parse_period(one.period)
    if period is None:
        return one
    granted = granted_to(quotas, int(one.committee[1:]), one.role, period)
    if granted is None:
        return one
    return replace(one, used=one.used - (one.limit - granted), limit=granted)


def still_signed(
    exceptions: Iterable[SignedException], places: Mapping[str, Cell]
) -> list[SignedException]:
    """Return those whose request is where it was signed for."""
    return [
        one
        for one in exceptions
        if (cell := places.get(one.request)) is not None and cell[:2] == (one.date, one.half)
    ]


def allow(instance: Instance, signed: Iterable[SignedException]) -> Instance:
    """Return the instance in which signed calls are no excess, and all others as before.

    The format knows one amount for everybody. It is raised by the most that anybody is allowed, and
    whoever is allowed less has used as many calls more.

    Worked: 3 a week, one more signed for C7 in week 48. The amount is 4, and everybody has used one
    call more in each week, but for C7 in week 48.
    """
    allowed = Counter(one.key for one in signed)
    if not allowed:
        return instance
    quota = instance.quota
    used = Counter(quota.used)
    weeks = sorted({day.week for day in instance.days})
    months = sorted({day.month for day in instance.days})

    def raised(role: str, limit: int, periods: list[str]) -> int:
        keys = [used_key(c.id, role, p) for c in instance.committees for p in periods]
        most = max((allowed[key] for key in keys), default=0)
        used.update({key: most - allowed[key] for key in keys if most})
        return limit + most

    def by_committee(limit: int | None, periods: list[str]) -> int | None:
        return None if limit is None else raised("", limit, periods)

    return replace(
        instance,
        quota=replace(
            quota,
            committee_week=by_committee(quota.committee_week, weeks),
            committee_month=by_committee(quota.committee_month, months),
            role_week={role: raised(role, n, weeks) for role, n in quota.role_week.items()},
            role_month={role: raised(role, n, months) for role, n in quota.role_month.items()},
            used={key: count for key, count in sorted(used.items()) if count},
        ),
    )
