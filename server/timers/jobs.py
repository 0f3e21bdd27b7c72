"""The one timer of the product: asks every source what is due, does it, and sleeps until the next.

Features register a source; see docs/architecture.md, "By itself". APScheduler only says when to
look again: what there is to do is read from the tables at each look, so that a restart, a jump of
the clock or a missed minute changes nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError
from server.timers import store
from server.timers.model import LONGEST_KEY, Job, Source, Timed, plan_timers

log = logging.getLogger("pinhui.timer")

LOOK_SECONDS = 60


class Timer:
    """Does what the sources say is due.

    Of several processes on one database only one runs the timers; the others take over when it
    has been silent for ``LEASE``. Even if two of them think they are the one, a ``Job`` is done
    once: the note that it was done is part of its transaction.

    Args:
        db: the database.
        clock: the time.
        holder: names this process; no other on this database may have the name at the same time.
    """

    def __init__(self, db: Database, clock: Clock, holder: str) -> None:
        self._db, self._clock, self._holder = db, clock, holder
        self._sources: dict[str, Source] = {}
        self._every: list[Callable[[], None]] = []
        self._looking = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def register(self, name: str, source: Source) -> None:
        """Ask ``source`` at every look; its jobs' keys begin with a word of its own.

        Raises:
            ValueError: when the name is taken.
        """
        if name in self._sources:
            raise ValueError(f"two sources of jobs are called {name}")
        self._sources[name] = source

    def every(self, seconds: int, call: Callable[[], None]) -> None:
        """Call something short every few seconds while the timer runs, and once when it stops.

        Whoever holds the lease: this is a process's own housekeeping.
        """
        self._every.append(call)
        self._scheduler.add_job(call, "interval", seconds=seconds)

    def while_leading(
        self,
        seconds: int,
        call: Callable[[], Awaitable[None]],
        *,
        begin: Callable[[], Awaitable[None]],
    ) -> Callable[[], Awaitable[None]]:
        """Call something every few seconds beside the looks, only while this process leads.

        For work that may last, such as telling a mail server: it holds up no look. What it does
        must bear that another process takes over while it is at work.

        Args:
            seconds: how often.
            call: what to do.
            begin: done before it whenever this process has begun to lead.

        Returns:
            What happens each time.
        """
        has_begun = False

        async def call_leading() -> None:
            nonlocal has_begun
            if not await self.leads():
                has_begun = False
                return
            if not has_begun:
                await begin()
                has_begun = True
            await call()

        self._scheduler.add_job(call_leading, "interval", seconds=seconds)
        return call_leading

    async def leads(self) -> bool:
        """Tell whether this process holds the lease now."""
        async with self._db.view() as tx:
            return await store.holds_lease(tx, self._holder, self._clock.now())

    async def start(self) -> None:
        """Do what was missed, and go on."""
        await self.look()
        self._scheduler.add_job(self.look, "interval", seconds=LOOK_SECONDS, id="look")
        self._scheduler.start()

    async def stop(self) -> None:
        """End, and let another process go on at once; does nothing when it was never started."""
        if not self._scheduler.running:
            return
        self._scheduler.shutdown(wait=False)
        for call in self._every:
            call()
        async with self._looking, self._db.tx() as tx:
            await store.drop_lease(tx, self._holder)

    async def look(self) -> None:
        """Do everything that is due, and plan to look again when the next thing will be."""
        async with self._looking:
            now = self._clock.now()
            async with self._db.tx() as tx:
                leading = await store.take_lease(tx, self._holder, now)
            if not leading:
                return
            due, following = await self._plan(now)
            for job in due:
                await self._do(job)
            if following is not None:
                self._scheduler.add_job(
                    self.look, "date", run_date=following, id="next", replace_existing=True
                )

    async def _plan(self, now: datetime) -> tuple[list[Timed], datetime | None]:
        found: list[Timed] = []
        async with self._db.view() as tx:
            for name, source in self._sources.items():
                try:
                    found += await source(tx, now)
                except Exception:
                    log.exception("the jobs of %s cannot be told", name)
            keys = [job.key for job in found if isinstance(job, Job)]
            done = await store.load_done(tx, keys) if keys else set()
        return plan_timers(found, done, now)

    async def _do(self, job: Timed) -> None:
        """Do one job. One that fails is tried again at the next look, and stops no other."""
        try:
            if isinstance(job, Job):
                await self._do_once(job)
            else:
                await job.run()
        except DomainError as refusal:
            log.info("%s was not needed: %s", job.key, refusal)
        except Exception:
            log.exception("%s failed and is tried again", job.key)

    async def _do_once(self, job: Job) -> None:
        if len(job.key) > LONGEST_KEY:
            raise ValueError(f"a job's key is too long: {job.key}")
        async with self._db.tx() as tx:
            if await store.save_done(tx, job.key, self._clock.now()):
                await job.run(tx)
