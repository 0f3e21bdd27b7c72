"""The working plan over today's facts: what still holds stays, what does not waits again. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from server.board.model import Dropped, Marks, Working, cell_key, parse_cell, places_of
from server.board.problem import Ground, compose, database_plan
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Cell, Instance, MergePlan, PlannedSession
from server.merging.search.agenda import keep_agendas
from server.merging.search.draft import Draft
from server.merging.search.ground import closed_by, survey
from server.merging.search.merge import conclude
from server.merging.verdict.rules import within_window


@dataclass(frozen=True, slots=True)
class Board:
    """The working plan with the instance it answers, the ground it stands on, and what was lost.

    ``dropped`` have lost the place that the working plan had given them.
    """

    ground: Ground
    instance: Instance
    plan: MergePlan
    marks: Marks
    dropped: tuple[Dropped, ...] = ()

    @property
    def places(self) -> dict[str, Cell]:
        """Where the requests are that are in sessions."""
        return places_of(self.plan)

    def kept(self) -> Working:
        """Return what is to be stored of it."""
        return Working(self.plan, self.marks, self.ground.places)


def lay_out_board(ground: Ground, working: Working | None) -> Board:
    """Return the board: the kept working plan, or the database's own when there is none.

    Whatever has changed in the database since overrules the working plan. What a rule forbids now
    has no place any more, and its pin is given up.
    """
    wanted, marks, known = _wanted(ground, working)
    dropped: dict[str, str] = {}
    while True:
        board, refused = _settle(ground, wanted, marks, known)
        lost = refused.keys() - dropped.keys()
        dropped |= refused
        pins = {number: cell for number, cell in marks.pins.items() if number not in dropped}
        wanted = {number: cell for number, cell in wanted.items() if number not in dropped}
        if not lost:
            break
        marks = replace(marks, pins=pins)
    told = tuple(Dropped(number, rule) for number, rule in sorted(dropped.items()))
    return replace(board, dropped=told)


def _wanted(
    ground: Ground, working: Working | None
) -> tuple[dict[str, Cell], Marks, list[PlannedSession]]:
    """Return where everybody should be, the marks that still mean something, and known agendas."""
    cells = ground.cells
    if working is None:
        return cells, Marks(), []
    kept = places_of(working.plan)
    wanted = {}
    changed = {n for n, place in ground.places.items() if working.base.get(n, "") != place}
    for number in ground.places:
        cell = cells.get(number) if number in changed else kept.get(number)
        if cell is not None:
            wanted[number] = cell
    marks = working.marks
    reading = (marks.digest & ground.requests.keys()) - changed
    wanted = {number: cell for number, cell in wanted.items() if number not in reading}
    pins = {n: cell for n, cell in marks.pins.items() if wanted.get(n) == cell}
    frozen = marks.frozen & (set(wanted.values()) | set(cells.values()))
    return wanted, Marks(pins, frozen, frozenset(reading)), list(working.plan.sessions)


def _settle(
    ground: Ground, wanted: Mapping[str, Cell], marks: Marks, known: Iterable[PlannedSession]
) -> tuple[Board, dict[str, str]]:
    """Return the board with everybody placed who may be, and the rules that keep out the others."""
    instance = compose(ground, marks, wanted)
    lookup = look_up(instance)
    draft = Draft(survey(lookup))
    refused = _place(draft, wanted, ground.cells)
    agendas = [*database_plan(ground, instance).sessions, *known]
    plan = keep_agendas(lookup, conclude(draft, {}), agendas, frozen=marks.frozen)
    return Board(ground, instance, plan, marks), refused


def _place(draft: Draft, wanted: Mapping[str, Cell], before: Mapping[str, Cell]) -> dict[str, str]:
    """Place everybody where they are wanted; return the rule for each who cannot be there.

    Who stays where the database has them comes first.
    """
    claims = draft.ground.claims
    at = {spot.cell: number for number, spot in enumerate(draft.ground.spots)}
    numbers = {claim.request.id: number for number, claim in enumerate(claims)}
    refused: dict[str, str] = {}
    staying, coming = [], []
    for key, cell in sorted(wanted.items()):
        number = numbers.get(key)
        if number is None or cell not in at:
            refused[key] = "window" if number is not None else "read_only"
        elif at[cell] not in claims[number].prices:
            refused[key] = _closing_rule(draft.ground.lookup, key, cell)
        elif before.get(key) == cell:
            staying.append((number, at[cell]))
        else:
            coming.append((number, at[cell]))
    left = _put(draft, staying) + _put(draft, coming)
    for number, spot in left:
        refused[claims[number].request.id] = draft.refusal(number, spot) or "quota"
    return refused


def _closing_rule(lookup: Lookup, key: str, cell: Cell) -> str:
    request = lookup.requests[key]
    if not within_window(request, cell.date):
        return "window"
    return closed_by(lookup, request, cell) or "unit"


def _put(draft: Draft, asked: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put claims into their spots, as often as one makes room for another; return who is left.

    Who may call people comes before those who ride with them.
    """
    claims = draft.ground.claims
    left = sorted(asked, key=lambda one: (not claims[one[0]].calling, one))
    while True:
        refused = []
        for number, spot in left:
            if draft.refusal(number, spot) or draft.excess(number, spot):
                refused.append((number, spot))
            else:
                draft.put(number, spot)
        if len(refused) in (0, len(left)):
            return refused
        left = refused


def changed_cells(board: Board) -> set[Cell]:
    """Return the cells whose session is not as the database has it, agenda and start included."""
    before = {s.cell: s for s in database_plan(board.ground, board.instance).sessions}
    now = {s.cell: s for s in board.plan.sessions if _has_guests(s)}
    return {
        cell
        for cell in before.keys() | now.keys()
        if cell not in before
        or cell not in now
        or (before[cell].start, before[cell].items) != (now[cell].start, now[cell].items)
        or _other_minutes(board, cell)
    }


def _has_guests(session: PlannedSession) -> bool:
    return any(item.request != session.standing for item in session.items)


def _other_minutes(board: Board, cell: Cell) -> bool:
    """Tell whether an item is longer or shorter in the database than was asked for since."""
    session = board.ground.movable.get(cell)
    if session is None:
        return False
    asked = {r.id: r.filing.minutes for r in board.ground.requests.values()}
    return any(asked.get(i.request_id or 0, i.minutes) != i.minutes for i in session.items)


def digests_of(plan: MergePlan) -> dict[str, str]:
    """Return the digest day of each request that a plan sends there, as in ``Ground.places``."""
    return {n: f"digest-{day.date.isoformat()}" for day in plan.digest for n in day.requests}


def is_dirty(board: Board) -> bool:
    """Tell whether publishing would change anything."""
    now = {number: cell_key(cell) for number, cell in board.places.items()}
    now |= digests_of(board.plan)
    moved = any(now.get(n, "") != place for n, place in board.ground.places.items())
    return moved or bool(changed_cells(board))


def parse_places(base: Mapping[str, str]) -> dict[str, Cell]:
    """Return the cells among the words of ``Working.base``."""
    return {n: parse_cell(p) for n, p in base.items() if p and not p.startswith("digest-")}
