"""Drafts of experience videos: begun, changed, given a frame, thrown away."""

from dataclasses import replace

from server.audit.undo import difference
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind
from server.library import store
from server.library.model import (
    EDITABLE,
    MOST_UNDERWAY,
    Video,
    VideoState,
    VideoWords,
    check_words,
    may_discard,
    require_editable,
    require_seen,
)
from server.library.service.desk import Desk, load_places, tidy


def _said(words: VideoWords) -> dict[str, str]:
    return {
        "title": words.title,
        "topic": words.topic,
        "place": words.place,
        "author": words.author,
        "about": words.about,
    }


class WordsRefusedError(Exception):
    """What is wrong with the words of a video: a refusal by the name of each field."""

    def __init__(self, errors: dict[str, DomainError]) -> None:
        super().__init__(", ".join(errors))
        self.errors = errors


async def begin(desk: Desk, words: VideoWords) -> Video:
    """Begin a draft; return it.

    Raises:
        WordsRefusedError: when something is missing.
        DomainError: ``video_many`` (most) when the account has too many that are not public.
    """
    words, login, now = tidy(words), desk.login, desk.clock.now()
    async with desk.db.tx() as tx:
        errors = check_words(words, (await load_places(tx, login)).names)
        if errors:
            raise WordsRefusedError(errors)
        if await store.count_underway(tx, login.account_id, EDITABLE) >= MOST_UNDERWAY:
            raise DomainError("video_many", most=MOST_UNDERWAY)
        video = Video(
            id=0,
            state=VideoState.DRAFT,
            words=words,
            account_id=login.account_id,
            by=login.display_name,
            created_at=now,
            kept_from=now,
            department_id=login.department_id,
            committee_id=login.committee_id,
        )
        video = await store.add_video(tx, video)
        await desk.record(tx, EventKind.VIDEO_ADDED, video, **_said(words))
    return video


async def change(desk: Desk, video_id: int, words: VideoWords, version: int) -> Video:
    """Change the words of a video that is not public; return it.

    Raises:
        WordsRefusedError: when something is missing.
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``; ``video_changed``
            when somebody else has changed it since the form was opened.
    """
    words = tidy(words)
    async with desk.db.tx() as tx:
        found = await store.load_video(tx, video_id, lock=True)
        video = require_editable(desk.login, found)
        places = (*(await load_places(tx, desk.login)).names, video.words.place)
        errors = check_words(words, places)
        if errors:
            raise WordsRefusedError(errors)
        if version != video.version:
            raise ConflictError("video_changed")
        changed = difference(_said(video.words), _said(words))
        if not changed:
            return video
        video = replace(video, words=words, version=video.version + 1)
        await store.save_video(tx, video)
        await desk.record(tx, EventKind.VIDEO_CHANGED, video, **changed)
    return video


async def choose_frame(desk: Desk, video_id: int, number: int) -> None:
    """Let one of its frames stand for a video.

    Raises:
        NotFoundError, ForbiddenError, ConflictError: as ``require_editable``; ``no_video`` for a
            frame that there is not.
    """
    async with desk.db.tx() as tx:
        found = await store.load_video(tx, video_id, lock=True)
        video = require_editable(desk.login, found)
        if video.film is None or not 0 <= number < video.film.frames:
            raise NotFoundError("no_video")
        if video.film.frame == number:
            return
        was, film = video.film.frame, replace(video.film, frame=number)
        await store.save_video(tx, replace(video, film=film))
        changed = difference({"frame": was}, {"frame": number})
        await desk.record(tx, EventKind.VIDEO_CHANGED, video, **changed)


async def discard(desk: Desk, video_id: int) -> None:
    """Throw away a video that was never public, with its file.

    Raises:
        NotFoundError: ``no_video``.
        ConflictError: ``video_moved_on`` when it was public, or waits for a word.
    """
    async with desk.db.tx() as tx:
        video = require_seen(desk.login, await store.load_video(tx, video_id, lock=True))
        if not may_discard(desk.login, video):
            raise ConflictError("video_moved_on")
        film = video.film
        told = {"sha256": film.digest, "octets": film.octets} if film else {}
        await store.save_video(tx, replace(video, state=VideoState.DELETED, film=None))
        await desk.record(tx, EventKind.VIDEO_DELETED, video, reason="discarded", **told)
    await desk.librarian.shelf.remove(video_id)
