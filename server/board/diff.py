"""What differs between two plans, request by request, and for whom. Pure.

Works on the texts that versions keep, so that a version never changes with the street.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Cell, Instance, MergePlan, PlannedSession
from server.merging.verdict.facts import SessionFacts, attendance_groups, work_out


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a request is in a plan: a session with its own start there, a digest day, or nowhere.

    ``start`` and ``end`` are minutes of day.
    """

    cell: Cell | None = None
    start: int = 0
    end: int = 0
    digest: date | None = None

    @property
    def waits(self) -> bool:
        """Whether it has no place."""
        return self.cell is None and self.digest is None


@dataclass(frozen=True, slots=True)
class Difference:
    """A request whose place or time differs.

    ``kind`` is ``placed``, ``moved`` (another half-day, or from or to the digest), ``out`` (waits
    again, or is not asked for any more), or ``times`` (another hour of the same half-day).
    """

    kind: str
    request: str
    topic: str
    department: str
    before: Spot
    after: Spot


@dataclass(frozen=True, slots=True)
class Affected:
    """A committee whose own times differ, by name, and on which days."""

    committee: str
    name: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """All differences, by kind and then number; and whom they concern, in the instance's order."""

    differences: tuple[Difference, ...]
    affected: tuple[Affected, ...]

    def of_kind(self, kind: str) -> list[Difference]:
        """Return those of one kind."""
        return [one for one in self.differences if one.kind == kind]


KINDS = ("placed", "moved", "out", "times")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A plan with the instance that knows its requests."""

    instance: Instance
    plan: MergePlan


def spots_of(plan: MergePlan) -> dict[str, Spot]:
    """Return where a plan has its requests; who waits is not in it."""
    found = {
        item.request: Spot(session.cell, item.start, item.start + item.minutes)
        for session in plan.sessions
        for item in session.items
        if item.request != session.standing
    }
    return found | {key: Spot(digest=day.date) for day in plan.digest for key in day.requests}


def compare_plans(before: Snapshot, after: Snapshot) -> PlanDiff:
    """Return what differs from one plan to another; nothing between a plan and itself.

    What was held and is over in the later one is no difference: only days that both know count.
    """
    was, now = spots_of(before.plan), spots_of(after.plan)
    requests = {r.id: r for r in (*before.instance.requests, *after.instance.requests)}
    names = {d.id: d.name for s in (before, after) for d in s.instance.departments}
    first = min((day.date for day in after.instance.days), default=date.min)
    found = []
    for key in sorted(was.keys() | now.keys()):
        old, new = was.get(key, Spot()), now.get(key, Spot())
        kind = _kind(old, new)
        if kind and not _is_over(old, new, first):
            request = requests[key]
            department = names[request.department]
            found.append(Difference(kind, key, request.topic, department, old, new))
    found.sort(key=lambda one: (KINDS.index(one.kind), one.request))
    return PlanDiff(tuple(found), tuple(_affected(before, after, first)))


def _kind(old: Spot, new: Spot) -> str:
    if old == new:
        return ""
    if old.waits:
        return "placed"
    if new.waits:
        return "out"
    return "times" if old.cell == new.cell and old.digest == new.digest else "moved"


def _is_over(old: Spot, new: Spot, first: date) -> bool:
    """Tell whether a request is missing in the later plan because its day has come."""
    day = old.cell.date if old.cell is not None else old.digest
    return new.waits and day is not None and day < first


def _affected(before: Snapshot, after: Snapshot, first: date) -> Iterator[Affected]:
    was, now = _times(before, first), _times(after, first)
    names = {c.id: c.name for s in (before, after) for c in s.instance.committees}
    for committee, name in names.items():
        old, new = was.get(committee, set()), now.get(committee, set())
        if old != new:
            days = tuple(sorted({day for day, *_ in old ^ new}))
            yield Affected(committee, name, days)


OwnTimes = dict[str, set[tuple[date, int, int, str]]]


def _times(snapshot: Snapshot, first: date) -> OwnTimes:
    """Return when each committee's posts come and go: day, minutes of day, and the post."""
    lookup = look_up(snapshot.instance)
    found: OwnTimes = {}
    for session in snapshot.plan.sessions:
        if session.cell.date < first:
            continue
        for crowd, attended in attendance_groups(_facts(lookup, session).pieces):
            span = (session.cell.date, attended[0].start, attended[-1].end)
            for committee, role in lookup.people.names(crowd):
                found.setdefault(committee, set()).add((*span, role))
    return found


def _facts(lookup: Lookup, session: PlannedSession) -> SessionFacts:
    """Work out a session; a standing meeting that the instance does not know is let be."""
    if session.standing is not None and session.standing not in lookup.standing:
        session = replace(session, standing=None)
    return work_out(lookup, session)
