"""The one place where things are built and wired: database, pages, guards, routes."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from server import __version__
from server.auth import routes as auth_routes
from server.auth.guard import attach_login, guard, role_of
from server.config import Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.clock import Clock, SystemClock
from server.pages import middleware
from server.pages.context import CLOCK, DATABASE, RENDERER, SECRET, visit_of
from server.pages.render import Renderer
from server.portal import routes as portal_routes
from server.portal.menu import menu_for
from server.street import routes as street_routes
from server.street import store as street_store

log = logging.getLogger("pinhui.app")

MAX_UPLOAD = 4 * 1024 * 1024
_BARE_ROUTES = frozenset({"static", "health"})
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
    visit.menu = menu_for(role_of(request), request.path)
    return await handler(request)


async def show_health(http: web.Request) -> web.Response:
    """Answer with the state of the parts as JSON; 503 when the database is away."""
    try:
        await http.app[DATABASE].ping()
    except Exception:
        log.exception("the database does not answer")
        return web.json_response({"version": __version__, "database": "away"}, status=503)
    return web.json_response(
        {"version": __version__, "database": "ok", "workers": [], "sessions": []}
    )


async def serve_static(http: web.Request) -> web.StreamResponse:
    """Serve a static file under the version that is in its address; others do not exist."""
    renderer = http.app[RENDERER]
    root: Path = renderer.static_folder.resolve()
    file = (root / http.match_info["path"]).resolve()
    current = renderer.static_root.endswith("/" + http.match_info["version"])
    if not current or not file.is_relative_to(root) or not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file, headers={"Cache-Control": _YEAR})


def build_app(settings: Settings, clock: Clock | None = None) -> web.Application:
    """Return the application, ready to be served; its database must be migrated already.

    Args:
        settings: the frozen settings of this run.
        clock: the time; the computer's own unless a test brings another.
    """
    app = web.Application(
        client_max_size=MAX_UPLOAD,
        middlewares=[
            middleware.security_headers,
            middleware.errors_to_answers,
            middleware.attach_visit,
            middleware.refuse_forgery,
            furnish,
            guard,
        ],
    )
    app[DATABASE] = Database(settings.database)
    app[CLOCK] = clock or SystemClock()
    app[RENDERER] = Renderer(settings.web_dir)
    app[SECRET] = load_secret(settings.data_dir)
    app.add_routes(
        [
            *auth_routes.ROUTES,
            *portal_routes.ROUTES,
            *street_routes.ROUTES,
            web.get("/healthz", show_health, name="health"),
            web.get("/static/{version}/{path:.+}", serve_static, name="static"),
        ]
    )
    app.on_cleanup.append(_close_database)
    return app


async def _close_database(app: web.Application) -> None:
    await app[DATABASE].close()


async def serve(settings: Settings, clock: Clock | None = None) -> int:
    """Bring the database up to date and serve until the process is told to stop.

    Returns:
        The exit status, 0.

    Raises:
        OSError: when the port is taken.
    """
    async with running(settings, clock):
        await told_to_stop()
    return 0


@asynccontextmanager
async def running(settings: Settings, clock: Clock | None = None) -> AsyncIterator[web.Application]:
    """Serve for the length of the block; the application is handed to it."""
    await asyncio.to_thread(upgrade, settings.database)
    app = build_app(settings, clock)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
        log.info("serving on http://%s:%s", settings.host, settings.port)
        yield app
    finally:
        await runner.cleanup()


async def told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
