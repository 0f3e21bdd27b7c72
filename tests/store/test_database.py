"""The engine on both databases: rollback, time zones, durability settings, migrations."""

import asyncio
import importlib
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from server.auth import store as accounts
from server.auth.model import Role
from server.auth.tables import FailureRow
from server.db.base import Base
from server.db.engine import Database, driver_url
from server.db.migrate import upgrade
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.simulator.demo_street import enter_street
from server.street import store as street
from server.street.tokens import venue_token
from tests.conftest import SECRET

NINE = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


def load_every_table() -> None:
    """Import each feature's ``tables``, so that the metadata knows all there are."""
    for file in Path("server").glob("*/tables.py"):
        importlib.import_module(f"server.{file.parent.name}.tables")


async def test_an_error_inside_a_transaction_undoes_all_of_it(db: Database) -> None:
    async def half() -> None:
        async with db.tx() as tx:
            await street.save_department(tx, "平安办", exempt=False)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await half()
    async with db.view() as tx:
        assert await street.load_departments(tx) == []


async def test_times_come_back_in_utc_to_the_microsecond(db: Database) -> None:
    there = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    async with db.tx() as tx:
        tx.add(FailureRow(key="k", count=1, last_at=there))
    async with db.view() as tx:
        row = await tx.scalar(select(FailureRow))
        assert row is not None
        assert row.last_at == there
        assert row.last_at.utcoffset() == timedelta()


async def test_a_time_without_a_zone_is_refused(db: Database) -> None:
    async def careless() -> None:
        async with db.tx() as tx:
            tx.add(FailureRow(key="k", count=1, last_at=datetime(2026, 1, 1)))  # noqa: DTZ001

    with pytest.raises(Exception, match="zone"):
        await careless()


async def test_sqlite_is_durable_and_enforces_foreign_keys(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    upgrade(url)
    db = Database(url)
    async with db.view() as tx:
        read = {
            p: await tx.scalar(text(f"PRAGMA {p}"))
            for p in ("journal_mode", "synchronous", "foreign_keys")
        }
    await db.close()
    assert read == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_who_is_broken_off_while_waiting_to_write_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    file = tmp_path / "d.db"
    upgrade(f"sqlite:///{file}")
    db = Database(f"sqlite:///{file}")

    async def write(name: str) -> None:
        async with db.tx() as tx:
            await street.save_department(tx, name, exempt=False)

    await write("平安办")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = [asyncio.create_task(write(f"第 {n} 办")) for n in range(3)]
    await asyncio.sleep(0.1)
    for task in waiting:
        task.cancel()
    assert all(
        isinstance(ended, asyncio.CancelledError) for ended in await gather_while(other, waiting)
    )
    # each connection that was broken off serves again, and has nothing of its former user
    await asyncio.gather(*(write(f"{n} 科") for n in range(6)))
    async with db.view() as tx:
        names = [d.name for d in await street.load_departments(tx)]
    await db.close()
    other.close()
    assert sorted(names) == sorted(["平安办", *(f"{n} 科" for n in range(6))])


async def gather_while(
    other: sqlite3.Connection, waiting: list[asyncio.Task[None]]
) -> list[BaseException | None]:
    """Let the other writer go, and return how each that was broken off has ended."""
    await asyncio.sleep(0.1)
    other.execute("ROLLBACK")
    return list(await asyncio.gather(*waiting, return_exceptions=True))


async def test_a_statement_says_what_it_did(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'd.db'}"
    upgrade(url)
    db = Database(url)
    async with db.tx() as tx:
        for name in ("平安办", "自治办"):
            await street.save_department(tx, name, exempt=False)
        changed = await tx.execute(text("UPDATE departments SET name = name || '！'"))
        many = [{"n": "平安办"}, {"n": "自治办"}]
        await tx.execute(text("UPDATE departments SET name = :n WHERE name = :n || '！'"), many)
        none = await tx.execute(text("SELECT name FROM departments WHERE name = '无'"))
        assert (changed.rowcount, none.all(), none.keys()) == (2, [], ["name"])
    async with db.view() as tx:
        assert [d.name for d in await street.load_departments(tx)] == ["平安办", "自治办"]
        with pytest.raises(OperationalError, match="no such column"):
            await tx.execute(text("SELECT missing FROM departments"))
    await db.close()


async def test_the_migrations_make_exactly_the_tables_that_the_code_describes(
    db: Database, migrated_url: str
) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    load_every_table()
    engine = create_engine(driver_url(migrated_url, is_async=False))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert differences == []


async def test_migrating_twice_changes_nothing(db: Database, migrated_url: str) -> None:
    upgrade(migrated_url)
    async with db.view() as tx:
        assert await accounts.count_accounts(tx) == 0


async def test_a_street_is_entered_whole(db: Database) -> None:
    await enter_street(db, SECRET, "a-good-long-password")
    async with db.view() as tx:
        assert len(await street.load_committees(tx)) == 33
        venues = await street.load_venues(tx)
        tokens = await street.load_tokens(tx, SECRET)
        people = await street.load_people(tx)
        clerk = await accounts.load_account(tx, "clerk")
    assert [v.number for v in venues] == list(range(34))
    assert len(set(tokens.values())) == 34
    assert all(7 <= sum(p.committee_id == c for p in people) <= 11 for c in range(1, 34))
    assert clerk is not None
    assert clerk.role is Role.CLERK
    assert clerk.department_id is not None


async def test_a_venue_is_found_by_its_token_and_by_no_other(db: Database) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=3)
    async with db.view() as tx:
        venue = (await street.load_venues(tx))[2]
        token = venue_token(SECRET, venue.id, 1)
        assert await street.load_venue_by_token(tx, token) == venue
        assert await street.load_venue_by_token(tx, token[:-1] + "x") is None
        assert await street.load_venue_by_token(tx, "") is None


async def test_a_session_comes_back_with_agenda_and_roster(db: Database) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=3)
    async with db.tx() as tx:
        session_id = await sessions.save_session(
            tx,
            title="主任工作例会",
            starts_at=NINE,
            ends_at=NINE + timedelta(minutes=50),
            hall="三楼会议室",
            items=[("自治金使用说明", "自治办", 20), ("岁末消防检查部署", "平安办", 30)],
            venue_ids=[3, 1, 2],
        )
        await sessions.set_state(tx, session_id, SessionState.OPEN, NINE)
    async with db.view() as tx:
        session = await sessions.load_session(tx, session_id)
        assert session.state is SessionState.OPEN
        assert [i.topic for i in session.items] == ["自治金使用说明", "岁末消防检查部署"]
        assert session.venue_ids == (1, 2, 3)
        assert await sessions.load_open_times(tx, session_id) == (NINE, None)
        assert await sessions.load_sessions(tx, states=[SessionState.OPEN]) == [session]
        later = NINE + timedelta(hours=1)
        assert await sessions.load_sessions(tx, states=[SessionState.OPEN], since=later) == []
