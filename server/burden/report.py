"""A report over a period: about the street, one committee or one department. Pure.

Everything on page, paper and in tables comes from one ``BurdenReport``, so that they cannot differ.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from server.burden.baseline import Baseline, Comparison, compare
from server.burden.model import Held
from server.burden.periods import Chosen
from server.burden.sums import (
    Burden,
    DepartmentLine,
    Line,
    add_up,
    by_department,
    by_session,
    by_venue,
    heat_of,
    of_department,
    weeks_between,
)
from server.domain.places import Committee, Post
from server.domain.session import Session, SessionState
from server.scheduler.quota_ledger import Called, count_calls
from server.scheduler.quota_rules import (
    Period,
    QuotaVersion,
    month_period,
    version_for,
    week_period,
)
from server.scheduler.workdays import WorkdayTable, working_days

BLOCK = 26
"""So many weeks stand beside each other in one heat map."""


class Subject(StrEnum):
    """Whom a report is about."""

    STREET = "street"
    COMMITTEE = "committee"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class About:
    """Whom a report is about; ``id`` is 0 for the street."""

    subject: Subject
    id: int = 0

    @property
    def key(self) -> str:
        """How addresses name it: ``street``, ``committee-3``, ``department-2``."""
        return self.subject.value if self.subject is Subject.STREET else f"{self.subject}-{self.id}"


def parse_about(key: str) -> About | None:
    """Return whom a key names; None for one that cannot be read."""
    if key in {"", "street"}:
        return About(Subject.STREET)
    found = re.fullmatch(r"(committee|department)-([1-9]\d{0,8})", key, re.ASCII)
    return About(Subject(found[1]), int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """A committee's quota over the months of a period, or one month of a single committee.

    ``used`` are the calls that count, held and planned; ``granted`` what is granted in all, None
    without a limit; ``left`` what is free in the present month, None without a limit.
    """

    number: int
    name: str
    used: int
    granted: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A committee's weeks: calls in each, None in a week that is empty for all.

    ``over`` are the places of the weeks in which its quota was exceeded, signed or not.
    """

    number: int
    name: str
    counts: tuple[int | None, ...]
    over: frozenset[int]


@dataclass(frozen=True, slots=True)
class Heat:
    """Up to ``BLOCK`` weeks of the heat map (热力图): Mondays, and a row for each committee."""

    weeks: tuple[date, ...]
    rows: tuple[HeatRow, ...]

    @property
    def calls(self) -> int:
        """How many calls stand in it."""
        return sum(count or 0 for row in self.rows for count in row.counts)

    @property
    def empty(self) -> int:
        """How many weeks are empty for all."""
        columns = zip(*(row.counts for row in self.rows), strict=True)
        return sum(all(count is None for count in column) for column in columns)


@dataclass(frozen=True, slots=True)
class QuotaView:
    """What is granted, and every call that counts."""

    today: date
    versions: Sequence[QuotaVersion]
    calls: Sequence[Called]


@dataclass(frozen=True, slots=True)
class BurdenReport:
    """A report over a period.

    Attributes:
        about: the street, a committee or a department.
        name: what that is called; empty for the street.
        chosen: the days asked for; figures go up to ``upto``, today at most.
        workdays: working days from the first day to ``upto``.
        committees: how many committees serve or were called: the denominator of averages.
        sessions: those that are over, by time; for a committee with its own share only, for a
            department with its own items only.
        open: how many sessions of these days have begun and are not over: they count for nothing.
        missing: how many are over and of which the log says nothing; neither do they count.
        sums: of each session, by its id.
        total: of all of them.
        lines: by committee.
        departments: by department, those that called most first.
        heat: blocks of weeks, the oldest first.
        quotas: of each committee over the months of the period, or of one by month.
        comparison: beside the baseline; None without one.
        venue_of: the branch venue of each committee, by id.
    """

    about: About
    name: str
    chosen: Chosen
    upto: date
    workdays: int
    committees: int
    sessions: tuple[Held, ...]
    open: int
    missing: int
    sums: Mapping[int, Burden]
    total: Burden
    lines: tuple[Line, ...]
    departments: tuple[DepartmentLine, ...]
    heat: tuple[Heat, ...]
    quotas: tuple[QuotaLine, ...]
    comparison: Comparison | None
    venue_of: Mapping[int, int]

    @property
    def rate(self) -> int:
        """Calls for each committee and working day, in hundredths; 0 without any."""
        whole = self.workdays * self.committees
        return (200 * self.total.calls + whole) // (2 * whole) if whole else 0

    @property
    def months(self) -> list[tuple[date, tuple[Held, ...]]]:
        """The sessions by month, with its first day."""
        found: dict[date, list[Held]] = defaultdict(list)
        for held in self.sessions:
            found[held.day.replace(day=1)].append(held)
        return [(month, tuple(held)) for month, held in found.items()]

    def of_post(self, post: Post) -> Burden:
        """Return what the calls of this post add up to, once for each committee and session."""
        return add_up(line.of_post(post) for line in self.lines)

    @property
    def guests(self) -> int:
        """How many items were merged into other departments' sessions."""
        return sum(line.guests for line in self.departments)

    @property
    def by_calls(self) -> tuple[Line, ...]:
        """The lines, those that were called most first."""
        return tuple(sorted(self.lines, key=lambda line: (-line.burden.calls, line.number)))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a report is composed of; ``sessions`` are those of the days that are over.

    ``venue_of`` is the branch venue of each committee, by id.
    """

    sessions: Sequence[Held]
    open: int
    missing: int
    committees: Sequence[Committee]
    venue_of: Mapping[int, int]
    quota: QuotaView
    workdays: WorkdayTable
    baseline: Baseline | None


def calls_with(
    calls: Iterable[Called], sessions: Iterable[Held], committee_of: Mapping[int, int]
) -> list[Called]:
    """Return the calls of the present month, and before them those of sessions that are over.

    Reading thousands of sessions anew would take longer than all the rest of a report.

    Args:
        calls: out of the tables, the present week and month at least.
        sessions: that are over; those among ``calls`` are not taken twice.
        committee_of: the committee of each branch venue.
    """
    known = list(calls)
    ids = {call.session.id for call in known}
    return [*(_call(one, committee_of) for one in sessions if one.session_id not in ids), *known]


def _call(held: Held, committee_of: Mapping[int, int]) -> Called:
    own = {
        committee_of[s.venue_id]: _post_set(s.posts)
        for s in held.shares
        if s.venue_id in committee_of
    }
    session = Session(
        id=held.session_id,
        title=held.title,
        state=SessionState.CLOSED,
        starts_at=held.starts_at,
        ends_at=held.starts_at,
        hall="",
        items=(),
        venue_ids=(),
    )
    return Called(
        session=session,
        on=held.day,
        committee_ids=frozenset(own),
        posts=frozenset().union(*set(own.values())),
        own=own,
    )


@cache
def _post_set(posts: tuple[Post, ...]) -> frozenset[Post]:
    return frozenset(posts)


def compose(about: About, name: str, chosen: Chosen, facts: Facts) -> BurdenReport:
    """Return a report.

    Args:
        about: whom it is about.
        name: what that is called.
        chosen: the days.
        facts: out of the tables.
    """
    upto = min(chosen.last, facts.quota.today)
    days = len(working_days(facts.workdays, chosen.first, upto)) if upto >= chosen.first else 0
    sessions = _of(about, name, facts)
    lines = by_venue(sessions)
    called = {line.venue_id for line in lines}
    members = [c for c in facts.committees if _belongs(c, about, called, facts)]
    sums = by_session(sessions)
    total = add_up(sums.values())
    return BurdenReport(
        about=about,
        name=name,
        chosen=chosen,
        upto=upto,
        workdays=days,
        committees=len(members),
        sessions=tuple(sessions),
        open=facts.open,
        missing=facts.missing,
        sums=sums,
        total=total,
        lines=tuple(lines),
        departments=tuple(by_department(sessions)),
        heat=tuple(_heat(sessions, members, chosen, facts)),
        quotas=tuple(_quotas(about, members, chosen, facts.quota)),
        comparison=_beside(about, facts.baseline, days, len(members), total),
        venue_of=facts.venue_of,
    )


def _beside(
    about: About, baseline: Baseline | None, days: int, committees: int, total: Burden
) -> Comparison | None:
    """Put the street beside its baseline; nobody else has one."""
    if baseline is None or about.subject is not Subject.STREET:
        return None
    return compare(
        baseline,
        workdays=days,
        committees=committees,
        calls=total.calls,
        minutes=total.minutes,
    )


def _of(about: About, name: str, facts: Facts) -> list[Held]:
    """Return the sessions that concern somebody, without what is others'."""
    if about.subject is Subject.COMMITTEE:
        venue = facts.venue_of.get(about.id, 0)
        own = ((one, [s for s in one.shares if s.venue_id == venue]) for one in facts.sessions)
        return [replace(one, shares=tuple(shares)) for one, shares in own if shares]
    if about.subject is Subject.DEPARTMENT:
        return of_department(facts.sessions, name)
    return list(facts.sessions)


def _belongs(committee: Committee, about: About, called: set[int], facts: Facts) -> bool:
    """Tell whether a committee has a line: it serves, or was called."""
    if about.subject is Subject.COMMITTEE:
        return committee.id == about.id
    return not committee.retired or facts.venue_of.get(committee.id) in called


def _heat(
    sessions: Sequence[Held], members: Sequence[Committee], chosen: Chosen, facts: Facts
) -> list[Heat]:
    weeks = weeks_between(chosen.first, chosen.last)
    today, quota = facts.quota.today, facts.quota
    found = heat_of(sessions, weeks, today)
    by_week: dict[date, list[Called]] = defaultdict(list)
    for call in quota.calls:
        by_week[call.on - timedelta(days=call.on.isoweekday() - 1)].append(call)
    blank = next(iter(found.values()), [None] * len(weeks))
    nothing = [None if count is None else 0 for count in blank]
    rows = [
        (
            committee,
            found.get(facts.venue_of.get(committee.id, 0), nothing),
            {
                number
                for number, monday in enumerate(weeks)
                if _is_over(committee, week_period(monday), quota.versions, by_week[monday])
            },
        )
        for committee in members
    ]
    return [
        Heat(
            weeks=tuple(weeks[start : start + BLOCK]),
            rows=tuple(
                HeatRow(
                    committee.number,
                    committee.name,
                    tuple(counts[start : start + BLOCK]),
                    frozenset(n - start for n in over if start <= n < start + BLOCK),
                )
                for committee, counts, over in rows
            ),
        )
        for start in range(0, len(weeks), BLOCK)
    ]


def _is_over(
    committee: Committee, week: Period, versions: Sequence[QuotaVersion], calls: Sequence[Called]
) -> bool:
    rule = version_for(versions, week).rule
    granted = rule.amount_of(committee.id, week)
    return granted is not None and count_calls(committee.id, rule, calls) > granted


def _quotas(
    about: About, members: Sequence[Committee], chosen: Chosen, quota: QuotaView
) -> list[QuotaLine]:
    by_month: dict[str, list[Called]] = defaultdict(list)
    for call in quota.calls:
        by_month[month_period(call.on).key].append(call)
    months, month = [], month_period(chosen.first)
    while month.first <= min(chosen.last, quota.today):
        months.append(month)
        month = month.moved(1)

    def line(committee: Committee, name: str, period: Period) -> QuotaLine:
        rule = version_for(quota.versions, period).rule
        used = count_calls(committee.id, rule, by_month[period.key])
        granted = rule.amount_of(committee.id, period)
        left = None if granted is None else max(0, granted - used)
        return QuotaLine(committee.number, name, used, granted, left)

    present = month_period(quota.today)
    if about.subject is Subject.COMMITTEE:
        return [line(committee, month.key, month) for committee in members for month in months]
    found = []
    for committee in members:
        lines = [line(committee, committee.name, month) for month in months]
        known = [one.granted for one in lines if one.granted is not None]
        found.append(
            QuotaLine(
                number=committee.number,
                name=committee.name,
                used=sum(one.used for one in lines),
                granted=sum(known) if len(known) == len(lines) else None,
                left=line(committee, committee.name, present).left,
            )
        )
    return found
