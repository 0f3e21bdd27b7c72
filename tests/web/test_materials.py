"""Materials over HTTP: who adds, who sees, what a venue's link opens and what it does not."""

import io
import json
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pypdf
import pytest
from aiohttp.test_utils import TestServer
from PIL import Image

from server.audit.store import load_recorded
from server.auth.store import load_accounts
from server.conference.commands import Order
from server.conference.routes import CONFERENCES
from server.config import Settings, load_secret
from server.db.engine import Database
from server.domain.events import EventKind
from server.materials.routes import MATERIALS
from server.scheduler import store as sessions
from server.signaling.ws import HUB
from server.street import store as street
from tests.fakes import FakeClock
from tests.web import test_live
from tests.web.conftest import HTML, Visitor
from tests.web.test_live import Live, operator_page

live = test_live.live
Enter = Callable[[str], Awaitable[Visitor]]
ITEMS = (("自治金使用说明", "自治办", 20), ("岁末消防检查部署", "平安办", 20))


def pdf(pages: int) -> bytes:
    writer, out = pypdf.PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    writer.write(out)
    return out.getvalue()


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """No LibreOffice here, whatever this computer has: a program that is not there."""
    return replace(settings, office_program=str(tmp_path / "not-there"))


@pytest.fixture
async def session(database: Database, clock: FakeClock) -> int:
    """A scheduled session that calls the venues 1 to 12."""
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        return await sessions.save_session(
            tx,
            title="主任工作例会",
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=50),
            hall="三楼会议室",
            items=ITEMS,
            venue_ids=[v.id for v in venues if 1 <= v.number <= 12],
        )


@pytest.fixture
async def tokens(database: Database, settings: Settings) -> dict[int, str]:
    """Tokens by number of venue."""
    async with database.view() as tx:
        by_id = await street.load_tokens(tx, load_secret(settings.data_dir))
        return {v.number: by_id[v.id] for v in await street.load_venues(tx)}


def install(program: Path) -> None:
    """Put a program where LibreOffice is set to be, which turns anything into one page."""
    program.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys, pypdf\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
        "out.mkdir()\n"
        "writer = pypdf.PdfWriter()\n"
        "writer.add_blank_page(960, 540)\n"
        "writer.write(out / 'document.pdf')\n"
    )
    program.chmod(0o700)


async def item_ids(database: Database, session: int) -> list[int]:
    async with database.view() as tx:
        return [item.id for item in (await sessions.load_session(tx, session)).items]


async def send(
    visitor: Visitor, session: int, item: int, *files: tuple[str, bytes]
) -> tuple[int, str]:
    """Add files to an item as the form does; return status and page."""
    _, text = await visitor.get(f"/sessions/{session}/materials")
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("csrf", re.findall(r'name="csrf" value="([0-9a-f]+)"', text)[0])
    for name, data in files:
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
    origin = str(visitor.client.make_url("/")).rstrip("/")
    path = f"/sessions/{session}/materials/items/{item}"
    answer = await visitor.client.post(path, data=form, headers=HTML | {"Origin": origin})
    return answer.status, await answer.text()


async def listed(visitor: Visitor, base: str) -> list[list[str]]:
    """Return the names of files by item as viewers are told them."""
    answer = await visitor.client.get(f"{base}.json")
    assert answer.status == 200
    items = json.loads(await answer.text())["items"]
    return [[file["name"] for file in item["files"]] for item in items]


async def problem(visitor: Visitor, path: str) -> tuple[int, str]:
    """Return status and code of a refusal."""
    answer = await visitor.client.get(path)
    return answer.status, (await answer.json(content_type=None)).get("code", "")


async def test_the_office_adds_files_that_show_under_their_item(
    signed_in: Enter, database: Database, session: int
) -> None:
    office = await signed_in("operator")
    first, second = await item_ids(database, session)
    status, text = await send(
        office, session, second, ("要点.pdf", pdf(2)), ("表.ofd", b"PK\x03\x04")
    )
    assert status == 200
    assert "要点.pdf" in text
    assert "这种文件只能下载看" in text
    assert await listed(office, f"/sessions/{session}/materials") == [[], ["要点.pdf", "表.ofd"]]
    assert "这一项没有材料" in text
    status, text = await send(office, session, first)
    assert (status, "还没有选文件" in text) == (422, True)
    async with database.view() as tx:
        added = await load_recorded(tx, kinds=[EventKind.MATERIAL_ADDED])
    assert [(e.session_id, e.payload["name"]) for e in added] == [
        (None, "要点.pdf"),
        (None, "表.ofd"),
    ]


async def test_what_is_no_sound_file_is_refused_beside_its_item(
    signed_in: Enter, database: Database, session: int
) -> None:
    office = await signed_in("operator")
    item = (await item_ids(database, session))[0]
    status, text = await send(office, session, item, ("坏.pdf", b"MZ\x90 not a pdf"))
    assert status == 422
    assert "坏.pdf" in text
    status, text = await send(office, session, item, ("../../../etc/passwd.pdf", pdf(1)))
    assert status == 200
    assert await listed(office, f"/sessions/{session}/materials") == [["passwd.pdf"], []]


async def test_a_file_taken_out_comes_back_by_its_undo_and_files_change_places(
    signed_in: Enter, database: Database, session: int
) -> None:
    office, here = await signed_in("operator"), f"/sessions/{session}/materials"
    item = (await item_ids(database, session))[0]
    await send(office, session, item, ("一.pdf", pdf(1)), ("二.pdf", pdf(2)))
    await office.post(f"{here}/m2/up", here)
    assert await listed(office, here) == [["二.pdf", "一.pdf"], []]
    answer, text = await office.post(f"{here}/m2/remove", here)
    assert "拿掉了“二.pdf”" in text
    assert await listed(office, here) == [["一.pdf"], []]
    assert await problem(office, f"{here}/m2/original") == (404, "file_gone")
    answer, _ = await office.post(f"{here}/undo", here, event=answer.url.query["event"])
    assert answer.status == 200
    assert await listed(office, here) == [["二.pdf", "一.pdf"], []]


async def test_a_clerk_changes_the_own_departments_item_and_no_other(
    signed_in: Enter, database: Database, session: int
) -> None:
    office, here = await signed_in("operator"), f"/sessions/{session}/materials"
    own_first = await item_ids(database, session)
    clerk = await signed_in("clerk")
    async with database.view() as tx:
        account = next(a for a in await load_accounts(tx) if a.name == "clerk")
        names = {d.id: d.name for d in await street.load_departments(tx)}
    department = names[account.department_id or 0]
    mine = [i for i, (_, who, _) in zip(own_first, ITEMS, strict=True) if who == department]
    others = [i for i in own_first if i not in mine]
    assert mine
    status, _ = await send(clerk, session, mine[0], ("自己的.pdf", pdf(1)))
    assert status == 200
    status, text = await send(clerk, session, others[0], ("别人的.pdf", pdf(1)))
    assert (status, "别的科室" in text) == (403, True)
    await send(office, session, others[0], ("别人的.pdf", pdf(1)))
    answer, _ = await clerk.post(f"{here}/m2/remove", here)
    assert answer.status == 403


async def test_a_venue_sees_pages_by_its_link_once_the_session_is_open(
    server: TestServer,
    signed_in: Enter,
    visitor: Visitor,
    database: Database,
    session: int,
    tokens: dict[int, str],
) -> None:
    office = await signed_in("operator")
    item = (await item_ids(database, session))[0]
    await send(office, session, item, ("要点.pdf", pdf(2)))
    base = f"/j/{tokens[12]}/sessions/{session}/materials"
    assert await problem(visitor, f"{base}.json") == (404, "no_such_session")
    conferences = server.app[CONFERENCES]
    conference = await conferences.open_session(session)
    assert await listed(visitor, base) == [["要点.pdf"], []]
    answer = await visitor.client.get(f"{base}/m1/about")
    assert await answer.json() == {"name": "要点.pdf", "pages": 2}
    for _ in range(2):
        answer = await visitor.client.get(f"{base}/m1/pages/2")
        assert answer.content_type == "image/png"
        assert answer.headers["Cache-Control"].startswith("private")
        assert max(Image.open(io.BytesIO(await answer.read())).size) == 2000
    answer = await visitor.client.get(f"{base}/m1/original")
    assert await answer.read() == pdf(2)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    async with database.view() as tx:
        views = await load_recorded(tx, kinds=[EventKind.MATERIAL_VIEWED])
    assert [(e.actor, e.payload["file"]) for e in views] == [("venue:12", "m1")]
    _, text = await office.get(f"/sessions/{session}/materials")
    assert "1 / 12 家会场看过" in text
    await conferences.carry_out(conference, Order("session.end"), "system")
    assert await problem(visitor, f"{base}.json") == (404, "no_such_session")
    secretary = await signed_in("secretary")
    assert await listed(secretary, f"/sessions/{session}/materials") == [["要点.pdf"], []]
    _, text = await secretary.get("/sessions")
    assert f"/sessions/{session}/materials" in text


async def test_other_links_and_guessed_files_open_nothing(
    server: TestServer,
    signed_in: Enter,
    visitor: Visitor,
    database: Database,
    clock: FakeClock,
    session: int,
    tokens: dict[int, str],
) -> None:
    office = await signed_in("operator")
    item = (await item_ids(database, session))[0]
    await send(office, session, item, ("要点.pdf", pdf(1)))
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        other = await sessions.save_session(
            tx,
            title="另一场",
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=50),
            hall="",
            items=ITEMS[:1],
            venue_ids=[v.id for v in venues if v.number == 20],
        )
    await server.app[CONFERENCES].open_session(session)
    await server.app[CONFERENCES].open_session(other)
    mine = f"/j/{tokens[12]}/sessions"
    gone = (404, "no_such_session")
    assert await problem(visitor, f"/j/{tokens[20]}/sessions/{session}/materials.json") == gone
    assert await problem(visitor, f"{mine}/{other}/materials.json") == gone
    assert await problem(visitor, f"{mine}/{session}9/materials.json") == gone
    assert await problem(visitor, f"{mine}/x/materials.json") == gone
    made_up = f"/j/{'a' * 26}/sessions/{session}/materials/m1/original"
    assert await problem(visitor, made_up) == (404, "no_such_venue_link")
    theirs = f"/j/{tokens[20]}/sessions/{other}/materials"
    for path in ("m1/about", "m1/pages/1", "m1/original", "r1/original", "m999999999/about"):
        assert await problem(visitor, f"{theirs}/{path}") == (404, "file_gone")
    for path in ("m1/pages/2", "m1/pages/0", "m1/pages/400", "m1/pages/999999999"):
        expected = (404, "material_no_page")
        assert await problem(visitor, f"{mine}/{session}/materials/{path}") == expected
    paths = ("..%2f..%2fsecret/original", "m1%00/original", "m-1/about", "m1/pages/..%2fsecret")
    for path in paths:
        assert (await problem(visitor, f"{mine}/{session}/materials/{path}"))[0] == 404
    assert (await visitor.get(f"/sessions/{session}/materials"))[0].url.path == "/login"


async def test_a_secretary_who_is_not_called_and_the_administrator_see_nothing(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        session = await sessions.save_session(
            tx,
            title="别家的会",
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=50),
            hall="",
            items=[("别家的事", "武装部", 10)],
            venue_ids=[v.id for v in venues if v.number == 33],
        )
    for name, status in (("secretary", 404), ("clerk", 404), ("admin", 403)):
        answer, _ = await (await signed_in(name)).get(f"/sessions/{session}/materials")
        assert (name, answer.status) == (name, status)
    auditor = await signed_in("auditor")
    assert (await auditor.get(f"/sessions/{session}/materials"))[0].status == 200


async def test_the_page_of_one_file_works_without_scripts_and_says_what_cannot_be_shown(
    signed_in: Enter, database: Database, session: int
) -> None:
    office, here = await signed_in("operator"), f"/sessions/{session}/materials"
    item = (await item_ids(database, session))[0]
    await send(office, session, item, ("要点.pdf", pdf(3)), ("坏.docx", b"PK\x03\x04"))
    _, text = await office.get(f"{here}/m1?page=2")
    assert "第 2 页，共 3 页" in text
    assert f'src="{here}/m1/pages/2"' in text
    assert f'rel="prev" href="{here}/m1?page=1"' in text
    _, text = await office.get(f"{here}/m1?page=99")
    assert "第 3 页，共 3 页" in text
    answer, text = await office.get(f"{here}/m2", **{"Accept-Language": "en"})
    assert answer.status == 200
    assert "cannot be opened" in text


async def test_an_office_document_becomes_pages_by_the_program_of_the_setting(
    settings: Settings, signed_in: Enter, database: Database, session: int
) -> None:
    install(Path(settings.office_program))
    office, here = await signed_in("operator"), f"/sessions/{session}/materials"
    item = (await item_ids(database, session))[0]
    await send(office, session, item, ("汇报.pptx", b"PK\x03\x04"))
    answer = await office.client.get(f"{here}/m1/about")
    assert (await answer.json())["pages"] == 1


async def test_where_libreoffice_is_missing_the_page_says_so_before_and_after(
    server: TestServer, signed_in: Enter, database: Database, session: int
) -> None:
    server.app[MATERIALS].pages._program = ""
    office, here = await signed_in("operator"), f"/sessions/{session}/materials"
    _, text = await office.get(here)
    assert "请先存成 PDF 再传：服务器没有装 LibreOffice" in text
    _, text = await send(
        office, session, (await item_ids(database, session))[0], ("汇报.pptx", b"PK\x03\x04")
    )
    assert "服务器没有装 LibreOffice，只能下载看" in text
    assert await problem(office, f"{here}/m1/pages/1") == (422, "material_no_office")


async def test_every_venues_page_is_told_what_the_chair_shows_and_when_the_list_changes(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    told = await wall.command("material.show", item=0, file="m1", page=2)
    assert (told["type"], told["undo"]) == ("done", 0)
    await branch.until("state", material={"item": 0, "file": "m1", "page": 2})
    await wall.command("agenda.next")
    await branch.until("state", material={"item": 1, "file": "", "page": 1})
    await wall.command("material.hide")
    await branch.until("state", material={"item": -1, "file": "", "page": 0})
    for wrong in ("x1", "../m1", "m"):
        with pytest.raises(AssertionError):
            await (await live.page(3)).command("material.show", item=0, file=wrong, page=1)
    live.server.app[HUB].materials_changed(live.conference.state.session_id)
    await branch.until("materials")
