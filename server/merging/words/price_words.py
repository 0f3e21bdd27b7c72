"""Puts the prices of moves into a clerk's words: where else a request could be, and what then."""

from collections.abc import Mapping

from server.i18n.catalogue import say
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Cell, MeetingRequest, Reason, Weights
from server.merging.search.prices import Move, Moves
from server.merging.search.reasons import RULES
from server.merging.verdict.objective import Terms
from server.merging.words.wording import say_sentence

SHOWN = 3
"""How many open cells are told; the rest would not interest anybody."""
MORE_AND_LESS = {
    "unscheduled": ("price.unscheduled_more", "price.unscheduled_less"),
    "over_quota": ("price.over_more", "price.over_less"),
    "trips": ("price.trips_more", "price.trips_less"),
    "sessions": ("price.sessions_more", "price.sessions_less"),
    "persons": ("price.persons_more", "price.persons_less"),
    "moves": ("price.moves_more", "price.moves_less"),
    "days": ("price.later", "price.earlier"),
    "pref": ("price.wish_more", "price.wish_less"),
    "soft_target": ("price.target_more", "price.target_less"),
    "dept_fair": ("price.fairness_more", "price.fairness_less"),
    "waste": ("price.waste_more", "price.waste_less"),
}
"""The catalogue's keys for more and for less of each thing, the weightiest thing first."""


def say_moves(lookup: Lookup, moves: Moves, language: str) -> list[str]:
    """Return the headline, the cheapest open cells, leaving out, and the closed cells by rule."""
    lines = [say(language, "price.headline" if moves.open else "price.nowhere")]
    elsewhere = [move for move in moves.open if move.cell is not None]
    for move in [*elsewhere[:SHOWN], *(m for m in moves.open if m.cell is None)]:
        lines.append(_say_move(lookup, moves, move, language))
    for rule, cells in sorted(moves.closed.items(), key=lambda item: (-len(item[1]), item[0])):
        params: dict[str, str | int] = {"rule": RULES[rule], "cells": len(cells)}
        lines.append(say_sentence(Reason(moves.request, "reason.kept_out", params), language))
    return lines


def _say_move(lookup: Lookup, moves: Moves, move: Move, language: str) -> str:
    change = _say_change(lookup, moves, move, language)
    if move.cell is None:
        return say(language, "price.left_out", change=change)
    params = {
        "date": move.cell.date.isoformat(),
        "half": move.cell.half,
        "hall": lookup.halls[move.cell.hall].name or move.cell.hall,
        "change": change,
    }
    return say_sentence(Reason(moves.request, "price.cell", params), language)


def _say_change(lookup: Lookup, moves: Moves, move: Move, language: str) -> str:
    """Return the changes of a move, the weightiest first, and whether it is better on the whole."""
    words = [said for said, _ in say_terms(lookup, moves, move, language)]
    if move.points:
        words.append(say(language, "price.dearer" if move.points > 0 else "price.cheaper"))
    if not words:
        return say(language, "price.same")
    return ("，" if language == "zh_CN" else ", ").join(words)


def decisive(points: Mapping[str, int]) -> list[str]:
    """Return the fewest things that decide between two cells, the weightiest first.

    They outweigh by themselves all that speaks against them; none when the cells cost the same.

    Args:
        points: the change of each thing.

    Worked: trips +8000, sessions +500, moves −6600. Dearer by 1900; trips alone outweigh the moves
    and decide.
    """
    total = sum(points.values())
    if not total:
        return []
    way = 1 if total > 0 else -1
    for_it = {thing: n * way for thing, n in points.items() if n * way > 0}
    against = sum(-n * way for n in points.values() if n * way < 0)
    found, weight = [], 0
    for thing, n in sorted(for_it.items(), key=lambda item: -item[1]):
        found.append(thing)
        weight += n
        if weight > against:
            break
    return found


def say_decisive(lookup: Lookup, moves: Moves, language: str) -> str:
    """Return why a placed request is where it is, against the next best cell.

    Empty for one that is left out. Where the next best would cost less, that is said too.
    """
    if moves.cell is None:
        return ""
    best = next((move for move in moves.open if move.cell is not None), None)
    if best is None or best.cell is None:
        return say(language, "price.only_here")
    said = _said_terms(lookup, moves, best, language)
    named = [said[thing][0] for thing in decisive({thing: n for thing, (_, n) in said.items()})]
    code = "price.next_same"
    if best.points:
        code = "price.next_dearer" if best.points > 0 else "price.next_cheaper"
    params: dict[str, str | int] = {
        "date": best.cell.date.isoformat(),
        "half": best.cell.half,
        "change": ("，" if language == "zh_CN" else ", ").join(named),
    }
    return say_sentence(Reason(moves.request, code, params), language)


def say_terms(lookup: Lookup, moves: Moves, move: Move, language: str) -> list[tuple[str, int]]:
    """Return what a move changes, the weightiest first: each thing in words, and its points."""
    return list(_said_terms(lookup, moves, move, language).values())


def _said_terms(
    lookup: Lookup, moves: Moves, move: Move, language: str
) -> dict[str, tuple[str, int]]:
    """Return each thing that a move changes, in the order of their weight, in words and points."""
    days = _days_later(lookup, lookup.requests[moves.request], moves.cell, move.cell)
    counts = _counts(move.change) | {"days": days}
    points = _points(move.change, lookup.instance.weights)
    return {
        thing: (
            say(language, more if counts[thing] > 0 else less, count=abs(counts[thing])),
            points[thing],
        )
        for thing, (more, less) in MORE_AND_LESS.items()
        if counts[thing]
    }


def _counts(change: Terms) -> dict[str, int]:
    """Return how much more there is of each thing, in people's units and not in points."""
    return {
        "unscheduled": change.unscheduled,
        "over_quota": change.over_quota,
        "trips": change.trips_room + change.trips_video,
        "sessions": change.sessions,
        "persons": change.persons,
        "moves": change.moves,
        "pref": change.pref,
        "soft_target": change.soft_target,
        "dept_fair": change.dept_fair,
        "waste": change.waste,
    }


def _points(change: Terms, weights: Weights) -> dict[str, int]:
    """Return the points of each thing; their sum is the change of the whole objective."""
    trips = weights.trip_room * change.trips_room + weights.trip_video * change.trips_video
    return {
        "unscheduled": change.unscheduled,
        "over_quota": weights.over_quota * change.over_quota,
        "trips": trips,
        "sessions": weights.session * change.sessions,
        "persons": weights.person * change.persons,
        "moves": weights.move_per_committee * change.moves,
        "days": change.delay,
        "pref": weights.pref * change.pref,
        "soft_target": weights.soft_target * change.soft_target,
        "dept_fair": weights.dept_fair * change.dept_fair,
        "waste": weights.waste_minute * change.waste,
    }


def _days_later(
    lookup: Lookup, request: MeetingRequest, now: Cell | None, then: Cell | None
) -> int:
    if now is None or then is None:
        return 0
    return lookup.days_waited(request, then.date) - lookup.days_waited(request, now.date)
