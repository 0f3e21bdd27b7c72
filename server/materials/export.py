"""Pages of materials as pictures: made by child processes one after the other, kept in a folder.

The folder is a cache: whatever is deleted from it is made again.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from server.children.parent import module, run
from server.domain.errors import DomainError, NotFoundError
from server.materials.drawing import LOCKED, NO_SUCH_PAGE
from server.materials.model import MOST_PAGES, Kind, Material

T = TypeVar("T")
Fetch = Callable[[str], Awaitable[bytes]]
"""Returns the bytes of a digest."""

DRAW_WITHIN = timedelta(seconds=30)
CONVERT_WITHIN = timedelta(seconds=150)
MOST_FAULTS = 1000
TYPES = {".png": "image/png", ".jpg": "image/jpeg"}
_PNG = b"\x89PNG"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a child may take for a page, and for a document; how much the cache may hold."""

    draw: timedelta = DRAW_WITHIN
    convert: timedelta = CONVERT_WITHIN
    cache_bytes: int = 2 * 1024 * 1024 * 1024


class PageMaker:
    """Makes page counts and pictures of pages; what 33 venues ask for at once is made once.

    Args:
        folder: where pictures and converted documents are kept; made when needed.
        fetch: returns the bytes of a digest.
        program: LibreOffice, empty where it is not installed.
        limits: how long, how much.
    """

    def __init__(
        self, folder: Path, fetch: Fetch, program: str = "", limits: Limits | None = None
    ) -> None:
        self._folder, self._fetch, self._program = folder, fetch, program
        self._limits = limits or Limits()
        self._drawing, self._converting = asyncio.Semaphore(1), asyncio.Semaphore(1)
        self._underway: dict[Hashable, asyncio.Task[Any]] = {}
        self._faults: dict[str, str] = {}
        self._prepared: set[str] = set()
        self._preparing: set[asyncio.Task[None]] = set()

    @property
    def converts(self) -> bool:
        """Whether office documents can be turned into PDF here."""
        return bool(self._program)

    async def count(self, file: Material) -> int:
        """Return how many pages a file has, converting it first where it must be.

        Raises:
            DomainError: ``material_other`` for kinds that have no pages, ``material_no_office``
                where LibreOffice is missing, ``material_locked`` for one with a password,
                ``material_unreadable``, ``material_heavy`` for one that takes too long (all: name).
        """
        self._refuse(file)
        kept = self._place(file) / "pages"
        if kept.is_file():
            return int(kept.read_text())
        return await self._once((file.digest, "count"), lambda: self._count(file, kept))

    async def page(self, file: Material, number: int) -> tuple[bytes, str]:
        """Return the picture of a page, counted from 1, and its content type.

        Raises:
            DomainError: as ``count``.
            NotFoundError: ``material_no_page``.
        """
        self._refuse(file)
        for ending, content_type in TYPES.items():
            kept = self._place(file) / f"{number}{ending}"
            if kept.is_file():
                return kept.read_bytes(), content_type
        if not 1 <= number <= MOST_PAGES:
            raise NotFoundError("material_no_page")
        picture = await self._once((file.digest, number), lambda: self._page(file, number))
        return picture, TYPES[_ending(picture)]

    def prepare(self, files: Sequence[Material]) -> None:
        """Make first pages while nobody waits yet, one file after the other."""
        fresh = [f for f in files if f.kind is not Kind.OTHER and f.digest not in self._prepared]
        self._prepared |= {file.digest for file in fresh}
        if fresh:
            task = asyncio.create_task(self._prepare(fresh))
            self._preparing.add(task)
            task.add_done_callback(self._preparing.discard)

    async def _prepare(self, files: Sequence[Material]) -> None:
        for file in files:
            with contextlib.suppress(DomainError):
                await self.count(file)
                await self.page(file, 1)

    async def close(self) -> None:
        """End what is underway."""
        tasks = [*self._preparing, *self._underway.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def trim(self) -> None:
        """Take files out of the cache until it holds what it may, the longest unchanged first."""
        files = [(p.stat().st_mtime, p.stat().st_size, p) for p in self._folder.glob("*/*/*")]
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files, key=lambda f: f[0]):
            if total <= self._limits.cache_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    # --- what is kept ---------------------------------------------------------------------------

    def _place(self, file: Material) -> Path:
        return self._folder / file.digest[:2] / file.digest

    def _keep(self, place: Path, data: bytes) -> None:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = place.with_name(f".{place.name}.{os.getpid()}")
        fresh.write_bytes(data)
        fresh.replace(place)

    # --- one thing at a time --------------------------------------------------------------------

    async def _once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """Return what is made; who asks meanwhile for the same gets the same."""

        async def run() -> T:
            return await make()

        task = self._underway.get(key)
        if task is None:
            task = self._underway[key] = asyncio.create_task(run())
            task.add_done_callback(lambda done: self._done(key, done))
        made: T = await asyncio.shield(task)
        return made

    def _done(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._underway.pop(key, None)
        if not task.cancelled():
            task.exception()

    def _refuse(self, file: Material) -> None:
        if file.kind is Kind.OTHER:
            raise DomainError("material_other", name=file.name)
        if file.kind is Kind.OFFICE and not self._program:
            raise DomainError("material_no_office", name=file.name)
        fault = self._faults.get(file.digest)
        if fault is not None:
            raise _refusal(fault, file)

    def _fault(self, file: Material, fault: str) -> DomainError:
        """Note that a file has no pages, so that nobody tries it again, and return the refusal."""
        while len(self._faults) >= MOST_FAULTS:
            self._faults.pop(next(iter(self._faults)))
        self._faults[file.digest] = fault
        return _refusal(fault, file)

    # --- making ---------------------------------------------------------------------------------

    async def _count(self, file: Material, kept: Path) -> int:
        pages = min(int(await self._draw(file, "count")), MOST_PAGES)
        if pages < 1:
            raise self._fault(file, "unreadable")
        await asyncio.to_thread(self._keep, kept, str(pages).encode())
        return pages

    async def _page(self, file: Material, number: int) -> bytes:
        picture = await self._draw(file, str(number))
        place = self._place(file) / f"{number}{_ending(picture)}"
        await asyncio.to_thread(self._keep, place, picture)
        return picture

    async def _draw(self, file: Material, wanted: str) -> bytes:
        kind = "picture" if file.kind is Kind.PICTURE else "pdf"
        data = await self._source(file)
        async with self._drawing:
            try:
                command = module("server.materials.drawing", kind, wanted)
                ended = await run(command, data, within=self._limits.draw)
            except TimeoutError:
                raise self._fault(file, "heavy") from None
        if ended.status == NO_SUCH_PAGE:
            raise NotFoundError("material_no_page")
        if ended.status == LOCKED:
            raise self._fault(file, "locked")
        if ended.status != 0:
            # a negative status is the signal that ended it: time or memory ran out
            raise self._fault(file, "heavy" if ended.status < 0 else "unreadable")
        return ended.made

    async def _source(self, file: Material) -> bytes:
        """Return what pages are drawn from: the file itself, or the PDF made of it."""
        if file.kind is not Kind.OFFICE:
            return await self._fetch(file.digest)
        kept = self._place(file) / "converted.pdf"
        if not kept.is_file():
            await self._once((file.digest, "convert"), lambda: self._convert(file, kept))
        return await asyncio.to_thread(kept.read_bytes)

    async def _convert(self, file: Material, kept: Path) -> None:
        data = await self._fetch(file.digest)
        async with self._converting:
            folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="pinhui-office-"))
            try:
                # its own name never reaches a command line
                name = f"document{Path(file.name).suffix.lower()}"
                await asyncio.to_thread((folder / name).write_bytes, data)
                command = module("server.materials.office", self._program, folder, name)
                await run(command, within=self._limits.convert)
                made = folder / "out" / "document.pdf"
                pdf = await asyncio.to_thread(made.read_bytes) if made.is_file() else b""
            except TimeoutError:
                raise self._fault(file, "heavy") from None
            finally:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        if not pdf.startswith(b"%PDF"):
            raise self._fault(file, "unreadable")
        await asyncio.to_thread(self._keep, kept, pdf)


def _refusal(fault: str, file: Material) -> DomainError:
    if fault == "locked":
        return DomainError("material_locked", name=file.name)
    if fault == "heavy":
        return DomainError("material_heavy", name=file.name)
    return DomainError("material_unreadable", name=file.name)


def _ending(picture: bytes) -> str:
    return ".png" if picture.startswith(_PNG) else ".jpg"
