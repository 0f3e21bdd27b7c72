"""How long the reports of a street's year take: ``python -m tests.bench_year [--sessions 600]``.

600 sessions with all 33 committees, some 20,000 rows of venues, on a temporary SQLite database: the
page as a browser gets it, at first (when every session is folded out of the log) and later; the
workbook, the CSV, and the PDF with the memory of the child process that makes it. Nothing else
should run on the machine meanwhile.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer

from server.app.build import build_app
from server.app.serving import settle
from server.config import Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.media.client import OnEvent
from server.scheduler import workday_keeping
from server.simulator.demo_street import enter_street
from tests.fakes import NOON_TUESDAY, FakeClock, FakeMedia
from tests.web.conftest import PASSWORD, Visitor
from tests.year import enter_year

ADDRESS = "?about=street&period=2025-11-24--2026-11-24"
ALLOWED_S = {"page": 1.0, "xlsx": 5.0, "pdf": 20.0}
ALLOWED_MB = 500


async def prepare(folder: Path, count: int) -> Settings:
    """Return the settings of a street with a year behind it."""
    settings = Settings(data_dir=folder, media_port=0)
    if not (folder / "pinhui.db").exists():
        await asyncio.to_thread(upgrade, settings.database)
        db = Database(settings.database)
        await enter_street(db, load_secret(folder), PASSWORD)
        await workday_keeping.seed(db, FakeClock())
        await enter_year(db, NOON_TUESDAY - timedelta(days=1), count, days=363)
        await db.close()
    return settings


async def timed(call: Callable[[], Awaitable[object]]) -> float:
    """Return how many seconds a call took."""
    begun = time.perf_counter()
    await call()
    return time.perf_counter() - begun


def tell(name: str, seconds: float, words: str = "") -> None:
    """Print one line."""
    sys.stdout.write(f"{name:<34}{seconds:8.2f} s {words}\n")
    sys.stdout.flush()


def children_mb() -> int:
    """Return the most memory that any child process has had so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024


async def measure(folder: Path, count: int) -> bool:
    """Print the figures; tell whether all keep to what is allowed."""
    settings = await prepare(folder, count)

    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        media = FakeMedia()
        media.on_event = on_event
        return media

    app = await build_app(settings, FakeClock(NOON_TUESDAY), start_media)
    settle()  # as where it is served
    found: dict[str, float] = {}
    async with TestServer(app) as server, TestClient(server) as client:
        visitor = await Visitor(client).sign_in("auditor")

        async def get(path: str) -> None:
            answer = await client.get(path)
            body = await answer.read()
            if answer.status != 200 or not body:
                raise RuntimeError(f"{path} answered {answer.status}")

        tell("page, every session folded anew", await timed(lambda: get(f"/reports{ADDRESS}")))
        pages = sorted([await timed(lambda: get(f"/reports{ADDRESS}")) for _ in range(7)])
        found["page"] = pages[-1]
        tell("page", pages[3], f"median, {pages[-1]:.2f} s slowest of 7")
        found["xlsx"] = await timed(lambda: get(f"/reports/report.xlsx{ADDRESS}"))
        tell("workbook", found["xlsx"], f"the child took {children_mb()} MB")
        tell("CSV", await timed(lambda: get(f"/reports/report.csv{ADDRESS}")))
        found["pdf"] = await timed(lambda: _print(visitor))
        memory = children_mb()
        tell("PDF", found["pdf"], f"the child took {memory} MB")
    late = [name for name, most in ALLOWED_S.items() if found[name] > most]
    if memory > ALLOWED_MB:
        late.append(f"memory above {ALLOWED_MB} MB")
    sys.stdout.write(f"MISSED: {', '.join(late)}\n" if late else "all kept\n")
    return not late


async def _print(visitor: Visitor) -> None:
    """Have the PDF made, and fetch it as soon as it is there."""
    seen = f"/reports{ADDRESS}&about=street"
    period = ADDRESS.rpartition("=")[2]
    answer, _ = await visitor.post("/reports/make", seen, about="street", period=period)
    path = f"{answer.url.path}/report.pdf"
    while True:
        got = await visitor.client.get(path)
        body = await got.read()
        if got.status == 200 and body.startswith(b"%PDF"):
            return
        _, text = await visitor.get(answer.url.path)
        if "没有做成" in text:
            raise RuntimeError("no PDF was made")
        await asyncio.sleep(0.2)


def main() -> int:
    """Measure; the exit status is 1 when something took more than it may."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_year")
    parser.add_argument("--sessions", type=int, default=600)
    parser.add_argument("--folder", type=Path, help="where the year is kept for another run")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place: Path = given.folder or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return 0 if asyncio.run(measure(place, given.sessions)) else 1


if __name__ == "__main__":
    sys.exit(main())
