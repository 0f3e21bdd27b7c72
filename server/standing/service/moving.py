"""One occurrence moved to another half-day or hall, and taken back; its guests come along."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from server.audit.service import record
from server.audit.undo import difference, require_unchanged
from server.db.engine import Tx
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded, parse_time, time_text
from server.domain.session import Session, SessionState
from server.scheduler import store as scheduler
from server.scheduler.filing import FiledRequest
from server.scheduler.store import hosting
from server.standing import store
from server.standing.filling import bids_of
from server.standing.model import Occurrence, StandingMeeting
from server.standing.moving import Spot, faults_of_move, moved_words, start_in
from server.standing.occurring import cell_of, cells_of, leaving_guests
from server.standing.service.desk import Desk, Street, load_street
from server.standing.service.filling import refill, widened
from server.standing.service.scheduling import (
    TAKEN,
    Dropped,
    Scribe,
    drop,
    guests_of,
    note_hall,
    words_of,
)
from server.standing.service.telling import tell_dropped


@dataclass(slots=True)
class Carried:
    """What a move did to the guests: who lost a place, and the windows of before."""

    dropped: list[Dropped] = field(default_factory=list)
    windows: list[dict[str, str]] = field(default_factory=list)


async def load_movable(tx: Tx, meeting_id: int, session_id: int, now: datetime) -> Occurrence:
    """Return an occurrence of a series that has not begun.

    Raises:
        NotFoundError: ``no_such_call``.
        ConflictError: ``session_began`` when it is open or over, or called off.
    """
    occurrence = await store.load_occurrence(tx, session_id)
    if occurrence.meeting_id != meeting_id:
        raise NotFoundError("no_such_call")
    session = occurrence.session
    if session.state is not SessionState.SCHEDULED or session.starts_at <= now:
        raise ConflictError("session_began")
    return occurrence


async def move_occurrence(desk: Desk, meeting_id: int, session_id: int, spot: Spot) -> int:
    """Move one occurrence to another half-day, another hall, or both.

    Guests who asked for this meeting come along; who cannot come on that day, or only at certain
    hours, waits for another place and is told. A closed agenda that moves to another time is open
    again, and departments are asked anew. From now on the occurrence no longer follows its series.

    Args:
        desk: who does it.
        meeting_id: the series.
        session_id: the occurrence's session.
        spot: where it is to be; without a hall it is the street's.

    Returns:
        The sequence of the event; 0 when it is there already.

    Raises:
        NotFoundError: ``no_such_call``.
        ConflictError: ``session_began`` when it is open or over, or called off.
        DomainError: the first of ``faults_of_move``.
    """
    async with desk.convener.db.tx() as tx:
        meeting = await store.lock_meeting(tx, meeting_id)
        now = desk.convener.clock.now()
        occurrence = await load_movable(tx, meeting_id, session_id, now)
        street = await load_street(tx)
        others = await scheduler.load_sessions(tx, states=TAKEN, since=now)
        session = occurrence.session
        for fault in faults_of_move(session, spot, street.workdays, others, now).values():
            raise fault
        starts_at = start_in(session, (spot.day or date.min, spot.half))
        return await _enter(tx, desk, street, meeting, occurrence, starts_at, spot.hall)


async def _enter(
    tx: Tx,
    desk: Desk,
    street: Street,
    meeting: StandingMeeting,
    occurrence: Occurrence,
    starts_at: datetime,
    hall: str,
) -> int:
    session = occurrence.session
    hall = hall or street.hall
    there = {"starts_at": time_text(starts_at), "hall": hall}
    changed = difference(_facts(session), there)
    if not changed:
        return 0
    carried = Carried()
    if starts_at == session.starts_at:
        await hosting.save_hall(tx, session.id, hall)
    else:
        moved = replace(occurrence, session=replace(session, starts_at=starts_at, hall=hall))
        carried = await _carry(tx, desk, street, occurrence, moved)
    payload: Payload = {
        "standing": meeting.id,
        "title": session.title,
        "session": session.id,
        "key": occurrence.key,
        **changed,
        "removed": [one.request.number for one in carried.dropped],
        "windows": carried.windows,
    }
    kind, actor = EventKind.STANDING_MOVED, desk.actor
    clock = desk.convener.clock
    done = await record(tx, clock, kind, actor=actor, payload=payload, session_id=session.id)
    await refill(tx, desk, street, meeting, occurrence)
    key = f"standing:{done.sequence}"
    await tell_dropped(tx, desk.convener, carried.dropped, key, "changed")
    return done.sequence


def _facts(session: Session) -> dict[str, str]:
    return {"starts_at": time_text(session.starts_at), "hall": session.hall}


async def _carry(
    tx: Tx, desk: Desk, street: Street, occurrence: Occurrence, moved: Occurrence
) -> Carried:
    """Move a session with the guests that can come along; who asked for it asks for the new day."""
    session, carried = occurrence.session, Carried()
    about = await hosting.load_about(tx, street.names, [session.id])
    for bid in bids_of(session.id, about):
        wide = widened(bid, moved)
        if wide.filing != bid.filing:
            await scheduler.save_filed(tx, wide)
            carried.windows.append(_window(bid))
    guests = await guests_of(tx, street, session)
    written = moved_words(session, moved.session.starts_at, moved.session.hall)
    scribe = Scribe(desk.convener.clock, desk.actor)
    for guest in leaving_guests(session, guests, written, street.exempt):
        carried.dropped.append(await drop(tx, scribe, session, guest))
    await hosting.rewrite_hosted(tx, session.id, words_of(written), venue_ids=None)
    return carried


def _window(request: FiledRequest) -> dict[str, str]:
    return {
        "request": request.number,
        "earliest": request.filing.earliest.isoformat(),
        "deadline": request.filing.deadline.isoformat(),
    }


async def undo_move(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, event: Recorded
) -> int:
    """Put an occurrence back where it was; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_overtaken`` when it was moved again, has begun, or its old half-day
            is taken meanwhile.
    """
    now = desk.convener.clock.now()
    occurrence = await store.load_occurrence(tx, event.payload["session"])
    facts = _facts(occurrence.session)
    require_unchanged(event, facts)
    was = facts | event.payload["before"]
    starts_at = parse_time(was["starts_at"])
    taken = await scheduler.load_sessions(tx, states=TAKEN, since=now)
    cell = cell_of(starts_at)
    met = any(cell in cells_of(s) for s in taken if s.id != occurrence.session.id)
    if occurrence.session.state is not SessionState.SCHEDULED or starts_at <= now or met:
        raise ConflictError("undo_overtaken")
    done = await _enter(tx, desk, street, meeting, occurrence, starts_at, was["hall"])
    for window in event.payload["windows"]:
        await _restore_window(tx, window)
    return done


async def _restore_window(tx: Tx, window: Mapping[str, str]) -> None:
    request = await scheduler.load_request(tx, int(window["request"][1:]))
    earliest, deadline = (date.fromisoformat(window[key]) for key in ("earliest", "deadline"))
    filing = replace(request.filing, earliest=earliest, deadline=deadline)
    await scheduler.save_filed(tx, replace(request, filing=filing))


async def follow_hall(tx: Tx, scribe: Scribe, was: str, now: str) -> None:
    """Let scheduled sessions follow the street's hall to another; the series do by themselves.

    Args:
        tx: the transaction in which the street was changed.
        scribe: who changed it.
        was: what the hall was called; sessions elsewhere stay there.
        now: what it is called.
    """
    at = scribe.clock.now()
    ahead = await scheduler.load_sessions(tx, states=[SessionState.SCHEDULED], since=at)
    known = {o.session.id: o for o in await store.load_occurrences(tx)}
    elsewhere = {m.id for m in await store.load_meetings(tx) if m.plan.hall}
    for session in ahead:
        occurrence = known.get(session.id)
        own = occurrence is not None and occurrence.meeting_id in elsewhere
        if session.hall != was or session.starts_at <= at or own:
            continue
        await hosting.save_hall(tx, session.id, now)
        if occurrence is not None and occurrence.written.hall == was:
            written = replace(occurrence.written, hall=now)
            await store.mark_occurrence(tx, occurrence, occurrence.cancelled, written)
        await note_hall(tx, scribe, session, now)
