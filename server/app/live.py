"""What a session needs while it runs: conferences, device checks, materials, recordings."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web

from server.admission import files as admission_files
from server.admission import vault
from server.app.files import fetch_file, load_materials
from server.app.keys import MEDIA, TIMER, close_with
from server.attendance import routes as attendance_routes
from server.auth import routes as auth_routes
from server.conference import routes as conference_routes
from server.conference.jobs import session_jobs
from server.conference.recording import SCOPES
from server.conference.routes import CONFERENCES
from server.conference.service.running import Conferences
from server.config import CannotStartError, Settings, find_office
from server.devicecheck import routes as check_routes
from server.devicecheck.service import DeviceChecks, is_of_a_check
from server.materials import model as material_model
from server.materials import routes as material_routes
from server.materials.export import PageMaker
from server.materials.service import Materials, Shelf
from server.media.client import OnEvent
from server.media.model import MediaEvent
from server.pages.context import (
    CLOCK,
    DATABASE,
)
from server.recording import routes as recording_routes
from server.recording.export import Films
from server.recording.jobs import sealing_jobs
from server.recording.keeping import sweep
from server.recording.watched import Tally
from server.signaling import ws
from server.street import routes as street_routes


def add_conferences(app: web.Application, settings: Settings) -> Conferences:
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


def time_sessions(app: web.Application, settings: Settings) -> None:
    """Let sessions open and close at their hour, and recordings be sealed after it."""
    timer = app[TIMER]
    timer.register("sessions", session_jobs(app[CONFERENCES]))
    timer.register("recordings", sealing_jobs(app[DATABASE], app[CLOCK], settings.recordings))


def add_device_checks(app: web.Application) -> OnEvent:
    """Add device checks; return who takes media events, as those of a check are no conference's."""
    hub, conferences = app[ws.HUB], app[CONFERENCES]
    app[check_routes.CHECKS] = checks = DeviceChecks(app[DATABASE], app[CLOCK], app[MEDIA])
    app[check_routes.WAITING] = hub.waiting_pages
    app[check_routes.ASK] = hub.ask_for_checks

    async def take(event: MediaEvent) -> None:
        taker = checks if is_of_a_check(event) else conferences.tidings
        await taker.on_media_event(event)

    return take


def add_materials(app: web.Application, settings: Settings) -> None:
    """Add materials: requests keep the files, LibreOffice is where the setting or the path says."""
    folder = settings.data_dir / "files"

    async def keep(sent: str, data: bytes) -> tuple[str, str, int]:
        name = admission_files.safe_name(sent)
        admission_files.require_file(name, data, most=material_model.LARGEST_BYTES)
        return name, await asyncio.to_thread(vault.keep, folder, data), len(data)

    fetch = partial(fetch_file, folder)
    pages = PageMaker(
        settings.data_dir / "cache" / "pages", fetch, settings.office_program or find_office()
    )
    pages.trim()
    app[material_routes.MATERIALS] = Materials(
        app[DATABASE],
        app[CLOCK],
        Shelf(keep, fetch, load_materials),
        pages,
        app[ws.HUB].materials_changed,
    )
    close_with(app, pages.close)


def add_recordings(app: web.Application, settings: Settings) -> None:
    """Add what there is to watch; the films that are being made end with the application."""
    app[recording_routes.FILMS] = films = Films(settings.recordings)
    app[recording_routes.TALLY] = Tally()
    app[recording_routes.KEEP_DAYS] = settings.keep_recordings_days

    async def sweep_up(app: web.Application) -> None:
        await sweep(app[DATABASE], films)

    app.on_startup.append(sweep_up)
    close_with(app, films.close)


def tell_running_sessions(app: web.Application) -> None:
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


def _cutter(app: web.Application) -> Callable[[int], Awaitable[None]]:
    """Return what ends a venue's websockets, whose pages then say why, and its media."""

    async def cut_off(venue_id: int) -> None:
        app[ws.HUB].cut_off(venue_id)
        await app[CONFERENCES].doors.turn_out(venue_id)
        await app[check_routes.CHECKS].end(venue_id)

    return cut_off
