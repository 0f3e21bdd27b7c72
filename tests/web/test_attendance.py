"""The report as people get it: page, PDF, CSV and the check, each view on record."""

import csv
import io
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import text

from server.audit import service as audit
from server.audit import store as log
from server.audit import verify
from server.audit.keeping import erase_due
from server.audit.retention import Policy
from server.config import Settings
from server.db.engine import Database
from server.domain.events import EventKind
from server.scheduler.store import load_never_held
from server.simulator.demo_street import COMMITTEES
from tests.fakes import FakeClock
from tests.held import begin, hold_tuesday
from tests.web.conftest import HTML, Visitor

Enter = Callable[[str], Awaitable[Visitor]]


@pytest.fixture
async def auditor(signed_in: Enter, clock: FakeClock) -> Visitor:
    clock.advance(hours=6)
    return await signed_in("auditor")


async def test_the_list_names_the_sessions_that_were_held(
    auditor: Visitor, database: Database
) -> None:
    _, empty = await auditor.get("/attendance")
    assert "还没有开过会" in empty
    held = await hold_tuesday(database)
    _, full = await auditor.get("/attendance")
    assert f'href="/attendance/{held.id}"' in full
    assert "已散会" in full


async def test_the_page_shows_figures_verdicts_and_an_unbroken_chain(
    auditor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    answer, page = await auditor.get(f"/attendance/{held.id}")
    assert answer.status == 200
    for words in (
        "93.9%",
        "迟到 6 分",
        "早退 10 分",
        "到，断线 4 分",
        "未到",
        "有情况的 8 家排在前面",
        "记录链完整，没有改动",
        "PH-2026-1124-01",
        "到会人数 8 改 9",
        "有 1 人晚签到",
    ):
        assert words in page, words
    assert " style=" not in page


async def test_the_page_speaks_english_too(auditor: Visitor, database: Database) -> None:
    held = await hold_tuesday(database)
    auditor.client.session.cookie_jar.update_cookies({"pinhui_lang": "en"})
    _, page = await auditor.get(f"/attendance/{held.id}")
    assert "6 min late" in page
    assert "The chain is whole" in page


async def test_every_view_and_download_is_an_event_shown_to_the_next_reader(
    auditor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    _, first = await auditor.get(f"/attendance/{held.id}")
    assert "您是第一个看的" in first
    await auditor.get(f"/attendance/{held.id}/report.csv")
    _, third = await auditor.get(f"/attendance/{held.id}")
    assert "导出 CSV" in third
    async with database.view() as tx:
        events = await log.load_recorded(
            tx, kinds=[EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED]
        )
    assert [event.payload["format"] for event in events] == ["page", "csv", "page"]
    assert all(event.actor.startswith("login:") for event in events)


async def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(
    auditor: Visitor, database: Database
) -> None:
    held = await begin(database, title="=HYPERLINK(1)")
    answer = await auditor.client.get(f"/attendance/{held.id}/report.csv", headers=HTML)
    body = await answer.read()
    assert body.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="PH-2026-1124-01.csv"'
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == 34
    assert {len(row) for row in rows} == {18}
    assert rows[0][:3] == ["审计编号", "日期", "会议"]
    assert rows[1][2] == "'=HYPERLINK(1)"


async def test_the_pdf_has_numbered_pages_the_audit_number_and_the_chain_value(
    auditor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    answer = await auditor.client.get(f"/attendance/{held.id}/report.pdf", headers=HTML)
    assert answer.status == 200
    assert answer.content_type == "application/pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(await answer.read())).pages]
    whole = "".join("".join(pages).split())
    async with database.view() as tx:
        events = await log.load_recorded(tx, session_id=held.id)
        last = [e for e in events if e.kind != EventKind.REPORT_DOWNLOADED][-1]
        value = await log.load_hash(tx, last.sequence)
    assert len(pages) == 2
    assert "第1页/共2页" in whole
    assert "第2页/共2页" in whole
    assert "PH-2026-1124-01" in whole
    assert value in whole
    assert "听泉苑" in whole or "26" in whole


@pytest.mark.parametrize("path", ["", "/report.pdf", "/report.csv"])
async def test_a_session_that_was_not_opened_or_does_not_exist_has_no_report(
    auditor: Visitor, path: str
) -> None:
    for session in ("999", "x", "99999999999"):
        answer, _ = await auditor.get(f"/attendance/{session}{path}")
        assert answer.status == 404


async def value_of(database: Database, session_id: int) -> str:
    async with database.view() as tx:
        events = await log.load_recorded(tx, session_id=session_id)
        value = await log.load_hash(tx, events[-1].sequence)
    assert value is not None
    return value


async def test_anybody_can_check_a_report_by_its_number_and_value(
    visitor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    value = await value_of(database, held.id)
    _, asked = await visitor.get("/verify")
    assert "谁都能查，不用登录" in asked
    _, plain = await visitor.get("/verify?number=PH-2026-1124-01")
    assert "没有改动" in plain
    assert "全部" not in plain
    assert "这场会的根值" not in plain
    for told in ("主任工作例会", COMMITTEES[16]):
        assert told not in plain
    _, exact = await visitor.get(f"/verify?number=ph-2026-1124-01&value={value.upper()}")
    assert "一字不差" in exact
    assert "主任工作例会" in exact
    assert COMMITTEES[16] in exact
    _, wrong = await visitor.get(f"/verify?number=PH-2026-1124-01&value={'0' * 64}")
    assert "校验值对不上" in wrong
    assert COMMITTEES[16] not in wrong
    for number in ("PH-2026-1124-02", "PH-2026-1125-01", "x"):
        answer, _ = await visitor.get(f"/verify?number={number}")
        assert answer.status == 404


async def test_of_an_erased_session_every_page_says_so_and_the_chain_is_checked(
    signed_in: Enter, visitor: Visitor, database: Database, clock: FakeClock
) -> None:
    held = await hold_tuesday(database)
    clock.advance(days=1830)
    auditor = await signed_in("auditor")
    await erase_due(database, clock, Policy(), load_never_held, actor="login:1")
    for path in ("", "/items", "/report.csv", "/proof.zip", "/corrections"):
        answer, page = await auditor.get(f"/attendance/{held.id}{path}")
        assert answer.status == 422
        assert "已过保存期限" in page
    for one in (visitor, auditor):
        _, page = await one.get("/verify?number=PH-2026-1124-01")
        assert "没有改动" in page
    assert "内容删了" in page


async def test_who_may_read_reports_needs_no_value_to_look_at_a_chain(
    auditor: Visitor, signed_in: Enter, database: Database
) -> None:
    await hold_tuesday(database)
    _, text = await auditor.get("/verify?number=PH-2026-1124-01")
    assert COMMITTEES[16] in text
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/verify?number=PH-2026-1124-01")
    assert COMMITTEES[16] not in text


async def test_the_proof_package_and_the_workbook_can_be_taken_and_it_is_recorded(
    auditor: Visitor, database: Database, settings: Settings, tmp_path: Path
) -> None:
    held = await hold_tuesday(database)
    answer = await auditor.client.get(f"/attendance/{held.id}/proof.zip", headers=HTML)
    assert answer.status == 200
    file = tmp_path / "proof.zip"
    file.write_bytes(await answer.read())
    found = verify.check_package(file)
    assert (found.roots, found.files) == (1, 5)
    with zipfile.ZipFile(file) as archive:
        pdf = archive.read("PH-2026-1124-01.pdf")
    assert b"/ByteRange" in pdf
    root = PdfReader(io.BytesIO(pdf)).root_object
    assert b"pdfaid" in root["/Metadata"].get_object().get_data()
    assert (settings.data_dir / "tls" / "seal.pem").stat().st_mode & 0o077 == 0
    answer = await auditor.client.get(f"/attendance/{held.id}/report.xlsx", headers=HTML)
    assert (await answer.read()).startswith(b"PK")
    assert 'filename="PH-2026-1124-01.xlsx"' in answer.headers["Content-Disposition"]
    async with database.view() as tx:
        events = await log.load_recorded(
            tx, kinds=[EventKind.REPORT_DOWNLOADED, EventKind.PROOF_MADE]
        )
    assert [event.payload.get("format", event.kind) for event in events] == [
        "proof",
        "proof.made",
        "xlsx",
    ]


async def test_the_root_stands_on_page_and_paper_and_can_be_checked(
    auditor: Visitor, visitor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    async with database.view() as tx:
        seal = (await audit.load_seals(tx, session_id=held.id))[0]
    _, page = await auditor.get(f"/attendance/{held.id}")
    assert seal.root[:16] in page
    assert seal.root[48:] in page
    number = "PH-2026-1124-01"
    for query in (f"value={seal.root}", f"value={await value_of(database, held.id)}"):
        _, fits = await visitor.get(f"/verify?number={number}&{query}&root={seal.root}")
        assert "没有改动" in fits
    async with database.view() as tx:
        seen = await log.load_recorded(tx, kinds=[EventKind.REPORT_VIEWED])
    _, only = await visitor.get(f"/verify?number={number}&value={seal.root}")
    assert "根值与散会时记下的一字不差" in only
    for told in ("主任工作例会", COMMITTEES[16], "寒潮值班", "这场会的根值"):
        assert told not in only
    async with database.view() as tx:
        assert await log.load_recorded(tx, kinds=[EventKind.REPORT_VIEWED]) == seen
    _, only = await auditor.get(f"/verify?number={number}&value={seal.root}")
    assert "根值与报告上印的一字不差" in only
    _, wrong = await visitor.get(f"/verify?number={number}&root={'0' * 64}")
    assert "根值对不上" in wrong


async def test_the_value_of_another_session_s_report_proves_nothing(
    visitor: Visitor, database: Database
) -> None:
    await hold_tuesday(database)
    other = await begin(database, title="另一场会")
    value = await value_of(database, other.id)
    _, page = await visitor.get(f"/verify?number=PH-2026-1124-01&value={value}")
    assert "校验值对不上" in page


async def test_a_change_behind_our_back_is_named_on_both_pages(
    auditor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    async with database.tx() as tx:
        await tx.execute(text("DROP TRIGGER audit_events_keep"))
        await tx.execute(text("UPDATE audit_events SET actor = 'venue:9' WHERE sequence = 20"))
    for path in (f"/attendance/{held.id}", "/verify?number=PH-2026-1124-01"):
        _, page = await auditor.get(path)
        assert "记录被改动过" in page
        assert "第一处在第 20 条" in page
        assert "内容被改过" in page


async def test_the_verifier_and_a_log_without_contents_can_be_taken_away(
    visitor: Visitor, auditor: Visitor, database: Database
) -> None:
    held = await hold_tuesday(database)
    value = await value_of(database, held.id)
    assert "/verify/log.jsonl" not in (await visitor.get("/verify"))[1]
    assert "/verify/log.jsonl" in (await auditor.get("/verify"))[1]
    program = await (await visitor.client.get("/verify/verify.py")).read()
    assert program.startswith(b"#!/usr/bin/env python3")
    exported = await (await auditor.client.get("/verify/log.jsonl")).read()
    assert "寒潮值班".encode() not in exported
    assert value.encode() in exported
    async with database.view() as tx:
        taken = await log.load_recorded(tx, kinds=[EventKind.AUDIT_EXPORTED])
    assert [event.payload for event in taken] == [{"bodies": "withheld"}]
    assert taken[0].actor.startswith("login:")


async def test_what_is_kept_too_long_is_shown_and_erased_by_the_administrator_only(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    await hold_tuesday(database)
    clock.advance(hours=24 * 1900)
    auditor, admin = await signed_in("auditor"), await signed_in("admin")
    _, page = await auditor.get("/admin/retention")
    assert "只看不删" in page
    assert "会场到会" in page
    assert "venue.connected" not in page
    assert "按期限删除" not in page
    answer, done = await admin.post("/admin/retention", "/admin/retention")
    assert answer.status == 200
    assert "已记入审计记录" in done
    assert "现在没有到期的" in done
    async with database.view() as tx:
        assert (await audit.check(tx)).fault is None
