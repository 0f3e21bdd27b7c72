"""Working days and quotas as rows, on both databases: what is entered comes back."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

from server.auth.model import Login, Role
from server.db.engine import Database
from server.domain.places import Post
from server.scheduler import quota_keeping, workday_keeping
from server.scheduler.notice import parse_notice
from server.scheduler.quota_rules import PRESET, QuotaRule
from server.scheduler.store.quotas import load_quota_versions, load_quotas
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workday_seed import seed_whole_table
from server.scheduler.workdays import WorkdayTable, is_working
from tests.fakes import FakeClock

OFFICE = Login(
    7, "operator", "自治办 会务", Role.OFFICE, None, None, datetime(2026, 1, 1, tzinfo=UTC)
)
DAY = date(2026, 11, 27)


async def stored(db: Database) -> WorkdayTable:
    async with db.view() as tx:
        return await load_workdays(tx)


async def test_the_seed_comes_back_whole_and_is_entered_once(
    db: Database, clock: FakeClock
) -> None:
    assert await stored(db) == seed_whole_table()
    await asyncio.gather(*(workday_keeping.seed(db, clock) for _ in range(3)))
    assert await stored(db) == replace(seed_whole_table(), version=1)


async def test_a_change_before_the_seed_keeps_all_that_is_known(
    db: Database, clock: FakeClock
) -> None:
    await workday_keeping.change_day(db, clock, OFFICE, DAY, working=False)
    table = await stored(db)
    assert table.version == 1
    assert not is_working(table, DAY)
    assert not is_working(table, date(2026, 10, 1))
    assert table.names == seed_whole_table().names


async def test_two_changes_at_once_are_two_versions(db: Database, clock: FakeClock) -> None:
    await workday_keeping.seed(db, clock)
    days = [date(2026, 11, n) for n in (25, 26, 27)]
    await asyncio.gather(
        *(workday_keeping.change_day(db, clock, OFFICE, day, working=False) for day in days)
    )
    table = await stored(db)
    assert table.version == 4
    assert not any(is_working(table, day) for day in days)


async def test_an_entered_year_can_be_taken_back_to_what_it_was(
    db: Database, clock: FakeClock
) -> None:
    await workday_keeping.seed(db, clock)
    before = await stored(db)
    marks = parse_notice("元旦：1月1日至3日放假调休。1月9日上班。", 2027)
    done = await workday_keeping.import_year(db, clock, OFFICE, 2027, marks)
    assert not (await stored(db)).is_provisional(2027)
    assert await workday_keeping.undo(db, clock, OFFICE, done) == (2027, done + 1)
    assert await stored(db) == replace(before, version=3)


async def test_versions_of_quotas_come_back_and_the_newest_can_be_withdrawn(
    db: Database, clock: FakeClock
) -> None:
    rule = QuotaRule((Post.DEPUTY,), None, 4, {Post.SECRETARY: 2}, {}, None)
    first = date(2026, 11, 30)
    events = [
        await quota_keeping.change_quota(db, clock, OFFICE, r, valid_from=first, reason="试行")
        for r in (rule, replace(PRESET, week=2))
    ]
    same = replace(PRESET, week=2)
    again = await quota_keeping.change_quota(
        db, clock, OFFICE, same, valid_from=first, reason="再试"
    )
    assert again == 0
    async with db.view() as tx:
        versions = await load_quotas(tx)
    assert [(v.number, v.rule, v.valid_from, v.by) for v in versions] == [
        (1, rule, first, "自治办 会务"),
        (2, same, first, "自治办 会务"),
    ]
    await quota_keeping.undo(db, clock, OFFICE, events[1])
    async with db.view() as tx:
        assert [v.number for v in await load_quotas(tx)] == [1]
        everything = await load_quota_versions(tx, with_withdrawn=True)
    assert [withdrawn for _, withdrawn in everything] == [False, True]
