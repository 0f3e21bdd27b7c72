"""Real server processes for browsers to visit: the demo, or a small street over HTTPS."""

import asyncio
import http.client
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from server import tls
from server.board.model import Offer
from server.board.store import save_offer
from server.config import Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.clock import Clock, SystemClock
from server.domain.places import Post
from server.domain.session import SessionState
from server.i18n.dates import site_date
from server.merging.instance.model import MergePlan
from server.scheduler import store as sessions
from server.scheduler.filing import Approval
from server.scheduler.quota_rules import QuotaRule
from server.scheduler.store.quotas import save_quota_version
from server.simulator.demo import PASSWORD
from server.simulator.demo_requests import file_a_month
from server.simulator.demo_sessions import LIVE_ITEMS, LIVE_TITLE
from server.simulator.demo_street import enter_street
from server.street import store as street
from server.street.service import save_draft
from server.street.setup import AccountDraft, Draft
from server.street.tokens import setup_token
from tests.ports import free_port
from tests.unit.scheduler.test_problem import filed

CHECKOUT = Path(__file__).parents[2]
LOOPS_CACHE = CHECKOUT / ".cache" / "loops"
"""The drawn rooms, kept from run to run: drawing them takes most of a minute."""
EVERYBODY = 33
STARTS_WITHIN_S = 240


@dataclass(slots=True)
class Running:
    """A server process: the address of its pages, its data folder, what it has said so far."""

    base: str
    folder: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def words(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, pattern: str) -> str:
        """Return what `pattern` finds in the output; its first group when it has one."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := re.search(pattern, self.words):
                return found[found.re.groups and 1]
            time.sleep(0.1)
        pytest.fail(f"the server never said {pattern!r}:\n{self.words}")

    def open_sessions(self) -> list[int]:
        line = http.client.HTTPConnection(self.base.partition("//")[2], timeout=10)
        line.request("GET", "/healthz")
        told = json.loads(line.getresponse().read())
        line.close()
        return [session["id"] for session in told["sessions"]]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def _run(base: str, folder: Path, words: Sequence[str], before: Sequence[str] = ()) -> Running:
    log = folder / "output.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "server", *words],
            cwd=CHECKOUT,
            stdout=out,
            stderr=subprocess.STDOUT,
            # as the service that it is: with a share of its own of the machine, beside the browser
            start_new_session=True,
        )
    return Running(base, folder, log, process)


class Demo:
    """``python -m server demo`` on a port of its own; it can be started again after a session.

    Args:
        folder: where it is kept.
        taking_part: how many of the 33 venues are simulated; each costs its part of the computer.

    Attributes:
        words: what it had said when it was last stopped.
    """

    def __init__(self, folder: Path, taking_part: int = EVERYBODY) -> None:
        self.folder = folder
        self.taking_part = taking_part
        self.port = free_port()
        self.base = f"http://localhost:{self.port}"
        self.session = 0
        self.words = ""
        folder.mkdir(parents=True, exist_ok=True)
        if LOOPS_CACHE.is_dir():
            shutil.copytree(LOOPS_CACHE, folder / "loops", dirs_exist_ok=True)
        self._running: Running | None = None

    @property
    def journals(self) -> Path:
        return self.folder / "journals"

    @property
    def database(self) -> Path:
        return self.folder / "pinhui.db"

    def link(self, number: int) -> str:
        """Return the address of a branch venue's page."""
        told = json.loads((self.folder / "simulator.json").read_text(encoding="utf-8"))
        tokens = {venue["number"]: venue["token"] for venue in told["venues"]}
        return f"{self.base}/j/{tokens[number]}"

    def ensure_live(self) -> None:
        """Let a session be open in which all simulated venues are."""
        if self._running and self._running.open_sessions():
            return
        self.stop()
        words = ["demo", "--data-dir", str(self.folder), "--port", str(self.port)]
        words += ["--venues", str(self.taking_part)]
        self._running = _run(self.base, self.folder, words)
        self.session = int(self._running.wait_for(r"/live/(\d+)"))
        self._running.wait_for(f"{self.taking_part} simulated venues are in the session.")
        LOOPS_CACHE.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.folder / "loops", LOOPS_CACHE, dirs_exist_ok=True)

    def stop(self) -> None:
        if self._running:
            self._running.stop()
            self.words = self._running.words
        self._running = None


@dataclass(frozen=True, slots=True)
class SmallStreet:
    """A data folder with a few committees and one session that opens with the server."""

    folder: Path
    session: int
    tokens: dict[int, str]


def enter_small_street(
    folder: Path, committees: int, begins_in: timedelta = timedelta()
) -> SmallStreet:
    """Enter a street with a session that begins now, or later; it opens once the server runs."""
    made = Settings(data_dir=folder)
    secret = load_secret(folder)
    upgrade(made.database)

    async def enter() -> SmallStreet:
        db = Database(made.database)
        await enter_street(db, secret, PASSWORD, committees)
        now = SystemClock().now()
        starts_at = now + begins_in if begins_in else now.replace(second=0, microsecond=0)
        async with db.tx() as tx:
            venues = await street.load_venues(tx)
            tokens = await street.load_tokens(tx, secret)
            session = await sessions.save_session(
                tx,
                title=LIVE_TITLE,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(minutes=50),
                hall=await street.load_hall(tx),
                items=LIVE_ITEMS,
                venue_ids=[venue.id for venue in venues if venue.number],
            )
        await db.close()
        return SmallStreet(folder, session, {v.number: tokens[v.id] for v in venues if v.number})

    # fixtures and tests may have an event loop in this thread
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, enter()).result()


def enter_busy_street(folder: Path) -> None:
    """Enter the demo's street with a month of requests: some placed and published, some waiting."""
    made = Settings(data_dir=folder)
    secret = load_secret(folder)
    upgrade(made.database)

    async def enter() -> None:
        db = Database(made.database)
        await enter_street(db, secret, PASSWORD)
        await file_a_month(db, SystemClock())
        await _let_no_night_begin(db, SystemClock())
        await db.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, enter()).result()


async def _let_no_night_begin(db: Database, clock: Clock) -> None:
    """Let the night have found something already: at night, too, tests alone search the board."""
    nothing = MergePlan("street", (), (), ())
    async with db.tx() as tx:
        await save_offer(tx, Offer(0, nothing, clock.now() + timedelta(days=1), {}))


def enter_crowded_week(folder: Path) -> date:
    """Have two requests of a busy street want the same people in a week in which no call is left.

    It is the week of the third session that is planned; with that session and those before it in
    the week, everybody has been called as often as the quota lets. Both want two hours and cannot
    share; committees 1 to 12 are to come.

    Returns:
        The Monday of that week.
    """
    made = Settings(data_dir=folder)
    rule = QuotaRule((Post.SOCIAL_WORKER,), 1, 9)

    async def enter() -> date:
        db = Database(made.database)
        now = SystemClock().now()
        async with db.tx() as tx:
            third = (await sessions.load_sessions(tx, states=[SessionState.SCHEDULED]))[2]
            day = site_date(third.starts_at)
            monday = day - timedelta(days=day.weekday())
            await save_quota_version(
                tx, rule, valid_from=monday, reason="年底减负", by="会务", at=now
            )
            for topic in ("网格走访培训", "年底台账培训"):
                called = {"posts": (Post.SOCIAL_WORKER,), "committee_ids": tuple(range(1, 13))}
                days = {"earliest": monday, "deadline": monday + timedelta(days=4)}
                filing = filed(1, minutes=120, topic=topic, **called, **days).filing
                await sessions.save_request(tx, filing, approval=Approval.GRANTED, filed_at=now)
        await db.close()
        return monday

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, enter()).result()


def enter_a_draft(folder: Path) -> str:
    """Fill in the set-up of a new street as far as its last step; return its link's path."""
    folder.mkdir()
    draft = Draft(
        name="青禾街道办事处",
        phone="内线 8021",
        hall="三楼会议室",
        departments="党建办\n自治办\n平安办",
        exempt_chosen=True,
        committees="1\t云杉苑\t张建国\t书记\t\n2\t松涛里\t赵春生\t书记\t",
        admin=AccountDraft("admin", "系统管理员", "not a hash"),
        office=AccountDraft("operator", "会务", "not a hash"),
    )
    asyncio.run(save_draft(folder / "setup.json", draft))
    return f"/setup/{setup_token(load_secret(folder))}"


@contextmanager
def serving(
    folder: Path, host: str, *, namespace: str = "", secure: bool = False
) -> Iterator[Running]:
    """Run ``python -m server serve`` on a data folder, in a network namespace if one is named."""
    port = free_port()
    before = ["ip", "netns", "exec", namespace] if namespace else []
    if secure:
        tls.issue(folder, [host, "localhost"], SystemClock().now(), renew=False)
    words = ["serve", "--data-dir", str(folder), "--host", host, "--port", str(port)]
    base = f"{'https' if secure else 'http'}://{host}:{port}"
    running = _run(base, folder, [*words, "--media-port", "0"], before)
    try:
        running.wait_for("Pinhui is serving")
        yield running
    finally:
        running.stop()
