"""What a session was when it opened: planned times, roster, agenda and the rules of attendance.

It is written into ``session.opened``, so that a report needs nothing but the log: a committee that
is renamed later, or a rule that changes next year, changes no report of today.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from server.domain.errors import DomainError
from server.domain.events import Payload, parse_time, time_text
from server.domain.places import Person, Post, Venue, VenueKind
from server.domain.session import AgendaItem, Session


@dataclass(frozen=True, slots=True)
class AttendanceRules:
    """How facts become verdicts, kept with each session.

    The defaults are those of logs from before a rule was kept, and never change.

    - ``grace_minutes``: who comes by more than this after the start is late.
    - ``minimum_percent``: who was there for less than this share of the session was absent.
    - ``recovery_seconds``: how long after an outage a venue's way back still counts as outage.
    - ``early_minutes``: who goes by more than this before the end left early; None: as for late.
    - ``comment_hours``: how long a correction may be commented on by both sides, 0 for not at all.
    - ``answer_seconds``: how long "we are here" may be answered.
    """

    grace_minutes: int = 5
    minimum_percent: int = 10
    recovery_seconds: int = 60
    early_minutes: int | None = None
    comment_hours: int = 24
    answer_seconds: int = 120

    @property
    def grace(self) -> timedelta:
        """The grace for coming late as a duration."""
        return timedelta(minutes=self.grace_minutes)

    @property
    def early_grace(self) -> timedelta:
        """The grace for leaving early as a duration."""
        return self.grace if self.early_minutes is None else timedelta(minutes=self.early_minutes)

    @property
    def recovery(self) -> timedelta:
        """The way back after an outage as a duration."""
        return timedelta(seconds=self.recovery_seconds)

    @property
    def commenting(self) -> timedelta:
        """How long corrections may be commented on."""
        return timedelta(hours=self.comment_hours)


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
class ExpectedPerson:
    """Somebody whom an item of the session calls, by the name and post of that day."""

    person_id: int
    venue_id: int
    name: str
    post: Post


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a report must know of a session beside what happened in it.

    ``roster`` is in order of number and holds branch venues only: the main venue calls, it is not
    called. ``calls`` is empty in logs of before it was kept: every item called everybody then.
    ``people`` are who is called by name, in order of venue and person; empty in those logs as well.
    """

    session_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[AgendaItem, ...]
    roster: tuple[Expected, ...]
    rules: AttendanceRules
    calls: tuple[ItemCall, ...] = ()
    people: tuple[ExpectedPerson, ...] = ()

    def venues_of(self, item_id: int) -> tuple[int, ...]:
        """Return the venues on the roster that an item calls, in order of number."""
        call = self._call_of(item_id)
        wanted = set(call.venue_ids) if call else set()
        return tuple(v.venue_id for v in self.roster if not wanted or v.venue_id in wanted)

    def people_of(self, item_id: int) -> tuple[ExpectedPerson, ...]:
        """Return the people whom an item calls."""
        call, venues = self._call_of(item_id), set(self.venues_of(item_id))
        posts = call.posts if call else ()
        return tuple(
            p for p in self.people if p.venue_id in venues and (not posts or p.post in posts)
        )

    def _call_of(self, item_id: int) -> ItemCall | None:
        return next((call for call in self.calls if call.item_id == item_id), None)


def opening_of(
    session: Session,
    venues: Iterable[Venue],
    rules: AttendanceRules | None = None,
    calls: Iterable[ItemCall] = (),
    people: Iterable[Person] = (),
) -> Opening:
    """Return the opening of ``session``.

    Of ``venues`` only its own branch venues are expected, of ``people`` only whom an item calls.
    """
    called = set(session.venue_ids)
    venues = list(venues)
    roster = sorted(
        (v.number, v.id, v.name) for v in venues if v.id in called and v.kind is VenueKind.BRANCH
    )
    opening = Opening(
        session_id=session.id,
        title=session.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        items=tuple(sorted(session.items, key=lambda item: (item.position, item.id))),
        roster=tuple(Expected(id_, number, name) for number, id_, name in roster),
        rules=rules or AttendanceRules(),
        calls=tuple(calls),
        people=_staff(venues, people),
    )
    items = [item.id for item in opening.items]
    wanted = {p.person_id for item in items for p in opening.people_of(item)}
    if items:
        expected = tuple(p for p in opening.people if p.person_id in wanted)
        opening = replace(opening, people=expected)
    return opening


def _staff(venues: Iterable[Venue], people: Iterable[Person]) -> tuple[ExpectedPerson, ...]:
    """Return people at the venues of their committees, those who serve only."""
    places = {v.committee_id: v.id for v in venues if v.committee_id is not None}
    return tuple(
        ExpectedPerson(p.id, places[p.committee_id], p.name, p.post)
        for p in people
        if p.committee_id in places and not p.retired
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
        "people": [asdict(p) | {"post": p.post.value} for p in opening.people],
    }


def opening_from_payload(session_id: int, payload: Payload) -> Opening:
    """Return the opening that ``opening_payload`` wrote.

    Raises:
        DomainError: ``session_erased`` when the payload is gone, its time of keeping being over.
        KeyError: when the payload is not that of an opening.
    """
    if not payload:
        raise DomainError("session_erased")
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
        people=tuple(
            ExpectedPerson(**p | {"post": Post(p["post"])}) for p in payload.get("people", ())
        ),
    )
