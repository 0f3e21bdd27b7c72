"""Folds a session's audit events into its attendance. Pure: any order of arrival gives the same.

A venue is present while a media connection of it stood. A gap is told apart: an outage (系统中断)
is never held against anyone, nor is a line that broke (断线); only what a venue did itself, coming
late or saying good-bye early, makes it late or early.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.attendance.connections import fold_connections
from server.attendance.correcting import correct
from server.attendance.due import Part, due_span
from server.attendance.items import fold_items, item_spans, undone_spans
from server.attendance.judging import Case, Measure, judge
from server.attendance.model import (
    Attendance,
    Connection,
    Ending,
    LeaveNote,
    SignIn,
    VenueAttendance,
)
from server.attendance.people import Around, fold_people, fold_sign_ins
from server.attendance.prompts import PromptAsked, count_prompts, fold_prompts
from server.attendance.watching import Watched, fold_watched
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from server.domain.opening import AttendanceRules, Expected, Opening, opening_from_payload
from server.domain.timespan import Span, total, union

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
    facts, spans = _facts(mine), item_spans(mine, frame)
    around = Around(opening, frame, _windows(connections.outages, opening.rules), spans)
    lines = _lines(mine, connections.by_venue, facts, around)
    # a venue's corrected verdict holds for its people and at its items, so it comes first
    held = {v.expected.venue_id: v for v in correct(list(lines.values()), (), mine).venues}
    watched = facts.watched.people
    people = tuple(
        replace(p, watched=watched[p.person.person_id]) if p.person.person_id in watched else p
        for p in fold_people(around, held, facts.signed, facts.person_leaves)
    )
    cases = {key: Case(connections.by_venue.get(key, []), facts.of(key).leave) for key in lines}
    corrected = correct(list(lines.values()), people, mine)
    return Attendance(
        opening=opening,
        opened_at=opened.at,
        closed_at=closed.at if closed else None,
        frame=frame,
        venues=corrected.venues,
        items=fold_items(opening, spans, cases, around.windows, people, _changed(lines, held)),
        outages=tuple(part for o in connections.outages if (part := o.clipped_to(frame))),
        corrections=corrected.corrections,
        people=corrected.people,
        events=len(mine),
        first_sequence=mine[0].sequence,
        last_sequence=mine[-1].sequence,
    )


def _lines(
    events: Sequence[Recorded],
    by_venue: Mapping[int, Sequence[Connection]],
    facts: "_Facts",
    around: Around,
) -> dict[int, VenueAttendance]:
    """Return each expected venue's line as the facts have it, by venue."""
    opening, undone = around.opening, undone_spans(events)
    items = [
        (around.spans.get(i.id), undone.get(i.id, ()), set(opening.venues_of(i.id)))
        for i in opening.items
    ]
    lines: dict[int, VenueAttendance] = {}
    for expected in opening.roster:
        connections = by_venue.get(expected.venue_id, [])
        last = max(connections, key=lambda c: c.span.end, default=None)
        left_at = last.span.end if last and last.ending is Ending.LEFT else None
        parts = [Part(ran, expected.venue_id in called, back) for ran, back, called in items]
        due = due_span(around.frame, parts, left_at)
        lines[expected.venue_id] = _attend(expected, connections, facts, around, due=due)
    return lines


def _changed(
    lines: Mapping[int, VenueAttendance], held: Mapping[int, VenueAttendance]
) -> dict[int, VenueAttendance]:
    """Return the lines whose verdict a confirmed correction changed, as they are now."""
    return {key: held[key] for key, line in lines.items() if held[key].verdict != line.verdict}


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
class _Told:
    """What else is told of one venue."""

    head_count: int | None = None
    head_count_max: int | None = None
    answers: list[datetime] = field(default_factory=list)
    leave: LeaveNote | None = None
    signed_in: int = 0


@dataclass(slots=True)
class _Facts:
    """What is told beside connections; ``signed`` and ``person_leaves`` are by person."""

    venues: dict[int, _Told] = field(default_factory=dict)
    signed: dict[int, SignIn] = field(default_factory=dict)
    person_leaves: dict[int, LeaveNote] = field(default_factory=dict)
    prompts: list[PromptAsked] = field(default_factory=list)
    watched: Watched = field(default_factory=lambda: Watched({}, {}))

    def of(self, venue_id: int) -> _Told:
        """Return what is told of a venue."""
        return self.venues.setdefault(venue_id, _Told())


def _facts(events: Sequence[Recorded]) -> _Facts:
    facts = _Facts(
        signed=fold_sign_ins(events), prompts=fold_prompts(events), watched=fold_watched(events)
    )
    for event in events:
        if "venue_id" in event.payload:
            _take(facts, event)
    for sign_in in facts.signed.values():
        facts.of(sign_in.venue_id).signed_in += 1
    return facts


def _take(facts: _Facts, event: Recorded) -> None:
    told = facts.of(event.payload["venue_id"] or 0)
    if event.kind == EventKind.VENUE_HEAD_COUNT:
        told.head_count = event.payload["count"]
        told.head_count_max = max(told.head_count_max or 0, event.payload["count"])
    elif event.kind in _ROLL:
        _take_roll(told, event)
    elif event.kind in _LEAVE:
        _take_leave(facts, told, event)


_ROLL = (EventKind.ROLL_ANSWERED, EventKind.ROLL_WITHDRAWN)
_LEAVE = (EventKind.LEAVE_GRANTED, EventKind.LEAVE_REFUSED, EventKind.LEAVE_WITHDRAWN)


def _take_roll(told: _Told, event: Recorded) -> None:
    """Take a roll call in; what was withdrawn is the last answer, unless it was a silence."""
    if event.kind == EventKind.ROLL_ANSWERED:
        told.answers.append(event.at)
    elif event.payload.get("answer", "answered") == "answered":
        del told.answers[-1:]


def _take_leave(facts: _Facts, told: _Told, event: Recorded) -> None:
    """Take a leave in; the last word counts, for a person or for the whole venue."""
    note = None
    if event.kind == EventKind.LEAVE_GRANTED:
        words = event.payload
        note = LeaveNote(words.get("reason", ""), words.get("by", ""), event.at)
    person = event.payload.get("person_id")
    if person is None:
        told.leave = note
    elif note is None:
        facts.person_leaves.pop(person, None)
    else:
        facts.person_leaves[person] = note


def _attend(
    expected: Expected,
    connections: Sequence[Connection],
    facts: _Facts,
    around: Around,
    *,
    due: Span | None,
) -> VenueAttendance:
    told, frame = facts.of(expected.venue_id), around.frame
    case = Case(connections, told.leave)
    found = judge(case, Measure(frame, due), around.windows, rules=around.opening.rules)
    waiting = (
        c.span.clipped_to(Span(c.span.start, frame.start))
        for c in connections
        if c.span.start < frame.start
    )
    last = max(connections, key=lambda c: c.span.end, default=None)
    standing = last is None or last.ending is Ending.STANDING
    return VenueAttendance(
        expected=expected,
        verdict=found.verdict,
        presence=found.presence,
        waiting=tuple(union(span for span in waiting if span)),
        gaps=found.gaps,
        first_join=min((c.span.start for c in connections), default=None),
        last_leave=None if last is None or standing else last.span.end,
        in_session=total(found.presence),
        late_by=found.late_by,
        early_by=found.early_by,
        head_count=told.head_count,
        head_count_max=told.head_count_max,
        answered_at=tuple(told.answers),
        excuse=found.excuse,
        leave=told.leave,
        came_back=found.came_back,
        prompts=count_prompts(facts.prompts, expected.venue_id, found.presence),
        signed_in=told.signed_in,
        watched=facts.watched.venues.get(expected.venue_id, timedelta()),
    )
