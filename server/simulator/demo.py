"""``make demo``: a made-up street that is at work, kept in one folder, going on where it was."""

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from server.app.serving import running, told_to_stop
from server.auth.store import count_accounts
from server.conference.live import Conference
from server.conference.routes import CONFERENCES
from server.config import load_secret, read_settings
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.clock import SystemClock
from server.pages.context import CLOCK, DATABASE
from server.pages.export import PaperError
from server.simulator.demo_library import add_videos
from server.simulator.demo_materials import add_materials
from server.simulator.demo_requests import file_a_month, login_named
from server.simulator.demo_sessions import open_live_session
from server.simulator.demo_street import ACCOUNTS, enter_street
from server.street import store as street

log = logging.getLogger("pinhui.demo")

PASSWORD = "pinhui-demo"  # noqa: S105 - printed for everybody, of a street that does not exist
LEAVE_SECONDS = 5


async def run_demo(data_dir: Path, host: str, port: int, taking_part: int | None = None) -> int:
    """Serve the demo street until told to stop.

    Args:
        data_dir: where it is kept; an existing one goes on.
        host: address to serve on.
        port: TCP port of the pages.
        taking_part: how many venues are simulated, the first ones; all if not given.

    Raises:
        OSError: when the port is taken.
    """
    settings = read_settings(None, {}, data_dir=data_dir, host=host, port=port, media_port=0)
    secret = load_secret(data_dir)
    await asyncio.to_thread(upgrade, settings.database)
    db = Database(settings.database)
    async with db.view() as tx:
        fresh = await count_accounts(tx) == 0
    if fresh:
        await enter_street(db, secret, PASSWORD)
        await file_a_month(db, SystemClock())
    await db.close()
    async with running(settings, keep_worker=False) as app:
        conference = await open_live_session(app[DATABASE], app[CLOCK], app[CONFERENCES])
        papers = asyncio.create_task(_add_papers(app, conference))
        videos = asyncio.create_task(add_videos(app) if fresh else asyncio.sleep(0))
        base = f"http://{_shown(host)}:{port}"
        tokens = await _venue_links(app, secret)
        _welcome(base, conference.state.session_id, tokens)
        async with _simulated_venues(data_dir, f"http://127.0.0.1:{port}", tokens, taking_part):
            await told_to_stop()
        papers.cancel()
        videos.cancel()
        await asyncio.gather(papers, videos, return_exceptions=True)
    return 0


async def _add_papers(app: web.Application, conference: Conference) -> None:
    """Let the session have materials; one that could not be made is missed, the demo goes on."""
    office = await login_named(app[DATABASE], "operator")
    try:
        await add_materials(app, conference, office)
    except PaperError as error:
        log.warning("no papers in the demo: %s", error)


async def _venue_links(app: web.Application, secret: bytes) -> list[dict[str, str | int]]:
    """Return number, name and token of every branch venue."""
    async with app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
        tokens = await street.load_tokens(tx, secret)
    return [{"number": v.number, "name": v.name, "token": tokens[v.id]} for v in venues if v.number]


@asynccontextmanager
async def _simulated_venues(
    data_dir: Path,
    base_url: str,
    venues: list[dict[str, str | int]],
    taking_part: int | None,
) -> AsyncIterator[None]:
    """Let the simulated venues take part, in a process of their own, during the block."""
    config = data_dir / "simulator.json"
    config.write_text(
        json.dumps(
            {
                "base_url": base_url,
                "journals": str(data_dir / "journals"),
                "loops": str(data_dir / "loops"),
                "venues": venues,
                "taking_part": taking_part,
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.simulator.street", "--config", str(config)
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), LEAVE_SECONDS)
        except TimeoutError:
            process.kill()


def _shown(host: str) -> str:
    return "localhost" if host in {"127.0.0.1", "0.0.0.0"} else host  # noqa: S104 - only compared


def _welcome(base: str, session_id: int, venues: list[dict[str, str | int]]) -> None:
    lines = [
        "",
        f"  拼会演示街道  Pinhui demo street   {base}",
        "",
        "  账号 account   密码 password    身份 role",
        *(f"  {name:<14} {PASSWORD:<14}  {shown}" for name, shown, *_ in ACCOUNTS),
        "",
        f"  主会场大屏 wall        {base}/live/{session_id}   (operator)",
        *(f"  分会场链接 venue {v['number']:>2}    {base}/j/{v['token']}" for v in venues[:3]),
        "",
        "  停止 stop: Ctrl+C",
        "",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
