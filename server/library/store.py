"""Turns rows of experience videos into values and back."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import func, select

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.library.model import (
    Cut,
    FilmKind,
    Hidden,
    Question,
    Video,
    VideoFilm,
    VideoState,
    VideoWords,
)
from server.library.tables import QuestionRow, VideoRow, ViewRow


def _film(row: VideoRow) -> VideoFilm | None:
    if not row.digest:
        return None
    kind = FilmKind(row.kind)
    return VideoFilm(row.digest, kind, row.octets, row.seconds, row.frames, row.frame)


def _video(row: VideoRow, views: int = 0) -> Video:
    cut = None
    if row.session_id is not None:
        cut = Cut(row.session_id, row.from_second, row.to_second)
    return Video(
        id=row.id,
        state=VideoState(row.state),
        words=VideoWords(row.title, row.topic, row.place, row.author, row.about),
        account_id=row.account_id,
        by=row.by,
        created_at=row.created_at,
        kept_from=row.kept_from,
        department_id=row.department_id,
        committee_id=row.committee_id,
        film=_film(row),
        cut=cut,
        remark=row.remark,
        submitted_at=row.submitted_at,
        public_at=row.public_at,
        version=row.version,
        views=views,
    )


def _enter_words(row: VideoRow, words: VideoWords) -> None:
    row.title, row.topic, row.place = words.title, words.topic, words.place
    row.author, row.about = words.author, words.about


async def add_video(tx: Tx, video: Video) -> Video:
    """Enter a video that has no id and no file yet; return it with its id."""
    row = VideoRow(
        state=video.state,
        account_id=video.account_id,
        by=video.by,
        department_id=video.department_id,
        committee_id=video.committee_id,
        created_at=video.created_at,
        kept_from=video.kept_from,
    )
    _enter_words(row, video.words)
    tx.add(row)
    await tx.flush()
    return _video(row)


async def load_videos(tx: Tx, states: Collection[VideoState]) -> list[Video]:
    """Return the videos that stand so with how often they were seen, the latest first."""
    counts = dict[int, int]()
    query = select(ViewRow.video_id, func.count()).group_by(ViewRow.video_id)
    for video_id, count in await tx.execute(query):
        counts[video_id] = count
    latest = func.coalesce(VideoRow.public_at, VideoRow.created_at).desc()
    wanted = select(VideoRow).where(VideoRow.state.in_(list(states)))
    rows = await tx.scalars(wanted.order_by(latest, VideoRow.id.desc()))
    return [_video(row, counts.get(row.id, 0)) for row in rows]


async def load_video(tx: Tx, video_id: int, *, lock: bool = False) -> Video:
    """Return a video with how often it was seen, if told locked until the transaction ends.

    Raises:
        NotFoundError: ``no_video``.
    """
    row = await tx.get(VideoRow, video_id, with_for_update=lock)
    if row is None:
        raise NotFoundError("no_video")
    views = select(func.count()).select_from(ViewRow).where(ViewRow.video_id == video_id)
    return _video(row, await tx.scalar(views) or 0)


async def save_video(tx: Tx, video: Video) -> None:
    """Write what may have changed of a video: words, state, file, moments."""
    row = await tx.get_one(VideoRow, video.id)
    row.state, row.remark, row.version = video.state, video.remark, video.version
    row.submitted_at, row.public_at = video.submitted_at, video.public_at
    row.kept_from = video.kept_from
    _enter_words(row, video.words)
    film, cut = video.film, video.cut
    row.digest, row.kind = (film.digest, film.kind) if film else ("", "")
    row.octets, row.seconds = (film.octets, film.seconds) if film else (0, 0)
    row.frames, row.frame = (film.frames, film.frame) if film else (0, 0)
    row.session_id = cut.session if cut else None
    row.from_second, row.to_second = (cut.start, cut.end) if cut else (0, 0)
    await tx.flush()


async def count_waiting(tx: Tx, account_id: int) -> int:
    """Return how many videos wait for a word that an account may say: others' own."""
    query = select(func.count()).select_from(VideoRow)
    others = VideoRow.account_id != account_id
    return await tx.scalar(query.where(others, VideoRow.state == VideoState.SUBMITTED)) or 0


async def count_underway(tx: Tx, account_id: int, states: Collection[VideoState]) -> int:
    """Return how many videos of an account stand in one of these states."""
    query = select(func.count()).select_from(VideoRow)
    mine = VideoRow.account_id == account_id
    return await tx.scalar(query.where(mine, VideoRow.state.in_(list(states)))) or 0


async def load_digests(tx: Tx) -> dict[int, str]:
    """Return the digest of the file of each video that has one, by the id of the video."""
    rows = await tx.scalars(select(VideoRow).where(VideoRow.digest != ""))
    return {row.id: row.digest for row in rows}


async def note_view(tx: Tx, video_id: int, account_id: int, day: date) -> bool:
    """Enter that an account has seen a video; tell whether it was the first time that day."""
    if await tx.get(ViewRow, (video_id, account_id, day)) is not None:
        return False
    tx.add(ViewRow(video_id=video_id, account_id=account_id, day=day))
    await tx.flush()
    return True


# --- questions ------------------------------------------------------------------------------------


def _question(row: QuestionRow) -> Question:
    hidden = None
    if row.hidden_at is not None:
        hidden = Hidden(row.hidden_by, row.hidden_reason, row.hidden_at)
    return Question(
        id=row.id,
        video_id=row.video_id,
        account_id=row.account_id,
        by=row.by,
        asked_at=row.asked_at,
        text=row.text,
        answer=row.answer,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        hidden=hidden,
    )


async def add_question(
    tx: Tx, video_id: int, *, account_id: int, by: str, text: str, at: datetime
) -> Question:
    """Enter a question and return it."""
    row = QuestionRow(video_id=video_id, account_id=account_id, by=by, text=text, asked_at=at)
    row.answer = row.answered_by = row.hidden_by = row.hidden_reason = ""
    tx.add(row)
    await tx.flush()
    return _question(row)


async def load_questions(tx: Tx, video_id: int) -> list[Question]:
    """Return the questions about a video, the first one first."""
    query = select(QuestionRow).where(QuestionRow.video_id == video_id)
    return [_question(row) for row in await tx.scalars(query.order_by(QuestionRow.id))]


async def count_questions(tx: Tx, account_id: int, since: datetime) -> int:
    """Return how many questions an account has asked since a moment, about any video."""
    query = select(func.count()).select_from(QuestionRow)
    mine = QuestionRow.account_id == account_id
    return await tx.scalar(query.where(mine, QuestionRow.asked_at >= since)) or 0


async def lock_question(tx: Tx, video_id: int, question_id: int) -> Question:
    """Return a question, locked until the transaction ends.

    Raises:
        NotFoundError: ``no_question``, also for another video's.
    """
    row = await tx.get(QuestionRow, question_id, with_for_update=True)
    if row is None or row.video_id != video_id:
        raise NotFoundError("no_question")
    return _question(row)


async def save_question(tx: Tx, question: Question) -> None:
    """Write the answer to a question and whether it is hidden."""
    row = await tx.get_one(QuestionRow, question.id)
    row.answer, row.answered_by = question.answer, question.answered_by
    row.answered_at = question.answered_at
    hidden = question.hidden
    row.hidden_at = hidden.at if hidden else None
    row.hidden_by, row.hidden_reason = (hidden.by, hidden.reason) if hidden else ("", "")
    await tx.flush()
