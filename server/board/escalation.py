"""The plan above quotas beside the one within: what a leader would have to sign, and what it gains.

Everybody who has a place keeps it. Whoever waits for want of a quota alone is put where the fewest
calls above quotas are needed, the most pressing first; nothing of it holds before it is signed.
Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from server.board.model import Places
from server.board.problem import compose, pose
from server.board.working import Board
from server.domain.errors import ConflictError, NotFoundError
from server.merging.instance.crowd import Crowd
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    Cell,
    Instance,
    MeetingRequest,
    MergePlan,
    Overflow,
    WorkingDay,
)
from server.merging.search.agenda import keep_agendas
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.merge import conclude
from server.merging.search.prices import draft_of
from server.merging.verdict.quota import QuotaLine, count_lines, used_key
from server.scheduler.exceptions import SignedException, as_granted, exceptions_of
from server.scheduler.filing import PENDING
from server.scheduler.placing import plan_alone
from server.scheduler.problem import compose_instance

TRIED = 4
"""How many half-days are tried for a request before it is given up: the calendar may be fuller."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A place that a leader can be asked for: whom it calls above which quotas.

    ``trips`` are the committees that come for it alone, ``calls`` what is to be signed.
    """

    request: str
    cell: Cell
    trips: int
    calls: tuple[SignedException, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """The working plan with more in it, and what has to be signed for that, by time."""

    plan: MergePlan
    asks: tuple[Ask, ...]

    @property
    def committees(self) -> frozenset[str]:
        """Whose quotas would be exceeded."""
        return frozenset(call.committee for ask in self.asks for call in ask.calls)


def escalate(board: Board, asked: Places) -> Escalated | None:
    """Return what could be placed above quotas; None when nothing waits for want of them alone.

    Args:
        board: the working plan.
        asked: what a leader has been asked for already, by request; it has its place first.
    """
    table = _Table(board, asked)
    chosen = [number for number in table.stranded() if table.seat(number)]
    if not chosen:
        return None
    asks = sorted(table.asks(chosen), key=lambda ask: (ask.cell, ask.request))
    return Escalated(table.plan(), tuple(asks))


def ask_for(board: Board, wanted: Sequence[tuple[str, Cell]], asked: Places) -> list[Ask]:
    """Return what a leader has to sign for some requests, each in its half-day, one by one.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``board_closed`` with the rule that closes the half-day whoever signs,
            ``board_ask_needless`` where no quota is in the way, ``board_ask_placed`` for what is in
            the calendar, ``overrun_waits`` for what has been asked, ``board_ask_unfit`` when the
            calendar has no room there before the plan is published.
    """
    pins = {key: cell for key, cell in board.marks.pins.items() if key not in dict(wanted)}
    free = compose(board.ground, replace(board.marks, pins=pins), board.places)
    table = _Table(replace(board, instance=free), asked)
    return [table.ask(number, cell) for number, cell in wanted]


def above_quotas(instance: Instance) -> Instance:
    """Return the same instance in which quotas may be exceeded at a price."""
    return replace(instance, quota=replace(instance.quota, overflow=Overflow.ESCALATE))


class _Table:
    """The working plan as a draft in which quotas may be exceeded, with what is asked already."""

    def __init__(self, board: Board, asked: Places) -> None:
        self._board = board
        self._asked: Mapping[str, Cell] = asked
        self._lookup = look_up(above_quotas(board.instance))
        self._draft: Draft = draft_of(survey(self._lookup), board.plan)
        claims = self._draft.ground.claims
        self._numbers = {claim.request.id: n for n, claim in enumerate(claims)}
        self._spots = {spot.cell: n for n, spot in enumerate(self._draft.ground.spots)}
        for key, cell in sorted(asked.items()):
            self._seat_asked(key, cell)

    @cached_property
    def _bare(self) -> Lookup:
        """The instance under the bare quotas, in whose figures a list is written."""
        board = self._board
        return look_up(pose(board.ground, board.marks, board.places))

    def _seat_asked(self, key: str, cell: Cell) -> None:
        number, spot = self._numbers.get(key), self._spots.get(cell)
        if number is None or spot is None or self._draft.place[number] is not None:
            return
        within = spot in self._draft.ground.claims[number].prices
        if within and not self._draft.refusal(number, spot):
            self._draft.put(number, spot)

    def stranded(self) -> list[int]:
        """Return who waits for want of a quota alone, the most pressing first."""
        found = [n for n in self._draft.left_out if self._is_stranded(n)]
        claims = self._draft.ground.claims
        return sorted(found, key=lambda n: (*_pressing(claims[n].request), n))

    def _is_stranded(self, number: int) -> bool:
        claim = self._draft.ground.claims[number]
        known = self._board.ground.requests[claim.request.id]
        if known.state not in PENDING or claim.request.id in self._asked or not claim.calling:
            return False
        open_ = [spot for spot in claim.prices if not self._draft.refusal(number, spot)]
        return bool(open_) and all(self._draft.excess(number, spot) for spot in open_)

    def seat(self, number: int) -> bool:
        """Put a claim where the fewest calls above quotas are needed; tell whether it could be.

        Who could ride on what others ask for waits until that is signed: it needs nothing itself.
        """
        spots = self._best_spots(number)
        if not spots or not self._draft.excess(number, spots[0]):
            return False
        fitting = next((spot for spot in spots[:TRIED] if self._fits(number, spot)), None)
        if fitting is None:
            return False
        self._draft.put(number, fitting)
        return True

    def _best_spots(self, number: int) -> list[int]:
        draft, claim = self._draft, self._draft.ground.claims[number]
        priced = [
            (draft.excess(number, spot), price, spot)
            for spot in claim.prices
            if (price := draft.price(number, spot)) is not None
        ]
        return [spot for *_, spot in sorted(priced)]

    def _fits(self, number: int, spot: int) -> bool:
        """Tell whether the calendar as it is has room there too: who signs places at once."""
        request = self._board.ground.requests[self._draft.ground.claims[number].request.id]
        cell = self._draft.ground.spots[spot].cell
        alone = compose_instance(self._board.ground.facts.situation, [request])
        return plan_alone(alone, (cell.date, cell.half), Overflow.ESCALATE) is not None

    # --- what is to be signed --------------------------------------------------------------------

    def asks(self, chosen: Sequence[int]) -> Iterator[Ask]:
        """Yield what is to be signed for claims that are seated, each counted after the others."""
        seats = {number: self._draft.place[number] for number in chosen}
        for number in chosen:
            self._draft.take(number)
        for number, spot in seats.items():
            if spot is not None:
                yield self._ask(number, spot)

    def ask(self, key: str, cell: Cell) -> Ask:
        """Return what is to be signed for one request in a half-day; see ``ask_for``."""
        number = self._numbers.get(key)
        if number is None:
            raise NotFoundError("no_such_request")
        if self._board.ground.requests[key].state not in PENDING:
            raise ConflictError("board_ask_placed")
        if key in self._asked:
            raise ConflictError("overrun_waits")
        self._draft.take(number)
        spot = self._spots.get(cell)
        if spot is None or spot not in self._draft.ground.claims[number].prices:
            raise ConflictError("board_closed", rule="window")
        if rule := self._draft.refusal(number, spot):
            raise ConflictError("board_closed", rule=rule)
        if not self._draft.excess(number, spot):
            raise ConflictError("board_ask_needless")
        if not self._fits(number, spot):
            raise ConflictError("board_ask_unfit")
        return self._ask(number, spot)

    def _ask(self, number: int, spot: int) -> Ask:
        """Put a claim into a spot, and return what that takes above quotas."""
        draft = self._draft
        claim, cell = draft.ground.claims[number], draft.ground.spots[spot].cell
        trips = (claim.committees & ~draft.fillings[spot].committees).bit_count()
        before = {_key(line): line.over for line in self._lines(self._lookup, cell)}
        draft.put(number, spot)
        after = {_key(line): line.over for line in self._lines(self._lookup, cell)}
        above = {key for key, over in after.items() if over > before.get(key, 0)}
        lines = [line for line in self._lines(self._bare, cell) if _key(line) in above]
        quotas = self._board.ground.facts.situation.quotas
        calls = [
            as_granted(quotas, one) for one in exceptions_of(claim.request.id, cell, lines, by="")
        ]
        calls.sort(key=lambda one: (int(one.committee[1:]), one.role, one.period))
        return Ask(claim.request.id, cell, trips, tuple(calls))

    def _lines(self, lookup: Lookup, cell: Cell) -> Iterator[QuotaLine]:
        """Yield the lines of a cell's week and month, as the draft is now."""
        here = lookup.days[cell.date]
        periods = {here.week, here.month}
        held: list[tuple[Crowd, WorkingDay]] = [
            (filling.crowd, lookup.days[place.cell.date])
            for place, filling in zip(self._draft.ground.spots, self._draft.fillings, strict=True)
            if filling.crowd
        ]
        near = ((crowd, day) for crowd, day in held if {day.week, day.month} & periods)
        return (line for line in count_lines(lookup, near) if line.period in periods)

    def plan(self) -> MergePlan:
        """Return the plan; sessions that are as they were keep their agenda."""
        sessions, frozen = self._board.plan.sessions, self._board.marks.frozen
        return keep_agendas(self._lookup, conclude(self._draft, {}), sessions, frozen=frozen)


def _key(line: QuotaLine) -> str:
    return used_key(line.committee, line.role, line.period)


def _pressing(request: MeetingRequest) -> tuple[int, date]:
    return request.priority, request.deadline
