"""Reads the mailbox that answers come to, and enters each letter once.

The house's one timer says when, and in which process. A letter is known by its Message-ID: one that
was copied, moved or renumbered is not entered again. How far was read is noted in the transaction
of the letter itself.
"""

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.mail.mailbox import Haul, Incoming, MailboxAwayError, collect
from server.mail.model import Mailbox, Mark, wait_after
from server.mail.store import load_mark, note_received, save_mark, was_received

log = logging.getLogger("pinhui.mail")

POLL_SECONDS = 30
LOOK_BACK = timedelta(days=14)
"""Letters of before are not looked at: what they could answer is over."""
_HEAD = 65_536
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?(<[^<>\r\n]{1,500}>)", re.I | re.M)

Note: TypeAlias = Callable[[Tx, str], Awaitable[None]]
"""Notes, in the transaction of a letter, what became of it."""
Enter: TypeAlias = Callable[[bytes, Note], Awaitable[str]]
"""Enters a letter, whatever is in it, and returns what became of it, noted in its transaction."""


def key_of(content: bytes) -> str:
    """Return by what a letter is known: the digest of its Message-ID, or of all of it."""
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD], maxsplit=1)[0]
    found = _MESSAGE_ID.search(head)
    return hashlib.sha256(found[1] if found else content).hexdigest()


class Collector:
    """Reads a mailbox.

    Args:
        db: the database.
        clock: the time.
        mailbox: where answers come to.
        enter: what is done with a letter.
        most_bytes: larger letters are not read.

    Attributes:
        mailbox: where answers come to.
        trouble: what the server or the system said at the last try in vain; empty when all is well.
        read_at: when it was last read without trouble, None before that.
    """

    def __init__(
        self, db: Database, clock: Clock, mailbox: Mailbox, enter: Enter, *, most_bytes: int
    ) -> None:
        self._db, self._clock, self.mailbox = db, clock, mailbox
        self._enter, self._most_bytes = enter, most_bytes
        self.trouble = ""
        self.read_at: datetime | None = None
        self._failures = 0
        self._resume_at: datetime | None = None
        self._busy = asyncio.Lock()

    async def begin(self) -> None:
        """Do nothing: how far was read stands in the database."""

    async def stop(self) -> None:
        """Wait until the letter that is being entered is entered."""
        async with self._busy:
            self._resume_at = datetime.max.replace(tzinfo=SITE_ZONE)

    async def run_due(self) -> None:
        """Enter what has come, unless the mailbox was away a moment ago or is being read."""
        now = self._clock.now()
        resting = self._resume_at is not None and now < self._resume_at
        if resting or self._busy.locked():
            return
        async with self._busy:
            try:
                await self._read_all(now)
            except MailboxAwayError as error:
                self._failures += 1
                self.trouble = str(error)
                self._resume_at = self._clock.now() + wait_after(self._failures)
                log.warning("the mailbox cannot be read: %s", error)
            else:
                self._failures, self.trouble, self._resume_at = 0, "", None
                self.read_at = now

    async def _read_all(self, now: datetime) -> None:
        since = (now - LOOK_BACK).astimezone(SITE_ZONE).date()
        more = True
        while more:
            async with self._db.view() as tx:
                mark = await load_mark(tx, self.mailbox.name)
            haul: Haul = await asyncio.to_thread(
                collect, self.mailbox, mark, since=since, most_bytes=self._most_bytes
            )
            for letter in haul.letters:
                await self._take(letter, haul.mark.validity)
            more = haul.more

    async def _take(self, letter: Incoming, validity: int) -> None:
        """Enter one letter, unless it was before; how far was read is noted either way."""
        key, reached = key_of(letter.content), Mark(validity, letter.uid)

        async def note(tx: Tx, outcome: str) -> None:
            await note_received(tx, key, outcome, self._clock.now())
            await save_mark(tx, self.mailbox.name, reached)

        async with self._db.tx() as tx:
            known = not letter.content or await was_received(tx, key)
            if known:
                await save_mark(tx, self.mailbox.name, reached)
        if not known:
            log.info("a letter was read: %s", await self._enter(letter.content, note))
