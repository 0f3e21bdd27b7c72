"""A change by hand on the board, and as little else as possible: move, pin, cancel, undo.

Whoever has a place keeps it unless a hard rule demands otherwise: at most ``MOST_FREE`` requests
around the change may move at all, and moving is dearer than anything else but leaving out. Pure:
a board is a value, and undoing is going back to the value before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from server.merging.instance.crowd import Committees
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    Cell,
    Instance,
    MeetingRequest,
    MergePlan,
    Pin,
    Published,
)
from server.merging.search.agenda import keep_agendas
from server.merging.search.draft import Draft
from server.merging.search.exact import Effort, reconsider
from server.merging.search.ground import Ground, closed_by, survey, window_cells
from server.merging.search.merge import conclude
from server.merging.search.neighbourhood import Neighbourhood
from server.merging.verdict.rules import within_window

MOST_FREE = 20
"""How many requests may be placed anew at most."""
NEAR = 4
"""Empty spots are open to displaced requests this many half-days around the change."""
MOVE_PRICE = 100_000
"""The points of moving one committee's request: above every price but that of a mandatory one."""
EFFORT = Effort(seconds=1.0, workers=1, seed=1)


@dataclass(frozen=True, slots=True)
class Board:
    """A plan being edited, with what it is a plan of, and the board before the last change."""

    instance: Instance
    plan: MergePlan
    before: "Board | None" = None


@dataclass(frozen=True, slots=True)
class Reflowed:
    """The outcome of a change: the new board, and which other requests moved, sorted."""

    board: Board
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that cannot be: the rule that closes the cell, or ``no_room`` around it.

    The catalogue's key for each rule is in ``reasons.RULES``.
    """

    rule: str


def move(
    board: Board, request_id: str, cell: Cell, *, effort: Effort = EFFORT
) -> Reflowed | Refused:
    """Put a request into a cell and keep it there: it is pinned from now on."""
    lookup = look_up(board.instance)
    request = lookup.requests[request_id]
    pinned = replace(request, pin=Pin(cell.date, cell.half, cell.hall))
    rule = _closing_rule(lookup, request, cell)
    if rule:
        return Refused(rule)
    return _reflow(board, _with(board.instance, pinned), request_id, effort)


def cancel(board: Board, request_id: str, *, effort: Effort = EFFORT) -> Reflowed | Refused:
    """Take a request off the board; those that rode on it may move, others left out may come."""
    requests = tuple(r for r in board.instance.requests if r.id != request_id)
    return _reflow(board, replace(board.instance, requests=requests), request_id, effort)


def put_aside(board: Board, request_id: str, *, effort: Effort = EFFORT) -> Reflowed | Refused:
    """Take a request out of its session and let it wait; those that rode on it may move.

    Its pin is given up. Nobody else who waits is placed instead.
    """
    request = look_up(board.instance).requests[request_id]
    if request.published is not None and request.published.frozen:
        return Refused("frozen")
    free = _with(board.instance, replace(request, pin=None))
    return _reflow(board, free, request_id, effort, aside=True)


def undo(board: Board) -> Board:
    """Return the board before the last change; the same board when there was none."""
    return board.before or board


def _closing_rule(lookup: Lookup, request: MeetingRequest, cell: Cell) -> str:
    """Return the rule that closes a cell to a request whatever else is planned, or ``""``."""
    if request.read_only:
        return "read_only"
    if not within_window(request, cell.date) or cell.date not in lookup.days:
        return "window"
    if cell not in window_cells(lookup, request):
        return "unit"
    return closed_by(lookup, replace(request, pin=None), cell)


def _with(instance: Instance, changed: MeetingRequest) -> Instance:
    requests = tuple(changed if r.id == changed.id else r for r in instance.requests)
    return replace(instance, requests=requests)


def _reflow(
    board: Board, instance: Instance, changed: str, effort: Effort, *, aside: bool = False
) -> Reflowed | Refused:
    """Find the least rearrangement after the instance has changed in one request.

    ``aside`` leaves that request without a place.
    """
    before = {item.request: s.cell for s in board.plan.sessions for item in s.items}
    ground = survey(look_up(_anchored(instance, before, changed)))
    draft = Draft(ground)
    at = {spot.cell: number for number, spot in enumerate(ground.spots)}
    displaced = _restore(draft, {r: at[cell] for r, cell in before.items()}, changed)
    centre = _centre(ground, before, changed, at)
    if aside:
        displaced = {n for n in displaced if ground.claims[n].request.id != changed}
        centre = [at[before[changed]]] if changed in before else []
    elif not any(request.id == changed for request in instance.requests):
        displaced |= _waiting(draft, displaced, centre)
    free = _free(draft, displaced, centre)
    if free and not _fits(draft, displaced):
        reconsider(draft, Neighbourhood(free, _open_spots(draft, centre)), effort)
    if any(ground.claims[n].request.mandatory for n in draft.left_out):
        return Refused("no_room")
    return _settled(board, instance, draft, changed)


def _anchored(instance: Instance, cells: dict[str, Cell], changed: str) -> Instance:
    """Return the instance in which every request but one is published where it is, at a price."""
    requests = []
    for request in instance.requests:
        published = request.published
        cell = cells.get(request.id)
        frozen = published is not None and published.frozen
        if not frozen and not request.read_only:
            anchored = cell is not None and request.id != changed
            published = Published(cell, frozen=False) if anchored and cell else None
        requests.append(replace(request, published=published))
    weights = replace(instance.weights, move_per_committee=MOVE_PRICE)
    return replace(instance, requests=tuple(requests), weights=weights)


def _restore(draft: Draft, spots: dict[str, int], changed: str) -> set[int]:
    """Put everybody back but the changed request and those who cannot stay without it.

    Returns:
        The numbers of the changed claim, if it still exists, and of those who lost their place.
    """
    claims = draft.ground.claims
    displaced: set[int] = set()
    places: list[int | None] = []
    for number, claim in enumerate(claims):
        spot = spots.get(claim.request.id)
        if claim.request.id == changed:
            displaced.add(number)
            spot = None
        places.append(spot)
    draft.restore(tuple(places))
    left = spots.get(changed)
    while left is not None and (stuck := draft.stuck(left)):
        for number in stuck:
            draft.take(number)
        displaced.update(stuck)
    return displaced


def _fits(draft: Draft, displaced: set[int]) -> bool:
    """Put the one request that has no place into its only spot, if nobody has to make room."""
    if len(displaced) != 1:
        return False
    (number,) = displaced
    spots = list(draft.ground.claims[number].prices)
    if len(spots) != 1 or draft.price(number, spots[0]) is None:
        return False
    draft.put(number, spots[0])
    return True


def _centre(
    ground: Ground, before: dict[str, Cell], changed: str, at: dict[Cell, int]
) -> list[int]:
    """Return the spots around which there may be moving: the old one and the new one."""
    spots = [at[before[changed]]] if changed in before else []
    for claim in ground.claims:
        if claim.request.id == changed:
            spots += claim.prices
    return spots


def _free(draft: Draft, displaced: set[int], centre: Iterable[int]) -> frozenset[int]:
    """Return whom to place anew: the displaced, then those nearest to the change."""
    ground = draft.ground
    half_days = [ground.spots[spot].half_day for spot in centre]
    committees: Committees = 0
    for number in displaced:
        committees |= ground.claims[number].committees

    def nearness(number: int) -> tuple[int, bool, int]:
        spot = draft.place[number]
        now = ground.spots[spot].half_day if spot is not None else 0
        distance = min((abs(now - half_day) for half_day in half_days), default=0)
        return distance, not ground.claims[number].committees & committees, number

    others = [n for n, spot in enumerate(draft.place) if spot is not None and n not in displaced]
    room = max(0, MOST_FREE - len(displaced))
    nearest = sorted(others, key=nearness)[:room] if displaced else []
    return frozenset(displaced.union(nearest))


def _waiting(draft: Draft, displaced: set[int], centre: Iterable[int]) -> set[int]:
    """Return those left out before, who could come to where somebody left."""
    left = set(centre)
    claims = draft.ground.claims
    could = [n for n in draft.left_out if n not in displaced and left & claims[n].prices.keys()]
    return set(could[: MOST_FREE - len(displaced)])


def _open_spots(draft: Draft, centre: Iterable[int]) -> frozenset[int]:
    """Return the spots in use, and all that are near the change."""
    ground = draft.ground
    half_days = {ground.spots[spot].half_day for spot in centre}
    return frozenset(
        number
        for number, spot in enumerate(ground.spots)
        if draft.fillings[number].crowd
        or any(abs(spot.half_day - half_day) <= NEAR for half_day in half_days)
    )


def _settled(board: Board, instance: Instance, draft: Draft, changed: str) -> Reflowed:
    """Return the new board; sessions whose items are the same keep their agenda."""
    ground = survey(look_up(instance))
    after = Draft(ground)
    after.restore(tuple(draft.place))
    plan = conclude(after, {})
    frozen = {
        request.published.cell
        for request in instance.requests
        if request.published is not None and request.published.frozen
    }
    plan = keep_agendas(ground.lookup, plan, board.plan.sessions, frozen=frozen)
    before = {item.request: s.cell for s in board.plan.sessions for item in s.items}
    now = {item.request: s.cell for s in plan.sessions for item in s.items}
    moved = tuple(sorted(key for key in before if key != changed and now.get(key) != before[key]))
    return Reflowed(Board(instance, plan, board), moved)
