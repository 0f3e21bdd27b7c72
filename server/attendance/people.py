"""Attendance of people by name (个人出席), from named sign-ins (签到) and their venue. Pure.

A person was there as far as the venue was: nobody signs out, so who signed in leaves with the
venue. Where a venue used no named sign-in nothing is known of its people, and nothing is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from server.attendance.due import Part, due_span
from server.attendance.model import (
    THERE,
    Cause,
    Excuse,
    ItemLine,
    LeaveNote,
    PersonAttendance,
    SignIn,
    VenueAttendance,
    Verdict,
)
from server.domain.events import EventKind, Recorded
from server.domain.opening import ExpectedPerson, Opening
from server.domain.places import Post
from server.domain.timespan import Span, total, without


@dataclass(frozen=True, slots=True)
class Around:
    """What people are judged by beside their own sign-in.

    ``windows`` are the spans in which a gap counts as outage, ``spans`` when items ran, by id.
    """

    opening: Opening
    frame: Span
    windows: Sequence[Span]
    spans: Mapping[int, Span]

    def due_spans(self) -> dict[int, Span | None]:
        """Return for which part of the session each person was called, by person, if it came."""
        items = [
            (self.spans.get(item.id), {p.person_id for p in self.opening.people_of(item.id)})
            for item in self.opening.items
        ]

        @cache
        def due(called_by: tuple[bool, ...]) -> Span | None:
            parts = zip(items, called_by, strict=True)
            return due_span(self.frame, [Part(ran, calls) for (ran, _), calls in parts])

        return {
            p.person_id: due(tuple(p.person_id in called for _, called in items))
            for p in self.opening.people
        }


def fold_sign_ins(events: Iterable[Recorded]) -> dict[int, SignIn]:
    """Return who is signed in, by person.

    Args:
        events: of the session, in order of sequence. A second sign-in of somebody changes nothing;
            one that was withdrawn may be made again.
    """
    found: dict[int, SignIn] = {}
    for event in events:
        if event.kind == EventKind.VENUE_SIGNED_IN and event.payload:
            payload = event.payload
            sign_in = SignIn(
                venue_id=payload["venue_id"],
                person_id=payload["person_id"],
                name=payload.get("name", ""),
                post=Post(payload["post"]),
                at=event.at,
                way=payload.get("way", ""),
            )
            found.setdefault(sign_in.person_id, sign_in)
        elif event.kind == EventKind.VENUE_SIGN_IN_WITHDRAWN:
            found.pop(event.payload.get("person_id", 0), None)
    return found


def fold_people(
    around: Around,
    venues: Mapping[int, VenueAttendance],
    signed: Mapping[int, SignIn],
    leaves: Mapping[int, LeaveNote],
) -> tuple[PersonAttendance, ...]:
    """Return who was called by name in order of the roster, then who signed in unasked.

    Args:
        around: the session.
        venues: each expected venue by id, as its own facts have it.
        signed: who signed in, by person.
        leaves: leave granted to single people, by person.
    """
    using = {sign_in.venue_id for sign_in in signed.values()}
    order = {venue.venue_id: number for number, venue in enumerate(around.opening.roster)}
    called = [person for person in around.opening.people if person.venue_id in order]
    due = around.due_spans()
    found = [
        _judge(
            around,
            person,
            venues[person.venue_id],
            signed.get(person.person_id),
            leaves.get(person.person_id),
            using=person.venue_id in using,
            due=due[person.person_id],
        )
        for person in sorted(called, key=lambda p: (order[p.venue_id], p.person_id))
    ]
    wanted = {person.person_id for person in called}
    unasked = [s for s in signed.values() if s.person_id not in wanted and s.venue_id in order]
    return (
        *found,
        *(
            _guest(sign_in)
            for sign_in in sorted(unasked, key=lambda s: (order[s.venue_id], s.person_id))
        ),
    )


def _guest(sign_in: SignIn) -> PersonAttendance:
    person = ExpectedPerson(sign_in.person_id, sign_in.venue_id, sign_in.name, sign_in.post)
    zero = timedelta()
    return PersonAttendance(
        person,
        called=False,
        verdict=None,
        excuse=None,
        signed_at=sign_in.at,
        late_by=zero,
        early_by=zero,
        leave=None,
    )


def _judge(
    around: Around,
    person: ExpectedPerson,
    venue: VenueAttendance,
    sign_in: SignIn | None,
    own_leave: LeaveNote | None,
    *,
    using: bool,
    due: Span | None,
) -> PersonAttendance:
    leave = own_leave or venue.leave
    here = sign_in is not None and sign_in.at < around.frame.end
    late_by = early_by = timedelta()
    verdict: Verdict | None
    if sign_in is not None and here:
        if due is not None:
            late_by = _late_by(around, venue, sign_in.at, due=due)
            early_by = _early_by(around, venue, due)
        verdict, excuse = _verdict_there(around, venue, late_by, early_by=early_by)
    else:
        verdict, excuse = _verdict_away(venue, leave, using=using)
        if due is None and verdict is Verdict.ABSENT:
            verdict, excuse = Verdict.EXCUSED, Excuse.NOT_REACHED
    return PersonAttendance(
        person,
        called=True,
        verdict=verdict,
        excuse=excuse,
        signed_at=sign_in.at if sign_in else None,
        late_by=late_by,
        early_by=early_by,
        leave=leave,
    )


def _late_by(around: Around, venue: VenueAttendance, at: datetime, *, due: Span) -> timedelta:
    """Return how late somebody came, without outages and the time that the line was down.

    Who signed in before the venue was there came with it.
    """
    came = max(at, venue.presence[0].start) if venue.presence else at
    if came <= due.start:
        return timedelta()
    broken = [gap.span for gap in venue.gaps if gap.cause is not Cause.AWAY]
    return total(without(Span(due.start, came), [*around.windows, *broken]))


def _early_by(around: Around, venue: VenueAttendance, due: Span) -> timedelta:
    """Return how early somebody went with the venue; whose items were over did not go early."""
    if not venue.early_by or not venue.presence or venue.presence[-1].end >= due.end:
        return timedelta()
    return total(without(Span(venue.presence[-1].end, due.end), around.windows))


def _verdict_there(
    around: Around, venue: VenueAttendance, late_by: timedelta, *, early_by: timedelta
) -> tuple[Verdict, Excuse | None]:
    if not venue.was_there:
        return venue.verdict, venue.excuse
    if late_by > around.opening.rules.grace:
        return Verdict.LATE, None
    if early_by > around.opening.rules.early_grace:
        return Verdict.LEFT_EARLY, None
    return Verdict.PRESENT, None


def _verdict_away(
    venue: VenueAttendance, leave: LeaveNote | None, *, using: bool
) -> tuple[Verdict | None, Excuse | None]:
    if leave is not None:
        return Verdict.EXCUSED, Excuse.LEAVE
    if venue.verdict is Verdict.EXCUSED:
        return Verdict.EXCUSED, venue.excuse
    if not using and venue.was_there:
        return None, None
    return Verdict.ABSENT, None


def was_at_item(signed_at: datetime | None, line: ItemLine, span: Span) -> bool:
    """Tell whether somebody was there at an item: signed in before its end, at a venue there."""
    return signed_at is not None and signed_at < span.end and line.verdict in THERE
