"""Corrections (更正): one asks, another confirms; what was stays beside what is. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.attendance.model import (
    Attendance,
    Comment,
    Correction,
    CorrectionState,
    Excuse,
    PersonAttendance,
    VenueAttendance,
    Verdict,
)
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.domain.events import EventKind, Recorded

FIELDS = ("verdict", "head_count")
LONGEST_WORDS = 200
MOST_HEADS = 500


@dataclass(frozen=True, slots=True)
class Corrected:
    """Lines and people as corrections left them, in their order, and every correction asked for.

    One that waits or was refused names in ``before`` what stood in the line at the end.
    """

    venues: tuple[VenueAttendance, ...]
    people: tuple[PersonAttendance, ...]
    corrections: tuple[Correction, ...]


@dataclass(slots=True)
class _Current:
    """What stands while corrections are applied: lines by venue, people by person."""

    venues: dict[int, VenueAttendance]
    people: dict[int, PersonAttendance]
    made: dict[int, Correction] = field(default_factory=dict)

    def text_of(self, correction: Correction) -> str:
        """Return what stands now where a correction would change it."""
        if correction.person is not None:
            return person_text(self.people[correction.person.person_id])
        return text_of(self.venues[correction.venue.venue_id], correction.field)

    def change(self, correction: Correction) -> None:
        """Let a correction stand."""
        if correction.person is not None:
            key = correction.person.person_id
            self.people[key] = _person_corrected(self.people[key], correction.after)
            return
        old = self.venues[correction.venue.venue_id]
        self.venues[old.expected.venue_id] = _corrected(old, correction.field, correction.after)


def correct(
    venues: Sequence[VenueAttendance],
    people: Sequence[PersonAttendance],
    events: Iterable[Recorded],
) -> Corrected:
    """Apply what was confirmed, in order of being confirmed.

    Args:
        venues: the lines as the facts have them.
        people: likewise.
        events: of the session, in order of sequence.
    """
    current = _Current(
        {venue.expected.venue_id: venue for venue in venues},
        {person.person.person_id: person for person in people},
    )
    for event in events:
        if event.kind == EventKind.CORRECTION_ASKED:
            _ask(current, event)
        elif event.kind == EventKind.ATTENDANCE_CORRECTED:
            _apply(current, event)
        elif event.kind == EventKind.CORRECTION_REFUSED:
            _refuse(current.made, event)
        elif event.kind == EventKind.CORRECTION_COMMENTED:
            _comment(current.made, event)
    return Corrected(
        tuple(current.venues.values()),
        tuple(current.people.values()),
        tuple(current.made.values()),
    )


def _ask(current: _Current, event: Recorded) -> Correction | None:
    """Enter a correction; one of a venue or a person that the session does not know is nothing."""
    old = current.venues.get(event.payload.get("venue_id", 0))
    person = current.people.get(event.payload.get("person_id") or 0)
    if old is None or (person is None and event.payload.get("person_id")):
        return None
    correction = Correction(
        sequence=event.sequence,
        at=event.at,
        actor=event.actor,
        venue=old.expected,
        field=event.payload["field"],
        before="",
        after=str(event.payload["value"]),
        reason=event.payload.get("reason", ""),
        by=event.payload.get("by", ""),
        state=CorrectionState.WAITING,
        person=person.person if person else None,
    )
    current.made[event.sequence] = replace(correction, before=current.text_of(correction))
    return current.made[event.sequence]


def _apply(current: _Current, event: Recorded) -> None:
    """Change a line; where nobody had asked, as in logs of before, the event is both."""
    asked = event.payload.get("asked", event.sequence)
    correction = current.made.get(asked) or _ask(current, event)
    if correction is None:
        return
    before = current.text_of(correction)
    current.change(correction)
    current.made[correction.sequence] = replace(
        correction,
        before=before,
        state=CorrectionState.CONFIRMED,
        decided_by=event.payload.get("by", "") if "asked" in event.payload else "",
        decided_at=event.at,
    )


def _refuse(made: dict[int, Correction], event: Recorded) -> None:
    correction = made.get(event.payload.get("asked", 0))
    if correction is not None and correction.state is CorrectionState.WAITING:
        made[correction.sequence] = replace(
            correction,
            state=CorrectionState.REFUSED,
            decided_by=event.payload.get("by", ""),
            decided_at=event.at,
            comments=(*correction.comments, *_words(event)),
        )


def _comment(made: dict[int, Correction], event: Recorded) -> None:
    correction = made.get(event.payload.get("asked", 0))
    if correction is not None:
        said = (*correction.comments, *_words(event))
        made[correction.sequence] = replace(correction, comments=said)


def _words(event: Recorded) -> list[Comment]:
    words, by = event.payload.get("words", ""), event.payload.get("by", "")
    return [Comment(event.at, event.actor, by, words)] if words else []


def text_of(venue: VenueAttendance, field: str) -> str:
    """Return the text of what a line says in a field; of head-counts the highest counts."""
    if field == "head_count":
        return "" if venue.head_count_max is None else str(venue.head_count_max)
    return str(venue.verdict)


def person_text(person: PersonAttendance) -> str:
    """Return the text of what is said of a person; empty where nothing is known."""
    return str(person.verdict) if person.verdict is not None else ""


def _corrected(old: VenueAttendance, field: str, value: str) -> VenueAttendance:
    if field == "head_count":
        return replace(old, head_count=int(value), head_count_max=int(value))
    verdict = Verdict(value)
    return replace(old, verdict=verdict, excuse=_excuse(verdict, old.excuse))


def _person_corrected(old: PersonAttendance, value: str) -> PersonAttendance:
    verdict = Verdict(value)
    return replace(old, verdict=verdict, excuse=_excuse(verdict, old.excuse))


def _excuse(verdict: Verdict, before: Excuse | None) -> Excuse | None:
    """Return the excuse that goes with a corrected verdict: an absence is excused as a leave."""
    return (before or Excuse.LEAVE) if verdict is Verdict.EXCUSED else None


# --- rules --------------------------------------------------------------------------------------


def check_value(field: str, value: str) -> str | int:
    """Return the value that an event carries in a field of a venue's line.

    Raises:
        DomainError: ``correction_value``.
    """
    if field != "head_count":
        return check_person_value(field, value)
    if value.isascii() and value.isdigit() and len(value) < 4 and int(value) <= MOST_HEADS:
        return int(value)
    raise DomainError("correction_value")


def check_person_value(field: str, value: str) -> str:
    """Return the value that an event carries of a person: only the verdict can be corrected.

    Raises:
        DomainError: ``correction_value``.
    """
    if field == "verdict" and value in set(Verdict):
        return value
    raise DomainError("correction_value")


def check_words(words: str) -> str:
    """Return words that are neither missing nor too long.

    Raises:
        DomainError: ``correction_words`` with ``most``.
    """
    if not 2 <= len(words) <= LONGEST_WORDS:
        raise DomainError("correction_words", most=LONGEST_WORDS)
    return words


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody would have corrected: a field of a venue's line, or a person's verdict."""

    venue_id: int
    field: str
    value: str
    person_id: int | None = None


def require_askable(attendance: Attendance, wish: Wish) -> PersonAttendance | None:
    """Refuse a correction that would change nothing, or that waits already.

    Returns:
        The person it is about; None for the venue's own line.

    Raises:
        ConflictError: ``session_not_closed``, ``correction_same`` or ``correction_waits``.
        NotFoundError: ``venue_not_expected``, ``no_such_person``.
    """
    if attendance.closed_at is None:
        raise ConflictError("session_not_closed")
    line = next((v for v in attendance.venues if v.expected.venue_id == wish.venue_id), None)
    if line is None:
        raise NotFoundError("venue_not_expected")
    person = _find_person(attendance, wish) if wish.person_id is not None else None
    stands = text_of(line, wish.field) if person is None else person_text(person)
    if stands == wish.value:
        raise ConflictError("correction_same")
    wanted = (wish.venue_id, wish.field, wish.person_id)
    for c in attendance.corrections:
        about = (c.venue.venue_id, c.field, c.person.person_id if c.person else None)
        if c.state is CorrectionState.WAITING and about == wanted:
            raise ConflictError("correction_waits")
    return person


def _find_person(attendance: Attendance, wish: Wish) -> PersonAttendance:
    for one in attendance.people:
        if (one.person.person_id, one.person.venue_id) == (wish.person_id, wish.venue_id):
            return one
    raise NotFoundError("no_such_person")


def find_correction(attendance: Attendance, sequence: int) -> Correction:
    """Return the correction known by a sequence.

    Raises:
        NotFoundError: ``no_such_correction``.
    """
    for correction in attendance.corrections:
        if correction.sequence == sequence:
            return correction
    raise NotFoundError("no_such_correction")


def require_decidable(correction: Correction, actor: str) -> None:
    """Refuse a word on one's own correction, and a second word on any.

    Raises:
        ForbiddenError: ``correction_own``.
        ConflictError: ``correction_decided``.
    """
    if correction.state is not CorrectionState.WAITING:
        raise ConflictError("correction_decided")
    if correction.actor == actor:
        raise ForbiddenError("correction_own")


def may_comment(attendance: Attendance, correction: Correction, now: datetime) -> bool:
    """Tell whether a correction may still be commented on by the rules of its session."""
    return now - correction.at < attendance.opening.rules.commenting
