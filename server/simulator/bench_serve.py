"""``pinhui bench serve``: one session of 34 venues for load generators, on loopback, without login.

The product's own conference, doors and media worker carry it; only the question who may come in is
left out. ``/whip/{v}`` publishes as venue v (0 is the main venue); ``/whep/{v}`` with a query such
as ``sources=video:0,audio:1`` watches one source per line of the offer, in that order; sources that
come later fill in.
"""

import sys
import tempfile
from pathlib import Path

from aiohttp import web

from server.app.build import build_app
from server.app.keys import MEDIA
from server.app.serving import told_to_stop
from server.conference.live import Conference, Offer
from server.conference.routes import CONFERENCES
from server.conference.service.running import Conferences
from server.config import CannotStartError, Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.clock import SystemClock
from server.media.client import WorkerUnavailable
from server.pages.context import DATABASE
from server.pages.middleware import errors_to_answers
from server.signaling.offers import parse_sources, read_offer
from server.signaling.whip import answer, read_sdp
from server.simulator.demo_sessions import open_live_session
from server.simulator.demo_street import enter_street

_HOST = "127.0.0.1"


async def serve_bench(port: int, media_port: int, media_core: str) -> int:
    """Serve the session until told to stop; nothing is kept.

    Args:
        port: TCP port for WHIP and WHEP on 127.0.0.1.
        media_port: UDP port of sound and picture, 0 for any.
        media_core: what carries the packets, as the setting of that name.

    Raises:
        CannotStartError: when there is no media worker to serve with.
        OSError: when the port is taken.
    """
    with tempfile.TemporaryDirectory(prefix="pinhui-bench-") as folder:
        settings = Settings(
            data_dir=Path(folder),
            media_port=media_port,
            media_core=media_core,
            announce=(_HOST,),
        )
        upgrade(settings.database)
        db = Database(settings.database)
        await enter_street(db, load_secret(settings.data_dir), "bench-only-no-login")
        try:
            product = await build_app(settings)
            try:
                await _serve_one(product, db, port)
            finally:
                await product[MEDIA].stop()
                await product[DATABASE].close()
        finally:
            await db.close()
    return 0


async def _serve_one(product: web.Application, db: Database, port: int) -> None:
    """Open the session and serve its two doors until told to stop."""
    conferences = product[CONFERENCES]
    conference = await open_live_session(db, SystemClock(), conferences)
    try:
        await product[MEDIA].set_audible(conference.room, None)
    except WorkerUnavailable as error:
        raise CannotStartError(
            f"媒体进程中途停了：{error}\nThe media worker ended in between: {error}"
        ) from error
    runner = web.AppRunner(_doors(conferences, conference), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, _HOST, port).start()
        sys.stdout.write(f"http://{_HOST}:{port}/whip/{{v}} and /whep/{{v}}?sources=\n")
        sys.stdout.flush()
        await told_to_stop()
    finally:
        await runner.cleanup()


def _doors(conferences: Conferences, conference: Conference) -> web.Application:
    """Return an application with the two doors and nothing else."""

    async def publish(http: web.Request) -> web.Response:
        sdp = await read_sdp(http)
        number = int(http.match_info["v"])
        return await answer(
            conferences, conference, Offer(number, f"bench-{number:03}", sdp, read_offer(sdp))
        )

    async def watch(http: web.Request) -> web.Response:
        sdp = await read_sdp(http)
        number = int(http.match_info["v"])
        fixed = parse_sources(http.query.get("sources", ""))
        kinds = read_offer(sdp)
        return await answer(
            conferences, conference, Offer(number, f"bench-{number:03}", sdp, kinds, fixed or None)
        )

    app = web.Application(middlewares=[errors_to_answers])
    app.add_routes(
        [
            web.post(r"/whip/{v:\d{1,3}}", publish),
            web.post(r"/whep/{v:\d{1,3}}", watch),
        ]
    )
    return app
