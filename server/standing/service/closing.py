"""What a call for items does by itself: departments are asked, and the agenda closes."""

from functools import partial

from server.audit.service import record
from server.db.engine import Tx
from server.domain.events import SYSTEM, EventKind, Payload
from server.domain.session import SessionState
from server.scheduler import store as scheduler
from server.scheduler.store import hosting
from server.standing import store
from server.standing.filling import agenda_order
from server.standing.model import SeriesState
from server.standing.service.calls import Call, load_call, load_calls
from server.standing.service.desk import Convener, load_street
from server.standing.service.telling import ClosedAgenda, ask, tell_closed
from server.timers.model import Job


async def calls_due(tx: Tx, convener: Convener) -> list[Job]:
    """Return the openings and closings of all calls that lie ahead; each is done once.

    A meeting that was moved to another day is called for anew.
    """
    found = []
    for call in await load_calls(tx, convener.clock.now()):
        if call.session.fixed or call.meeting.state is not SeriesState.ACTIVE:
            continue
        name = f"{call.session.id}:{call.session.starts_at:%FT%H:%M}"
        times, session_id = call.times, call.session.id
        opening = partial(_open, convener, session_id)
        closing = partial(_close, convener, session_id)
        found += [
            Job(f"call-open:{name}", times.opens_at, opening, until=times.closes_at),
            Job(f"call-close:{name}", times.closes_at, closing, until=call.session.starts_at),
        ]
    return found


async def _open(convener: Convener, session_id: int, tx: Tx) -> None:
    """Ask every department that serves, but the meeting's own, which knows its agenda."""
    call = await load_call(tx, session_id, convener.clock.now())
    street = await load_street(tx)
    own = call.meeting.plan.department_id
    asked = [d.id for d in street.departments.values() if not d.retired and d.id != own]
    written = await ask(
        tx, convener, call.session, times=call.times, free=call.free, department_ids=asked
    )
    payload: Payload = {
        "standing": call.meeting.id,
        "departments": asked,
        "by_mail": written,
        "free": call.free,
    }
    kind = EventKind.CALL_OPENED
    await record(tx, convener.clock, kind, actor=SYSTEM, payload=payload, session_id=session_id)


async def _close(convener: Convener, session_id: int, tx: Tx) -> None:
    """Fix the order of the agenda and tell everybody whom it concerns."""
    occurrence = await store.load_occurrence(tx, session_id)
    await store.lock_meeting(tx, occurrence.meeting_id)
    call = await load_call(tx, session_id, convener.clock.now())
    if call.session.fixed or call.session.state is not SessionState.SCHEDULED:
        return
    order = agenda_order(call.session, call.guests)
    await hosting.fix_agenda(tx, session_id, order, convener.clock.now())
    await _tell(tx, convener, call)


async def _tell(tx: Tx, convener: Convener, call: Call) -> None:
    session = await scheduler.load_session(tx, call.session.id)
    left = [bid for bid in call.bids if call.waits(bid)]
    guests = {guest.id: guest for guest in call.guests}
    placed = [guests[i.request_id] for i in session.items if i.request_id in guests]
    following = call.following.session if call.following else None
    closed = ClosedAgenda(session, placed, left, following)
    await tell_closed(tx, convener, call.meeting.plan, closed)
    payload: Payload = {
        "standing": call.meeting.id,
        "order": [request.number for request in placed],
        "left": [request.number for request in left],
    }
    kind = EventKind.CALL_CLOSED
    await record(tx, convener.clock, kind, actor=SYSTEM, payload=payload, session_id=session.id)
