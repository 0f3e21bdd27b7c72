"""A printable page as PDF, by a child process."""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from server.children import parent
from server.domain.errors import DomainError

log = logging.getLogger("pinhui.pages")

_TIMEOUT = timedelta(minutes=5)
"""Generous: a child is limited in what it computes, not in how busy the computer is."""
_PATIENCE = timedelta(minutes=10)
READING = timedelta(seconds=1)
"""How long after a page that offers a PDF a child begins: the page comes first."""
_COMMAND = parent.module("server.pages.paper")


class PaperError(Exception):
    """The child process did not make a PDF; its last words are the text."""


class PaperMaker:
    """Makes PDFs one after the other: a second one waits rather than take the other core.

    Each child makes one PDF. It needs a second or two before it can begin, so ``prepare`` has one
    begin while a person still reads, or a report is still folded; a child that nobody comes for is
    let go.
    """

    def __init__(
        self,
        command: Sequence[str] = _COMMAND,
        timeout: timedelta = _TIMEOUT,
        seal: Callable[[datetime], Sequence[Path]] | None = None,
        patience: timedelta = _PATIENCE,
    ) -> None:
        """Prepare to make PDFs.

        Args:
            command: the child process.
            timeout: how long it may take.
            seal: returns the PEM files of certificate, key and authority that are good now.
            patience: how long a child waits that nobody comes for.
        """
        self._command = tuple(command)
        self._seal = seal
        self._timeout = timeout
        self._patience = patience
        self._one_at_a_time = asyncio.Semaphore(1)
        self._ready: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self._letting_go: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[None]] = set()

    def prepare(self, delay: timedelta = timedelta()) -> None:
        """Let a child begin after a while, which the next PDF will find; not while one works."""
        if self._soon is not None:
            self._soon.cancel()
        loop = asyncio.get_running_loop()
        self._soon = loop.call_later(delay.total_seconds(), self._prepare)

    def _prepare(self) -> None:
        self._soon = None
        if self._one_at_a_time.locked():
            return
        if self._ready is None:
            self._ready = asyncio.create_task(parent.begin(self._command))
        if self._letting_go is not None:
            self._letting_go.cancel()
        patience = self._patience.total_seconds()
        self._letting_go = asyncio.get_running_loop().call_later(patience, self._let_go)

    async def close(self) -> None:
        """Let go of the child that is ready, and wait for its end."""
        self._let_go()
        await asyncio.gather(*self._endings)

    def _let_go(self) -> None:
        for timer in (self._soon, self._letting_go):
            if timer is not None:
                timer.cancel()
        self._soon = self._letting_go = None
        if self._ready is not None:
            ending = asyncio.create_task(_end(self._ready))
            self._ready = None
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    async def _take(self) -> asyncio.subprocess.Process:
        """Return the child that is ready, or a new one where there is none that lives."""
        ready, self._ready = self._ready, None
        self._let_go()
        child = await ready if ready is not None else None
        if child is not None and child.returncode is None:
            return child
        return await parent.begin(self._command)

    async def make(
        self,
        html: str,
        signed_at: datetime | None = None,
        *,
        tell: Callable[[int], None] | None = None,
    ) -> bytes:
        """Return the PDF of a printable page; with a time, as PDF/A signed with the seal.

        ``tell`` hears how many pages are laid out, while it is made.

        Raises:
            PaperError: when the child fails or takes longer than it may, or there is no seal.
        """
        told: dict[str, Any] = {}
        if self._seal is not None and signed_at is not None:
            files = [str(path) for path in self._files(signed_at)]
            told = {"seal": files, "signed_at": signed_at.isoformat()}
        text = f"{json.dumps(told)}\n{html}".encode()
        async with self._one_at_a_time:
            child = await self._take()
            try:
                ended = await parent.finish(child, text, within=self._timeout, hear=tell)
            except TimeoutError as error:
                raise PaperError("took too long") from error
        if ended.status != 0 or not ended.made.startswith(b"%PDF"):
            raise PaperError(ended.words[-500:])
        return ended.made

    def _files(self, at: datetime) -> Sequence[Path]:
        """Return the files of the seal that is good at a time."""
        try:
            return self._seal(at) if self._seal else ()
        except (OSError, ValueError) as error:
            raise PaperError(f"no seal: {error}") from error

    async def print_page(self, html: str, signed_at: datetime | None = None) -> bytes:
        """Return the PDF of a printable page that somebody asked for; otherwise as ``make``.

        Raises:
            DomainError: ``paper_failed``; why is in the log.
        """
        try:
            return await self.make(html, signed_at)
        except PaperError as error:
            log.exception("no PDF was made")
            raise DomainError("paper_failed") from error
        finally:
            self.prepare(READING)  # who prints one report often prints the next


async def _end(ready: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """End a child that nobody came for."""
    with suppress(OSError):
        await parent.end(await ready)
