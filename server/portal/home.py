"""What the first screens show, put together from several features. Pure values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.conference.model import MAIN, ConferenceState
from server.domain.places import Venue
from server.domain.session import Session
from server.i18n.dates import site_date
from server.scheduler.workdays import WorkdayTable, is_working, shifted

LONGEST_SESSION = 120
"""Minutes that a shared session may last."""


@dataclass(frozen=True, slots=True)
class Light:
    """One venue on the leader's screen; ``state`` is ``ok``, ``warn`` or ``bad``."""

    number: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class LiveNow:
    """The session that is on: how many are expected, here, missing, and how many people."""

    session_id: int
    lights: tuple[Light, ...]
    here: int
    lost: int
    missing: int
    people: int

    @property
    def expected(self) -> int:
        """How many branch venues are on the roster."""
        return len(self.lights)


def live_now(state: ConferenceState) -> LiveNow:
    """Return the leader's view of a conference."""
    branches = [v for v in state.venues if v.number != MAIN]
    lights = tuple(
        Light(v.number, v.name, "ok" if v.peers else ("warn" if v.joined else "bad"))
        for v in branches
    )
    return LiveNow(
        session_id=state.session_id,
        lights=lights,
        here=sum(light.state == "ok" for light in lights),
        lost=sum(light.state == "warn" for light in lights),
        missing=sum(light.state == "bad" for light in lights),
        people=sum(v.heads or 0 for v in state.venues),
    )


@dataclass(frozen=True, slots=True)
class SharedSession:
    """A scheduled session with the minutes that are still free on it."""

    session: Session
    used: int
    free: int


def with_room(sessions: Sequence[Session]) -> list[SharedSession]:
    """Return the sessions that can still take an item, by start."""
    found = []
    for session in sessions:
        used = sum(item.minutes for item in session.items)
        free = (session.longest or LONGEST_SESSION) - used
        if free >= 5 and not session.fixed:
            found.append(SharedSession(session, used, free))
    return found


@dataclass(frozen=True, slots=True)
class WeekDay:
    """One day of a committee's week and what is on; ``off`` when nobody works."""

    on: date
    today: bool
    off: bool
    sessions: tuple[Session, ...]


def week_of(
    sessions: Sequence[Session], venue: Venue | None, today: date, table: WorkdayTable
) -> list[WeekDay]:
    """Return Monday to Friday of this week and the weekend days that are worked, with sessions.

    Once nobody works any more in this week, the next one.

    Args:
        sessions: by start; times are read in the site's zone.
        venue: whose sessions count; None for nobody's.
        today: the day at the site.
        table: which days are working days.
    """
    monday = today - timedelta(days=today.weekday())
    if today.weekday() > 4 and shifted(table, today, 0) >= monday + timedelta(days=7):
        monday += timedelta(days=7)
    mine = [s for s in sessions if venue is not None and venue.id in s.venue_ids]
    days = [monday + timedelta(days=offset) for offset in range(7)]
    return [
        WeekDay(
            on=day,
            today=day == today,
            off=not is_working(table, day),
            sessions=tuple(s for s in mine if site_date(s.starts_at) == day),
        )
        for day in days
        if day.weekday() <= 4 or is_working(table, day)
    ]
