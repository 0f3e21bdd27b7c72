"""Reports over many sessions: pages, files, who may see what, and that each look is recorded."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestServer

from server.audit import store as log
from server.audit.service import record
from server.auth import store as accounts
from server.auth.model import AccountWords
from server.baseline.model import PastMeeting
from server.baseline.store import save_past_meetings
from server.burden import service, store
from server.burden.jobs import Monthly
from server.burden.periods import parse
from server.burden.report import About, Subject
from server.db.engine import Database
from server.domain.events import EventKind
from server.mail.model import LetterState
from server.mail.store import load_letters
from server.pages.context import PAPER, RENDERER
from server.scheduler import store as sessions
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.web.conftest import Visitor
from tests.year import enter_year

SignIn = Callable[[str], Awaitable[Visitor]]
MONTH = "/reports?about=street&period=2026-11"


@pytest.fixture
async def held(database: Database) -> list[int]:
    """Three sessions of this November."""
    return await enter_year(database, NOON_TUESDAY - timedelta(days=1), 3, days=14)


async def test_a_month_is_shown_with_its_denominators_and_each_look_is_recorded(
    held: list[int], signed_in: SignIn, database: Database
) -> None:
    auditor = await signed_in("auditor")
    answer, text = await auditor.get(MONTH)
    assert answer.status == 200
    assert "99 家次" in text
    assert "3<small>场" in text
    assert text.count('role="img"') >= 5
    assert "style=" not in text
    async with database.view() as tx:
        read = await log.load_recorded(tx, kinds=[EventKind.REPORT_VIEWED])
    assert read[-1].payload["about"] == "street"
    assert read[-1].payload["period"] == "2026-11"
    _, empty = await auditor.get("/reports?about=street&period=2024-01")
    assert "没有开完的会" in empty


async def test_committees_and_departments_see_their_own_only(
    held: list[int], signed_in: SignIn
) -> None:
    secretary, clerk = await signed_in("secretary"), await signed_in("clerk")
    for visitor, own in ((secretary, "committee"), (clerk, "department")):
        answer, text = await visitor.get("/reports?period=2026-11")
        assert answer.status == 200
        assert f'value="{own}-' in text
        for other in ("street", f"{own}-33", "committee-2"):
            answer, _ = await visitor.get(f"/reports?about={other}&period=2026-11")
            assert answer.status == 404, other
        answer, _ = await visitor.get("/reports/baseline")
        assert answer.status == 403
    office = await signed_in("operator")
    assert (await office.get("/reports?about=committee-999"))[0].status == 404
    assert (await office.get("/reports?about=nobody"))[0].status == 404


async def test_a_report_as_csv_and_workbook(held: list[int], signed_in: SignIn) -> None:
    auditor = await signed_in("auditor")
    answer = await auditor.client.get("/reports/report.csv?about=street&period=2026-11")
    body = await answer.read()
    assert body.startswith(b"\xef\xbb\xbf")
    assert len(body.decode().splitlines()) == 1 + 99
    answer = await auditor.client.get("/reports/report.xlsx?about=street&period=2026-11")
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as book:
        names = book.namelist()
        sheets = [n for n in names if n.startswith("xl/worksheets/sheet")]
        scaled = [n for n in sheets if b"colorScale" in book.read(n)]
        assert not any(b"<f>" in book.read(n) for n in sheets)
    assert len(sheets) == 7
    assert len(scaled) >= 3
    assert sum("charts/chart" in name for name in names) == 2


async def test_a_pdf_is_made_beside_and_fetched_by_who_asked(
    held: list[int], signed_in: SignIn
) -> None:
    auditor, leader = await signed_in("auditor"), await signed_in("leader")
    answer, _ = await auditor.post("/reports/make", MONTH, about="street", period="2026-11")
    made = answer.url.path
    for _ in range(600):
        _, text = await auditor.get(made)
        if "保存 PDF" in text or "没有做成" in text:
            break
        await asyncio.sleep(0.1)
    pdf = await auditor.client.get(f"{made}/report.pdf")
    body = await pdf.read()
    assert body.startswith(b"%PDF")
    assert b"/ByteRange" in body
    assert re.search(r"PH-R-\d{6}-street-2026-11\.pdf", pdf.headers["Content-Disposition"])
    assert (await leader.get(made))[0].status == 404
    assert (await auditor.get("/reports/making/none"))[0].status == 404


async def test_what_the_log_says_later_is_in_the_next_report(
    held: list[int], signed_in: SignIn, database: Database, clock: FakeClock
) -> None:
    chosen = parse("2026-11", NOON_TUESDAY.date())
    about = About(Subject.STREET)
    before = await service.load_report(database, clock, about, chosen)
    again = await service.load_report(database, clock, about, chosen)
    assert again == before
    async with database.view() as tx:
        kept = await store.load_folded(tx, held)
        fresh = {id_: await service.fold(tx, id_) for id_ in held}
        first = fresh[held[0]]
    assert first is not None
    absent = next(s for s in first.shares if s.verdict == "PRESENT")
    assert {id_: copy for id_, (_, copy) in kept.items()} == fresh
    async with database.tx() as tx:
        change = {"venue_id": absent.venue_id, "field": "verdict", "value": "ABSENT"}
        await record(
            tx,
            clock,
            EventKind.ATTENDANCE_CORRECTED,
            actor="login:1",
            payload=change | {"reason": "查实没有来"},
            session_id=held[0],
        )
    after = await service.load_report(database, clock, about, chosen)
    assert after.total.absent == before.total.absent + 1
    assert after.total.calls == before.total.calls


async def test_a_session_that_is_open_counts_once_it_is_over(
    held: list[int], database: Database, clock: FakeClock
) -> None:
    async with database.tx() as tx:
        session = await sessions.load_session(tx, held[2])
        await sessions.set_state(tx, held[2], type(session.state).OPEN, clock.now())
    found = await service.load_report(
        database, clock, About(Subject.STREET), parse("2026-11", NOON_TUESDAY.date())
    )
    assert (len(found.sessions), found.open) == (2, 1)


async def test_the_office_enters_a_baseline_and_every_comparison_names_its_source(
    held: list[int], signed_in: SignIn, database: Database
) -> None:
    office = await signed_in("operator")
    told = {"first": "2025-11-01", "last": "2025-11-30", "committees": "33", "calls": "800"}
    source = {"source": "2025 年会议通知台账，党政办统计", "department-平安办": "300"}
    answer, text = await office.post("/reports/baseline", "/reports/baseline", **told, **source)
    assert answer.url.path == "/reports"
    _, text = await office.get(MONTH)
    assert "2025 年会议通知台账，党政办统计" in text
    assert "少跑" in text
    answer, text = await office.post(
        "/reports/baseline", "/reports/baseline", **(told | {"last": "2024-01-01"}), **source
    )
    assert answer.status == 400 or "对照期的日子不对" in text
    past = PastMeeting(date(2025, 11, 4), "旧例会", "老科室", 60, (1, 2), "2025 年旧台账")
    async with database.tx() as tx:
        await save_past_meetings(tx, [past])
    await office.post("/reports/baseline", "/reports/baseline", what="past")
    _, text = await office.get(MONTH)
    assert "2025 年旧台账" in text


async def test_what_is_looked_at_often_is_kept_and_sent_each_month(
    held: list[int],
    signed_in: SignIn,
    database: Database,
    clock: FakeClock,
    server: TestServer,
) -> None:
    office = await signed_in("operator")
    _, text = await office.post("/reports/filters", MONTH, about="street", period="month")
    found = re.search(r'action="/reports/filters/(\d+)"', text)
    assert found
    _, text = await office.post(f"/reports/filters/{found[1]}", MONTH, what="mail")
    assert "每月寄一份" in text
    async with database.tx() as tx:
        account = await accounts.load_account(tx, "operator")
        assert account is not None
        words = AccountWords(account.name, account.display_name, account.role)
        await accounts.save_words(tx, account.id, replace(words, email="hw@street.test"))
    app = server.app
    monthly = Monthly(
        database, clock, app[RENDERER], app[PAPER], "zh_CN", "https://pinhui.street.test"
    )
    await monthly.run_due()
    async with database.view() as tx:
        assert await store.load_monthly(tx, "2026-11") == []
        assert len(await store.load_monthly(tx, "2026-12")) == 1
    clock.advance(days=7, hours=1)
    await monthly.run_due()
    async with database.view() as tx:
        assert await store.load_monthly(tx, "2026-12") == []
        letter, *more = await load_letters(tx, states=[LetterState.WAITING])
    assert not more
    assert letter.letter.recipient == "hw@street.test"
    assert "2026 年 11 月" in letter.letter.subject
    assert letter.letter.attachments[0].content.startswith(b"%PDF")
    await monthly.run_due()
    async with database.view() as tx:
        assert len(await load_letters(tx, states=[LetterState.WAITING])) == 1
    office = await signed_in("operator")
    _, text = await office.post(f"/reports/filters/{found[1]}", MONTH, what="forget")
    assert 'action="/reports/filters/' not in text


async def test_streets_are_compared_by_the_figures_each_gives(
    held: list[int], signed_in: SignIn
) -> None:
    office = await signed_in("operator")
    answer = await office.client.get("/reports/report.json?about=street&period=2026-11")
    figures = json.loads(await answer.read())
    assert figures["calls"] == 99
    _, text = await office.get("/reports/streets?period=2026-11")
    assert "没有别的街道的数" in text
    other = json.dumps(figures | {"street": "白露街道办事处", "made_by": "王会务"})
    text = await _upload(office, other)
    assert "白露街道办事处" in text
    assert "王会务" in text
    file = "/reports/streets/report"
    csv = await (await office.client.get(f"{file}.csv?period=2026-11")).text("utf-8-sig")
    assert [line.split(",")[0] for line in csv.splitlines()] == [
        "街道",
        "青禾街道办事处",
        "白露街道办事处",
    ]
    workbook = await (await office.client.get(f"{file}.xlsx?period=2026-11")).read()
    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        assert "白露街道办事处" in book.read("xl/sharedStrings.xml").decode()
        assert any("charts/chart" in name for name in book.namelist())
    pdf = await (await office.client.get(f"{file}.pdf?period=2026-11")).read()
    assert pdf.startswith(b"%PDF")
    found = re.search(r'action="/reports/streets/(\d+)"', text)
    assert found
    _, text = await office.post(f"/reports/streets/{found[1]}", "/reports/streets")
    assert "白露街道办事处" not in text
    assert "不是街道对比用的文件" in await _upload(office, "{}")


async def _upload(visitor: Visitor, text: str) -> str:
    _, page = await visitor.get("/reports/streets")
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert token
    form = FormData({"csrf": token[1]})
    form.add_field("figures", text.encode(), filename="figures.json")
    origin = str(visitor.client.make_url("/")).rstrip("/")
    answer = await visitor.client.post(
        "/reports/streets", data=form, headers={"Accept": "text/html", "Origin": origin}
    )
    return await answer.text()
