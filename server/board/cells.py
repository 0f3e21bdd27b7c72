"""What each half-day would cost a request that is being dragged, in a clerk's words. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from server.board.changes import find_request
from server.board.model import cell_of
from server.board.problem import compose
from server.board.why import say_why
from server.board.working import Board
from server.i18n.catalogue import say
from server.i18n.dates import month_day
from server.merging.instance.lookup import look_up
from server.merging.instance.model import Cell, Instance
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.prices import Move, Moves, draft_of, price_moves
from server.merging.search.reasons import RULES
from server.merging.words.price_words import say_terms
from server.merging.words.wording import HALF_WORDS


@dataclass(frozen=True, slots=True)
class Prices:
    """The moves of one request, with what every cell would call for it alone.

    ``trips`` are committees, ``over`` the calls above quotas, by cell.
    """

    instance: Instance
    moves: Moves | None
    trips: Mapping[Cell, int]
    over: Mapping[Cell, int]


def price_cells(board: Board, number: str) -> Prices:
    """Price every half-day for one request, its pin and the digest put aside.

    Raises:
        NotFoundError: ``no_such_request``.
    """
    request = find_request(board, number)
    pins = {key: cell for key, cell in board.marks.pins.items() if key != number}
    marks = replace(board.marks, pins=pins, digest=board.marks.digest - {number})
    instance = compose(board.ground, marks, board.places)
    if request.read_only and number not in board.marks.digest:
        return Prices(instance, None, {}, {})
    ground = survey(look_up(instance))
    draft = draft_of(ground, board.plan)
    at = next(n for n, claim in enumerate(ground.claims) if claim.request.id == number)
    moves = price_moves(draft, at)
    draft.take(at)
    cells = {spot: ground.spots[spot].cell for spot in ground.claims[at].prices}
    return Prices(
        instance=instance,
        moves=moves,
        trips={cell: _trips(draft, at, spot) for spot, cell in cells.items()},
        over={cell: draft.excess(at, spot) for spot, cell in cells.items()},
    )


def _trips(draft: Draft, number: int, spot: int) -> int:
    return (draft.ground.claims[number].committees & ~draft.fillings[spot].committees).bit_count()


def say_prices(board: Board, number: str, language: str) -> dict[str, Any]:
    """Return what the page shows while a request is dragged; the shape is in docs/board.md."""
    prices = price_cells(board, number)
    known: dict[Cell, dict[str, Any]] = {}
    if prices.moves is not None:
        known = _open_cells(prices, language) | _closed_cells(prices, language)
    cells = []
    for day in prices.instance.days:
        for half in prices.instance.halves:
            cell = cell_of(day.date, half.name)
            shown = known.get(cell)
            if shown is None:
                rule = "window" if prices.moves is not None else "read_only"
                shown = _cell(cell, language, rules=[say(language, RULES[rule])])
            cells.append(shown)
    return {
        "request": int(number[1:]),
        "why": say_why(board, number, (prices.instance, prices.moves), language),
        "cells": cells,
        "digest": _digest(board, number, language),
    }


def _cell(cell: Cell, language: str, **more: Any) -> dict[str, Any]:
    words = f"{month_day(cell.date, language)}{say(language, HALF_WORDS[cell.half])}"
    if language == "en":
        words = f"{month_day(cell.date, language)} {say(language, HALF_WORDS[cell.half])}"
    return {
        "date": cell.date.isoformat(),
        "half": cell.half,
        "words": words,
        "legal": False,
        "kind": "closed",
        "trips": 0,
        "saving": "",
        "terms": [],
        "rules": [],
        "best": False,
        "here": False,
        **more,
    }


def _open_cells(prices: Prices, language: str) -> dict[Cell, dict[str, Any]]:
    moves = prices.moves
    if moves is None:
        return {}
    lookup = look_up(prices.instance)
    elsewhere = [move for move in moves.open if move.cell is not None]
    found = {}
    for move in elsewhere:
        said = say_terms(lookup, moves, move, language)
        found[_cell_of(move)] = _cell(
            _cell_of(move),
            language,
            legal=True,
            kind=_kind(prices, _cell_of(move)),
            trips=prices.trips[_cell_of(move)],
            saving=_saving(prices.trips[_cell_of(move)], language),
            terms=[{"words": words, "points": points} for words, points in said],
            best=move is elsewhere[0],
        )
    if moves.cell is not None:
        trips = prices.trips[moves.cell]
        found[moves.cell] = _cell(
            moves.cell,
            language,
            legal=True,
            kind=_kind(prices, moves.cell),
            trips=trips,
            saving=_saving(trips, language),
            here=True,
        )
    return found


def _cell_of(move: Move) -> Cell:
    if move.cell is None:
        raise AssertionError("leaving out has no cell")
    return move.cell


def _kind(prices: Prices, cell: Cell) -> str:
    return "costs" if prices.trips[cell] else "free"


def _saving(trips: int, language: str) -> str:
    return say(language, "board.trips" if trips else "board.no_trips", count=trips)


def _closed_cells(prices: Prices, language: str) -> dict[Cell, dict[str, Any]]:
    found = {}
    closed = prices.moves.closed if prices.moves is not None else {}
    for rule, cells in closed.items():
        for cell in cells:
            over, trips = prices.over.get(cell, 0), prices.trips.get(cell, 0)
            words = [say(language, RULES[rule])]
            kind = "over" if rule == "quota" else "closed"
            if kind == "over":
                words = [say(language, "board.over", count=over)]
            found[cell] = _cell(cell, language, kind=kind, trips=trips, rules=words)
    return found


def _digest(board: Board, number: str, language: str) -> dict[str, Any] | None:
    """Return the first digest of a request's window, None when there is none."""
    request = find_request(board, number)
    days = [d for d in board.instance.digest_days if request.earliest <= d <= request.deadline]
    if not days:
        return None
    day = min(days)
    words = say(language, "board.digest_cell", date=month_day(day, language))
    return {"date": day.isoformat(), "legal": True, "here": request.read_only, "words": words}
