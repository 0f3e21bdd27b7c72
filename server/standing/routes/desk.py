"""What the pages of standing meetings share: who is at work, and what was just done."""

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.db.engine import Tx
from server.domain.events import Recorded
from server.pages.context import whole_number
from server.standing.service.desk import Convener, Desk

CONVENER: web.AppKey[Convener] = web.AppKey("convener", Convener)


def desk_of(http: web.Request) -> Desk:
    """Return the login of a request as one who works on standing meetings."""
    return Desk(http.app[CONVENER], login_of(http))


async def told_event(tx: Tx, http: web.Request) -> Recorded | None:
    """Return the event that the address tells of, when it is the login's own."""
    sequence = whole_number(http.query.get("event", ""))
    event = await load_event(tx, sequence) if sequence else None
    return event if event is not None and event.actor == desk_of(http).actor else None
