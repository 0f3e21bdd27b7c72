"""Corrections on both databases: nobody waits for a fold, and none is asked for twice."""

import asyncio

import pytest

from server.attendance import correction_keeping as keeping
from server.attendance.correcting import Wish
from server.audit.store import lock_head
from server.auth.model import Login, Role
from server.db.engine import Database
from server.domain.errors import ConflictError
from server.simulator.demo_street import enter_street
from server.street import store as street
from tests.conftest import SECRET
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.held import Held, hold_tuesday

OFFICE = Login(1, "operator", "党政办", Role.OFFICE, None, None, NOON_TUESDAY)
LEADER = Login(2, "leader", "街道领导", Role.LEADER, None, None, NOON_TUESDAY)


@pytest.fixture
async def held(db: Database) -> Held:
    await enter_street(db, SECRET, "a-good-long-password")
    return await hold_tuesday(db)


async def wish(db: Database, value: str) -> Wish:
    async with db.view() as tx:
        venue = next(v for v in await street.load_venues(tx) if v.number == 12)
    return Wish(venue.id, "verdict", value)


async def test_a_session_is_folded_before_the_head_of_the_log_is_held(
    db: Database, clock: FakeClock, held: Held
) -> None:
    same = await wish(db, "PRESENT")
    async with db.tx() as tx:
        await lock_head(tx)
        with pytest.raises(ConflictError, match="correction_same"):
            await keeping.ask(db, clock, OFFICE, held.id, wish=same, reason="登记本为证")


async def test_of_two_who_ask_the_same_at_once_one_is_told_that_it_waits(
    db: Database, clock: FakeClock, held: Held
) -> None:
    absent = await wish(db, "ABSENT")
    asked = await asyncio.gather(
        *(
            keeping.ask(db, clock, who, held.id, wish=absent, reason="登记本为证")
            for who in (OFFICE, LEADER)
        ),
        return_exceptions=True,
    )
    refused = [one for one in asked if isinstance(one, ConflictError)]
    assert [one.code for one in refused] == ["correction_waits"]
    async with db.view() as tx:
        sheet = await keeping.load_sheet(tx, clock, OFFICE, held.id)
    waiting = [c for c in sheet.corrections if c.venue.venue_id == absent.venue_id]
    assert [c.sequence for c in waiting] == [one for one in asked if isinstance(one, int)]
