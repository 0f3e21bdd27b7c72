"""From an accepted plan to what is entered: new sessions, additions to scheduled ones, outcomes.

Pure: the service enters what is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from server.domain.clock import SITE_ZONE
from server.domain.places import Venue
from server.domain.session import Session
from server.merging.instance.model import MergePlan, PlannedSession, Reason
from server.scheduler.filing import FiledRequest, RequestState


@dataclass(frozen=True, slots=True)
class Entry:
    """A session to be entered, or, with ``session_id``, items to be added to a scheduled one.

    ``requests`` are in the agenda's order. ``committee_ids`` is who comes for them.
    """

    session_id: int | None
    title: str
    starts_at: datetime
    ends_at: datetime
    requests: tuple[FiledRequest, ...]
    committee_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: its state, its digest day if it has one, and why."""

    request: FiledRequest
    state: RequestState
    digest_on: date | None
    reason: Reason


def moment_of(day: date, minutes: int) -> datetime:
    """Return the UTC moment of a minute of day at the site."""
    return datetime.combine(day, time(minutes // 60, minutes % 60), SITE_ZONE).astimezone(UTC)


def title_of(requests: Sequence[FiledRequest]) -> str:
    """Return what a new session is called: its first topic, and how many items there are."""
    first = requests[0].filing.topic
    return first if len(requests) == 1 else f"{first}等 {len(requests)} 项"


def still_called(session: Session, requests: Mapping[int, FiledRequest]) -> frozenset[int] | None:
    """Return the committees that the items of a session name; None when one calls everybody.

    An item of the session's own, behind which no request stands, calls the session's own
    committees; where none are named, its whole roster.

    Args:
        session: as it is now.
        requests: those behind its items, by id.
    """
    named: set[int] = set()
    for item in session.items:
        request = requests.get(item.request_id or 0)
        found = session.own_committee_ids if request is None else request.filing.committee_ids
        if not found:
            return None
        named |= set(found)
    return frozenset(named)


def own_venues(session: Session, venues: Iterable[Venue]) -> frozenset[int]:
    """Return the venues of a session's roster that its own items call; none without such items."""
    if not session.own_items:
        return frozenset()
    if not session.own_committee_ids:
        return frozenset(session.venue_ids)
    called = {v.id for v in venues if v.committee_id in session.own_committee_ids}
    return frozenset(called & set(session.venue_ids))


def entries_of(
    plan: MergePlan, requests: dict[str, FiledRequest], everybody: frozenset[int]
) -> list[Entry]:
    """Return what is to be entered, in the plan's order; sessions without guests need nothing.

    Args:
        plan: the accepted plan.
        requests: its requests by number.
        everybody: the ids of all committees, for requests that call all of them.
    """
    entries = []
    for session in plan.sessions:
        placed = tuple(requests[i.request] for i in session.items if i.request in requests)
        if placed:
            entries.append(_entry(session, placed, everybody))
    return entries


def _entry(
    session: PlannedSession, placed: tuple[FiledRequest, ...], everybody: frozenset[int]
) -> Entry:
    last = session.items[-1]
    committees = [frozenset(r.filing.committee_ids) or everybody for r in placed]
    return Entry(
        session_id=int(session.standing[1:]) if session.standing else None,
        title=title_of(placed),
        starts_at=moment_of(session.cell.date, session.start),
        ends_at=moment_of(session.cell.date, 0) + timedelta(minutes=last.start + last.minutes),
        requests=placed,
        committee_ids=frozenset().union(*committees),
    )


def outcomes_of(plan: MergePlan, requests: dict[str, FiledRequest]) -> list[Outcome]:
    """Return what became of each request, in the order of the plan's reasons."""
    digest = {key: day.date for day in plan.digest for key in day.requests}
    left_out = {out.request for out in plan.left_out}
    outcomes = []
    for reason in plan.reasons:
        state = RequestState.PLACED
        if reason.request in digest:
            state = RequestState.IN_DIGEST
        elif reason.request in left_out:
            state = RequestState.LEFT_OUT
        on = digest.get(reason.request)
        outcomes.append(Outcome(requests[reason.request], state, on, reason))
    return outcomes
