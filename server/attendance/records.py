"""A committee's own record, and one person's: what every session says of them. Pure.

It is what somebody may take away of himself: verdicts with their facts, nothing of anybody else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from server.attendance.model import Attendance, PersonAttendance, VenueAttendance
from server.attendance.report import PREFIX, audit_number, whole_minutes
from server.domain.events import EventKind, Payload, Recorded, time_text


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One session as it concerns one venue, and its people by id."""

    attendance: Attendance
    venue: VenueAttendance
    people: Mapping[int, PersonAttendance]

    @property
    def minutes(self) -> int:
        """How many whole minutes the venue was in the session; the whole is session_minutes."""
        return whole_minutes(self.venue.in_session)

    @property
    def session_minutes(self) -> int:
        """How many whole minutes the session lasted."""
        return whole_minutes(self.attendance.frame.length)


def concerning(events: Iterable[Recorded], venue_id: int) -> list[Recorded]:
    """Return a session's events without those of other venues, whose lines fall from the roster."""
    kept: list[Recorded] = []
    for event in events:
        if event.payload.get("venue_id", venue_id) != venue_id:
            continue
        if event.kind == EventKind.SESSION_OPENED and event.payload:
            roster = [v for v in event.payload["roster"] if v["venue_id"] == venue_id]
            people = [p for p in event.payload.get("people", ()) if p["venue_id"] == venue_id]
            event = replace(event, payload=event.payload | {"roster": roster, "people": people})
        kept.append(event)
    return kept


def own_line(attendance: Attendance, venue_id: int) -> OwnLine | None:
    """Return what a session says of a venue; None when it was not expected."""
    for venue in attendance.venues:
        if venue.expected.venue_id == venue_id:
            mine = [p for p in attendance.people if p.person.venue_id == venue_id]
            return OwnLine(attendance, venue, {p.person.person_id: p for p in mine})
    return None


def person_rows(lines: Iterable[OwnLine], person_id: int) -> list[Payload]:
    """Return one row for each session in which somebody was called or signed in, in their order.

    Keys: ``audit_number``, ``title``, ``starts_at``, ``venue``, ``name``, ``post``, ``called``,
    ``signed_at``, ``verdict``, ``excuse``, ``late_minutes``, ``leave``,
    ``watched_minutes`` (of the recording, later); moments are UTC or empty.
    """
    rows: list[Payload] = []
    for line in lines:
        found = line.people.get(person_id)
        if found is None:
            continue
        rows.append(
            {
                "audit_number": audit_number(line.attendance, PREFIX),
                "title": line.attendance.opening.title,
                "starts_at": time_text(line.attendance.opening.starts_at),
                "venue": line.venue.expected.name,
                "name": found.person.name,
                "post": str(found.person.post),
                "called": found.called,
                "signed_at": _moment(found.signed_at),
                "verdict": str(found.verdict or ""),
                "excuse": str(found.excuse or ""),
                "late_minutes": whole_minutes(found.late_by),
                "leave": found.leave.reason if found.leave else "",
                "watched_minutes": whole_minutes(found.watched),
            }
        )
    return rows


def _moment(at: datetime | None) -> str:
    return time_text(at) if at else ""
