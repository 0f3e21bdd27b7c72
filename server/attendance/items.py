"""Attendance by agenda item: when each ran, and who of those it calls was there. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from server.attendance.judging import Case, Measure, judge
from server.attendance.model import (
    THERE,
    ItemAttendance,
    ItemLine,
    PersonAttendance,
    VenueAttendance,
    Verdict,
)
from server.attendance.people import was_at_item
from server.domain.events import EventKind, Recorded
from server.domain.opening import Expected, Opening
from server.domain.session import AgendaItem
from server.domain.timespan import Span, total

_UNDOES = "undoes"
"""In an event that only tells readers what an undo at the controls meant."""


def fold_items(
    opening: Opening,
    spans: Mapping[int, Span],
    cases: Mapping[int, Case],
    windows: Sequence[Span],
    people: Sequence[PersonAttendance],
    corrected: Mapping[int, VenueAttendance],
) -> tuple[ItemAttendance, ...]:
    """Return each item in the order of the agenda.

    Args:
        opening: what the session was when it opened.
        spans: when each item ran, by item id.
        cases: each expected venue by id.
        windows: the spans in which a gap counts as outage.
        people: who was called by name.
        corrected: the lines of venues whose verdict was corrected, by id: who was there by it was
            there at each of its items, who was not at none.
    """
    items: list[ItemAttendance] = []
    known = {p.person.person_id: p for p in people if p.verdict is not None}
    planned_start = opening.starts_at
    for item in opening.items:
        planned = Span(planned_start, planned_start + timedelta(minutes=item.minutes))
        planned_start = planned.end
        called = set(opening.venues_of(item.id))
        venues = [venue for venue in opening.roster if venue.venue_id in called]
        span = spans.get(item.id)
        lines = _lines(venues, cases, span, windows, opening) if span else []
        lines = [_as_corrected(line, corrected.get(line.venue.venue_id)) for line in lines]
        there, expected = _people(opening, item, lines, known, span)
        items.append(
            ItemAttendance(
                item=item,
                planned=planned,
                actual=span,
                called=len(venues),
                lines=tuple(lines),
                people_called=expected,
                people_there=there,
            )
        )
    return tuple(items)


def _lines(
    venues: Iterable[Expected],
    cases: Mapping[int, Case],
    span: Span,
    windows: Sequence[Span],
    opening: Opening,
) -> list[ItemLine]:
    lines: list[ItemLine] = []
    for venue in venues:
        found = judge(cases[venue.venue_id], Measure(span, span), windows, rules=opening.rules)
        lines.append(
            ItemLine(
                venue=venue,
                verdict=found.verdict,
                excuse=found.excuse,
                in_item=total(found.presence),
                late_by=found.late_by,
                early_by=found.early_by,
            )
        )
    return lines


def _as_corrected(line: ItemLine, venue: VenueAttendance | None) -> ItemLine:
    """Return a line as the correction of its venue has it; the times of the facts stay."""
    if venue is None or (venue.was_there and line.verdict in THERE):
        return line
    verdict = Verdict.PRESENT if venue.was_there else venue.verdict
    return replace(line, verdict=verdict, excuse=None if venue.was_there else venue.excuse)


def _people(
    opening: Opening,
    item: AgendaItem,
    lines: Iterable[ItemLine],
    known: Mapping[int, PersonAttendance],
    span: Span | None,
) -> tuple[int, int]:
    """Return how many people were there, and how many of those called could be known."""
    wanted = [known[p.person_id] for p in opening.people_of(item.id) if p.person_id in known]
    if span is None:
        return 0, len(wanted)
    venues = {line.venue.venue_id: line for line in lines}
    there = sum(
        was_at_item(person.signed_at, venues[person.person.venue_id], span)
        for person in wanted
        if person.person.venue_id in venues
    )
    return there, len(wanted)


def item_spans(events: Iterable[Recorded], frame: Span) -> dict[int, Span]:
    """Return when each item ran, by item id; of one that ran twice, from first to last.

    An item lasts until the next begins. One whose beginning was taken back at the controls has not
    run, and the one before it goes on as if it had never ended.

    Args:
        events: of the session, in order of sequence.
        frame: the session, at whose end the last item ends.
    """
    kinds = (EventKind.AGENDA_ITEM_STARTED, EventKind.AGENDA_ITEM_ENDED)
    found: dict[int, Span] = {}
    running: tuple[int, datetime] | None = None
    for event in events:
        if event.kind not in kinds:
            continue
        if running is not None and not (
            event.kind == EventKind.AGENDA_ITEM_ENDED and _UNDOES in event.payload
        ):
            _close(found, running, event.at)
        started = event.kind == EventKind.AGENDA_ITEM_STARTED
        running = (event.payload.get("item_id", 0), event.at) if started else None
    if running is not None:
        _close(found, running, frame.end)
    return found


def undone_spans(events: Iterable[Recorded]) -> dict[int, tuple[Span, ...]]:
    """Return each item's beginnings that were taken back, from then to the undo, by item id.

    Args:
        events: of the session, in order of sequence.
    """
    found: dict[int, tuple[Span, ...]] = {}
    running: tuple[int, datetime] | None = None
    for event in events:
        if event.kind == EventKind.AGENDA_ITEM_STARTED:
            running = (event.payload.get("item_id", 0), event.at)
        elif event.kind == EventKind.AGENDA_ITEM_ENDED and running is not None:
            item_id, since = running
            if _UNDOES in event.payload and event.at > since:
                found[item_id] = (*found.get(item_id, ()), Span(since, event.at))
            running = None
    return found


def _close(found: dict[int, Span], running: tuple[int, datetime], end: datetime) -> None:
    item_id, since = running
    start = found[item_id].start if item_id in found else since
    found[item_id] = Span(start, max(start, end))
