"""A job is done once: whatever restarts, clocks and a second process do, on both databases."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.audit.service import record
from server.audit.store import load_recorded
from server.db.engine import Database, Tx
from server.domain.errors import ConflictError
from server.domain.events import SYSTEM, EventKind
from server.timers.jobs import Timer
from server.timers.model import LEASE, Job, Nudge
from server.timers.store import take_lease
from tests.fakes import FakeClock

WEEK = timedelta(days=7)


class Digests:
    """A source with one job a week: the five weeks around the start, as a digest would have."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock, self.start = clock, clock.now()
        self.crashes = False

    async def __call__(self, _tx: Tx, _now: datetime) -> Sequence[Job]:
        return [
            Job(f"digest:{n}", self.start + n * WEEK, partial(self._send, n)) for n in range(-2, 3)
        ]

    async def _send(self, number: int, tx: Tx) -> None:
        await record(
            tx, self.clock, EventKind.DIGEST_SENT, actor=SYSTEM, payload={"number": number}
        )
        if self.crashes:
            raise OSError("the process ends here")


def timer_of(db: Database, clock: FakeClock, source: Digests, holder: str) -> Timer:
    timer = Timer(db, clock, holder)
    timer.register("digest", source)
    return timer


async def sent(db: Database) -> list[int]:
    async with db.view() as tx:
        events = await load_recorded(tx, kinds=[EventKind.DIGEST_SENT])
    return [event.payload["number"] for event in events]


async def test_what_was_missed_is_done_once_after_the_start(db: Database, clock: FakeClock) -> None:
    source = Digests(clock)
    await timer_of(db, clock, source, "one").look()
    assert await sent(db) == [-2, -1, 0]
    await timer_of(db, clock, source, "one").look()
    assert await sent(db) == [-2, -1, 0]
    clock.advance(days=7)
    await timer_of(db, clock, source, "one").look()
    assert await sent(db) == [-2, -1, 0, 1]


async def test_a_job_that_breaks_off_leaves_no_trace_and_is_done_at_the_next_look(
    db: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    source = Digests(clock)
    source.crashes = True
    with caplog.at_level(logging.CRITICAL):
        await timer_of(db, clock, source, "one").look()
    assert await sent(db) == []
    source.crashes = False
    await timer_of(db, clock, source, "one").look()
    assert await sent(db) == [-2, -1, 0]


async def test_two_processes_that_look_at_once_do_it_once(db: Database, clock: FakeClock) -> None:
    source = Digests(clock)
    await asyncio.gather(*(timer_of(db, clock, source, name).look() for name in "abcd"))
    assert sorted(await sent(db)) == [-2, -1, 0]


async def test_another_process_waits_for_the_lease_and_goes_on_after_it(
    db: Database, clock: FakeClock
) -> None:
    source = Digests(clock)
    one, two = (timer_of(db, clock, source, name) for name in ("one", "two"))
    await one.look()
    clock.advance(days=7)
    await one.look()
    async with db.tx() as tx:
        assert len(await sent(db)) == 4
        assert not await take_lease(tx, "two", clock.now())
    clock.advance(seconds=LEASE.total_seconds())
    async with db.tx() as tx:
        assert await take_lease(tx, "two", clock.now())
    clock.advance(days=7)
    await two.look()
    assert len(await sent(db)) == 5


async def test_a_process_that_stops_leaves_the_lease_to_the_next(
    db: Database, clock: FakeClock
) -> None:
    source = Digests(clock)
    signs: list[str] = []
    one, two = (timer_of(db, clock, source, name) for name in ("one", "two"))
    one.every(3600, lambda: signs.append("alive"))
    await one.start()
    await one.stop()
    assert signs == ["alive"]
    clock.advance(days=7)
    await two.look()
    assert len(await sent(db)) == 4


async def test_only_the_process_that_leads_works_beside_the_looks(
    db: Database, clock: FakeClock
) -> None:
    done: list[str] = []

    def worker(name: str) -> tuple[Timer, Callable[[], Awaitable[None]]]:
        async def begin() -> None:
            done.append(f"{name} begins")

        async def call() -> None:
            done.append(name)

        timer = timer_of(db, clock, Digests(clock), name)
        return timer, timer.while_leading(5, call, begin=begin)

    (one, work_one), (two, work_two) = worker("one"), worker("two")
    await work_one()
    assert done == []
    await one.look()
    await two.look()
    for work in (work_one, work_two, work_one):
        await work()
    assert done == ["one begins", "one", "one"]
    clock.advance(seconds=LEASE.total_seconds())
    await two.look()
    for work in (work_one, work_two):
        await work()
    assert done[3:] == ["two begins", "two"]
    clock.advance(seconds=LEASE.total_seconds())
    await one.look()
    await work_one()
    assert done[5:] == ["one begins", "one"]


async def test_a_source_that_fails_stops_no_other(
    db: Database, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_tx: Tx, _now: datetime) -> Sequence[Job]:
        raise KeyError("nobody knows")

    nudged: list[str] = []

    async def nudge() -> None:
        nudged.append("open")
        raise ConflictError("not_now")

    async def sessions(_tx: Tx, now: datetime) -> Sequence[Nudge]:
        return [Nudge("open:1", now, nudge)]

    timer = Timer(db, clock, "one")
    timer.register("broken", broken)
    timer.register("sessions", sessions)
    timer.register("digest", Digests(clock))
    with pytest.raises(ValueError, match="digest"):
        timer.register("digest", Digests(clock))
    with caplog.at_level(logging.CRITICAL):
        await timer.look()
    assert (nudged, len(await sent(db))) == (["open"], 3)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(-3 * 24, 10 * 24)),
        st.tuples(st.just("look"), st.sampled_from("ab")),
        st.tuples(st.just("crash"), st.sampled_from("ab")),
        st.tuples(st.just("restart"), st.sampled_from("ab")),
        st.tuples(st.just("both"), st.none()),
    ),
    max_size=12,
)


async def _live_through(steps: list[tuple[str, object]], url: str) -> tuple[list[int], list[int]]:
    """Return what was sent in the end, and what should have been."""
    clock, db = FakeClock(), Database(url)
    source = Digests(clock)
    timers = {name: timer_of(db, clock, source, name) for name in "ab"}
    latest = clock.now()
    for step, what in steps:
        match step, what:
            case "move", int(hours):
                clock.advance(hours=hours)
            case "restart", str(name):
                timers[name] = timer_of(db, clock, source, name)
            case "both", _:
                await asyncio.gather(*(timer.look() for timer in timers.values()))
            case _, str(name):
                source.crashes = step == "crash"
                await timers[name].look()
                source.crashes = False
        latest = max(latest, clock.now())
    clock.advance(seconds=(latest - clock.now() + LEASE).total_seconds())
    await timers["a"].look()
    found = await sent(db)
    await db.close()
    return sorted(found), [n for n in range(-2, 3) if source.start + n * WEEK <= clock.now()]


@settings(max_examples=50)
@given(STEPS)
def test_whatever_happens_each_job_is_done_exactly_once(
    migrated_file: Path, steps: list[tuple[str, object]]
) -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        file = shutil.copy(migrated_file, Path(folder) / "timers.db")
        found, wanted = asyncio.run(_live_through(steps, f"sqlite:///{file}"))
    logging.disable(logging.NOTSET)
    assert found == wanted
