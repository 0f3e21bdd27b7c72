"""Corrections (更正) asked for, confirmed by another, refused, commented on: each an event."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from server.attendance.accounting import OUTAGE_KINDS, compute_attendance
from server.attendance.correcting import (
    Wish,
    check_person_value,
    check_value,
    check_words,
    find_correction,
    may_comment,
    require_askable,
    require_decidable,
)
from server.attendance.model import Attendance, Correction
from server.audit.service import record
from server.audit.store import load_newest, load_recorded, lock_head
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.opening import ExpectedPerson
from server.scheduler import store as sessions
from server.scheduler.workday_keeping import actor_of
from server.street import store as street

_WORDS = (
    EventKind.CORRECTION_ASKED,
    EventKind.ATTENDANCE_CORRECTED,
    EventKind.CORRECTION_REFUSED,
    EventKind.CORRECTION_COMMENTED,
)
"""What changes a session's corrections, and after its end anything that they rest on."""


@dataclass(frozen=True, slots=True)
class CorrectionSheet:
    """A session's attendance with the corrections that a login may see, the newest first.

    ``venue_ids`` are whose lines it may ask to correct: a secretary's own, or all on the roster.
    """

    attendance: Attendance
    corrections: tuple[Correction, ...]
    venue_ids: frozenset[int]


async def load_sheet(tx: Tx, clock: Clock, login: Login, session_id: int) -> CorrectionSheet:
    """Return what the page of corrections shows.

    Raises:
        NotFoundError: ``no_such_session``, for a secretary whose committee is not expected as well.
        DomainError: ``session_not_opened``.
    """
    await sessions.load_session(tx, session_id)
    events = await load_recorded(tx, session_id=session_id, and_system_kinds=OUTAGE_KINDS)
    attendance = compute_attendance(events, clock.now())
    mine = await venues_of(tx, login, attendance)
    return CorrectionSheet(
        attendance,
        tuple(c for c in reversed(attendance.corrections) if c.venue.venue_id in mine),
        mine,
    )


async def venues_of(tx: Tx, login: Login, attendance: Attendance) -> frozenset[int]:
    """Return the expected venues whose lines a login may speak of.

    Raises:
        NotFoundError: ``no_such_session`` when there is none.
    """
    roster = {line.venue_id for line in attendance.opening.roster}
    if login.role is Role.SECRETARY:
        own = {v.id for v in await street.load_venues(tx) if v.committee_id == login.committee_id}
        roster &= own
    if not roster:
        raise NotFoundError("no_such_session")
    return frozenset(roster)


async def ask(
    db: Database,
    clock: Clock,
    login: Login,
    session_id: int,
    *,
    wish: Wish,
    reason: str,
) -> int:
    """Ask for a correction, which waits for somebody else; return its sequence.

    Raises:
        NotFoundError: ``no_such_session``, ``venue_not_expected``, ``no_such_person``.
        DomainError: ``correction_value``, ``correction_words``.
        ConflictError: as ``correcting.require_askable``.
    """
    check = check_value if wish.person_id is None else check_person_value
    clean = check(wish.field, wish.value)
    check_words(reason)

    def say(sheet: CorrectionSheet) -> tuple[EventKind, Payload]:
        if wish.venue_id not in sheet.venue_ids:
            raise NotFoundError("venue_not_expected")
        person = require_askable(sheet.attendance, replace(wish, value=str(clean)))
        payload: Payload = {
            "venue_id": wish.venue_id,
            "field": wish.field,
            "value": clean,
            "reason": reason,
            "by": login.display_name,
        } | _about(person.person if person else None)
        return EventKind.CORRECTION_ASKED, payload

    return (await _record(db, clock, login, session_id, say)).sequence


Say: TypeAlias = Callable[[CorrectionSheet], tuple[EventKind, Payload]]
"""Decides on a sheet what is to be recorded, or refuses."""


async def _record(db: Database, clock: Clock, login: Login, session_id: int, say: Say) -> Recorded:
    """Record a word on a session's corrections.

    A session is folded before the head of the log is held, which every command of every chair waits
    for; where another word on it was quicker, it is folded anew.
    """
    while True:
        async with db.view() as tx:
            sheet = await load_sheet(tx, clock, login, session_id)
        kind, payload = say(sheet)
        async with db.tx() as tx:
            await lock_head(tx)
            if await load_newest(tx, session_id, _WORDS) <= sheet.attendance.last_sequence:
                return await record(
                    tx, clock, kind, actor=actor_of(login), payload=payload, session_id=session_id
                )


def _about(person: ExpectedPerson | None) -> Payload:
    """Return whom an event is about, where it is one person."""
    return {"person_id": person.person_id, "name": person.name} if person else {}


async def confirm(
    db: Database, clock: Clock, login: Login, session_id: int, sequence: int, _words: str
) -> None:
    """Confirm a correction of somebody else: from now on it changes the report.

    Raises:
        NotFoundError: ``no_such_correction``.
        ForbiddenError: ``correction_own``.
        ConflictError: ``correction_decided``.
    """

    def say(sheet: CorrectionSheet) -> tuple[EventKind, Payload]:
        correction, payload = _decided(sheet, login, sequence)
        payload |= {
            "field": correction.field,
            "value": check_value(correction.field, correction.after),
            "reason": correction.reason,
        }
        return EventKind.ATTENDANCE_CORRECTED, payload | _about(correction.person)

    await _record(db, clock, login, session_id, say)


async def refuse(
    db: Database, clock: Clock, login: Login, session_id: int, sequence: int, words: str
) -> None:
    """Refuse a correction of somebody else with a reason.

    Raises:
        NotFoundError: ``no_such_correction``.
        ForbiddenError: ``correction_own``.
        ConflictError: ``correction_decided``.
        DomainError: ``correction_words``.
    """
    check_words(words)

    def say(sheet: CorrectionSheet) -> tuple[EventKind, Payload]:
        _, payload = _decided(sheet, login, sequence)
        return EventKind.CORRECTION_REFUSED, payload | {"words": words}

    await _record(db, clock, login, session_id, say)


def _decided(sheet: CorrectionSheet, login: Login, sequence: int) -> tuple[Correction, Payload]:
    """Return a correction that a login may decide on, and what either word on it carries."""
    correction = find_correction(sheet.attendance, sequence)
    require_decidable(correction, actor_of(login))
    payload: Payload = {
        "asked": sequence,
        "venue_id": correction.venue.venue_id,
        "by": login.display_name,
    }
    return correction, payload


async def comment(
    db: Database, clock: Clock, login: Login, session_id: int, sequence: int, words: str
) -> None:
    """Say something on a correction while the session's rules allow it; both sides may.

    Raises:
        NotFoundError: ``no_such_correction``, also for a secretary of another committee.
        ConflictError: ``comment_over``.
        DomainError: ``correction_words``.
    """
    check_words(words)

    def say(sheet: CorrectionSheet) -> tuple[EventKind, Payload]:
        correction = find_correction(sheet.attendance, sequence)
        if correction.venue.venue_id not in sheet.venue_ids:
            raise NotFoundError("no_such_correction")
        if not may_comment(sheet.attendance, correction, clock.now()):
            raise ConflictError("comment_over")
        payload: Payload = {
            "asked": sequence,
            "venue_id": correction.venue.venue_id,
            "words": words,
            "by": login.display_name,
        }
        return EventKind.CORRECTION_COMMENTED, payload

    await _record(db, clock, login, session_id, say)
