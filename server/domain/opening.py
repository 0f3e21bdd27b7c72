"""What a session was when it opened: planned times, roster, agenda and the rules of attendance.

It is written into ``session.opened``, so that a report needs nothing but the log: a committee that
is renamed later, or a rule that changes next year, changes no report of today.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from server.domain.events import Payload, parse_time, time_text
from server.domain.places import Post, Venue, VenueKind
from server.domain.session import AgendaItem, Session


@dataclass(frozen=True, slots=True)
class AttendanceRules:
    """How facts become verdicts, kept with each session.

    - ``grace_minutes``: who comes or goes by more than this is late or early.
    - ``minimum_percent``: who was there for less than this share of the session was absent.
    - ``recovery_seconds``: how long after an outage a venue's way back still counts as outage.
    """

    grace_minutes: int = 5
    minimum_percent: int = 10
    recovery_seconds: int = 60

    @property
    def grace(self) -> timedelta:
        """The grace as a duration."""
        return timedelta(minutes=self.grace_minutes)

    @property
    def recovery(self) -> timedelta:
        """The way back after an outage as a duration."""
        return timedelta(seconds=self.recovery_seconds)


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of the roster (应到名单): a branch venue under its number and name of that day."""

    venue_id: int
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class ItemCall:
    """Whom an item calls: posts, and branch venues by id, empty for all on the roster."""

    item_id: int
    posts: tuple[Post, ...]
    venue_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a report must know of a session beside what happened in it.

    ``roster`` is in order of number and holds branch venues only: the main venue calls, it is not
    called. ``calls`` is empty in logs of before it was kept: every item called everybody then.
    """

    session_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[AgendaItem, ...]
    roster: tuple[Expected, ...]
    rules: AttendanceRules
    calls: tuple[ItemCall, ...] = ()


def opening_of(
    session: Session,
    venues: Iterable[Venue],
    rules: AttendanceRules | None = None,
    calls: Iterable[ItemCall] = (),
) -> Opening:
    """Return the opening of ``session``; of ``venues`` only its own branch venues are expected."""
    called = set(session.venue_ids)
    roster = sorted(
        (v.number, v.id, v.name) for v in venues if v.id in called and v.kind is VenueKind.BRANCH
    )
    return Opening(
        session_id=session.id,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        items=tuple(sorted(session.items, key=lambda item: (item.position, item.id))),
        roster=tuple(Expected(id_, number, name) for number, id_, name in roster),
        rules=rules or AttendanceRules(),
        calls=tuple(calls),
    )


def opening_payload(opening: Opening) -> Payload:
    """Return the payload of ``session.opened``."""
    return {
        "title": opening.title,
        "starts_at": time_text(opening.starts_at),
        "ends_at": time_text(opening.ends_at),
        "items": [asdict(item) for item in opening.items],
        "roster": [asdict(line) for line in opening.roster],
        "rules": asdict(opening.rules),
        "calls": [
            {"item_id": c.item_id, "posts": [p.value for p in c.posts], "venue_ids": [*c.venue_ids]}
            for c in opening.calls
        ],
    }


def opening_from_payload(session_id: int, payload: Payload) -> Opening:
    """Return the opening that ``opening_payload`` wrote.

    Raises:
        KeyError: when the payload is not that of an opening.
    """
    return Opening(
        session_id=session_id,
        title=payload["title"],
        starts_at=parse_time(payload["starts_at"]),
        ends_at=parse_time(payload["ends_at"]),
        items=tuple(AgendaItem(**item) for item in payload["items"]),
        roster=tuple(Expected(**line) for line in payload["roster"]),
        rules=AttendanceRules(**payload["rules"]),
        calls=tuple(
            ItemCall(c["item_id"], tuple(Post(p) for p in c["posts"]), tuple(c["venue_ids"]))
            for c in payload.get("calls", ())
        ),
    )
