"""Judges one venue within a frame, a session or an item of it: presence, gaps, verdict. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.attendance.model import (
    Cause,
    Connection,
    Ending,
    Excuse,
    Gap,
    Judged,
    LeaveNote,
    Verdict,
)
from server.domain.opening import AttendanceRules
from server.domain.timespan import Span, total, union, without


@dataclass(frozen=True, slots=True)
class Case:
    """What a venue is judged by: all its connections, in order of ending, and its leave."""

    connections: Sequence[Connection]
    leave: LeaveNote | None = None


@dataclass(frozen=True, slots=True)
class _Timing:
    """Gaps with causes; ``late_by`` and ``early_by`` are free of outages and lost lines."""

    gaps: tuple[Gap, ...] = ()
    late_by: timedelta = timedelta()
    early_by: timedelta = timedelta()
    came_back: bool = True


@dataclass(frozen=True, slots=True)
class Measure:
    """What presence is measured against.

    ``frame`` is a session, or an item of it; within it ``due`` is the part for which the venue was
    called, None where that never came. Who comes later than it begins is late, who goes before its
    end left early.
    """

    frame: Span
    due: Span | None


def judge(
    case: Case, measure: Measure, windows: Sequence[Span], *, rules: AttendanceRules
) -> Judged:
    """Return what follows for one venue.

    Args:
        case: the venue's connections, also those outside the frame, and its leave.
        measure: what its presence is measured against.
        windows: the spans in which a gap counts as outage, disjoint.
        rules: those kept with the session.
    """
    frame, due = measure.frame, measure.due or measure.frame
    presence = union(span for c in case.connections if (span := c.span.clipped_to(frame)))
    if presence:
        timing = _timing(case, presence, frame, due=due, windows=windows)
    else:
        timing = _never_there(case, frame, due, windows)
    if measure.due is None:
        timing = _Timing(timing.gaps)
        verdict, excuse = _not_reached(case, presence)
    else:
        verdict, excuse = _verdict(case, timing, presence, due=due, rules=rules)
    return Judged(
        presence=tuple(presence),
        gaps=timing.gaps,
        late_by=timing.late_by,
        early_by=timing.early_by,
        came_back=timing.came_back,
        verdict=verdict,
        excuse=excuse,
    )


def _timing(
    case: Case, presence: Sequence[Span], frame: Span, *, due: Span, windows: Sequence[Span]
) -> _Timing:
    """Return the gaps of a venue that was there, before, between and after its presence."""
    if list(presence) == [frame]:
        return _Timing()
    gaps: list[Gap] = []
    late_by = early_by = timedelta()
    came_back = True
    before = Span(frame.start, presence[0].start)
    if _was_lost(case.connections, frame.start):
        gaps += _split(before, windows, Cause.LINE)
    else:
        gaps += _outage_parts(before, windows)
        late_by = _length(before.clipped_to(due), windows)
    for between in without(Span(presence[0].start, presence[-1].end), presence):
        ending = _ending_at(case.connections, between.start)
        cause = Cause.AWAY if ending is Ending.LEFT else Cause.LINE
        gaps += _split(between, windows, cause)
    after = Span(presence[-1].end, frame.end)
    if _ending_at(case.connections, after.start) is Ending.LEFT:
        gaps += _outage_parts(after, windows)
        early_by = _length(after.clipped_to(due), windows)
    else:
        gaps += _split(after, windows, Cause.LINE)
        came_back = after.clipped_to(due) is None
    return _Timing(tuple(gaps), late_by, early_by, came_back)


def _length(span: Span | None, windows: Sequence[Span]) -> timedelta:
    """Return how long a span is without outages; nothing for none."""
    return total(without(span, windows)) if span else timedelta()


def _never_there(case: Case, frame: Span, due: Span, windows: Sequence[Span]) -> _Timing:
    """Return the gaps of a venue that was not there at all."""
    if _was_lost(case.connections, frame.start):
        return _Timing(tuple(_split(frame, windows, Cause.LINE)), came_back=False)
    return _Timing(tuple(_outage_parts(frame, windows)), late_by=_length(due, windows))


def _was_lost(connections: Sequence[Connection], start: datetime) -> bool:
    """Tell whether the venue had connected before the start and its line then broke."""
    earlier = [c for c in connections if c.span.end <= start]
    return bool(earlier) and max(earlier, key=lambda c: c.span.end).ending is Ending.LOST


def _ending_at(connections: Sequence[Connection], moment: datetime) -> Ending:
    """Return how the connections that ended at ``moment`` ended: any lost line counts as lost."""
    endings = {c.ending for c in connections if c.span.end == moment}
    return Ending.LEFT if endings == {Ending.LEFT} else Ending.LOST


def _split(gap: Span, windows: Sequence[Span], cause: Cause) -> list[Gap]:
    """Return the gap in parts: what an outage explains, and the rest under its own cause."""
    if gap.start == gap.end:
        return []
    rest = [Gap(part, cause) for part in without(gap, windows)]
    return sorted([*_outage_parts(gap, windows), *rest], key=lambda part: part.span)


def _outage_parts(gap: Span, windows: Sequence[Span]) -> list[Gap]:
    return [Gap(part, Cause.OUTAGE) for w in windows if (part := w.clipped_to(gap))]


def _verdict(
    case: Case,
    timing: _Timing,
    presence: Sequence[Span],
    *,
    due: Span,
    rules: AttendanceRules,
) -> tuple[Verdict, Excuse | None]:
    """Return the verdict, and the excuse of an excused one."""
    there = [part for span in presence if (part := span.clipped_to(due))]
    lost = _Lost(_missed(timing.gaps, Cause.OUTAGE, due), _missed(timing.gaps, Cause.LINE, due))
    attended = total(there) + lost.outage + lost.line
    if not there or attended * 100 < due.length * rules.minimum_percent:
        return _excuse(case, timing, lost, due=due, rules=rules)
    if timing.late_by > rules.grace:
        return Verdict.LATE, None
    if timing.early_by > rules.early_grace:
        return Verdict.LEFT_EARLY, None
    return Verdict.PRESENT, None


@dataclass(frozen=True, slots=True)
class _Lost:
    """How much of what a venue was due for an outage took, and how much a broken line."""

    outage: timedelta
    line: timedelta


def _missed(gaps: Sequence[Gap], cause: Cause, due: Span) -> timedelta:
    return total(p for g in gaps if g.cause is cause and (p := g.span.clipped_to(due)))


def _excuse(
    case: Case, timing: _Timing, lost: _Lost, *, due: Span, rules: AttendanceRules
) -> tuple[Verdict, Excuse | None]:
    """Return the verdict of a venue that was not there, or hardly.

    An outage that left less of the time than the minimum share excuses whoever did not come.
    """
    if case.leave is not None:
        return Verdict.EXCUSED, Excuse.LEAVE
    if not timing.came_back:
        return Verdict.EXCUSED, Excuse.LINE
    if (due.length - lost.outage) * 100 < due.length * rules.minimum_percent:
        return Verdict.EXCUSED, Excuse.OUTAGE
    if (lost.outage or lost.line) and timing.late_by <= rules.grace:
        return Verdict.EXCUSED, Excuse.OUTAGE if lost.outage >= lost.line else Excuse.LINE
    return Verdict.ABSENT, None


def _not_reached(case: Case, presence: Sequence[Span]) -> tuple[Verdict, Excuse | None]:
    """Return the verdict where no item that calls the venue has begun: nobody can be late."""
    if presence:
        return Verdict.PRESENT, None
    return Verdict.EXCUSED, Excuse.LEAVE if case.leave is not None else Excuse.NOT_REACHED
