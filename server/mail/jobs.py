"""Sends letters: every few seconds what waits, more rarely while nobody answers; empties old ones.

While no server is set, letters wait. The house's one timer says when, and in which process: of two
on one database only the one that leads sends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, time, timedelta

from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.mail.delivery import MailServerAwayError
from server.mail.model import MailServer, wait_after
from server.mail.receiving import LOOK_BACK
from server.mail.service import recover, send_waiting
from server.mail.store import empty_letters, forget_received
from server.timers.model import Job, Source

log = logging.getLogger("pinhui.mail")

SEND_SECONDS = 5
EMPTIED_AT = time(3, 30)
"""When old letters are emptied, in the site's zone."""
RECEIVED_KEPT = 3 * LOOK_BACK


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

    async def look_back(self) -> None:
        """Mark what was being sent when the process that led before this one ended."""
        async with self._busy:
            await recover(self._db)

    async def stop(self) -> None:
        """Send no more; the letter that is being told to the server is finished first."""
        self._stopping = True
        async with self._busy:
            return

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


def emptying_jobs(clock: Clock, days: int) -> Source:
    """Return the source of jobs that once a night empties letters that are old enough.

    What stays of a letter is that there was one: its key, to whom, about what, and when it was
    sent. Of what was received only what is not looked at any more is forgotten.

    Args:
        clock: the time.
        days: how long after it was sent, or given up, a letter is kept whole; 0 for ever.
    """

    async def empty(tx: Tx) -> None:
        now = clock.now()
        await forget_received(tx, before=now - RECEIVED_KEPT)
        if days:
            await empty_letters(tx, before=now - timedelta(days=days), now=now)

    async def nights(_tx: Tx, now: datetime) -> Sequence[Job]:
        today = now.astimezone(SITE_ZONE).date()
        found = [today + timedelta(days=ahead) for ahead in (0, 1)]
        return [
            Job(
                f"letters:{day.isoformat()}",
                datetime.combine(day, EMPTIED_AT, SITE_ZONE).astimezone(UTC),
                empty,
            )
            for day in found
        ]

    return nights
