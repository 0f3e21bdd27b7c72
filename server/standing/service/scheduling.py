"""Keeps the sessions of a series as the series says: entered, changed, called off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.audit.service import record
from server.db.engine import Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload, time_text
from server.domain.session import Session, SessionState
from server.scheduler import store as scheduler
from server.scheduler.filing import FiledRequest
from server.scheduler.leaving import take_out_item
from server.scheduler.states import Step, after_step
from server.scheduler.store import hosting
from server.scheduler.store.hosting import HostWords
from server.standing import store
from server.standing.model import Cancelled, Occurrence, StandingMeeting, Written
from server.standing.occurring import (
    Action,
    CallOff,
    Clash,
    Create,
    Rehouse,
    Rewrite,
    due_actions,
    leaving_guests,
    wanted,
)
from server.standing.service.desk import Street

TAKEN = (SessionState.SCHEDULED, SessionState.OPEN)
"""States of sessions that keep a half-day from others."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A request that lost its place in a session of a series."""

    request: FiledRequest
    session: Session


@dataclass(frozen=True, slots=True)
class Scribe:
    """Who enters changes of a series: the clock, and how the audit log names who caused them."""

    clock: Clock
    actor: str


async def find_due(
    tx: Tx, street: Street, meeting: StandingMeeting, now: datetime
) -> tuple[list[Action], list[Clash]]:
    """Return what is to be done for a series, and what finds its half-day taken."""
    held = await store.load_occurrences(tx, meeting_id=meeting.id)
    others = await scheduler.load_sessions(tx, states=TAKEN, since=now)
    wishes = wanted(
        meeting, street.workdays, now, department=street.owner_of(meeting), hall=street.hall
    )
    return due_actions(meeting, held, others, wishes=wishes, now=now)


async def keep_up(
    tx: Tx, scribe: Scribe, street: Street, meeting: StandingMeeting
) -> list[Dropped]:
    """Do what is due for a series, which is locked; return the guests that lost their places."""
    actions, _ = await find_due(tx, street, meeting, scribe.clock.now())
    dropped: list[Dropped] = []
    for action in actions:
        if isinstance(action, Create):
            await _create(tx, scribe, street, meeting, action)
        elif isinstance(action, Rewrite):
            dropped += await rewrite(tx, scribe, street, action)
        elif isinstance(action, Rehouse):
            await rehouse(tx, scribe, action)
        elif isinstance(action, CallOff):
            lost = await call_off(tx, scribe, street, action.occurrence, Cancelled.BY_SERIES)
            await note_called_off(tx, scribe, action.occurrence, lost, Cancelled.BY_SERIES)
            dropped += lost
    return dropped


def words_of(written: Written) -> HostWords:
    """Return what is written as the words of a session."""
    return HostWords(
        title=written.title,
        starts_at=written.starts_at,
        items=written.items,
        posts=written.posts,
        longest=written.longest,
        committee_ids=written.committee_ids,
        hall=written.hall,
    )


def _told(meeting_id: int, key: str, written: Written) -> Payload:
    return {
        "standing": meeting_id,
        "key": key,
        "title": written.title,
        "starts_at": time_text(written.starts_at),
        "ends_at": time_text(words_of(written).ends_at),
    }


async def _create(
    tx: Tx, scribe: Scribe, street: Street, meeting: StandingMeeting, action: Create
) -> None:
    written = action.written
    session_id = await hosting.save_hosted(
        tx, words_of(written), venue_ids=street.roster(written.committee_ids)
    )
    await store.save_occurrence(tx, meeting.id, action.key, session_id, written)
    payload = _told(meeting.id, action.key, written)
    kind = EventKind.SESSION_SCHEDULED
    await record(tx, scribe.clock, kind, actor=scribe.actor, payload=payload, session_id=session_id)


async def rewrite(tx: Tx, scribe: Scribe, street: Street, action: Rewrite) -> list[Dropped]:
    """Let an occurrence be what its series says; return the guests that cannot stay."""
    occurrence, written = action.occurrence, action.written
    session = occurrence.session
    guests = await guests_of(tx, street, session)
    leaving = leaving_guests(session, guests, written, street.exempt)
    dropped = [await drop(tx, scribe, session, guest) for guest in leaving]
    again = occurrence.cancelled is not Cancelled.NOT
    moved = again or written.committee_ids != occurrence.written.committee_ids
    staying = [guest for guest in guests if guest not in leaving]
    roster = _roster(street, written, staying) if moved else None
    await hosting.rewrite_hosted(tx, session.id, words_of(written), venue_ids=roster)
    await store.mark_occurrence(tx, occurrence, Cancelled.NOT, written)
    payload = _told(occurrence.meeting_id, occurrence.key, written) | {"again": again}
    kind = EventKind.SESSION_CHANGED
    await record(tx, scribe.clock, kind, actor=scribe.actor, payload=payload, session_id=session.id)
    return dropped


async def rehouse(tx: Tx, scribe: Scribe, action: Rehouse) -> None:
    """Let an occurrence be held in another hall; its agenda stays, also a closed one."""
    occurrence, hall = action.occurrence, action.written.hall
    await hosting.save_hall(tx, occurrence.session.id, hall)
    await store.mark_occurrence(tx, occurrence, Cancelled.NOT, action.written)
    await note_hall(tx, scribe, occurrence.session, hall)


async def note_hall(tx: Tx, scribe: Scribe, session: Session, hall: str) -> None:
    """Record that a session is held in another hall."""
    payload: Payload = {"before": {"hall": session.hall}, "after": {"hall": hall}}
    kind = EventKind.SESSION_CHANGED
    await record(tx, scribe.clock, kind, actor=scribe.actor, payload=payload, session_id=session.id)


def _roster(street: Street, written: Written, guests: Sequence[FiledRequest]) -> set[int]:
    """Return the venues of whom a meeting calls, and of whom its guests call."""
    called = set(street.roster(written.committee_ids))
    return called.union(*(street.roster(guest.filing.committee_ids) for guest in guests))


async def call_off(
    tx: Tx, scribe: Scribe, street: Street, occurrence: Occurrence, why: Cancelled
) -> list[Dropped]:
    """Call an occurrence off; its guests wait for another place and are returned."""
    session = occurrence.session
    guests = await guests_of(tx, street, session)
    dropped = [await drop(tx, scribe, session, guest) for guest in guests]
    await scheduler.set_state(tx, session.id, SessionState.CANCELLED, scribe.clock.now())
    await store.mark_occurrence(tx, occurrence, why)
    return dropped


async def note_called_off(
    tx: Tx, scribe: Scribe, occurrence: Occurrence, dropped: Sequence[Dropped], why: Cancelled
) -> int:
    """Record that an occurrence was called off; return the event's sequence."""
    payload: Payload = {
        "standing": occurrence.meeting_id,
        "key": occurrence.key,
        "title": occurrence.session.title,
        "starts_at": time_text(occurrence.session.starts_at),
        "removed": [one.request.number for one in dropped],
        "by": str(why),
    }
    kind = EventKind.SESSION_CANCELLED
    done = await record(
        tx,
        scribe.clock,
        kind,
        actor=scribe.actor,
        payload=payload,
        session_id=occurrence.session.id,
    )
    return done.sequence


async def guests_of(tx: Tx, street: Street, session: Session) -> list[FiledRequest]:
    """Return the requests that are placed in a session, in the agenda's order."""
    about = await hosting.load_about(tx, street.names, [session.id])
    placed = {r.id: r for r in about if r.session_id == session.id}
    found = (placed.get(item.request_id or 0) for item in session.items)
    return [request for request in found if request is not None]


async def drop(tx: Tx, scribe: Scribe, session: Session, request: FiledRequest) -> Dropped:
    """Take a guest's item out of a session of a series; the request waits, wishing it back.

    Whom it alone called is called no more.
    """
    left = await take_out_item(tx, await scheduler.load_session(tx, session.id), request.id)
    waiting = replace(
        request,
        state=after_step(request.state, Step.TAKE_OUT),
        session_id=None,
        wish_id=session.id,
        replan=False,
    )
    await scheduler.save_filed(tx, waiting)
    payload: Payload = {"request": request.number, "session": session.id}
    if left.released:
        payload["released"] = list(left.released)
    kind = EventKind.REQUEST_TAKEN_OUT
    await record(tx, scribe.clock, kind, actor=scribe.actor, payload=payload, session_id=session.id)
    return Dropped(waiting, session)
