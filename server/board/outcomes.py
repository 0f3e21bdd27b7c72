"""What becomes of each request when the plan is published, and with which reason. Pure."""

from collections.abc import Collection
from datetime import date

from server.board.model import cell_key, parse_cell
from server.board.working import Board, digests_of
from server.merging.instance.model import Cell
from server.scheduler.filing import RequestState
from server.scheduler.publishing import Outcome
from server.scheduler.workdays import week_of


def places_now(board: Board) -> dict[str, str]:
    """Return where the working plan has everybody, in words of ``Ground.places``."""
    return {n: cell_key(cell) for n, cell in board.places.items()} | digests_of(board.plan)


def week_of_place(place: str) -> str:
    """Return the ISO week of a place in words of ``Ground.places``, ``""`` for none."""
    if not place:
        return ""
    if place.startswith("digest-"):
        return week_of(date.fromisoformat(place.removeprefix("digest-")))
    return week_of(parse_cell(place).date)


def outcomes_of(board: Board, scope: frozenset[str] | None) -> list[Outcome]:
    """Return what becomes of each request whose place changes, and why.

    When everything is published, so is told what is left out.
    """
    now = places_now(board)
    reasons = {reason.request: reason for reason in board.plan.reasons}
    found = []
    for number, before in board.ground.places.items():
        place, request = now.get(number, ""), board.ground.requests[number]
        touched = {week_of_place(before), week_of_place(place)} - {""}
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


def company_of(board: Board, cells: Collection[Cell]) -> list[Outcome]:
    """Return who stays in a session that changes, and has other company there to tell of."""
    reasons = {reason.request: reason for reason in board.plan.reasons}
    before = board.ground.cells
    found = []
    for number, cell in board.places.items():
        request = board.ground.requests[number]
        if cell in cells and before.get(number) == cell and request.reason != reasons[number]:
            found.append(Outcome(request, RequestState.PLACED, None, reasons[number]))
    return found
