"""What is to be done so that a series' sessions are as the series says. Pure.

Only what lies ahead, is not open, has no closed agenda and was changed by nobody's hand is touched.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeAlias

from server.domain.clock import SITE_ZONE
from server.domain.session import Session, SessionState
from server.scheduler.filing import HALVES, Approval, FiledRequest
from server.scheduler.problem import MAX_ITEMS
from server.scheduler.workdays import WorkdayTable
from server.standing.model import (
    Cancelled,
    Occurrence,
    SeriesState,
    StandingMeeting,
    Written,
    written_of,
)
from server.standing.recurrence import MARGIN, expected_days

AHEAD = timedelta(days=56)
"""How far ahead occurrences are scheduled."""

Cell: TypeAlias = tuple[date, str]
"""A day at the site and the name of a half-day."""


@dataclass(frozen=True, slots=True)
class Create:
    """A session is to be scheduled."""

    key: str
    written: Written


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A session is to become what the series says now; one called off takes place again."""

    occurrence: Occurrence
    written: Written


@dataclass(frozen=True, slots=True)
class Rehouse:
    """A session is only to be held in another hall, even one whose agenda is closed."""

    occurrence: Occurrence
    written: Written


@dataclass(frozen=True, slots=True)
class CallOff:
    """A session of the series is not held any more."""

    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class Clash:
    """An occurrence that finds its half-day taken; it is scheduled once that is free."""

    key: str
    starts_at: datetime
    session: Session


Action: TypeAlias = Create | Rewrite | Rehouse | CallOff


def cells_of(session: Session) -> set[Cell]:
    """Return the half-days that a session lies in."""
    start, end = session.starts_at.astimezone(SITE_ZONE), session.ends_at.astimezone(SITE_ZONE)
    first = start.hour * 60 + start.minute
    last = first + int((end - start).total_seconds()) // 60
    return {(start.date(), h.name) for h in HALVES if first < h.end and h.start < last}


def cell_of(moment: datetime) -> Cell:
    """Return the half-day of a start."""
    local = moment.astimezone(SITE_ZONE)
    minute = local.hour * 60 + local.minute
    return local.date(), next((h.name for h in HALVES if minute < h.end), HALVES[-1].name)


def wanted(
    meeting: StandingMeeting, table: WorkdayTable, now: datetime, *, department: str, hall: str
) -> dict[str, Written]:
    """Return what the series says should lie ahead, by key, in order of time.

    Args:
        meeting: the series.
        table: the working days.
        now: what would have begun is not among it.
        department: what the meeting's own department is called.
        hall: the street's, for a series that names none.
    """
    if meeting.state is not SeriesState.ACTIVE:
        return {}
    today = now.astimezone(SITE_ZONE).date()
    days = expected_days(meeting.plan.recurrence, table, today - MARGIN, today + AHEAD)
    found = {
        e.key: written_of(meeting.plan, e.day, department=department, hall=hall)
        for e in days
        if e.day
    }
    return {key: written for key, written in found.items() if written.starts_at > now}


def due_actions(
    meeting: StandingMeeting,
    held: Sequence[Occurrence],
    others: Iterable[Session],
    *,
    wishes: dict[str, Written],
    now: datetime,
) -> tuple[list[Action], list[Clash]]:
    """Return what is to be done, and what finds its half-day taken.

    Args:
        meeting: the series.
        held: its occurrences, also those called off.
        others: every session scheduled or open, those of the series among them.
        wishes: ``wanted`` of the series.
        now: what has begun is left alone.
    """
    taken = {s.id: (s, cells_of(s)) for s in others}
    known = {occurrence.key: occurrence for occurrence in held}
    actions: list[Action] = []
    for key, occurrence in known.items():
        if key not in wishes and _is_ours(occurrence, now, ending=meeting.state):
            actions.append(CallOff(occurrence))
            taken.pop(occurrence.session.id, None)
    clashes: list[Clash] = []
    for key, written in wishes.items():
        action = _for_one(key, written, known.get(key), now)
        if action is None:
            continue
        if isinstance(action, Rehouse):
            actions.append(action)
            continue
        own = known[key].session.id if key in known else 0
        cell = cell_of(written.starts_at)
        other = next((s for i, (s, cells) in taken.items() if i != own and cell in cells), None)
        if other is not None:
            clashes.append(Clash(key, written.starts_at, other))
            continue
        actions.append(action)
        if own:
            taken[own] = (known[key].session, {cell})
    return actions, clashes


def _is_ours(occurrence: Occurrence, now: datetime, *, ending: SeriesState) -> bool:
    """Tell whether the series may call an occurrence off; a closed agenda only when it is over."""
    session = occurrence.session
    if occurrence.cancelled or session.state is not SessionState.SCHEDULED:
        return False
    if session.starts_at <= now or occurrence.by_hand:
        return False
    return not session.fixed or ending is not SeriesState.ACTIVE


def _for_one(
    key: str, written: Written, occurrence: Occurrence | None, now: datetime
) -> Action | None:
    if occurrence is None:
        return Create(key, written)
    if occurrence.cancelled is Cancelled.BY_SERIES:
        return Rewrite(occurrence, written)
    if occurrence.written == written:
        return None
    if _is_ours(occurrence, now, ending=SeriesState.ENDED) and _differs_in_hall(
        occurrence, written
    ):
        return Rehouse(occurrence, written)
    if not _is_ours(occurrence, now, ending=SeriesState.ACTIVE):
        return None
    return Rewrite(occurrence, written)


def _differs_in_hall(occurrence: Occurrence, written: Written) -> bool:
    return occurrence.written == replace(written, hall=occurrence.written.hall)


def leaving_guests(
    session: Session,
    guests: Sequence[FiledRequest],
    written: Written,
    exempt: Collection[int],
) -> list[FiledRequest]:
    """Return the guests that cannot stay when their session becomes what is written, in order.

    Who may not come on the new day or at the new time, who is called by nobody else any more and
    may not call by itself, and, from the end of the agenda, who does not fit.

    Args:
        session: as it is.
        guests: the requests that are placed in it, in the agenda's order.
        written: what it becomes.
        exempt: ids of departments that need no approval.
    """
    day = written.starts_at.astimezone(SITE_ZONE).date()
    moved = written.starts_at != session.starts_at
    calling = [g for g in guests if _may_call(g, exempt)]
    posts = {*written.posts, *(post for guest in calling for post in guest.filing.posts)}
    free = written.longest - written.own_minutes
    places = MAX_ITEMS - len(written.items)
    leaving = []
    for guest in guests:
        filing = guest.filing
        in_time = filing.earliest <= day <= filing.deadline and not (moved and filing.hours)
        named, now_called = set(filing.committee_ids), set(written.committee_ids)
        called = set(filing.posts) <= posts and (
            not now_called or bool(named and named <= now_called)
        )
        stays = in_time and (called or _may_call(guest, exempt))
        if not stays or filing.minutes > free or places < 1:
            leaving.append(guest)
            continue
        free -= filing.minutes
        places -= 1
    return leaving


def _may_call(request: FiledRequest, exempt: Collection[int]) -> bool:
    return request.approval is Approval.GRANTED or request.filing.department_id in exempt
