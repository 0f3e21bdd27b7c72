"""Tables entered at once or not at all, twice without doubling, and taken back whole."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.audit import service as audit
from server.auth.model import Login, Role
from server.baseline.store import load_past_meetings
from server.db.engine import Database
from server.domain.errors import ConflictError, DomainError
from server.intake import service
from server.intake.model import Kind
from server.intake.service import Told
from server.scheduler import store as scheduler
from server.scheduler.store.quotas import load_quotas
from server.simulator.demo_street import enter_street
from server.street import store as street
from server.street.keeper import Keeper
from tests.conftest import SECRET
from tests.fakes import FakeClock

ADMIN = Login(7, "it", "管理员", Role.ADMIN, None, None, datetime(2026, 1, 1, tzinfo=UTC))
TODAY = date(2026, 11, 24)
PEOPLE = "居委会\t姓名\t岗位\n桂花园\t赵春生\t书记\n桂花园\t钱进\t社工\n听泉苑\t孙立\t书记\n"
REGISTER = "日期\t会议\t科室\t时长（分钟）\t居委会\t来源\n" + "".join(
    f"2018-10-{n % 28 + 1:02d}\t会 {n}\t平安办\t{30 + n % 60}\t全部\t登记簿\n" for n in range(150)
)


async def nothing(*_: object) -> None:
    return None


@pytest.fixture
def keeper(db: Database, clock: FakeClock) -> Keeper:
    return Keeper(db, clock, scheduler.load_expecting, nothing, actor="login:7")


async def take(keeper: Keeper, told: Told, mark: str | None = None) -> int:
    async with keeper.db.view() as tx:
        found = await service.plan(tx, told, TODAY)
    return await service.take(keeper, SECRET, ADMIN, told, mark=mark or found.mark)


async def state(db: Database) -> Any:
    async with db.view() as tx:
        assert (await audit.check(tx)).fault is None
        return (
            [(c.name, c.number, c.retired) for c in await street.load_committees(tx)],
            sorted((p.committee_id, p.name, p.post) for p in await street.load_people(tx)),
            [(d.name, d.exempt, d.retired) for d in await street.load_departments(tx)],
            [(q.rule.week, dict(q.rule.own)) for q in await load_quotas(tx)],
            await load_past_meetings(tx),
        )


async def test_tables_are_entered_twice_without_doubling_and_taken_back(
    db: Database, keeper: Keeper
) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    before = await state(db)
    tables = [
        Told(Kind.DEPARTMENTS, "科室\t可开例会\n新办\t是\n"),
        Told(Kind.QUOTAS, "居委会\t每周\t每月\n全部\t2\t\n1\t1\t\n", reason="试点"),
        Told(Kind.PAST, REGISTER),
    ]
    for told in tables:
        sequence = await take(keeper, told)
        entered = await state(db)
        assert entered != before
        assert await take(keeper, told) == 0
        assert await state(db) == entered
        assert await service.undo(keeper, ADMIN, sequence) == told.kind
        with pytest.raises(ConflictError):
            await service.undo(keeper, ADMIN, sequence)
    after = await state(db)
    assert after[3:] == before[3:]
    assert [d for d in after[2] if not d[2]] == before[2]


async def test_committees_taken_back_are_retired_and_come_again_with_the_table(
    db: Database, keeper: Keeper
) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    before = await state(db)
    told = Told(Kind.COMMITTEES, PEOPLE)
    sequence = await take(keeper, told)
    entered = await state(db)
    assert [name for name, *_ in entered[0]][2:] == ["桂花园", "听泉苑"][: len(entered[0]) - 2]
    assert await take(keeper, told) == 0
    await service.undo(keeper, ADMIN, sequence)
    gone = await state(db)
    assert [c for c in gone[0] if not c[2]] == before[0]
    await take(keeper, told)
    assert await state(db) == entered


async def test_one_wrong_row_or_a_change_meanwhile_enters_nothing(
    db: Database, keeper: Keeper
) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    before = await state(db)
    with pytest.raises(DomainError, match="row_bad_day"):
        await take(keeper, Told(Kind.PAST, REGISTER + "heute\t会\t办\t9\t全部\t簿\n"))
    with pytest.raises(ConflictError, match="import_overtaken"):
        await take(keeper, Told(Kind.PAST, REGISTER), mark="0" * 16)
    # what the rules of quotas refuse at the very end leaves nothing behind either
    with pytest.raises(DomainError, match="quota_reason"):
        await take(keeper, Told(Kind.QUOTAS, "居委会\t每周\t每月\n全部\t2\t\n"))
    assert await state(db) == before


async def test_two_at_once_enter_a_register_once(db: Database, keeper: Keeper) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    told = Told(Kind.PAST, REGISTER)
    done = await asyncio.gather(*(take(keeper, told) for _ in range(3)), return_exceptions=True)
    assert sum(isinstance(result, int) and result > 0 for result in done) == 1
    assert len((await state(db))[4]) == 150


async def test_past_meetings_are_found_by_their_days(db: Database, keeper: Keeper) -> None:
    await enter_street(db, SECRET, "a-good-long-password", committees=2)
    await take(keeper, Told(Kind.PAST, REGISTER))
    async with db.view() as tx:
        found = await load_past_meetings(tx, first=date(2018, 10, 3), last=date(2018, 10, 4))
    assert {meeting.day for meeting in found} == {date(2018, 10, 3), date(2018, 10, 4)}
    assert found == sorted(found, key=lambda meeting: meeting.key)
