"""A printable page as PDF, by a child process."""

import asyncio
import logging
import sys
from collections.abc import Sequence
from datetime import timedelta

from server.domain.errors import DomainError

log = logging.getLogger("pinhui.pages")

_TIMEOUT = timedelta(seconds=60)
_COMMAND = (sys.executable, "-m", "server.pages.paper")


class PaperError(Exception):
    """The child process did not make a PDF; its last words are the text."""


class PaperMaker:
    """Makes PDFs one after the other: a second one waits rather than take the other core."""

    def __init__(self, command: Sequence[str] = _COMMAND, timeout: timedelta = _TIMEOUT) -> None:
        self._command = tuple(command)
        self._timeout = timeout
        self._one_at_a_time = asyncio.Semaphore(1)

    async def make(self, html: str) -> bytes:
        """Return the PDF of a printable page.

        Raises:
            PaperError: when the child fails, or takes longer than it may.
        """
        async with self._one_at_a_time:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    made, words = await child.communicate(html.encode())
            except TimeoutError as error:
                raise PaperError("took too long") from error
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0 or not made.startswith(b"%PDF"):
            raise PaperError(words.decode(errors="replace").strip()[-500:])
        return made

    async def print_page(self, html: str) -> bytes:
        """Return the PDF of a printable page that somebody asked for.

        Raises:
            DomainError: ``paper_failed``; why is in the log.
        """
        try:
            return await self.make(html)
        except PaperError as error:
            log.exception("no PDF was made")
            raise DomainError("paper_failed") from error
