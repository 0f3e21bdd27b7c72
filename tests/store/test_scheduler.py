"""Requests, outcomes and plans come back as they were entered, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from server.db.engine import Database
from server.domain.errors import NotFoundError
from server.domain.places import Post
from server.domain.session import SessionState
from server.merging.instance.model import Priority, Reason
from server.scheduler import store
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.scheduler.publishing import Outcome
from server.simulator.demo_street import enter_street
from server.street import store as street
from tests.conftest import SECRET

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
FILING = Filing(
    department_id=2,
    topic="反诈宣传",
    minutes=15,
    read_only=False,
    posts=(Post.DIRECTOR, Post.SECRETARY),
    committee_ids=(1, 3),
    earliest=date(2026, 11, 25),
    deadline=date(2026, 12, 4),
    priority=Priority.URGENT,
)


@pytest.fixture
async def filed(db: Database) -> FiledRequest:
    await enter_street(db, SECRET, "a-good-long-password", committees=3)
    async with db.tx() as tx:
        request_id = await store.save_request(tx, FILING, approval=Approval.GRANTED, filed_at=NOON)
        return await store.load_request(tx, request_id)


async def test_a_request_comes_back_as_it_was_filed(db: Database, filed: FiledRequest) -> None:
    assert (filed.filing, filed.filed_at) == (FILING, NOON)
    assert (filed.state, filed.approval) == (RequestState.SUBMITTED, Approval.GRANTED)
    async with db.view() as tx:
        own = await store.load_requests(tx, {2: "自治办"}, department_id=2)
        others = await store.load_requests(tx, {}, department_id=1)
        held = await store.load_requests(tx, {}, states=[RequestState.HELD])
    assert own == [replace(filed, department="自治办")]
    assert (others, held) == ([], [])


async def test_an_outcome_is_kept_with_its_reason_and_tells_whom_the_session_calls(
    db: Database, filed: FiledRequest
) -> None:
    detail = Reason("R001", "reason.called_anew", {"people": 4, "anyway": 0, "trips": 2})
    reason = Reason("R001", "reason.own_session", {"topic": "反诈"}, (detail,))
    async with db.tx() as tx:
        venues = await street.load_venues(tx)
        session_id = await store.save_session(
            tx,
            title="反诈宣传",
            starts_at=NOON,
            ends_at=NOON.replace(hour=5),
            hall="",
            items=[("反诈宣传", "自治办", 15)],
            venue_ids=[venues[1].id],
        )
        outcome = Outcome(filed, RequestState.PLACED, None, reason)
        await store.save_outcome(tx, outcome, session_id)
    async with db.view() as tx:
        called = await store.load_called_posts(tx)
    async with db.tx() as tx:
        again = await store.load_request(tx, filed.id)
    assert (again.state, again.session_id, again.reason) == ("PLACED", session_id, reason)
    assert called == {session_id: (Post.DIRECTOR, Post.SECRETARY)}


async def test_items_added_to_a_session_come_last_and_venues_once(
    db: Database, filed: FiledRequest
) -> None:
    async with db.tx() as tx:
        venues = [venue.id for venue in await street.load_venues(tx)]
        session_id = await store.save_session(
            tx,
            title="例会",
            starts_at=NOON,
            ends_at=NOON.replace(hour=5),
            hall="",
            items=[("例会", "自治办", 30)],
            venue_ids=venues[:2],
        )
        later = NOON.replace(hour=6)
        items = [("防汛", "应急办", 10), ("反诈", "平安办", 15)]
        await store.extend_session(
            tx, session_id, ends_at=later, items=items, venue_ids=venues[1:3]
        )
        session = await store.load_session(tx, session_id)
    assert [(i.position, i.topic) for i in session.items] == [(1, "例会"), (2, "防汛"), (3, "反诈")]
    assert (session.ends_at, session.venue_ids) == (later, tuple(venues[:3]))
    assert session.state is SessionState.SCHEDULED


async def test_what_does_not_exist_is_refused(db: Database) -> None:
    async with db.tx() as tx:
        with pytest.raises(NotFoundError):
            await store.load_request(tx, 9)
        with pytest.raises(NotFoundError):
            await store.extend_session(tx, 9, ends_at=NOON, items=[], venue_ids=[])
