"""From settings to pages that are served: what may be wrong before, and how it ends."""

import asyncio
import gc
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from server import tls
from server.app.address import address_of, is_loopback
from server.app.build import build_app
from server.app.keys import MEDIA, TIMER
from server.audit import service as audit
from server.conference.jobs import keep_time
from server.conference.routes import CONFERENCES
from server.config import CannotStartError, Settings
from server.db.migrate import upgrade
from server.domain.clock import Clock
from server.pages.context import (
    CLOCK,
    DATABASE,
    RENDERER,
    SECRET,
)
from server.street import routes as street_routes
from server.street.service import needs_setup
from server.street.tokens import setup_token

log = logging.getLogger("pinhui.app")

_FIRST_PAGES = (
    *("parts/macros.html", "base.html", "live/room.html", "live/branch.html"),
    *("attendance/session.html", "attendance/items.html", "attendance/people.html"),
    *("attendance/parts.html", "attendance/paper.html"),
    *("burden/report.html", "burden/parts.html", "burden/paper.html", "parts/charts.html"),
)
"""Templates compiled beforehand, the venue's page first: nobody is to wait for them."""


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
        if is_loopback(settings.host):
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
