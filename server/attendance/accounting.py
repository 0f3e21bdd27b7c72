"""Folds a session's audit events into its attendance. Pure: any order of arrival gives the same.

A venue is present while a media connection of it stood. A gap is told apart: an outage (系统中断)
is never held against anyone, nor is a line that broke (断线); only what a venue did itself, coming
late or saying good-bye early, makes it late or early.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.attendance.connections import fold_connections
from server.attendance.model import (
    Attendance,
    Cause,
    Connection,
    Correction,
    Ending,
    Excuse,
    Gap,
    ItemAttendance,
    LeaveNote,
    VenueAttendance,
    Verdict,
)
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from server.domain.opening import AttendanceRules, Expected, Opening, opening_from_payload
from server.domain.timespan import Span, total, union, without

OUTAGE_KINDS = (EventKind.SYSTEM_OUTAGE_STARTED, EventKind.SYSTEM_OUTAGE_ENDED)
"""Events without a session that a session's attendance needs as well."""

_READING = (EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED)

_NOTICED = timedelta(seconds=5)
"""How much earlier than its own start an outage may take away a venue's last packet."""


def compute_attendance(events: Iterable[Recorded], now: datetime) -> Attendance:
    """Return the attendance of a session.

    Args:
        events: all events of one session and the outages, in any order, repeats allowed.
        now: how far to look while the session is open.

    Raises:
        DomainError: ``session_not_opened`` when the session has not been opened.
    """
    ordered = [event for _, event in sorted({event.sequence: event for event in events}.items())]
    opened = next((e for e in ordered if e.kind == EventKind.SESSION_OPENED), None)
    if opened is None or opened.session_id is None:
        raise DomainError("session_not_opened")
    opening = opening_from_payload(opened.session_id, opened.payload)
    closed = next((e for e in ordered if e.kind == EventKind.SESSION_CLOSED), None)
    end = closed.at if closed else max(now, opened.at)
    frame = _frame(opening, opened.at, end)
    mine = [e for e in ordered if e.session_id == opened.session_id and e.kind not in _READING]
    outages = [e for e in ordered if e.kind in OUTAGE_KINDS]
    connections = fold_connections(sorted([*mine, *outages], key=_sequence), end)
    windows = _windows(connections.outages, opening.rules)
    facts = _facts(mine)
    venues = [
        _attend(
            _Case(
                expected,
                connections.by_venue.get(expected.venue_id, []),
                facts.get(expected.venue_id, _Facts()),
            ),
            frame,
            windows,
            rules=opening.rules,
        )
        for expected in opening.roster
    ]
    venues, corrections = _correct(venues, mine)
    return Attendance(
        opening=opening,
        opened_at=opened.at,
        closed_at=closed.at if closed else None,
        frame=frame,
        venues=tuple(venues),
        items=_items(opening, mine, frame, venues=venues),
        outages=tuple(part for o in connections.outages if (part := o.clipped_to(frame))),
        corrections=tuple(corrections),
        events=len(mine),
        first_sequence=mine[0].sequence,
        last_sequence=mine[-1].sequence,
    )


def _sequence(event: Recorded) -> int:
    return event.sequence


def _frame(opening: Opening, opened_at: datetime, end: datetime) -> Span:
    """Return the span that presence is measured against.

    Worked: planned 14:00, opened 13:50, closed 14:52 gives 14:00–14:52; opened 14:05 gives
    14:05–14:52; closed before the planned start gives opening to closing.
    """
    end = max(end, opened_at)
    start = max(opening.starts_at, opened_at)
    return Span(start if start < end else opened_at, end)


def _windows(outages: Iterable[Span], rules: AttendanceRules) -> list[Span]:
    """Return the spans in which a gap counts as outage: until venues could be back."""
    return union(Span(o.start - _NOTICED, o.end + rules.recovery) for o in outages)


@dataclass(slots=True)
class _Facts:
    """What else is told of one venue."""

    head_count: int | None = None
    head_count_max: int | None = None
    answered_at: tuple[datetime, ...] = ()
    leave: LeaveNote | None = None


def _facts(events: Iterable[Recorded]) -> dict[int, _Facts]:
    found: dict[int, _Facts] = {}
    for event in events:
        if "venue_id" not in event.payload:
            continue
        facts = found.setdefault(event.payload["venue_id"], _Facts())
        if event.kind == EventKind.VENUE_HEAD_COUNT:
            facts.head_count = event.payload["count"]
            facts.head_count_max = max(facts.head_count_max or 0, event.payload["count"])
        elif event.kind == EventKind.ROLL_ANSWERED:
            facts.answered_at += (event.at,)
        elif event.kind == EventKind.ROLL_WITHDRAWN and event.payload["answer"] == "answered":
            facts.answered_at = facts.answered_at[:-1]
        elif event.kind == EventKind.LEAVE_GRANTED:
            facts.leave = LeaveNote(event.payload.get("reason", ""), event.actor, event.at)
        elif event.kind == EventKind.LEAVE_REFUSED:
            facts.leave = None
    return found


@dataclass(frozen=True, slots=True)
class _Case:
    expected: Expected
    connections: Sequence[Connection]
    facts: _Facts


def _attend(
    case: _Case, frame: Span, windows: Sequence[Span], *, rules: AttendanceRules
) -> VenueAttendance:
    spans = (c.span.clipped_to(frame) for c in case.connections)
    presence = union(span for span in spans if span)
    if presence:
        timing = _timing(case, presence, frame, windows=windows)
    else:
        timing = _never_there(case, frame, windows)
    verdict, excuse = _verdict(case, timing, frame, rules=rules)
    waiting = (
        c.span.clipped_to(Span(c.span.start, frame.start))
        for c in case.connections
        if c.span.start < frame.start
    )
    last = max(case.connections, key=lambda c: c.span.end, default=None)
    standing = last is None or last.ending is Ending.STANDING
    return VenueAttendance(
        expected=case.expected,
        verdict=verdict,
        presence=tuple(presence),
        waiting=tuple(union(span for span in waiting if span)),
        gaps=timing.gaps,
        first_join=min((c.span.start for c in case.connections), default=None),
        last_leave=None if last is None or standing else last.span.end,
        in_session=total(presence),
        late_by=timing.late_by,
        early_by=timing.early_by,
        head_count=case.facts.head_count,
        head_count_max=case.facts.head_count_max,
        answered_at=case.facts.answered_at,
        excuse=excuse,
        leave=case.facts.leave,
        came_back=timing.came_back,
    )


@dataclass(frozen=True, slots=True)
class _Timing:
    """Gaps with causes; ``late_by`` and ``early_by`` are free of outages and lost lines."""

    gaps: tuple[Gap, ...] = ()
    late_by: timedelta = timedelta()
    early_by: timedelta = timedelta()
    came_back: bool = True


def _timing(
    case: _Case, presence: Sequence[Span], frame: Span, *, windows: Sequence[Span]
) -> _Timing:
    """Return the gaps of a venue that was there, before, between and after its presence."""
    gaps: list[Gap] = []
    late_by = early_by = timedelta()
    came_back = True
    before = Span(frame.start, presence[0].start)
    if _was_lost(case.connections, frame.start):
        gaps += _split(before, windows, Cause.LINE)
    else:
        gaps += _outage_parts(before, windows)
        late_by = total(without(before, windows))
    for between in without(Span(presence[0].start, presence[-1].end), presence):
        ending = _ending_at(case.connections, between.start)
        cause = Cause.AWAY if ending is Ending.LEFT else Cause.LINE
        gaps += _split(between, windows, cause)
    after = Span(presence[-1].end, frame.end)
    if _ending_at(case.connections, after.start) is Ending.LEFT:
        gaps += _outage_parts(after, windows)
        early_by = total(without(after, windows))
    else:
        gaps += _split(after, windows, Cause.LINE)
        came_back = after.length == timedelta()
    return _Timing(tuple(gaps), late_by, early_by, came_back)


def _never_there(case: _Case, frame: Span, windows: Sequence[Span]) -> _Timing:
    """Return the gaps of a venue that was not there at all."""
    if _was_lost(case.connections, frame.start):
        return _Timing(tuple(_split(frame, windows, Cause.LINE)), came_back=False)
    return _Timing(tuple(_outage_parts(frame, windows)), late_by=total(without(frame, windows)))


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
    rest = [Gap(part, cause) for part in without(gap, windows)]
    return sorted([*_outage_parts(gap, windows), *rest], key=lambda part: part.span)


def _outage_parts(gap: Span, windows: Sequence[Span]) -> list[Gap]:
    return [Gap(part, Cause.OUTAGE) for w in windows if (part := w.clipped_to(gap))]


def _verdict(
    case: _Case, timing: _Timing, frame: Span, *, rules: AttendanceRules
) -> tuple[Verdict, Excuse | None]:
    """Return the verdict, and the excuse of an excused one."""
    here = [c.span.clipped_to(frame) for c in case.connections]
    there = [span for span in here if span]
    excused = [g.span for g in timing.gaps if g.cause is not Cause.AWAY]
    attended = total([*there, *excused])
    if not there or attended * 100 < frame.length * rules.minimum_percent:
        return _excuse(case, timing, excused=total(excused), grace=rules.grace)
    if timing.late_by > rules.grace:
        return Verdict.LATE, None
    if timing.early_by > rules.grace:
        return Verdict.LEFT_EARLY, None
    return Verdict.PRESENT, None


def _excuse(
    case: _Case, timing: _Timing, *, excused: timedelta, grace: timedelta
) -> tuple[Verdict, Excuse | None]:
    """Return the verdict of a venue that was not there, or hardly."""
    if case.facts.leave is not None:
        return Verdict.EXCUSED, Excuse.LEAVE
    if not timing.came_back:
        return Verdict.EXCUSED, Excuse.LINE
    if excused and timing.late_by <= grace:
        return Verdict.EXCUSED, Excuse.OUTAGE
    return Verdict.ABSENT, None


def _correct(
    venues: Sequence[VenueAttendance], events: Iterable[Recorded]
) -> tuple[list[VenueAttendance], list[Correction]]:
    """Apply corrections in order; each keeps what it replaced."""
    current = {venue.expected.venue_id: venue for venue in venues}
    made: list[Correction] = []
    for event in events:
        if event.kind != EventKind.ATTENDANCE_CORRECTED:
            continue
        old = current.get(event.payload["venue_id"])
        if old is None:
            continue
        name, value = event.payload["field"], event.payload["value"]
        new, before = _corrected(old, name, value)
        current[old.expected.venue_id] = new
        made.append(
            Correction(
                sequence=event.sequence,
                at=event.at,
                actor=event.actor,
                venue=old.expected,
                field=name,
                before=before,
                after=str(value),
                reason=event.payload.get("reason", ""),
            )
        )
    return [current[venue.expected.venue_id] for venue in venues], made


def _corrected(old: VenueAttendance, name: str, value: str | int) -> tuple[VenueAttendance, str]:
    if name == "head_count":
        before = "" if old.head_count is None else str(old.head_count)
        return replace(old, head_count=int(value), head_count_max=int(value)), before
    verdict = Verdict(str(value))
    excuse = (old.excuse or Excuse.LEAVE) if verdict is Verdict.EXCUSED else None
    return replace(old, verdict=verdict, excuse=excuse), str(old.verdict)


def _items(
    opening: Opening,
    events: Sequence[Recorded],
    frame: Span,
    *,
    venues: Sequence[VenueAttendance],
) -> tuple[ItemAttendance, ...]:
    """Return each item with its planned and real span; an item lasts until the next begins."""
    actual = _item_spans(events, frame)
    planned_start = opening.starts_at
    items: list[ItemAttendance] = []
    for item in opening.items:
        planned = Span(planned_start, planned_start + timedelta(minutes=item.minutes))
        planned_start = planned.end
        span = actual.get(item.id)
        seen = sum(
            span is not None and any(p.clipped_to(span) for p in venue.presence) for venue in venues
        )
        items.append(ItemAttendance(item, planned, span, seen))
    return tuple(items)


def _item_spans(events: Sequence[Recorded], frame: Span) -> dict[int, Span]:
    """Return when each item ran, by item id; of one that ran twice, from first to last."""
    kinds = (EventKind.AGENDA_ITEM_STARTED, EventKind.AGENDA_ITEM_ENDED)
    found: dict[int, Span] = {}
    running: tuple[int, datetime] | None = None
    marks = [(e.kind, e.payload.get("item_id", 0), e.at) for e in events if e.kind in kinds]
    for kind, item_id, at in [*marks, (EventKind.AGENDA_ITEM_ENDED, 0, frame.end)]:
        if running is not None:
            old = found.get(running[0])
            start = old.start if old else running[1]
            found[running[0]] = Span(start, max(start, at))
        running = (item_id, at) if kind == EventKind.AGENDA_ITEM_STARTED else None
    return found
