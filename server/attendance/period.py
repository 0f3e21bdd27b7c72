"""Sums of lines of reports, one line being one venue in one session. Pure."""

from dataclasses import dataclass

from server.attendance.model import THERE, Attendance, VenueAttendance, Verdict
from server.attendance.report import whole_minutes


@dataclass(frozen=True, slots=True)
class Totals:
    """What some lines of reports add up to, one line being one venue in one session.

    ``expected`` is the denominator of all counts: ``present`` + ``excused`` + ``absent``; ``late``
    and ``left_early`` are among the present. ``minutes`` are the sum of the whole minutes that each
    line shows, out of ``session_minutes``; ``heads`` of the highest head-counts of those present.
    """

    expected: int = 0
    present: int = 0
    late: int = 0
    left_early: int = 0
    excused: int = 0
    absent: int = 0
    minutes: int = 0
    session_minutes: int = 0
    heads: int = 0

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(
            expected=self.expected + other.expected,
            present=self.present + other.present,
            late=self.late + other.late,
            left_early=self.left_early + other.left_early,
            excused=self.excused + other.excused,
            absent=self.absent + other.absent,
            minutes=self.minutes + other.minutes,
            session_minutes=self.session_minutes + other.session_minutes,
            heads=self.heads + other.heads,
        )


def totals_of(attendance: Attendance, venue: VenueAttendance) -> Totals:
    """Return what one line counts for."""
    there = venue.verdict in THERE
    return Totals(
        expected=1,
        present=int(there),
        late=int(venue.verdict is Verdict.LATE),
        left_early=int(venue.verdict is Verdict.LEFT_EARLY),
        excused=int(venue.verdict is Verdict.EXCUSED),
        absent=int(venue.verdict is Verdict.ABSENT),
        minutes=whole_minutes(venue.in_session),
        session_minutes=whole_minutes(attendance.frame.length),
        heads=(venue.head_count_max or 0) if there else 0,
    )
