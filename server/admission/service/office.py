"""What the meeting office does with a request: return it, refer it, take it out of its session."""

from dataclasses import replace

from server.admission.service.desk import Desk, own_request, record_step
from server.admission.telling import tell_department
from server.audit.service import record
from server.db.engine import Tx
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload
from server.domain.session import Session, SessionState
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest, require_remark
from server.scheduler.publishing import still_called, title_of
from server.scheduler.states import Step, after_step, require_not_issued
from server.street import store as street


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
    left = await store.remove_item(tx, session.id, request.id)
    payload: Payload = {"removed": [request.number]}
    kind = EventKind.SESSION_CHANGED
    if left:
        released = await _release(tx, session)
        payload |= {"released": released} if released else {}
    else:
        await store.set_state(tx, session.id, SessionState.CANCELLED, desk.clock.now())
        kind = EventKind.SESSION_CANCELLED
    await record(tx, desk.clock, kind, actor=desk.actor, payload=payload, session_id=session.id)


async def _release(tx: Tx, before: Session) -> list[int]:
    """Call nobody any more whom nothing left of a session names; return those committees."""
    numbers = [item.request_id for item in before.items if item.request_id]
    requests = {number: await store.read_request(tx, number) for number in numbers}
    now = await store.load_session(tx, before.id)
    needed = still_called(now, requests)
    owners = {v.id: v.committee_id for v in await street.load_venues(tx) if v.committee_id}
    roster = {v: owners[v] for v in now.venue_ids if v in owners}
    gone = {} if needed is None else {v: c for v, c in roster.items() if c not in needed}
    title = before.title
    if len(numbers) == len(before.items) and title == title_of([requests[n] for n in numbers]):
        title = title_of([requests[item.request_id or 0] for item in now.items])
    await store.narrow_session(tx, before.id, title=title, gone_venue_ids=gone)
    return sorted(gone.values())
