"""What a letter looks like on the line, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from server.mail.composing import compose
from server.mail.model import (
    GIVE_UP,
    Attachment,
    CalendarPart,
    Letter,
    LetterState,
    MailServer,
    Outcome,
    Result,
    StoredLetter,
    check_server,
    settle,
    wait_after,
)
from server.pages.letters import render_letter
from server.pages.render import Renderer

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
LETTER = Letter(
    key="k",
    recipient="wang@street.test",
    subject="会议\r\nBcc: all@street.test",
    text="您好。\n",
    html="<p>您好。</p>",
    attachments=(Attachment("报告.pdf", "application/pdf", b"%PDF"),),
    calendar=CalendarPart("REQUEST", "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"),
)


def composed(letter: Letter = LETTER) -> bytes:
    return compose(
        letter,
        message_id="<1@street.test>",
        sender="pinhui@street.test",
        sender_name="汇安街道",
        written_at=NOW,
    )


def stored(attempts: int = 1, created_at: datetime = NOW) -> StoredLetter:
    return StoredLetter(
        id=1,
        letter=LETTER,
        state=LetterState.SENDING,
        attempts=attempts,
        created_at=created_at,
        next_at=NOW,
        sent_at=None,
        message_id="<1@street.test>",
        reply="",
    )


def test_a_letter_is_seven_bit_text_with_short_lines() -> None:
    lines = composed().split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert max(composed()) < 128


def test_a_line_end_in_a_subject_makes_no_header() -> None:
    message = message_from_bytes(composed(), policy=default)
    assert message["Bcc"] is None
    assert message["Subject"] == "会议 Bcc: all@street.test"
    assert message["From"].addresses[0].display_name == "汇安街道"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW


def test_text_html_and_calendar_are_alternatives_and_files_follow() -> None:
    message = message_from_bytes(composed(), policy=default)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/pdf",
    ]
    calendar = next(p for p in message.walk() if p.get_content_type() == "text/calendar")
    assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
    assert calendar.get_payload(decode=True).endswith(b"END:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (Result.TAKEN, LetterState.SENT),
        (Result.LATER, LetterState.WAITING),
        (Result.REFUSED, LetterState.FAILED),
        (Result.UNSURE, LetterState.UNSURE),
    ],
)
def test_each_outcome_has_its_state(result: Result, state: LetterState) -> None:
    assert settle(stored(), Outcome(result), NOW)[0] is state


def test_a_letter_is_tried_more_and_more_rarely_and_given_up_after_days() -> None:
    waits = [wait_after(attempts) for attempts in range(1, 12)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert waits[-1] == timedelta(hours=2)
    old = stored(attempts=40, created_at=NOW - GIVE_UP)
    assert settle(old, Outcome(Result.LATER), NOW)[0] is LetterState.FAILED


def test_a_server_must_have_a_sender_and_a_known_kind_of_security() -> None:
    server = MailServer("mail", 25, "none", "", "", "pinhui@street.test")
    assert check_server(server) is server
    with pytest.raises(ValueError, match="mail_security"):
        check_server(MailServer("mail", 25, "ssl", "", "", "pinhui@street.test"))
    with pytest.raises(ValueError, match="mail_from"):
        check_server(MailServer("mail", 25, "none", "", "", ""))


def test_a_server_shown_never_tells_its_password() -> None:
    assert "hush" not in repr(MailServer("mail", 25, "none", "u", "hush", "pinhui@street.test"))


def test_the_plain_text_of_a_letter_says_what_its_html_says(tmp_path: Path) -> None:
    web = tmp_path / "web"
    (web / "static").mkdir(parents=True)
    (web / "templates").mkdir()
    (web / "templates" / "l.html").write_text(
        "<html><head><title> A  B </title><style>p {}</style></head><body><h1>{{ name }}</h1>"
        "<p>one <b>two</b>\nthree</p><ul><li>x</li><li>y</li></ul>"
        "<table><tr><th>when</th><td>9:00</td></tr><tr><th>where</th><td>hall</td></tr></table>"
        '<p><a href="https://x/">open</a> &amp; read</p></body></html>',
        encoding="utf-8",
    )
    words = render_letter(Renderer(web), "l.html", "en", {"name": "<Wang>"})
    assert words.subject == "A B"
    assert "&lt;Wang&gt;" in words.html
    assert words.text == (
        "<Wang>\n\none two three\n\n- x\n- y\n\nwhen  9:00\nwhere  hall\n\nopen https://x/ & read\n"
    )
