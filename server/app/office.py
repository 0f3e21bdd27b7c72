"""What the office needs around sessions: search, reports, experience videos, backups, keeping."""

from functools import partial

from aiohttp import web

from server import tls
from server.app.address import public_address
from server.app.keys import TIMER, close_with
from server.attendance import routes as attendance_routes
from server.attendance.service import Turnstile
from server.backup.jobs import LOOK_SECONDS as LOOK_FOR_NIGHT
from server.backup.jobs import Nightly
from server.board.jobs import board_jobs
from server.board.routes import api as board_api
from server.board.service.searching import Solver
from server.burden import routes as burden_routes
from server.burden.export import Press
from server.burden.jobs import LOOK_SECONDS, Monthly, folding_jobs
from server.burden.service import forget_erased
from server.conference.routes import CONFERENCES
from server.config import Settings
from server.library import routes as library_routes
from server.library.export import VideoShelf
from server.library.service.desk import Librarian
from server.library.service.keeping import load_sizes
from server.library.service.keeping import sweep as sweep_library
from server.pages.context import (
    CLOCK,
    DATABASE,
    PAPER,
    RENDERER,
)
from server.pages.export import PaperMaker
from server.portal import routes as portal_routes
from server.recording import routes as recording_routes


def add_keeping(app: web.Application, settings: Settings) -> None:
    """Add how long contents are kept, and what makes signed reports of them."""
    app[attendance_routes.POLICY] = settings.policy
    app[attendance_routes.FORGET] = forget_erased
    app[attendance_routes.TURNSTILE] = Turnstile()
    app[PAPER] = paper = PaperMaker(seal=partial(tls.issue_seal, settings.data_dir))
    close_with(app, paper.close)


def add_search(app: web.Application) -> None:
    """Add the search for plans, which also improves the board's plan at night."""
    app[board_api.SOLVER] = solver = Solver()
    app[TIMER].register("board", board_jobs(app[DATABASE], app[CLOCK], solver))
    close_with(app, solver.close)


def add_reports(app: web.Application, settings: Settings) -> None:
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
    close_with(app, press.close)


def add_library(app: web.Application, settings: Settings) -> None:
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

    app[recording_routes.VIDEOS] = load_sizes
    app.on_startup.append(sweep_up)
    close_with(app, librarian.shelf.close)


def add_backups(app: web.Application, settings: Settings) -> None:
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
