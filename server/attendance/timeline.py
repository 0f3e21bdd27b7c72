"""Where things stand on a report's timeline, in percent of its width. Pure arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from server.attendance.model import Attendance, Cause, VenueAttendance, Verdict
from server.domain.timespan import Span

_BEFORE, _AFTER = 0.19, 0.15
"""Room before the start and after the end, in lengths of the session."""
_CLOSE = 13.0
"""Labels nearer to each other than this many percent would run into one another."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a line: ``x`` and ``width`` in percent.

    ``kind`` is ``in``, ``line``, ``outage``, ``away``, ``absent`` or ``excused``.
    """

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the scale with its words; ``item`` is empty at the end of the session."""

    x: float
    at: datetime
    item: str
    is_end: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps moments to percent of the width."""

    frame: Span
    whole: Span

    def x(self, moment: datetime) -> float:
        """Return the place of a moment, 0 to 100; what lies outside stands at the edge."""
        if self.whole.length.total_seconds() == 0:
            return 0.0
        share = (moment - self.whole.start) / self.whole.length
        return round(min(1.0, max(0.0, share)) * 100, 2)

    def bar(self, kind: str, span: Span) -> Bar:
        """Return the bar of a span."""
        x = self.x(span.start)
        return Bar(kind, x, round(self.x(span.end) - x, 2))


def scale_of(attendance: Attendance) -> Scale:
    """Return the scale of a session: some room before its start and after its end."""
    frame = attendance.frame
    whole = Span(frame.start - _BEFORE * frame.length, frame.end + _AFTER * frame.length)
    return Scale(frame, whole)


def bars(venue: VenueAttendance, scale: Scale) -> list[Bar]:
    """Return the bars of one venue in order of time; an empty frame for one that was not there."""
    if not venue.presence and not venue.gaps:
        kind = "excused" if venue.verdict is Verdict.EXCUSED else "absent"
        return [scale.bar(kind, scale.frame)]
    shown = [(span, "in") for span in (*venue.waiting, *venue.presence)]
    kinds = {Cause.LINE: "line", Cause.OUTAGE: "outage", Cause.AWAY: "away"}
    shown += [(gap.span, kinds[gap.cause]) for gap in venue.gaps]
    return [scale.bar(kind, span) for span, kind in sorted(shown)]


def marks(attendance: Attendance, scale: Scale) -> list[Mark]:
    """Return the labels: each item where it began, or was to begin, and the end.

    A label too near to the one before it is left out; the end always stands.
    """
    kept: list[Mark] = []
    end = Mark(scale.x(scale.frame.end), scale.frame.end, "", is_end=True)
    for mark in _item_marks(attendance, scale):
        before = kept[-1].x if kept else -100.0
        if mark.x - before >= _CLOSE and end.x - mark.x >= _CLOSE:
            kept.append(mark)
    return [*kept, end]


def _item_marks(attendance: Attendance, scale: Scale) -> Iterator[Mark]:
    if not attendance.items:
        yield Mark(scale.x(scale.frame.start), scale.frame.start, "", is_end=False)
    for item in attendance.items:
        start = item.actual.start if item.actual else item.planned.start
        start = max(start, scale.frame.start)
        if start < scale.frame.end:
            yield Mark(scale.x(start), start, item.item.department, is_end=False)
