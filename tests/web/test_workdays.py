"""The working days: one click a day, an undo, a pasted year, sessions on days off."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from server.audit import store as audit_store
from server.db.engine import Database
from server.scheduler import store as sessions
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import is_working
from server.street import store as street
from tests.fakes import FakeClock
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
FRIDAY = date(2026, 11, 27)


async def enter_session(database: Database, starts_at: datetime) -> int:
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        return await sessions.save_session(
            tx,
            title="书记例会",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            hall="三楼会议室",
            items=[("年终总结", "党建办", 30)],
            venue_ids=[v.id for v in venues if v.number],
        )


async def works(database: Database, day: date) -> bool:
    async with database.view() as tx:
        return is_working(await load_workdays(tx), day)


async def test_the_first_start_stores_what_is_known_once(database: Database) -> None:
    async with database.view() as tx:
        table = await load_workdays(tx)
        events = await audit_store.load_recorded(tx, kinds=["workdays.seeded"])
    assert (table.version, len(events)) == (1, 1)
    assert min(table.decreed) == 2004
    assert not is_working(table, date(2026, 10, 1))


async def test_one_click_changes_a_day_and_undo_takes_it_back(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    answer, text = await office.post("/workdays/day", "/workdays", day="2026-11-27:off")
    assert answer.url.path == "/workdays/2026"
    assert "11 月 27 日 周五 改为休息了" in text
    assert not await works(database, FRIDAY)
    event = re.search(r'name="event" value="(\d+)"', text)
    assert event
    answer, text = await office.post("/workdays/undo", "/workdays", event=event[1])
    assert answer.status == 200
    assert await works(database, FRIDAY)
    async with database.view() as tx:
        events = await audit_store.load_recorded(tx, kinds=["workdays.changed"])
    first = events[0].payload
    assert (first["version"], first["year"]) == (2, 2026)
    assert first["days"] == [
        {
            "day": "2026-11-27",
            "was_working": True,
            "was_name": "",
            "working": False,
            "name": "",
        }
    ]
    _, text = await office.get("/workdays/history")
    assert text.count("11 月 27 日 周五") == 2


async def test_saying_again_what_is_so_changes_nothing(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    await office.post("/workdays/day", "/workdays", day="2026-11-27:work")
    async with database.view() as tx:
        assert (await load_workdays(tx)).version == 1


async def test_an_undo_that_was_overtaken_is_refused(signed_in: Enter) -> None:
    office, admin = await signed_in("operator"), await signed_in("admin")
    _, text = await office.post("/workdays/day", "/workdays", day="2026-11-27:off")
    event = re.search(r'name="event" value="(\d+)"', text)
    assert event
    answer, _ = await admin.post("/workdays/undo", "/workdays", event=event[1])
    assert answer.status == 409
    await admin.post("/workdays/day", "/workdays", day="2026-11-27:work")
    answer, _ = await office.post("/workdays/undo", "/workdays", event=event[1])
    assert answer.status == 409


async def test_a_pasted_notice_makes_a_year_certain(signed_in: Enter, database: Database) -> None:
    office = await signed_in("operator")
    _, text = await office.get("/workdays/2027")
    assert "2027 年的放假安排还没有录入" in text
    notice = "国庆节：10月1日（周五）至7日（周四）放假调休，共7天。10月9日（周六）上班。"
    answer, text = await office.post("/workdays/2027", "/workdays/2027", list=notice)
    assert answer.status == 200
    assert "2027 年已录入，8 天和原来不同" in text
    assert "还没有录入" not in text
    assert not await works(database, date(2027, 10, 1))
    event = re.search(r'name="event" value="(\d+)"', text)
    assert event
    await office.post("/workdays/undo", "/workdays", event=event[1])
    async with database.view() as tx:
        table = await load_workdays(tx)
    assert is_working(table, date(2027, 10, 1))
    assert table.is_provisional(2027)


async def test_a_list_that_cannot_be_read_is_shown_again_with_its_line(signed_in: Enter) -> None:
    office = await signed_in("operator")
    answer, text = await office.post("/workdays/2027", "/workdays/2027", list="好\n2月30日放假")
    assert answer.status == 422
    assert "第 2 行的日期没看懂" in text
    assert "2月30日放假</textarea>" in text


async def test_a_session_that_now_falls_on_a_day_off_is_listed_with_what_to_do(
    signed_in: Enter, database: Database
) -> None:
    await enter_session(database, datetime(2026, 11, 27, 1, 30, tzinfo=UTC))
    office = await signed_in("operator")
    _, text = await office.get("/workdays")
    assert "落在休息日" not in text
    _, text = await office.post("/workdays/day", "/workdays", day="2026-11-27:off")
    assert "落在休息日" in text
    assert "最近的工作日是 11 月 26 日 周四和 11 月 30 日 周一" in text
    _, text = await office.post("/workdays/day", "/workdays", day="2026-11-27:work")
    assert "落在休息日" not in text


@pytest.mark.parametrize("year", [1970, 2003, 2027, 2100])
async def test_every_year_has_its_page(signed_in: Enter, year: int) -> None:
    auditor = await signed_in("auditor")
    answer, text = await auditor.get(f"/workdays/{year}")
    assert answer.status == 200
    assert f"{year} 年工作日" in text
    assert 'name="day"' not in text


@pytest.mark.parametrize("path", ["/workdays/1969", "/workdays/2101", "/workdays/next"])
async def test_other_years_are_refused_in_words(signed_in: Enter, path: str) -> None:
    auditor = await signed_in("auditor")
    answer, text = await auditor.get(path)
    assert answer.status == 422
    assert "1970 到 2100" in text


async def test_a_day_that_is_none_is_refused(signed_in: Enter) -> None:
    office = await signed_in("operator")
    for day in ("", "2026-02-30:off", "2026-11-27:later", "1200-01-01:off"):
        answer, _ = await office.post("/workdays/day", "/workdays", day=day)
        assert answer.status == 422


async def test_the_booking_page_says_when_a_year_is_not_certain(
    signed_in: Enter, clock: FakeClock
) -> None:
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/book")
    assert "暂按周一到周五" not in text
    clock.advance(days=40)
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/book")
    assert "2027 年的放假安排还没有录入" in text


async def test_a_clerk_may_not_change_working_days(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    answer, _ = await clerk.get("/workdays")
    assert answer.status == 403
