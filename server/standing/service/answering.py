"""A department answers a call for items: minutes asked for, changed, given back, moved on.

An answer is a meeting request like any other that wishes to ride on the meeting; its states, its
events and its approval are those of every request.
"""

from dataclasses import replace

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import difference, require_undoable
from server.auth.model import Role
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, ForbiddenError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded, parse_time, time_text
from server.merging.instance.model import Priority
from server.scheduler import store as scheduler
from server.scheduler.filing import (
    PENDING,
    FiledRequest,
    Filing,
    RequestState,
    facts_of,
    require_sound,
)
from server.scheduler.states import (
    Step,
    after_step,
    approval_after_change,
    first_approval,
)
from server.standing import store
from server.standing.calling import CallState
from server.standing.service.calls import PRESET_MINUTES, Call, load_call
from server.standing.service.desk import Desk, Street, load_street
from server.standing.service.filling import refill, widened
from server.standing.service.scheduling import Scribe, drop

UNDOABLE = (EventKind.REQUEST_SUBMITTED, EventKind.REQUEST_CHANGED, EventKind.REQUEST_WITHDRAWN)


async def _locked_call(tx: Tx, desk: Desk, session_id: int) -> Call:
    """Return an open call whose series nobody else touches until the transaction ends.

    Raises:
        NotFoundError: ``no_such_call``.
        ConflictError: ``call_closed``.
    """
    occurrence = await store.load_occurrence(tx, session_id)
    await store.lock_meeting(tx, occurrence.meeting_id)
    call = await load_call(tx, session_id, desk.convener.clock.now())
    if call.state is CallState.CLOSED:
        raise ConflictError("call_closed")
    return call


def _department(desk: Desk, street: Street, department_id: int) -> int:
    """Return the department that a login answers for.

    Raises:
        ForbiddenError: ``call_not_yours`` for anybody but its clerk or the meeting office.
        ConflictError: ``department_retired`` (name).
    """
    own = desk.login.role is Role.OFFICE or desk.login.department_id == department_id
    found = street.departments.get(department_id)
    if not own or found is None:
        raise ForbiddenError("call_not_yours")
    if found.retired:
        raise ConflictError("department_retired", name=found.name)
    return department_id


async def give_minutes(
    desk: Desk,
    session_id: int,
    department_id: int,
    topic: str,
    minutes: int = PRESET_MINUTES,
    *,
    why: str = "",
) -> int:
    """Ask for minutes of a meeting; while there are any they are given at once.

    Args:
        desk: who asks.
        session_id: the meeting.
        department_id: for which department.
        topic: what it is about.
        minutes: how long.
        why: the reason why it is urgent, empty when it is not.

    Returns:
        The sequence of the event; 0 when the department has asked already: a second click of the
        same button changes nothing.

    Raises:
        NotFoundError: ``no_such_call``.
        ForbiddenError: ``call_not_yours``.
        ConflictError: ``call_closed``, ``department_retired``.
        DomainError: when topic or minutes cannot be meant.
    """
    async with desk.convener.db.tx() as tx:
        call = await _locked_call(tx, desk, session_id)
        street = await load_street(tx)
        _department(desk, street, department_id)
        if call.of_department(department_id):
            return 0
        filing = _filing(call, department_id, topic, minutes, why)
        require_sound(filing)
        return await _file(tx, desk, street, call, filing)


def _filing(call: Call, department_id: int, topic: str, minutes: int, why: str) -> Filing:
    """Return what is asked: the meeting's own people, on its day or until the one after it."""
    day = call.session.starts_at.astimezone(SITE_ZONE).date()
    next_day = call.following and call.following.session.starts_at.astimezone(SITE_ZONE).date()
    return Filing(
        department_id=department_id,
        topic=topic,
        minutes=minutes,
        read_only=False,
        posts=call.occurrence.written.posts,
        committee_ids=call.occurrence.written.committee_ids,
        earliest=day,
        deadline=next_day or day,
        priority=Priority.URGENT if why else Priority.NORMAL,
        why=why,
    )


async def _file(
    tx: Tx,
    desk: Desk,
    street: Street,
    call: Call,
    filing: Filing,
    *,
    filed_at: str = "",
) -> int:
    department = street.departments[filing.department_id]
    request_id = await scheduler.save_request(
        tx,
        filing,
        approval=first_approval(filing, exempt=department.exempt),
        filed_at=parse_time(filed_at) if filed_at else desk.convener.clock.now(),
        state=after_step(RequestState.DRAFT, Step.SUBMIT),
        author_id=desk.login.account_id,
        wish_id=call.session.id,
    )
    request = await scheduler.load_request(tx, request_id)
    if filing.urgent:
        await scheduler.save_filed(tx, replace(request, referred=True))
    facts: Payload = {"department": department.name, **facts_of(filing)}
    sequence = await _note(tx, desk, EventKind.REQUEST_SUBMITTED, request, call, facts)
    await refill(tx, desk, street, call.meeting, call.occurrence)
    return sequence


async def _note(
    tx: Tx, desk: Desk, kind: EventKind, request: FiledRequest, call: Call, facts: Payload
) -> int:
    payload: Payload = {"request": request.number, "call": call.session.id, **facts}
    done = await record(tx, desk.convener.clock, kind, actor=desk.actor, payload=payload)
    return done.sequence


async def _own(tx: Tx, desk: Desk, request_id: int) -> FiledRequest:
    """Return a request of the login's department that asks for minutes, locked.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    request = await scheduler.load_request(tx, request_id)
    own = desk.login.department_id == request.filing.department_id
    if not (own or desk.login.role is Role.OFFICE) or request.wish_id is None:
        raise NotFoundError("no_such_request")
    return request


async def change_minutes(
    desk: Desk, request_id: int, topic: str, minutes: int, *, version: int
) -> int:
    """Change topic or minutes of what was asked, while the call is open.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        NotFoundError: ``no_such_request``, ``no_such_call``.
        ConflictError: ``changed_meanwhile``, ``call_closed``; ``call_full`` when so many minutes
            are not free: what was placed stays as it is.
        DomainError: when topic or minutes cannot be meant.
    """
    async with desk.convener.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        call = await _locked_call(tx, desk, request.wish_id or 0)
        if request.version != version:
            raise ConflictError("changed_meanwhile", name=request.number)
        filing = replace(request.filing, topic=topic, minutes=minutes)
        require_sound(filing)
        return await _change(tx, desk, call, request, filing)


async def _change(tx: Tx, desk: Desk, call: Call, request: FiledRequest, filing: Filing) -> int:
    changed = difference(facts_of(request.filing), facts_of(filing))
    if not changed:
        return 0
    street = await load_street(tx)
    placed = not call.waits(request)
    if placed:
        request = await _taken_out(tx, desk, call, request)
    department = street.departments[filing.department_id]
    approval = approval_after_change(
        request.approval, request.filing, filing, exempt=department.exempt
    )
    state = after_step(request.state, Step.AMEND)
    now = replace(request, filing=filing, state=state, approval=approval)
    await scheduler.save_filed(tx, now)
    sequence = await _note(tx, desk, EventKind.REQUEST_CHANGED, now, call, changed)
    await refill(tx, desk, street, call.meeting, call.occurrence)
    after = await scheduler.load_request(tx, request.id)
    if placed and after.session_id != call.session.id:
        raise ConflictError("call_full", free=call.free + request.filing.minutes)
    return sequence


async def _taken_out(tx: Tx, desk: Desk, call: Call, request: FiledRequest) -> FiledRequest:
    scribe = Scribe(desk.convener.clock, desk.actor)
    await drop(tx, scribe, call.session, request)
    return await scheduler.load_request(tx, request.id)


async def give_back(desk: Desk, request_id: int) -> int:
    """Give one's minutes back; who waits moves up. Return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``, ``no_such_call``.
        ConflictError: ``call_closed`` when it is placed in an agenda that is closed; what its
            state forbids.
    """
    async with desk.convener.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        if request.session_id is None:
            return await _withdraw(tx, desk, request)
        call = await _locked_call(tx, desk, request.session_id)
        request = await _taken_out(tx, desk, call, request)
        sequence = await _withdraw(tx, desk, request)
        await refill(tx, desk, await load_street(tx), call.meeting, call.occurrence)
    return sequence


async def _withdraw(tx: Tx, desk: Desk, request: FiledRequest) -> int:
    state = after_step(request.state, Step.WITHDRAW)
    await scheduler.save_filed(tx, replace(request, state=state))
    payload: Payload = {
        "request": request.number,
        "call": request.wish_id,
        "filed_at": time_text(request.filed_at),
    }
    kind = EventKind.REQUEST_WITHDRAWN
    done = await record(tx, desk.convener.clock, kind, actor=desk.actor, payload=payload)
    return done.sequence


async def move_on(desk: Desk, request_id: int, session_id: int) -> int:
    """Let a request that waits ask for the next meeting instead; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``, ``no_such_call``.
        ConflictError: ``call_closed``; ``request_placed`` when it has found a place meanwhile.
    """
    async with desk.convener.db.tx() as tx:
        request = await _own(tx, desk, request_id)
        call = await _locked_call(tx, desk, session_id)
        if request.state not in PENDING:
            after_step(request.state, Step.PLACE)
        moved = widened(request, call.occurrence)
        require_sound(moved.filing)
        await scheduler.save_filed(tx, moved)
        changed = difference(facts_of(request.filing), facts_of(moved.filing))
        sequence = await _note(tx, desk, EventKind.REQUEST_CHANGED, moved, call, changed)
        street = await load_street(tx)
        await refill(tx, desk, street, call.meeting, call.occurrence)
    return sequence


async def undo(desk: Desk, sequence: int) -> int:
    """Take back what the login has just done; return the sequence of the event of it.

    Minutes asked for are given back; minutes given back are asked for anew, as early as before.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, or the call is
            closed; ``undo_overtaken`` when something has become of it since.
    """
    async with desk.convener.db.tx() as tx:
        found = await load_event(tx, sequence)
        now = desk.convener.clock.now()
        event = require_undoable(found, UNDOABLE, actor=desk.actor, now=now)
    if event.kind == EventKind.REQUEST_SUBMITTED and "call" in event.payload:
        return await give_back(desk, _id_of(event))
    if event.kind == EventKind.REQUEST_WITHDRAWN and event.payload.get("call"):
        return await _ask_again(desk, event)
    raise ConflictError("undo_gone")


def _id_of(event: Recorded) -> int:
    return int(event.payload["request"][1:])


async def _ask_again(desk: Desk, event: Recorded) -> int:
    async with desk.convener.db.tx() as tx:
        old = await scheduler.read_request(tx, _id_of(event))
        call = await _locked_call(tx, desk, event.payload["call"])
        if call.of_department(old.filing.department_id):
            raise ConflictError("undo_overtaken")
        street = await load_street(tx)
        filed_at = event.payload["filed_at"]
        return await _file(tx, desk, street, call, old.filing, filed_at=filed_at)
