"""What an administrator changes, on both databases: numbers, order, retiring, accounts."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest

from server.audit import service as audit
from server.auth import keeping as accounts_keeping
from server.auth import service as auth
from server.auth import store as accounts
from server.auth.model import AccountWords, Role
from server.db.engine import Database, Tx
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.places import Person, Post
from server.domain.session import Session
from server.scheduler import store as sessions
from server.simulator.demo_street import enter_street
from server.street import committees, departments, keeping, service
from server.street import store as street
from server.street.desk import PARKED, CommitteeWords
from server.street.keeper import Keeper
from server.street.tokens import venue_token
from tests.conftest import SECRET
from tests.fakes import NOON_TUESDAY, FakeClock

PASSWORD = "a-good-long-password"


async def nobody_expects(tx: Tx, venue_ids: Collection[int]) -> list[Session]:
    return []


@pytest.fixture
async def keeper(db: Database, clock: FakeClock) -> Keeper:
    await enter_street(db, SECRET, PASSWORD, committees=4)
    return Keeper(db, clock, nobody_expects, actor="login:6")


async def numbers(db: Database) -> dict[str, int]:
    async with db.view() as tx:
        return {c.name: c.number for c in await street.load_committees(tx)}


async def words(db: Database, committee_id: int) -> tuple[CommitteeWords, int]:
    """Return how a committee stands, and its version."""
    async with db.view() as tx:
        committee = next(c for c in await street.load_committees(tx) if c.id == committee_id)
        venue = next(v for v in await street.load_venues(tx) if v.committee_id == committee_id)
        staff = await street.load_staff(tx, committee_id)
    people = CommitteeWords(committee.number, committee.name, venue.name, tuple(staff))
    return people, committee.version


async def test_numbers_are_exchanged_in_one_go_and_back(db: Database, keeper: Keeper) -> None:
    now, version = await words(db, 1)
    wanted = CommitteeWords(3, now.name, now.venue)
    sequence = await committees.change_committee(keeper, 1, wanted, version=version)
    assert await numbers(db) == {"梧桐坊": 1, "松涛里": 2, "云杉苑": 3, "银杏园": 4}
    await keeping.undo(keeper, sequence)
    assert await numbers(db) == {"云杉苑": 1, "松涛里": 2, "梧桐坊": 3, "银杏园": 4}
    async with db.view() as tx:
        assert [v.number for v in await street.load_venues(tx)] == [0, 1, 2, 3, 4]
        assert (await audit.check(tx)).fault is None


async def test_a_retired_committee_lets_its_number_go_and_gets_another_when_it_is_back(
    db: Database, keeper: Keeper
) -> None:
    await committees.retire_committee(keeper, 2)
    assert await committees.retire_committee(keeper, 2) == 0
    async with db.view() as tx:
        assert await street.load_venue_by_token(tx, venue_token(SECRET, 3, 1)) is None
        with pytest.raises(NotFoundError, match="venue_retired"):
            await service.find_venue(tx, SECRET, venue_token(SECRET, 3, 1))
    await committees.add_committee(keeper, SECRET, CommitteeWords(2, "新苑", "新苑"))
    assert (await numbers(db))["松涛里"] == PARKED + 2
    await committees.restore_committee(keeper, 2)
    assert await numbers(db) == {"云杉苑": 1, "新苑": 2, "梧桐坊": 3, "银杏园": 4, "松涛里": 5}
    async with db.view() as tx:
        venue = await street.load_venue_by_token(tx, venue_token(SECRET, 3, 1))
    assert venue is not None
    assert (venue.number, venue.retired) == (5, False)


async def test_a_retired_committee_takes_no_number_from_one_that_serves(
    db: Database, keeper: Keeper
) -> None:
    await committees.retire_committee(keeper, 2)
    await committees.add_committee(keeper, SECRET, CommitteeWords(2, "新苑", "新苑"))
    now, version = await words(db, 2)
    before = await numbers(db)
    with pytest.raises(ConflictError, match="number_taken"):
        await committees.change_committee(
            keeper, 2, CommitteeWords(3, now.name, now.venue), version=version
        )
    assert await numbers(db) == before
    await committees.change_committee(keeper, 2, CommitteeWords(9, "松涛旧里", ""), version=version)
    assert (await numbers(db))["松涛旧里"] == 9


async def test_a_number_stays_while_a_published_session_expects_who_had_it(
    db: Database, clock: FakeClock, keeper: Keeper
) -> None:
    async with db.tx() as tx:
        await sessions.save_session(
            tx,
            title="例会",
            starts_at=NOON_TUESDAY,
            ends_at=NOON_TUESDAY + timedelta(minutes=40),
            hall="",
            items=[],
            venue_ids=[3],
        )
    expecting = Keeper(db, clock, sessions.load_expecting, actor="login:6")
    await committees.retire_committee(expecting, 2)
    with pytest.raises(ConflictError, match="number_still_expected"):
        await committees.add_committee(expecting, SECRET, CommitteeWords(2, "新苑", "新苑"))
    assert (await numbers(db))["松涛里"] == 2


async def test_people_come_go_and_return(db: Database, keeper: Keeper) -> None:
    now, version = await words(db, 1)
    first, *others = now.people
    gone = Person(first.id, 1, first.name, first.post, first.line, retired=True)
    fresh = Person(0, 1, "王小新", Post.SOCIAL_WORKER, "综治")
    wanted = CommitteeWords(1, now.name, now.venue, (gone, *others, fresh))
    sequence = await committees.change_committee(keeper, 1, wanted, version=version)
    async with db.view() as tx:
        serving = [p.name for p in await street.load_people(tx) if p.committee_id == 1]
    assert first.name not in serving
    assert "王小新" in serving
    await keeping.undo(keeper, sequence)
    back, later = await words(db, 1)
    assert [p for p in back.people if not p.retired] == list(now.people)
    assert await committees.change_committee(keeper, 1, back, version=later) == 0
    with pytest.raises(ConflictError, match="undo_overtaken"):
        await keeping.undo(keeper, sequence)


async def test_of_two_changes_at_once_the_second_is_told(db: Database, keeper: Keeper) -> None:
    def change(name: str) -> "asyncio.Task[int]":
        wanted = {"name": name, "exempt": False, "place": 4}
        doing = departments.change_department(keeper, 4, wanted, version=1)
        return asyncio.create_task(doing)  # type: ignore[arg-type]

    done = await asyncio.gather(change("甲"), change("乙"), return_exceptions=True)
    assert [isinstance(one, ConflictError) for one in done].count(True) == 1


async def test_departments_are_put_in_order_beside_retired_ones(
    db: Database, keeper: Keeper
) -> None:
    await departments.retire_department(keeper, 2)
    wanted = {"name": "武装部", "exempt": False, "place": 2}
    sequence = await departments.change_department(keeper, 12, wanted, version=1)
    added = await departments.add_department(keeper, "数字办", exempt=False)
    assert added > sequence
    async with db.view() as tx:
        names = [d.name for d in await street.load_departments(tx) if not d.retired]
    assert names[:3] == ["党建办", "武装部", "党政办"]
    assert len(names) == 12
    await keeping.undo(keeper, sequence)
    async with db.view() as tx:
        names = [d.name for d in await street.load_departments(tx) if not d.retired]
    assert "武装部" in names[-2:]
    with pytest.raises(DomainError, match="name_of_retired"):
        await departments.add_department(keeper, "自治办", exempt=False)


# --- accounts ----------------------------------------------------------------------------------


async def test_two_administrators_cannot_disable_each_other_at_once(
    db: Database, clock: FakeClock, keeper: Keeper
) -> None:
    async with db.tx() as tx:
        second = await accounts.save_account(
            tx, name="admin2", display_name="二", role=Role.ADMIN, password_hash=""
        )
        first = await accounts.load_account(tx, "admin")
    assert first is not None
    done = await asyncio.gather(
        accounts_keeping.disable_account(db, clock, first.id, actor=f"login:{second.id}"),
        accounts_keeping.disable_account(db, clock, second.id, actor=f"login:{first.id}"),
        return_exceptions=True,
    )
    refused = [str(one) for one in done if isinstance(one, DomainError)]
    assert refused == ["account_last_administrator"]


async def test_a_disabled_account_has_neither_logins_nor_a_link(
    db: Database, clock: FakeClock, keeper: Keeper
) -> None:
    async with db.view() as tx:
        clerk = await accounts.load_account(tx, "clerk")
    assert clerk is not None
    cookie = await auth.open_login(db, clock, clerk, "127.0.0.1")
    token = await accounts_keeping.issue_link(db, clock, clerk.id, actor="login:6")
    assert (await accounts_keeping.account_of_link(db, clock, token)).id == clerk.id
    sequence = await accounts_keeping.disable_account(db, clock, clerk.id, actor="login:6")
    assert await auth.find_login(db, clock, cookie) is None
    with pytest.raises(NotFoundError, match="password_link_gone"):
        await accounts_keeping.use_link(db, clock, token, PASSWORD)
    await accounts_keeping.undo(db, clock, sequence, actor="login:6")
    assert await auth.find_login(db, clock, cookie) is None
    assert await auth.sign_in(db, clock, "clerk", PASSWORD, "127.0.0.1")


async def test_a_change_of_an_account_and_its_undo_are_both_in_a_whole_log(
    db: Database, clock: FakeClock, keeper: Keeper
) -> None:
    async with db.view() as tx:
        clerk = await accounts.load_account(tx, "clerk")
    assert clerk is not None
    wanted = AccountWords("pingan", "平安办", Role.AUDITOR)
    sequence = await accounts_keeping.change_account(
        db, clock, clerk.id, wanted, version=1, actor="login:6"
    )
    await accounts_keeping.undo(db, clock, sequence, actor="login:6")
    async with db.view() as tx:
        now = await accounts.load_account(tx, "clerk")
        assert (await audit.check(tx)).fault is None
    assert now is not None
    assert accounts_keeping.words_of(now) == accounts_keeping.words_of(clerk)
