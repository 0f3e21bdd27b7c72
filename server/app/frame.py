"""What no feature owns: the frame of every page, health, static files, our authority."""

import logging

from aiohttp import web
from aiohttp.typedefs import Handler

from server import __version__
from server.app.keys import AUTHORITY, MEDIA
from server.auth.guard import attach_login, login_of, role_of
from server.auth.model import Role
from server.auth.permissions import OPERATORS
from server.conference.routes import CONFERENCES
from server.digest.views import count_unread
from server.domain.errors import NotFoundError
from server.library.store import count_waiting
from server.media.client import WorkerUnavailable
from server.pages.context import (
    CLOCK,
    DATABASE,
    RENDERER,
    visit_of,
)
from server.portal.menu import menu_for
from server.street import store as street_store

log = logging.getLogger("pinhui.app")


_DOORS = frozenset({"ws", "rtc.post", "rtc.delete", "whip.post", "whep.post"})
_BARE_ROUTES = _DOORS | {"static", "health", "authority"}
_YEAR = "public, max-age=31536000, immutable"


@web.middleware
async def furnish(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give pages their frame: the street's name and telephone, and the menu of the role."""
    if request.match_info.route.name in _BARE_ROUTES:
        return await handler(request)
    visit = visit_of(request)
    await attach_login(request)
    async with request.app[DATABASE].view() as tx:
        office = await street_store.load_office(tx)
    if office is not None:
        visit.street, visit.phone = office.name, office.phone
    counts = {"/digest": await _unread(request), "/library": await _waiting(request)}
    visit.menu = menu_for(role_of(request), request.path, counts)
    return await handler(request)


async def _unread(request: web.Request) -> int:
    """Return how many entries of digests a secretary has not read; 0 for everybody else."""
    if role_of(request) is not Role.SECRETARY:
        return 0
    async with request.app[DATABASE].view() as tx:
        return await count_unread(tx, login_of(request), request.app[CLOCK].now())


async def _waiting(request: web.Request) -> int:
    """Return how many experience videos wait for the word of a leader or the office; else 0."""
    if role_of(request) not in OPERATORS:
        return 0
    async with request.app[DATABASE].view() as tx:
        return await count_waiting(tx, login_of(request).account_id)


async def show_health(http: web.Request) -> web.Response:
    """Answer with the state of the parts as JSON; 503 when the database is away.

    There is no worker in it while one that died is being replaced.
    """
    try:
        await http.app[DATABASE].ping()
    except Exception:
        log.exception("the database does not answer")
        return web.json_response({"version": __version__, "database": "away"}, status=503)
    try:
        stats = await http.app[MEDIA].stats()
        workers = [{"core": stats.core, "media_core": stats.media_core, "pid": stats.pid}]
    except WorkerUnavailable:
        workers = []
    live = [
        {
            "id": conference.state.session_id,
            "title": conference.state.title,
            "expected": len(conference.state.venues),
            "connected": sum(bool(v.peers) for v in conference.state.venues),
        }
        for conference in http.app[CONFERENCES].running
    ]
    return web.json_response(
        {"version": __version__, "database": "ok", "workers": workers, "sessions": live}
    )


async def serve_static(http: web.Request) -> web.StreamResponse:
    """Serve a static file under the version that is in its address; others do not exist."""
    static = http.app[RENDERER].static
    file = static.find(http.match_info["path"])
    if file is None or http.match_info["version"] != static.version:
        raise web.HTTPNotFound
    return web.Response(
        body=file.body,
        content_type=file.content_type,
        charset="utf-8",
        headers={"Cache-Control": _YEAR},
    )


async def serve_authority(http: web.Request) -> web.StreamResponse:
    """Serve the certificate of our authority, which every venue PC installs once (see docs)."""
    file = http.app[AUTHORITY]
    if not file.is_file():
        raise NotFoundError("no_authority")
    headers = {
        "Content-Type": "application/x-x509-ca-cert",
        "Content-Disposition": 'attachment; filename="pinhui-ca.crt"',
    }
    return web.FileResponse(file, headers=headers)
