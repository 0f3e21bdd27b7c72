"""The order of a session's items: exact, by dynamic programming over subsets of the items.

People may come late and leave early, so the best order is the one with the least waiting between
a person's first and last item. At most ``max_items`` items makes at most 256 subsets of 8.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from server.merging.instance.crowd import Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import (
    Cell,
    MeetingRequest,
    MergePlan,
    PlannedItem,
    PlannedSession,
)
from server.merging.verdict.facts import SessionFacts, attendance_groups, work_out
from server.merging.verdict.rules import SESSION_RULES, stands_somewhere


@dataclass(frozen=True, slots=True)
class Frame:
    """The time a cell offers: possible starts, its end, and a standing meeting's own part.

    All in minutes of day or minutes; ``opening`` is 0 and ``opening_crowd`` empty without one.
    """

    starts: tuple[int, ...]
    end: int
    limit: int
    opening: int
    opening_crowd: Crowd


@dataclass(frozen=True, slots=True)
class Agenda:
    """An order: the session's start, request ids in order, and the person-minutes of waiting."""

    start: int
    order: tuple[str, ...]
    waiting: int


@dataclass(frozen=True, slots=True)
class PersonalTimes:
    """When some people come and go: minutes of day ``[arrive, leave)`` and who they are."""

    arrive: int
    leave: int
    crowd: Crowd


def frame_of(lookup: Lookup, cell: Cell) -> Frame:
    """Return the time a cell offers."""
    half, instance = lookup.halves[cell.half], lookup.instance
    standing = lookup.standing_at.get(cell)
    if standing is not None:
        return Frame(
            starts=(standing.start,),
            end=half.end,
            limit=standing.max_minutes,
            opening=standing.own_minutes,
            opening_crowd=lookup.crowds[standing.id],
        )
    first = -(-half.start // instance.granularity) * instance.granularity
    starts = tuple(range(first, half.end, instance.granularity))
    return Frame(starts, half.end, instance.max_session, 0, 0)


def order_exists(frame: Frame, requests: Sequence[MeetingRequest]) -> bool:
    """Say whether some start and order keep every clock window and end in time."""
    total = frame.opening + sum(request.minutes for request in requests)
    if total > frame.limit:
        return False
    if not any(request.time_window for request in requests):
        return frame.starts[0] + total <= frame.end
    starts = (start for start in frame.starts if start + total <= frame.end)
    return any(_reachable(start + frame.opening, requests) for start in starts)


def _reachable(start: int, requests: Sequence[MeetingRequest]) -> bool:
    """Walk depth first; the time of day after a subset depends on the subset alone."""
    full = (1 << len(requests)) - 1
    dead: set[int] = set()

    def walk(done: int, time: int) -> bool:
        if done == full:
            return True
        for at, request in enumerate(requests):
            bit = 1 << at
            after = done | bit
            if done & bit or after in dead or not _in_hours(request, time):
                continue
            if walk(after, time + request.minutes):
                return True
        dead.add(done)
        return False

    return walk(0, start)


def _in_hours(request: MeetingRequest, start: int) -> bool:
    hours = request.time_window
    return hours is None or (start >= hours[0] and start + request.minutes <= hours[1])


def plan_agenda(lookup: Lookup, cell: Cell, ids: Iterable[str]) -> Agenda | None:
    """Find the start and order with the least waiting.

    Ties go to the earlier start, then to the order of ``ids``.

    Returns:
        None when no order keeps the clock windows, the length and the end of the half-day.
    """
    frame = frame_of(lookup, cell)
    requests = [lookup.requests[key] for key in ids]
    crowds = [lookup.crowds[request.id] for request in requests]
    total = frame.opening + sum(request.minutes for request in requests)
    if total > frame.limit:
        return None
    timed = any(request.time_window for request in requests)
    best: Agenda | None = None
    for start in frame.starts if timed else frame.starts[:1]:
        if start + total > frame.end:
            break
        found = _least_waiting(start + frame.opening, requests, crowds, frame.opening_crowd)
        if found is not None and (best is None or found[0] < best.waiting):
            best = Agenda(start, tuple(requests[at].id for at in found[1]), found[0])
        if best is not None and best.waiting == 0:
            break
    return best


def _unions(crowds: list[Crowd], first: Crowd) -> list[Crowd]:
    """Return for each subset of positions the union of its crowds and ``first``."""
    unions = [first] * (1 << len(crowds))
    for subset in range(1, len(unions)):
        lowest = subset & -subset
        unions[subset] = unions[subset ^ lowest] | crowds[lowest.bit_length() - 1]
    return unions


def _least_waiting(
    start: int, requests: list[MeetingRequest], crowds: list[Crowd], opening_crowd: Crowd
) -> tuple[int, tuple[int, ...]] | None:
    """Return (waiting, order) of the best order that starts now, or None when there is none.

    While an item runs, those wait who were here before, will be needed again, and have no part.
    """
    full = (1 << len(requests)) - 1
    seen, coming = _unions(crowds, opening_crowd), _unions(crowds, 0)
    clock = [start] * (full + 1)
    best: list[tuple[int, tuple[int, ...]] | None] = [None] * (full + 1)
    best[0] = (0, ())
    for done in range(full):
        so_far = best[done]
        if so_far is None:
            continue
        for at, request in enumerate(requests):
            after = done | 1 << at
            if after == done or not _in_hours(request, clock[done]):
                continue
            clock[after] = clock[done] + request.minutes
            waiting = seen[done] & ~crowds[at] & coming[full ^ after]
            cost = so_far[0] + request.minutes * waiting.bit_count()
            known = best[after]
            if known is None or cost < known[0]:
                best[after] = (cost, (*so_far[1], at))
    return best[full]


def lay_out(lookup: Lookup, cell: Cell, agenda: Agenda, *, session_id: str) -> PlannedSession:
    """Return the session with its items back to back, the standing meeting first."""
    standing = lookup.standing_at.get(cell)
    parts = [(standing.id, standing.own_minutes)] if standing else []
    parts += [(key, lookup.requests[key].minutes) for key in agenda.order]
    items, clock = [], agenda.start
    for key, minutes in parts:
        items.append(PlannedItem(key, clock, minutes))
        clock += minutes
    return PlannedSession(
        id=session_id,
        standing=standing.id if standing else None,
        cell=cell,
        start=agenda.start,
        items=tuple(items),
    )


def keep_agendas(
    lookup: Lookup,
    plan: MergePlan,
    known: Iterable[PlannedSession],
    *,
    frozen: Collection[Cell] = (),
) -> MergePlan:
    """Return the plan with the agendas that its sessions had, where their items are the same.

    In a frozen cell whoever was there keeps the time, and others come after.

    Args:
        lookup: of the plan's instance.
        plan: as it was concluded.
        known: sessions as they were before; of two of one cell the later counts.
        frozen: cells in which times stay.
    """
    before = {(s.cell, frozenset(_ids(s))): s for s in known}
    latest = {s.cell: s for s in before.values()}
    sessions = []
    for session in plan.sessions:
        kept = before.get((session.cell, frozenset(_ids(session))))
        if kept is None and session.cell in frozen and session.cell in latest:
            kept = _followed(lookup, latest[session.cell], session)
        sound = kept is not None and _is_sound(lookup, kept)
        sessions.append(replace(kept, id=session.id) if kept is not None and sound else session)
    return replace(plan, sessions=tuple(sessions))


def _ids(session: PlannedSession) -> list[str]:
    return [item.request for item in session.items]


def _followed(lookup: Lookup, before: PlannedSession, now: PlannedSession) -> PlannedSession:
    """Return the session of before with the newcomers at its end."""
    here = set(_ids(now))
    order = [key for key in _ids(before) if key in here and key in lookup.requests]
    order += [key for key in _ids(now) if key not in order and key in lookup.requests]
    agenda = Agenda(before.start, tuple(order), 0)
    return lay_out(lookup, now.cell, agenda, session_id=now.id)


def _is_sound(lookup: Lookup, session: PlannedSession) -> bool:
    if stands_somewhere(lookup, session) is not None:
        return False
    facts = work_out(lookup, session)
    return not any(any(rule(lookup, facts)) for rule in SESSION_RULES)


def personal_times(facts: SessionFacts) -> list[PersonalTimes]:
    """Return who comes when and leaves when, for invitations; earliest arrival first.

    Groups with the same times are one; the crowds are disjoint and make up the session's.
    """
    spans: dict[tuple[int, int], Crowd] = {}
    for crowd, attended in attendance_groups(facts.pieces):
        span = (attended[0].start, attended[-1].end)
        spans[span] = spans.get(span, 0) | crowd
    return [PersonalTimes(*span, crowd) for span, crowd in sorted(spans.items())]
