"""Leave (请假) asked for, granted, refused, withdrawn: each an event, the asker told by letter."""

from dataclasses import dataclass
from datetime import timedelta

from server.attendance.leave import (
    KINDS,
    LeaveRequest,
    LeaveState,
    can_ask,
    find_leave,
    fold_leaves,
    require_askable,
    require_decidable,
    require_withdrawable,
)
from server.audit.service import record
from server.audit.store import load_recorded, lock_head
from server.auth import store as accounts
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.places import Person, Venue
from server.domain.session import Session, SessionState
from server.i18n.catalogue import say
from server.i18n.dates import day
from server.mail import service as mail
from server.mail.model import Letter
from server.scheduler import store as sessions
from server.scheduler.workday_keeping import actor_of
from server.street import store as street

LOOK_BACK = timedelta(days=60)
LONGEST_REMARK = 60
_HELD = (
    SessionState.SCHEDULED,
    SessionState.OPEN,
    SessionState.CLOSED,
    SessionState.ARCHIVED,
    SessionState.CANCELLED,
)
_KIND = {
    LeaveState.GRANTED: EventKind.LEAVE_GRANTED,
    LeaveState.REFUSED: EventKind.LEAVE_REFUSED,
}


LETTERS = {
    LeaveState.GRANTED: "event.leave.letter.GRANTED",
    LeaveState.REFUSED: "event.leave.letter.REFUSED",
}
"""The code of a letter's subject."""


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """One leave as shown, with its session and venue."""

    leave: LeaveRequest
    session: Session
    venue: Venue


@dataclass(frozen=True, slots=True)
class LeaveDesk:
    """What the page of leave shows one login.

    ``waiting`` are in order of their sessions, ``done`` the newest first. ``coming`` are sessions
    for which the login's own committee can ask, ``people`` those of that committee.
    """

    waiting: tuple[LeaveLine, ...]
    done: tuple[LeaveLine, ...]
    coming: tuple[Session, ...]
    people: tuple[Person, ...]


async def load_desk(tx: Tx, clock: Clock, login: Login) -> LeaveDesk:
    """Return the leaves of sessions to come and of the last sixty days; a secretary's own only."""
    now = clock.now()
    known = await sessions.load_sessions(tx, states=_HELD, since=now - LOOK_BACK)
    by_id = {session.id: session for session in known}
    venues = {venue.id: venue for venue in await street.load_venues(tx)}
    own = await _own_venue(tx, login) if login.committee_id else None
    lines = [
        LeaveLine(leave, by_id[leave.session_id], venues[leave.venue_id])
        for leave in fold_leaves(await load_recorded(tx, kinds=KINDS))
        if leave.session_id in by_id and (own is None or leave.venue_id == own.id)
    ]
    waiting = [line for line in lines if line.leave.state is LeaveState.ASKED]
    done = [line for line in lines if line.leave.state is not LeaveState.ASKED]
    people = await street.load_people(tx) if own else []
    return LeaveDesk(
        waiting=tuple(sorted(waiting, key=lambda w: (w.session.starts_at, w.leave.sequence))),
        done=tuple(sorted(done, key=lambda d: -d.leave.sequence)),
        coming=tuple(s for s in known if own and can_ask(s, own.id, now)),
        people=tuple(p for p in people if p.committee_id == login.committee_id),
    )


async def _own_venue(tx: Tx, login: Login) -> Venue:
    for venue in await street.load_venues(tx):
        if venue.committee_id is not None and venue.committee_id == login.committee_id:
            return venue
    raise NotFoundError("no_venue_of_yours")


async def ask(
    db: Database,
    clock: Clock,
    login: Login,
    session_id: int,
    *,
    person_id: int | None,
    reason: str,
) -> int:
    """Ask for leave for the login's committee, or one of its people; return the sequence.

    Raises:
        NotFoundError: ``no_such_session``, ``no_such_person`` or ``no_venue_of_yours``.
        DomainError: as ``leave.require_askable``.
    """
    async with db.tx() as tx:
        await lock_head(tx)
        venue, session = await _own_venue(tx, login), await sessions.load_session(tx, session_id)
        leaves = fold_leaves(await load_recorded(tx, session_id=session_id, kinds=KINDS))
        require_askable(
            session, leaves, clock.now(), venue_id=venue.id, person_id=person_id, reason=reason
        )
        payload: Payload = {"venue_id": venue.id, "reason": reason, "by": login.display_name}
        if person_id is not None:
            person = await _person(tx, login, person_id)
            payload |= {"person_id": person.id, "name": person.name}
        kind = EventKind.LEAVE_ASKED
        actor = actor_of(login)
        event = await record(tx, clock, kind, actor=actor, payload=payload, session_id=session_id)
    return event.sequence


async def _person(tx: Tx, login: Login, person_id: int) -> Person:
    for person in await street.load_people(tx):
        if (person.id, person.committee_id) == (person_id, login.committee_id):
            return person
    raise NotFoundError("no_such_person")


async def decide(
    db: Database,
    clock: Clock,
    login: Login,
    sequence: int,
    *,
    state: LeaveState,
    remark: str,
    language: str,
) -> int:
    """Grant or refuse a leave and write to who asked for it; return the session.

    Args:
        db: the database.
        clock: the time.
        login: of the office or a leader.
        sequence: of the leave.
        state: ``GRANTED`` or ``REFUSED``.
        remark: words that go with it, possibly empty; a refusal needs some.
        language: of the letter, for who has not chosen another.

    Raises:
        NotFoundError: ``no_such_leave``.
        DomainError: ``leave_remark`` with ``most``.
        ConflictError: as ``leave.require_decidable``.
    """
    if len(remark) > LONGEST_REMARK or (state is LeaveState.REFUSED and len(remark) < 2):
        raise DomainError("leave_remark", most=LONGEST_REMARK)
    async with db.tx() as tx:
        await lock_head(tx)
        leaves = fold_leaves(await load_recorded(tx, kinds=KINDS))
        leave = find_leave(leaves, sequence)
        session = await sessions.load_session(tx, leave.session_id)
        require_decidable(leave, session, state, leaves)
        payload = _words(leave) | {"remark": remark, "by": login.display_name}
        kind, actor = _KIND[state], actor_of(login)
        event = await record(tx, clock, kind, actor=actor, payload=payload, session_id=session.id)
        letter = _Answer(event.sequence, state, remark)
        await _tell(tx, clock, leave, session, answer=letter, language=language)
    return session.id


async def withdraw(db: Database, clock: Clock, login: Login, sequence: int) -> int:
    """Withdraw a leave of the login's own committee before the session begins; return the session.

    Raises:
        NotFoundError: ``no_such_leave``.
        ConflictError: as ``leave.require_withdrawable``.
    """
    async with db.tx() as tx:
        await lock_head(tx)
        venue = await _own_venue(tx, login)
        leaves = fold_leaves(await load_recorded(tx, kinds=KINDS))
        leave = find_leave([x for x in leaves if x.venue_id == venue.id], sequence)
        session = await sessions.load_session(tx, leave.session_id)
        require_withdrawable(leave, session, clock.now())
        kind, payload = EventKind.LEAVE_WITHDRAWN, _words(leave) | {"by": login.display_name}
        await record(tx, clock, kind, actor=actor_of(login), payload=payload, session_id=session.id)
    return session.id


def _words(leave: LeaveRequest) -> Payload:
    payload: Payload = {
        "asked": leave.sequence,
        "venue_id": leave.venue_id,
        "reason": leave.reason,
    }
    if leave.person_id is not None:
        payload |= {"person_id": leave.person_id, "name": leave.name}
    return payload


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a letter tells: the sequence of the word's event, the word, and what goes with it."""

    sequence: int
    state: LeaveState
    remark: str


async def _tell(
    tx: Tx, clock: Clock, leave: LeaveRequest, session: Session, *, answer: _Answer, language: str
) -> None:
    """Put a letter to the asker into the outbox, in the asker's language."""
    for account in await accounts.load_accounts(tx):
        if f"login:{account.id}" != leave.actor or not account.email or account.disabled:
            continue
        spoken = account.language or language
        on = day(session.starts_at, spoken)
        subject = say(spoken, LETTERS[answer.state], title=session.title, day=on)
        who = leave.name or say(spoken, "event.leave.whole")
        asked = say(spoken, "event.leave.letter.asked", who=who, reason=leave.reason)
        text = "\n".join(words for words in (subject, asked, answer.remark) if words)
        key = f"leave:{answer.sequence}"
        letter = Letter(key=key, recipient=account.email, subject=subject, text=text)
        await mail.enqueue(tx, clock, letter)
