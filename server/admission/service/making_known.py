"""What was to be discussed is only made known after all: it goes into the next weekly digest."""

from dataclasses import replace

from server.admission.service.desk import Desk, own_request
from server.admission.telling import tell_department, untell
from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest, RequestState
from server.scheduler.states import Step, Word, after_step, after_word
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import next_digest_day


def may_be_made_known(request: FiledRequest) -> bool:
    """Tell whether a request can be switched to the digest: it waits for a place."""
    return request.state in PENDING


async def make_known(desk: Desk, request_id: int) -> int:
    """Put a request that waits into the next digest; return the event's sequence.

    The leader's word is no more asked for, since nobody is called.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: what its state forbids, ``request_placed`` when it has a place already.
    """
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        state = after_step(request.state, Step.PUT_IN_DIGEST)
        table = await load_workdays(tx)
        day = next_digest_day(table, desk.clock.now(), request.filing.earliest)
        now = replace(
            request,
            filing=replace(request.filing, read_only=True),
            state=state,
            approval=after_word(request.approval, Word.WAIVE),
            digest_on=day,
            referred=False,
            remark="",
        )
        await store.save_filed(tx, now)
        payload: Payload = {
            "request": request.number,
            "digest_on": day.isoformat(),
            "was": {
                "state": str(request.state),
                "approval": str(request.approval),
                "read_only": request.filing.read_only,
                "referred": request.referred,
                "remark": request.remark,
            },
        }
        kind = EventKind.REQUEST_MADE_KNOWN
        done = await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
        if desk.login.department_id != request.filing.department_id:
            await tell_department(tx, desk.teller, now, "digest", remark="", event=done.sequence)
    return done.sequence


async def undo_made_known(desk: Desk, sequence: int) -> tuple[int, int]:
    """Let a request wait as it did before; return its id and the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            once its digest was issued, or something else has become of it.
    """
    async with desk.db.tx() as tx:
        kinds = (EventKind.REQUEST_MADE_KNOWN,)
        found = await load_event(tx, sequence)
        event = require_undoable(found, kinds, actor=desk.actor, now=desk.clock.now())
        number: str = event.payload["request"]
        request = await own_request(tx, desk, int(number[1:]))
        if request.state is not RequestState.IN_DIGEST or request.issued_at is not None:
            raise ConflictError("undo_overtaken")
        was = event.payload["was"]
        back = replace(
            request,
            filing=replace(request.filing, read_only=was["read_only"]),
            state=RequestState(was["state"]),
            approval=Approval(was["approval"]),
            referred=was["referred"],
            remark=was["remark"],
            digest_on=None,
        )
        await store.save_filed(tx, back)
        payload: Payload = {"request": number}
        kind = EventKind.REQUEST_UNDECIDED
        done = await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
        if not await untell(tx, sequence):
            await tell_department(tx, desk.teller, back, "undone", remark="", event=done.sequence)
    return request.id, done.sequence
