"""The pages of a live session: a branch venue's by its link, the main venue's by login."""

from aiohttp import web

from server.auth.guard import login_of
from server.conference.service import Conferences
from server.domain.errors import NotFoundError
from server.pages.context import DATABASE, SECRET, page, redirect, visit_of
from server.scheduler import store as sessions
from server.street import store as street
from server.street.service import find_venue

CONFERENCES: web.AppKey[Conferences] = web.AppKey("conferences", Conferences)


async def show_branch(http: web.Request) -> web.Response:
    """Show a branch venue's page; its link is all it needs.

    The page is told whether a session is open, so that its media need not wait for the websocket.
    """
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        venue = await find_venue(tx, http.app[SECRET], token)
        office = await street.load_office(tx)
    if office is not None:
        visit = visit_of(http)
        visit.street, visit.phone = office.name, office.phone
    open_now = http.app[CONFERENCES].of_branch(venue.id) is not None
    return page(http, "live/branch.html", venue=venue, token=token, open=open_now)


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


async def join_own_venue(http: web.Request) -> web.Response:
    """Lead a secretary from the first screen into the committee's own venue."""
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
        tokens = await street.load_tokens(tx, http.app[SECRET])
    own = next((v for v in venues if v.committee_id == login.committee_id), None)
    if own is None or login.committee_id is None:
        raise NotFoundError("no_venue_of_yours")
    return redirect(f"/j/{tokens[own.id]}")


ROUTES = [
    web.get("/join", join_own_venue, name="join"),
    web.get("/j/{token}", show_branch, name="branch"),
    web.get("/live/{session}", show_wall, name="live"),
]
