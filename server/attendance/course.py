"""The course of one session as a time line (会议过程): items, who was there, floor, outages. Pure.

Places are in hundredths of a percent of the time shown, so that page and paper draw the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.attendance.model import Attendance
from server.domain.events import EventKind, Recorded
from server.domain.timespan import Span
from server.i18n.dates import clock_time

WHOLE = 10_000
_MARKS = 6
FLOOR_KINDS = (EventKind.FLOOR_GIVEN, EventKind.FLOOR_TAKEN_BACK)
"""Events that tell who held the floor."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the line: ``x`` and ``width`` of ``WHOLE``, what it is, and when."""

    x: int
    width: int
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Step:
    """From ``x`` on, so many venues were connected."""

    x: int
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A time written over the line."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a session; every list is in order of time.

    ``most`` is how many venues were expected, the top of the line of those connected.
    """

    frame: Span
    marks: tuple[Mark, ...]
    items: tuple[Part, ...]
    joined: tuple[Step, ...]
    floor: tuple[Part, ...]
    outages: tuple[Part, ...]
    most: int


def course_of(attendance: Attendance, events: Iterable[Recorded]) -> Course:
    """Return the course of a session.

    Args:
        attendance: of the session.
        events: of the session, in order; those of the floor are looked at.
    """
    frame = attendance.frame
    names = {venue.expected.venue_id: venue.expected.name for venue in attendance.venues}
    items = [(i.actual, i.item.department) for i in attendance.items if i.actual is not None]
    return Course(
        frame=frame,
        marks=tuple(_marks(frame)),
        items=_parts(items, frame),
        joined=_joined(attendance),
        floor=_parts(_floor(events, names, frame.end), frame),
        outages=_parts([(span, "") for span in attendance.outages], frame),
        most=len(attendance.venues),
    )


def place(at: datetime, frame: Span) -> int:
    """Return where a moment stands, from 0 at the start to ``WHOLE`` at the end of the frame."""
    if not frame.length:
        return 0
    return int(WHOLE * max(timedelta(), min(at - frame.start, frame.length)) / frame.length)


def _parts(spans: Iterable[tuple[Span, str]], frame: Span) -> tuple[Part, ...]:
    found = []
    for span, text in sorted(spans, key=lambda pair: pair[0]):
        part = span.clipped_to(frame)
        if part is not None:
            x = place(part.start, frame)
            found.append(Part(x, place(part.end, frame) - x, text, part))
    return tuple(found)


def _joined(attendance: Attendance) -> tuple[Step, ...]:
    """Return how many venues were connected, one step for each change."""
    frame, changes = attendance.frame, dict[int, int]()
    for venue in attendance.venues:
        for span in venue.presence:
            for at, change in ((span.start, 1), (span.end, -1)):
                x = place(at, frame)
                changes[x] = changes.get(x, 0) + change
    count, steps = 0, []
    for x in sorted({0, *changes} - {WHOLE}):
        count += changes.get(x, 0)
        steps.append(Step(x, count))
    return tuple(steps)


def _floor(
    events: Iterable[Recorded], names: dict[int, str], end: datetime
) -> list[tuple[Span, str]]:
    """Return who held the floor and when; who was given it anew holds on."""
    found: list[tuple[Span, str]] = []
    holding: dict[int, datetime] = {}
    for event in events:
        venue = event.payload.get("venue_id")
        if not isinstance(venue, int):
            continue
        if event.kind == EventKind.FLOOR_GIVEN:
            holding.setdefault(venue, event.at)
        elif event.kind == EventKind.FLOOR_TAKEN_BACK and venue in holding:
            found.append((Span(holding.pop(venue), event.at), names.get(venue, "")))
    found += [(Span(at, max(at, end)), names.get(venue, "")) for venue, at in holding.items()]
    return found


def _marks(frame: Span) -> list[Mark]:
    """Return the times over the line: its two ends, and evenly between them; no minute twice."""
    last = _MARKS - 1
    found: dict[str, Mark] = {}
    for number in (0, last, *range(1, last)):
        at = frame.start + frame.length * number / last
        text = clock_time(at)
        found.setdefault(text, Mark(place(at, frame), text))
    return sorted(found.values(), key=lambda mark: mark.x)
