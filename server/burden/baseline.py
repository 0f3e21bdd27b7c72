"""Comparing with a stated baseline (对照期): entered by the office with its source. Pure.

Two spans of time are seldom of one length, so the baseline is put to the measure of the period
shown: calls for each committee and working day. Both lengths are shown with every comparison.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from server.baseline.model import PastMeeting
from server.burden.sums import share_tenths
from server.domain.errors import DomainError

LONGEST_SOURCE = 200
MOST_CALLS = 1_000_000


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the street was like before, and who says so from what.

    Attributes:
        first: the first day of the time it is about.
        last: the last.
        workdays: its working days.
        committees: how many committees were called.
        calls: how often committees were called to meetings in it, all together.
        minutes: how long those meetings lasted, once for each call; None when nobody knows.
        source: where the figures come from, in words.
        departments: of the calls, those of each department, as far as that is known.
        meetings: how many meetings that were; None when nobody knows.
        by: who entered it.
        at: when.
    """

    first: date
    last: date
    workdays: int
    committees: int
    calls: int
    minutes: int | None
    source: str
    departments: Mapping[str, int] = field(default_factory=dict)
    meetings: int | None = None
    by: str = ""
    at: datetime | None = None


def from_past(meetings: Sequence[PastMeeting]) -> Baseline | None:
    """Return what imported past meetings (以往会议) add up to; None without any.

    Its working days are 0: they are counted when it is stated. The source names every register.
    """
    if not meetings:
        return None
    departments: Counter[str] = Counter()
    for meeting in meetings:
        departments[meeting.department] += len(meeting.committee_ids)
    sources = dict.fromkeys(meeting.source for meeting in meetings)
    return Baseline(
        first=min(meeting.day for meeting in meetings),
        last=max(meeting.day for meeting in meetings),
        workdays=0,
        committees=len({c for meeting in meetings for c in meeting.committee_ids}),
        calls=sum(len(meeting.committee_ids) for meeting in meetings),
        minutes=sum(meeting.minutes * len(meeting.committee_ids) for meeting in meetings),
        source="; ".join(sources)[:LONGEST_SOURCE],
        departments=dict(departments),
        meetings=len(meetings),
    )


def require_sound(baseline: Baseline) -> Baseline:
    """Return a baseline that can be meant.

    Raises:
        DomainError: ``baseline_days``, ``baseline_source``, ``baseline_calls`` or
            ``baseline_departments``.
    """
    if baseline.last < baseline.first or not baseline.workdays:
        raise DomainError("baseline_days")
    if not 4 <= len(baseline.source) <= LONGEST_SOURCE:
        raise DomainError("baseline_source", most=LONGEST_SOURCE)
    if not 1 <= baseline.calls <= MOST_CALLS or baseline.committees < 1:
        raise DomainError("baseline_calls", most=MOST_CALLS)
    if sum(baseline.departments.values()) > baseline.calls:
        raise DomainError("baseline_departments")
    return baseline


@dataclass(frozen=True, slots=True)
class Comparison:
    """A period beside its baseline, put to the period's length.

    ``before`` is what the baseline would come to in this period, for so many committees;
    ``before_minutes`` likewise, None when the baseline has none. ``departments`` are the baseline's
    calls by department to the same measure. Rates are in hundredths: calls for each committee and
    working day. ``fewer_tenths`` is (before - after) ÷ before in tenths of a percent, negative when
    it has become more.
    """

    baseline: Baseline
    workdays: int
    committees: int
    before: int
    after: int
    before_minutes: int | None
    after_minutes: int
    before_rate: int
    after_rate: int
    departments: Mapping[str, int]

    @property
    def fewer(self) -> int:
        """How many calls fewer; negative when there are more."""
        return self.before - self.after

    @property
    def fewer_tenths(self) -> int:
        """How much fewer, out of ``before``."""
        sign = -1 if self.fewer < 0 else 1
        return sign * share_tenths(abs(self.fewer), self.before)


def compare(
    baseline: Baseline, *, workdays: int, committees: int, calls: int, minutes: int
) -> Comparison | None:
    """Return a period beside its baseline; None for a period without a working day or committee.

    Worked: 4,668 calls of 33 committees in 123 days are 1.15 for each committee and day; beside 21
    days of 33 committees they come to 797.

    Args:
        baseline: what the street was like before.
        workdays: working days of the period, up to today.
        committees: how many committees could be called in it.
        calls: how often they were.
        minutes: how long those sessions lasted, once for each call.
    """
    here, there = workdays * committees, baseline.workdays * baseline.committees
    if not here or not there:
        return None

    def scaled(number: int) -> int:
        return (2 * number * here + there) // (2 * there)

    return Comparison(
        baseline=baseline,
        workdays=workdays,
        committees=committees,
        before=scaled(baseline.calls),
        after=calls,
        before_minutes=None if baseline.minutes is None else scaled(baseline.minutes),
        after_minutes=minutes,
        before_rate=_hundredths(baseline.calls, there),
        after_rate=_hundredths(calls, here),
        departments={name: scaled(number) for name, number in baseline.departments.items()},
    )


def _hundredths(number: int, whole: int) -> int:
    return (200 * number + whole) // (2 * whole)
