"""Standing meetings, their sessions and closed agendas come back as entered, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from server.db.engine import Database
from server.domain.errors import NotFoundError
from server.domain.places import Post
from server.domain.session import SessionState
from server.scheduler import store as scheduler
from server.scheduler.filing import Approval, Filing, RequestState
from server.scheduler.publishing import moment_of
from server.scheduler.store import hosting
from server.scheduler.store.hosting import HostWords
from server.simulator.demo_street import enter_street
from server.standing import store
from server.standing.model import (
    Cancelled,
    OwnItem,
    Pattern,
    Plan,
    Recurrence,
    SeriesState,
    written_of,
)
from tests.conftest import SECRET

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
DAY = date(2026, 11, 26)
PLAN = Plan(
    title="主任工作例会",
    department_id=2,
    recurrence=Recurrence(Pattern.WEEKDAY, 4, DAY, nth=-1, last=date(2027, 12, 31)),
    start=14 * 60,
    items=(OwnItem("自治项目推进", 20), OwnItem("通报", 5)),
    longest=60,
    posts=(Post.SECRETARY, Post.DIRECTOR),
    committee_ids=(1, 2),
    chair_id=2,
)
WRITTEN = written_of(PLAN, DAY, department="自治办", hall="三楼会议室")
WORDS = HostWords(
    title=WRITTEN.title,
    starts_at=WRITTEN.starts_at,
    items=WRITTEN.items,
    posts=WRITTEN.posts,
    longest=WRITTEN.longest,
    committee_ids=WRITTEN.committee_ids,
    hall=WRITTEN.hall,
)


@pytest.fixture
async def session_id(db: Database) -> int:
    """Return the session of a standing meeting's first occurrence."""
    await enter_street(db, SECRET, "a-good-long-password", committees=3)
    async with db.tx() as tx:
        assert await store.save_meeting(tx, PLAN, NOON) == 1
        found = await hosting.save_hosted(tx, WORDS, venue_ids=[2, 3])
        await store.save_occurrence(tx, 1, "2026-11", found, WRITTEN)
    return found


async def add_guest(db: Database, session_id: int, topic: str, minutes: int) -> int:
    filing = Filing(
        department_id=4,
        topic=topic,
        minutes=minutes,
        read_only=False,
        posts=(Post.DIRECTOR,),
        committee_ids=(),
        earliest=DAY,
        deadline=DAY,
    )
    async with db.tx() as tx:
        request_id = await scheduler.save_request(
            tx, filing, approval=Approval.PENDING, filed_at=NOON, wish_id=session_id
        )
        session = await scheduler.load_session(tx, session_id)
        await scheduler.extend_session(
            tx,
            session_id,
            ends_at=session.ends_at + timedelta(minutes=minutes),
            items=[(topic, "平安办", minutes)],
            venue_ids=[],
        )
        await scheduler.link_items(tx, session_id, [request_id])
        request = await scheduler.load_request(tx, request_id)
        placed = replace(request, state=RequestState.PLACED, session_id=session_id)
        await scheduler.save_filed(tx, placed)
    return request_id


async def test_a_meeting_and_its_occurrence_come_back_as_they_were_entered(
    db: Database, session_id: int
) -> None:
    async with db.tx() as tx:
        meeting = await store.load_meeting(tx, 1)
        assert (meeting.plan, meeting.state, meeting.version) == (PLAN, SeriesState.ACTIVE, 1)
        await store.update_meeting(tx, replace(meeting, state=SeriesState.PAUSED))
        [occurrence] = await store.load_occurrences(tx, meeting_id=1)
        assert (occurrence.key, occurrence.written, occurrence.by_hand) == (
            "2026-11",
            WRITTEN,
            False,
        )
        await store.mark_occurrence(tx, occurrence, Cancelled.BY_HAND)
    async with db.view() as tx:
        assert [m.version for m in await store.load_meetings(tx)] == [2]
        found = await store.load_occurrence(tx, session_id)
        assert (found.cancelled, found.written) == (Cancelled.BY_HAND, WRITTEN)
        session = found.session
        assert (session.posts, session.longest, session.fixed) == (PLAN.posts, 60, False)
        assert (session.own_committee_ids, session.hall) == ((1, 2), "三楼会议室")
        with pytest.raises(NotFoundError):
            await store.load_occurrence(tx, 99)
        with pytest.raises(NotFoundError):
            await store.load_meeting(tx, 99)


async def test_a_week_or_month_of_a_series_is_entered_once(db: Database, session_id: int) -> None:
    async def enter_again() -> None:
        async with db.tx() as tx:
            other = await hosting.save_hosted(tx, WORDS, venue_ids=[2])
            await store.save_occurrence(tx, 1, "2026-11", other, WRITTEN)

    with pytest.raises(IntegrityError):
        await enter_again()
    async with db.view() as tx:
        assert len(await store.load_occurrences(tx)) == 1


async def test_a_session_is_rewritten_with_its_guests_behind_its_own_items(
    db: Database, session_id: int
) -> None:
    await add_guest(db, session_id, "反诈", 10)
    words = replace(
        WORDS,
        title="主任碰头会",
        starts_at=moment_of(DAY, 15 * 60),
        items=(("一件事", "自治办", 30),),
        posts=(Post.DIRECTOR,),
        longest=50,
    )
    async with db.tx() as tx:
        await scheduler.set_state(tx, session_id, SessionState.CANCELLED, NOON)
        await hosting.rewrite_hosted(tx, session_id, words, venue_ids=[3, 4])
    async with db.view() as tx:
        session = await scheduler.load_session(tx, session_id)
        called = await scheduler.load_called_posts(tx)
    assert [(i.position, i.topic, i.minutes) for i in session.items] == [
        (1, "一件事", 30),
        (2, "反诈", 10),
    ]
    assert session.state is SessionState.SCHEDULED
    assert session.ends_at - session.starts_at == timedelta(minutes=40)
    assert (session.title, session.venue_ids, session.longest) == ("主任碰头会", (3, 4), 50)
    assert called[session_id] == (Post.DIRECTOR,)


async def test_a_closed_agenda_has_the_order_it_was_closed_with(
    db: Database, session_id: int
) -> None:
    first = await add_guest(db, session_id, "反诈", 10)
    second = await add_guest(db, session_id, "寒潮", 10)
    async with db.tx() as tx:
        session = await scheduler.load_session(tx, session_id)
        own = [item.id for item in session.own_items]
        guests = {i.request_id: i.id for i in session.items if i.request_id is not None}
        await hosting.fix_agenda(tx, session_id, [*own, guests[second], guests[first]], NOON)
    async with db.view() as tx:
        session = await scheduler.load_session(tx, session_id)
        about = await hosting.load_about(tx, {4: "平安办"}, [session_id])
    assert [i.topic for i in session.items] == ["自治项目推进", "通报", "寒潮", "反诈"]
    assert session.fixed
    assert [(r.id, r.department) for r in about] == [(first, "平安办"), (second, "平安办")]


async def test_the_posts_of_a_session_are_its_own_and_those_of_its_requests(
    db: Database, session_id: int
) -> None:
    async with db.view() as tx:
        assert (await scheduler.load_called_posts(tx))[session_id] == tuple(sorted(PLAN.posts))
