"""What the meeting office does with a request: return it, refer it, take it out of its session."""

from dataclasses import replace

from server.admission.service.desk import Desk, own_request, record_step
from server.admission.telling import tell_department
from server.audit.service import record
from server.db.engine import Tx
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload
from server.domain.session import SessionState
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest, require_remark
from server.scheduler.leaving import take_out_item
from server.scheduler.states import Step, after_step, require_not_issued


async def return_request(desk: Desk, request_id: int, remark: str) -> int:
    """Send a request back to its department with a reason; return the event's sequence.

    Raises:
        DomainError: ``remark_missing``.
        NotFoundError: ``no_such_request``.
        ConflictError: what its state forbids.
    """
    require_remark(remark)
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        state = after_step(request.state, Step.RETURN)
        await store.save_filed(tx, replace(request, state=state, remark=remark))
        done = await record_step(tx, desk, EventKind.REQUEST_RETURNED, request, remark=remark)
        await tell_department(tx, desk.teller, request, "returned", remark=remark, event=done)
    return done


async def refer_request(desk: Desk, request_id: int) -> int:
    """Put a request before the leader, no ride having been found; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``request_decided`` when it needs no word, or has been referred.
    """
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        waits = request.state in PENDING and request.approval is Approval.PENDING
        if not waits or request.referred:
            raise ConflictError("request_decided")
        await store.save_filed(tx, replace(request, referred=True))
        return await record_step(tx, desk, EventKind.REQUEST_REFERRED, request)


async def take_out(desk: Desk, request_id: int) -> int:
    """Take a placed request out of its session, so that the next merge places it anew.

    A session that is left without any item is cancelled.

    Returns:
        The event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: what its state forbids; ``session_began`` once its session is open;
            ``digest_issued`` once committees have been told of it.
    """
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        require_not_issued(request)
        state = after_step(request.state, Step.TAKE_OUT)
        await leave_session(tx, desk, request)
        now = replace(request, state=state, session_id=None, digest_on=None, replan=False)
        await store.save_filed(tx, now)
        return await record_step(tx, desk, EventKind.REQUEST_TAKEN_OUT, request)


async def leave_session(tx: Tx, desk: Desk, request: FiledRequest) -> None:
    """Take a request's item out of its session; without any item left, that is cancelled.

    Committees that no item left names are called no more; their invitations are cancelled by
    whoever looks after invitations.

    Raises:
        ConflictError: ``session_began``.
    """
    if request.session_id is None:
        return
    session = await store.load_session(tx, request.session_id)
    if session.state is not SessionState.SCHEDULED:
        raise ConflictError("session_began")
    left = await take_out_item(tx, session, request.id)
    payload: Payload = {"removed": [request.number]}
    kind = EventKind.SESSION_CHANGED
    if left.released:
        payload["released"] = list(left.released)
    if not left.items:
        await store.set_state(tx, session.id, SessionState.CANCELLED, desk.clock.now())
        kind = EventKind.SESSION_CANCELLED
    await record(tx, desk.clock, kind, actor=desk.actor, payload=payload, session_id=session.id)
