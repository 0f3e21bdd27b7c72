"""The figures of an attendance as page, PDF and CSV show them, each with its denominator.

Minutes are whole: each length is rounded to the nearest minute by itself, and totals are sums of
what is shown, so that anyone can add up the printed column.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.attendance.model import Attendance, Cause, VenueAttendance, Verdict
from server.domain.clock import SITE_ZONE
from server.domain.timespan import total

PREFIX = "PH"
"""What audit numbers begin with."""


@dataclass(frozen=True, slots=True)
class Line:
    """One venue as shown; lengths in whole minutes.

    ``line_breaks`` and ``outages`` count gaps; ``notable`` lines are told first. What was watched
    later is in ``watched_minutes`` and in no other sum.
    """

    venue: VenueAttendance
    minutes: int
    is_late: bool
    is_early: bool
    late_minutes: int
    early_minutes: int
    line_breaks: int
    line_minutes: int
    outages: int
    outage_minutes: int
    away_minutes: int
    notable: bool
    watched_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums over all expected venues.

    ``present`` includes late and early ones; present + excused + absent = expected. A venue may be
    both late and early, and is counted in both. ``minutes`` is the sum of the column,
    ``head_count`` that of the highest head-counts of venues present.
    ``present_percent_tenths`` is present ÷ expected in tenths of a percent; ``average_minutes`` is
    the minutes of those present ÷ present; both 0 where there is no denominator.
    """

    expected: int
    present: int
    late: int
    left_early: int
    excused: int
    absent: int
    head_count: int
    minutes: int
    session_minutes: int
    average_minutes: int
    present_percent_tenths: int
    with_line_breaks: int
    line_minutes: int
    outage_minutes: int

    @property
    def present_percent(self) -> str:
        """The share of venues present, e.g. ``93.9``; the denominator is ``expected``."""
        return f"{self.present_percent_tenths // 10}.{self.present_percent_tenths % 10}"


@dataclass(frozen=True, slots=True)
class PeopleFigures:
    """The sums over people called by name; ``there`` includes late and early ones.

    ``called`` = ``known`` + ``unknown``, the latter at venues that used no named sign-in; ``known``
    = ``there`` + ``excused`` + ``absent`` is the denominator of all but itself. ``unasked`` signed
    in without being called.
    """

    called: int
    known: int
    there: int
    late: int
    left_early: int
    excused: int
    absent: int
    unknown: int
    unasked: int


@dataclass(frozen=True, slots=True)
class Report:
    """An attendance report: ``lines`` in order of number, ``notable`` the ones to be told first."""

    attendance: Attendance
    audit_number: str
    figures: Figures
    people: PeopleFigures
    lines: tuple[Line, ...]
    notable: tuple[Line, ...]

    @property
    def is_final(self) -> bool:
        """Whether the session has been closed; figures before that may still change."""
        return self.attendance.closed_at is not None

    @property
    def notable_first(self) -> tuple[Line, ...]:
        """All lines: the notable ones first, then the rest by number."""
        return self.notable + tuple(line for line in self.lines if not line.notable)


_ORDER = (
    Verdict.ABSENT,
    Verdict.EXCUSED,
    Verdict.LATE,
    Verdict.LEFT_EARLY,
    Verdict.PRESENT,
)


def report_of(attendance: Attendance, prefix: str = PREFIX) -> Report:
    """Return the report of an attendance; ``prefix`` begins its audit number (审计编号)."""
    lines = tuple(_line(venue, attendance) for venue in attendance.venues)
    notable = sorted(
        (line for line in lines if line.notable),
        key=lambda line: (
            _ORDER.index(line.venue.verdict),
            -line.late_minutes - line.early_minutes,
            -line.line_minutes,
            line.venue.expected.number,
        ),
    )
    return Report(
        attendance=attendance,
        audit_number=audit_number(attendance, prefix),
        figures=_figures(lines, attendance),
        people=_people_figures(attendance),
        lines=lines,
        notable=tuple(notable),
    )


def audit_number(attendance: Attendance, prefix: str) -> str:
    """Return e.g. ``PH-2026-1124-07``: the site's day of the planned start and the session's id."""
    return number_of(attendance.opening.starts_at, attendance.opening.session_id, prefix)


def number_of(starts_at: datetime, session_id: int, prefix: str) -> str:
    """Return the audit number of a session that was to begin at a moment."""
    return f"{prefix}-{starts_at.astimezone(SITE_ZONE):%Y-%m%d}-{session_id:02d}"


def session_of(number: str) -> int | None:
    """Return the session id at the end of an audit number, or None when it is not one."""
    last = number.strip().rpartition("-")[2]
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else None


def whole_minutes(length: timedelta) -> int:
    """Return the length in minutes, rounded to the nearest; half a minute counts."""
    return int((length + timedelta(seconds=30)) // timedelta(minutes=1))


def _line(venue: VenueAttendance, attendance: Attendance) -> Line:
    breaks, outages = venue.gaps_by(Cause.LINE), venue.gaps_by(Cause.OUTAGE)
    is_late = venue.verdict is Verdict.LATE
    # one verdict tells one thing: who was late may have left early as well
    is_early = venue.verdict is Verdict.LEFT_EARLY or (
        is_late and venue.early_by > attendance.opening.rules.early_grace
    )
    corrected = any(c.venue == venue.expected and c.is_confirmed for c in attendance.corrections)
    return Line(
        venue=venue,
        minutes=whole_minutes(venue.in_session),
        is_late=is_late,
        is_early=is_early,
        late_minutes=whole_minutes(venue.late_by) if is_late else 0,
        early_minutes=whole_minutes(venue.early_by) if is_early else 0,
        line_breaks=len(breaks),
        line_minutes=whole_minutes(total(breaks)),
        outages=len(outages),
        outage_minutes=whole_minutes(total(outages)),
        away_minutes=whole_minutes(total(venue.gaps_by(Cause.AWAY))),
        watched_minutes=whole_minutes(venue.watched),
        notable=venue.verdict is not Verdict.PRESENT or bool(breaks) or corrected,
    )


def _figures(lines: Iterable[Line], attendance: Attendance) -> Figures:
    lines = list(lines)
    there = [line for line in lines if line.venue.was_there]
    minutes_there = sum(line.minutes for line in there)
    return Figures(
        expected=len(lines),
        present=len(there),
        late=sum(line.is_late for line in there),
        left_early=sum(line.is_early for line in there),
        excused=sum(line.venue.verdict is Verdict.EXCUSED for line in lines),
        absent=sum(line.venue.verdict is Verdict.ABSENT for line in lines),
        head_count=sum(line.venue.head_count_max or 0 for line in there),
        minutes=sum(line.minutes for line in lines),
        session_minutes=whole_minutes(attendance.frame.length),
        average_minutes=_nearest(minutes_there, len(there)),
        present_percent_tenths=_nearest(1000 * len(there), len(lines)),
        with_line_breaks=sum(line.line_breaks > 0 for line in lines),
        line_minutes=sum(line.line_minutes for line in lines),
        outage_minutes=whole_minutes(total(attendance.outages)),
    )


def _people_figures(attendance: Attendance) -> PeopleFigures:
    called = [person for person in attendance.people if person.called]
    verdicts = Counter(person.verdict for person in called)
    unknown = verdicts[None]
    return PeopleFigures(
        called=len(called),
        known=len(called) - unknown,
        there=sum(person.was_there for person in called),
        late=verdicts[Verdict.LATE],
        left_early=verdicts[Verdict.LEFT_EARLY],
        excused=verdicts[Verdict.EXCUSED],
        absent=verdicts[Verdict.ABSENT],
        unknown=unknown,
        unasked=len(attendance.people) - len(called),
    )


def _nearest(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest whole, halves up; 0 over nothing."""
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
