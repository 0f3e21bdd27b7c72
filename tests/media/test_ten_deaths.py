"""Ten sudden deaths of either process in a session of 34 venues: the report is what they noted."""

import asyncio
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from server.attendance.model import Attendance, Cause, VenueAttendance, Verdict
from server.attendance.service import load_report
from server.audit import service as audit
from server.config import load_secret
from server.db.engine import Database
from server.domain.clock import SystemClock
from server.domain.places import VenueKind
from server.domain.timespan import Span, total, union, without
from server.scheduler import store as sessions
from server.simulator.journal import connected_spans, journal_path, read_journal
from server.simulator.loops import make_loop
from server.simulator.street import Street, StreetConfig
from server.simulator.venue import Identity
from server.street import store as street
from tests.browser.servers import CHECKOUT, SmallStreet, enter_small_street
from tests.ports import free_port
from tests.unit.media.cores import build_core

VENUES, ROUNDS, SEED = 34, 10, 20261124
BACK_WITHIN_S = 180.0
"""Generous: a computer that is busy with other things takes its time to start a process."""
TOLERANCE = timedelta(seconds=1)
"""How far report and journal may be apart on a busy computer, for each of a venue's connections."""
NOTICED = timedelta(seconds=5)
"""How long before its own start an outage may take a venue's last packet."""


class Server:
    """``python -m server serve`` on one port, which somebody starts again whenever it dies."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["serve", "--data-dir", str(self.folder), "--host", "127.0.0.1"]
        words += ["--port", str(self.port), "--media-port", "0"]
        with (self.folder / "output.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", *words],
                cwd=CHECKOUT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def worker(self) -> int:
        """Return the process id of the media worker; 0 while there is none, or nobody answers."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            line.request("GET", "/healthz")
            told = json.loads(line.getresponse().read())
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            line.close()
        return next((worker["pid"] for worker in told["workers"]), 0)

    def kill_control(self) -> None:
        """Kill the process that keeps the log, and start it again as systemd does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            worker = self.worker()
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(20)
            self.process.kill()
            with suppress(ProcessLookupError):
                os.kill(worker or self.process.pid, signal.SIGTERM)


async def add_venue(small: SmallStreet, number: int, name: str) -> dict[int, str]:
    """Enter one more committee and let the session expect it; return all tokens by number."""
    secret = load_secret(small.folder)
    db = Database(f"sqlite:///{small.folder / 'pinhui.db'}")
    async with db.tx() as tx:
        committee = await street.save_committee(tx, number, name)
        await street.save_venue(
            tx,
            secret,
            number=number,
            name=name,
            kind=VenueKind.BRANCH,
            committee_id=committee,
        )
        venues, tokens = await street.load_venues(tx), await street.load_tokens(tx, secret)
        session = await sessions.load_session(tx, small.session)
        called = [venue.id for venue in venues if venue.number]
        await sessions.rewrite_session(tx, replace(session, venue_ids=tuple(called)))
    await db.close()
    return {venue.number: tokens[venue.id] for venue in venues if venue.number}


async def until_all_in(streets: Street, server: Server, within: float) -> None:
    deadline = time.monotonic() + within
    while not (all(v.is_publishing for v in streets.venues) and await alive(server)):
        inside = sum(v.is_publishing for v in streets.venues)
        assert time.monotonic() < deadline, f"only {inside} are in"
        await asyncio.sleep(0.1)


async def alive(server: Server) -> bool:
    return await asyncio.to_thread(server.worker) > 0


async def until_all_is_told(server: Server) -> None:
    """Wait until the log has what the media worker keeps for it: a busy computer needs a while."""
    kept = server.folder / "run" / "worker-0.journal"
    deadline = time.monotonic() + BACK_WITHIN_S
    while (octets := await asyncio.to_thread(lambda: kept.stat().st_size)) > 0:
        assert time.monotonic() < deadline, f"{octets} octets are still untold"
        await asyncio.sleep(0.1)


async def live_through(streets: Street, server: Server, chance: random.Random) -> list[str]:
    """Kill one of the two processes ten times, at any moment; return which, in order."""
    killed = ["control", "worker"] * (ROUNDS // 2)
    chance.shuffle(killed)
    for which in killed:
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        if which == "control":
            await asyncio.to_thread(server.kill_control)
        else:
            worker = await asyncio.to_thread(server.worker)
            assert worker > 1  # 0 would be ourselves
            os.kill(worker, signal.SIGKILL)
        await until_all_in(streets, server, BACK_WITHIN_S)
    return killed


def noted(journals: Path, number: int, until: datetime) -> list[Span]:
    """Return when a venue says that it was connected."""
    entries = read_journal(journal_path(journals, number))
    return union(
        Span(datetime.fromtimestamp(start / 1000, UTC), datetime.fromtimestamp(end / 1000, UTC))
        for start, end in connected_spans(entries, round(until.timestamp() * 1000))
    )


def apart(ours: Sequence[Span], theirs: Sequence[Span], outages: Iterable[Span]) -> timedelta:
    """Return for how long one says it was connected and the other not, outside of outages."""
    whole = Span(min(s.start for s in [*ours, *theirs]), max(s.end for s in [*ours, *theirs]))
    told = total(without(whole, [*without(whole, ours), *theirs, *outages]))
    return told + total(without(whole, [*without(whole, theirs), *ours, *outages]))


def compare(venue: VenueAttendance, own: Sequence[Span], found: Attendance) -> timedelta:
    """Return how far a line of the report is from a journal, outside of outages and the way back.

    A venue whose worker was killed sends on into the void until it notices, so that its journal
    says nothing of that time; that every gap between is one of those is part of the comparison.
    """
    connected = union([*venue.waiting, *venue.presence])
    assert connected, venue.expected
    assert venue.verdict is Verdict.PRESENT, (venue.expected, venue.verdict)
    assert {gap.cause for gap in venue.gaps} <= {Cause.OUTAGE}, (venue.expected, venue.gaps)
    first, last = venue.presence[0], venue.presence[-1]
    gaps = [g.span for g in venue.gaps if first.end <= g.span.start and g.span.end <= last.start]
    for gap in gaps:
        begins = [abs(gap.start - outage.start) for outage in found.outages]
        assert min(begins) <= NOTICED, (venue.expected, gap, found.outages)
    return apart(connected, own, [Span(gap.start - TOLERANCE, gap.end) for gap in gaps])


async def test_after_ten_sudden_deaths_the_report_equals_what_34_venues_noted(
    tmp_path: Path,
) -> None:
    build_core()
    small = await asyncio.to_thread(enter_small_street, tmp_path, VENUES - 1)
    tokens = await add_venue(small, VENUES, "新桥里")
    server, clock = Server(tmp_path), SystemClock()
    whole = make_loop(1, "新桥里")
    loop = replace(whole, layers=whole.layers[:1])
    venues = tuple(Identity(n, f"会场{n}", token) for n, token in sorted(tokens.items()))
    config = StreetConfig(server.base, tmp_path / "journals", tmp_path, venues)
    try:
        server.start()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as line:
            streets = Street(config, dict.fromkeys(tokens, loop), clock=clock, http=line)
            running = asyncio.create_task(streets.run())
            try:
                await until_all_in(streets, server, BACK_WITHIN_S)
                chance = random.Random(SEED)  # noqa: S311 - nothing secret
                killed = await live_through(streets, server, chance)
                await until_all_is_told(server)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        await until_all_is_told(server)
    finally:
        await asyncio.to_thread(server.stop)
    assert sorted(killed) == ["control"] * 5 + ["worker"] * 5
    db = Database(f"sqlite:///{tmp_path / 'pinhui.db'}")
    async with db.view() as tx:
        found = (await load_report(tx, clock, small.session)).attendance
        finding = await audit.check(tx)
    await db.close()
    assert finding.fault is None
    assert len(found.venues) == VENUES
    assert len(found.outages) == killed.count("worker")
    worst = max(
        compare(v, noted(tmp_path / "journals", v.expected.number, clock.now()), found)
        for v in found.venues
    )
    assert worst < TOLERANCE * (1 + killed.count("worker"))
