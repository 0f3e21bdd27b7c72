"""Films of recordings, made in child processes when wanted and kept beside what was recorded.

One is made after the other; a mosaic takes so long that nothing else waits for it.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path

from server.children.parent import Hear, Works, module, run
from server.domain.errors import DomainError, NotFoundError
from server.recording.film import MOSAIC, PROGRAMME, Film
from server.recording.filming import NOTHING
from server.recording.holdings import Held, Holdings, size_of_films
from server.recording.manifest import MANIFEST, digest_of
from server.recording.room import has_room

log = logging.getLogger("pinhui.recording")


class FilmState(StrEnum):
    """How far a film is."""

    ABSENT = "ABSENT"
    MAKING = "MAKING"
    READY = "READY"
    FAILED = "FAILED"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a film is.

    Attributes:
        state: also of one that waits it is ``MAKING``.
        percent: of one that is made.
        before: how many are made before one that waits.
        octets: how large one is that is ready.
    """

    state: FilmState
    percent: int = 0
    before: int = 0
    octets: int = 0


class Films:
    """The recordings below a folder and their films."""

    def __init__(self, root: Path) -> None:
        self._holdings = Holdings(root)
        self._works: Works[Path] = Works()
        self._mosaics: Works[Path] = Works()
        self._faults: dict[Path, FilmState] = {}

    async def all(self) -> dict[int, Held]:
        """Return what there is of recordings, by session."""
        return await asyncio.to_thread(self._holdings.all)

    async def of(self, session: int) -> Held | None:
        """Return the recording of a session, None when it has none."""
        return await asyncio.to_thread(self._holdings.of, session)

    async def sizes(self, held: Sequence[Held]) -> list[tuple[datetime, int, int]]:
        """Return of each recording when it began, its octets, and those of its films."""
        return await asyncio.to_thread(
            lambda: [(one.begun, one.octets, size_of_films(one)) for one in held]
        )

    async def seal_of(self, held: Held) -> str:
        """Return the SHA-256 of a recording's manifest, as the log has it."""
        manifest = held.folder / MANIFEST
        return digest_of(await asyncio.to_thread(manifest.read_bytes))

    async def remove(self, held: Held) -> None:
        """Delete a recording and its films; those under way end."""
        paths = [held.path_of(film) for film in await self.films(held)]
        await asyncio.gather(self._works.drop(*paths), self._mosaics.drop(*paths))
        for path in paths:
            self._faults.pop(path, None)
        await asyncio.to_thread(self._holdings.remove, held)

    async def clear(self) -> None:
        """Delete what is left of recordings whose removal was broken off."""
        await asyncio.to_thread(self._holdings.clear)

    async def films(self, held: Held) -> tuple[Film, ...]:
        """Return the films that a sealed recording can have."""
        return await asyncio.to_thread(self._holdings.films, held)

    async def find(self, held: Held, name: str) -> Film:
        """Return the film of a sealed recording that has a name.

        Raises:
            NotFoundError: ``no_such_film``.
        """
        film = next((film for film in await self.films(held) if film.name == name), None)
        if film is None:
            raise NotFoundError("no_such_film")
        return film

    def require_room(self, held: Held) -> None:
        """Refuse a film that would fill the disk; it may be as large as what was recorded.

        Raises:
            DomainError: ``film_disk_full``.
        """
        if not has_room(held.folder, held.octets):
            raise DomainError("film_disk_full")

    def look(self, held: Held, film: Film = PROGRAMME) -> Progress:
        """Return how far a film of a recording is."""
        path, works = held.path_of(film), self._works_for(film)
        if path.is_file():
            return Progress(FilmState.READY, octets=path.stat().st_size)
        percent = works.look(path)
        if percent is not None:
            return Progress(FilmState.MAKING, percent, works.before(path))
        return Progress(self._faults.get(path, FilmState.ABSENT))

    def want(self, held: Held, film: Film = PROGRAMME) -> Progress:
        """Let a film of a sealed recording be made unless it is; return how far it is.

        One that failed is tried again.
        """
        now = self.look(held, film)
        if now.state not in {FilmState.ABSENT, FilmState.FAILED} or not held.is_sealed:
            return now
        path = held.path_of(film)
        self._faults.pop(path, None)
        self._works_for(film).begin(path, partial(self._make, held, film))
        return self.look(held, film)

    async def close(self) -> None:
        """End what is under way."""
        await asyncio.gather(self._works.close(), self._mosaics.close())

    def _works_for(self, film: Film) -> Works[Path]:
        return self._mosaics if film == MOSAIC else self._works

    async def _make(self, held: Held, film: Film, hear: Hear) -> None:
        path = held.path_of(film)
        maker = "server.recording.mosaic" if film == MOSAIC else "server.recording.filming"
        try:
            ended = await run(module(maker, held.folder, path), hear=hear)
        finally:
            _clean(path.with_suffix(".half"))
        if ended.status == NOTHING:
            self._faults[path] = FilmState.NOTHING
        elif ended.status:
            self._faults[path] = FilmState.FAILED
            log.error("no film %s of %s: %s", film.name, held.folder.name, ended.last_line)


def _clean(half: Path) -> None:
    """Delete what a child left of a film that it did not finish."""
    if half.is_file():
        half.unlink()
