"""Experience videos as they are kept: written, read back, counted."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from server.auth.store import load_account
from server.db.engine import Database
from server.domain.errors import NotFoundError
from server.library import store
from server.library.model import Cut, FilmKind, Hidden, Video, VideoFilm, VideoState, VideoWords
from server.scheduler import store as sessions
from server.simulator.demo_street import enter_street
from tests.conftest import SECRET

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FILM = VideoFilm("ab" * 32, FilmKind.MP4, 1000, 60, 6, 1)
WORDS = VideoWords("加装电梯怎么谈", "物业", "杏雨里", "李书记", "先听。\n再算。")


async def test_a_video_is_read_back_as_it_was_written_and_its_views_are_counted_once_a_day(
    db: Database,
) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=12)
    async with db.tx() as tx:
        account, other = await load_account(tx, "secretary"), await load_account(tx, "clerk")
        assert account is not None
        assert other is not None
        draft = Video(
            id=0,
            state=VideoState.DRAFT,
            words=WORDS,
            account_id=account.id,
            by="书记",
            created_at=NOW,
            kept_from=NOW,
            committee_id=account.committee_id,
        )
        video = await store.add_video(tx, draft)
        assert replace(video, id=0) == draft
        session = await sessions.save_session(
            tx, title="例会", starts_at=NOW, ends_at=NOW, hall="", items=[], venue_ids=[]
        )
        public = replace(video, state=VideoState.PUBLIC, film=FILM, public_at=NOW, remark="好")
        public = replace(public, cut=Cut(session, 5, 65))
        await store.save_video(tx, public)
        waiting = await store.add_video(tx, replace(draft, state=VideoState.SUBMITTED))
        for day, first in ((24, True), (24, False), (25, True)):
            noted = await store.note_view(tx, video.id, other.id, date(2026, 11, day))
            assert noted == first
        question = await store.add_question(
            tx, video.id, account_id=other.id, by="经办", text="怎么谈？", at=NOW
        )
        answered = replace(question, answer="慢慢谈。", answered_by="书记", answered_at=NOW)
        hidden = replace(answered, hidden=Hidden("会务", "重复", NOW))
        await store.save_question(tx, hidden)
    async with db.view() as tx:
        assert await store.load_video(tx, video.id) == replace(public, views=2)
        found = await store.load_videos(tx, [VideoState.PUBLIC, VideoState.SUBMITTED])
        assert {v.id for v in found} == {video.id, waiting.id}
        assert await store.load_digests(tx) == {video.id: FILM.digest}
        assert await store.load_questions(tx, video.id) == [hidden]
        assert await store.count_questions(tx, other.id, NOW) == 1
        assert await store.count_waiting(tx, account.id) == 0
        assert await store.count_waiting(tx, other.id) == 1
        assert await store.count_underway(tx, account.id, [VideoState.DRAFT]) == 0
        with pytest.raises(NotFoundError):
            await store.load_video(tx, 99)
    async with db.tx() as tx:
        with pytest.raises(NotFoundError):
            await store.lock_question(tx, waiting.id, question.id)
