"""What it would cost to put one request elsewhere, the rest kept: every cell, term by term.

Equal to pricing the whole plan again, at a fraction of the work: the draft is asked about one
claim, and only the two sessions that change are put in order anew. The terms are differences
against the plan as it is.
"""

from collections import defaultdict
from dataclasses import dataclass, replace

from server.merging.instance.model import Cell, HallKind, MergePlan, Overflow
from server.merging.search.agenda import order_exists, plan_agenda
from server.merging.search.draft import Draft
from server.merging.search.ground import Claim, Ground, closed_by, window_cells
from server.merging.verdict.objective import LEFT_OUT_MISSES, Terms, left_out_price

NOTHING = Terms(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
RIDERS = "riders"
"""The rule that keeps a request where others ride on its being called."""


@dataclass(frozen=True, slots=True)
class Move:
    """One open cell, or None for leaving the request out, and how the plan's terms change.

    ``points`` is the change of the whole objective; below 0 the plan would be cheaper.
    """

    cell: Cell | None
    change: Terms
    points: int


@dataclass(frozen=True, slots=True)
class Moves:
    """Where a request is, where else it could be, and which rule closes the other cells.

    ``open`` are the cheapest first; its own cell is not among them. ``closed`` are the cells of its
    window, in order of time, under the first rule that closes them.
    """

    request: str
    cell: Cell | None
    open: tuple[Move, ...]
    closed: dict[str, tuple[Cell, ...]]


def draft_of(ground: Ground, plan: MergePlan) -> Draft:
    """Return the draft of a valid plan."""
    at = {spot.cell: number for number, spot in enumerate(ground.spots)}
    cells = {item.request: s.cell for s in plan.sessions for item in s.items}
    places = (cells.get(claim.request.id) for claim in ground.claims)
    draft = Draft(ground)
    draft.restore(tuple(None if cell is None else at[cell] for cell in places))
    return draft


def price_moves(draft: Draft, number: int) -> Moves:
    """Price every cell for one claim. The draft is as before afterwards."""
    now = draft.place[number]
    draft.take(number)
    try:
        return _Pricing(draft, number, now).moves()
    finally:
        if now is not None:
            draft.put(number, now)


class _Pricing:
    """Prices the spots of a claim that was just taken out of ``now``."""

    def __init__(self, draft: Draft, number: int, now: int | None) -> None:
        self._draft, self._number, self._now = draft, number, now
        self._claim: Claim = draft.ground.claims[number]
        instance = draft.ground.lookup.instance
        self._may_exceed = instance.quota.overflow is Overflow.ESCALATE
        self._weights = instance.weights

    def moves(self) -> Moves:
        stuck, now = self._stuck(), self._now
        spots, closed = self._draft.ground.spots, self._closed_by_itself()
        free: list[int | None] = []
        for spot in self._claim.prices:
            rule = "" if spot == now else stuck or self._refusal(spot)
            if rule:
                closed[rule].append(spots[spot].cell)
            elif spot != now:
                free.append(spot)
        if now is not None and not stuck and not self._claim.request.mandatory:
            free.append(None)
        base = self._terms(now) if free else NOTHING
        priced = [self._move(spot, base) for spot in free]
        return Moves(
            request=self._claim.request.id,
            cell=None if now is None else spots[now].cell,
            open=tuple(sorted(priced, key=lambda move: (move.points, move.cell is None))),
            closed={rule: tuple(cells) for rule, cells in closed.items()},
        )

    def _stuck(self) -> str:
        """Return the rule that keeps the claim where it is, for the sake of others, or ``""``."""
        if self._now is None:
            return ""
        if self._draft.orphans(self._now):
            return RIDERS
        spot = self._draft.ground.spots[self._now]
        numbers = self._draft.fillings[self._now].claims
        requests = [self._draft.ground.claims[number].request for number in numbers]
        return "" if order_exists(spot.frame, requests) else "time_window"

    def _closed_by_itself(self) -> dict[str, list[Cell]]:
        closed: dict[str, list[Cell]] = defaultdict(list)
        lookup, request = self._draft.ground.lookup, self._claim.request
        for cell in window_cells(lookup, request):
            if rule := closed_by(lookup, request, cell):
                closed[rule].append(cell)
        return closed

    def _refusal(self, spot: int) -> str:
        rule = self._draft.refusal(self._number, spot)
        if not rule and not self._may_exceed and self._draft.excess(self._number, spot):
            return "quota"
        return rule

    def _move(self, spot: int | None, base: Terms) -> Move:
        terms = self._terms(spot)
        change = Terms(*(getattr(terms, n) - getattr(base, n) for n in Terms.__slots__))
        cell = None if spot is None else self._draft.ground.spots[spot].cell
        return Move(cell, change, change.objective(self._weights))

    def _terms(self, spot: int | None) -> Terms:
        """Return what the claim adds in a spot, by term; fairness is that of the whole plan."""
        return self._terms_left_out() if spot is None else self._terms_placed(spot)

    def _terms_left_out(self) -> Terms:
        lookup, claim = self._draft.ground.lookup, self._claim
        moved = claim.committees.bit_count() * (claim.request.published is not None)
        return replace(
            NOTHING,
            unscheduled=left_out_price(lookup, claim.request),
            dept_fair=self._worst_department(LEFT_OUT_MISSES),
            moves=moved,
        )

    def _terms_placed(self, spot: int) -> Terms:
        ground, claim, filling = self._draft.ground, self._claim, self._draft.fillings[spot]
        place, request = ground.spots[spot], claim.request
        room = ground.lookup.halls[place.cell.hall].kind is HallKind.ROOM
        trips = (claim.committees & ~filling.committees).bit_count()
        over, above_target = self._draft.excesses(self._number, spot)
        moved = request.published is not None and request.published.cell != place.cell
        waited = ground.lookup.days_waited(request, place.cell.date)
        unhappy = spot in claim.unhappy
        return Terms(
            unscheduled=0,
            over_quota=over,
            trips_room=trips * room,
            trips_video=trips * (not room),
            persons=(claim.crowd & ~filling.crowd).bit_count(),
            sessions=int(not filling.claims and place.cell not in ground.lookup.standing_at),
            pref=int(unhappy),
            soft_target=above_target,
            dept_fair=self._worst_department(int(unhappy)),
            delay=self._weights.delay[request.priority - 1] * waited,
            moves=claim.committees.bit_count() * moved,
            waste=self._waiting_added(spot),
        )

    def _worst_department(self, misses: int) -> int:
        """Return the misses of the department that fares worst when this claim has so many."""
        found = self._draft.misses
        mine = self._claim.department
        others = (count for department, count in found.items() if department != mine)
        # out of the draft at present, the claim is counted as left out
        return max(found[mine] - LEFT_OUT_MISSES + misses, max(others, default=0))

    def _waiting_added(self, spot: int) -> int:
        filling = self._draft.fillings[spot]
        return self._waiting(spot, (*filling.claims, self._number)) - self._waiting(
            spot, filling.claims
        )

    def _waiting(self, spot: int, numbers: tuple[int, ...]) -> int:
        """Return the person-minutes of waiting of some claims in their best order."""
        ground = self._draft.ground
        if len(numbers) + bool(ground.spots[spot].own_crowd) < 2:
            return 0
        ids = [ground.claims[number].request.id for number in numbers]
        agenda = plan_agenda(ground.lookup, ground.spots[spot].cell, ids)
        if agenda is None:
            raise AssertionError(f"the draft holds no order for {ground.spots[spot].cell}")
        return agenda.waiting
