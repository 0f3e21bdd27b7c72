"""iTIP messages out (RFC 5546), answers in, and calendars to subscribe (RFC 5545)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from icalendar import Calendar, Component, Event, vCalAddress

from server.domain.clock import SITE_ZONE
from server.invitation.model import Answer, Message, Method, Reply

REFRESH = timedelta(minutes=15)
MOST_BYTES = 262_144
"""How large an incoming letter may be that is read at all: an answer has a few thousand bytes."""
_MOST_PARTS, _MOST_BOUNDARIES = 40, 200
_ANSWERS = {Answer.ACCEPTED, Answer.DECLINED, Answer.TENTATIVE}


class UnreadableReplyError(ValueError):
    """An incoming letter is no answer to an invitation, or none that can be understood."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a calendar: ``[starts_at, ends_at)``, or with ``day`` all of a day."""

    uid: str
    title: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    day: date | None = None
    hall: str = ""
    lines: tuple[str, ...] = ()
    cancelled: bool = False


def _calendar(name: str = "") -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//pinhui//pinhui//ZH")
    calendar.add("version", "2.0")
    if name:
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    return calendar


def _address(email: str, name: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    # a double quote cannot stand in a parameter (RFC 5545 §3.2)
    address.params["cn"] = name.replace('"', "”")
    return address


def render_message(message: Message, *, organizer: str, organizer_name: str, now: datetime) -> str:
    """Return an iTIP message with one event, one attendee and the site's time zone.

    Lines end with CRLF and are folded at 75 octets (RFC 5545 §3.1).

    Args:
        message: what is due.
        organizer: the address answers come back to.
        organizer_name: the street office.
        now: aware; the stamp.
    """
    invitation, asks = message.sent.invitation, message.method is Method.REQUEST
    event = Event()
    event.add("uid", message.sent.uid)
    event.add("sequence", message.sent.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", invitation.starts_at.astimezone(SITE_ZONE))
    event.add("dtend", invitation.ends_at.astimezone(SITE_ZONE))
    event.add("summary", invitation.title)
    if invitation.hall:
        event.add("location", invitation.hall)
    if invitation.agenda:
        event.add("description", "\n".join(invitation.agenda))
    event.add("status", "CONFIRMED" if asks else "CANCELLED")
    event.add("organizer", _address(organizer, organizer_name))
    attendee = _address(invitation.email, invitation.name)
    attendee.params["role"] = "REQ-PARTICIPANT"
    if asks:
        attendee.params["partstat"], attendee.params["rsvp"] = "NEEDS-ACTION", "TRUE"
    event.add("attendee", attendee)
    calendar = _calendar()
    calendar.add("method", str(message.method))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    text: str = calendar.to_ical().decode()
    return text


def render_calendar(name: str, entries: Iterable[Entry], stamp: datetime) -> bytes:
    """Return a calendar to subscribe, its entries in their order.

    A day's end is the next day, since ends are exclusive (RFC 5545 §3.6.1).

    Args:
        name: what it is called.
        entries: what stands in it.
        stamp: aware; when it last changed.
    """
    calendar = _calendar(name)
    for entry in entries:
        event = Event()
        event.add("uid", entry.uid)
        event.add("dtstamp", stamp)
        event.add("summary", entry.title)
        _add_time(event, entry)
        if entry.hall:
            event.add("location", entry.hall)
        if entry.lines:
            event.add("description", "\n".join(entry.lines))
        event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
        calendar.add_component(event)
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _add_time(event: Event, entry: Entry) -> None:
    if entry.day is not None:
        event.add("dtstart", entry.day)
        event.add("dtend", entry.day + timedelta(days=1))
        event.add("transp", "TRANSPARENT")
    elif entry.starts_at is not None and entry.ends_at is not None:
        event.add("dtstart", entry.starts_at.astimezone(SITE_ZONE))
        event.add("dtend", entry.ends_at.astimezone(SITE_ZONE))


def read_reply(content: bytes) -> Reply:
    """Return the answer that an incoming letter carries.

    Args:
        content: the letter as it came, headers and all.

    Raises:
        UnreadableReplyError: for anything else, however malformed.
    """
    if len(content) > MOST_BYTES:
        raise UnreadableReplyError("too large")
    # the time that the parser needs grows with the square of their number
    if content.count(b"\n--") > _MOST_BOUNDARIES:
        raise UnreadableReplyError("too many parts")
    try:
        return _reply(content)
    except UnreadableReplyError:
        raise
    # both parsers meet strangers' bytes here and have errors of many kinds
    except Exception as error:
        raise UnreadableReplyError(f"not understood: {type(error).__name__}") from error


def _reply(content: bytes) -> Reply:
    letter = message_from_bytes(content, policy=default)
    assert isinstance(letter, EmailMessage)  # noqa: S101 - the policy makes it so
    calendar = Calendar.from_ical(_calendar_text(letter))
    events = calendar.walk("VEVENT")
    if str(calendar.get("METHOD", "")).upper() != "REPLY" or len(events) != 1:
        raise UnreadableReplyError("no answer to one invitation")
    event = events[0]
    attendee = event.get("ATTENDEE")
    if attendee is None or isinstance(attendee, list):
        raise UnreadableReplyError("not from one attendee")
    answer = str(attendee.params.get("PARTSTAT", "")).upper()
    if answer not in {str(known) for known in _ANSWERS}:
        raise UnreadableReplyError("neither yes, no nor perhaps")
    return Reply(
        uid=str(event["UID"]),
        sequence=int(event.get("SEQUENCE", 0)),
        attendee=_mailbox(str(attendee)),
        sender=parseaddr(str(letter["From"]))[1].lower(),
        answer=Answer(answer),
        written_at=_stamp(event),
    )


def _calendar_text(letter: EmailMessage) -> bytes:
    for count, part in enumerate(letter.walk()):
        if count >= _MOST_PARTS:
            break
        if part.get_content_type() == "text/calendar":
            text = part.get_payload(decode=True)
            return text if isinstance(text, bytes) else b""
    raise UnreadableReplyError("no calendar in it")


def _mailbox(address: str) -> str:
    kind, _, mailbox = address.partition(":")
    if kind.lower() != "mailto":
        raise UnreadableReplyError("an attendee without an address")
    return mailbox.strip().lower()


def _stamp(event: Component) -> datetime:
    written = event.decoded("DTSTAMP")
    if not isinstance(written, datetime) or written.tzinfo is None:
        raise UnreadableReplyError("a stamp without a zone")
    return written
