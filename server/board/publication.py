"""From the working plan to everything that publishing enters, and how far that reaches. Pure.

Only what is in the asked weeks is entered, with the weeks from or to which something of it moves.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from server.board.affected import affected_by
from server.board.entries import Entry, plan_entries
from server.board.model import Marks
from server.board.outcomes import company_of, outcomes_of, places_now, week_of_place
from server.board.working import Board, changed_cells
from server.merging.instance.model import Cell
from server.scheduler.filing import RequestState
from server.scheduler.publishing import Outcome
from server.scheduler.workdays import week_of


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
    entries = plan_entries(board, cells)
    before = [entry.was for entry in entries if entry.was is not None]
    after = [entry.now for entry in entries if entry.now is not None]
    told, departments = affected_by(board, before, after)
    return Publication(
        entries=tuple(entries),
        outcomes=(*outcomes_of(board, scope), *company_of(board, cells)),
        cells=board.places,
        told=told,
        departments=departments,
    )


def closed_weeks(board: Board, weeks: Collection[str]) -> frozenset[str]:
    """Return weeks with all those from or to which something of them moves."""
    moves = []
    now = places_now(board)
    for number, place in board.ground.places.items():
        ends = {week_of_place(place), week_of_place(now.get(number, ""))} - {""}
        if len(ends) == 2:
            moves.append(ends)
    scope = set(weeks)
    while more := {week for ends in moves if ends & scope for week in ends} - scope:
        scope |= more
    return frozenset(scope)


def marks_after(marks: Marks, publication: Publication) -> Marks:
    """Return the marks that still mean something: a published digest is a request's own wish."""
    published = {
        o.request.number for o in publication.outcomes if o.state is RequestState.IN_DIGEST
    }
    return replace(marks, digest=marks.digest - published)
