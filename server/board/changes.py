"""One change of the working plan by hand, and as little else as possible. Pure.

Each function returns the plan to be kept and what moved besides, or raises the refusal.
"""

from dataclasses import dataclass, replace
from datetime import date

from server.board.model import Marks, Working, cell_of
from server.board.problem import compose
from server.board.working import Board
from server.domain.errors import ConflictError, NotFoundError
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Cell, Instance, MeetingRequest
from server.merging.search import reflow
from server.merging.search.ground import survey
from server.merging.search.prices import draft_of
from server.scheduler.filing import HALVES

NEEDS_A_WORD = frozenset({"approval", "quota"})
"""Rules that a leader may lift: nobody else is moved to get around them."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that can be: the plan to be kept, and which other requests it moved, sorted."""

    working: Working
    moved: tuple[str, ...] = ()


def find_request(board: Board, number: str) -> MeetingRequest:
    """Return a request of the board.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    found = next((r for r in board.instance.requests if r.id == number), None)
    if found is None:
        raise NotFoundError("no_such_request")
    return found


def move(board: Board, number: str, day: date, half: str) -> Changed:
    """Put a request into a half-day and keep it there: it is pinned from now on.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``board_closed`` with the rule that closes the half-day.
    """
    request = find_request(board, number)
    if half not in {h.name for h in HALVES}:
        raise ConflictError("board_closed", rule="window")
    cell = cell_of(day, half)
    if request.published is not None and request.published.frozen and _place(board, number) != cell:
        raise ConflictError("board_closed", rule="frozen")
    places = {**board.places, number: cell}
    marks = _without(board.marks, number)
    instance = compose(board.ground, marks, places)
    if request.read_only and number not in board.marks.digest:
        raise ConflictError("board_closed", rule="read_only")
    rule = _refusal(instance, board, number, cell)
    if rule in NEEDS_A_WORD:
        raise ConflictError("board_closed", rule=rule)
    outcome = reflow.move(reflow.Board(instance, board.plan), number, cell)
    if isinstance(outcome, reflow.Refused):
        known = outcome.rule if outcome.rule != "no_room" else rule or outcome.rule
        raise ConflictError("board_closed", rule=known)
    pins = {**marks.pins, number: cell}
    return _changed(board, outcome, replace(marks, pins=pins))


def put_aside(board: Board, number: str) -> Changed:
    """Let a request wait again, whether it was in a session or sent to the digest by hand.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``board_closed`` when its session is frozen, ``board_reading`` for what was
            asked to be made known only.
    """
    request = find_request(board, number)
    marks = _without(board.marks, number)
    if request.read_only:
        if number not in board.marks.digest:
            raise ConflictError("board_reading")
        return Changed(Working(board.plan, marks, board.ground.places))
    outcome = reflow.put_aside(reflow.Board(board.instance, board.plan), number)
    if isinstance(outcome, reflow.Refused):
        raise ConflictError("board_closed", rule=outcome.rule)
    return _changed(board, outcome, marks)


def send_to_digest(board: Board, number: str) -> Changed:
    """Let a request only be made known, in the first digest of its window.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``board_closed`` when no digest goes out in its window, or it is frozen.
    """
    request = find_request(board, number)
    if request.read_only:
        return Changed(board.kept())
    if not any(request.earliest <= d <= request.deadline for d in board.instance.digest_days):
        raise ConflictError("board_closed", rule="no_digest_day")
    changed = put_aside(board, number)
    marks = replace(changed.working.marks, digest=board.marks.digest | {number})
    return replace(changed, working=replace(changed.working, marks=marks))


def pin(board: Board, number: str, *, on: bool) -> Changed:
    """Keep a request where it is, or let it go.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``board_not_placed``.
    """
    find_request(board, number)
    cell = _place(board, number)
    if cell is None:
        raise ConflictError("board_not_placed")
    marks = _without(board.marks, number)
    if on:
        marks = replace(marks, pins={**marks.pins, number: cell})
    return Changed(replace(board.kept(), marks=marks))


def freeze(board: Board, cell: Cell, *, on: bool) -> Changed:
    """Keep a whole session as it is, those in it and their times, or let it go.

    Raises:
        NotFoundError: ``no_such_session`` where none may be moved.
    """
    if cell not in board.places.values():
        raise NotFoundError("no_such_session")
    frozen = board.marks.frozen - {cell}
    if on:
        frozen |= {cell}
    return Changed(replace(board.kept(), marks=replace(board.marks, frozen=frozen)))


def _place(board: Board, number: str) -> Cell | None:
    return board.places.get(number)


def _without(marks: Marks, number: str) -> Marks:
    pins = {key: cell for key, cell in marks.pins.items() if key != number}
    return replace(marks, pins=pins, digest=marks.digest - {number})


def _changed(board: Board, outcome: reflow.Reflowed, marks: Marks) -> Changed:
    working = Working(outcome.board.plan, marks, board.ground.places)
    return Changed(working, outcome.moved)


def _refusal(instance: Instance, board: Board, number: str, cell: Cell) -> str:
    """Return the rule that keeps a request out of a cell beside those who are there, or ``""``."""
    ground = survey(look_up(instance))
    draft = draft_of(ground, board.plan)
    at = next(n for n, claim in enumerate(ground.claims) if claim.request.id == number)
    draft.take(at)
    spot = next((n for n, spot in enumerate(ground.spots) if spot.cell == cell), None)
    if spot is None or spot not in ground.claims[at].prices:
        return ""
    if rule := draft.refusal(at, spot):
        return rule
    return "quota" if draft.excess(at, spot) else ""
