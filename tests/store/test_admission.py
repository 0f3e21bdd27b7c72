"""Drafts, amendments, files, the lent word and calls above quotas come back as entered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from server.admission import store as admission
from server.audit.service import record
from server.audit.store import load_recorded
from server.db.engine import Database
from server.domain.errors import NotFoundError
from server.domain.events import EventKind
from server.domain.places import Post
from server.merging.instance.model import Mode
from server.scheduler import store
from server.scheduler.filing import NOBODY, Approval, Filing, RequestState
from server.scheduler.overruns import Overrun, OverrunLine, OverrunState
from server.scheduler.store import overruns as lists
from server.simulator.demo_street import enter_street
from tests.conftest import SECRET
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
DAY = date(2026, 11, 26)
FILING = Filing(
    department_id=2,
    topic="",
    minutes=0,
    read_only=False,
    posts=(Post.DIRECTOR,),
    committee_ids=NOBODY,
    earliest=DAY,
    deadline=DAY,
    mode=Mode.VIDEO,
    hours=(540, 630),
    why="台风",
)


@pytest.fixture
async def draft(db: Database) -> int:
    await enter_street(db, SECRET, "a-good-long-password", committees=3)
    async with db.tx() as tx:
        return await store.save_request(
            tx,
            FILING,
            approval=Approval.PENDING,
            filed_at=NOON,
            state=RequestState.DRAFT,
            author_id=1,
            wish_id=4,
        )


async def test_a_draft_that_says_little_comes_back_and_grows(db: Database, draft: int) -> None:
    async with db.tx() as tx:
        kept = await store.load_request(tx, draft)
        assert (kept.filing, kept.state, kept.author_id) == (FILING, RequestState.DRAFT, 1)
        assert (kept.wish_id, kept.version) == (4, 1)
        now = replace(
            kept,
            filing=replace(FILING, topic="反诈", hours=None, committee_ids=(1, 2)),
            state=RequestState.SUBMITTED,
            remark="快办",
            referred=True,
            replan=True,
            wish_id=None,
        )
        await store.save_filed(tx, now)
    async with db.view() as tx:
        assert await store.read_request(tx, draft) == replace(now, version=2)
    async with db.tx() as tx:
        await store.delete_request(tx, draft)
    async with db.view() as tx:
        with pytest.raises(NotFoundError):
            await store.read_request(tx, draft)


async def test_an_item_that_is_taken_out_lets_the_others_move_up(db: Database, draft: int) -> None:
    async with db.tx() as tx:
        session_id = await store.save_session(
            tx,
            title="例会",
            starts_at=NOON,
            ends_at=NOON + timedelta(minutes=45),
            hall="",
            items=[("自己的", "自治办", 20), ("反诈", "平安办", 15), ("防火", "应急办", 10)],
            venue_ids=[2],
        )
        await store.link_items(tx, session_id, [draft, draft + 1])
        assert await store.remove_item(tx, session_id, draft) == 2
        session = await store.load_session(tx, session_id)
    assert [(i.position, i.topic) for i in session.items] == [(1, "自己的"), (2, "防火")]
    assert session.ends_at == NOON + timedelta(minutes=30)


async def test_files_belong_to_their_request(db: Database, draft: int) -> None:
    async with db.tx() as tx:
        for name in ("一.pdf", "二.pdf"):
            await admission.save_attachment(
                tx, draft, name=name, digest="a" * 64, size=7, added_at=NOON
            )
        files = (await admission.load_attachments(tx, [draft]))[draft]
        assert [(f.name, f.size) for f in files] == [("一.pdf", 7), ("二.pdf", 7)]
        with pytest.raises(NotFoundError):
            await admission.delete_attachment(tx, draft + 1, files[0].id)
        gone = await admission.delete_attachment(tx, draft, files[0].id)
        assert gone == files[0]
        await admission.delete_attachments(tx, draft)
        assert (await admission.load_attachments(tx, [draft]))[draft] == []


async def test_a_lent_word_is_taken_back_once_by_who_lent_it(db: Database, draft: int) -> None:
    days = (DAY, DAY + timedelta(days=2))
    async with db.tx() as tx:
        loan = await admission.save_delegation(tx, 2, 1, days=days, made_at=NOON)
        (found,) = await admission.load_delegations(tx, days[1])
        assert (found.giver_id, found.taker_id, found.first, found.last) == (2, 1, *days)
        assert await admission.load_delegations(tx, days[1] + timedelta(days=1)) == []
        with pytest.raises(NotFoundError):
            await admission.end_delegation(tx, loan, 1, NOON)
        await admission.end_delegation(tx, loan, 2, NOON)
        with pytest.raises(NotFoundError):
            await admission.end_delegation(tx, loan, 2, NOON)
        assert not (await admission.load_delegations(tx, DAY))[0].holds(DAY)


async def test_what_a_leader_is_asked_waits_until_it_is_decided(db: Database, draft: int) -> None:
    lines = (OverrunLine(1, 4, 3), OverrunLine(1, 3, 2, "DIRECTOR"), OverrunLine(2, 9, 8))
    async with db.tx() as tx:
        asked = await lists.save_overrun(
            tx, draft, spot=(DAY, "AM"), lines=lines, why="检查", made_at=NOON
        )
        wanted = Overrun(asked, draft, OverrunState.PENDING, DAY, "AM", lines, "检查", NOON)
        assert await lists.load_overruns(tx) == [wanted]
        assert await lists.lock_overrun(tx, asked) == wanted
        await lists.decide_overrun(tx, asked, OverrunState.REFUSED)
        assert await lists.load_overruns(tx) == []
        (decided,) = await lists.load_overruns(tx, draft)
        assert decided.state is OverrunState.REFUSED
        with pytest.raises(NotFoundError):
            await lists.lock_overrun(tx, asked + 1)


async def test_a_session_is_narrowed_to_who_is_still_called(db: Database, draft: int) -> None:
    async with db.tx() as tx:
        session_id = await store.save_session(
            tx,
            title="两项",
            starts_at=NOON,
            ends_at=NOON + timedelta(minutes=30),
            hall="",
            items=[("一", "平安办", 15), ("二", "平安办", 15)],
            venue_ids=[2, 3, 4],
        )
        await store.narrow_session(tx, session_id, title="一项", gone_venue_ids=[3, 9])
    async with db.view() as tx:
        session = await store.load_session(tx, session_id)
    assert (session.title, session.venue_ids) == ("一项", (2, 4))


async def test_events_that_name_a_request_are_found_and_no_others(
    db: Database, clock: FakeClock
) -> None:
    async with db.tx() as tx:
        for payload in ({"request": "R001"}, {"request": "R0011"}, {"requests": ["R001"]}):
            await record(tx, clock, EventKind.REQUEST_CHANGED, actor="x", payload=payload)
        found = await load_recorded(tx, naming="R001")
    assert [event.payload for event in found] == [{"request": "R001"}, {"requests": ["R001"]}]
