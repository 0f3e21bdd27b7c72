"""Where the files of experience videos lie: received from a browser, taken in by a child process.

Below the folder of recordings: ``library/<video>/<digest>/film.webm`` with its frames beside it. A
file is in its place before the row that names it, and goes after it; what a kill left goes at the
next start. What is on its way lies in ``library/.incoming``.
"""

import asyncio
import hashlib
import json
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

from server.children.parent import Hear, Works, module, run
from server.domain.errors import ConflictError, DomainError
from server.library import taking
from server.library.model import FilmKind, Limits, VideoFilm, kind_of
from server.recording.room import Space, has_room, space_of

log = logging.getLogger("pinhui.library")

_CHUNK = 1 << 20
_LOOK_EVERY = 16
"""Megabytes received between two looks at the disk."""
SILENT_WITHIN = timedelta(seconds=60)
TAKE_WITHIN = timedelta(minutes=10)


class VideoWork(StrEnum):
    """What is being done about the file of a video."""

    NOTHING = "NOTHING"
    RECEIVING = "RECEIVING"
    TAKING = "TAKING"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the file of a video is; ``fault`` is why the last one was not taken."""

    work: VideoWork
    percent: int = 0
    fault: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """What is taken in: a file, and from which second to which; ``end`` is 0 for all of it.

    One that came in from a browser is ``ours``: it goes when it was looked at.
    """

    path: Path
    start: int = 0
    end: int = 0
    ours: bool = False


Enter = Callable[[VideoFilm], Awaitable[None]]
"""Enters the film that lies in its place now; raises a ``DomainError`` when it is not wanted."""


class VideoShelf:
    """The files of all experience videos; films are taken in one after the other.

    Args:
        root: the folder of recordings.
        space: looks at the disk.
    """

    def __init__(self, root: Path, space: Space = space_of) -> None:
        self._root, self._space = root / "library", space
        self._works: Works[int] = Works()
        self._receiving: set[int] = set()
        self._faults: dict[int, DomainError] = {}

    # --- what lies there ------------------------------------------------------------------------

    def folder_of(self, video_id: int, digest: str) -> Path:
        """Return where the file of a video lies, and its frames."""
        return self._root / str(video_id) / digest[:16]

    def film_of(self, video_id: int, film: VideoFilm) -> Path:
        """Return the path of a film."""
        return self.folder_of(video_id, film.digest) / f"film.{film.kind}"

    def frame_of(self, video_id: int, film: VideoFilm, number: int) -> Path:
        """Return the path of a frame."""
        return self.folder_of(video_id, film.digest) / f"{number}.jpg"

    def look(self, video_id: int) -> Progress:
        """Return what is being done about a video's file, or why the last one was not taken."""
        percent = self._works.look(video_id)
        if percent is not None:
            return Progress(VideoWork.TAKING, percent)
        if video_id in self._receiving:
            return Progress(VideoWork.RECEIVING)
        return Progress(VideoWork.NOTHING, fault=self._faults.get(video_id))

    async def remove(self, video_id: int, but: str = "") -> None:
        """Delete the files of a video, all but those of one digest."""
        await asyncio.to_thread(self._remove, video_id, but)

    def _remove(self, video_id: int, but: str) -> None:
        place = self._root / str(video_id)
        for folder in place.iterdir() if place.is_dir() else ():
            if not but or folder != self.folder_of(video_id, but):
                shutil.rmtree(folder)
        if not but and place.is_dir():
            place.rmdir()

    async def sweep(self, digests: Mapping[int, str]) -> None:
        """Delete what no row names, and what was on its way when the last run ended."""
        await asyncio.to_thread(self._sweep, digests)

    def _sweep(self, digests: Mapping[int, str]) -> None:
        shutil.rmtree(self._incoming, ignore_errors=True)
        for place in self._root.glob("[0-9]*"):
            self._remove(int(place.name), digests.get(int(place.name), ""))

    async def close(self) -> None:
        """End what is underway."""
        await self._works.close()

    @property
    def _incoming(self) -> Path:
        return self._root / ".incoming"

    # --- coming in ------------------------------------------------------------------------------

    def require_room(self, coming: int) -> None:
        """Refuse what would fill the disk: a twentieth of it stays free, as with recordings.

        Raises:
            DomainError: ``video_disk_full``.
        """
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not has_room(self._root, coming, self._space):
            raise DomainError("video_disk_full")

    async def receive(
        self, video_id: int, chunks: AsyncIterator[bytes], length: int | None, limits: Limits
    ) -> Source:
        """Write a file to the disk while it comes in; return where it lies for now.

        Args:
            video_id: the video it is for.
            chunks: its octets.
            length: how many are announced.
            limits: the largest file that is taken.

        Raises:
            ConflictError: ``video_busy`` while another file of the video is on its way.
            DomainError: ``video_large`` (most MB), ``video_empty``, ``video_disk_full``,
                ``video_kind``, ``video_broken_off`` when it does not come whole.
        """
        self._require_idle(video_id)
        if length is not None and length > limits.octets:
            raise DomainError("video_large", most=limits.megabytes)
        # the copy that is made of it takes as much again
        self.require_room(2 * (length or 0))
        self._receiving.add(video_id)
        self._faults.pop(video_id, None)
        path = self._incoming / f"{video_id}.upload"
        try:
            await self._write(path, _within(chunks, limits), length)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        finally:
            self._receiving.discard(video_id)
        return Source(path, ours=True)

    def _require_idle(self, video_id: int) -> None:
        if self.look(video_id).work is not VideoWork.NOTHING:
            raise ConflictError("video_busy")

    async def _write(self, path: Path, chunks: AsyncIterator[bytes], length: int | None) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        came, looked = 0, 0
        file = await asyncio.to_thread(path.open, "wb")
        try:
            async for chunk in _timed(chunks):
                if not came and kind_of(chunk) is None:
                    raise DomainError("video_kind")
                came += len(chunk)
                if came - looked > _LOOK_EVERY * _CHUNK:
                    looked = came
                    self.require_room(came)
                await asyncio.to_thread(file.write, chunk)
        finally:
            await asyncio.to_thread(file.close)
        if not came:
            raise DomainError("video_empty")
        if length is not None and came != length:
            raise DomainError("video_broken_off")

    # --- taking in ------------------------------------------------------------------------------

    def begin(
        self, video_id: int, source: Source, limits: Limits, enter: Enter
    ) -> asyncio.Task[None]:
        """Let a film be taken in, and entered when it lies in its place; ``look`` tells how far.

        Returns:
            What ends when it is done, whether the film was taken or not.

        Raises:
            ConflictError: ``video_busy`` while another file of the video is on its way.
            DomainError: ``video_disk_full``.
        """
        self._require_idle(video_id)
        if not source.ours:
            self.require_room(source.path.stat().st_size)
        self._faults.pop(video_id, None)
        return self._works.begin(video_id, partial(self._take_in, video_id, source, limits, enter))

    async def _take_in(
        self, video_id: int, source: Source, limits: Limits, enter: Enter, hear: Hear
    ) -> None:
        folder = self._incoming / str(video_id)
        try:
            film = await self._taken(source, folder, limits, hear)
            place = self.folder_of(video_id, film.digest)
            await asyncio.to_thread(_put, folder, place)
            await enter(film)
            await self.remove(video_id, but=film.digest)
        except DomainError as refusal:
            self._faults[video_id] = refusal
        except OSError:
            log.exception("the file of video %s was not taken in", video_id)
            self._faults[video_id] = DomainError("video_unreadable")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if source.ours:
                source.path.unlink(missing_ok=True)

    async def _taken(self, source: Source, folder: Path, limits: Limits, hear: Hear) -> VideoFilm:
        """Return a film that was copied into a folder.

        Raises:
            DomainError: ``video_kind``, ``video_no_picture``, ``video_codec``, ``video_long`` (most
                minutes), ``video_cut_empty``, ``video_unreadable``, ``video_heavy``.
        """
        kind = await asyncio.to_thread(_kind_in, source.path)
        if kind is None:
            raise DomainError("video_kind")
        await asyncio.to_thread(_make_empty, folder)
        most = limits.minutes * 60
        words = (source.path, kind, folder, source.start, source.end, most)
        try:
            ended = await run(module(taking.__name__, *words), within=TAKE_WITHIN, hear=hear)
        except TimeoutError:
            raise DomainError("video_heavy") from None
        if ended.status:
            raise _refusal_of(ended.status, limits)
        told = json.loads(ended.made)
        digest, octets = await asyncio.to_thread(_measure, folder / f"film.{kind}")
        frames = int(told["frames"])
        return VideoFilm(digest, kind, octets, int(told["seconds"]), frames, min(1, frames - 1))


def _refusal_of(status: int, limits: Limits) -> DomainError:
    """Return why a child took nothing; a negative status is the signal that ended it."""
    if status == taking.LONG:
        return DomainError("video_long", most=limits.minutes)
    if status == taking.NO_PICTURE:
        return DomainError("video_no_picture")
    if status == taking.CODEC:
        return DomainError("video_codec")
    if status == taking.EMPTY:
        return DomainError("video_cut_empty")
    return DomainError("video_heavy" if status < 0 else "video_unreadable")


async def _within(chunks: AsyncIterator[bytes], limits: Limits) -> AsyncIterator[bytes]:
    """Yield what comes in.

    Raises:
        DomainError: ``video_large`` (most MB) when it is more than may be.
    """
    came = 0
    async for chunk in chunks:
        came += len(chunk)
        if came > limits.octets:
            raise DomainError("video_large", most=limits.megabytes)
        yield chunk


async def _timed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield what comes in.

    Raises:
        DomainError: ``video_broken_off`` when nothing comes for a minute.
    """
    try:
        while True:
            async with asyncio.timeout(SILENT_WITHIN.total_seconds()):
                chunk = await anext(chunks, None)
            if chunk is None:
                return
            yield chunk
    except TimeoutError:
        raise DomainError("video_broken_off") from None


def _make_empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def _kind_in(path: Path) -> FilmKind | None:
    with path.open("rb") as file:
        return kind_of(file.read(16))


def _measure(path: Path) -> tuple[str, int]:
    """Return SHA-256 and octets of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size


def _put(folder: Path, place: Path) -> None:
    """Let a folder lie in its place; the same film that lies there already is replaced."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    folder.replace(place)
