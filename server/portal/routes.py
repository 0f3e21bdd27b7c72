"""The first screen of each role, and the health of the installation."""

from aiohttp import web

from server.auth.guard import login_of
from server.domain.session import SessionState
from server.pages.context import CLOCK, DATABASE, page
from server.scheduler import store as sessions

COMING = (SessionState.OPEN, SessionState.SCHEDULED)


async def show_home(http: web.Request) -> web.Response:
    """Show what matters now to the role of the login."""
    now = http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        coming = await sessions.load_sessions(tx, states=COMING, since=now)
    return page(http, "portal/home.html", login=login_of(http), coming=coming, now=now)


ROUTES = [web.get("/", show_home, name="home")]
