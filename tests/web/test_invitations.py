"""From a published plan to calendars: invited by mail, answered, told of changes, subscribed."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage
from functools import partial

import pytest
from aiohttp.test_utils import TestServer
from icalendar import Calendar

from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.keeping import choose_language, words_of
from server.config import Settings
from server.db.engine import Database
from server.domain.session import SessionState
from server.invitation import service
from server.invitation.feeds import feed_token
from server.invitation.ics import MOST_BYTES
from server.invitation.model import Answer
from server.invitation.routes import INVITER
from server.mail import store as letters
from server.mail.model import LetterState, MailServer
from server.mail.receiving import Collector
from server.mail.service import send_waiting
from server.pages.context import RENDERER, SECRET
from server.scheduler import store as sessions
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.imap_server import imap_server
from tests.mail_servers import Inbox, smtp_server
from tests.web.conftest import Visitor
from tests.web.replies import reply_to

Enter = Callable[[str], Awaitable[Visitor]]
TOMORROW = NOON_TUESDAY + timedelta(days=1)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    from dataclasses import replace

    return replace(settings, mail_host="mail.test", mail_from="pinhui@street.test")


async def give_address(database: Database, committee_id: int, email: str) -> None:
    async with database.tx() as tx:
        committee = next(c for c in await street.load_committees(tx) if c.id == committee_id)
        name = committee.name
        await street.update_committee(tx, committee_id, name=name, venue=name, email=email)


async def give_account_address(database: Database, name: str, email: str) -> None:
    from dataclasses import replace

    async with database.tx() as tx:
        account = await accounts.load_account(tx, name)
        assert account is not None
        await accounts.save_words(tx, account.id, replace(words_of(account), email=email))


async def schedule(database: Database, committee_ids: list[int], minutes: int = 30) -> int:
    async with database.tx() as tx:
        venues = {v.committee_id: v.id for v in await street.load_venues(tx)}
        return await sessions.save_session(
            tx,
            title="书记例会",
            starts_at=TOMORROW,
            ends_at=TOMORROW + timedelta(minutes=minutes),
            hall="三楼会议室",
            items=[("学习", "党建办", 10), ("防汛", "平安办", minutes - 10)],
            venue_ids=[venues[c] for c in committee_ids],
        )


async def extend(database: Database, session_id: int, *committee_ids: int) -> None:
    async with database.tx() as tx:
        venues = {v.committee_id: v.id for v in await street.load_venues(tx)}
        await sessions.extend_session(
            tx,
            session_id,
            ends_at=TOMORROW + timedelta(minutes=50),
            items=[("反诈", "平安办", 20)],
            venue_ids=[venues[c] for c in committee_ids],
        )


async def post_out(
    server: TestServer, database: Database, clock: FakeClock
) -> list[tuple[str, EmailMessage]]:
    """Let everything due go out by a real SMTP server, and return what came to whom."""
    inbox = Inbox()
    await service.invite_due(server.app[INVITER])
    async with smtp_server(inbox) as mail:
        await send_waiting(database, clock, server=mail, sender_name="汇安街道")
    return inbox.taken


def calendar_in(letter: EmailMessage) -> tuple[str, str]:
    """Return the method named by the content type, and the iCalendar text."""
    part = next(p for p in letter.walk() if p.get_content_type() == "text/calendar")
    text = part.get_payload(decode=True)
    assert isinstance(text, bytes)
    return part["Content-Type"].params["method"], text.decode()


async def test_a_committee_with_an_address_is_invited_told_of_changes_and_told_off(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    await give_address(database, 1, "one@street.test")
    session_id = await schedule(database, [1, 2])
    (letter,) = await post_out(server, database, clock)
    assert letter[0] == "one@street.test"
    method, text = calendar_in(letter[1])
    (event,) = Calendar.from_ical(text).walk("VEVENT")
    assert method == "REQUEST"
    assert event.decoded("DTSTART") == TOMORROW
    assert int(event["SEQUENCE"]) == 0
    assert "请参会：书记例会" in letter[1]["Subject"]
    assert await post_out(server, database, clock) == []

    await extend(database, session_id, 2)
    (letter,) = await post_out(server, database, clock)
    _, text = calendar_in(letter[1])
    (changed,) = Calendar.from_ical(text).walk("VEVENT")
    assert changed["UID"] == event["UID"]
    assert int(changed["SEQUENCE"]) == 1
    assert changed.decoded("DTEND") == TOMORROW + timedelta(minutes=50)

    async with database.tx() as tx:
        await sessions.set_state(tx, session_id, SessionState.CANCELLED, clock.now())
    (letter,) = await post_out(server, database, clock)
    method, text = calendar_in(letter[1])
    assert method == "CANCEL"
    assert "不用来了" in letter[1]["Subject"]
    assert "SEQUENCE:2" in text


async def test_each_person_is_invited_and_told_of_changes_in_their_own_language(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    await give_address(database, 1, "one@street.test")
    await give_account_address(database, "clerk", "clerk@street.test")
    async with database.view() as tx:
        account = await accounts.load_account(tx, "clerk")
    assert account is not None
    await choose_language(database, clock, account.id, "en")
    session_id = await schedule(database, [1])
    subjects = [letter["Subject"] for _, letter in await post_out(server, database, clock)]
    assert subjects[0].startswith("请参会：书记例会")
    assert subjects[1].startswith("Please come: 书记例会")

    async with database.tx() as tx:
        venues = {v.committee_id: v.id for v in await street.load_venues(tx)}
        await sessions.extend_session(
            tx,
            session_id,
            ends_at=TOMORROW + timedelta(minutes=40),
            items=[("反诈", "平安办", 10)],
            venue_ids=[venues[1]],
        )
    told = dict(await post_out(server, database, clock))
    changed = told["clerk@street.test"]
    assert changed["Subject"].startswith("Time or place changed: 书记例会")
    body = changed.get_body(("plain",))
    assert body is not None
    assert "your time or place has changed; this letter holds." in body.get_content()
    assert calendar_in(changed)[0] == "REQUEST"

    async with database.tx() as tx:
        await sessions.set_state(tx, session_id, SessionState.CANCELLED, clock.now())
    told = dict(await post_out(server, database, clock))
    off = told["clerk@street.test"]
    assert off["Subject"].startswith("No need to come: 书记例会")
    body = off.get_body(("plain",))
    assert body is not None
    assert "there is no need to come to this session." in body.get_content()
    assert calendar_in(off)[0] == "CANCEL"
    assert "不用来了" in told["one@street.test"]["Subject"]


async def test_only_those_are_told_whose_own_times_change(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await give_account_address(database, "clerk", "clerk@street.test")
    await give_address(database, 1, "one@street.test")
    session_id = await schedule(database, [1])
    told = await post_out(server, database, clock)
    assert [recipient for recipient, _ in told] == ["one@street.test", "clerk@street.test"]
    (own,) = Calendar.from_ical(calendar_in(told[1][1])[1]).walk("VEVENT")
    assert own.decoded("DTSTART") == TOMORROW + timedelta(minutes=10)
    async with database.tx() as tx:
        await sessions.extend_session(
            tx,
            session_id,
            ends_at=TOMORROW + timedelta(minutes=50),
            items=[("选举", "党建办", 20)],
            venue_ids=[],
        )
    told = await post_out(server, database, clock)
    assert [recipient for recipient, _ in told] == ["one@street.test"]


async def test_a_session_that_has_begun_and_one_that_is_gone(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    await give_address(database, 1, "one@street.test")
    session_id = await schedule(database, [1])
    await post_out(server, database, clock)
    async with database.tx() as tx:
        await sessions.set_state(tx, session_id, SessionState.OPEN, clock.now())
    await extend(database, session_id)
    assert await post_out(server, database, clock) == []


async def test_an_answer_is_read_from_a_mailbox_and_hostile_letters_beside_it_do_no_harm(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await give_address(database, 1, "one@street.test")
    session_id = await schedule(database, [1, 2])
    (letter,) = await post_out(server, database, clock)
    _, text = calendar_in(letter[1])
    answer = reply_to(text, Answer.ACCEPTED, at=clock.now())
    forged = reply_to(text, Answer.DECLINED, at=clock.now(), sender="mallory@else.test")
    enter = partial(service.receive, database, clock)
    with imap_server() as post:
        for content in (*HOSTILE, forged, answer, answer, *HOSTILE):
            post.put(content, NOON_TUESDAY)
        reading = Collector(database, clock, post.mailbox, enter, most_bytes=MOST_BYTES)
        await reading.run_due()
        await reading.run_due()
    assert reading.trouble == ""
    office = await signed_in("operator")
    _, page = await office.get(f"/sessions/{session_id}/invitations")
    assert "接受 1" in page
    async with database.view() as tx:
        events = [e for e in await load_recorded(tx) if e.kind == "invitation.answered"]
    assert [e.payload["answer"] for e in events] == ["ACCEPTED"]


HOSTILE = (
    b"\x00\xff" * 500,
    b"Message-ID: <a@b>\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n" * 40,
    b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n" * 3000,
    b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
    b"BEGIN:VEVENT\r\nUID:none-of-ours\r\nDTSTAMP:20261124T040000Z\r\n"
    b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:one@street.test\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    b"Subject: huge\r\n\r\n" + b"x" * 900_000,
)


async def test_without_a_mail_server_nobody_is_invited(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    from dataclasses import replace

    await give_address(database, 1, "one@street.test")
    await schedule(database, [1])
    assert await service.invite_due(replace(server.app[INVITER], organizer="")) == 0
    async with database.view() as tx:
        assert (await letters.count_letters(tx))[LetterState.WAITING] == 0


async def test_an_answer_shows_next_to_the_committee_and_a_forged_one_does_not(
    server: TestServer, database: Database, clock: FakeClock, signed_in: Enter
) -> None:
    await give_address(database, 1, "one@street.test")
    session_id = await schedule(database, [1, 2])
    (letter,) = await post_out(server, database, clock)
    request = calendar_in(letter[1])[1]
    forged = reply_to(request, Answer.DECLINED, at=clock.now(), sender="mallory@street.test")
    assert await service.receive(database, clock, forged) == "NOT_INVITED"
    assert await service.receive(database, clock, b"junk") == "UNREADABLE"
    answer = reply_to(request, Answer.ACCEPTED, at=clock.now())
    other = answer.replace(b"UID:", b"UID:0")
    assert await service.receive(database, clock, other) == "UNKNOWN"
    office = await signed_in("operator")
    page = f"/sessions/{session_id}/invitations"
    _, text = await office.get(page)
    assert "没答复 1" in text
    assert await service.receive(database, clock, answer) == "ACCEPTED"
    _, text = await office.get(page)
    assert "接受 1" in text
    assert "one@street.test" in text
    assert "没有电子邮件地址" in text
    async with database.view() as tx:
        kinds = [event.kind for event in await load_recorded(tx)]
    assert kinds.count("invitation.sent") == kinds.count("invitation.answered") == 1


async def test_the_command_takes_an_answer_from_a_mail_servers_pipe(
    server: TestServer, database: Database, clock: FakeClock, settings: Settings
) -> None:
    await give_address(database, 1, "one@street.test")
    await schedule(database, [1])
    (letter,) = await post_out(server, database, clock)
    answer = reply_to(calendar_in(letter[1])[1], Answer.TENTATIVE, at=clock.now())

    async def receive(content: bytes, folder: str) -> tuple[int | None, str]:
        words = ["-m", "server", "mail", "receive", "--data-dir", folder]
        pipe = asyncio.subprocess.PIPE
        program = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdin=pipe, stdout=pipe, stderr=pipe
        )
        out, _ = await program.communicate(content)
        return program.returncode, out.decode().strip()

    folder = str(settings.data_dir)
    assert await receive(answer, folder) == (0, "TENTATIVE")
    assert await receive(b"x" * 3_000_000, folder) == (0, "UNREADABLE")
    assert (await receive(answer, "/nonexistent"))[0] == 75


# --- calendars to subscribe --------------------------------------------------------------------


async def fetch(
    visitor: Visitor, token: str, **headers: str
) -> tuple[int, bytes, Mapping[str, str]]:
    answer = await visitor.client.get(f"/calendar/{token}.ics", headers=headers)
    return answer.status, await answer.read(), answer.headers


def links_in(text: str) -> list[str]:
    return re.findall(r"/calendar/([va]\d+-[0-9a-f]{32})\.ics", text)


async def test_a_secretary_finds_own_calendar_and_the_venues_and_renews_one(
    database: Database, visitor: Visitor, signed_in: Enter
) -> None:
    secretary = await signed_in("secretary")
    _, text = await secretary.get("/calendar")
    own, venue = links_in(text)
    assert own.startswith("a")
    assert venue.startswith("v")
    assert (await fetch(visitor, own))[0] == 200
    holder = re.findall(r'name="holder" value="([^"]+)"', text)
    _, text = await secretary.post("/calendar/renew", "/calendar", holder=holder[0])
    assert "已换成新链接" in text
    assert (await fetch(visitor, own))[0] == 404
    renewed, same = links_in(text)
    assert renewed != own
    assert same == venue
    assert (await fetch(visitor, renewed))[0] == 200
    assert (await fetch(visitor, venue))[0] == 200


async def test_nobody_renews_anothers_calendar(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    answer, _ = await clerk.post("/calendar/renew", "/calendar", holder="venue:2")
    assert answer.status == 404


async def test_a_calendar_shows_own_sessions_and_says_when_it_has_not_changed(
    server: TestServer, database: Database, clock: FakeClock, visitor: Visitor
) -> None:
    session_id = await schedule(database, [1, 2])
    tokens = [feed_token(server.app[SECRET], f"venue:{n}", 1) for n in (1, 2, 5)]
    found = [await fetch(visitor, token) for token in tokens]
    titles = [
        [str(e["SUMMARY"]) for e in Calendar.from_ical(text).walk("VEVENT")] for _, text, _ in found
    ]
    assert titles == [["书记例会"], ["书记例会"], []]
    _, text, headers = found[1]
    assert headers["Content-Type"].startswith("text/calendar")
    clock.advance(minutes=5)
    assert (await fetch(visitor, tokens[1]))[1] == text
    etag, changed = headers["ETag"], headers["Last-Modified"]
    assert (await fetch(visitor, tokens[1], **{"If-None-Match": etag}))[:2] == (304, b"")
    assert (await fetch(visitor, tokens[1], **{"If-Modified-Since": changed}))[0] == 304
    await extend(database, session_id)
    for header in ({"If-None-Match": etag}, {"If-Modified-Since": changed}):
        status, fresh, _ = await fetch(visitor, tokens[1], **header)
        assert status == 200
        assert fresh != text


async def test_a_cancelled_session_stays_as_cancelled(
    server: TestServer, database: Database, clock: FakeClock, visitor: Visitor
) -> None:
    session_id = await schedule(database, [1])
    async with database.tx() as tx:
        await sessions.set_state(tx, session_id, SessionState.CANCELLED, clock.now())
    _, text, _ = await fetch(visitor, feed_token(server.app[SECRET], "venue:2", 1))
    assert b"STATUS:CANCELLED" in text


@pytest.mark.parametrize("token", ["2", "v2-0000", "x-1", "v9999999999-1", "v2-" + "0" * 32])
async def test_a_calendar_address_that_was_never_given_shows_nothing(
    visitor: Visitor, token: str
) -> None:
    assert (await fetch(visitor, token))[0] == 404


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_every_letter_has_its_words_in_both_languages(
    server: TestServer, database: Database, clock: FakeClock, language: str
) -> None:
    from dataclasses import replace

    await give_address(database, 1, "one@street.test")
    await schedule(database, [1])
    inviter = replace(server.app[INVITER], language=language, renderer=server.app[RENDERER])
    assert await service.invite_due(inviter) == 1
    async with database.view() as tx:
        (stored,) = await letters.load_letters(tx, states=[LetterState.WAITING])
    words = ("请参会", "书记", "您的时间") if language == "zh_CN" else ("Please come", "Your time")
    for word in words:
        assert word in stored.letter.text + stored.letter.subject
        assert word in stored.letter.html + stored.letter.subject


def test_a_mail_server_of_the_settings_is_the_organizer(settings: Settings) -> None:
    server = settings.mail_server
    assert isinstance(server, MailServer)
    assert server.sender == "pinhui@street.test"
