"""What leaves the house of a report: its workbook by a child process, and PDFs with progress."""

import asyncio
import json
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from server.burden.rows import Cell, Sheet
from server.children.parent import module, run
from server.domain.clock import Clock
from server.domain.errors import DomainError
from server.pages.export import PaperError, PaperMaker
from server.pages.sheets import render_csv

log = logging.getLogger("pinhui.burden")

_COMMAND = module("server.burden.workbook")
_TIMEOUT = timedelta(seconds=60)
_KEPT = timedelta(minutes=15)
_MOST = 20


async def make_csv(rows: Sequence[Sequence[str | int]]) -> bytes:
    """Return a report's CSV, made beside the loop: see ``sheets.render_csv``."""
    return await asyncio.to_thread(render_csv, rows)


async def make_workbook(
    title: str, about: Sequence[tuple[str, Cell]], sheets: Sequence[Sheet]
) -> bytes:
    """Return a report's workbook.

    Args:
        title: the name of its first sheet.
        about: what stands on that, word and value by line.
        sheets: its tables.

    Raises:
        DomainError: ``workbook_failed``; why is in the log.
    """
    told = {"title": title, "about": list(about), "sheets": [asdict(sheet) for sheet in sheets]}
    text = await asyncio.to_thread(json.dumps, told)
    try:
        ended = await run(_COMMAND, text.encode(), within=_TIMEOUT)
    except TimeoutError as error:
        raise DomainError("workbook_failed") from error
    if ended.status != 0:
        log.error("no workbook was made: %s", ended.words[-500:])
        raise DomainError("workbook_failed")
    return ended.made


class Stage(StrEnum):
    """Where a PDF stands that is being made."""

    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"


@dataclass(slots=True)
class Making:
    """A PDF that somebody asked for; ``pages`` are those laid out so far."""

    key: str
    account_id: int
    name: str
    asked_at: datetime
    stage: Stage = Stage.WAITING
    pages: int = 0
    pdf: bytes = b""


@dataclass(slots=True)
class Press:
    """Makes PDFs that take their time; what is made is kept for a quarter of an hour."""

    paper: PaperMaker
    clock: Clock
    _makings: dict[str, Making] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, html: str, name: str, account_id: int) -> Making:
        """Begin to make the PDF of a printable page under a file name, for an account.

        Raises:
            DomainError: ``too_many_makings`` when so many wait that another would wait too long.
        """
        now = self.clock.now()
        old = [m.key for m in self._makings.values() if m.asked_at + _KEPT < now]
        for key in old:
            del self._makings[key]
        if len(self._makings) >= _MOST:
            raise DomainError("too_many_makings")
        making = Making(secrets.token_urlsafe(12), account_id, name, now)
        self._makings[making.key] = making
        task = asyncio.create_task(self._make(making, html))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return making

    def find(self, key: str, account_id: int) -> Making | None:
        """Return a PDF that an account asked for; None for another's, or one long gone."""
        making = self._makings.get(key)
        return making if making is not None and making.account_id == account_id else None

    async def close(self) -> None:
        """Let go of what is being made."""
        for task in self._tasks:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks)

    async def _make(self, making: Making, html: str) -> None:
        def tell(pages: int) -> None:
            making.pages = pages

        try:
            making.pdf = await self.paper.make(html, making.asked_at, tell=tell)
            making.stage = Stage.READY
        except PaperError:
            log.exception("no PDF was made")
            making.stage = Stage.FAILED
