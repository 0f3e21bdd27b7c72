"""What a standing meeting (固定例会) is, and an occurrence of it as it was scheduled. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from server.domain.errors import DomainError
from server.domain.events import Payload, parse_time, time_text
from server.domain.places import Post
from server.domain.session import Session
from server.scheduler.filing import HALVES
from server.scheduler.publishing import moment_of

LONGEST_TITLE, LONGEST_TOPIC, LONGEST_HALL = 40, 60, 40
MOST_ITEMS = 4
"""Own items of a standing meeting; eight in all fit into a session."""
MOST_WEEKS = 8
LEAST, MOST, STEP = 5, 120, 5
"""Minutes of an own item, and of a meeting with its guests."""
CALL_HOURS, CLOSE_HOURS = 48, 12
"""Presets: how long before a meeting departments are asked, and when its agenda closes."""
MOST_CALL_HOURS = 240
LAST_YEAR = 2100


class Pattern(StrEnum):
    """On which days it is held: every n weeks, on the n-th weekday of a month, or working day."""

    WEEKLY = "WEEKLY"
    WEEKDAY = "WEEKDAY"
    WORKDAY = "WORKDAY"


class DayOff(StrEnum):
    """What becomes of a meeting that falls on a day off: moved to the next working day, or not."""

    MOVE = "MOVE"
    SKIP = "SKIP"


class SeriesState(StrEnum):
    """Whether it is held: ACTIVE, PAUSED for a while, or ENDED for good."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The days of a standing meeting, before holidays are looked at.

    ``weekday`` is 1 (Monday) to 5. WEEKLY: every ``every`` weeks from the first such weekday at or
    after ``first`` on. WEEKDAY: the ``nth`` such weekday of each month, 1 to 4, or -1 for the last.
    WORKDAY: the first working day of each month with ``nth`` 1, the last with -1. ``first`` and
    ``last`` are both inside; None for no end.
    """

    pattern: Pattern
    weekday: int
    first: date
    every: int = 1
    nth: int = 1
    day_off: DayOff = DayOff.MOVE
    last: date | None = None


@dataclass(frozen=True, slots=True)
class OwnItem:
    """What the meeting's own department says at each occurrence, and for how many minutes."""

    topic: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be changed of a standing meeting.

    ``start`` is in minutes of day. ``longest`` is how many minutes it may last with its guests.
    ``committee_ids`` is empty for all. ``call_hours`` before the start departments are asked for
    items, 0 for never; ``close_hours`` before it the agenda closes. ``chair_id`` is the account
    that leads it, None for nobody in particular. ``hall`` is empty for the street's.
    """

    title: str
    department_id: int
    recurrence: Recurrence
    start: int
    items: tuple[OwnItem, ...]
    longest: int
    posts: tuple[Post, ...]
    committee_ids: tuple[int, ...] = ()
    chair_id: int | None = None
    call_hours: int = CALL_HOURS
    close_hours: int = CLOSE_HOURS
    hall: str = ""

    @property
    def own_minutes(self) -> int:
        """Minutes of its own items."""
        return sum(item.minutes for item in self.items)


@dataclass(frozen=True, slots=True)
class StandingMeeting:
    """A recurring meeting that others may share (固定例会); ``version`` counts changes."""

    id: int
    plan: Plan
    state: SeriesState = SeriesState.ACTIVE
    version: int = 1


class Cancelled(StrEnum):
    """Who called an occurrence off: nobody, a person for this one, or a change of the series."""

    NOT = ""
    BY_HAND = "hand"
    BY_SERIES = "series"


@dataclass(frozen=True, slots=True)
class Written:
    """An occurrence as the series last wrote it into its session.

    What differs from it in the session was changed by hand. ``items`` are (topic, department,
    minutes); ``committee_ids`` is empty for all, ``hall`` where it was not kept yet.
    """

    title: str
    starts_at: datetime
    items: tuple[tuple[str, str, int], ...]
    posts: tuple[Post, ...]
    committee_ids: tuple[int, ...]
    longest: int
    hall: str = ""

    @property
    def own_minutes(self) -> int:
        """Minutes of the meeting's own items."""
        return sum(minutes for _, _, minutes in self.items)

    def to_payload(self) -> Payload:
        """Return it as the table keeps it."""
        return {
            "title": self.title,
            "starts_at": time_text(self.starts_at),
            "items": [list(item) for item in self.items],
            "posts": [str(post) for post in self.posts],
            "committees": list(self.committee_ids),
            "longest": self.longest,
            "hall": self.hall,
        }

    @staticmethod
    def from_payload(found: Mapping[str, Any]) -> "Written":
        """Return what ``to_payload`` wrote."""
        return Written(
            title=found["title"],
            starts_at=parse_time(found["starts_at"]),
            items=tuple((topic, who, minutes) for topic, who, minutes in found["items"]),
            posts=tuple(Post(post) for post in found["posts"]),
            committee_ids=tuple(found["committees"]),
            longest=found["longest"],
            hall=found.get("hall", ""),
        )


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of a standing meeting and its session; ``key`` is its week or month.

    ``2026-W48`` of a weekly, ``2026-12`` of a monthly meeting: there is at most one of each.
    """

    meeting_id: int
    key: str
    session: Session
    written: Written
    cancelled: Cancelled = Cancelled.NOT

    @property
    def by_hand(self) -> bool:
        """Whether somebody has changed this one apart from its series."""
        own = tuple((i.topic, i.department, i.minutes) for i in self.session.own_items)
        now = (self.session.title, self.session.starts_at, own, self.session.hall)
        was = self.written
        return now != (was.title, was.starts_at, was.items, was.hall)


def written_of(plan: Plan, day: date, *, department: str, hall: str) -> Written:
    """Return what an occurrence on that day should be; ``hall`` is the street's."""
    return Written(
        title=plan.title,
        starts_at=moment_of(day, plan.start),
        items=tuple((item.topic, department, item.minutes) for item in plan.items),
        posts=plan.posts,
        committee_ids=plan.committee_ids,
        longest=plan.longest,
        hall=plan.hall or hall,
    )


# --- what a plan may say -------------------------------------------------------------------------


def faults_of(plan: Plan, *, exempt: bool, today: date) -> dict[str, DomainError]:
    """Return what is wrong with a plan, by the field of the form; empty when nothing is.

    Args:
        plan: as it was filled in.
        exempt: whether its department may call standing meetings.
        today: the day at the site.
    """
    faults: dict[str, DomainError] = {}
    if not 1 <= len(plan.title) <= LONGEST_TITLE:
        faults["title"] = DomainError("standing_title", most=LONGEST_TITLE)
    if len(plan.hall) > LONGEST_HALL:
        faults["hall"] = DomainError("standing_hall", most=LONGEST_HALL)
    if not exempt:
        faults["department"] = DomainError("standing_not_exempt")
    if not plan.posts or plan.committee_ids == (0,):
        faults["audience"] = DomainError("request_audience")
    faults |= _fault_of_items(plan) | _fault_of_time(plan) | _fault_of_days(plan.recurrence, today)
    if not _calls_soundly(plan):
        faults["call_hours"] = DomainError("standing_call", most=MOST_CALL_HOURS)
    return faults


def _fault_of_items(plan: Plan) -> dict[str, DomainError]:
    sound = 1 <= len(plan.items) <= MOST_ITEMS and all(
        1 <= len(item.topic) <= LONGEST_TOPIC
        and LEAST <= item.minutes <= MOST
        and not item.minutes % STEP
        for item in plan.items
    )
    return {} if sound else {"items": DomainError("standing_items", least=LEAST, step=STEP)}


def _fault_of_time(plan: Plan) -> dict[str, DomainError]:
    """Judge start and length: the whole meeting with its guests lies in one half-day."""
    half = next((h for h in HALVES if h.start <= plan.start < h.end), None)
    if half is None or plan.start % STEP:
        return {"start": DomainError("standing_start")}
    most = min(MOST, half.end - plan.start)
    if plan.longest % STEP or not plan.own_minutes <= plan.longest <= most:
        return {"longest": DomainError("standing_longest", least=plan.own_minutes, most=most)}
    return {}


def _fault_of_days(recurrence: Recurrence, today: date) -> dict[str, DomainError]:
    sound = 1 <= recurrence.weekday <= 5 and 1 <= recurrence.every <= MOST_WEEKS
    if not sound or recurrence.nth not in (1, 2, 3, 4, -1):
        return {"pattern": DomainError("standing_pattern", most=MOST_WEEKS)}
    if not today - timedelta(days=3660) <= recurrence.first <= date(LAST_YEAR, 12, 31):
        return {"first": DomainError("standing_first")}
    last = recurrence.last
    if last is not None and not recurrence.first <= last <= date(LAST_YEAR, 12, 31):
        return {"last": DomainError("standing_last")}
    return {}


def _calls_soundly(plan: Plan) -> bool:
    if plan.call_hours == 0:
        return True
    return 0 <= plan.close_hours < plan.call_hours <= MOST_CALL_HOURS


# --- as the audit log and the table keep it ------------------------------------------------------


def facts_of(plan: Plan) -> Payload:
    """Return a plan as the audit log keeps it."""
    days = plan.recurrence
    return {
        "title": plan.title,
        "department_id": plan.department_id,
        "pattern": str(days.pattern),
        "weekday": days.weekday,
        "every": days.every,
        "nth": days.nth,
        "day_off": str(days.day_off),
        "first": days.first.isoformat(),
        "last": days.last.isoformat() if days.last else "",
        "start": plan.start,
        "items": [[item.topic, item.minutes] for item in plan.items],
        "longest": plan.longest,
        "posts": [str(post) for post in plan.posts],
        "committees": list(plan.committee_ids),
        "chair_id": plan.chair_id,
        "call_hours": plan.call_hours,
        "close_hours": plan.close_hours,
        "hall": plan.hall,
    }


def plan_of(facts: Mapping[str, Any]) -> Plan:
    """Return the plan that ``facts_of`` told."""
    return Plan(
        title=facts["title"],
        department_id=facts["department_id"],
        recurrence=Recurrence(
            pattern=Pattern(facts["pattern"]),
            weekday=facts["weekday"],
            first=date.fromisoformat(facts["first"]),
            every=facts["every"],
            nth=facts["nth"],
            day_off=DayOff(facts["day_off"]),
            last=date.fromisoformat(facts["last"]) if facts["last"] else None,
        ),
        start=facts["start"],
        items=tuple(OwnItem(topic, minutes) for topic, minutes in facts["items"]),
        longest=facts["longest"],
        posts=tuple(Post(post) for post in facts["posts"]),
        committee_ids=tuple(facts["committees"]),
        chair_id=facts["chair_id"],
        call_hours=facts["call_hours"],
        close_hours=facts["close_hours"],
        hall=facts.get("hall", ""),
    )


def with_plan(meeting: StandingMeeting, plan: Plan) -> StandingMeeting:
    """Return the meeting after a change, one version on."""
    return replace(meeting, plan=plan, version=meeting.version + 1)
