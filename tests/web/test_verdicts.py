"""Rules of attendance, verdicts by item and person: who may see and change what, all on record."""

import re
from collections.abc import Awaitable, Callable

from server.audit import store as log
from server.config import Settings, load_secret
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.opening import AttendanceRules
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.scheduler.rule_keeping import load_rules, load_versions
from server.street import store as street
from tests.fakes import FakeClock
from tests.held import TWO, begin, hold_tuesday
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
RULES = {
    "grace_minutes": "3",
    "early_minutes": "4",
    "minimum_percent": "50",
    "recovery_seconds": "90",
    "comment_hours": "48",
    "answer_seconds": "60",
    "reason": "年底从严",
}


async def test_the_office_changes_the_rules_and_takes_them_back(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    answer, page = await office.post("/attendance/rules", "/attendance/rules", **RULES)
    assert answer.status == 200
    assert "第 1 版" in page
    async with database.view() as tx:
        assert await load_rules(tx) == AttendanceRules(3, 50, 90, 4, 48, 60)
        [event] = await log.load_recorded(tx, kinds=[EventKind.RULES_CHANGED])
    assert event.payload["before"]["grace_minutes"] == 5
    undo = ("/attendance/rules/undo", f"/attendance/rules?event={event.sequence}")
    _, page = await office.post(*undo, event=str(event.sequence))
    assert "已撤销" in page
    async with database.view() as tx:
        assert (await load_rules(tx)).grace_minutes == 5
        assert [v.withdrawn for v in await load_versions(tx)] == [False, True]
    answer, _ = await office.post(*undo, event=str(event.sequence))
    assert answer.status == 409


async def test_a_number_out_of_bounds_and_a_missing_reason_are_refused_with_what_was_typed(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    for wrong in ({"grace_minutes": "61"}, {"minimum_percent": "x"}, {"reason": ""}):
        values = RULES | wrong
        answer, page = await office.post("/attendance/rules", "/attendance/rules", **values)
        assert answer.status == 422
        assert 'value="48"' in page
    async with database.view() as tx:
        assert len(await load_versions(tx)) == 1


async def test_auditors_read_the_rules_and_nobody_but_the_office_changes_them(
    signed_in: Enter,
) -> None:
    auditor = await signed_in("auditor")
    answer, page = await auditor.get("/attendance/rules")
    assert answer.status == 200
    assert "现在用的" in page
    assert 'action="/attendance/rules"' not in page
    answer, _ = await auditor.post("/attendance/rules", "/account", **RULES)
    assert answer.status == 403


async def test_items_and_people_have_pages_and_each_look_is_on_record(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    clock.advance(hours=6)
    held = await hold_tuesday(database)
    auditor = await signed_in("auditor")
    _, items = await auditor.get(f"/attendance/{held.id}/items")
    assert "31 / 33 家" in items
    assert "没有叫到" not in items
    _, people = await auditor.get(f"/attendance/{held.id}/people")
    assert "这场会没有到人的记录" in people
    async with database.view() as tx:
        seen = await log.load_recorded(tx, kinds=[EventKind.REPORT_VIEWED])
    assert [event.payload["format"] for event in seen] == ["items", "people"]


# --- named sign-in ------------------------------------------------------------------------------


async def venue_link(settings: Settings, database: Database, number: int) -> str:
    async with database.view() as tx:
        tokens = await street.load_tokens(tx, load_secret(settings.data_dir))
        return tokens[next(v.id for v in await street.load_venues(tx) if v.number == number)]


async def sign_link(visitor: Visitor, settings: Settings, database: Database, number: int) -> str:
    own = await venue_link(settings, database, number)
    answer = await visitor.client.get(f"/j/{own}/sign")
    assert answer.status == 200
    return (await answer.json())["post_to"]


async def signed_events(database: Database) -> list[tuple[str, str]]:
    kinds = [EventKind.VENUE_SIGNED_IN, EventKind.VENUE_SIGN_IN_WITHDRAWN]
    async with database.view() as tx:
        return [(e.kind, e.payload["name"]) for e in await log.load_recorded(tx, kinds=kinds)]


async def test_a_tap_signs_in_another_key_takes_it_back_and_later_it_stands(
    visitor: Visitor, database: Database, settings: Settings, clock: FakeClock
) -> None:
    held = await begin(database)
    link = await sign_link(visitor, settings, database, 12)
    _, page = await visitor.get(link)
    person = int(re.findall(r'name="person" value="(\d+)"', page)[0])
    assert page.count('value="in"') >= 5
    name = re.findall(r"<b>([^<]+)</b><small>", page)[0]
    _, page = await visitor.post(link, link, person=str(person), want="in")
    assert "点错了，撤回" in page
    await visitor.post(link, link, person=str(person), want="in")
    assert await signed_events(database) == [("venue.signed_in", name)]
    clock.advance(seconds=9)
    await visitor.post(link, link, person=str(person), want="out")
    await visitor.post(link, link, person=str(person), want="in")
    assert [kind for kind, _ in await signed_events(database)] == [
        "venue.signed_in",
        "venue.sign_in_withdrawn",
        "venue.signed_in",
    ]
    clock.advance(seconds=30)
    answer, page = await visitor.post(link, link, person=str(person), want="out")
    assert answer.status == 409
    async with database.view() as tx:
        [first, *_] = await log.load_recorded(
            tx, session_id=held.id, kinds=[EventKind.VENUE_SIGNED_IN]
        )
    assert set(first.payload) == {"venue_id", "person_id", "name", "post", "way"}


async def test_a_sign_in_link_opens_one_committee_in_one_open_session_and_nothing_else(
    visitor: Visitor, database: Database, settings: Settings
) -> None:
    own = await venue_link(settings, database, 12)
    assert (await visitor.client.get(f"/j/{own}/sign")).status == 409
    held = await begin(database)
    link, other = [await sign_link(visitor, settings, database, n) for n in (12, 13)]
    assert link != other
    _, page = await visitor.get(other)
    stranger = re.findall(r'name="person" value="(\d+)"', page)[0]
    answer, _ = await visitor.post(link, link, person=stranger, want="in")
    assert answer.status == 404
    assert (await visitor.get(f"/sign/{own}"))[0].status == 404
    assert (await visitor.get("/sign/é"))[0].status == 404
    async with database.tx() as tx:
        await sessions.set_state(tx, held.id, SessionState.CLOSED, TWO)
    answer, page = await visitor.get(link)
    assert answer.status == 404
    assert "签到码已经失效" in page


async def test_the_room_s_screen_gets_names_and_a_code_and_signs_in_without_a_page(
    visitor: Visitor, database: Database, settings: Settings
) -> None:
    await begin(database)
    own = await venue_link(settings, database, 12)
    sheet = await (await visitor.client.get(f"/j/{own}/sign")).json()
    assert sheet["qr"]["path"].startswith("M")
    assert {"person", "name", "post", "signed", "undo_ms"} == set(sheet["names"][0])
    _, page = await visitor.get(f"/j/{own}")
    csrf = re.findall(r'data-csrf="([0-9a-f]+)"', page)[0]
    person = str(sheet["names"][0]["person"])
    answer = await visitor.client.post(
        sheet["post_to"], data={"csrf": csrf, "person": person, "want": "in", "way": "screen"}
    )
    told = await answer.json()
    assert (told["names"][0]["signed"], told["names"][0]["undo_ms"]) == ("12:00", 10_000)
