"""What the pages of standing meetings share: who is at work, and numbers in addresses."""

from aiohttp import web

from server.audit.store import load_event
from server.auth.guard import login_of
from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.events import Recorded
from server.pages.context import many
from server.standing.service.desk import Convener, Desk

CONVENER: web.AppKey[Convener] = web.AppKey("convener", Convener)


def desk_of(http: web.Request) -> Desk:
    """Return the login of a request as one who works on standing meetings."""
    return Desk(http.app[CONVENER], login_of(http))


def id_of(http: web.Request, name: str) -> int:
    """Return the number in an address.

    Raises:
        NotFoundError: ``no_such_page`` when there is none.
    """
    found = many([http.match_info[name]])
    if not found:
        raise NotFoundError("no_such_page")
    return found[0]


def only_number(text: str) -> int:
    """Return the whole number of a field, 0 for anything else."""
    return next(iter(many([text])), 0)


async def told_event(tx: Tx, http: web.Request) -> Recorded | None:
    """Return the event that the address tells of, when it is the login's own."""
    sequence = only_number(http.query.get("event", ""))
    event = await load_event(tx, sequence) if sequence else None
    return event if event is not None and event.actor == desk_of(http).actor else None
