"""From the street's facts to one merging instance in which placed requests may move. Pure.

A session that came from requests is taken apart: its requests are published ones, which move at a
price, and what is its own is a standing meeting. What does not fit that, or may not change any
more, stays one fixed meeting.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from server.board.model import Facts, Marks, cell_key, cell_of
from server.domain.clock import SITE_ZONE
from server.domain.session import AgendaItem, Session, SessionState
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    Cell,
    Instance,
    MeetingRequest,
    MergePlan,
    Pin,
    PlannedItem,
    PlannedSession,
    Published,
)
from server.merging.verdict.facts import work_out
from server.merging.verdict.quota import compute_ledger
from server.merging.verdict.rules import SESSION_RULES, stands_somewhere
from server.scheduler.exceptions import SignedException, allow, exceptions_of, still_signed
from server.scheduler.filing import HALVES, FiledRequest, RequestState, only_serving
from server.scheduler.problem import GRANULARITY, compose_instance, first_day, session_key
from server.scheduler.publishing import own_venues


@dataclass(frozen=True, slots=True)
class Ground:
    """The database seen as a plan.

    Attributes:
        requests: those of the instance by number, as they may be placed.
        movable: the sessions that came from requests, by cell.
        places: where the database has each request, in words of ``Working.base``.
        tolerated: what is called above quotas already without a signature: no reason to take
            anything out of the calendar, nor to put more in.
    """

    facts: Facts
    requests: Mapping[str, FiledRequest]
    movable: Mapping[Cell, Session]
    places: Mapping[str, str] = field(default_factory=dict)
    tolerated: tuple[SignedException, ...] = ()

    @property
    def cells(self) -> dict[str, Cell]:
        """Where the database has the requests that are in sessions."""
        found = {}
        for cell, session in self.movable.items():
            numbers = {r.id: r.number for r in self.requests.values()}
            for item in session.items:
                if item.request_id in numbers:
                    found[numbers[item.request_id]] = cell
        return found


def lay_ground(facts: Facts) -> Ground:
    """Return the database seen as a plan: which sessions may change, and where everybody is.

    Sessions that break a rule of today's instance by themselves are left as they are.
    """
    requests = {r.number: r for r in facts.requests if _is_open(facts, r)}
    movable = _candidates(facts, requests)
    while broken := _broken(facts, requests, movable):
        movable = {cell: session for cell, session in movable.items() if cell not in broken}
    here = {item.request_id for session in movable.values() for item in session.items}
    kept = {
        number: request
        for number, request in requests.items()
        if request.state is not RequestState.PLACED or request.id in here
    }
    ground = Ground(facts, kept, movable)
    cells = {number: cell_key(cell) for number, cell in ground.cells.items()}
    digest = {
        r.number: f"digest-{r.digest_on.isoformat()}"
        for r in kept.values()
        if r.state is RequestState.IN_DIGEST and r.digest_on
    }
    places = dict.fromkeys(kept, "") | cells | digest
    return replace(ground, places=places, tolerated=tuple(_unsigned(ground)))


def _unsigned(ground: Ground) -> Iterator[SignedException]:
    """Yield one for each call of the database's sessions above a quota that nobody has signed."""
    lookup = look_up(compose(ground, Marks(), {}))
    sessions = [work_out(lookup, s) for s in database_plan(ground, lookup.instance).sessions]
    alone = [s.id for s in lookup.instance.standing if s.cell not in ground.movable]
    held = [work_out(lookup, _without_guests(lookup, key)) for key in alone]
    nowhere = cell_of(date.max, "")
    for line in compute_ledger(lookup, [*sessions, *held]):
        for _ in range(line.over):
            yield from exceptions_of("", nowhere, [line], by="")


def _without_guests(lookup: Lookup, key: str) -> PlannedSession:
    """Return a standing meeting alone as a planned session."""
    meeting = lookup.standing[key]
    item = PlannedItem(key, meeting.start, meeting.own_minutes)
    return PlannedSession(key, key, meeting.cell, meeting.start, (item,))


def _is_open(facts: Facts, request: FiledRequest) -> bool:
    """Tell whether anything can still be done with a request."""
    serving = [committee.id for committee in facts.situation.committees]
    if only_serving(request, serving) is None:
        return False
    if request.state is RequestState.IN_DIGEST:
        later = request.digest_on is not None and request.digest_on > facts.today
        return later and request.issued_at is None
    return request.state is RequestState.PLACED or request.filing.deadline > facts.today


def _candidates(facts: Facts, requests: Mapping[str, FiledRequest]) -> dict[Cell, Session]:
    placed = {r.id: r for r in requests.values() if r.state is RequestState.PLACED}
    first = first_day(facts.situation)
    taken: dict[Cell, list[Session]] = {}
    for session in facts.situation.sessions:
        cell = half_day_of(session)
        if cell is not None:
            taken.setdefault(cell, []).append(session)
    return {
        cell: sessions[0]
        for cell, sessions in taken.items()
        if len(sessions) == 1 and cell.date >= first and _is_movable(sessions[0], placed)
    }


def half_day_of(session: Session) -> Cell | None:
    """Return the cell in which a session lies, None when it is in none or off the grid."""
    start = session.starts_at.astimezone(SITE_ZONE)
    begin = start.hour * 60 + start.minute
    end = begin + int((session.ends_at - session.starts_at).total_seconds()) // 60
    half = next((h for h in HALVES if h.start <= begin < end <= h.end), None)
    if half is None or begin % GRANULARITY:
        return None
    return cell_of(start.date(), half.name)


def own_items(session: Session) -> tuple[AgendaItem, ...]:
    """Return the items of a session that are no request's."""
    return tuple(item for item in session.items if item.request_id is None)


def _is_movable(session: Session, placed: Mapping[int, FiledRequest]) -> bool:
    """Tell whether a session is its own items and then requests, each of them known as placed."""
    guests = session.items[len(own_items(session)) :]
    behind = [placed.get(item.request_id or 0) for item in guests]
    known = all(request is not None and request.session_id == session.id for request in behind)
    open_ = session.state is SessionState.SCHEDULED and not session.fixed
    return bool(guests) and known and open_


def _broken(
    facts: Facts, requests: Mapping[str, FiledRequest], movable: Mapping[Cell, Session]
) -> set[Cell]:
    ground = Ground(facts, requests, movable)
    lookup = look_up(compose(ground, Marks(), {}))
    broken = set()
    for cell in movable:
        planned = planned_session(ground, cell, lookup.instance)
        if stands_somewhere(lookup, planned) is not None:
            broken.add(cell)
            continue
        held = work_out(lookup, planned)
        if held.strangers or any(any(rule(lookup, held)) for rule in SESSION_RULES):
            broken.add(cell)
    return broken


def planned_session(ground: Ground, cell: Cell, instance: Instance) -> PlannedSession:
    """Return a movable session as the database has it, each item with the minutes asked for."""
    session = ground.movable[cell]
    start = session.starts_at.astimezone(SITE_ZONE)
    begin = clock = start.hour * 60 + start.minute
    key = session_key(session.id)
    standing = next((s for s in instance.standing if s.id == key), None)
    items = []
    if standing is not None:
        items.append(PlannedItem(key, clock, standing.own_minutes))
        clock += standing.own_minutes
    numbers = {r.id: r for r in ground.requests.values()}
    for item in session.items:
        request = numbers.get(item.request_id or 0)
        if request is not None:
            items.append(PlannedItem(request.number, clock, request.filing.minutes))
            clock += request.filing.minutes
    return PlannedSession(key, standing.id if standing else None, cell, begin, tuple(items))


# --- the instance --------------------------------------------------------------------------------


def compose(ground: Ground, marks: Marks, places: Mapping[str, Cell]) -> Instance:
    """Return the instance of placing everything anew, under the quotas and what was signed.

    Args:
        ground: the facts, and which sessions may change.
        marks: what was fixed by hand.
        places: where the working plan has requests; signatures hold for those in their places.
    """
    signed = still_signed(ground.facts.exceptions, {**ground.cells, **places})
    return allow(pose(ground, marks, places), [*signed, *ground.tolerated])


def pose(ground: Ground, marks: Marks, places: Mapping[str, Cell]) -> Instance:
    """Return the same instance under the bare quotas."""
    facts, movable = ground.facts, {s.id: s for s in ground.movable.values()}
    sessions = []
    for session in facts.situation.sessions:
        left = _own_part(facts, session) if session.id in movable else session
        sessions += [left] if left is not None else []
    called = {key: posts for key, posts in facts.situation.called.items() if key not in movable}
    apart = {k: parts for k, parts in facts.situation.callings.items() if k not in movable}
    situation = replace(facts.situation, sessions=sessions, called=called, callings=apart)
    cells = ground.cells
    serving = [committee.id for committee in situation.committees]
    open_ = [r for f in ground.requests.values() if (r := only_serving(f, serving)) is not None]
    asked = [_widened(request, cells, marks) for request in open_]
    instance = compose_instance(situation, sorted(asked, key=lambda request: request.id))
    marked = tuple(_marked(r, cells, marks, places) for r in instance.requests)
    return replace(instance, requests=marked)


def _own_part(facts: Facts, session: Session) -> Session | None:
    """Return what is left of a session without its requests and their people; None for nothing."""
    own = own_items(session)
    if not own:
        return None
    minutes = sum(item.minutes for item in own)
    ends_at = session.starts_at + timedelta(minutes=minutes)
    venues = own_venues(session, facts.situation.venues)
    return replace(session, items=own, ends_at=ends_at, venue_ids=tuple(sorted(venues)))


def _widened(request: FiledRequest, cells: Mapping[str, Cell], marks: Marks) -> FiledRequest:
    """Return a request whose window has the day that it was given, and its way if chosen by hand.

    What was published may stay where it is, whatever was amended since.
    """
    filing = request.filing
    days = [cell.date for number, cell in cells.items() if number == request.number]
    if request.state is RequestState.IN_DIGEST and request.digest_on:
        days.append(request.digest_on)
    return replace(
        request,
        filing=replace(
            filing,
            earliest=min([filing.earliest, *days]),
            deadline=max([filing.deadline, *days]),
            read_only=filing.read_only or request.number in marks.digest,
        ),
    )


def _marked(
    request: MeetingRequest, cells: Mapping[str, Cell], marks: Marks, places: Mapping[str, Cell]
) -> MeetingRequest:
    if request.read_only:
        return request
    now, before = places.get(request.id), cells.get(request.id)
    published = Published(before, frozen=False) if before is not None else None
    if now is not None and now in marks.frozen:
        published = Published(now, frozen=True)
    pin = marks.pins.get(request.id)
    return replace(
        request,
        published=published,
        pin=Pin(pin.date, pin.half, pin.hall) if pin is not None else None,
    )


def database_plan(ground: Ground, instance: Instance) -> MergePlan:
    """Return the sessions of the database as a plan; digests and reasons are left empty."""
    cells: Iterable[Cell] = sorted(ground.movable)
    sessions = tuple(planned_session(ground, cell, instance) for cell in cells)
    return MergePlan(instance.name, sessions, (), ())


def digest_day_of(ground: Ground, number: str) -> date | None:
    """Return the digest day that the database has for a request, None without one."""
    place = ground.places.get(number, "")
    return date.fromisoformat(place.removeprefix("digest-")) if place[:7] == "digest-" else None
