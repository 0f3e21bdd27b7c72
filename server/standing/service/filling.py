"""Enters who gets minutes of a meeting: whoever does now is placed, whoever does not is told."""

from dataclasses import replace

from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError
from server.domain.session import SessionState
from server.merging.instance.model import Overflow
from server.scheduler import service as merging
from server.scheduler import store as scheduler
from server.scheduler.filing import FiledRequest
from server.scheduler.store import hosting
from server.standing.filling import bids_of, fill_session
from server.standing.model import Occurrence, StandingMeeting
from server.standing.occurring import Cell, cell_of
from server.standing.service.desk import Desk, Street
from server.standing.service.scheduling import Dropped, Scribe, drop
from server.standing.service.telling import tell_dropped


async def refill(
    tx: Tx, desk: Desk, street: Street, meeting: StandingMeeting, occurrence: Occurrence
) -> None:
    """Hand out a meeting's free minutes anew; the series is locked, so nobody else does.

    A closed agenda, or one that is not to be held, stays as it is. Whoever may not come after all
    (the half-day is blocked, somebody would be called anew) goes on waiting.
    """
    session = await scheduler.load_session(tx, occurrence.session.id)
    late = session.starts_at <= desk.convener.clock.now()
    if session.fixed or late or session.state is not SessionState.SCHEDULED:
        return
    bids = {r.id: r for r in await _bids(tx, street, session.id)}
    filling = fill_session(session, bids.values())
    scribe = Scribe(desk.convener.clock, desk.actor)
    dropped: list[Dropped] = []
    for request_id in filling.waiting:
        if bids[request_id].session_id == session.id:
            dropped.append(await drop(tx, scribe, session, bids[request_id]))
    for request_id in filling.seated:
        if bids[request_id].session_id is None:
            await _place(tx, desk, bids[request_id], cell_of(session.starts_at))
    key = f"displaced:{session.id}"
    await tell_dropped(tx, desk.convener, dropped, key, "displaced")


async def _bids(tx: Tx, street: Street, session_id: int) -> list[FiledRequest]:
    return bids_of(session_id, await hosting.load_about(tx, street.names, [session_id]))


async def _place(tx: Tx, desk: Desk, request: FiledRequest, spot: Cell) -> None:
    """Place a request in a half-day when that is legal; else it goes on waiting."""
    try:
        await merging.place_at_once(
            tx,
            desk.convener.clock,
            desk.login,
            request,
            spot=spot,
            overflow=Overflow.REJECT,
        )
    except ConflictError:
        return


def widened(request: FiledRequest, occurrence: Occurrence) -> FiledRequest:
    """Return a request whose window reaches to an occurrence, which it wishes to ride on."""
    day = occurrence.session.starts_at.astimezone(SITE_ZONE).date()
    filing = request.filing
    window = replace(filing, earliest=min(filing.earliest, day), deadline=max(filing.deadline, day))
    return replace(request, filing=window, wish_id=occurrence.session.id)
