"""Experience videos that were kept long enough: shown first, deleted by a signed list, or kept on.

Each deletion leaves an event with the digest of the film, which outlives it. It is recorded before
the first file goes; what a kill left goes when the server starts again.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from server.db.engine import Tx
from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind
from server.library import store
from server.library.model import Video, VideoState, due_at, due_videos
from server.library.service.desk import Desk, Librarian

_KEPT = tuple(state for state in VideoState if state is not VideoState.DELETED)


@dataclass(frozen=True, slots=True)
class Kept:
    """A video with when it is due."""

    video: Video
    due_at: datetime | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class Keeping:
    """All videos, the one that is due first coming first; ``days`` is 0 when they are kept."""

    days: int
    kept: tuple[Kept, ...]

    @property
    def due(self) -> list[Kept]:
        """What would be deleted now."""
        return [one for one in self.kept if one.is_due]


async def load_keeping(tx: Tx, librarian: Librarian) -> Keeping:
    """Return what there is and what is due; nothing is changed."""
    videos, days = await store.load_videos(tx, _KEPT), librarian.days
    due = {video.id for video in due_videos(videos, days, librarian.clock.now())}
    kept = [Kept(video, due_at(video, days), video.id in due) for video in videos]
    return Keeping(days, tuple(sorted(kept, key=lambda one: one.video.kept_from)))


async def load_sizes(tx: Tx) -> Sequence[tuple[datetime, int]]:
    """Return when each video that has a file was begun, and the file's octets."""
    videos = await store.load_videos(tx, _KEPT)
    return [(video.created_at, video.film.octets) for video in videos if video.film]


async def prolong(desk: Desk, video_id: int) -> None:
    """Let the time of keeping of a video begin anew.

    Raises:
        NotFoundError: ``no_video``.
        ConflictError: ``video_moved_on`` when it is deleted.
    """
    async with desk.db.tx() as tx:
        video = await store.load_video(tx, video_id, lock=True)
        if video.state is VideoState.DELETED:
            raise ConflictError("video_moved_on")
        await store.save_video(tx, replace(video, kept_from=desk.clock.now()))
        await desk.record(tx, EventKind.VIDEO_KEPT, video)


async def delete_due(desk: Desk, signed: Collection[int], name: str) -> int:
    """Delete what is due, by the list that somebody signed; return how many videos that were.

    Raises:
        DomainError: ``signature_differs`` (name) for another name than the login's.
        ConflictError: ``deletion_list_changed`` when another list is due by now.
    """
    if name != desk.login.display_name:
        raise DomainError("signature_differs", name=desk.login.display_name)
    librarian = desk.librarian
    async with desk.db.tx() as tx:
        due = (await load_keeping(tx, librarian)).due
        if not due or set(signed) != {one.video.id for one in due}:
            raise ConflictError("deletion_list_changed")
        for one in due:
            await store.save_video(tx, replace(one.video, state=VideoState.DELETED, film=None))
        for one in due:
            film = one.video.film
            told: dict[str, object] = {"reason": "retention", "days": librarian.days}
            if film is not None:
                told |= {"sha256": film.digest, "octets": film.octets, "seconds": film.seconds}
            await desk.record(tx, EventKind.VIDEO_DELETED, one.video, **told)
    for one in due:
        await librarian.shelf.remove(one.video.id)
    return len(due)


async def sweep(librarian: Librarian) -> None:
    """Delete the files that no video names."""
    async with librarian.db.view() as tx:
        digests = await store.load_digests(tx)
    await librarian.shelf.sweep(digests)
