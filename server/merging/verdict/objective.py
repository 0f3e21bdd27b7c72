"""The price of a plan: integer terms, so that two plans compare, and their weighted sum.

Offices may reorder levels but never see the weights; pages show trips, sessions and names.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from server.merging.instance.crowd import bits
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import (
    Cell,
    HallKind,
    MeetingRequest,
    MergePlan,
    Overflow,
    Weights,
)
from server.merging.verdict.facts import SessionFacts, waiting_minutes
from server.merging.verdict.quota import QuotaLine
from server.merging.verdict.rules import Place

LEFT_OUT_MISSES = 3
"""A left-out request weighs as much in a department's fairness as three unmet preferences."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the objective. ``unscheduled`` and ``delay`` are in points already.

    ``trips_room`` and ``trips_video`` count committees called, session by session; ``moves``
    counts the committees of moved published requests; ``waste`` is person-minutes of waiting.
    """

    unscheduled: int
    over_quota: int
    trips_room: int
    trips_video: int
    persons: int
    sessions: int
    pref: int
    soft_target: int
    dept_fair: int
    delay: int
    moves: int
    waste: int

    def assignment_objective(self, weights: Weights) -> int:
        """Return the price without waiting: what the search over cells minimises."""
        return (
            self.unscheduled
            + weights.over_quota * self.over_quota
            + weights.trip_room * self.trips_room
            + weights.trip_video * self.trips_video
            + weights.person * self.persons
            + weights.session * self.sessions
            + weights.pref * self.pref
            + weights.soft_target * self.soft_target
            + weights.dept_fair * self.dept_fair
            + self.delay
            + weights.move_per_committee * self.moves
        )

    def objective(self, weights: Weights) -> int:
        """Return the whole price."""
        return self.assignment_objective(weights) + weights.waste_minute * self.waste


def misses_preference(request: MeetingRequest, cell: Cell) -> bool:
    """Say whether the cell's weekday or half-day is not among those the request would like."""
    prefer = request.prefer
    wrong_day = bool(prefer.weekdays) and cell.date.isoweekday() not in prefer.weekdays
    return wrong_day or (bool(prefer.halves) and cell.half not in prefer.halves)


def left_out_price(lookup: Lookup, request: MeetingRequest) -> int:
    """Return the points of leaving a request out, by priority and committees concerned."""
    price = lookup.instance.weights.unscheduled[request.priority - 1]
    return price * lookup.committees[request.id].bit_count()


def compute_terms(
    lookup: Lookup,
    plan: MergePlan,
    *,
    sessions: list[SessionFacts],
    places: dict[str, Place],
    ledger: Iterable[QuotaLine],
) -> Terms:
    """Compute all terms of a plan whose parts have been worked out already."""
    escalate = lookup.instance.quota.overflow is Overflow.ESCALATE
    placed = [(lookup.requests[key], place) for key, place in places.items()]
    in_cells = [(request, place.cell) for request, place in placed if place.cell is not None]
    left_out = [lookup.requests[o.request] for o in plan.left_out if o.request in lookup.requests]
    unhappy = [request for request, cell in in_cells if misses_preference(request, cell)]
    return Terms(
        unscheduled=sum(left_out_price(lookup, request) for request in left_out),
        over_quota=sum(line.over for line in ledger) if escalate else 0,
        trips_room=_trips(sessions, HallKind.ROOM),
        trips_video=_trips(sessions, HallKind.VIDEO),
        persons=sum(facts.crowd.bit_count() for facts in sessions),
        sessions=len(sessions),
        pref=len(unhappy),
        soft_target=_above_weekly_target(lookup, sessions),
        dept_fair=_worst_department(left_out, unhappy),
        delay=sum(_delay(lookup, request, cell) for request, cell in in_cells),
        moves=sum(_moved_committees(lookup, request, place) for request, place in placed),
        waste=sum(waiting_minutes(facts) for facts in sessions),
    )


def _trips(sessions: Iterable[SessionFacts], kind: HallKind) -> int:
    return sum(facts.committees.bit_count() for facts in sessions if facts.hall.kind is kind)


def _above_weekly_target(lookup: Lookup, sessions: Iterable[SessionFacts]) -> int:
    target = lookup.instance.quota.soft_week_target
    if target is None:
        return 0
    calls = Counter((bit, facts.day.week) for facts in sessions for bit in bits(facts.committees))
    return sum(max(0, count - target) for count in calls.values())


def _worst_department(left_out: list[MeetingRequest], unhappy: list[MeetingRequest]) -> int:
    misses: Counter[str] = Counter()
    for request in left_out:
        misses[request.department] += LEFT_OUT_MISSES
    for request in unhappy:
        misses[request.department] += 1
    return max(misses.values(), default=0)


def _delay(lookup: Lookup, request: MeetingRequest, cell: Cell) -> int:
    price = lookup.instance.weights.delay[request.priority - 1]
    return price * lookup.days_waited(request, cell.date)


def _moved_committees(lookup: Lookup, request: MeetingRequest, place: Place) -> int:
    published = request.published
    if published is None or place.cell == published.cell:
        return 0
    return lookup.committees[request.id].bit_count()
