"""A request leaves its session: its item goes, and with it whoever was called for it alone."""

from dataclasses import dataclass

from server.db.engine import Tx
from server.domain.session import Session
from server.scheduler import store
from server.scheduler.publishing import still_called, title_of
from server.street import store as street


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a session: how many ``items``, and the committees called no more, sorted."""

    items: int
    released: tuple[int, ...] = ()


async def take_out_item(tx: Tx, session: Session, request_id: int) -> Left:
    """Take a request's item out of a scheduled session and call nobody any more for it.

    Committees that no item left names leave the roster; a session that was called after its
    requests is called after those left. Without any item left the roster stays as it was, for
    whoever cancels the session.

    Args:
        tx: the transaction.
        session: as it is before.
        request_id: whose item goes.
    """
    if not await store.remove_item(tx, session.id, request_id):
        return Left(0)
    numbers = [item.request_id for item in session.items if item.request_id]
    requests = {number: await store.read_request(tx, number) for number in numbers}
    now = await store.load_session(tx, session.id)
    needed = still_called(now, requests)
    owners = {v.id: v.committee_id for v in await street.load_venues(tx) if v.committee_id}
    roster = {v: owners[v] for v in now.venue_ids if v in owners}
    gone = {} if needed is None else {v: c for v, c in roster.items() if c not in needed}
    title = session.title
    if len(numbers) == len(session.items) and title == title_of([requests[n] for n in numbers]):
        title = title_of([requests[item.request_id or 0] for item in now.items])
    await store.narrow_session(tx, session.id, title=title, gone_venue_ids=gone)
    return Left(len(now.items), tuple(sorted(gone.values())))
