"""Copies of sessions, baselines, filters and other streets as they are kept, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from server.audit import service as audit
from server.audit import store as log
from server.burden import store
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.session import SessionState
from server.scheduler import store as sessions
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.unit.burden.made import held
from tests.unit.burden.test_baseline import BEFORE
from tests.unit.burden.test_streets import OTHER

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


async def enter_sessions(db: Database, count: int) -> list[int]:
    async with db.tx() as tx:
        return [
            await sessions.save_session(
                tx,
                title="主任工作例会",
                starts_at=NOON_TUESDAY + timedelta(days=number),
                ends_at=NOON_TUESDAY + timedelta(days=number, hours=1),
                hall="三楼会议室",
                items=[],
                venue_ids=[],
            )
            for number in range(count)
        ]


async def test_copies_of_sessions_are_loaded_as_they_were_kept(db: Database) -> None:
    first, second = await enter_sessions(db, 2)
    one, two = held(first), held(second, 1)
    async with db.tx() as tx:
        await store.save_folded(tx, [one, two], 10)
        await store.save_folded(tx, [replace(one, minutes=60)], 20)
        await store.move_on(tx, [second], 30)
    async with db.view() as tx:
        kept = await store.load_folded(tx, [first, second, 99])
        assert kept == {first: (20, replace(one, minutes=60)), second: (30, two)}
        assert await store.load_folded_ids(tx) == {first, second}


async def test_only_sessions_that_are_over_are_found_by_their_planned_day(db: Database) -> None:
    first, second, third = await enter_sessions(db, 3)
    ended = NOON_TUESDAY + timedelta(minutes=52)
    async with db.tx() as tx:
        await sessions.set_state(tx, first, SessionState.CLOSED, ended)
        await sessions.set_state(tx, third, SessionState.ARCHIVED, ended)
    async with db.view() as tx:
        whole = await sessions.load_over(tx, NOON_TUESDAY, NOON_TUESDAY + timedelta(days=9))
        assert whole == {first: ended, third: NOON_TUESDAY + timedelta(days=2, hours=1)}
        assert second not in whole
        later = await sessions.load_over(tx, ended, NOON_TUESDAY + timedelta(days=9))
        assert list(later) == [third]


async def test_what_the_log_says_of_sessions_since_is_found(db: Database) -> None:
    first, second = await enter_sessions(db, 2)
    clock = FakeClock()
    async with db.tx() as tx:
        for session, kind in (
            (first, EventKind.SESSION_CLOSED),
            (second, EventKind.SESSION_CLOSED),
            (first, EventKind.REPORT_VIEWED),
            (None, EventKind.SYSTEM_OUTAGE_STARTED),
            (first, EventKind.ATTENDANCE_CORRECTED),
        ):
            await audit.record(tx, clock, kind, actor="system", session_id=session)
    async with db.view() as tx:
        head, _ = await log.load_head(tx)
        reading = [EventKind.REPORT_VIEWED]
        assert await log.load_latest(tx, above=head - 5, but_kinds=reading) == {
            first: head,
            second: head - 3,
        }
        assert await log.load_latest(tx, above=head, but_kinds=[]) == {}
        outages = [EventKind.SYSTEM_OUTAGE_STARTED]
        found = await log.load_above(tx, above=head - 5, kinds=outages)
        assert [event.sequence for event in found] == [head - 1]


async def test_the_baseline_entered_last_holds(db: Database) -> None:
    async with db.view() as tx:
        assert await store.load_baseline(tx) is None
    async with db.tx() as tx:
        await store.save_baseline(tx, BEFORE, "会务", AT)
        await store.save_baseline(tx, replace(BEFORE, calls=5000, minutes=60), "会务", AT)
    async with db.view() as tx:
        found = await store.load_baseline(tx)
    assert found == replace(BEFORE, calls=5000, minutes=60, by="会务", at=AT)


async def test_figures_of_a_street_take_the_place_of_its_older_ones(db: Database) -> None:
    async with db.tx() as tx:
        await store.save_street(tx, OTHER, "会务", AT)
        await store.save_street(tx, replace(OTHER, present=150), "会务", AT)
        await store.save_street(tx, replace(OTHER, street="甲街道"), "会务", AT)
    async with db.view() as tx:
        found = await store.load_streets(tx, "2026-10")
        assert [(one.street, one.present) for _, one in found] == [
            ("甲街道", 160),
            ("白露街道办事处", 150),
        ]
        assert await store.load_street_periods(tx) == ["2026-10"]
    async with db.tx() as tx:
        gone = await store.delete_street(tx, found[0][0])
        assert gone is not None
        assert gone.street == "甲街道"
        assert await store.delete_street(tx, found[0][0]) is None
