"""A new street from its one-time link to its sheet of links, in both languages; and accounts."""

import io
import re
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from server.app.build import build_app
from server.app.serving import welcome
from server.audit import store as log_store
from server.auth import store as accounts
from server.auth.model import Role
from server.config import Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.events import EventKind
from server.domain.places import Post
from server.media.client import OnEvent
from server.pages.context import DATABASE
from server.street import store as street
from server.street.tokens import setup_token
from tests.fakes import FakeClock, FakeMedia
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]

TABLE = (
    "编号\t居委会\t姓名\t岗位\t条线\n"
    "1\t云杉苑\t张建国\t书记\t\n\t\t李秀英\t主任\t\n\t\t王晓玲\t社工\t综治\n"
    "2\t松涛里\t赵春生\t书记\t\n"
)
STREET = {"name": "青禾街道办事处", "phone": "内线 8021", "hall": "三楼会议室"}
ACCOUNTS = {
    "admin_name": "it",
    "admin_shown": "系统管理员",
    "admin_password": "a good phrase",
    "admin_again": "a good phrase",
    "office_name": "huiwu",
    "office_shown": "自治办 会务",
    "office_password": "一句自己记得住的话儿",
    "office_again": "一句自己记得住的话儿",
}


class Newcomer(Visitor):
    """A visitor who holds the link of the set-up."""

    def __init__(self, client: TestClient, root: str, language: str = "zh-CN") -> None:
        super().__init__(client)
        self.root, self.language = root, language

    async def see(self, step: str = "") -> tuple[int, str, str]:
        """Return status, last word of the address and text of a step."""
        path = f"{self.root}/{step}".rstrip("/")
        answer, text = await self.get(path, **{"Accept-Language": self.language})
        return answer.status, answer.url.name, text

    async def tell(
        self, step: str, values: dict[str, str], file: bytes | None = None
    ) -> tuple[int, str, str]:
        """Send a step's form as a browser does."""
        _, _, text = await self.see(step)
        form = FormData({"csrf": re.findall(r'name="csrf" value="([0-9a-f]+)"', text)[-1]})
        for name, value in values.items():
            form.add_field(name, value)
        if file is not None:
            form.add_field("file", io.BytesIO(file), filename="x.csv", content_type="text/csv")
        origin = str(self.client.make_url("/")).rstrip("/")
        answer = await self.client.post(
            f"{self.root}/{step}",
            data=form,
            headers=HTML | {"Origin": origin, "Accept-Language": self.language},
        )
        return answer.status, answer.url.name, await answer.text()

    async def reach(self, step: str) -> None:
        """Fill every step before ``step``."""
        order = [
            ("street", STREET),
            ("departments", {"departments": "党建办\n自治办\n平安办"}),
            ("standing", {"exempt": "自治办"}),
            ("committees", {"table": TABLE}),
            ("accounts", ACCOUNTS),
        ]
        for name, values in order:
            if name == step:
                return
            status, _, text = await self.tell(name, values)
            assert status == 200, text


@pytest.fixture
def bare(tmp_path: Path) -> Settings:
    """Settings of an installation that has just been made."""
    made = Settings(data_dir=tmp_path / "new", media_port=0)
    made.data_dir.mkdir()
    return made


@pytest.fixture
async def fresh(bare: Settings, clock: FakeClock, media: FakeMedia) -> AsyncIterator[TestServer]:
    upgrade(bare.database)

    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        return media

    running = TestServer(await build_app(bare, clock, start_media))
    await running.start_server()
    yield running
    await running.close()


@pytest.fixture
async def newcomer(fresh: TestServer, bare: Settings) -> AsyncIterator[Newcomer]:
    async with TestClient(fresh) as client:
        yield Newcomer(client, f"/setup/{setup_token(load_secret(bare.data_dir))}")


async def events(database: Database) -> list[tuple[str, str, dict[str, object]]]:
    async with database.view() as tx:
        read = [entry async for entry in log_store.load_entries(tx)]
    return [(e.kind, e.actor or "", dict(e.data or {})) for e in read]


@pytest.mark.parametrize(
    ("language", "heads"),
    [
        (
            "zh-CN",
            ["先说说您的街道", "街道有哪些科室", "哪些科室可以自己", "头两个账号", "最后看一遍"],
        ),
        (
            "en",
            [
                "First, your street",
                "Departments of",
                "standing meetings",
                "first two",
                "A last look",
            ],
        ),
    ],
)
async def test_the_link_leads_from_nothing_to_the_sheet_of_links(
    newcomer: Newcomer, fresh: TestServer, language: str, heads: list[str]
) -> None:
    newcomer.language = language
    status, name, text = await newcomer.see()
    assert (status, name) == (200, "street")
    assert heads[0] in text
    _, name, text = await newcomer.tell("street", STREET)
    assert name == "departments"
    assert heads[1] in text
    _, name, text = await newcomer.tell("departments", {"departments": "党建办\n自治办\n平安办"})
    assert name == "standing"
    assert heads[2] in text
    assert text.count("checked") == 2
    _, name, _ = await newcomer.tell("standing", {"exempt": "自治办"})
    assert name == "committees"
    _, name, text = await newcomer.tell("committees", {"table": TABLE})
    assert 'id="preview"' in text
    assert '<th scope="row">云杉苑</th>' in text
    _, name, text = await newcomer.see("accounts")
    assert heads[3] in text
    _, name, text = await newcomer.tell("accounts", ACCOUNTS)
    assert name == "review"
    assert heads[4] in text
    _, name, text = await newcomer.tell("review", {})
    assert name == "links"
    assert text.count('class="card link"') == 2
    assert text.count("data:image/svg+xml") == 2
    database = fresh.app[DATABASE]
    async with database.view() as tx:
        office = await street.load_office(tx)
        departments = await street.load_departments(tx)
        people = await street.load_people(tx)
        venues = await street.load_venues(tx)
        hall = await street.load_hall(tx)
    assert office is not None
    assert (office.name, office.phone, hall) == tuple(STREET.values())
    assert [(d.name, d.exempt) for d in departments] == [
        ("党建办", False),
        ("自治办", True),
        ("平安办", False),
    ]
    assert [(p.name, p.post, p.line) for p in people][2] == ("王晓玲", Post.SOCIAL_WORKER, "综治")
    assert [(v.number, v.name) for v in venues] == [(0, "主会场"), (1, "云杉苑"), (2, "松涛里")]
    first, *recorded = await events(database)
    assert first[0] == "workdays.seeded"
    kinds = [kind for kind, _, _ in recorded]
    assert kinds == ["street.imported", "account.created", "account.created", "login.succeeded"]
    assert recorded[0][1:] == (
        "setup",
        {"street": "青禾街道办事处", "departments": 3, "committees": 2, "people": 4},
    )
    assert "phrase" not in str(recorded)


async def test_the_server_says_the_link_until_there_is_an_account(
    newcomer: Newcomer, fresh: TestServer, bare: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    await welcome(fresh.app, bare)
    assert f"http://localhost:8080{newcomer.root}\n" in capsys.readouterr().out
    _, text = await newcomer.get("/login")
    assert "服务器启动时显示的那个链接" in text
    await newcomer.reach("review")
    await newcomer.tell("review", {})
    (bare.data_dir / "setup.json").write_text("left behind")
    await welcome(fresh.app, bare)
    assert "/setup/" not in capsys.readouterr().out
    assert not (bare.data_dir / "setup.json").exists()
    _, text = await newcomer.get("/login")
    assert "服务器启动时显示的那个链接" not in text


async def test_the_first_administrator_is_signed_in_and_both_accounts_work(
    newcomer: Newcomer, fresh: TestServer
) -> None:
    await newcomer.reach("review")
    await newcomer.tell("review", {})
    answer, text = await newcomer.get("/admin/accounts")
    assert answer.status == 200
    assert "huiwu" in text
    async with TestClient(fresh) as client:
        other = Visitor(client)
        answer, _ = await other.post(
            "/login", "/login", name="huiwu", password=ACCOUNTS["office_password"]
        )
        assert answer.url.path == "/"
        answer, _ = await other.get("/street/links")
        assert answer.status == 200
        answer, _ = await other.get("/admin/accounts")
        assert answer.status == 403


async def test_the_link_works_once(newcomer: Newcomer, bare: Settings) -> None:
    await newcomer.reach("review")
    _, _, text = await newcomer.see("review")
    await newcomer.tell("review", {})
    assert not (bare.data_dir / "setup.json").exists()
    for step in ("", "street", "review", "template.csv"):
        status, _, text = await newcomer.see(step)
        assert status == 404
        assert "已经用过了" in text
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', (await newcomer.get("/"))[1])[0]
    answer = await newcomer.client.post(
        f"{newcomer.root}/review", data={"csrf": csrf}, headers=HTML
    )
    assert answer.status == 404


async def test_another_link_opens_nothing(newcomer: Newcomer) -> None:
    newcomer.root = "/setup/" + "a" * 26
    for step in ("", "street", "template.csv"):
        status, _, _ = await newcomer.see(step)
        assert status == 404


async def test_a_step_cannot_be_jumped_over(newcomer: Newcomer) -> None:
    for step in ("departments", "committees", "accounts", "review"):
        _, name, _ = await newcomer.see(step)
        assert name == "street"
    await newcomer.reach("accounts")
    _, name, _ = await newcomer.see("review")
    assert name == "accounts"
    status, _, _ = await newcomer.see("nowhere")
    assert status == 404


async def test_an_error_keeps_what_was_typed_and_enters_nothing(
    newcomer: Newcomer, fresh: TestServer
) -> None:
    status, _, text = await newcomer.tell("street", STREET | {"phone": ""})
    assert status == 422
    assert 'value="青禾街道办事处"' in text
    assert "有事打哪个电话：" in text
    assert 'aria-invalid="true"' in text
    await newcomer.reach("committees")
    bad = TABLE.replace("赵春生\t书记", "赵春生\t").replace("李秀英\t主任", "李秀英\t厂长")
    status, _, text = await newcomer.tell("committees", {"table": bad})
    assert status == 422
    assert "第 3 行：“李秀英”的岗位“厂长”不认识" in text
    assert "第 5 行：“赵春生”没有写岗位" in text
    assert bad.splitlines()[4] in text
    _, _, again = await newcomer.see("committees")
    assert bad.splitlines()[4] in again
    assert "第 5 行" in again
    async with fresh.app[DATABASE].view() as tx:
        assert await street.load_committees(tx) == []
        assert await street.load_office(tx) is None


async def test_going_back_and_a_restart_lose_nothing(
    newcomer: Newcomer, bare: Settings, clock: FakeClock, media: FakeMedia
) -> None:
    await newcomer.reach("review")
    _, _, text = await newcomer.see("street")
    assert 'value="三楼会议室"' in text
    await newcomer.tell("departments", {"departments": "党建办\n综治办"})
    draft = bare.data_dir / "setup.json"
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    assert "phrase" not in draft.read_text()

    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        return media

    async with TestClient(TestServer(await build_app(bare, clock, start_media))) as client:
        later = Newcomer(client, newcomer.root)
        _, name, text = await later.see()
    assert name == "review"
    assert "综治办" in text
    assert "平安办" not in text


async def test_a_good_password_need_not_be_typed_again_after_an_error_elsewhere(
    newcomer: Newcomer, fresh: TestServer
) -> None:
    await newcomer.reach("accounts")
    wrong = ACCOUNTS | {"admin_password": "short", "admin_again": "short"}
    status, _, text = await newcomer.tell("accounts", wrong)
    assert status == 422
    assert "密码至少要 10 个字，现在是 5 个" in text
    assert "密码已经设好" in text
    assert ACCOUNTS["office_password"] not in text
    empty = {"office_password": "", "office_again": ""}
    _, name, _ = await newcomer.tell("accounts", ACCOUNTS | empty)
    assert name == "review"
    await newcomer.tell("review", {})
    async with TestClient(fresh) as client:
        answer, _ = await Visitor(client).post(
            "/login", "/login", name="huiwu", password=ACCOUNTS["office_password"]
        )
        assert answer.url.path == "/"


async def test_two_accounts_need_two_names(newcomer: Newcomer) -> None:
    await newcomer.reach("accounts")
    status, _, text = await newcomer.tell("accounts", ACCOUNTS | {"office_name": "it"})
    assert status == 422
    assert "已经有人用了" in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
async def test_a_file_is_read_and_shown_to_be_checked(newcomer: Newcomer, encoding: str) -> None:
    await newcomer.reach("committees")
    content = TABLE.replace("\t", ",").encode(encoding)
    status, _, text = await newcomer.tell("committees", {"table": ""}, content)
    assert status == 200
    assert "2 家居委会，4 人" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04", "打不开"),
        (b"\x89PNG\x00\x00", "不是文字"),
        (b"\xff\xfe\x00", "不是文字"),
        (b"1,a,b,\xe4\xb9\xa6\xe8\xae\xb0\n" * 100_000, "表格太长了"),
    ],
)
async def test_a_hostile_file_is_refused_in_words(
    newcomer: Newcomer, content: bytes, said: str
) -> None:
    await newcomer.reach("committees")
    await newcomer.tell("committees", {"table": TABLE})
    status, _, text = await newcomer.tell("committees", {"table": ""}, content)
    assert status == 422
    assert said in text
    assert "没有这个页面" not in text


async def test_a_file_beyond_every_measure_is_refused_in_words(newcomer: Newcomer) -> None:
    await newcomer.reach("committees")
    status, _, text = await newcomer.tell("committees", {}, b"x" * (5 * 1024 * 1024))
    assert status == 413
    assert "too_large" in text


async def test_markup_and_formulas_are_refused_and_shown_as_text(newcomer: Newcomer) -> None:
    await newcomer.reach("committees")
    markup = "<script>alert(1)</script>"
    for row in (f"1\t{markup}\t张建国\t书记\t\n", "1\t云杉苑\t<img src=x>\t书记\t\n"):
        status, _, text = await newcomer.tell("committees", {"table": row})
        assert status == 422
        assert markup not in text
        assert "<img src=x>" not in text
        assert "&lt;" in text
    formula = '1\t云杉苑\t=HYPERLINK("http://x")\t书记\t\n'
    status, _, text = await newcomer.tell("committees", {"table": formula})
    assert status == 422
    assert "开头像公式" in text


async def test_the_template_is_a_table_that_can_be_read(newcomer: Newcomer) -> None:
    await newcomer.reach("committees")
    answer = await newcomer.client.get(f"{newcomer.root}/template.csv", headers=HTML)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    content = await answer.read()
    assert content.startswith(b"\xef\xbb\xbf")
    status, _, text = await newcomer.tell("committees", {"table": ""}, content)
    assert status == 200
    assert "2 家居委会，4 人" in text


async def test_finishing_is_refused_while_a_step_is_open(
    newcomer: Newcomer, fresh: TestServer
) -> None:
    await newcomer.reach("review")
    _, _, text = await newcomer.see("review")
    await newcomer.tell("committees", {"table": "1\t云杉苑\t张\t\t"})
    csrf = re.findall(r'name="csrf" value="([0-9a-f]+)"', text)[0]
    answer = await newcomer.client.post(
        f"{newcomer.root}/review", data={"csrf": csrf}, headers=HTML
    )
    assert answer.status == 422
    async with fresh.app[DATABASE].view() as tx:
        assert await accounts.count_accounts(tx) == 0
        assert await street.load_office(tx) is None


# --- links -------------------------------------------------------------------------------------


async def test_a_renewed_link_ends_the_old_one_which_says_so(
    signed_in: Enter, visitor: Visitor, database: Database
) -> None:
    office = await signed_in("operator")
    _, text = await office.get("/street/links")
    old = re.findall(r"/j/([a-z2-7]{26})", text)[0]
    answer, text = await office.post("/street/links/2/renew", "/street/links")
    assert answer.url.path == "/street/links"
    assert "已换成新链接" in text
    new = re.findall(r"/j/([a-z2-7]{26})", text)[0]
    assert new != old
    answer, text = await visitor.get(f"/j/{old}")
    assert answer.status == 404
    assert "这个会场的链接换过了" in text
    answer, _ = await visitor.get(f"/j/{new}")
    assert answer.status == 200
    answer, text = await visitor.get("/j/" + "a" * 26)
    assert "换过了" not in text
    kind, actor, data = (await events(database))[-1]
    assert (kind, data) == (EventKind.VENUE_LINK_ISSUED, {"venue_id": 2, "version": 2})
    assert actor.startswith("login:")


@pytest.mark.parametrize("venue", ["999999", "x", "-1", "٣"])
async def test_a_venue_that_does_not_exist_has_no_link_to_renew(
    signed_in: Enter, venue: str
) -> None:
    office = await signed_in("operator")
    answer, _ = await office.post(f"/street/links/{venue}/renew", "/street/links")
    assert answer.status == 404


async def test_links_never_carry_a_host_that_is_not_ours(signed_in: Enter) -> None:
    office = await signed_in("admin")
    _, text = await office.get("/street/links?at=evil.example")
    assert "evil.example/" not in text
    assert "//evil.example" not in text
    assert "只在服务器本机上打得开" in text


async def test_a_clerk_sees_no_links(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    answer, _ = await clerk.get("/street/links")
    assert answer.status == 403


# --- accounts ----------------------------------------------------------------------------------

NEW = {
    "name": "wang.li",
    "shown": "平安办 王丽",
    "role": "CLERK",
    "department": "4",
    "committee": "",
    "password": "a good phrase",
    "again": "a good phrase",
}


async def test_the_administrator_adds_an_account_that_can_sign_in(
    signed_in: Enter, visitor: Visitor, database: Database
) -> None:
    admin = await signed_in("admin")
    _, text = await admin.post("/admin/accounts", "/admin/accounts", **NEW)
    assert "已加上账号“wang.li”" in text
    async with database.view() as tx:
        made = await accounts.load_account(tx, "wang.li")
    assert made is not None
    assert (made.role, made.department_id, made.committee_id) == (Role.CLERK, 4, None)
    assert (await events(database))[-1][0] == "account.created"
    answer, _ = await visitor.post("/login", "/login", name="wang.li", password="a good phrase")
    assert answer.url.path == "/"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "clerk"}, "已经有人用了"),
        ({"name": "a b"}, "2 到 32 个"),
        ({"shown": ""}, "这一项还没填"),
        ({"role": "KING"}, "这一项还没填"),
        ({"department": ""}, "要选一个科室"),
        ({"department": "9999"}, "要选一个科室"),
        ({"role": "SECRETARY", "committee": ""}, "要选一个居委会"),
        ({"password": "short", "again": "short"}, "至少要 10 个字"),
        ({"again": "another phrase"}, "两遍密码不一样"),
    ],
)
async def test_a_wrong_account_is_refused_in_words_and_keeps_the_rest(
    signed_in: Enter, database: Database, change: dict[str, str], said: str
) -> None:
    admin = await signed_in("admin")
    async with database.view() as tx:
        before = await accounts.count_accounts(tx)
    answer, text = await admin.post("/admin/accounts", "/admin/accounts", **(NEW | change))
    assert answer.status == 422
    assert said in text
    assert f'value="{(NEW | change)["shown"]}"' in text
    assert "a good phrase" not in text
    async with database.view() as tx:
        assert await accounts.count_accounts(tx) == before


async def test_a_new_password_ends_the_old_one_and_its_logins(
    signed_in: Enter, new_visitor: Callable[[], Visitor], database: Database
) -> None:
    clerk, admin = await signed_in("clerk"), await signed_in("admin")
    async with database.view() as tx:
        account = await accounts.load_account(tx, "clerk")
    assert account is not None
    page = f"/admin/accounts/{account.id}/password"
    answer, text = await admin.post(page, page, password="short", again="short")
    assert answer.status == 422
    assert "至少要 10 个字" in text
    answer, text = await admin.post(page, page, password="a new phrase", again="a new phrase")
    assert "“clerk”的密码已换好" in text
    answer, _ = await clerk.get("/street")
    assert answer.url.path == "/login"
    answer, _ = await new_visitor().post("/login", "/login", name="clerk", password="a new phrase")
    assert answer.url.path == "/"
    changed = [data for kind, _, data in await events(database) if "password" in kind]
    assert [data["name"] for data in changed] == ["clerk"]


async def test_an_account_that_does_not_exist_has_no_password(signed_in: Enter) -> None:
    admin = await signed_in("admin")
    answer, _ = await admin.get("/admin/accounts/999999/password")
    assert answer.status == 404
