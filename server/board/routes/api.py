"""The JSON that the board's page works with; the shapes are in docs/board.md."""

from aiohttp import web

from server.domain.clock import SITE_ZONE
from server.pages.context import CLOCK


async def show_state(http: web.Request) -> web.Response:
    """Answer with the working plan."""
    today = http.app[CLOCK].now().astimezone(SITE_ZONE).date()
    state: dict[str, object] = {
        "version": 0,
        "published": None,
        "today": today.isoformat(),
        "weeks": [],
    }
    return web.json_response(state)


ROUTES = [web.get("/board/state", show_state, name="board.state")]
