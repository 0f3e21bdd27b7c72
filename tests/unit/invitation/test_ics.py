"""The outside format: what calendars are told, and what strangers' letters may carry."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from server.domain.places import Post
from server.invitation.feeds import feed_token, holder_in, is_right
from server.invitation.ics import (
    MOST_BYTES,
    Entry,
    UnreadableReplyError,
    read_reply,
    render_calendar,
    render_message,
)
from server.invitation.model import Answer, Message, Method, Sent
from tests.unit.invitation.test_invitations import COME, SECRET
from tests.web.replies import reply_to

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def rendered(method: Method = Method.REQUEST) -> str:
    message = Message(method, Sent(COME, "u@pinhui", 3, cancelled=method is Method.CANCEL))
    return render_message(
        message, organizer="pinhui@street.test", organizer_name='汇安"街道', now=NOW
    )


def test_an_invitation_has_one_event_with_its_attendee_and_the_sites_zone() -> None:
    calendar = Calendar.from_ical(rendered())
    (event,) = calendar.walk("VEVENT")
    assert str(calendar["METHOD"]) == "REQUEST"
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Asia/Shanghai"]
    assert event["DTSTART"].params["TZID"] == "Asia/Shanghai"
    assert event.decoded("DTSTART") == COME.starts_at
    assert event.decoded("DTEND") == COME.ends_at
    assert (str(event["UID"]), int(event["SEQUENCE"])) == ("u@pinhui", 3)
    assert str(event["ORGANIZER"]) == "mailto:pinhui@street.test"
    attendee = event["ATTENDEE"]
    assert str(attendee) == "mailto:three@street.test"
    assert attendee.params["RSVP"] == "TRUE"
    assert attendee.params["CN"] == "杏雨里"


def test_a_cancellation_says_so_and_asks_for_no_answer() -> None:
    (event,) = Calendar.from_ical(rendered(Method.CANCEL)).walk("VEVENT")
    assert str(event["STATUS"]) == "CANCELLED"
    assert "RSVP" not in event["ATTENDEE"].params


def test_lines_are_folded_at_75_octets_and_end_with_crlf() -> None:
    long = Entry("u", "居委会" * 60, NOW, NOW + timedelta(hours=1), lines=("防汛" * 90,))
    content = render_calendar("杏雨里", [long], NOW)
    assert max(map(len, content.split(b"\r\n"))) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert str(event["SUMMARY"]) == "居委会" * 60


@pytest.mark.parametrize("day", [date(2026, 12, 31), date(2028, 2, 28), date(2026, 11, 30)])
def test_all_of_a_day_ends_on_the_next_one_and_has_no_zone(day: date) -> None:
    content = render_calendar("x", [Entry("u", "每周工作提示", day=day)], NOW)
    (event,) = Calendar.from_ical(content).walk("VEVENT")
    assert event.decoded("DTSTART") == day
    assert event.decoded("DTEND") == day + timedelta(days=1)
    assert event["DTSTART"].params["VALUE"] == "DATE"
    assert b"VTIMEZONE" not in content


def test_a_session_until_midnight_ends_at_the_next_days_first_minute() -> None:
    end = datetime(2026, 11, 26, 16, 0, tzinfo=UTC)
    content = render_calendar("x", [Entry("u", "夜会", end - timedelta(hours=2), end)], NOW)
    assert b"DTEND;TZID=Asia/Shanghai:20261127T000000" in content


def test_an_address_tells_whose_calendar_it_is_and_another_version_is_another() -> None:
    token = feed_token(SECRET, "venue:12", 1)
    assert holder_in(token) == "venue:12"
    assert is_right(SECRET, token, "venue:12", 1)
    assert not is_right(SECRET, token, "venue:12", 2)
    assert not is_right(SECRET, token.replace("v", "a"), "account:12", 1)
    assert holder_in(feed_token(SECRET, "account:5", 3)) == "account:5"


@pytest.mark.parametrize("token", ["", "v", "v-1", "x1-0", "v1234567890-0", "v²-0", "1-0"])
def test_no_token_is_of_nobody(token: str) -> None:
    assert holder_in(token) is None


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.DECLINED, Answer.TENTATIVE])
def test_an_answer_is_read(answer: Answer) -> None:
    reply = read_reply(reply_to(rendered(), answer, at=NOW))
    assert (reply.uid, reply.sequence, reply.answer) == ("u@pinhui", 3, answer)
    assert reply.attendee == reply.sender == "three@street.test"
    assert reply.written_at == NOW


GOOD = re.sub(rb"\r?\n ", b"", reply_to(rendered(), Answer.ACCEPTED, at=NOW))


def but(old: bytes, new: bytes) -> bytes:
    """Return the good answer with something else in it."""
    assert old in GOOD
    return GOOD.replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff" * 500,
        b"From: a@b\r\n\r\nhello",
        but(b"METHOD:REPLY", b"METHOD:REQUEST"),
        but(b"PARTSTAT=ACCEPTED", b"PARTSTAT=DELEGATED"),
        but(b"mailto:three", b"http://three"),
        but(b"DTSTAMP:20261124T040000Z", b"DTSTAMP:20261124T040000"),
        but(b"DTSTAMP:20261124T040000Z", b"DTSTAMP:never"),
        but(b"SEQUENCE:3", b"SEQUENCE:many"),
        but(b"UID:u@pinhui", b"NOUID:u"),
        but(b"END:VEVENT", b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:v\r\nEND:VEVENT"),
        but(b"END:VCALENDAR", b""),
        b"x" * (MOST_BYTES + 1),
        GOOD + b" " * MOST_BYTES,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 20_000,
    ],
)
def test_anything_else_is_refused_without_harm(content: bytes) -> None:
    with pytest.raises(UnreadableReplyError):
        read_reply(content)


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_a_mutated_answer_is_read_or_refused(at: int, junk: bytes) -> None:
    try:
        read_reply(GOOD[:at] + junk + GOOD[at + len(junk) :])
    except UnreadableReplyError:
        return


def test_posts_have_the_order_in_which_groups_are_named() -> None:
    assert next(iter(Post)) is Post.SECRETARY
