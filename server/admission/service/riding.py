"""Riding on a session that calls the same people anyway (搭便车), before filing and after."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date

from server.admission.service.desk import Desk, own_request
from server.db.engine import Tx
from server.domain.session import SessionState
from server.merging.instance.model import Overflow
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import PENDING, Approval, FiledRequest, Filing, RequestState
from server.scheduler.problem import Situation
from server.scheduler.publishing import moment_of
from server.scheduler.suggest import Advice, Suggestion, advise_on
from server.street import store as street


def give_advice(situation: Situation, filing: Filing) -> Advice:
    """Return what could be done with a filing that is sound, as if nobody had a say yet."""
    draft = FiledRequest(
        id=0,
        filing=filing,
        department="",
        state=RequestState.DRAFT,
        approval=Approval.PENDING,
        filed_at=moment_of(situation.today, 0),
        session_id=None,
        digest_on=None,
        reason=None,
    )
    return advise_on(situation, draft)


async def wish_of(tx: Tx, wish_id: int | None) -> int | None:
    """Return the wish when it is a session that can still be shared."""
    if wish_id is None:
        return None
    coming = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    return wish_id if wish_id in {session.id for session in coming} else None


async def ride_at_once(desk: Desk, request_id: int, session_id: int) -> bool:
    """Place a submitted request on a session at once when that is legal; return whether it was.

    Legal is what calls nobody anew and breaks no quota; anything else waits for the next merge,
    with the session as its wish.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    async with desk.db.tx() as tx:
        request = await own_request(tx, desk, request_id)
        request = replace(request, wish_id=await wish_of(tx, session_id))
        await store.save_filed(tx, request)
        ride = await _ride(tx, desk, request)
        if ride is None:
            return False
        names = {d.id: d.name for d in await street.load_departments(tx)}
        request = replace(request, department=names[request.filing.department_id])
        await merging.place_at_once(
            tx,
            desk.clock,
            desk.login,
            request,
            spot=(ride.date, ride.half),
            overflow=Overflow.REJECT,
        )
    return True


async def _ride(tx: Tx, desk: Desk, request: FiledRequest) -> Suggestion | None:
    if request.state not in PENDING or request.filing.read_only:
        return None
    situation = await merging.load_situation(tx, desk.clock.now())
    found = advise_on(situation, request).suggestions
    return next((s for s in found if s.ride == request.wish_id and s.at_once), None)


async def suggestions_for(tx: Tx, desk: Desk, request: FiledRequest) -> tuple[Suggestion, ...]:
    """Return what could be done with a request that waits, the fewest trips first."""
    situation = await merging.load_situation(tx, desk.clock.now())
    return advise_on(situation, request).suggestions


async def place(
    tx: Tx,
    desk: Desk,
    request: FiledRequest,
    spot: tuple[date, str],
    overflow: Overflow,
    *,
    signed: Collection[SignedException] = (),
) -> None:
    """Place a request that waits in a half-day, a day and its half, at once.

    Args:
        tx: the transaction.
        desk: who decided.
        request: it waits.
        spot: the day and the half-day.
        overflow: ESCALATE when a leader has signed the calls above quotas.
        signed: the calls that were put before the leader.

    Raises:
        ConflictError: ``spot_taken`` when it does not fit there, or not any more.
    """
    names = {d.id: d.name for d in await street.load_departments(tx)}
    named = replace(request, department=names[request.filing.department_id])
    await merging.place_at_once(
        tx, desk.clock, desk.login, named, spot=spot, overflow=overflow, signed=signed
    )
