"""What somebody sees of the library: the page of videos, one video, and that it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.auth.model import Login
from server.auth.permissions import OPERATORS
from server.db.engine import Tx
from server.domain.events import EventKind
from server.i18n.dates import site_date
from server.library import store
from server.library.model import (
    VIEW_SECONDS,
    Question,
    Video,
    VideoState,
    fits,
    is_own,
    require_seen,
    seen_questions,
    topics_of,
)
from server.library.service.desk import Desk


@dataclass(frozen=True, slots=True)
class Listing:
    """What the page of the library shows.

    ``shown`` are public ones that fit the search, of ``total``; ``own`` are the login's that are
    not public; ``waiting`` are those on which the login may say the word.
    """

    shown: tuple[Video, ...]
    total: int
    own: tuple[Video, ...]
    waiting: tuple[Video, ...]
    topics: tuple[str, ...]
    places: tuple[str, ...]


async def load_listing(
    tx: Tx, login: Login, *, search: str = "", topic: str = "", place: str = ""
) -> Listing:
    """Return what somebody sees of the library."""
    alive = [state for state in VideoState if state is not VideoState.DELETED]
    everything = await store.load_videos(tx, alive)
    public = [v for v in everything if v.state is VideoState.PUBLIC]
    waiting = [v for v in everything if v.state is VideoState.SUBMITTED and not is_own(login, v)]
    return Listing(
        shown=tuple(v for v in public if fits(v, search, topic, place)),
        total=len(public),
        own=tuple(v for v in everything if is_own(login, v) and v.state is not VideoState.PUBLIC),
        waiting=tuple(reversed(waiting)) if login.role in OPERATORS else (),
        topics=tuple(topics_of(public)),
        places=tuple(sorted({v.words.place for v in public})),
    )


async def load_seen(tx: Tx, login: Login, video_id: int) -> Video:
    """Return a video that a login may see.

    Raises:
        NotFoundError: ``no_video``.
    """
    return require_seen(login, await store.load_video(tx, video_id))


async def load_asked(tx: Tx, login: Login, video: Video) -> list[Question]:
    """Return the questions about a video that a login may see."""
    return seen_questions(login, video, await store.load_questions(tx, video.id))


async def note_watched(desk: Desk, video_id: int, stretches: Sequence[tuple[int, int]]) -> bool:
    """Count that somebody watched a public video of others; tell whether it counts.

    It counts once an account and day at the site, once ``VIEW_SECONDS`` of it were played.

    Raises:
        NotFoundError: ``no_video``.
    """
    played = sum(end - start for start, end in stretches)
    async with desk.db.tx() as tx:
        video = await load_seen(tx, desk.login, video_id)
        least = min(VIEW_SECONDS, video.film.seconds) if video.film else VIEW_SECONDS
        if played < least or video.state is not VideoState.PUBLIC or is_own(desk.login, video):
            return False
        day = site_date(desk.clock.now())
        if not await store.note_view(tx, video.id, desk.login.account_id, day):
            return False
        await desk.record(tx, EventKind.VIDEO_WATCHED, video)
    return True
