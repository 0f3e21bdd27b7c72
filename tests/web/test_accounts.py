"""The administrator's accounts changed, disabled, given a password link; one's own password."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import WSMsgType

from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.model import Account, Role
from server.db.engine import Database
from server.signaling.messages import CLOSE_NOT_KNOWN
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.web.conftest import PASSWORD, Visitor

Enter = Callable[[str], Awaitable[Visitor]]
New = Callable[[], Visitor]
LIST = "/admin/accounts"
CLERK = {
    "name": "clerk",
    "shown": "平安办 经办",
    "role": "CLERK",
    "department": "4",
    "committee": "",
    "version": "1",
}


async def account(database: Database, name: str) -> Account:
    async with database.view() as tx:
        found = await accounts.load_account(tx, name)
    assert found is not None
    return found


async def last_event(database: Database) -> tuple[str, dict[str, Any]]:
    async with database.view() as tx:
        event = (await load_recorded(tx))[-1]
    return event.kind, event.payload


async def one(database: Database, name: str) -> str:
    """Return the address of an account's page."""
    return f"{LIST}/{(await account(database, name)).id}"


def undo_of(text: str) -> str:
    """Return the event that the page's undo names."""
    return re.findall(r'name="event" value="(\d+)"', text)[0]


async def another_administrator(visitor: Visitor, name: str = "admin2") -> None:
    values = {"name": name, "shown": "另一位", "role": "ADMIN", "department": "", "committee": ""}
    passwords = {"password": PASSWORD, "again": PASSWORD}
    answer, _ = await visitor.post(LIST, LIST, **values, **passwords)
    assert answer.status == 200


async def test_what_was_an_account_and_what_it_is_stand_in_the_log_and_can_be_undone(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    _, text = await admin.post(page, page, **(CLERK | {"name": "pingan", "shown": "平安办 王丽"}))
    assert "已把账号“clerk”改成“pingan”" in text
    kind, data = await last_event(database)
    assert kind == "account.changed"
    assert data["before"] == {"name": "clerk", "display_name": "平安办 经办"}
    assert data["after"] == {"name": "pingan", "display_name": "平安办 王丽"}
    _, text = await admin.post(f"{LIST}/undo", LIST, event=undo_of(text))
    assert "已把账号“pingan”改成“clerk”" in text
    assert (await account(database, "clerk")).display_name == "平安办 经办"


async def test_an_account_gets_an_address_and_an_undo_takes_it_back(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    _, text = await admin.post(page, page, **(CLERK | {"email": " wang@street.test "}))
    assert (await account(database, "clerk")).email == "wang@street.test"
    await admin.post(f"{LIST}/undo", LIST, event=undo_of(text))
    assert (await account(database, "clerk")).email == ""


async def test_a_new_role_holds_from_the_next_click(signed_in: Enter, database: Database) -> None:
    clerk, admin = await signed_in("clerk"), await signed_in("admin")
    page = await one(database, "clerk")
    await admin.post(page, page, **(CLERK | {"role": "AUDITOR"}))
    changed = await account(database, "clerk")
    assert (changed.role, changed.department_id) == (Role.AUDITOR, None)
    answer, _ = await clerk.get("/book")
    assert answer.status == 403
    answer, _ = await clerk.get("/attendance")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "leader"}, "已经有人用了"),
        ({"name": "a b"}, "2 到 32 个"),
        ({"shown": ""}, "这一项还没填"),
        ({"email": "wang@"}, "电子邮件地址不对"),
        ({"role": "KING"}, "这一项还没填"),
        ({"department": "9999"}, "要选一个科室"),
        ({"role": "SECRETARY"}, "要选一个居委会"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_and_keeps_what_was_typed(
    signed_in: Enter, database: Database, change: dict[str, str], said: str
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    answer, text = await admin.post(page, page, **(CLERK | {"shown": "新名字"} | change))
    assert answer.status == 422
    assert said in text
    assert f'value="{(CLERK | {"shown": "新名字"} | change)["shown"]}"' in text
    assert (await account(database, "clerk")).version == 1


async def test_the_second_of_two_administrators_is_told_and_loses_nothing(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    await admin.post(page, page, **(CLERK | {"shown": "先来的"}))
    answer, text = await admin.post(page, page, **(CLERK | {"shown": "后到的"}))
    assert answer.status == 409
    assert "另一位管理员改过这个账号" in text
    assert "先来的" in text
    assert 'value="后到的"' in text
    version = re.findall(r'name="version" value="(\d+)"', text)[0]
    await admin.post(page, page, **(CLERK | {"shown": "后到的", "version": version}))
    assert (await account(database, "clerk")).display_name == "后到的"


async def test_a_disabled_account_is_out_at_once_and_can_be_enabled(
    signed_in: Enter, new_visitor: New, database: Database
) -> None:
    clerk, admin = await signed_in("clerk"), await signed_in("admin")
    page = await one(database, "clerk")
    _, text = await admin.post(f"{page}/disable", page)
    assert "已停用账号“clerk”" in text
    assert "已停用的账号：1 个" in text
    assert (await last_event(database))[0] == "account.locked"
    answer, _ = await clerk.get("/street")
    assert answer.url.path == "/login"
    words = {"name": "clerk", "password": PASSWORD}
    answer, said = await new_visitor().post("/login", "/login", **words)
    assert answer.status == 422
    assert "这个账号已经停用" in said
    answer, said = await new_visitor().post("/login", "/login", **(words | {"password": "no"}))
    assert "停用" not in said
    _, text = await admin.post(f"{LIST}/undo", LIST, event=undo_of(text))
    assert "又能登录了" in text
    answer, _ = await new_visitor().post("/login", "/login", **words)
    assert answer.url.path == "/"


async def test_an_open_page_of_a_disabled_account_is_cut_off(
    signed_in: Enter, database: Database
) -> None:
    operator, admin = await signed_in("operator"), await signed_in("admin")
    hello = {"type": "hello", "token": "", "client": "wall-00000001", "session": 1}
    socket = await operator.client.ws_connect("/ws")
    await socket.send_json(hello)
    assert (await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT
    page = await one(database, "operator")
    await admin.post(f"{page}/disable", page)
    while (frame := await socket.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT:
        pass
    assert frame.data == CLOSE_NOT_KNOWN


async def test_a_disabled_account_is_enabled_from_the_list(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    await admin.post(f"{page}/disable", page)
    answer, _ = await admin.post(f"{page}/link", page)
    assert answer.status == 409
    await admin.post(f"{page}/enable", LIST)
    assert not (await account(database, "clerk")).disabled
    before = await last_event(database)
    await admin.post(f"{page}/enable", LIST)
    assert await last_event(database) == before


async def test_nobody_disables_the_account_in_use_nor_the_last_administrator(
    signed_in: Enter, database: Database
) -> None:
    admin, page = await signed_in("admin"), await one(database, "admin")
    answer, text = await admin.post(f"{page}/disable", page)
    assert answer.status == 409
    assert "不能停用自己" in text
    itself = {"name": "admin", "shown": "系统管理员", "version": "1", "role": "OFFICE"}
    answer, text = await admin.post(page, page, **itself)
    assert answer.status == 422
    assert "不能换自己的身份" in text
    await another_administrator(admin)
    second = await signed_in("admin2")
    answer, _ = await second.post(f"{page}/disable", page)
    assert answer.status == 200
    assert (await account(database, "admin")).disabled
    answer, _ = await second.post(f"{await one(database, 'admin2')}/disable", LIST)
    assert answer.status == 409


async def test_only_one_s_own_fresh_change_can_be_undone(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    await another_administrator(admin)
    second = await signed_in("admin2")
    _, text = await admin.post(page, page, **(CLERK | {"shown": "新名字"}))
    event = undo_of(text)
    for wrong in ("", "999999", "1", "x"):
        answer, _ = await admin.post(f"{LIST}/undo", LIST, event=wrong)
        assert answer.status == 409
    answer, _ = await second.post(f"{LIST}/undo", LIST, event=event)
    assert answer.status == 409
    await second.post(page, page, **(CLERK | {"shown": "更新的名字", "version": "2"}))
    answer, text = await admin.post(f"{LIST}/undo", LIST, event=event)
    assert answer.status == 409
    assert "刚才又有人改过" in text
    _, text = await second.get(f"{LIST}?event={event}")
    assert 'name="event"' not in text
    _, text = await second.post(page, page, **(CLERK | {"shown": "再新", "version": "3"}))
    clock.advance(minutes=11)
    answer, text = await second.post(f"{LIST}/undo", LIST, event=undo_of(text))
    assert "撤销的时间过了" in text


# --- password links ----------------------------------------------------------------------------


def link_in(text: str) -> str:
    return re.findall(r"/password/[\w-]{32}", text)[0]


async def test_an_account_without_a_password_gets_a_link_that_works_once(
    signed_in: Enter, new_visitor: New, database: Database
) -> None:
    admin = await signed_in("admin")
    values = {"name": "wang.li", "shown": "王丽", "role": "AUDITOR"}
    _, text = await admin.post(LIST, LIST, **values)
    link = link_in(text)
    assert (await account(database, "wang.li")).password_hash == ""
    _, said = await new_visitor().post("/login", "/login", name="wang.li", password="")
    assert "停用" not in said
    _, text = await admin.get(LIST)
    assert "链接还没用" in text
    assert link not in text
    newcomer = new_visitor()
    answer, text = await newcomer.post(link, link, password="short", again="short")
    assert answer.status == 422
    assert "至少要 10 个字" in text
    answer, _ = await newcomer.post(link, link, password="a new phrase", again="a new phrase")
    assert answer.url.path == "/"
    async with database.view() as tx:
        kinds = [(e.kind, e.payload) for e in await load_recorded(tx)]
    assert ("account.password_changed", "link") in [(k, p.get("by")) for k, p in kinds]
    assert "a new phrase" not in str(kinds)
    assert link.rpartition("/")[2] not in str(kinds)
    answer, text = await new_visitor().get(link)
    assert answer.status == 404
    assert "这个链接用过了" in text


async def test_a_link_ends_with_the_next_one_with_time_and_with_the_account(
    signed_in: Enter, new_visitor: New, database: Database, clock: FakeClock
) -> None:
    admin, page = await signed_in("admin"), await one(database, "clerk")
    first = link_in((await admin.post(f"{page}/link", page))[1])
    second = link_in((await admin.post(f"{page}/link", page))[1])
    stranger = new_visitor()
    assert (await stranger.get(first))[0].status == 404
    assert (await stranger.get(second))[0].status == 200
    await admin.post(f"{page}/disable", page)
    await admin.post(f"{page}/enable", page)
    assert (await stranger.get(second))[0].status == 404
    third = link_in((await admin.post(f"{page}/link", page))[1])
    clock.advance(hours=11)
    await admin.get(LIST)
    clock.advance(hours=62)
    assert (await stranger.get(third))[0].status == 404


async def test_a_used_link_signs_out_whoever_was_in(
    signed_in: Enter, new_visitor: New, database: Database
) -> None:
    clerk, admin = await signed_in("clerk"), await signed_in("admin")
    page = await one(database, "clerk")
    link = link_in((await admin.post(f"{page}/link", page))[1])
    assert (await clerk.get("/street"))[0].url.path == "/street"
    await new_visitor().post(link, link, password="a new phrase", again="a new phrase")
    assert (await clerk.get("/street"))[0].url.path == "/login"


# --- one's own password ------------------------------------------------------------------------

OWN = {"old": PASSWORD, "password": "a new phrase", "again": "a new phrase"}


async def test_everybody_changes_their_own_password_and_stays_signed_in_here(
    signed_in: Enter, new_visitor: New, database: Database
) -> None:
    here, there = await signed_in("secretary"), await signed_in("secretary")
    answer, text = await here.post("/account", "/account", **OWN)
    assert answer.url.path == "/account"
    assert "密码换好了" in text
    assert "杏雨里" in text
    assert (await here.get("/street"))[0].url.path == "/street"
    assert (await there.get("/street"))[0].url.path == "/login"
    words = {"name": "secretary", "password": "a new phrase"}
    answer, _ = await new_visitor().post("/login", "/login", **words)
    assert answer.url.path == "/"
    async with database.view() as tx:
        changed = [e.payload for e in await load_recorded(tx) if "password" in e.kind]
    assert [p["by"] for p in changed] == ["owner"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"old": "wrong"}, "现在的密码不对"),
        ({"password": "short"}, "至少要 10 个字"),
        ({"again": "another phrase"}, "两遍密码不一样"),
        ({"password": "secretary-", "again": "x"}, "两遍密码不一样"),
    ],
)
async def test_a_wrong_password_of_one_s_own_is_said_in_words(
    signed_in: Enter, change: dict[str, str], said: str
) -> None:
    visitor = await signed_in("secretary")
    answer, text = await visitor.post("/account", "/account", **(OWN | change))
    assert answer.status == 422
    assert said in text
    assert "a new phrase" not in text


async def test_guessing_the_old_password_is_slowed_down_as_at_the_door(
    signed_in: Enter, clock: FakeClock
) -> None:
    visitor = await signed_in("secretary")
    for left in ("4", "3", "2", "1"):
        _, text = await visitor.post("/account", "/account", **(OWN | {"old": "wrong"}))
        assert f"再错 {left} 次" in text
    for old in ("wrong", PASSWORD):
        _, text = await visitor.post("/account", "/account", **(OWN | {"old": old}))
        assert "请等 5 分钟" in text
    clock.advance(minutes=5)
    answer, _ = await visitor.post("/account", "/account", **OWN)
    assert answer.status == 200
