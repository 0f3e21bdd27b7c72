"""The pages of a live session: a branch's and an observer's by their link, the main's by login."""

from aiohttp import web

from server.auth.guard import login_of
from server.conference.links import find_session, load_serial, make_link, revoke_link
from server.conference.observers import observer_token
from server.conference.service.running import Conferences
from server.domain.errors import NotFoundError
from server.pages.context import CLOCK, DATABASE, SECRET, page, redirect, visit_of
from server.scheduler import store as sessions
from server.street import store as street
from server.street.service import find_venue

CONFERENCES: web.AppKey[Conferences] = web.AppKey("conferences", Conferences)
RECORDING_SCOPE: web.AppKey[str] = web.AppKey("recording_scope", str)
"""What of a session is recorded unless the chair says otherwise."""


async def show_branch(http: web.Request) -> web.Response:
    """Show a branch venue's page; its link is all it needs.

    The page is told whether a session is open, so that its media need not wait for the websocket.
    """
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        venue = await find_venue(tx, http.app[SECRET], token)
    open_now = http.app[CONFERENCES].of_branch(venue.id) is not None
    return page(http, "live/branch.html", venue=venue, token=token, open=open_now)


def _session_of(http: web.Request) -> int:
    session_id = http.match_info["session"]
    if not session_id.isascii() or not session_id.isdigit() or len(session_id) > 9:
        raise NotFoundError("no_such_session")
    return int(session_id)


async def _show_main(http: web.Request, template: str, *, tiles: bool = True) -> web.Response:
    """Show a page of the main venue with the session's roster."""
    async with http.app[DATABASE].view() as tx:
        session = await sessions.load_session(tx, _session_of(http))
        venues = await street.load_venues(tx)
    expected = [v for v in venues if v.number == 0 or v.id in session.venue_ids]
    scope = http.app[RECORDING_SCOPE]
    return page(http, template, session=session, venues=expected, tiles=tiles, scope=scope)


async def show_wall(http: web.Request) -> web.Response:
    """Show the main venue's wall of one session."""
    return await _show_main(http, "live/wall.html")


async def show_screen(http: web.Request) -> web.Response:
    """Show a second screen of the main venue: the big picture alone, or the tiles alone."""
    tiles = http.query.get("show") == "tiles"
    return await _show_main(http, "live/screen.html", tiles=tiles)


async def show_observer(http: web.Request) -> web.Response:
    """Show the page of an observer; its link is all it needs."""
    token = http.match_info["token"]
    async with http.app[DATABASE].view() as tx:
        session = await find_session(tx, http.app[SECRET], token)
        office = await street.load_office(tx)
    if office is not None:
        visit = visit_of(http)
        visit.street, visit.phone = office.name, office.phone
    return page(http, "live/observer.html", session=session, token=token)


async def show_observers(http: web.Request) -> web.Response:
    """Show the observers' link of a session, and how many watch by it now."""
    session_id = _session_of(http)
    async with http.app[DATABASE].view() as tx:
        session = await sessions.load_session(tx, session_id)
        serial = await load_serial(tx, session_id)
    running = {c.state.session_id: c for c in http.app[CONFERENCES].running}
    conference = running.get(session_id)
    link = ""
    if serial:
        token = observer_token(http.app[SECRET], session_id, serial)
        link = f"{http.url.origin()}/watch/{token}"
    watching = len(conference.state.observers) if conference else 0
    return page(http, "live/observers.html", session=session, link=link, watching=watching)


async def make_observers_link(http: web.Request) -> web.Response:
    """Make the observers' link of a session; a former one opens nothing any more."""
    session_id, actor = _session_of(http), f"login:{login_of(http).account_id}"
    serial = await make_link(http.app[DATABASE], http.app[CLOCK], session_id, actor)
    if serial > 1:
        await http.app[CONFERENCES].doors.turn_out_observers(session_id)
    return redirect(f"/live/{session_id}/observers")


async def revoke_observers_link(http: web.Request) -> web.Response:
    """Revoke the observers' link of a session; who came by it is turned out."""
    session_id, actor = _session_of(http), f"login:{login_of(http).account_id}"
    if await revoke_link(http.app[DATABASE], http.app[CLOCK], session_id, actor):
        await http.app[CONFERENCES].doors.turn_out_observers(session_id)
    return redirect(f"/live/{session_id}/observers")


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
    web.get("/live/{session}/screen", show_screen, name="live.screen"),
    web.get("/live/{session}/observers", show_observers, name="observers"),
    web.post("/live/{session}/observers", make_observers_link, name="observers.post"),
    web.post(
        "/live/{session}/observers/revoke", revoke_observers_link, name="observers.revoke.post"
    ),
    web.get("/watch/{token}", show_observer, name="observer"),
]
