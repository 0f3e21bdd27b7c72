"""The one place where things are built and wired: database, pages, guards, routes."""

import asyncio
import gc
import ipaddress
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from server import __version__, tls
from server.admission import files as admission_files
from server.admission import routes as admission_routes
from server.admission import vault
from server.admission.store import load_attachments
from server.attendance import routes as attendance_routes
from server.attendance.service import Turnstile
from server.audit import service as audit
from server.auth import routes as auth_routes
from server.auth.guard import attach_login, guard, login_of, role_of
from server.auth.model import Role
from server.auth.permissions import OPERATORS
from server.backup.jobs import LOOK_SECONDS as LOOK_FOR_NIGHT
from server.backup.jobs import Nightly
from server.board import routes as board_routes
from server.board.jobs import board_jobs
from server.board.routes import api as board_api
from server.board.service.searching import Solver
from server.burden import routes as burden_routes
from server.burden.export import Press
from server.burden.jobs import LOOK_SECONDS, Monthly, folding_jobs
from server.burden.service import forget_erased
from server.conference import routes as conference_routes
from server.conference.jobs import keep_time, session_jobs
from server.conference.ports import Media
from server.conference.recording import SCOPES
from server.conference.routes import CONFERENCES
from server.conference.service.running import Conferences
from server.config import CannotStartError, Settings, find_office, load_secret
from server.db.engine import Database, Tx
from server.db.migrate import upgrade
from server.devicecheck import routes as check_routes
from server.devicecheck.service import DeviceChecks, is_of_a_check
from server.digest import routes as digest_routes
from server.digest.jobs import digest_jobs
from server.digest.model import DigestFile
from server.digest.service import Digester
from server.digest.views import count_unread
from server.domain.clock import Clock, SystemClock
from server.domain.errors import NotFoundError
from server.intake import routes as intake_routes
from server.invitation import routes as invitation_routes
from server.invitation.ics import MOST_BYTES
from server.invitation.jobs import invitation_jobs
from server.invitation.service import Inviter, receive
from server.library import routes as library_routes
from server.library.export import VideoShelf
from server.library.service.desk import Librarian
from server.library.service.keeping import load_sizes
from server.library.service.keeping import sweep as sweep_library
from server.library.store import count_waiting
from server.mail.jobs import SEND_SECONDS, Postman, emptying_jobs
from server.mail.receiving import POLL_SECONDS, Collector
from server.materials import model as material_model
from server.materials import routes as material_routes
from server.materials.export import PageMaker
from server.materials.service import Materials, Shelf
from server.media.client import MediaClient, OnEvent, WorkerSettings, WorkerUnavailable
from server.media.launch import MEDIA_CORES
from server.media.model import MediaEvent
from server.pages import middleware
from server.pages.context import (
    CLOCK,
    DATABASE,
    LANGUAGE,
    PAPER,
    RENDERER,
    ROOM,
    SECRET,
    visit_of,
)
from server.pages.export import PaperMaker
from server.pages.render import Renderer
from server.portal import routes as portal_routes
from server.portal.menu import menu_for
from server.recording import routes as recording_routes
from server.recording.export import Films
from server.recording.jobs import sealing_jobs
from server.recording.keeping import sweep
from server.recording.watched import Tally
from server.scheduler import routes as scheduler_routes
from server.scheduler import store as scheduler_store
from server.scheduler import workday_keeping
from server.signaling import whip, ws
from server.standing import routes as standing_routes
from server.standing.jobs import standing_jobs
from server.standing.service.desk import Convener
from server.standing.service.moving import follow_hall
from server.standing.service.scheduling import Scribe
from server.street import routes as street_routes
from server.street import store as street_store
from server.street.keeper import FollowHall
from server.street.service import needs_setup
from server.street.tokens import setup_token
from server.timers.jobs import Timer

log = logging.getLogger("pinhui.app")

TIMER: web.AppKey[Timer] = web.AppKey("timer", Timer)
MEDIA: web.AppKey[Media] = web.AppKey("media", Media)
AUTHORITY: web.AppKey[Path] = web.AppKey("authority", Path)

MAX_BODY = 256 * 1024
MAX_TABLE = 4 * 1024 * 1024
_DOORS = frozenset({"ws", "rtc.post", "rtc.delete", "whip.post", "whep.post"})
_BARE_ROUTES = _DOORS | {"static", "health", "authority"}
_FIRST_PAGES = (
    *("parts/macros.html", "base.html", "live/room.html", "live/branch.html"),
    *("attendance/session.html", "attendance/items.html", "attendance/people.html"),
    *("attendance/parts.html", "attendance/paper.html"),
    *("burden/report.html", "burden/parts.html", "burden/paper.html", "parts/charts.html"),
)
"""Templates compiled beforehand, the venue's page first: nobody is to wait for them."""
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


class _Relay:
    """Hands media events to the conferences, built after the media plane they listen to."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._target: OnEvent | None = None

    def lead_to(self, target: OnEvent) -> None:
        """Let events through to ``target`` from now on."""
        self._target = target
        self._ready.set()

    async def __call__(self, event: MediaEvent) -> None:
        await self._ready.wait()
        if self._target is not None:
            await self._target(event)


StartMedia = Callable[[Settings, OnEvent], Awaitable[Media]]


async def start_worker(settings: Settings, on_event: OnEvent) -> MediaClient:
    """Adopt the media worker of this installation, or start one.

    Raises:
        CannotStartError: when it ends at once, with its last words, or for a core unheard of.
    """
    run_dir = (settings.data_dir / "run").absolute()
    run_dir.mkdir(parents=True, exist_ok=True)
    if settings.media_core not in MEDIA_CORES:
        raise CannotStartError(
            f"设置 media_core 不能是 {settings.media_core}，只能是 auto、python 或 c\n"
            f"The setting media_core cannot be {settings.media_core}: auto, python or c"
        )
    worker = WorkerSettings(
        settings.media_port, settings.announce, run_dir, core=settings.media_core
    )
    logger = logging.getLogger("pinhui.media")
    try:
        return await MediaClient.start(worker, logger=logger, on_event=on_event)
    except WorkerUnavailable as error:
        raise CannotStartError(
            f"媒体进程没有启动：{error}\nThe media worker did not start: {error}"
        ) from error


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
    app[DATABASE] = Database(settings.database)
    app[CLOCK] = clock or SystemClock()
    app[RENDERER] = Renderer(settings.web_dir)
    app[SECRET] = load_secret(settings.data_dir)
    app[LANGUAGE] = settings.language
    app[AUTHORITY] = tls.files_of(settings.data_dir).authority
    _add_keeping(app, settings)
    app[street_routes.DRAFT] = settings.data_dir / "setup.json"
    app[street_routes.HOSTS] = tuple(_certified_names(settings))
    app[ROOM] = _room()
    app[admission_routes.FILES] = settings.data_dir / "files"
    app[auth_routes.PLACES] = street_store.load_places
    app[street_routes.EXPECTING] = scheduler_store.load_expecting
    relay = _Relay()
    app[MEDIA] = await start_media(settings, relay)
    app[ws.HUB] = hub = ws.Hub(app[DATABASE], app[CLOCK])
    hub.conferences = _add_conferences(app, settings)
    await app[CONFERENCES].restore()
    await workday_keeping.seed(app[DATABASE], app[CLOCK])
    relay.lead_to(_add_device_checks(app))
    _add_materials(app, settings)
    # the port is this process's alone, so nobody else on this computer has the name
    app[TIMER] = Timer(app[DATABASE], app[CLOCK], f"{socket.gethostname()}:{settings.port}")
    _time_sessions(app, settings)
    _add_recordings(app, settings)
    _add_backups(app, settings)
    _tell_running_sessions(app)
    app[portal_routes.POSTMAN] = Postman(
        app[DATABASE], app[CLOCK], settings.mail_server, _sender_name(app[DATABASE])
    )
    app[portal_routes.LETTER_DAYS] = settings.letter_days
    server = settings.mail_server
    app[invitation_routes.INVITER] = inviter = Inviter(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        secret=app[SECRET],
        language=settings.language,
        organizer=server.sender if server else "",
    )
    app[TIMER].register("invitations", invitation_jobs(inviter))
    app[digest_routes.DIGESTER] = digester = Digester(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        secret=app[SECRET],
        language=settings.language,
        address=public_address(settings),
        load_files=_load_digest_files,
        fetch_file=partial(_fetch_file, settings.data_dir / "files"),
    )
    app[TIMER].register("digest", digest_jobs(digester))
    app[standing_routes.CONVENER] = convener = Convener(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        language=settings.language,
        address=public_address(settings),
    )
    app[TIMER].register("standing", standing_jobs(convener))
    app[street_routes.FOLLOW_HALL] = _hall_follower(app[CLOCK])
    app[TIMER].register("letters", emptying_jobs(app[CLOCK], settings.letter_days))
    if server is not None:
        postman = app[portal_routes.POSTMAN]
        app[TIMER].while_leading(SEND_SECONDS, postman.run_due, begin=postman.look_back)
    _read_answers(app, settings)
    app[board_api.SOLVER] = solver = Solver()
    app[TIMER].register("board", board_jobs(app[DATABASE], app[CLOCK], solver))
    app.add_routes(_ROUTES)
    app.on_shutdown.extend((ws.close_sockets, _closer(solver)))
    _add_reports(app, settings)
    app.on_cleanup.append(_stop_letters)
    app.on_cleanup.append(_close_database)
    return app


def _add_keeping(app: web.Application, settings: Settings) -> None:
    """Add how long contents are kept, and what makes signed reports of them."""
    app[attendance_routes.POLICY] = settings.policy
    app[attendance_routes.FORGET] = forget_erased
    app[attendance_routes.TURNSTILE] = Turnstile()
    app[PAPER] = paper = PaperMaker(seal=partial(tls.issue_seal, settings.data_dir))

    async def close(_app: web.Application) -> None:
        await paper.close()

    app.on_shutdown.append(close)


async def _choose_algorithm(app: web.Application, algorithm: str) -> None:
    """Let new events be hashed as is set.

    Raises:
        CannotStartError: for an algorithm unheard of.
    """
    try:
        await audit.use_algorithm(app[DATABASE], app[CLOCK], algorithm)
    except ValueError as error:
        raise CannotStartError(
            f"设置 audit_algorithm 不能是 {algorithm}，只能是 sha256 或 sm3\n"
            f"The setting audit_algorithm cannot be {algorithm}: sha256 or sm3"
        ) from error


def _add_conferences(app: web.Application, settings: Settings) -> Conferences:
    """Add the conferences; return them.

    Raises:
        CannotStartError: when the settings want something recorded that there is not.
    """
    if settings.recording_scope not in SCOPES:
        raise CannotStartError(
            f"设置 recording_scope 不能是 {settings.recording_scope}，只能是 {'、'.join(SCOPES)}\n"
            f"The setting recording_scope cannot be {settings.recording_scope}: {', '.join(SCOPES)}"
        )
    app[conference_routes.RECORDING_SCOPE] = settings.recording_scope
    app[CONFERENCES] = Conferences(
        app[DATABASE],
        app[CLOCK],
        app[MEDIA],
        app[ws.HUB],
        recordings=settings.recordings,
    )
    return app[CONFERENCES]


def _time_sessions(app: web.Application, settings: Settings) -> None:
    """Let sessions open and close at their hour, and recordings be sealed after it."""
    timer = app[TIMER]
    timer.register("sessions", session_jobs(app[CONFERENCES]))
    timer.register("recordings", sealing_jobs(app[DATABASE], app[CLOCK], settings.recordings))


def _add_reports(app: web.Application, settings: Settings) -> None:
    """Add what reports over many sessions are printed with."""
    app[burden_routes.PRESS] = press = Press(app[PAPER], app[CLOCK])

    app[TIMER].register("burden", folding_jobs(app[DATABASE]))
    monthly = Monthly(
        db=app[DATABASE],
        clock=app[CLOCK],
        renderer=app[RENDERER],
        paper=app[PAPER],
        language=settings.language,
        address=public_address(settings),
    )
    app[TIMER].while_leading(LOOK_SECONDS, monthly.run_due, begin=monthly.begin)

    async def close(_app: web.Application) -> None:
        await press.close()

    app.on_shutdown.append(close)


def _add_recordings(app: web.Application, settings: Settings) -> None:
    """Add what there is to watch; the films that are being made end with the application."""
    _add_library(app, settings)
    app[recording_routes.FILMS] = films = Films(settings.recordings)
    app[recording_routes.TALLY] = Tally()
    app[recording_routes.KEEP_DAYS] = settings.keep_recordings_days

    async def sweep_up(app: web.Application) -> None:
        await sweep(app[DATABASE], films)

    async def close(_app: web.Application) -> None:
        await films.close()

    app.on_startup.append(sweep_up)
    app.on_shutdown.append(close)


def _add_backups(app: web.Application, settings: Settings) -> None:
    """Add the nightly backup, unless none is wanted."""
    app[portal_routes.BACKS_UP] = settings.keep_backups > 0
    if not settings.keep_backups:
        return
    conferences = app[CONFERENCES]
    nightly = Nightly(
        db=app[DATABASE],
        clock=app[CLOCK],
        places=settings.places,
        recordings=settings.backup_recordings,
        keep=settings.keep_backups,
        is_busy=lambda: bool(conferences.running),
    )
    app[TIMER].while_leading(LOOK_FOR_NIGHT, nightly.run_due, begin=nightly.begin)


def _add_library(app: web.Application, settings: Settings) -> None:
    """Add the experience videos, which lie with the recordings."""
    app[library_routes.LIBRARIAN] = librarian = Librarian(
        db=app[DATABASE],
        clock=app[CLOCK],
        shelf=VideoShelf(settings.recordings),
        renderer=app[RENDERER],
        language=settings.language,
        address=public_address(settings),
        days=settings.keep_videos_days,
    )

    async def sweep_up(_app: web.Application) -> None:
        await sweep_library(librarian)

    async def close(_app: web.Application) -> None:
        await librarian.shelf.close()

    app[recording_routes.VIDEOS] = load_sizes
    app.on_startup.append(sweep_up)
    app.on_shutdown.append(close)


def _add_device_checks(app: web.Application) -> OnEvent:
    """Add device checks; return who takes media events, as those of a check are no conference's."""
    hub, conferences = app[ws.HUB], app[CONFERENCES]
    app[check_routes.CHECKS] = checks = DeviceChecks(app[DATABASE], app[CLOCK], app[MEDIA])
    app[check_routes.WAITING] = hub.waiting_pages
    app[check_routes.ASK] = hub.ask_for_checks

    async def take(event: MediaEvent) -> None:
        taker = checks if is_of_a_check(event) else conferences.tidings
        await taker.on_media_event(event)

    return take


def _read_answers(app: web.Application, settings: Settings) -> None:
    """Read answers to invitations from a mailbox, where one is set."""
    app[portal_routes.COLLECTOR] = None
    if settings.mailbox is None:
        return
    enter = partial(receive, app[DATABASE], app[CLOCK])
    app[portal_routes.COLLECTOR] = collector = Collector(
        app[DATABASE], app[CLOCK], settings.mailbox, enter, most_bytes=MOST_BYTES
    )
    app[TIMER].while_leading(POLL_SECONDS, collector.run_due, begin=collector.begin)


def _tell_running_sessions(app: web.Application) -> None:
    """Let the sessions that run know of logins that end, of links renewed, of words on leave."""
    app[auth_routes.SIGN_OUT] = _signer_out(app)
    app[street_routes.CUT_OFF] = _cutter(app)
    app[attendance_routes.LEAVE_CHANGED] = app[CONFERENCES].leave_changed


def _signer_out(app: web.Application) -> Callable[[int], Awaitable[None]]:
    """Return what ends the websockets and the media of an account's logins that have ended."""

    async def sign_out(account_id: int) -> None:
        await app[ws.HUB].sign_out(account_id)
        await app[CONFERENCES].doors.turn_out_signed_out()

    return sign_out


def _room() -> dict[str, int]:
    """Return how many bytes forms with files may have, by route."""
    return dict.fromkeys(("book.post", "request.edit.post"), admission_routes.MOST_BYTES) | {
        "setup.step.post": MAX_TABLE,
        **dict.fromkeys(intake_routes.POSTS, MAX_TABLE),
        material_routes.ADDING: material_routes.MOST_BYTES,
    }


def _add_materials(app: web.Application, settings: Settings) -> None:
    """Add materials: requests keep the files, LibreOffice is where the setting or the path says."""
    folder = settings.data_dir / "files"

    async def keep(sent: str, data: bytes) -> tuple[str, str, int]:
        name = admission_files.safe_name(sent)
        admission_files.require_file(name, data, most=material_model.LARGEST_BYTES)
        return name, await asyncio.to_thread(vault.keep, folder, data), len(data)

    async def of_requests(
        tx: Tx, requests: Collection[int]
    ) -> Mapping[int, list[material_model.Material]]:
        found = await load_attachments(tx, requests)
        return {
            request: [
                material_model.Material(f"r{file.id}", file.name, file.digest, file.size)
                for file in files
            ]
            for request, files in found.items()
        }

    fetch = partial(_fetch_file, folder)
    pages = PageMaker(
        settings.data_dir / "cache" / "pages", fetch, settings.office_program or find_office()
    )
    pages.trim()
    app[material_routes.MATERIALS] = Materials(
        app[DATABASE],
        app[CLOCK],
        Shelf(keep, fetch, of_requests),
        pages,
        app[ws.HUB].materials_changed,
    )

    async def close(_app: web.Application) -> None:
        await pages.close()

    app.on_shutdown.append(close)


def _cutter(app: web.Application) -> Callable[[int], Awaitable[None]]:
    """Return what ends a venue's websockets, whose pages then say why, and its media."""

    async def cut_off(venue_id: int) -> None:
        app[ws.HUB].cut_off(venue_id)
        await app[CONFERENCES].doors.turn_out(venue_id)
        await app[check_routes.CHECKS].end(venue_id)

    return cut_off


def _hall_follower(clock: Clock) -> FollowHall:
    """Return what lets sessions that are scheduled follow the street's hall."""

    async def follow(tx: Tx, actor: str, was: str, now: str) -> None:
        await follow_hall(tx, Scribe(clock, actor), was, now)

    return follow


def _sender_name(db: Database) -> Callable[[], Awaitable[str]]:
    """Return what tells who letters are from: the street office's name."""

    async def name() -> str:
        async with db.view() as tx:
            office = await street_store.load_office(tx)
        return office.name if office else ""

    return name


def _closer(solver: Solver) -> Callable[[web.Application], Awaitable[None]]:
    """Return what ends the search with the application."""

    async def close(_app: web.Application) -> None:
        await solver.close()

    return close


async def _fetch_file(folder: Path, digest: str) -> bytes:
    """Return the bytes of a file that a request brought."""
    return await asyncio.to_thread(vault.fetch, folder, digest)


async def _load_digest_files(
    tx: Tx, request_ids: Collection[int]
) -> Mapping[int, list[DigestFile]]:
    """Return the files of requests as a digest keeps them."""
    found = await load_attachments(tx, request_ids)
    return {
        request: [DigestFile(file.name, file.digest, file.size) for file in files]
        for request, files in found.items()
    }


async def _stop_letters(app: web.Application) -> None:
    await app[portal_routes.POSTMAN].stop()
    if (collector := app[portal_routes.COLLECTOR]) is not None:
        await collector.stop()


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


async def serve(settings: Settings, clock: Clock | None = None) -> int:
    """Bring the database up to date and serve until the process is told to stop.

    Returns:
        The exit status, 0.

    Raises:
        CannotStartError: when pages or a usable certificate are missing.
        OSError: when the port is taken.
    """
    async with running(settings, clock) as app:
        await welcome(app, settings)
        await told_to_stop()
    return 0


async def welcome(app: web.Application, settings: Settings) -> None:
    """Print the address, and in a new installation the link that leads through the set-up."""
    address = address_of(settings)
    lines = [f"拼会已启动 Pinhui is serving: {address}"]
    if await needs_setup(app[DATABASE]):
        lines += [
            "还没有街道。请用浏览器打开下面的链接，一步一步建好（只能用一次）：",
            "There is no street yet. Open this link to set it up (it works once):",
            f"  {address}/setup/{setup_token(app[SECRET])}",
        ]
    else:
        # left behind by a process that ended between the street's commit and this
        app[street_routes.DRAFT].unlink(missing_ok=True)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_start(settings: Settings) -> ssl.SSLContext | None:
    """Return the context to serve HTTPS with, or None for plain HTTP on loopback.

    Raises:
        CannotStartError: when pages or a usable certificate are missing.
    """
    if not (settings.web_dir / "templates" / "base.html").is_file():
        raise CannotStartError(
            f"缺页面文件夹 {settings.web_dir}。请在源码文件夹里运行，"
            "或用 PINHUI_WEB_DIR 指明 web。\n"
            f"The folder of pages {settings.web_dir} is missing. Run from the source folder, or "
            "name its web folder in PINHUI_WEB_DIR."
        )
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    if files is None:
        if _is_loopback(settings.host):
            return None
        raise CannotStartError(
            f"在 {settings.host} 上开放要先有证书，请运行 "
            f"pinhui cert --data-dir {settings.data_dir}\n"
            f"Serving on {settings.host} needs a certificate: run pinhui cert "
            f"--data-dir {settings.data_dir}"
        )
    try:
        return tls.server_context(*files)
    except OSError as error:
        raise CannotStartError(
            f"证书 {files[0]} 用不了（{error}）。请运行 pinhui cert --renew\n"
            f"The certificate {files[0]} is of no use ({error}). Run pinhui cert --renew"
        ) from error


def _certified_names(settings: Settings) -> list[str]:
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    return tls.names_in(files[0].read_bytes()) if files else []


def public_address(settings: Settings) -> str:
    """Return the address that letters send people to: as set, else by the certificate's name."""
    if settings.address:
        return settings.address.rstrip("/")
    own = address_of(settings)
    named = [name for name in _certified_names(settings) if not _is_loopback(name)]
    return own.replace("localhost", named[0], 1) if named and "localhost" in own else own


def address_of(settings: Settings) -> str:
    """Return the address of the pages, as a person would type it on this computer."""
    files = tls.find_certificate(settings.data_dir, settings.certificate, settings.key)
    open_host = settings.host in {"127.0.0.1", "0.0.0.0", "::"}  # noqa: S104 - only compared
    host = "localhost" if open_host else settings.host
    if ":" in host:
        host = f"[{host}]"
    return f"{'https' if files else 'http'}://{host}:{settings.port}"


@asynccontextmanager
async def running(
    settings: Settings, clock: Clock | None = None, *, keep_worker: bool = True
) -> AsyncIterator[web.Application]:
    """Serve for the length of the block; the application is handed to it.

    Args:
        settings: the frozen settings of this run.
        clock: the time; the computer's own unless told otherwise.
        keep_worker: let the media worker go on for a minute, so that the next start finds it and
            nobody in a session notices.

    Raises:
        CannotStartError: when pages or a usable certificate are missing.
        OSError: when the port is taken.
    """
    context = check_start(settings)
    with socket.create_server((settings.host, settings.port)):
        pass
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    await asyncio.to_thread(upgrade, settings.database)
    app = await build_app(settings, clock)
    await _choose_algorithm(app, settings.audit_algorithm)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    keeping = asyncio.create_task(keep_time(app[CONFERENCES], app[CLOCK]))
    try:
        await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
        await app[TIMER].start()
        await asyncio.to_thread(app[RENDERER].prepare, _FIRST_PAGES, "js/pages/branch.js")
        settle()
        log.info("serving on %s", address_of(settings))
        yield app
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await app[TIMER].stop()
        media = app[MEDIA]
        await (media.detach() if keep_worker else media.stop())
        await runner.cleanup()


def settle() -> None:
    """Leave what is built by now out of every later search for garbage.

    Programs and tables stay for ever; looking through them again now and then took a tenth of a
    second, in which a page stood still.
    """
    gc.collect()
    gc.freeze()


async def told_to_stop() -> None:
    """Wait for SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
