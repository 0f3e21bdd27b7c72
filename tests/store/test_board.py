"""The working plan, its steps, versions, offers and signatures come back as they were kept."""

import asyncio
from datetime import UTC, date, datetime

import pytest

from server.board import store
from server.board.changes import Changed, move
from server.board.model import Marks, Offer, Step, Version, Working, cell_of
from server.board.service import keeping
from server.board.service.publishing import publish
from server.board.working import Board
from server.db.engine import Database
from server.domain.errors import ConflictError, NotFoundError
from server.domain.session import SessionState
from server.merging.instance.model import MergePlan
from server.scheduler.exceptions import SignedException
from server.scheduler.store import exceptions as signatures
from server.scheduler.store import load_sessions
from server.simulator.demo_requests import file_a_month, login_named
from server.simulator.demo_street import enter_street
from tests.conftest import SECRET
from tests.fakes import FakeClock

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
PLAN = MergePlan("", (), (), ())
CELL = cell_of(date(2026, 12, 3), "AM")
WORKING = Working(
    PLAN, Marks({"R001": CELL}, frozenset({CELL}), frozenset({"R002"})), {"R001": "", "R002": ""}
)


async def test_the_working_plan_and_its_steps_come_back(db: Database) -> None:
    async with db.tx() as tx:
        assert await store.load_working(tx) == (0, None)
        assert await store.lock_working(tx) == (0, None)
        first = Step("board.step_out", {"request": "R001"}, None)
        await store.save_step(tx, first, author="周", at=NOON)
        assert await store.save_working(tx, WORKING) == 1
        await store.save_step(tx, Step("board.step_take", {}, WORKING), author="周", at=NOON)
    async with db.view() as tx:
        assert await store.load_working(tx) == (1, WORKING)
        assert await store.load_last_step(tx) == Step("board.step_take", {}, WORKING)
    async with db.tx() as tx:
        await store.drop_last_step(tx)
        assert await store.load_last_step(tx) == first
        await store.drop_steps(tx)
        assert await store.load_last_step(tx) is None


async def test_versions_and_offers_come_back(db: Database) -> None:
    one = Version(1, NOON, "周", "{}", "{}", "{}", 12, {"made": 1})
    two = Version(2, NOON, "周", "{}", "{}", "{}", 0, {})
    offer = Offer(3, PLAN, NOON, {"better": 1, "trips": 4})
    async with db.tx() as tx:
        assert await store.latest_version(tx) is None
        await store.save_version(tx, one)
        await store.save_version(tx, two)
        await store.save_offer(tx, Offer(2, PLAN, NOON, {}))
        await store.save_offer(tx, offer)
    async with db.view() as tx:
        assert (await store.latest_version(tx), await store.load_version(tx, 1)) == (2, one)
        assert await store.load_versions(tx) == [two, one]
        assert await store.load_offer(tx) == offer
        with pytest.raises(NotFoundError):
            await store.load_version(tx, 9)
    async with db.tx() as tx:
        await store.drop_offer(tx)
        assert await store.load_offer(tx) is None


async def a_street(db: Database, clock: FakeClock) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    await file_a_month(db, clock)


async def test_a_signature_is_kept_with_the_version_that_used_it_first(
    db: Database, clock: FakeClock
) -> None:
    await a_street(db, clock)
    one = SignedException("R001", CELL.date, "AM", "C7", "", "2026-W49", 4, 3, "街道 周主任")
    async with db.tx() as tx:
        await signatures.save_exceptions(tx, 1, [one], NOON)
        await signatures.note_version(tx, [1], 5)
        await signatures.note_version(tx, [1], 6)
        assert [s.version for s in await signatures.load_exceptions(tx)] == [5]
        await signatures.drop_exceptions(tx, 1)
        assert await signatures.load_exceptions(tx) == []


async def test_of_two_who_publish_at_once_one_is_told_that_the_board_has_changed(
    db: Database, clock: FakeClock
) -> None:
    await a_street(db, clock)
    office = await login_named(db, "operator")
    shown = await keeping.look(db, clock)

    def act(board: Board) -> Changed:
        return move(board, "R023", CELL.date, CELL.half)

    await keeping.change(db, clock, "周", version=shown.version, code="board.step_move", act=act)
    version = shown.version + 1
    outcomes = await asyncio.gather(
        *(publish(db, clock, office, version=version) for _ in range(2)), return_exceptions=True
    )
    refusals = [o for o in outcomes if isinstance(o, BaseException)]
    assert [type(refusal) for refusal in refusals] == [ConflictError]
    assert [o.code for o in refusals if isinstance(o, ConflictError)] == ["board_changed"]
    async with db.view() as tx:
        held = await load_sessions(tx, states=[SessionState.SCHEDULED])
        assert await store.latest_version(tx) == 2
    assert len([s for s in held if any(i.request_id == 23 for i in s.items)]) == 1
    assert (await keeping.look(db, clock)).last is None
