"""The administrator's desk: departments, committees, people and venues after the set-up."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import WSMsgType
from aiohttp.test_utils import TestServer

from server.audit.store import load_recorded
from server.db.engine import Database
from server.domain.places import Committee, Department
from server.domain.session import SessionState
from server.pages.context import SECRET
from server.scheduler import store as sessions
from server.signaling.messages import CLOSE_NOT_KNOWN
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.patience import PATIENCE_S
from tests.web.conftest import Visitor
from tests.web.test_scheduler import publish

Enter = Callable[[str], Awaitable[Visitor]]
DESK = "/admin/street"
NEW = f"{DESK}/committees/new"


async def departments(database: Database) -> dict[str, Department]:
    async with database.view() as tx:
        return {d.name: d for d in await street.load_departments(tx)}


async def committees(database: Database) -> dict[str, Committee]:
    async with database.view() as tx:
        return {c.name: c for c in await street.load_committees(tx)}


async def last_event(database: Database) -> tuple[str, dict[str, Any]]:
    async with database.view() as tx:
        event = (await load_recorded(tx))[-1]
    return event.kind, event.payload


def form_in(text: str) -> dict[str, str]:
    """Return the fields of a committee's form as a browser would send them back."""
    form = text[text.index('<form class="stack"') : text.index("</form>", text.index("stack"))]
    form = form[: form.index("</form>")] if "</form>" in form else form
    fields = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form))
    for name, options in re.findall(r'<select[^>]* name="(\w+)".*?>(.*?)</select>', form, re.S):
        chosen = re.findall(r'value="(\w*)" selected', options)
        fields[name] = chosen[0] if chosen else ""
    ticked = set(re.findall(r'name="(leaves_\d+)" value="1" checked', form))
    return {k: v for k, v in fields.items() if not k.startswith("leaves_") or k in ticked}


def undo_of(text: str) -> str:
    return re.findall(r'name="event" value="(\d+)"', text)[0]


async def schedule(
    database: Database, *venue_ids: int, state: SessionState = SessionState.SCHEDULED
) -> int:
    """Enter a session that expects some venues tomorrow."""
    start = NOON_TUESDAY + timedelta(days=1)
    async with database.tx() as tx:
        return await sessions.save_session(
            tx,
            title="书记例会",
            starts_at=start,
            ends_at=start + timedelta(minutes=50),
            hall="",
            items=[("学习", "党建办", 50)],
            venue_ids=venue_ids,
            state=state,
        )


# --- addresses ---------------------------------------------------------------------------------


async def test_a_committee_gets_an_address_and_an_undo_takes_it_back(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/1"
    _, text = await admin.get(page)
    before = form_in(text)
    answer, text = await admin.post(page, page, **(before | {"email": "不是地址"}))
    assert answer.status == 422
    assert "电子邮件地址不对" in text
    _, text = await admin.post(page, page, **(before | {"email": "one@street.test"}))
    assert next(iter((await committees(database)).values())).email == "one@street.test"
    _, data = await last_event(database)
    assert data["after"] == {"email": "one@street.test"}
    await admin.post(f"{DESK}/undo", DESK, event=undo_of(text))
    assert next(iter((await committees(database)).values())).email == ""


# --- departments and the office ----------------------------------------------------------------


async def test_a_department_is_renamed_and_the_change_undone(
    signed_in: Enter, database: Database
) -> None:
    admin = await signed_in("admin")
    page = f"{DESK}/departments/4"
    words = {"name": "平安建设办", "exempt": "1", "place": "1", "version": "1"}
    answer, text = await admin.post(page, page, **words)
    assert answer.url.path == DESK
    assert "已把“平安办”改成“平安建设办”" in text
    kind, data = await last_event(database)
    assert kind == "department.changed"
    assert data["before"] == {"name": "平安办", "exempt": False, "place": 4}
    assert data["after"] == {"name": "平安建设办", "exempt": True, "place": 1}
    assert next(iter(await departments(database))) == "平安建设办"
    await admin.post(f"{DESK}/undo", DESK, event=undo_of(text))
    found = await departments(database)
    assert list(found)[:5] == ["党建办", "自治办", "党政办", "平安办", "服务办"]
    assert not found["平安办"].exempt


async def test_a_new_department_comes_last_and_can_file(
    signed_in: Enter, database: Database
) -> None:
    admin, office = await signed_in("admin"), await signed_in("operator")
    page = f"{DESK}/departments/new"
    _, text = await admin.post(page, page, name="数 字 办")
    assert "已加上科室“数字办”" in text
    assert "撤销" not in text
    assert list(await departments(database))[-1] == "数字办"
    _, text = await office.get("/book")
    assert "数字办" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "这一项还没填"),
        ("=1+1", "公式"),
        ("自治办", "已经有“自治办”了"),
        ("字" * 41, "太长"),
    ],
)
async def test_a_name_that_cannot_be_is_refused_beside_its_field(
    signed_in: Enter, database: Database, name: str, said: str
) -> None:
    admin = await signed_in("admin")
    before = await last_event(database)
    for page in (f"{DESK}/departments/new", f"{DESK}/departments/4"):
        answer, text = await admin.post(page, page, name=name, version="1")
        assert answer.status == 422
        assert said in text
        assert f'value="{name}"' in text
    assert await last_event(database) == before


async def test_a_retired_department_files_no_more_until_it_is_brought_back(
    signed_in: Enter, database: Database
) -> None:
    admin, clerk, office = [await signed_in(n) for n in ("admin", "clerk", "operator")]
    _, text = await clerk.get("/book")
    filing = {"topic": "防汛", "minutes": "15", "post": "DIRECTOR", "deadline": "2026-12-04"}
    filing |= {"committee": "1", "kind": "meeting", "do": "file"}
    page = f"{DESK}/departments/4"
    _, text = await admin.post(f"{page}/retire", page)
    assert "已停用“平安办”" in text
    answer, text = await clerk.get("/book")
    assert answer.status == 409
    assert "已经停用，不能再提申请" in text
    answer, text = await clerk.post("/book", "/", **filing)
    assert answer.status == 409
    assert "已经停用" in text
    _, text = await office.get("/book")
    assert "平安办" not in text
    _, text = await admin.get("/admin/accounts")
    assert "科室已停用" in text
    answer, text = await admin.post(f"{DESK}/departments/new", DESK, name="平安办")
    assert "恢复它" in text
    await admin.post(f"{page}/restore", DESK)
    answer, _ = await clerk.post("/book", "/book", **filing)
    assert re.fullmatch(r"/requests/\d+", answer.url.path)


async def test_the_second_of_two_administrators_sees_what_is_stored_and_keeps_the_rest(
    signed_in: Enter, database: Database
) -> None:
    admin = await signed_in("admin")
    page = f"{DESK}/departments/4"
    await admin.post(page, page, name="甲办", place="4", version="1")
    answer, text = await admin.post(page, page, name="乙办", place="4", version="1")
    assert answer.status == 409
    assert "另一位管理员改过" in text
    assert "甲办" in text
    assert 'value="乙办"' in text
    version = re.findall(r'name="version" value="(\d+)"', text)[0]
    await admin.post(page, page, name="乙办", place="4", version=version)
    assert "乙办" in await departments(database)


async def test_the_office_is_changed_everywhere_at_once(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/office"
    words = {"name": "新禾街道", "phone": "9000", "hall": "一楼", "main_venue": "总会场"}
    answer, text = await admin.post(page, page, **(words | {"hall": "", "version": "1"}))
    assert answer.status == 422
    assert "新禾街道" in text
    answer, text = await admin.post(page, page, **words, version="1")
    assert "<span>新禾街道</span>" in text
    _, data = await last_event(database)
    assert data["before"]["main_venue"] == "主会场"
    answer, text = await admin.post(page, page, **(words | {"name": "丙"}), version="1")
    assert answer.status == 409
    await admin.post(f"{DESK}/undo", DESK, event=str(await sequence(database)))
    async with database.view() as tx:
        office = await street.load_office(tx)
    assert office is not None
    assert (office.name, office.hall) == ("青禾街道办事处", "三楼会议室")


async def sequence(database: Database) -> int:
    async with database.view() as tx:
        return (await load_recorded(tx))[-1].sequence


# --- committees --------------------------------------------------------------------------------


async def test_a_committee_s_people_and_venue_change_in_one_form_and_come_back_in_one_undo(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/3"
    _, text = await admin.get(page)
    form = form_in(text)
    rows = sum(name.startswith("person_") for name in form)
    leaving = form["name_1"]
    form |= {"name": "梧桐里", "venue": "梧桐里二楼", "leaves_1": "1"}
    form |= {f"name_{rows}": "王小新", f"post_{rows}": "SOCIAL_WORKER", f"line_{rows}": "综治"}
    answer, text = await admin.post(page, page, **form)
    assert answer.url.path == DESK
    assert "已把“梧桐坊”改成“梧桐里”" in text
    kind, data = await last_event(database)
    assert kind == "committee.changed"
    assert data["before"]["name"] == "梧桐坊"
    assert [p["name"] for p in data["before"]["people"]] == [leaving]
    assert {p["name"]: p["serves"] for p in data["after"]["people"]} == {
        leaving: False,
        "王小新": True,
    }
    _, text = await admin.get("/street")
    assert "王小新" in text
    assert leaving not in text.split("梧桐里")[1].split("</tr>")[0]
    await admin.post(f"{DESK}/undo", DESK, event=str(await sequence(database)))
    assert "梧桐坊" in await committees(database)
    async with database.view() as tx:
        serving = [p.name for p in await street.load_people(tx) if p.committee_id == 3]
        venues = {v.committee_id: v.name for v in await street.load_venues(tx)}
    assert leaving in serving
    assert "王小新" not in serving
    assert venues[3] == "梧桐坊"


async def test_nothing_of_a_form_is_saved_while_a_row_is_wrong_and_nothing_is_lost(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/3"
    _, text = await admin.get(page)
    form = form_in(text)
    rows = sum(name.startswith("person_") for name in form)
    wrong = {"number": "x", "name": "改过的名", "name_0": "=cmd", f"name_{rows}": "王小新"}
    before = await last_event(database)
    answer, text = await admin.post(page, page, **(form | wrong))
    assert answer.status == 422
    assert "有 3 处要改" in text
    assert "编号要写 1 到 999 的数" in text
    assert "第 1 行，姓名" in text
    again = form_in(text)
    assert {name: again[name] for name in wrong} == wrong
    assert await last_event(database) == before
    twice = {f"name_{rows}": form["name_0"], f"post_{rows}": form["post_0"]}
    answer, text = await admin.post(page, page, **(form | twice))
    assert "写了两遍" in text
    stranger = await admin.post(page, page, **(form | {"person_0": "1"}))
    assert stranger[0].status == 404


async def test_two_committees_exchange_their_numbers(signed_in: Enter, database: Database) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/3"
    form = form_in((await admin.get(page))[1])
    _, text = await admin.post(page, page, **(form | {"number": "1"}))
    assert "“梧桐坊”和“云杉苑”对调了编号" in text
    found = await committees(database)
    assert (found["梧桐坊"].number, found["云杉苑"].number) == (1, 3)
    async with database.view() as tx:
        numbers = {v.committee_id: v.number for v in await street.load_venues(tx)}
    assert (numbers[3], numbers[1]) == (1, 3)
    await admin.post(f"{DESK}/undo", DESK, event=undo_of(text))
    found = await committees(database)
    assert (found["梧桐坊"].number, found["云杉苑"].number) == (3, 1)


async def test_a_new_committee_has_a_venue_with_a_link_and_is_called(
    signed_in: Enter, server: TestServer, database: Database, visitor: Visitor
) -> None:
    admin, office = await signed_in("admin"), await signed_in("operator")
    words = {"number": "34", "name": "新苑", "venue": "", "name_0": "张三", "post_0": "DIRECTOR"}
    answer, text = await admin.post(NEW, NEW, **(words | {"number": "3", "line_0": "综治"}))
    assert answer.status == 422
    assert "3 号是“梧桐坊”的" in text
    assert 'value="综治"' in text
    _, text = await admin.post(NEW, NEW, **words)
    assert "已加上“新苑”" in text
    made = (await committees(database))["新苑"]
    async with database.view() as tx:
        venue = next(v for v in await street.load_venues(tx) if v.committee_id == made.id)
        token = (await street.load_tokens(tx, server.app[SECRET]))[venue.id]
    assert venue.name == "新苑"
    assert (await visitor.get(f"/j/{token}"))[0].status == 200
    assert "新苑" in (await office.get("/book"))[1]
    assert "新苑" in (await admin.get("/street/links"))[1]


async def test_a_retired_committee_is_called_no_more_and_its_link_says_so(
    signed_in: Enter, server: TestServer, database: Database, visitor: Visitor
) -> None:
    admin, office = await signed_in("admin"), await signed_in("operator")
    async with database.view() as tx:
        token = (await street.load_tokens(tx, server.app[SECRET]))[13]
    session = await schedule(database, 13, 14)
    page = f"{DESK}/committees/12"
    _, text = await admin.get(page)
    assert "上面 1 场会还算它应到" in text
    _, text = await admin.post(f"{page}/retire", page)
    assert "已停用“杏雨里”" in text
    answer, said = await visitor.get(f"/j/{token}")
    assert answer.status == 404
    assert "这个会场停用了" in said
    offer = await visitor.client.post(
        "/whip",
        data="v=0",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"},
    )
    assert offer.status in {403, 422}
    for address in ("/book", "/street", "/street/links"):
        assert "杏雨里" not in (await office.get(address))[1]
    async with database.view() as tx:
        assert (await sessions.load_session(tx, session)).venue_ids == (13, 14)
    await admin.post(f"{DESK}/undo", DESK, event=undo_of(text))
    assert (await visitor.get(f"/j/{token}"))[0].status == 200
    assert "杏雨里" in (await office.get("/book"))[1]


async def test_a_page_that_waits_at_a_retired_venue_is_told_to_stop(
    signed_in: Enter, server: TestServer, database: Database, visitor: Visitor
) -> None:
    async with database.view() as tx:
        token = (await street.load_tokens(tx, server.app[SECRET]))[13]
    socket = await visitor.client.ws_connect("/ws")
    await socket.send_json({"type": "hello", "token": token, "client": "pc-00000012"})
    assert (await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT
    admin, page = await signed_in("admin"), f"{DESK}/committees/12"
    await admin.post(f"{page}/retire", page)
    while (frame := await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT:
        pass
    assert frame.data == CLOSE_NOT_KNOWN


async def test_a_request_that_names_only_a_retired_committee_waits_and_breaks_no_merge(
    signed_in: Enter, database: Database
) -> None:
    admin, office = await signed_in("admin"), await signed_in("operator")
    filing = {"topic": "防汛", "minutes": "15", "post": "DIRECTOR", "deadline": "2026-12-04"}
    filing |= {"department": "1", "kind": "meeting", "do": "file"}
    await office.post("/book", "/book", **filing, committee="12")
    await office.post("/book", "/book", **filing, committee="11")
    await admin.post(f"{DESK}/committees/12/retire", DESK)
    await publish(office)
    async with database.view() as tx:
        (session,) = await sessions.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert session.venue_ids == (12,)


async def test_a_committee_in_an_open_session_keeps_its_place_and_number(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/12"
    await schedule(database, 13, state=SessionState.OPEN)
    form = form_in((await admin.get(page))[1])
    answer, text = await admin.post(f"{page}/retire", DESK)
    assert answer.status == 409
    assert "散会以后才能停用" in text
    answer, text = await admin.post(page, page, **(form | {"number": "2"}))
    assert answer.status == 422
    assert "散会以后才能改编号" in text
    answer, _ = await admin.post(page, page, **(form | {"name": "杏雨新里"}))
    assert answer.status == 200
    assert "杏雨新里" in await committees(database)


async def test_the_number_of_a_retired_committee_can_go_to_a_new_one(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/12"
    session = await schedule(database, 13)
    await admin.post(f"{page}/retire", page)
    words = {"number": "12", "name": "新苑", "venue": ""}
    answer, text = await admin.post(NEW, NEW, **words)
    assert answer.status == 422
    assert "还在“书记例会”的名单上" in text
    async with database.tx() as tx:
        await sessions.set_state(tx, session, SessionState.CLOSED, NOON_TUESDAY)
    answer, _ = await admin.post(NEW, NEW, **words)
    assert answer.status == 200
    assert (await committees(database))["新苑"].number == 12
    _, text = await admin.post(f"{page}/restore", DESK)
    assert "编号改成了 34" in text
    assert (await committees(database))["杏雨里"].number == 34


async def test_whom_another_administrator_has_added_is_not_lost(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/committees/3"
    form = form_in((await admin.get(page))[1])
    rows = sum(name.startswith("person_") for name in form)
    theirs = form | {f"name_{rows}": "甲", f"post_{rows}": "DEPUTY"}
    await admin.post(page, page, **theirs)
    mine = form | {"name": "我改的", f"name_{rows}": "乙", f"post_{rows}": "DEPUTY"}
    answer, text = await admin.post(page, page, **mine)
    assert answer.status == 409
    again = form_in(text)
    assert {"甲", "乙", "我改的"} <= set(again.values())
    answer, _ = await admin.post(page, page, **again)
    assert answer.status == 200
    async with database.view() as tx:
        serving = {p.name for p in await street.load_people(tx) if p.committee_id == 3}
    assert {"甲", "乙"} <= serving


async def test_an_undo_that_came_too_late_or_was_overtaken_changes_nothing(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    admin, page = await signed_in("admin"), f"{DESK}/departments/4"
    _, first = await admin.post(page, page, name="甲办", place="4", version="1")
    await admin.post(page, page, name="乙办", place="4", version="2")
    answer, text = await admin.post(f"{DESK}/undo", DESK, event=undo_of(first))
    assert answer.status == 409
    assert "刚才又有人改过" in text
    _, text = await admin.post(f"{page}/retire", page)
    clock.advance(minutes=11)
    answer, text = await admin.post(f"{DESK}/undo", DESK, event=undo_of(text))
    assert "撤销的时间过了" in text
    assert (await departments(database))["乙办"].retired


@pytest.mark.parametrize("name", ["operator", "clerk", "secretary", "leader", "auditor"])
async def test_only_the_administrator_changes_the_street(signed_in: Enter, name: str) -> None:
    visitor = await signed_in(name)
    assert (await visitor.get(DESK))[0].status == 403
    for path in ("departments/4/retire", "committees/3/retire", "undo", "office"):
        answer, _ = await visitor.post(f"{DESK}/{path}", "/")
        assert answer.status == 403


async def test_the_desk_speaks_english(signed_in: Enter) -> None:
    admin = await signed_in("admin")
    await admin.post("/choices", DESK, language="en", next=DESK)
    for path, said in (
        (DESK, "Change the street"),
        (f"{DESK}/office", "Name of the main venue"),
        (f"{DESK}/departments/4", "Place on lists"),
        (f"{DESK}/committees/3", "Name of the venue"),
    ):
        _, text = await admin.get(path)
        assert said in text
