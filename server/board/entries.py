"""Which sessions publishing makes, changes, moves and cancels. Pure.

A session whose items all go elsewhere together is moved and not cancelled: it keeps its id, so that
who is told of it is told of a change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.board.problem import Ground, own_items
from server.board.working import Board
from server.domain.session import AgendaItem, Session, SessionState
from server.merging.instance.model import Cell, PlannedSession
from server.scheduler.filing import FiledRequest
from server.scheduler.publishing import moment_of, own_venues, title_of


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


def plan_entries(board: Board, cells: Collection[Cell]) -> list[Entry]:
    """Return what is entered for the sessions of some cells, in order of time."""
    return sorted(_entries(board, cells), key=_time_of)


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
        venue_ids=_roster(board, requests, _anyway(board, was) if was is not None and own else ()),
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
    now = replace(was, items=own, ends_at=ends_at, venue_ids=tuple(sorted(_anyway(board, was))))
    return Entry(was, now, (), _numbers(board.ground, was))


def _anyway(board: Board, was: Session) -> frozenset[int]:
    """Return who comes to a session whatever the plan says: all of one that may not be moved."""
    if was.own_items and _is_moved(board, was):
        return own_venues(was, board.ground.facts.situation.venues)
    return frozenset(was.venue_ids)


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
