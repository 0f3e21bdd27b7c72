"""Standing meetings added, changed, paused, ended, and one occurrence called off; all undone."""

from dataclasses import replace

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import difference, require_unchanged, require_undoable
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError
from server.domain.events import SYSTEM, EventKind, Payload, Recorded
from server.scheduler import store as scheduler
from server.standing import store
from server.standing.model import (
    Cancelled,
    Plan,
    SeriesState,
    StandingMeeting,
    facts_of,
    faults_of,
    plan_of,
    with_plan,
    written_of,
)
from server.standing.occurring import Clash, Rewrite, cell_of, cells_of
from server.standing.service.desk import Convener, Desk, Street, load_street
from server.standing.service.filling import refill
from server.standing.service.moving import load_movable, undo_move
from server.standing.service.scheduling import (
    TAKEN,
    Dropped,
    Scribe,
    call_off,
    find_due,
    keep_up,
    note_called_off,
    rewrite,
)
from server.standing.service.telling import tell_dropped, untell

UNDOABLE = (
    EventKind.STANDING_ADDED,
    EventKind.STANDING_CHANGED,
    EventKind.STANDING_PAUSED,
    EventKind.STANDING_RESUMED,
    EventKind.STANDING_ENDED,
    EventKind.STANDING_MOVED,
    EventKind.SESSION_CANCELLED,
)
_KINDS = {
    SeriesState.ACTIVE: EventKind.STANDING_RESUMED,
    SeriesState.PAUSED: EventKind.STANDING_PAUSED,
    SeriesState.ENDED: EventKind.STANDING_ENDED,
}


def _scribe(desk: Desk) -> Scribe:
    return Scribe(desk.convener.clock, desk.actor)


async def _require_sound(desk: Desk, street: Street, plan: Plan) -> None:
    department = street.departments.get(plan.department_id)
    exempt = department is not None and department.exempt and not department.retired
    today = desk.convener.clock.now().astimezone(SITE_ZONE).date()
    for fault in faults_of(plan, exempt=exempt, today=today).values():
        raise fault


async def add_meeting(desk: Desk, plan: Plan) -> int:
    """Add a standing meeting and schedule what lies ahead; return the event's sequence.

    Raises:
        DomainError: the first of ``faults_of``.
    """
    async with desk.convener.db.tx() as tx:
        street = await load_street(tx)
        await _require_sound(desk, street, plan)
        meeting_id = await store.save_meeting(tx, plan, desk.convener.clock.now())
        meeting = await store.lock_meeting(tx, meeting_id)
        await keep_up(tx, _scribe(desk), street, meeting)
        payload: Payload = {"standing": meeting_id, "title": plan.title, **facts_of(plan)}
        return await _note(tx, desk, EventKind.STANDING_ADDED, payload)


async def _note(tx: Tx, desk: Desk, kind: EventKind, payload: Payload) -> int:
    done = await record(tx, desk.convener.clock, kind, actor=desk.actor, payload=payload)
    return done.sequence


async def change_meeting(desk: Desk, meeting_id: int, plan: Plan, *, version: int) -> int:
    """Change a standing meeting and what lies ahead of it.

    Args:
        desk: who does it.
        meeting_id: which one.
        plan: what it becomes.
        version: the one that was on the page.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        NotFoundError: ``no_such_standing``.
        ConflictError: ``changed_meanwhile``, ``standing_over``.
        DomainError: the first of ``faults_of``.
    """
    async with desk.convener.db.tx() as tx:
        meeting = await store.lock_meeting(tx, meeting_id)
        if meeting.version != version:
            raise ConflictError("changed_meanwhile", name=meeting.plan.title)
        if meeting.state is SeriesState.ENDED:
            raise ConflictError("standing_over")
        street = await load_street(tx)
        await _require_sound(desk, street, plan)
        return await _enter_plan(tx, desk, street, meeting, plan)


async def _enter_plan(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, plan: Plan
) -> int:
    changed = difference(facts_of(meeting.plan), facts_of(plan))
    if not changed:
        return 0
    await store.update_meeting(tx, replace(meeting, plan=plan))
    dropped = await keep_up(tx, _scribe(desk), street, with_plan(meeting, plan))
    payload: Payload = {"standing": meeting.id, "title": plan.title, **changed}
    sequence = await _note(tx, desk, EventKind.STANDING_CHANGED, _with(payload, dropped))
    await tell_dropped(tx, desk.convener, dropped, _key(sequence), "changed")
    return sequence


def _with(payload: Payload, dropped: list[Dropped]) -> Payload:
    return payload | {"removed": [one.request.number for one in dropped]}


def _key(sequence: int) -> str:
    return f"standing:{sequence}"


async def turn_meeting(desk: Desk, meeting_id: int, state: SeriesState, *, version: int) -> int:
    """Pause a standing meeting, go on with it, or end it.

    Returns:
        The sequence of the event; 0 when it is so already.

    Raises:
        NotFoundError: ``no_such_standing``.
        ConflictError: ``changed_meanwhile``; ``standing_over`` when it has ended.
    """
    async with desk.convener.db.tx() as tx:
        meeting = await store.lock_meeting(tx, meeting_id)
        if meeting.state is state:
            return 0
        if meeting.state is SeriesState.ENDED:
            raise ConflictError("standing_over")
        if meeting.version != version:
            raise ConflictError("changed_meanwhile", name=meeting.plan.title)
        return await _enter_state(tx, desk, await load_street(tx), meeting, state)


async def _enter_state(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, state: SeriesState
) -> int:
    now = replace(meeting, state=state)
    await store.update_meeting(tx, now)
    dropped = await keep_up(tx, _scribe(desk), street, now)
    payload: Payload = {
        "standing": meeting.id,
        "title": meeting.plan.title,
        "was": str(meeting.state),
    }
    sequence = await _note(tx, desk, _KINDS[state], _with(payload, dropped))
    await tell_dropped(tx, desk.convener, dropped, _key(sequence), "off")
    return sequence


async def cancel_occurrence(desk: Desk, meeting_id: int, session_id: int) -> int:
    """Call one occurrence off; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_call``.
        ConflictError: ``session_began`` when it is open or over, or called off already.
    """
    async with desk.convener.db.tx() as tx:
        await store.lock_meeting(tx, meeting_id)
        occurrence = await load_movable(tx, meeting_id, session_id, desk.convener.clock.now())
        scribe, street = _scribe(desk), await load_street(tx)
        dropped = await call_off(tx, scribe, street, occurrence, Cancelled.BY_HAND)
        sequence = await note_called_off(tx, scribe, occurrence, dropped, Cancelled.BY_HAND)
        await tell_dropped(tx, desk.convener, dropped, _key(sequence), "off")
    return sequence


# --- undo ----------------------------------------------------------------------------------------


async def undo(desk: Desk, sequence: int) -> int:
    """Take back what the login has just done; return the sequence of the event of it.

    Guests that lost their places get them back, unless something has become of them since.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            when it was changed again since.
    """
    async with desk.convener.db.tx() as tx:
        found = await load_event(tx, sequence)
        now = desk.convener.clock.now()
        event = require_undoable(found, UNDOABLE, actor=desk.actor, now=now)
        if "standing" not in event.payload:
            raise ConflictError("undo_gone")
        meeting = await store.lock_meeting(tx, event.payload["standing"])
        street = await load_street(tx)
        done = await _undo(tx, desk, street, meeting, event)
        await untell(tx, _key(sequence))
        for occurrence in await store.load_occurrences(tx, meeting_id=meeting.id):
            if occurrence.session.starts_at > now:
                await refill(tx, desk, street, await store.load_meeting(tx, meeting.id), occurrence)
    return done


async def _undo(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, event: Recorded
) -> int:
    if event.kind == EventKind.SESSION_CANCELLED:
        return await _hold_again(tx, desk, street, meeting, event)
    if event.kind == EventKind.STANDING_MOVED:
        return await undo_move(tx, desk, street, meeting, event)
    if event.kind == EventKind.STANDING_CHANGED:
        facts = facts_of(meeting.plan)
        require_unchanged(event, facts)
        plan = plan_of(facts | event.payload["before"])
        return await _enter_plan(tx, desk, street, meeting, plan)
    added = event.kind == EventKind.STANDING_ADDED
    expected = {
        EventKind.STANDING_ADDED: SeriesState.ACTIVE,
        EventKind.STANDING_RESUMED: SeriesState.ACTIVE,
        EventKind.STANDING_PAUSED: SeriesState.PAUSED,
        EventKind.STANDING_ENDED: SeriesState.ENDED,
    }[EventKind(event.kind)]
    if meeting.state is not expected:
        raise ConflictError("undo_overtaken")
    state = SeriesState.ENDED if added else SeriesState(event.payload["was"])
    return await _enter_state(tx, desk, street, meeting, state)


async def _hold_again(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, event: Recorded
) -> int:
    if event.session_id is None:
        raise ConflictError("undo_gone")
    occurrence = await store.load_occurrence(tx, event.session_id)
    now = desk.convener.clock.now()
    taken = await scheduler.load_sessions(tx, states=TAKEN, since=now)
    cell = cell_of(occurrence.written.starts_at)
    gone = occurrence.cancelled is not Cancelled.BY_HAND or occurrence.written.starts_at <= now
    if gone or any(cell in cells_of(session) for session in taken):
        raise ConflictError("undo_overtaken")
    local = occurrence.written.starts_at.astimezone(SITE_ZONE)
    written = written_of(
        meeting.plan, local.date(), department=street.owner_of(meeting), hall=street.hall
    )
    await rewrite(tx, _scribe(desk), street, Rewrite(occurrence, written))
    payload: Payload = {"standing": meeting.id, "title": meeting.plan.title, "key": occurrence.key}
    return await _note(tx, desk, EventKind.STANDING_HELD_AGAIN, payload)


# --- by itself, and before it is done ------------------------------------------------------------


async def keep_all(convener: Convener) -> int:
    """Schedule, change and call off what is due of every series; return how many were touched."""
    touched = 0
    async with convener.db.view() as tx:
        waiting = await meetings_due(tx, convener)
    for meeting_id in waiting:
        async with convener.db.tx() as tx:
            meeting = await store.lock_meeting(tx, meeting_id)
            scribe = Scribe(convener.clock, SYSTEM)
            dropped = await keep_up(tx, scribe, await load_street(tx), meeting)
            await tell_dropped(tx, convener, dropped, f"standing:{meeting_id}", "changed")
        touched += 1
    return touched


async def meetings_due(tx: Tx, convener: Convener) -> list[int]:
    """Return the ids of the series of which something is to be scheduled, changed or called off."""
    street, now = await load_street(tx), convener.clock.now()
    found = []
    for meeting in await store.load_meetings(tx):
        actions, _ = await find_due(tx, street, meeting, now)
        if actions:
            found.append(meeting.id)
    return found


async def find_clashes(tx: Tx, street: Street, meeting: StandingMeeting, desk: Desk) -> list[Clash]:
    """Return the occurrences of a series, as it is or would be, that find their half-day taken."""
    return (await find_due(tx, street, meeting, desk.convener.clock.now()))[1]
