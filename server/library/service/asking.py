"""Questions to the author of an experience video: asked, answered, taken off the page."""

from dataclasses import replace
from datetime import timedelta

from server.domain.errors import ConflictError, DomainError, ForbiddenError
from server.domain.events import EventKind
from server.library import store
from server.library.model import (
    LEAST_REMARK,
    LONGEST_ANSWER,
    LONGEST_QUESTION,
    LONGEST_REMARK,
    MOST_QUESTIONS_A_DAY,
    Hidden,
    Question,
    Video,
    VideoState,
    check_text,
    may_tend,
    require_seen,
)
from server.library.service.desk import Desk
from server.library.service.letters import News, tell


async def ask(desk: Desk, video_id: int, text: str) -> Question:
    """Ask the author of a public video something; who brought it is told by mail.

    Raises:
        NotFoundError: ``no_video``.
        ConflictError: ``video_moved_on`` when it is not public.
        DomainError: ``video_text`` (most), ``video_questions`` (most) for too many within a day.
    """
    login, now = desk.login, desk.clock.now()
    words = check_text(" ".join(text.split()), LONGEST_QUESTION)
    async with desk.db.tx() as tx:
        video = require_seen(login, await store.load_video(tx, video_id))
        if video.state is not VideoState.PUBLIC:
            raise ConflictError("video_moved_on")
        since = now - timedelta(days=1)
        if await store.count_questions(tx, login.account_id, since) >= MOST_QUESTIONS_A_DAY:
            raise DomainError("video_questions", most=MOST_QUESTIONS_A_DAY)
        question = await store.add_question(
            tx, video_id, account_id=login.account_id, by=login.display_name, text=words, at=now
        )
        kind = EventKind.VIDEO_ASKED
        event = await desk.record(tx, kind, video, question=question.id, text=words)
        await tell(tx, desk, video.account_id, video, News(kind, event, question=question))
    return question


async def answer(desk: Desk, video_id: int, question_id: int, text: str) -> None:
    """Answer a question, or put another answer in its place; who asked is told by mail.

    Raises:
        NotFoundError: ``no_video``, ``no_question``.
        ForbiddenError: ``video_not_yours``.
        DomainError: ``video_text`` (most).
    """
    words = check_text("\n".join(text.split("\r\n")).strip(), LONGEST_ANSWER)
    async with desk.db.tx() as tx:
        video = require_tended(desk, await store.load_video(tx, video_id))
        question = await store.lock_question(tx, video_id, question_id)
        now, by = desk.clock.now(), desk.login.display_name
        question = replace(question, answer=words, answered_by=by, answered_at=now)
        await store.save_question(tx, question)
        kind = EventKind.VIDEO_ANSWERED
        event = await desk.record(tx, kind, video, question=question.id, text=words)
        await tell(tx, desk, question.account_id, video, News(kind, event, question=question))


def require_tended(desk: Desk, video: Video) -> Video:
    """Return the video whose questions the login may answer and hide.

    Raises:
        NotFoundError: ``no_video``.
        ForbiddenError: ``video_not_yours``.
    """
    require_seen(desk.login, video)
    if not may_tend(desk.login, video):
        raise ForbiddenError("video_not_yours")
    return video


async def hide(desk: Desk, video_id: int, question_id: int, reason: str) -> None:
    """Take a question off the page, with a reason; it stays in the log, and can come back.

    Raises:
        NotFoundError: ``no_video``, ``no_question``.
        ForbiddenError: ``video_not_yours``.
        DomainError: ``video_remark`` (most).
    """
    words = " ".join(reason.split())
    if not LEAST_REMARK <= len(words) <= LONGEST_REMARK:
        raise DomainError("video_remark", most=LONGEST_REMARK)
    async with desk.db.tx() as tx:
        video = require_tended(desk, await store.load_video(tx, video_id))
        question = await store.lock_question(tx, video_id, question_id)
        if question.hidden is not None:
            return
        hidden = Hidden(desk.login.display_name, words, desk.clock.now())
        await store.save_question(tx, replace(question, hidden=hidden))
        kind = EventKind.VIDEO_HIDDEN
        await desk.record(tx, kind, video, question=question.id, reason=words)


async def show_again(desk: Desk, video_id: int, question_id: int) -> None:
    """Put a question back on the page.

    Raises:
        NotFoundError: ``no_video``, ``no_question``.
        ForbiddenError: ``video_not_yours``.
    """
    async with desk.db.tx() as tx:
        video = require_tended(desk, await store.load_video(tx, video_id))
        question = await store.lock_question(tx, video_id, question_id)
        if question.hidden is None:
            return
        await store.save_question(tx, replace(question, hidden=None))
        await desk.record(tx, EventKind.VIDEO_SHOWN, video, question=question.id)
