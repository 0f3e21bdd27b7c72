"""A venue's calendar (RFC 5545): its sessions as events, under an address that is hard to guess.

A published session keeps its UID for ever. The address is made from the installation's secret, so
that no token is stored; it shows the calendar and opens no other door.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from server.domain.clock import SITE_ZONE
from server.domain.session import Session, SessionState

REFRESH = timedelta(minutes=15)


def calendar_token(secret: bytes, venue_id: int) -> str:
    """Return the part of the address that names a venue's calendar, ``12-`` and 32 letters."""
    digest = hmac.new(secret, f"calendar:{venue_id}".encode(), hashlib.sha256).hexdigest()
    return f"{venue_id}-{digest[:32]}"


def venue_of_token(secret: bytes, token: str) -> int | None:
    """Return the venue whose calendar a token names, or None for a token we never gave."""
    number, _, _ = token.partition("-")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        return None
    good = calendar_token(secret, int(number))
    return int(number) if hmac.compare_digest(good.encode(), token.encode()) else None


def render_calendar(name: str, sessions: Iterable[Session], now: datetime) -> bytes:
    """Return an iCalendar file of a venue's sessions, in their order.

    Args:
        name: the venue's name, the calendar's title.
        sessions: those on whose roster the venue is; cancelled ones are shown as cancelled.
        now: aware; the stamp of the file.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//pinhui//pinhui//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for session in sessions:
        calendar.add_component(_event(session, now))
    calendar.add_missing_timezones()
    text: bytes = calendar.to_ical()
    return text


def _event(session: Session, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"session-{session.id}@pinhui")
    event.add("dtstamp", now)
    event.add("summary", session.title)
    event.add("dtstart", session.starts_at.astimezone(SITE_ZONE))
    event.add("dtend", session.ends_at.astimezone(SITE_ZONE))
    event.add("location", session.hall)
    event.add("description", "\n".join(_agenda(session)))
    cancelled = session.state is SessionState.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    return event


def _agenda(session: Session) -> Iterable[str]:
    clock = session.starts_at.astimezone(SITE_ZONE)
    for item in session.items:
        yield f"{clock:%H:%M} {item.topic} ({item.department}, {item.minutes}′)"
        clock += timedelta(minutes=item.minutes)
