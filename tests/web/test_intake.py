"""Tables taken in by hand of an administrator: looked at first, entered at once, taken back."""

import io
import re
from collections.abc import Awaitable, Callable

from aiohttp import ClientResponse, FormData
from xlsxwriter import Workbook

from server.audit.store import load_recorded
from server.baseline.store import load_past_meetings
from server.db.engine import Database
from server.street.workbook import read_text
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]
PAST = "/admin/import/past"
ROWS = [
    ["日期", "会议", "科室", "时长（分钟）", "居委会"],
    ["2018-10-08", "社区安全例会", "平安办", 90, "全部"],
    ["2018-10-09", "垃圾分类 <b>", "管理办", 45, "1、2"],
]


def book(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as made:
        sheet = made.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return out.getvalue()


async def send(
    visitor: Visitor, path: str, file: bytes | None = None, **values: str
) -> tuple[ClientResponse, str]:
    """Send a table as a browser does."""
    _, text = await visitor.get(path)
    form = FormData({"csrf": re.findall(r'name="csrf" value="([0-9a-f]+)"', text)[0]})
    for name, value in values.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(file or b""), filename="登记簿.xlsx")
    origin = str(visitor.client.make_url("/")).rstrip("/")
    answer = await visitor.client.post(path, data=form, headers=HTML | {"Origin": origin})
    return answer, await answer.text()


def hidden(text: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', text)[0]


async def test_a_register_is_looked_at_mended_entered_and_taken_back(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    answer, text = await send(office, PAST, book(ROWS))
    assert answer.status == 422
    assert "第 2 行：没有写来源" in text
    assert "第 3 行：“垃圾分类 &lt;b&gt;”像网页代码" in text
    assert "<b>”像" not in text
    mended = [*ROWS[:2], ["2018-10-09", "垃圾分类", "管理办", 45, "1、2"]]
    answer, text = await send(office, PAST, book(mended), source="会议登记簿")
    assert answer.status == 200
    assert "现在还没有录入" in text
    assert ">新增 2</span>" in text
    assert "管理办，45 分钟，叫到 2 家" in text
    async with database.view() as tx:
        assert await load_past_meetings(tx) == []
    table = re.findall(r'<textarea name="table" hidden>\n(.*?)</textarea>', text, re.S)[0]
    kept = {name: hidden(text, name) for name in ("mark", "name", "source")}
    answer, text = await send(office, PAST, table=table, **kept)
    assert answer.url.path == PAST
    assert "录入好了：新增 2，修改 0，恢复 0" in text
    async with database.view() as tx:
        assert [m.source for m in await load_past_meetings(tx)] == ["会议登记簿"] * 2
    answer, text = await send(office, PAST, book(mended), source="会议登记簿")
    assert "没有要改的" in text
    event = await last_taken(database)
    answer, _ = await office.post("/admin/import/undo", PAST, event=str(event))
    assert answer.status == 200
    async with database.view() as tx:
        assert await load_past_meetings(tx) == []


async def last_taken(database: Database) -> int:
    async with database.view() as tx:
        events = await load_recorded(tx)
    return next(e.sequence for e in reversed(events) if e.kind == "workbook.taken")


async def test_each_takes_in_what_is_theirs_and_the_table_comes_filled(signed_in: Enter) -> None:
    office = await signed_in("operator")
    _, text = await office.get("/admin/import")
    assert "/admin/import/quotas" in text
    assert "/admin/import/committees" not in text
    answer, _ = await office.get("/admin/import/committees")
    assert answer.status == 404
    admin = await signed_in("admin")
    _, kinds = await admin.get("/admin/import")
    for kind in ("committees", "departments", "quotas", "past"):
        assert f"/admin/import/{kind}" in kinds
        answer = await admin.client.get(f"/admin/import/{kind}/template.xlsx", headers=HTML)
        filled = read_text(await answer.read())
        if kind == "past":
            continue
        beside = {"valid_from": "2026-11-23", "reason": "试"} if kind == "quotas" else {}
        _, text = await send(admin, f"/admin/import/{kind}", table=filled, **beside)
        assert "没有要改的" in text


async def test_a_file_that_is_no_plain_table_is_refused_with_a_clear_word(signed_in: Enter) -> None:
    admin = await signed_in("admin")
    files = {
        b"<html><table></table>": "这是网页，不是表格",
        b"\xd0\xcf\x11\xe0": "旧版的表格文件",
        b"PK\x03\x04junk": "不是完好的 .xlsx 表格",
        bytes(range(256)): "这个文件不是文字",
        book([["科室"]]): "表头下面还没有一行",
    }
    for content, said in files.items():
        answer, text = await send(admin, "/admin/import/departments", content)
        assert (answer.status, said in text) == (422, True), said
