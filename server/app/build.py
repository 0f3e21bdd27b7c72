"""The one place where things are built and wired: database, pages, guards, routes."""

import socket

from aiohttp import web

from server import tls
from server.admission import routes as admission_routes
from server.app.address import certified_names
from server.app.frame import furnish, serve_authority, serve_static, show_health
from server.app.keys import AUTHORITY, MEDIA, TIMER
from server.app.letters import add_letters
from server.app.live import (
    add_conferences,
    add_device_checks,
    add_materials,
    add_recordings,
    tell_running_sessions,
    time_sessions,
)
from server.app.office import add_backups, add_keeping, add_library, add_reports, add_search
from server.app.worker import Relay, StartMedia, start_worker
from server.attendance import routes as attendance_routes
from server.auth import routes as auth_routes
from server.auth.guard import guard
from server.board import routes as board_routes
from server.burden import routes as burden_routes
from server.conference import routes as conference_routes
from server.conference.routes import CONFERENCES
from server.config import Settings, load_secret
from server.db.engine import Database
from server.devicecheck import routes as check_routes
from server.digest import routes as digest_routes
from server.domain.clock import Clock, SystemClock
from server.intake import routes as intake_routes
from server.invitation import routes as invitation_routes
from server.library import routes as library_routes
from server.materials import routes as material_routes
from server.pages import middleware
from server.pages.context import (
    CLOCK,
    DATABASE,
    LANGUAGE,
    RENDERER,
    ROOM,
    SECRET,
)
from server.pages.render import Renderer
from server.portal import routes as portal_routes
from server.recording import routes as recording_routes
from server.scheduler import routes as scheduler_routes
from server.scheduler import store as scheduler_store
from server.scheduler import workday_keeping
from server.signaling import whip, ws
from server.standing import routes as standing_routes
from server.street import routes as street_routes
from server.street import store as street_store
from server.timers.jobs import Timer

MAX_BODY = 256 * 1024
MAX_TABLE = 4 * 1024 * 1024


async def build_app(
    settings: Settings, clock: Clock | None = None, start_media: StartMedia = start_worker
) -> web.Application:
    """Return the application, ready to be served; its database must be migrated already.

    Args:
        settings: the frozen settings of this run.
        clock: the time; the computer's own unless a test brings another.
        start_media: how the media plane comes up; tests may bring another.
    """
    app = web.Application(client_max_size=MAX_BODY, middlewares=_MIDDLEWARES)
    _lay_ground(app, settings, clock or SystemClock())
    add_keeping(app, settings)
    relay = Relay()
    app[MEDIA] = await start_media(settings, relay)
    app[ws.HUB] = hub = ws.Hub(app[DATABASE], app[CLOCK])
    hub.conferences = add_conferences(app, settings)
    await app[CONFERENCES].restore()
    await workday_keeping.seed(app[DATABASE], app[CLOCK])
    relay.lead_to(add_device_checks(app))
    tell_running_sessions(app)
    # the port is this process's alone, so nobody else on this computer has the name
    app[TIMER] = Timer(app[DATABASE], app[CLOCK], f"{socket.gethostname()}:{settings.port}")
    for add in (time_sessions, add_materials, add_recordings, add_library, add_backups):
        add(app, settings)
    add_letters(app, settings)
    add_search(app)
    add_reports(app, settings)
    app.add_routes(_ROUTES)
    app.on_shutdown.append(ws.close_sockets)
    app.on_cleanup.append(_close_database)
    return app


def _lay_ground(app: web.Application, settings: Settings, clock: Clock) -> None:
    """Put in place what features find there: database, clock, pages, secret, names, sizes."""
    app[DATABASE] = Database(settings.database)
    app[CLOCK] = clock
    app[RENDERER] = Renderer(settings.web_dir)
    app[SECRET] = load_secret(settings.data_dir)
    app[LANGUAGE] = settings.language
    app[AUTHORITY] = tls.files_of(settings.data_dir).authority
    app[ROOM] = _room()
    app[street_routes.DRAFT] = settings.data_dir / "setup.json"
    app[street_routes.HOSTS] = tuple(certified_names(settings))
    app[street_routes.EXPECTING] = scheduler_store.load_expecting
    app[admission_routes.FILES] = settings.data_dir / "files"
    app[auth_routes.PLACES] = street_store.load_places


def _room() -> dict[str, int]:
    """Return how many bytes forms with files may have, by route."""
    return dict.fromkeys(("book.post", "request.edit.post"), admission_routes.MOST_BYTES) | {
        "setup.step.post": MAX_TABLE,
        **dict.fromkeys(intake_routes.POSTS, MAX_TABLE),
        material_routes.ADDING: material_routes.MOST_BYTES,
    }


async def _close_database(app: web.Application) -> None:
    await app[DATABASE].close()


_MIDDLEWARES = (
    middleware.security_headers,
    middleware.attach_visit,
    middleware.errors_to_answers,
    middleware.refuse_foreign,
    furnish,
    guard,
    middleware.refuse_forgery,
)
_ROUTES = [
    *auth_routes.ROUTES,
    *portal_routes.ROUTES,
    *street_routes.ROUTES,
    *intake_routes.ROUTES,
    *scheduler_routes.ROUTES,
    *invitation_routes.ROUTES,
    *admission_routes.ROUTES,
    *digest_routes.ROUTES,
    *standing_routes.ROUTES,
    *board_routes.ROUTES,
    *conference_routes.ROUTES,
    *material_routes.ROUTES,
    *check_routes.ROUTES,
    *attendance_routes.ROUTES,
    *burden_routes.ROUTES,
    *recording_routes.ROUTES,
    *library_routes.ROUTES,
    *ws.ROUTES,
    *whip.ROUTES,
    web.get("/healthz", show_health, name="health"),
    web.get("/ca.pem", serve_authority, name="authority"),
    web.get("/static/{version}/{path:.+}", serve_static, name="static"),
]
