"""The timer that sends letters: every few seconds what waits, and more rarely while nobody answers.

While no server is set, letters wait and nothing runs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server.db.engine import Database
from server.domain.clock import Clock
from server.mail.delivery import MailServerAwayError
from server.mail.model import MailServer, wait_after
from server.mail.service import recover, send_waiting

log = logging.getLogger("pinhui.mail")

SEND_SECONDS = 5


class Postman:
    """Sends what waits in the outbox.

    Args:
        db: the database.
        clock: the time.
        server: the mail server, or None while there is none.
        name_sender: tells who letters are from, in words.

    Attributes:
        server: the mail server, or None.
        trouble: what the server or the system said at the last try in vain; empty when all is well.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        server: MailServer | None,
        name_sender: Callable[[], Awaitable[str]],
    ) -> None:
        self._db, self._clock, self.server = db, clock, server
        self._name_sender = name_sender
        self.trouble = ""
        self._failures = 0
        self._stopping = False
        self._resume_at: datetime | None = None
        self._busy = asyncio.Lock()
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def start(self) -> None:
        """Look at what an earlier run left, and go on sending."""
        await recover(self._db)
        if self.server is not None:
            self._scheduler.add_job(self.run_due, "interval", seconds=SEND_SECONDS, id="send")
            self._scheduler.start()

    async def stop(self) -> None:
        """Send no more; the letter that is being told to the server is finished first."""
        self._stopping = True
        async with self._busy:
            if self._scheduler.running:
                self._scheduler.shutdown(wait=False)

    async def run_due(self) -> None:
        """Send what waits, unless the server was away a moment ago."""
        now = self._clock.now()
        if self.server is None or (self._resume_at is not None and now < self._resume_at):
            return
        async with self._busy:
            try:
                await send_waiting(
                    self._db,
                    self._clock,
                    server=self.server,
                    sender_name=await self._name_sender(),
                    may_go_on=lambda: not self._stopping,
                )
            except MailServerAwayError as error:
                self._failures += 1
                self.trouble = str(error)
                self._resume_at = self._clock.now() + wait_after(self._failures)
                log.warning("the mail server cannot be used: %s", error)
            else:
                self._failures, self.trouble, self._resume_at = 0, "", None
