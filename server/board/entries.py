"""From the working plan to what publishing enters: sessions made, changed, moved, cancelled. Pure.

A session whose items all go elsewhere together is moved and not cancelled: it keeps its id, so that
who is told of it is told of a change. Only what is in the asked weeks is entered, with the weeks
from or to which something of it moves.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from server.board.model import Marks, cell_key, parse_cell
from server.board.problem import Ground, own_items
from server.board.working import Board, changed_cells, digests_of
from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.merging.instance.model import Cell, PlannedSession
from server.scheduler.filing import FiledRequest, RequestState
from server.scheduler.publishing import Outcome, moment_of, title_of
from server.scheduler.times import parts_of, time_of_department, times_of_committee
from server.scheduler.workdays import week_of


@dataclass(frozen=True, slots=True)
class Entry:
    """One session to be entered: as it was, None for a new one, and as it is, None to be cancelled.

    A new one has the id 0. ``added`` and ``removed`` are the numbers of the requests that come and
    go with it.
    """

    was: Session | None
    now: Session | None
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """Everything that publishing enters, in order of time.

    ``cells`` says in which session's cell each placed request is. ``told`` are the committees and
    ``departments`` whose own times change.
    """

    entries: tuple[Entry, ...]
    outcomes: tuple[Outcome, ...]
    cells: Mapping[str, Cell]
    told: frozenset[int]
    departments: frozenset[str]

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to enter."""
        return bool(self.entries or self.outcomes)


def plan_publication(board: Board, weeks: Collection[str] | None) -> Publication:
    """Return what publishing enters.

    Args:
        board: the working plan.
        weeks: ISO weeks; None for all, and then what is left out is told so too.
    """
    scope = None if weeks is None else closed_weeks(board, weeks)
    cells = {c for c in changed_cells(board) if scope is None or week_of(c.date) in scope}
    entries = sorted(_entries(board, cells), key=_time_of)
    before = [entry.was for entry in entries if entry.was is not None]
    after = [entry.now for entry in entries if entry.now is not None]
    told, departments = _told(board, before, after)
    return Publication(
        entries=tuple(entries),
        outcomes=(*_outcomes(board, scope), *_company(board, cells)),
        cells=board.places,
        told=told,
        departments=departments,
    )


def closed_weeks(board: Board, weeks: Collection[str]) -> frozenset[str]:
    """Return weeks with all those from or to which something of them moves."""
    moves = []
    now = _now(board)
    for number, place in board.ground.places.items():
        ends = {_week_of(place), _week_of(now.get(number, ""))} - {""}
        if len(ends) == 2:
            moves.append(ends)
    scope = set(weeks)
    while more := {week for ends in moves if ends & scope for week in ends} - scope:
        scope |= more
    return frozenset(scope)


def _now(board: Board) -> dict[str, str]:
    """Return where the working plan has everybody, in words of ``Ground.places``."""
    return {n: cell_key(cell) for n, cell in board.places.items()} | digests_of(board.plan)


def _week_of(place: str) -> str:
    if not place:
        return ""
    if place.startswith("digest-"):
        return week_of(date.fromisoformat(place.removeprefix("digest-")))
    return week_of(parse_cell(place).date)


# --- sessions ------------------------------------------------------------------------------------


def _entries(board: Board, cells: Collection[Cell]) -> list[Entry]:
    movable = board.ground.movable
    planned = {s.cell: s for s in board.plan.sessions if s.cell in cells and _guests(s)}
    gone = {c for c in cells if c in movable and c not in planned and not own_items(movable[c])}
    fresh = {c for c in planned if _behind(board, planned[c]) is None}
    moved = _matches(board, gone, {c: planned[c] for c in fresh})
    entries = []
    for cell in cells:
        if cell in planned:
            session = movable[moved[cell]] if cell in moved else _behind(board, planned[cell])
            entries.append(_entry(board, session, planned[cell]))
        elif cell in gone and cell not in moved.values():
            entries.append(Entry(movable[cell], None, (), _numbers(board.ground, movable[cell])))
        elif cell in movable and cell not in gone:
            entries.append(_emptied(board, movable[cell]))
    return entries


def _guests(session: PlannedSession) -> list[str]:
    return [item.request for item in session.items if item.request != session.standing]


def _behind(board: Board, planned: PlannedSession) -> Session | None:
    """Return the session that a planned one is in the database, None for a new one."""
    if planned.standing is not None:
        key = int(planned.standing[1:])
        return next(s for s in board.ground.facts.situation.sessions if s.id == key)
    return board.ground.movable.get(planned.cell)


def _numbers(ground: Ground, session: Session) -> tuple[str, ...]:
    numbers = {r.id: r.number for r in ground.requests.values()}
    return tuple(numbers[i.request_id] for i in session.items if i.request_id in numbers)


def _matches(
    board: Board, gone: Collection[Cell], fresh: Mapping[Cell, PlannedSession]
) -> dict[Cell, Cell]:
    """Return for each new cell the one from which a session goes there: most items first."""
    shared = []
    for new, session in fresh.items():
        for old in gone:
            here = set(_numbers(board.ground, board.ground.movable[old]))
            if count := len(here & set(_guests(session))):
                shared.append((-count, new, old))
    found: dict[Cell, Cell] = {}
    for _, new, old in sorted(shared):
        if new not in found and old not in found.values():
            found[new] = old
    return found


def _entry(board: Board, was: Session | None, planned: PlannedSession) -> Entry:
    requests = [board.ground.requests[number] for number in _guests(planned)]
    own = own_items(was) if was is not None else ()
    if was is not None and planned.cell not in board.ground.movable and not _is_moved(board, was):
        own = was.items
    parts = [(i.topic, i.department, i.minutes, i.request_id) for i in own]
    parts += [(r.filing.topic, r.department, r.filing.minutes, r.id) for r in requests]
    starts_at = moment_of(planned.cell.date, planned.start)
    now = Session(
        id=was.id if was is not None else 0,
        title=was.title if was is not None and own else title_of(tuple(requests)),
        state=SessionState.SCHEDULED,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=sum(part[2] for part in parts)),
        hall=was.hall if was is not None else board.ground.facts.situation.hall,
        items=tuple(
            AgendaItem(0, at, topic, department, minutes, request_id)
            for at, (topic, department, minutes, request_id) in enumerate(parts, 1)
        ),
        venue_ids=_roster(board, requests, was.venue_ids if was is not None and own else ()),
        posts=was.posts if was is not None and own else (),
        longest=was.longest if was is not None and own else None,
    )
    before = _numbers(board.ground, was) if was is not None else ()
    after = tuple(_guests(planned))
    return Entry(
        was=was,
        now=now,
        added=tuple(n for n in after if n not in before),
        removed=tuple(n for n in before if n not in after),
    )


def _is_moved(board: Board, session: Session) -> bool:
    return any(session.id == movable.id for movable in board.ground.movable.values())


def _emptied(board: Board, was: Session) -> Entry:
    """Return a standing meeting that all its guests leave."""
    own = own_items(was)
    minutes = sum(item.minutes for item in own)
    ends_at = was.starts_at + timedelta(minutes=minutes)
    now = replace(was, items=own, ends_at=ends_at)
    return Entry(was, now, (), _numbers(board.ground, was))


def _roster(
    board: Board, requests: Iterable[FiledRequest], known: Iterable[int]
) -> tuple[int, ...]:
    """Return the venues of whom requests call, beside those that come anyway."""
    situation = board.ground.facts.situation
    everybody = frozenset(committee.id for committee in situation.committees)
    called: set[int] = set()
    for request in requests:
        called |= set(request.filing.committee_ids) & everybody or everybody
    venues = {v.id for v in situation.venues if v.committee_id in called}
    return tuple(sorted(venues | set(known)))


def _time_of(entry: Entry) -> datetime:
    session = entry.now or entry.was
    if session is None:
        raise AssertionError("an entry about nothing")
    return session.starts_at


# --- requests ------------------------------------------------------------------------------------


def _outcomes(board: Board, scope: frozenset[str] | None) -> list[Outcome]:
    """Return what becomes of each request whose place changes, and why.

    When everything is published, so is told what is left out.
    """
    now = _now(board)
    reasons = {reason.request: reason for reason in board.plan.reasons}
    found = []
    for number, before in board.ground.places.items():
        place, request = now.get(number, ""), board.ground.requests[number]
        touched = {_week_of(before), _week_of(place)} - {""}
        waits = not place and not before
        if (waits and scope is not None) or (scope is not None and not touched & scope):
            continue
        if place == before and not waits:
            continue
        state, digest_on = RequestState.LEFT_OUT, None
        if place.startswith("digest-"):
            state = RequestState.IN_DIGEST
            digest_on = date.fromisoformat(place.removeprefix("digest-"))
        elif place:
            state = RequestState.PLACED
        reason = reasons[number]
        if waits and request.state is state and request.reason == reason:
            continue
        found.append(Outcome(request, state, digest_on, reason))
    return found


def _company(board: Board, cells: Collection[Cell]) -> list[Outcome]:
    """Return who stays in a session that changes, and has other company there to tell of."""
    reasons = {reason.request: reason for reason in board.plan.reasons}
    before = board.ground.cells
    found = []
    for number, cell in board.places.items():
        request = board.ground.requests[number]
        if cell in cells and before.get(number) == cell and request.reason != reasons[number]:
            found.append(Outcome(request, RequestState.PLACED, None, reasons[number]))
    return found


def marks_after(marks: Marks, publication: Publication) -> Marks:
    """Return the marks that still mean something: a published digest is a request's own wish."""
    published = {
        o.request.number for o in publication.outcomes if o.state is RequestState.IN_DIGEST
    }
    return replace(marks, digest=marks.digest - published)


# --- who is to be told ---------------------------------------------------------------------------

Times = frozenset[tuple[datetime, datetime, tuple[Post, ...]]]


def _told(
    board: Board, before: Iterable[Session], after: Iterable[Session]
) -> tuple[frozenset[int], frozenset[str]]:
    """Return the committees and the departments whose own times are others afterwards."""
    was, now = list(before), list(after)
    requests = board.ground.requests.values()
    committees = frozenset(
        committee.id
        for committee in board.ground.facts.situation.committees
        if _times(board, was, requests, committee.id) != _times(board, now, requests, committee.id)
    )
    names = {item.department for session in (*was, *now) for item in session.items}
    departments = frozenset(
        name for name in names if _presents(was, requests, name) != _presents(now, requests, name)
    )
    return committees, departments


def _times(
    board: Board, sessions: Iterable[Session], requests: Collection[FiledRequest], committee_id: int
) -> Times:
    owners = {v.id: v.committee_id for v in board.ground.facts.situation.venues}
    return frozenset(
        (own.start, own.end, own.posts)
        for session in sessions
        if committee_id in {owners.get(venue) for venue in session.venue_ids}
        for own in times_of_committee(parts_of(session, requests), committee_id)
    )


def _presents(
    sessions: Iterable[Session], requests: Collection[FiledRequest], name: str
) -> frozenset[tuple[datetime, datetime]]:
    found = (time_of_department(parts_of(session, requests), name) for session in sessions)
    return frozenset((own.start, own.end) for own in found if own is not None)
