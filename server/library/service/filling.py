"""The file of an experience video: received from a browser, or cut from a recording."""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from functools import partial

from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind
from server.library import store
from server.library.export import Source
from server.library.model import Cut, Limits, Video, VideoFilm, require_editable
from server.library.service.desk import Desk
from server.library.service.limits import load_limits
from server.recording.holdings import Held
from server.recording.library import Opened, RecordingState


async def load_editable(desk: Desk, video_id: int) -> Video:
    """Return a video whose words and file the login may change.

    Raises:
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``.
    """
    async with desk.db.view() as tx:
        return require_editable(desk.login, await store.load_video(tx, video_id))


async def receive(
    desk: Desk, video_id: int, chunks: AsyncIterator[bytes], length: int | None
) -> Awaitable[None]:
    """Take the file that a browser sends; it is looked at and entered afterwards.

    Args:
        desk: where the login works.
        video_id: the video it is for.
        chunks: its octets.
        length: how many are announced.

    Returns:
        What ends when it was looked at.

    Raises:
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``, ``VideoShelf``.
        DomainError: as ``VideoShelf.receive``.
    """
    await load_editable(desk, video_id)
    shelf, limits = desk.librarian.shelf, await _limits(desk)
    source = await shelf.receive(video_id, chunks, length, limits)
    return shelf.begin(video_id, source, limits, partial(_enter, desk, video_id, None))


async def _limits(desk: Desk) -> Limits:
    async with desk.db.view() as tx:
        return await load_limits(tx)


async def cut(desk: Desk, video_id: int, opened: Opened, *, start: int, end: int) -> None:
    """Take a part of a recording, whose film is there already; it is copied afterwards.

    Args:
        desk: where the login works.
        video_id: the video it is for.
        opened: a recording that the login may watch.
        start: second of the film that it begins with, or the key frame before.
        end: second that it ends with.

    Raises:
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``, ``VideoShelf``;
            ``video_no_recording`` when the recording has no film.
        DomainError: ``video_cut_bad`` when the part is none, ``video_long`` (most minutes).
    """
    await load_editable(desk, video_id)
    limits = await _limits(desk)
    held = _film_of(opened)
    length = int(held.length.total_seconds()) + 1
    if not 0 <= start < min(end, length):
        raise DomainError("video_cut_bad")
    if end - start > limits.minutes * 60:
        raise DomainError("video_long", most=limits.minutes)
    part = Cut(opened.listed.session.id, start, min(end, length))
    source = Source(held.film, part.start, part.end)
    desk.librarian.shelf.begin(video_id, source, limits, partial(_enter, desk, video_id, part))


def _film_of(opened: Opened) -> Held:
    held = opened.listed.held
    is_ready = opened.listed.state is RecordingState.READY
    if held is None or not is_ready or not held.film.is_file():
        raise ConflictError("video_no_recording")
    return held


async def _enter(desk: Desk, video_id: int, part: Cut | None, film: VideoFilm) -> None:
    """Enter a film that lies in its place.

    Raises:
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``.
    """
    async with desk.db.tx() as tx:
        video = require_editable(desk.login, await store.load_video(tx, video_id, lock=True))
        await store.save_video(tx, replace(video, film=film, cut=part))
        told: dict[str, object] = {
            "sha256": film.digest,
            "octets": film.octets,
            "seconds": film.seconds,
        }
        if part is not None:
            told |= {
                "session": part.session,
                "from_second": part.start,
                "to_second": part.end,
            }
        await desk.record(tx, EventKind.VIDEO_FILLED, video, **told)
