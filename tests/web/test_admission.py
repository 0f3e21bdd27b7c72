"""Requests from draft to decision: forms, files, the leader's desk, lending the word, quotas."""

import io
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestServer

from server.admission.routes import FILES
from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.keeping import words_of
from server.auth.model import AccountWords
from server.db.engine import Database
from server.domain.session import SessionState
from server.mail import store as letters
from server.mail.model import LetterState
from server.scheduler import store
from server.scheduler.filing import Approval, FiledRequest, RequestState
from server.scheduler.store.exceptions import load_exceptions
from server.scheduler.tables import SessionRow
from tests.fakes import FakeClock
from tests.web.conftest import HTML, Visitor
from tests.web.test_scheduler import booking, publish, send

Enter = Callable[[str], Awaitable[Visitor]]
PDF = b"%PDF-1.7 a harmless file"


async def request(database: Database, request_id: int) -> FiledRequest:
    async with database.view() as tx:
        return await store.read_request(tx, request_id)


async def kinds(database: Database) -> list[str]:
    async with database.view() as tx:
        return [event.kind for event in await load_recorded(tx)]


async def token_of(visitor: Visitor, page: str) -> str:
    _, text = await visitor.get(page)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
    assert found
    return found[1]


async def send_files(
    visitor: Visitor, path: str, *files: tuple[str, bytes], **changes: object
) -> tuple[int, str, str]:
    """Post the booking form the way a browser does, as parts, with files."""
    form = FormData(quote_fields=False)
    form.add_field("csrf", await token_of(visitor, path))
    for name, value in booking(**changes).items():
        for one in value if isinstance(value, list) else [value]:
            form.add_field(name, str(one))
    for name, data in files:
        form.add_field(
            "file", io.BytesIO(data), filename=name, content_type="application/octet-stream"
        )
    origin = str(visitor.client.make_url("/")).rstrip("/")
    answer = await visitor.client.post(path, data=form, headers=HTML | {"Origin": origin})
    return answer.status, answer.url.path, await answer.text()


def event_of(text: str) -> str:
    return re.findall(r'name="event" value="(\d+)"', text)[0]


# --- drafts and the form -----------------------------------------------------------------------


async def test_a_draft_is_kept_without_a_script_and_seen_by_its_department_alone(
    signed_in: Enter, database: Database
) -> None:
    clerk, office, leader = [await signed_in(n) for n in ("clerk", "operator", "leader")]
    _, path, text = await send(clerk, "/book", "/book", **booking(do="save", committee=[]))
    assert path == "/requests/1/edit"
    assert "存好了" in text
    assert 'value="反诈宣传月小结"' in text
    assert not re.search(r'name="committee" value="\d+" checked', text)
    assert (await request(database, 1)).state is RequestState.DRAFT
    for stranger in (office, leader):
        answer, _ = await stranger.get("/requests/1")
        assert answer.status == 404
    assert "request.submitted" not in await kinds(database)
    _, home = await clerk.get("/")
    assert "填了一半" in home


async def test_a_draft_is_kept_while_it_is_typed(signed_in: Enter, database: Database) -> None:
    clerk = await signed_in("clerk")
    _, _, text = await send(clerk, "/book", "/book", **booking(do="keep"))
    told = json.loads(text)
    assert (told["id"], told["version"]) == (1, 1)
    changes = booking(do="keep", topic="反诈小结", version="1")
    _, _, text = await send(clerk, "/requests/1/edit", "/requests/1/edit", **changes)
    assert json.loads(text)["version"] == 2
    assert (await request(database, 1)).filing.topic == "反诈小结"
    status, _, _ = await send(clerk, "/requests/1/edit", "/requests/1/edit", **changes)
    assert status == 409


async def test_a_refused_form_is_kept_as_a_draft_and_names_every_fault(
    signed_in: Enter, database: Database
) -> None:
    clerk = await signed_in("clerk")
    changes = {"minutes": "7", "urgent": "1", "since": "08:00", "till": "20:00"}
    status, _, text = await send(clerk, "/book", "/book", **booking(**changes))
    assert status == 422
    assert "有 3 处要改" in text
    assert "急件要写明理由" in text
    assert 'action="/requests/1/edit"' in text
    good = booking(version="1", minutes="10")
    status, path, _ = await send(clerk, "/requests/1/edit", "/requests/1/edit", **good)
    assert (status, path) == (200, "/requests/1")
    assert (await request(database, 1)).state is RequestState.SUBMITTED


async def test_two_clerks_never_overwrite_each_other_unseen(signed_in: Enter) -> None:
    clerk, second = await signed_in("clerk"), await signed_in("clerk")
    await send(clerk, "/book", "/book", **booking())
    edit = "/requests/1/edit"
    status, _, _ = await send(clerk, edit, edit, **booking(version="2", topic="先改的"))
    assert status == 200
    status, _, text = await send(second, edit, edit, **booking(version="2", topic="后改的"))
    assert status == 409
    assert 'value="后改的"' in text
    version = re.findall(r'name="version" value="(\d+)"', text)[0]
    status, _, _ = await send(second, edit, edit, **booking(version=version, topic="后改的"))
    assert status == 200


async def test_what_is_amended_is_shown_to_the_office(signed_in: Enter) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send(clerk, "/book", "/book", **booking())
    edit = "/requests/1/edit"
    await send(clerk, edit, edit, **booking(version="2", minutes="25", since="09:00", till="10:00"))
    _, text = await office.get("/requests/1")
    assert "<s>15</s> → <b>25</b>" in text
    assert "09:00 – 10:00" in text


async def test_a_copy_is_a_draft_with_the_same_files(signed_in: Enter, database: Database) -> None:
    clerk = await signed_in("clerk")
    await send_files(clerk, "/book", ("通知.pdf", PDF))
    _, path, text = await send(clerk, "/requests/1/copy", "/requests/1")
    assert path == "/requests/2/edit"
    assert "通知.pdf" in text
    assert (await request(database, 2)).state is RequestState.DRAFT


async def test_the_list_is_narrowed_by_its_address(signed_in: Enter) -> None:
    office = await signed_in("operator")
    _, text = await office.get("/requests")
    assert "还没有申请" in text
    await send(office, "/book", "/book", **booking(department="5", topic="消防 <b>演练</b>"))
    await send(office, "/book", "/book", **booking(department="1", topic="换届准备"))
    _, text = await office.get("/requests?show=coordinate&q=消防")
    assert "消防 &lt;b&gt;演练&lt;/b&gt;" in text
    assert "换届准备" not in text
    _, text = await office.get("/requests?show=nonsense&department=x&q=没有的")
    assert "没有这样的申请" in text


# --- files -------------------------------------------------------------------------------------


async def test_a_file_is_kept_listed_in_the_log_and_handed_out_as_a_download(
    signed_in: Enter, database: Database, server: TestServer
) -> None:
    clerk, leader = [await signed_in(n) for n in ("clerk", "leader")]
    status, path, text = await send_files(clerk, "/book", ("../../通知\u202egnp.pdf", PDF))
    assert (status, path) == (200, "/requests/1")
    assert "通知gnp.pdf" in text
    async with database.view() as tx:
        (event,) = await load_recorded(tx, kinds=["request.submitted"])
    (file,) = event.payload["files"]
    assert (file["name"], file["size"]) == ("通知gnp.pdf", len(PDF))
    assert (server.app[FILES] / file["sha256"][:2] / file["sha256"]).read_bytes() == PDF
    answer = await leader.client.get("/requests/1/files/1")
    assert await answer.read() == PDF
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.html", b"<script>alert(1)</script>"),
        ("a.svg", b"<svg onload=alert(1)>"),
        ("a.pdf", b"MZ this is a program"),
        ("a.pdf.exe", PDF),
        ("a.pdf", b""),
        ("a.pdf", PDF + b" " * (3 * 1024 * 1024)),
    ],
)
async def test_a_hostile_file_is_refused_with_what_would_do(
    signed_in: Enter, name: str, data: bytes
) -> None:
    clerk = await signed_in("clerk")
    status, _, text = await send_files(clerk, "/book", (name, data))
    assert status == 422
    assert 'id="file-error"' in text
    assert 'value="反诈宣传月小结"' in text


async def test_a_form_with_files_far_too_large_comes_back_and_names_the_file(
    signed_in: Enter,
) -> None:
    clerk = await signed_in("clerk")
    large = ("演练方案.pdf", PDF + b" " * (12 * 1024 * 1024))
    status, _, text = await send_files(clerk, "/book", ("a.pdf", PDF), large, topic="先填的")
    assert status == 422
    assert "演练方案.pdf" in text
    assert 'value="先填的"' in text
    most = [(f"{n}.pdf", PDF + b" " * (2 * 1024 * 1024)) for n in range(5)]
    status, path, _ = await send_files(clerk, "/book", *most)
    assert (status, path) == (200, "/requests/1")


async def test_what_a_button_is_refused_is_said_where_it_was_pressed(signed_in: Enter) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    await send(office, "/book", "/book", **booking(department="2"))
    status, _, text = await send(office, "/requests/1/overrun", "/requests/1", remark="要紧")
    assert status == 409
    assert 'role="alert"' in text
    assert 'value="要紧"' in text
    assert "要办的事" in text
    status, _, text = await send(leader, "/approve/undo", "/approve", event="1")
    assert status == 409
    assert "没有办成" in text
    assert "等领导批" in text


async def test_a_file_that_was_tampered_with_is_not_handed_out(
    signed_in: Enter, server: TestServer
) -> None:
    clerk = await signed_in("clerk")
    await send_files(clerk, "/book", ("a.pdf", PDF))
    (kept,) = [path for path in server.app[FILES].rglob("*") if path.is_file()]
    kept.write_bytes(PDF + b"!")
    answer, _ = await clerk.get("/requests/1/files/1")
    assert answer.status == 404


async def test_files_of_another_department_or_request_do_not_exist(signed_in: Enter) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send_files(office, "/book", ("a.pdf", PDF), department="5")
    await send_files(clerk, "/book", ("b.pdf", PDF))
    for path in ("/requests/1", "/requests/1/edit", "/requests/1/files/1", "/requests/2/files/1"):
        answer, _ = await clerk.get(path)
        assert answer.status == 404, path
    for path in ("/requests/1/withdraw", "/requests/1/copy", "/requests/1/files/1/remove"):
        status, _, _ = await send(clerk, path, "/book")
        assert status == 404, path


async def test_a_file_is_taken_off_and_six_are_too_many(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    await send_files(clerk, "/book", ("a.pdf", PDF), do="save")
    edit = "/requests/1/edit"
    files = [(f"{n}.pdf", PDF) for n in range(5)]
    status, _, text = await send_files(clerk, edit, *files, version="1")
    assert status == 422
    assert "最多带 5 个材料" in text
    _, path, text = await send(clerk, "/requests/1/files/1/remove", edit)
    assert path == edit
    assert "a.pdf" not in text


# --- rides -------------------------------------------------------------------------------------


async def test_one_click_puts_a_request_on_a_session_that_calls_the_same_people(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send(office, "/book", "/book", **booking(department="2", topic="自治例会", minutes="30"))
    await publish(office)
    _, _, text = await send(clerk, "/book", "/book", **booking(do="look"))
    ride = re.findall(r'name="ride" value="(\d+)"', text)[0]
    _, path, text = await send(clerk, "/book", "/book", **booking(do="", ride=ride))
    assert path == "/requests/2"
    assert "搭「自治例会」便车" in text
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert [item.topic for item in session.items] == ["自治例会", "反诈宣传月小结"]


async def test_a_ride_that_would_call_somebody_anew_waits_with_its_wish(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send(office, "/book", "/book", **booking(department="2", topic="自治例会"))
    await publish(office)
    await send(clerk, "/book", "/book", **booking(post=["SECRETARY"], ride="1"))
    waiting = await request(database, 2)
    assert (waiting.state, waiting.wish_id) == (RequestState.SUBMITTED, 1)


async def test_a_placed_request_that_is_amended_asks_for_a_replan_and_is_taken_out(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send(office, "/book", "/book", **booking(department="2", topic="自治例会", minutes="30"))
    await publish(office)
    await send(clerk, "/book", "/book", **booking(ride="1"))
    version = str((await request(database, 2)).version)
    edit = "/requests/2/edit"
    _, _, text = await send(clerk, edit, edit, **booking(minutes="20", version=version))
    assert "改过，等重排" in text
    _, text = await office.get("/requests?show=replan")
    assert "反诈宣传月小结" in text
    _, _, text = await send(office, "/requests/2/take-out", "/requests/2")
    assert "从会里拿出来" in text
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert [item.topic for item in session.items] == ["自治例会"]
    assert (session.ends_at - session.starts_at).total_seconds() == 30 * 60
    assert (await request(database, 2)).state is RequestState.SUBMITTED
    _, _, _ = await send(office, "/requests/1/take-out", "/requests/1")
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=tuple(SessionState))
    assert session.state is SessionState.CANCELLED


async def test_who_was_called_for_an_item_alone_is_not_called_once_it_is_taken_out(
    signed_in: Enter, database: Database
) -> None:
    office = await signed_in("operator")
    for topic, committee in (("消防演练", ["1", "2", "3"]), ("换届准备", ["3"])):
        day = {"earliest": "2026-11-26", "deadline": "2026-11-26", "topic": topic}
        await send(office, "/book", "/book", **booking(department="2", committee=committee, **day))
    await publish(office)
    async with database.view() as tx:
        (before,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
    assert len(before.venue_ids) == 3
    await send(office, "/requests/1/take-out", "/requests/1")
    async with database.view() as tx:
        (session,) = await store.load_sessions(tx, states=[SessionState.SCHEDULED])
        events = await load_recorded(tx, kinds=["session.changed"])
    assert (session.title, len(session.venue_ids)) == ("换届准备", 1)
    assert events[-1].payload["released"] == [1, 2]


async def test_what_was_placed_is_held_when_its_session_closes(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    await send(office, "/book", "/book", **booking(department="2"))
    await publish(office)
    async with database.tx() as tx:
        await store.set_state(tx, 1, SessionState.OPEN, clock.now())
        await store.set_state(tx, 1, SessionState.CLOSED, clock.now())
    assert (await request(database, 1)).state is RequestState.HELD
    status, _, text = await send(office, "/requests/1/take-out", "/requests")
    assert status == 409
    assert "照样再报一项" in text


# --- the office and the leader -----------------------------------------------------------------


async def test_a_request_goes_from_the_clerk_by_the_office_to_the_leader(
    signed_in: Enter, database: Database
) -> None:
    clerk, office, leader = [await signed_in(n) for n in ("clerk", "operator", "leader")]
    await send(clerk, "/book", "/book", **booking())
    _, text = await leader.get("/approve")
    assert "会务还在找便车：1 项" in text
    await send(office, "/requests/1/refer", "/requests/1")
    _, text = await leader.get("/")
    assert "看代价，批示" in text
    _, text = await leader.get("/approve")
    assert "多跑 33 趟" in text
    _, path, text = await send(leader, "/approve/requests/1", "/approve", choice="grant")
    assert path == "/approve"
    assert "已同意召集" in text
    assert (await request(database, 1)).approval is Approval.GRANTED
    _, text = await clerk.get("/")
    assert "最近的答复" in text
    _, text = await clerk.get("/requests/1")
    assert [text.index(w) for w in ("提交", "转请领导批", "同意召集")] == sorted(
        text.index(w) for w in ("提交", "转请领导批", "同意召集")
    )


async def test_a_decision_is_taken_back_within_its_time(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    await send(office, "/book", "/book", **booking(department="5"))
    await send(office, "/requests/1/refer", "/requests/1")
    decide = "/approve/requests/1"
    for values, approval in (
        ({"choice": "grant"}, Approval.GRANTED),
        ({"choice": "digest"}, Approval.NOT_NEEDED),
        ({"do": "refuse", "remark": "太急"}, Approval.REFUSED),
    ):
        _, _, text = await send(leader, decide, "/approve", **values)
        assert (await request(database, 1)).approval is approval
        _, _, text = await send(leader, "/approve/undo", "/approve", event=event_of(text))
        assert "已撤销" in text
        back = await request(database, 1)
        assert (back.approval, back.filing.read_only) == (Approval.PENDING, False)
    _, _, text = await send(leader, decide, "/approve", choice="grant")
    clock.advance(minutes=11)
    status, _, _ = await send(leader, "/approve/undo", "/approve", event=event_of(text))
    assert status == 409


async def test_the_leader_puts_a_request_on_a_ride_and_takes_it_back(
    signed_in: Enter, database: Database
) -> None:
    clerk, office, leader = [await signed_in(n) for n in ("clerk", "operator", "leader")]
    await send(office, "/book", "/book", **booking(department="2", topic="自治例会"))
    await publish(office)
    await send(clerk, "/book", "/book", **booking(urgent="1", why="今天就要办"))
    _, text = await leader.get("/approve")
    assert "第 1 件急件" in text
    assert "拼进自治例会" in text
    _, _, text = await send(leader, "/approve/requests/2", "/approve", choice="ride")
    assert (await request(database, 2)).state is RequestState.PLACED
    await send(leader, "/approve/undo", "/approve", event=event_of(text))
    back = await request(database, 2)
    assert (back.state, back.approval) == (RequestState.SUBMITTED, Approval.PENDING)


async def test_a_refusal_without_a_reason_comes_back(signed_in: Enter, database: Database) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    await send(office, "/book", "/book", **booking(department="5"))
    status, _, text = await send(leader, "/approve/requests/1", "/approve", do="refuse")
    assert status == 422
    assert "请写明原因" in text
    assert (await request(database, 1)).approval is Approval.PENDING


async def test_a_leader_decides_once_and_a_clerk_never(signed_in: Enter) -> None:
    clerk, leader = [await signed_in(n) for n in ("clerk", "leader")]
    await send(clerk, "/book", "/book", **booking())
    decide = "/approve/requests/1"
    await send(leader, decide, "/approve", do="refuse", remark="结合例会讲")
    status, _, _ = await send(leader, decide, "/approve", choice="grant")
    assert status == 409
    status, _, _ = await send(clerk, decide, "/book", choice="grant")
    assert status == 403
    _, text = await clerk.get("/requests/1")
    assert "结合例会讲" in text


async def test_the_office_decides_only_while_it_has_been_lent_the_word(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    await send(office, "/book", "/book", **booking(department="5"))
    decide = "/approve/requests/1"
    status, _, _ = await send(office, decide, "/requests/1", choice="grant")
    assert status == 403
    loan = {"taker": "1", "first": "2026-11-24", "last": "2026-11-25"}
    _, _, text = await send(leader, "/approve/loans", "/approve", **loan)
    assert "自治办 会务" in text
    await send(office, decide, "/approve", choice="grant")
    _, text = await leader.get("/requests/1")
    assert "代街道 周主任" in text
    await send(office, "/book", "/book", **booking(department="5", topic="第二项"))
    clock.advance(days=2)
    status, _, _ = await send(office, "/approve/requests/2", "/requests/2", choice="grant")
    assert status == 403
    assert {"approval.lent", "request.granted"} <= set(await kinds(database))


@pytest.mark.parametrize(
    "loan",
    [
        {"taker": "1", "first": "2026-11-20", "last": "2026-11-23"},
        {"taker": "1", "first": "2026-11-26", "last": "2026-11-25"},
        {"taker": "3", "first": "2026-11-24", "last": "2026-11-25"},
        {"taker": "2", "first": "2026-11-24", "last": "2026-11-25"},
        {"taker": "x", "first": "", "last": ""},
    ],
)
async def test_a_loan_that_cannot_be_is_refused(signed_in: Enter, loan: dict[str, str]) -> None:
    leader = await signed_in("leader")
    status, _, text = await send(leader, "/approve/loans", "/approve", **loan)
    assert status == 422
    assert 'role="alert"' in text


async def test_a_loan_is_taken_back_by_who_made_it(signed_in: Enter) -> None:
    leader, office = [await signed_in(n) for n in ("leader", "operator")]
    loan = {"taker": "1", "first": "2026-11-24", "last": "2026-11-25"}
    await send(leader, "/approve/loans", "/approve", **loan)
    status, _, _ = await send(office, "/approve/loans/1/end", "/approve")
    assert status == 403
    _, _, text = await send(leader, "/approve/loans/1/end", "/approve")
    assert "/approve/loans/1/end" not in text
    status, _, _ = await send(leader, "/approve/loans/1/end", "/approve")
    assert status == 404


async def test_a_request_is_returned_with_a_reason_and_submitted_again(
    signed_in: Enter, database: Database
) -> None:
    clerk, office = [await signed_in(n) for n in ("clerk", "operator")]
    await send(clerk, "/book", "/book", **booking())
    status, _, _ = await send(office, "/requests/1/return", "/requests/1", remark=" ")
    assert status == 422
    await send(office, "/requests/1/return", "/requests/1", remark="叫的人太多")
    _, text = await clerk.get("/requests/1/edit")
    assert "叫的人太多" in text
    version = str((await request(database, 1)).version)
    edit = "/requests/1/edit"
    await send(clerk, edit, edit, **booking(committee=["1", "2"], version=version))
    again = await request(database, 1)
    assert (again.state, again.filing.committee_ids) == (RequestState.SUBMITTED, (1, 2))


async def test_the_department_is_told_by_letter_unless_the_word_is_taken_back(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    clerk, leader = [await signed_in(n) for n in ("clerk", "leader")]
    async with database.tx() as tx:
        account = await accounts.load_account(tx, "clerk")
        assert account is not None
        words = AccountWords(
            account.name, account.display_name, account.role, account.department_id, email="a@b.cn"
        )
        await accounts.save_words(tx, account.id, words)
    await send(clerk, "/book", "/book", **booking())
    decide = "/approve/requests/1"
    _, _, text = await send(leader, decide, "/approve", choice="grant")
    async with database.view() as tx:
        assert await letters.load_due(tx, clock.now(), 9) == []
        assert len(await letters.load_due(tx, clock.now() + timedelta(seconds=10), 9)) == 1
    await send(leader, "/approve/undo", "/approve", event=event_of(text))
    async with database.view() as tx:
        assert await letters.load_due(tx, clock.now() + timedelta(days=1), 9) == []
    await send(leader, decide, "/approve", do="refuse", remark="结合例会讲")
    async with database.view() as tx:
        (stored,) = await letters.load_letters(tx, states=list(LetterState))
    letter = stored.letter
    assert letter.recipient == "a@b.cn"
    assert "结合例会讲" in letter.text


# --- calls above quotas ------------------------------------------------------------------------


async def fill_the_week(office: Visitor, database: Database, clock: FakeClock) -> None:
    """Place sessions with social workers until no quota is left for two of the committees."""
    for day in ("2026-11-25", "2026-11-26", "2026-11-27"):
        only = {"earliest": day, "deadline": day, "topic": f"社工会{day[-2:]}", "department": "2"}
        values: dict[str, Any] = booking(**only, post=["SOCIAL_WORKER"], committee=["1", "2"])
        status, path, _ = await send(office, "/book", "/book", **values)
        assert (status, path[:10]) == (200, "/requests/")
        await publish(office)
        # each is out of the way of those that follow, and still counted
        async with database.tx() as tx:
            for session in await store.load_sessions(tx, states=[SessionState.SCHEDULED]):
                row = await tx.get(SessionRow, session.id)
                assert row is not None
                row.starts_at += timedelta(hours=9)
                row.ends_at += timedelta(hours=9)


async def test_a_leader_signs_a_list_of_calls_above_quotas_with_one_struck(
    signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    await fill_the_week(office, database, clock)
    wanted = booking(
        department="2",
        topic="走访培训",
        post=["SOCIAL_WORKER"],
        committee=["1", "2", "3"],
        deadline="2026-11-27",
    )
    _, _, text = await send(office, "/book", "/book", **wanted | {"do": "look"})
    assert "2 家次超限" in text
    assert "限额已满" in text
    await send(office, "/book", "/book", **wanted)
    await publish(office)
    _, text = await office.get("/requests/4")
    assert "报领导签超限" in text
    why = "市里下周检查"
    status, _, _ = await send(office, "/requests/4/overrun", "/requests/4", remark=why)
    assert status == 200
    status, _, _ = await send(office, "/requests/4/overrun", "/requests/4", remark=why)
    assert status == 409
    _, text = await leader.get("/approve")
    assert why in text
    assert text.count("4 / 3 场") == 2
    sign = {"overrun": "1", "agree": ["1-2"], "do": "sign"}
    _, _, text = await send(leader, "/approve/overruns", "/approve", **sign)
    placed = await request(database, 4)
    assert (placed.state, placed.filing.committee_ids) == (RequestState.PLACED, (2, 3))
    async with database.view() as tx:
        signed = await load_exceptions(tx)
    assert [(one.request, one.committee, one.used, one.limit) for one in signed] == [
        ("R004", "C2", 4, 3)
    ]
    _, ledger = await office.get("/quota?period=2026-W48")
    assert "超 1 场，领导已签" in ledger
    assert "已公布的安排超了限额" not in ledger
    await send(leader, "/approve/undo", "/approve", event=event_of(text))
    back = await request(database, 4)
    assert (back.state, back.filing.committee_ids) == (RequestState.LEFT_OUT, (1, 2, 3)) or (
        back.state is RequestState.SUBMITTED
    )
    async with database.view() as tx:
        assert await load_exceptions(tx) == []
    status, _, _ = await send(leader, "/approve/overruns", "/approve", overrun="1", do="refuse")
    assert status == 422
    refuse = {"overrun": "1", "do": "refuse", "remark": "下月再说"}
    await send(leader, "/approve/overruns", "/approve", **refuse)
    assert (await request(database, 4)).remark == "下月再说"
    status, _, _ = await send(leader, "/approve/overruns", "/approve", **sign)
    assert status == 409


async def test_quotas_that_are_not_in_the_way_need_no_list(signed_in: Enter) -> None:
    office = await signed_in("operator")
    await send(office, "/book", "/book", **booking(department="2"))
    status, _, text = await send(office, "/requests/1/overrun", "/requests/1", remark="要紧")
    assert status == 409
    assert "只差限额" in text


async def test_the_pages_speak_english(signed_in: Enter) -> None:
    office, leader = [await signed_in(n) for n in ("operator", "leader")]
    for visitor in (office, leader):
        await send(visitor, "/choices", "/", language="en", next="/")
    await send(office, "/book", "/book", **booking(department="5", urgent="1", why="flood"))
    for visitor, page, words in (
        (office, "/requests", "Where it went, and why"),
        (office, "/requests/1", "What happened"),
        (office, "/requests/1/edit", "Amend request"),
        (leader, "/approve", "Why it needs you"),
    ):
        _, text = await visitor.get(page)
        assert words in text


async def test_a_clerk_is_written_to_in_the_language_chosen_on_the_account_page(
    signed_in: Enter, database: Database
) -> None:
    clerk, leader = [await signed_in(n) for n in ("clerk", "leader")]
    async with database.tx() as tx:
        account = await accounts.load_account(tx, "clerk")
        assert account is not None
        await accounts.save_words(tx, account.id, replace(words_of(account), email="a@b.cn"))
    _, text = await clerk.post("/account/language", "/account", language="en")
    assert "以后的信照这个写" in text
    assert '<option value="en" lang="en" selected>' in text
    await send(clerk, "/book", "/book", **booking())
    await send(leader, "/approve/requests/1", "/approve", choice="grant")
    async with database.view() as tx:
        (stored,) = await letters.load_letters(tx, states=list(LetterState))
    assert stored.letter.subject.startswith("R001 “")
    assert stored.letter.subject.endswith("”: granted")
    assert "Sign in and look under Requests" in stored.letter.text
    answer, _ = await clerk.post("/account/language", "/account", language="fr")
    assert answer.status == 404
