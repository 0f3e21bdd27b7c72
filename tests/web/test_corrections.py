"""Corrections: one asks, another confirms, both sides speak for a day, the original stays."""

import re
from collections.abc import Awaitable, Callable

import pytest

from server.audit import store as log
from server.auth import store as accounts
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.places import Venue
from server.street import store as street
from tests.fakes import FakeClock
from tests.held import Held, begin, hold_tuesday
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
OWN = 12


@pytest.fixture
async def held(database: Database, clock: FakeClock) -> Held:
    clock.advance(hours=4)
    return await hold_tuesday(database)


async def venue(database: Database, number: int) -> Venue:
    async with database.view() as tx:
        return next(v for v in await street.load_venues(tx) if v.number == number)


async def ask(who: Visitor, held: Held, venue_id: int, **more: str) -> tuple[int, str]:
    path = f"/attendance/{held.id}/corrections"
    values = {"field": "head_count", "head_count": "9", "reason": "登记本为证"} | more
    answer, page = await who.post(path, path, **({"about": str(venue_id)} | values))
    return answer.status, page


async def last(database: Database, kind: EventKind) -> int:
    async with database.view() as tx:
        return (await log.load_recorded(tx, kinds=[kind]))[-1].sequence


async def views(database: Database) -> int:
    async with database.view() as tx:
        return len(await log.load_recorded(tx, kinds=[EventKind.REPORT_VIEWED]))


async def secretary_s_own(database: Database) -> Venue:
    async with database.view() as tx:
        account = next(a for a in await accounts.load_accounts(tx) if a.name == "secretary")
        venues = await street.load_venues(tx)
    return next(v for v in venues if v.committee_id == account.committee_id)


async def test_a_secretary_asks_the_office_confirms_and_the_report_names_both(
    signed_in: Enter, database: Database, held: Held
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    own = await secretary_s_own(database)
    status, page = await ask(secretary, held, own.id)
    assert status == 200
    assert "等确认" in page
    _, report = await office.get(f"/attendance/{held.id}")
    assert "等确认，数还没有改" in report
    sequence = await last(database, EventKind.CORRECTION_ASKED)
    path = f"/attendance/{held.id}/corrections"
    answer, _ = await office.post(f"{path}/{sequence}/decide", path, word="confirm")
    assert answer.status == 200
    _, report = await office.get(f"/attendance/{held.id}")
    assert "改 9" in report
    assert "确认</span>" in report
    answer, _ = await office.post(
        f"{path}/{sequence}/decide", "/account", word="refuse", words="晚了"
    )
    assert answer.status == 422


async def test_nobody_confirms_his_own_and_a_refusal_needs_a_reason(
    signed_in: Enter, database: Database, held: Held
) -> None:
    office, leader = await signed_in("operator"), await signed_in("leader")
    own = await venue(database, OWN)
    await ask(office, held, own.id, field="verdict", verdict="ABSENT")
    sequence = await last(database, EventKind.CORRECTION_ASKED)
    path = f"/attendance/{held.id}/corrections"
    decide = f"{path}/{sequence}/decide"
    assert (await office.post(decide, "/account", word="confirm"))[0].status == 422
    before = await views(database)
    assert (await leader.post(decide, path, word="refuse"))[0].status == 422
    # once with the form, and once more with the refusal
    assert await views(database) == before + 2
    assert (await leader.post(decide, path, word="refuse", words="查无此事"))[0].status == 200
    _, page = await office.get(path)
    assert "查无此事" in page
    assert "没有同意" in page
    async with database.view() as tx:
        assert len(await log.load_recorded(tx, kinds=[EventKind.ATTENDANCE_CORRECTED])) == 1


async def test_a_secretary_speaks_of_the_own_committee_only(
    signed_in: Enter, database: Database, held: Held
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    own = await secretary_s_own(database)
    other = await venue(database, 1 if own.number != 1 else 2)
    assert (await ask(secretary, held, other.id))[0] == 422
    await ask(office, held, other.id)
    sequence = await last(database, EventKind.CORRECTION_ASKED)
    path = f"/attendance/{held.id}/corrections"
    _, page = await secretary.get(path)
    assert other.name not in page
    answer, _ = await secretary.post(f"{path}/{sequence}/comment", path, words="我有话说")
    assert answer.status == 422


async def test_both_sides_comment_for_a_day_by_the_rules_of_the_session(
    signed_in: Enter, database: Database, held: Held, clock: FakeClock
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    own = await secretary_s_own(database)
    await ask(secretary, held, own.id)
    sequence = await last(database, EventKind.CORRECTION_ASKED)
    path = f"/attendance/{held.id}/corrections"
    for who, words in ((secretary, "当天有签到本"), (office, "请拍照发来")):
        answer, page = await who.post(f"{path}/{sequence}/comment", path, words=words)
        assert answer.status == 200
        assert words in page
    clock.advance(hours=24)
    secretary = await signed_in("secretary")
    answer, _ = await secretary.post(f"{path}/{sequence}/comment", "/leave", words="再说一句")
    assert answer.status == 422


async def test_what_is_wrong_or_too_early_is_refused(
    signed_in: Enter, database: Database, held: Held
) -> None:
    office, own = await signed_in("operator"), await venue(database, OWN)
    for wrong in (
        {"head_count": "501"},
        {"head_count": "x"},
        {"field": "verdict", "verdict": "ASLEEP"},
        {"field": "actor", "actor": "me"},
        {"reason": ""},
        {"field": "verdict", "verdict": "PRESENT"},
    ):
        assert (await ask(office, held, own.id, **wrong))[0] == 422
    open_now = await begin(database, title="还在开")
    async with database.view() as tx:
        before = len(await log.load_recorded(tx))
    path = f"/attendance/{open_now.id}/corrections"
    values = {"venue": str(own.id), "field": "head_count", "head_count": "3", "reason": "早了"}
    answer, _ = await office.post(path, path, **values)
    assert answer.status == 422
    async with database.view() as tx:
        after = await log.load_recorded(tx)
    assert {e.kind for e in after[before:]} == {EventKind.REPORT_VIEWED}


async def test_auditors_read_corrections_and_change_nothing(
    signed_in: Enter, database: Database, held: Held
) -> None:
    auditor, own = await signed_in("auditor"), await venue(database, OWN)
    path = f"/attendance/{held.id}/corrections"
    _, page = await auditor.get(path)
    assert "到会人数" in page
    assert "<form class=" not in page.split("<main")[1]
    values = {"venue": str(own.id), "field": "head_count", "head_count": "3", "reason": "改一下"}
    for at in (path, f"{path}/1/decide", f"{path}/1/comment"):
        assert (await auditor.post(at, "/account", **values))[0].status == 403


async def test_one_person_s_record_is_corrected_on_request(
    signed_in: Enter, database: Database, held: Held
) -> None:
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    own = await secretary_s_own(database)
    who = {"person_id": 7, "name": "马秀兰", "post": "DIRECTOR", "way": "phone"}
    held.tell(1, EventKind.VENUE_SIGNED_IN, number=own.number, **who)
    await held.write()
    _, page = await secretary.get(f"/attendance/{held.id}/corrections")
    keys = re.findall(rf'value="({own.id}-[0-9]+)"', page)
    assert keys
    more = {"about": keys[0], "field": "verdict", "verdict": "LATE"}
    assert (await ask(secretary, held, own.id, **more))[0] == 200
    assert (await ask(secretary, held, own.id, **more | {"about": f"{own.id}-9999"}))[0] == 422
    assert (await ask(secretary, held, own.id, **more | {"field": "head_count"}))[0] == 422
    sequence = await last(database, EventKind.CORRECTION_ASKED)
    path = f"/attendance/{held.id}/corrections"
    await office.post(f"{path}/{sequence}/decide", path, word="confirm")
    async with database.view() as tx:
        event = (await log.load_recorded(tx, kinds=[EventKind.ATTENDANCE_CORRECTED]))[-1]
    assert event.payload["person_id"] == int(keys[0].partition("-")[2])
    _, people = await office.get(f"/attendance/{held.id}/people")
    assert "迟到" in people
