"""The weekly digest: issued by the timer, written to committees, read, reminded of, corrected."""

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage

import pytest
from aiohttp.test_utils import TestServer
from pypdf import PdfReader

from server.admission import vault
from server.admission.routes import FILES
from server.admission.store import save_attachment
from server.app.keys import TIMER
from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.keeping import choose_language, words_of
from server.db.engine import Database
from server.digest import store
from server.digest.links import LASTS, LinkName, link_token
from server.digest.model import WeeklyDigest
from server.domain.events import EventKind, Recorded
from server.domain.places import Post
from server.mail.model import LetterState
from server.mail.service import send_waiting
from server.mail.store import load_letters
from server.pages.context import SECRET
from server.scheduler import store as scheduler
from server.scheduler.filing import Approval, FiledRequest, Filing, RequestState
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.mail_servers import Inbox, smtp_server
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
MONDAY = date(2026, 11, 23)
OWN, OTHER = 12, 1
"""The secretary's committee 杏雨里, and another."""


async def file_known(
    database: Database, clock: FakeClock, topic: str = "医保缴费", **changes: object
) -> int:
    """File something that is only to be made known and stands in this week's digest."""
    async with database.tx() as tx:
        departments = {d.name: d.id for d in await street.load_departments(tx)}
        filing = Filing(
            department_id=departments["平安办"],
            topic=topic,
            minutes=15,
            read_only=True,
            posts=(Post.DIRECTOR,),
            committee_ids=(),
            earliest=MONDAY,
            deadline=MONDAY + timedelta(days=14),
        )
        digest_on = changes.pop("digest_on", MONDAY)
        filing = replace(filing, **changes)  # type: ignore[arg-type]
        request_id = await scheduler.save_request(
            tx,
            filing,
            approval=Approval.NOT_NEEDED,
            filed_at=clock.now(),
            state=RequestState.SUBMITTED,
        )
        request = await scheduler.load_request(tx, request_id)
        assert isinstance(digest_on, date)
        placed = replace(request, state=RequestState.IN_DIGEST, digest_on=digest_on)
        await scheduler.save_filed(tx, placed)
    return request_id


async def issue(server: TestServer, database: Database) -> WeeklyDigest:
    """Let the timer look, and return the latest digest."""
    await server.app[TIMER].look()
    async with database.view() as tx:
        return (await store.load_digests(tx))[0]


async def request(database: Database, request_id: int) -> FiledRequest:
    async with database.view() as tx:
        return await scheduler.read_request(tx, request_id)


async def events(database: Database, kind: EventKind) -> list[Recorded]:
    async with database.view() as tx:
        return await load_recorded(tx, kinds=[kind])


async def give_addresses(database: Database, clock: FakeClock) -> None:
    """Give the own committee and its secretary an address each; hers is written in English."""
    async with database.tx() as tx:
        own = next(c for c in await street.load_committees(tx) if c.id == OWN)
        await street.update_committee(
            tx, OWN, name=own.name, venue=own.name, email="xing@street.test"
        )
        account = await accounts.load_account(tx, "secretary")
        assert account is not None
        words = replace(words_of(account), email="secretary@street.test")
        await accounts.save_words(tx, account.id, words)
    await choose_language(database, clock, account.id, "en")


async def post_out(database: Database, clock: FakeClock) -> dict[str, EmailMessage]:
    """Send what waits through a real server; return the letters by recipient."""
    inbox = Inbox()
    async with smtp_server(inbox) as mail:
        await send_waiting(database, clock, server=mail, sender_name="青禾街道办事处")
    return dict(inbox.taken)


def said(letter: EmailMessage, kind: str = "plain") -> str:
    part = letter.get_body((kind,))
    assert isinstance(part, EmailMessage)
    text = part.get_content()
    assert isinstance(text, str)
    return text


def link_in(letter: EmailMessage) -> str:
    found = re.search(r"https?://[^/\s]+(/d/[\w-]+)", said(letter))
    assert found
    return found[1]


def event_of(text: str) -> str:
    return re.findall(r'name="event" value="(\d+)"', text)[0]


# --- issued ------------------------------------------------------------------------------------


async def test_the_timer_issues_it_once_and_what_was_missed_once_after_the_start(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    request_id = await file_known(database, clock)
    digest = await issue(server, database)
    assert (digest.week, digest.day) == ("2026-W48", MONDAY)
    assert digest.issued_at == NOON_TUESDAY
    assert [e.topic for e in digest.entries] == ["医保缴费"]
    issued = await request(database, request_id)
    assert (issued.state, issued.issued_at) == (RequestState.IN_DIGEST, NOON_TUESDAY)
    assert await issue(server, database) == digest
    (sent,) = await events(database, EventKind.DIGEST_SENT)
    assert sent.payload["requests"] == ["R001"]
    assert sent.payload["entries"] == 1


async def test_a_late_item_stands_in_the_next(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    await issue(server, database)
    late = await file_known(database, clock, "迟到的")
    await server.app[TIMER].look()
    assert (await request(database, late)).issued_at is None
    clock.advance(days=5, hours=20, minutes=29)
    await server.app[TIMER].look()
    assert (await request(database, late)).issued_at is None
    clock.advance(minutes=1)
    digest = await issue(server, database)
    assert (digest.week, [e.topic for e in digest.entries]) == ("2026-W49", ["迟到的"])


async def test_an_issued_item_cannot_be_taken_out_and_says_where_it_stands(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    request_id = await file_known(database, clock)
    office = await signed_in("operator")
    page = f"/requests/{request_id}"
    _, text = await office.get(page)
    assert "拿出来重新排" in text
    await issue(server, database)
    _, text = await office.get(page)
    assert "拿出来重新排" not in text
    assert '<a href="/digest/2026-W48">谁看过、谁没看</a>' in text
    assert "随 11 月 23 日 周一 的每周工作提示发出" in text
    answer, text = await office.post(f"{page}/take-out", "/digest")
    assert answer.status == 409
    assert "在下一期更正" in text


# --- read --------------------------------------------------------------------------------------


async def test_before_the_first_one_every_role_is_told_when_it_comes(signed_in: Enter) -> None:
    for name, words in (
        ("secretary", "还没有发过工作提示"),
        ("operator", "每周第一个工作日 08:30 自己发出"),
        ("clerk", "下一期还没有本科室登的"),
        ("leader", "还没有要登的"),
    ):
        answer, text = await (await signed_in(name)).get("/digest")
        assert answer.status == 200
        assert words in text
        assert "下一期 11 月 23 日 周一 08:30 发" in text


async def test_opening_the_page_is_reading_it_and_its_department_sees_that(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await file_known(database, clock, text="请提醒居民。\n带上证件。", due_on=date(2026, 11, 27))
    await file_known(database, clock, "只给别家", committee_ids=(OTHER,))
    await issue(server, database)
    secretary, clerk = await signed_in("secretary"), await signed_in("clerk")
    _, home = await secretary.get("/")
    assert '<span class="count">1<span' in home
    assert "1 条，1 条没看" in home
    _, text = await clerk.get("/digest")
    assert "0 / 33 家看过" in text
    assert "0 / 1 家看过" in text
    await secretary.client.head("/digest")
    await secretary.get("/digest", **{"Sec-Purpose": "prefetch"})
    assert await events(database, EventKind.DIGEST_READ) == []
    _, text = await secretary.get("/digest")
    assert "记下了：这 1 条您看过了" in text
    assert "<p>带上证件。</p>" in text
    assert "11 月 27 日前办好" in text
    assert "只给别家" not in text
    assert '<span class="count">' not in text
    assert '<span class="count">' not in (await secretary.get("/"))[1]
    _, text = await secretary.get("/digest/2026-W48")
    assert "记下了" not in text
    (read,) = await events(database, EventKind.DIGEST_READ)
    assert read.payload == {
        "week": "2026-W48",
        "committee_id": OWN,
        "entries": [2],
        "way": "page",
    } or read.payload["entries"] == [1]
    assert read.actor.startswith("login:")
    _, text = await clerk.get("/digest")
    assert "1 / 33 家看过" in text
    _, text = await (await signed_in("operator")).get("/digest")
    assert "杏雨里 书记" in text
    assert "1 / 33 家看完" in text


async def test_one_entry_is_read_from_the_first_screen(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await file_known(database, clock)
    await file_known(database, clock, "燃气软管")
    await issue(server, database)
    secretary = await signed_in("secretary")
    answer, text = await secretary.post("/digest/2026-W48/read", "/", entry="2", next="home")
    assert answer.url.path == "/"
    assert "2 条，1 条没看" in text
    async with database.view() as tx:
        (receipt,) = await store.load_receipts(tx, ["2026-W48"])
    assert (receipt.number, receipt.committee_id, receipt.way) == (2, OWN, "press")
    await secretary.post("/digest/2026-W48/read", "/digest", entry="2")
    assert len(await events(database, EventKind.DIGEST_READ)) == 2


async def test_a_week_that_was_not_issued_is_not_there(
    server: TestServer, database: Database, signed_in: Enter
) -> None:
    await issue(server, database)
    for name in ("secretary", "operator"):
        for week in ("2026-W47", "junk", "2026-W48%00"):
            answer, _ = await (await signed_in(name)).get(f"/digest/{week}")
            assert answer.status == 404


async def test_another_departments_clerk_sees_nothing_of_it(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    async with database.view() as tx:
        other = next(d.id for d in await street.load_departments(tx) if d.name == "服务办")
    await file_known(database, clock, "服务办的事", department_id=other)
    await file_known(database, clock, "还没发的", department_id=other, digest_on=date(2026, 11, 30))
    await issue(server, database)
    clerk = await signed_in("clerk")
    _, text = await clerk.get("/digest")
    assert "服务办的事" not in text
    assert "还没发的" not in text
    assert "这一期没有本科室登的" in text
    answer, _ = await clerk.post("/digest/2026-W48/correct", "/digest", entry="1", text="x")
    assert answer.status == 404


# --- letters and links -------------------------------------------------------------------------


async def test_each_is_written_to_in_their_language_and_reads_by_the_link_with_one_press(
    server: TestServer,
    database: Database,
    clock: FakeClock,
    visitor: Visitor,
    signed_in: Enter,
) -> None:
    await give_addresses(database, clock)
    await file_known(database, clock, "医保 <b>缴费", text="请提醒居民。")
    await issue(server, database)
    letters = await post_out(database, clock)
    assert set(letters) == {"xing@street.test", "secretary@street.test"}
    chinese, english = letters["xing@street.test"], letters["secretary@street.test"]
    assert chinese["Subject"] == "每周工作提示 · 11 月 23 日 周一"
    assert english["Subject"] == "Weekly digest · Mon 23 Nov"
    assert "1. 医保 <b>缴费" in said(chinese)
    assert "医保 &lt;b&gt;缴费" in said(chinese, "html")
    assert "请提醒居民。" in said(chinese)
    assert "<img" not in said(chinese, "html")
    assert link_in(chinese) != link_in(english)

    link = link_in(chinese)
    _, text = await visitor.get(link)
    assert "请提醒居民。" in text
    assert await events(database, EventKind.DIGEST_READ) == []
    answer, text = await visitor.post(f"{link}/read", link)
    assert answer.url.path == link
    assert "记下了，谢谢您。" in text
    (read,) = await events(database, EventKind.DIGEST_READ)
    assert (read.actor.partition(":")[0], read.payload["way"]) == ("venue", "link")
    _, text = await (await signed_in("operator")).get("/digest")
    assert "信里的链接" in text
    _, text = await visitor.get(link_in(english))
    assert "我已阅" not in text
    assert "已阅</button>" in text


async def test_a_link_ends_with_its_time_its_account_and_its_committee(
    server: TestServer, database: Database, clock: FakeClock, visitor: Visitor
) -> None:
    await give_addresses(database, clock)
    await file_known(database, clock)
    await issue(server, database)
    letters = await post_out(database, clock)
    venue, person = (link_in(letters[f"{n}@street.test"]) for n in ("xing", "secretary"))
    for junk in (venue[:-1] + ("0" if venue[-1] != "0" else "1"), "/d/junk", venue + "x"):
        assert (await visitor.get(junk))[0].status == 404
    async with database.tx() as tx:
        account = await accounts.load_account(tx, "secretary")
        assert account is not None
        await accounts.save_disabled(tx, account.id, clock.now())
    assert (await visitor.get(person))[0].status == 404
    assert (await visitor.get(venue))[0].status == 200
    clock.advance(days=LASTS.days, seconds=1)
    answer, text = await visitor.get(venue)
    assert answer.status == 404
    assert "这个链接看不了了" in text


async def test_a_committee_with_nothing_to_be_told_gets_no_letter(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    await give_addresses(database, clock)
    await file_known(database, clock, committee_ids=(OTHER,))
    await issue(server, database)
    assert await post_out(database, clock) == {}


async def test_the_weeks_sessions_stand_in_the_letter_and_on_the_page(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await give_addresses(database, clock)
    start = NOON_TUESDAY + timedelta(days=1)
    async with database.tx() as tx:
        venues = {v.committee_id: v.id for v in await street.load_venues(tx)}
        await scheduler.save_session(
            tx,
            title="书记例会",
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            hall="三楼会议室",
            items=[("学习", "党建办", 30)],
            venue_ids=[venues[OWN]],
        )
    await issue(server, database)
    letter = (await post_out(database, clock))["xing@street.test"]
    assert "11 月 25 日 周三 12:00 – 12:30" in said(letter)
    assert "这一期没有要您知道的事。" in said(letter)
    _, text = await (await signed_in("secretary")).get("/digest")
    assert "书记例会" in text
    assert "这周 1 场会" in text


# --- files -------------------------------------------------------------------------------------


async def test_files_go_with_an_entry_to_whom_it_concerns(
    server: TestServer,
    database: Database,
    clock: FakeClock,
    visitor: Visitor,
    signed_in: Enter,
) -> None:
    await give_addresses(database, clock)
    own = await file_known(database, clock, committee_ids=(OWN,))
    other = await file_known(database, clock, "别家的", committee_ids=(OTHER,))
    digest = vault.keep(server.app[FILES], b"%PDF-1.7")
    async with database.tx() as tx:
        for request_id in (own, other):
            await save_attachment(
                tx, request_id, name="通知.pdf", digest=digest, size=8, added_at=clock.now()
            )
    await issue(server, database)
    secretary = await signed_in("secretary")
    _, text = await secretary.get("/digest")
    assert "通知.pdf" in text
    answer = await secretary.client.get("/digest/2026-W48/files/1/1")
    assert (answer.status, await answer.read()) == (200, b"%PDF-1.7")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    for path in ("2/1", "1/2", "1/0", "0/1", "1/x", "x/1"):
        assert (await secretary.get(f"/digest/2026-W48/files/{path}"))[0].status == 404
    link = link_in((await post_out(database, clock))["xing@street.test"])
    answer = await visitor.client.get(f"{link}/files/1/1")
    assert await answer.read() == b"%PDF-1.7"
    assert (await visitor.get(f"{link}/files/2/1"))[0].status == 404
    for name in ("operator", "clerk"):
        answer = await (await signed_in(name)).client.get("/digest/2026-W48/files/2/1")
        assert answer.status == 200


# --- reminded and corrected --------------------------------------------------------------------


async def test_those_who_have_not_read_it_are_reminded_once_and_the_undo_withdraws_it(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await give_addresses(database, clock)
    await file_known(database, clock)
    await file_known(database, clock, "燃气软管")
    await issue(server, database)
    await post_out(database, clock)
    office, secretary = await signed_in("operator"), await signed_in("secretary")
    await secretary.post("/digest/2026-W48/read", "/", entry="1", next="home")
    _, text = await office.get("/digest")
    assert "提醒没看的 33 家" in text
    assert "其中 32 家没有邮箱" in text
    remind = "/digest/2026-W48/remind"
    _, text = await office.post(remind, "/digest")
    assert "提醒信 10 秒后发出" in text
    assert "提醒过一次" in text
    assert await post_out(database, clock) == {}
    _, text = await office.post("/digest/undo", "/digest", event=event_of(text))
    assert "撤回来了" in text
    clock.advance(seconds=11)
    assert await post_out(database, clock) == {}
    await office.post(remind, "/digest")
    clock.advance(seconds=11)
    told = await post_out(database, clock)
    assert told["xing@street.test"]["Subject"].startswith("还有 1 条没看")
    assert "燃气软管" in said(told["xing@street.test"])
    assert "医保缴费" not in said(told["xing@street.test"])
    assert "not read yet: 1" in said(told["secretary@street.test"])
    answer, _ = await office.post(remind, "/digest")
    assert answer.status == 409
    reminded = (await events(database, EventKind.DIGEST_REMINDED))[-1]
    answer, _ = await office.post("/digest/undo", "/digest", event=str(reminded.sequence))
    assert answer.status == 409


async def test_nobody_is_reminded_of_what_everybody_has_read(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await file_known(database, clock, committee_ids=(OWN,))
    await issue(server, database)
    await (await signed_in("secretary")).get("/digest")
    office = await signed_in("operator")
    _, text = await office.get("/digest")
    assert "1 家都看完了" in text
    answer, _ = await office.post("/digest/2026-W48/remind", "/digest")
    assert answer.status == 409
    answer, _ = await (await signed_in("clerk")).post("/digest/2026-W48/remind", "/digest")
    assert answer.status == 403


async def test_a_correction_stands_in_the_next_and_changes_nothing_that_was_issued(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await file_known(database, clock, text="12 月 20 日截止")
    before = await issue(server, database)
    clerk = await signed_in("clerk")
    correct = "/digest/2026-W48/correct"
    _, text = await clerk.post(correct, "/digest", entry="1", text="写错了")
    assert "更正登进下一期了" in text
    await clerk.post("/digest/undo", "/digest", event=event_of(text))
    for bad, status in (("", 422), ("长" * 501, 422)):
        assert (await clerk.post(correct, "/digest", entry="1", text=bad))[0].status == status
    assert (await clerk.post(correct, "/digest", entry="9", text="x"))[0].status == 404
    _, text = await clerk.post(correct, "/digest", entry="1", text="应为 12 月 25 日")
    event = event_of(text)
    _, text = await clerk.get("/digest")
    assert "更正：医保缴费" in text
    clock.advance(days=6)
    after = await issue(server, database)
    assert [(e.corrects, e.text) for e in after.entries] == [("2026-W48/1", "应为 12 月 25 日")]
    async with database.view() as tx:
        assert await store.load_digest(tx, "2026-W48") == before
    clerk, secretary = await signed_in("clerk"), await signed_in("secretary")
    _, text = await secretary.get("/digest/2026-W48")
    assert "12 月 20 日截止" in text
    assert "以2026 年第 49 周的第 1 条为准" in text
    _, text = await secretary.get("/digest")
    assert "更正2026 年第 48 周的第 1 条" in text
    answer, _ = await clerk.post("/digest/undo", "/digest", event=event)
    assert answer.status == 409


# --- from a request's page ---------------------------------------------------------------------


@pytest.fixture
async def waiting(database: Database, clock: FakeClock) -> int:
    """A request that was to be discussed and waits for the leader's word."""
    async with database.tx() as tx:
        departments = {d.name: d.id for d in await street.load_departments(tx)}
        filing = Filing(
            department_id=departments["平安办"],
            topic="防汛",
            minutes=15,
            read_only=False,
            posts=(Post.DIRECTOR,),
            committee_ids=(),
            earliest=MONDAY,
            deadline=MONDAY + timedelta(days=14),
        )
        return await scheduler.save_request(
            tx, filing, approval=Approval.PENDING, filed_at=clock.now()
        )


async def test_a_request_is_switched_to_the_digest_from_its_page_and_back(
    database: Database, waiting: int, signed_in: Enter
) -> None:
    clerk, page = await signed_in("clerk"), f"/requests/{waiting}"
    _, text = await clerk.get(page)
    assert "只要让大家知道" in text
    _, text = await clerk.post(f"{page}/made-known", page)
    assert "不开会了，登下一期每周工作提示" in text
    assert "11 月 30 日 周一 的每周工作提示" in text
    now = await request(database, waiting)
    assert (now.state, now.approval) == (RequestState.IN_DIGEST, Approval.NOT_NEEDED)
    assert (now.filing.read_only, now.digest_on) == (True, date(2026, 11, 30))
    answer, _ = await clerk.post(f"{page}/made-known", page)
    assert answer.status == 409
    _, text = await clerk.post("/requests/undo", page, event=event_of(text))
    assert "撤回来了，又在等着排" in text
    back = await request(database, waiting)
    assert (back.state, back.approval) == (RequestState.SUBMITTED, Approval.PENDING)
    assert (back.filing.read_only, back.digest_on) == (False, None)


async def test_the_office_switches_one_and_its_department_is_told(
    server: TestServer, database: Database, clock: FakeClock, waiting: int, signed_in: Enter
) -> None:
    async with database.tx() as tx:
        account = await accounts.load_account(tx, "clerk")
        assert account is not None
        await accounts.save_words(
            tx, account.id, replace(words_of(account), email="clerk@street.test")
        )
    office, page = await signed_in("operator"), f"/requests/{waiting}"
    _, text = await office.post(f"{page}/made-known", page)
    event = event_of(text)
    clock.advance(seconds=11)
    assert "登每周工作提示" in (await post_out(database, clock))["clerk@street.test"]["Subject"]
    clock.advance(days=6)
    assert [e.topic for e in (await issue(server, database)).entries] == ["防汛"]
    office = await signed_in("operator")
    answer, _ = await office.post("/requests/undo", "/digest", event=event)
    assert answer.status == 409
    async with database.view() as tx:
        assert len(await load_letters(tx, states=[LetterState.SENT])) == 1


async def test_nobody_elses_request_is_switched(
    database: Database, waiting: int, signed_in: Enter
) -> None:
    async with database.tx() as tx:
        own = await scheduler.load_request(tx, waiting)
        other = next(d.id for d in await street.load_departments(tx) if d.name == "服务办")
        await scheduler.save_filed(
            tx, replace(own, filing=replace(own.filing, department_id=other))
        )
    clerk = await signed_in("clerk")
    answer, _ = await clerk.post(f"/requests/{waiting}/made-known", "/digest")
    assert answer.status == 404
    leader = await signed_in("leader")
    answer, _ = await leader.post(f"/requests/{waiting}/made-known", "/approve")
    assert answer.status == 403


async def test_what_is_only_made_known_is_written_in_the_booking_form(
    database: Database, signed_in: Enter
) -> None:
    clerk = await signed_in("clerk")
    form = {
        "do": "file",
        "topic": "燃气软管",
        "minutes": "15",
        "kind": "known",
        "post": "DIRECTOR",
        "committee": "1",
        "deadline": "2026-12-04",
        "text": "  请在月底前\r\n\r\n 报进度。 ",
        "due": "2026-11-30",
    }
    answer, text = await clerk.post("/book", "/book", **form)
    assert answer.url.path == "/requests/1"
    assert "请在月底前" in text
    filing = (await request(database, 1)).filing
    assert filing.text == "请在月底前\n报进度。"
    assert filing.due_on == date(2026, 11, 30)
    answer, text = await clerk.post("/book", "/book", **(form | {"due": "2026-11-01"}))
    assert answer.status == 422
    assert "不能早于最早哪天" in text
    answer, text = await clerk.post("/book", "/book", **(form | {"text": "长" * 1001}))
    assert answer.status == 422
    _, text = await clerk.get("/requests/1/edit")
    assert "报进度。</textarea>" in text


# --- on paper ----------------------------------------------------------------------------------


def words_in(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_a_secretary_takes_their_own_copy_as_pdf_and_the_office_all_of_it(
    server: TestServer, signed_in: Enter, database: Database, clock: FakeClock
) -> None:
    await file_known(database, clock, "别家的事", committee_ids=(OTHER,))
    await file_known(database, clock, "医保缴费")
    digest = await issue(server, database)
    path = f"/digest/{digest.week}/digest.pdf"
    secretary, office = await signed_in("secretary"), await signed_in("operator")
    for visitor, expected in ((secretary, {"医保缴费"}), (office, {"医保缴费", "别家的事"})):
        answer = await visitor.client.get(path)
        assert answer.content_type == "application/pdf"
        words = words_in(await answer.read())
        assert {topic for topic in ("医保缴费", "别家的事") if topic in words} == expected
    _, page = await secretary.get("/digest")
    assert path in page
    answer, _ = await secretary.get("/digest/2020-W01/digest.pdf")
    assert answer.status == 404


async def test_the_link_of_a_letter_gives_the_same_pdf_and_a_broken_one_nothing(
    server: TestServer, visitor: Visitor, database: Database, clock: FakeClock
) -> None:
    await file_known(database, clock, "医保缴费")
    digest = await issue(server, database)
    token = link_token(server.app[SECRET], LinkName(f"venue:{OWN + 1}", digest.week))
    answer = await visitor.client.get(f"/d/{token}/digest.pdf")
    assert "医保缴费" in words_in(await answer.read())
    answer, _ = await visitor.get(f"/d/{token}x/digest.pdf")
    assert answer.status == 404


async def test_a_committee_is_written_to_in_its_own_language(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    for number, language in ((OWN, "en"), (OTHER, "")):
        async with database.tx() as tx:
            name = f"第 {number} 家"
            email = f"{number}@street.test"
            words = {"name": name, "venue": name, "email": email, "language": language}
            await street.update_committee(tx, number, **words)
    await file_known(database, clock, "医保缴费")
    await issue(server, database)
    told = await post_out(database, clock)
    assert "Weekly" in told[f"{OWN}@street.test"]["Subject"]
    assert "每周工作提示" in told[f"{OTHER}@street.test"]["Subject"]
