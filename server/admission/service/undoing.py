"""Taking back what was just decided, within the undo's time."""

from dataclasses import replace

from server.admission.service.desk import Desk
from server.admission.service.office import leave_session
from server.admission.service.word import Choice
from server.admission.telling import tell_departments, untell
from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.db.engine import Tx
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, Recorded
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest
from server.scheduler.overruns import OverrunState
from server.scheduler.states import Step, Word, after_step, after_word, may_step
from server.scheduler.store.exceptions import drop_exceptions
from server.scheduler.store.overruns import decide_overrun

UNDOABLE = (EventKind.REQUEST_GRANTED, EventKind.REQUEST_REFUSED, EventKind.OVERRUN_GRANTED)


async def undo(desk: Desk, sequence: int) -> int:
    """Take back what the login has just decided; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            when something has become of the request since.
    """
    async with desk.db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=desk.actor, now=desk.clock.now())
        if event.kind == EventKind.OVERRUN_GRANTED:
            told = await _unsign(tx, desk, event)
        else:
            told = await _undecide(tx, desk, event)
        done = await record(
            tx, desk.clock, EventKind.REQUEST_UNDECIDED, actor=desk.actor, payload=told
        )
        if not await untell(tx, sequence):
            numbers = [told["request"]] if "request" in told else told["requests"]
            await tell_departments(tx, desk.teller, numbers, "undone", event=done.sequence)
    return done.sequence


async def _undecide(tx: Tx, desk: Desk, event: Recorded) -> Payload:
    number: str = event.payload["request"]
    request = await store.load_request(tx, int(number[1:]))
    choice = Choice(event.payload["choice"])
    if choice is Choice.DIGEST:
        if not (request.filing.read_only and request.state in PENDING):
            raise ConflictError("undo_overtaken")
        filing = replace(request.filing, read_only=False)
        request = replace(request, filing=filing, approval=after_word(request.approval, Word.ASK))
    else:
        request = await _unplaced(tx, desk, request) if choice is Choice.RIDE else request
        if request.state not in PENDING or request.approval not in _DECIDED:
            raise ConflictError("undo_overtaken")
        back = after_word(request.approval, Word.TAKE_BACK)
        request = replace(request, approval=back)
    await store.save_filed(tx, replace(request, remark=""))
    return {"request": number}


_DECIDED = (Approval.GRANTED, Approval.REFUSED)


async def _unplaced(tx: Tx, desk: Desk, request: FiledRequest) -> FiledRequest:
    if not may_step(request.state, Step.TAKE_OUT):
        raise ConflictError("undo_overtaken")
    await leave_session(tx, desk, request)
    state = after_step(request.state, Step.TAKE_OUT)
    return replace(request, state=state, session_id=None, digest_on=None)


async def _unsign(tx: Tx, desk: Desk, event: Recorded) -> Payload:
    for told in event.payload["overruns"]:
        request = await store.load_request(tx, int(told["request"][1:]))
        request = await _unplaced(tx, desk, request)
        filing = replace(request.filing, committee_ids=tuple(told["committees"]))
        back = replace(request, filing=filing, approval=Approval(told["approval"]))
        await store.save_filed(tx, back)
        await drop_exceptions(tx, request.id)
        await decide_overrun(tx, told["overrun"], OverrunState.PENDING)
    return {"requests": [told["request"] for told in event.payload["overruns"]]}
