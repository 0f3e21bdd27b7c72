"""Answers to invitations, made as a calendar program makes them (RFC 5546 §3.2.3, RFC 6047)."""

from datetime import datetime
from email.message import EmailMessage

from icalendar import Calendar, Event

from server.invitation.model import Answer


def reply_to(request: str, answer: Answer, *, at: datetime, sender: str = "") -> bytes:
    """Return the letter with which the attendee of a REQUEST answers.

    Args:
        request: the iTIP message that came.
        answer: yes, no or perhaps.
        at: when it is written.
        sender: who sends it; the attendee unless told otherwise.
    """
    (asked,) = Calendar.from_ical(request).walk("VEVENT")
    event = Event()
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "ORGANIZER", "ATTENDEE", "SUMMARY"):
        event[name] = asked[name]
    event["ATTENDEE"].params["PARTSTAT"] = str(answer)
    event.add("DTSTAMP", at)
    calendar = Calendar()
    calendar.add("PRODID", "-//somebody//calendar//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "REPLY")
    calendar.add_component(event)
    letter = EmailMessage()
    letter["From"] = sender or str(asked["ATTENDEE"]).removeprefix("mailto:")
    letter["To"] = str(asked["ORGANIZER"]).removeprefix("mailto:")
    letter["Subject"] = "Accepted"
    letter.set_content("Accepted")
    text = calendar.to_ical().decode()
    letter.add_alternative(text, subtype="calendar", params={"method": "REPLY"}, cte="8bit")
    return letter.as_bytes()
