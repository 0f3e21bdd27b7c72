"""One search for a better working plan: from where it is, paying for every move. Pure but for time.

Used by the page's merge, by the night and by the demo alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from server.board.figures import totals_of
from server.board.model import places_of
from server.board.working import Board
from server.domain.clock import Clock
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Instance, MergePlan, Published
from server.merging.proof.bound import tell_bounds
from server.merging.search.agenda import keep_agendas
from server.merging.search.planning import make_plan
from server.merging.search.solver import Budget, Progress
from server.merging.verdict.check import check_with
from server.merging.verdict.quota import quota_is_kept


@dataclass(frozen=True, slots=True)
class Found:
    """A plan that was found, and how it compares with the one it began from.

    ``better`` says that it is cheaper; otherwise it is the same plan. ``moved`` are the requests
    that had a place and have another one now, or none.
    """

    plan: MergePlan
    better: bool
    sessions: int
    trips: int
    over: int
    waiting: int
    gain: Mapping[str, int]
    moved: tuple[str, ...]


def find_plan(
    board: Board,
    *,
    budget: Budget,
    clock: Clock,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    proving: bool = False,
) -> Found:
    """Search for a better plan than the working plan, within the budget.

    Args:
        board: the working plan; what is pinned or frozen stays.
        budget: 0 seconds is an answer at once, without children.
        clock: tells the seconds.
        on_progress: is called about once a second.
        stop: is asked often whether to end now.
        proving: whether a child proves bounds beside the search.
    """
    instance = with_places(board)
    planned = make_plan(
        instance,
        budget=budget,
        clock=clock,
        on_progress=on_progress,
        stop=stop,
        bounder=tell_bounds if proving else None,
        begin_with=board.plan,
    )
    lookup = look_up(instance)
    frozen = board.marks.frozen
    plan = keep_agendas(lookup, planned.plan, board.plan.sessions, frozen=frozen)
    return compare(lookup, board, plan)


def with_places(board: Board) -> Instance:
    """Return the instance in which whatever has a place pays for leaving it."""
    places = board.places
    requests = []
    for request in board.instance.requests:
        cell = places.get(request.id)
        if request.published is None and cell is not None:
            request = replace(request, published=Published(cell, frozen=False))
        requests.append(request)
    return replace(board.instance, requests=tuple(requests))


def compare(lookup: Lookup, board: Board, plan: MergePlan) -> Found:
    """Return a plan with what it gains against the working plan."""
    before, now = check_with(lookup, board.plan), check_with(lookup, plan)
    better = now.valid and now.objective < before.objective
    if not better:
        plan, now = board.plan, before
    places = places_of(plan)
    totals = totals_of(lookup, plan)["now"]
    was = totals_of(lookup, board.plan)["now"]
    gain = {
        "placed": len(board.plan.left_out) - len(plan.left_out),
        "trips": was["trips"] - totals["trips"],
        "sessions": was["sessions"] - totals["sessions"],
    }
    moved = sorted(n for n, cell in board.places.items() if places.get(n) != cell)
    return Found(
        plan=plan,
        better=better,
        sessions=totals["sessions"],
        trips=totals["trips"],
        over=len(list(quota_is_kept(lookup, now.ledger))),
        waiting=len(plan.left_out),
        gain=gain | {"moved": len(moved)},
        moved=tuple(moved),
    )
