"""The pages of a live session: a branch venue's by its link, the main venue's by login."""

from aiohttp import web

from server.domain.errors import NotFoundError
from server.pages.context import DATABASE, page, visit_of
from server.scheduler import store as sessions
from server.street import store as street


async def show_branch(http: web.Request) -> web.Response:
    """Show a branch venue's page; its link is all it needs."""
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        venue = await street.load_venue_by_token(tx, token)
        office = await street.load_office(tx)
    if venue is None:
        raise NotFoundError("no_such_venue_link")
    if office is not None:
        visit = visit_of(http)
        visit.street, visit.phone = office.name, office.phone
    return page(http, "live/branch.html", venue=venue, token=token)


async def show_wall(http: web.Request) -> web.Response:
    """Show the main venue's wall of one session."""
    session_id = http.match_info["session"]
    if not session_id.isascii() or not session_id.isdigit() or len(session_id) > 9:
        raise NotFoundError("no_such_session")
    async with http.app[DATABASE].view() as tx:
        session = await sessions.load_session(tx, int(session_id))
        venues = await street.load_venues(tx)
    expected = [v for v in venues if v.number == 0 or v.id in session.venue_ids]
    return page(http, "live/wall.html", session=session, venues=expected)


ROUTES = [
    web.get("/j/{token}", show_branch, name="branch"),
    web.get("/live/{session}", show_wall, name="live"),
]
