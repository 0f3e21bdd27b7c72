"""Prices of moves: the same, term by term, as pricing the whole plan again."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Audience, Cell, MeetingRequest, Mode
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.merge import conclude, merge
from server.merging.search.prices import Moves, draft_of, price_moves
from server.merging.verdict.check import Verdict, check_with
from server.merging.verdict.objective import Terms
from tests.unit.merging.problems import (
    FRIDAY,
    MONDAY,
    a_request,
    a_standing_meeting,
    an_instance,
    instance_file,
)

NAMES = ["p2_tight_quota", "p4_many_small", "p5_holiday_urgent", "p7_counted_roles"]


@cache
def a_good_draft(name: str) -> Draft:
    instance = instance_file(name)
    return draft_of(survey(look_up(instance)), merge(instance, rounds=60))


def judged(draft: Draft) -> Verdict:
    return check_with(draft.ground.lookup, conclude(draft, {}))


def difference(after: Terms, before: Terms) -> Terms:
    return Terms(*(getattr(after, n) - getattr(before, n) for n in Terms.__slots__))


@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.integers(0, 10_000))
def test_a_move_is_priced_as_the_whole_plan_would_be(name: str, claim: int, choice: int) -> None:
    draft = a_good_draft(name)
    number = claim % len(draft.place)
    places, before = tuple(draft.place), judged(draft)
    moves = price_moves(draft, number)
    assert tuple(draft.place) == places
    assert draft.total == before.assignment_objective
    if not moves.open:
        return
    move = moves.open[choice % len(moves.open)]
    at = {spot.cell: n for n, spot in enumerate(draft.ground.spots)}
    draft.take(number)
    if move.cell is not None:
        draft.put(number, at[move.cell])
    after = judged(draft)
    draft.restore(places)
    assert after.violations == ()
    assert move.change == difference(after.terms, before.terms)
    assert move.points == after.objective - before.objective


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_of_the_window_is_either_open_or_closed_by_a_rule(name: str) -> None:
    draft = a_good_draft(name)
    for number, claim in enumerate(draft.ground.claims):
        moves = price_moves(draft, number)
        closed = [cell for cells in moves.closed.values() for cell in cells]
        opened = [move.cell for move in moves.open if move.cell is not None]
        here = [moves.cell] * (moves.cell is not None)
        assert len({*closed, *opened, *here}) == len([*closed, *opened, *here])
        assert {*opened, *here} <= {draft.ground.spots[spot].cell for spot in claim.prices}
        assert [move.points for move in moves.open] == sorted(m.points for m in moves.open)


@pytest.mark.parametrize("name", NAMES)
def test_a_closed_cell_would_break_a_hard_rule(name: str) -> None:
    draft = a_good_draft(name)
    places, random = tuple(draft.place), Random(3)  # noqa: S311
    at = {spot.cell: n for n, spot in enumerate(draft.ground.spots)}
    for number in random.sample(range(len(places)), 8):
        moves = price_moves(draft, number)
        closed = [c for cells in moves.closed.values() for c in cells]
        possible = [c for c in closed if at[c] in draft.ground.claims[number].prices]
        for cell in random.sample(possible, min(3, len(possible))):
            draft.take(number)
            draft.put(number, at[cell])
            broken = draft_is_broken(draft)
            draft.restore(places)
            assert broken


def draft_is_broken(draft: Draft) -> bool:
    try:
        return not judged(draft).valid
    except AssertionError:
        return True


def moves_of(key: str, *requests: MeetingRequest, **changes: object) -> Moves:
    instance = an_instance(*requests, **changes)
    draft = draft_of(survey(look_up(instance)), merge(instance, rounds=0))
    return price_moves(draft, [request.id for request in requests].index(key))


def test_a_request_stays_where_others_ride_on_it() -> None:
    rider = a_request("R2", department="D2", approved=False)
    moves = moves_of("R1", a_request("R1"), rider)
    assert moves.open == ()
    assert "riders" in moves.closed


def test_an_item_stays_that_fills_the_time_before_an_item_with_hours() -> None:
    standing = a_standing_meeting(start=540, own_minutes=40)
    only = {"earliest": standing.cell.date, "deadline": standing.cell.date, "approved": False}
    timed = a_request("R2", department="D2", time_window=(600, 620), **only)
    moves = moves_of("R1", a_request("R1"), timed, standing=(standing,))
    assert moves.closed.keys() >= {"time_window"}
    assert moves.open == ()


def test_leaving_out_is_priced_unless_the_request_is_mandatory() -> None:
    assert moves_of("R1", a_request("R1")).open[-1].cell is None
    assert moves_of("R1", a_request("R1")).open[-1].change.unscheduled == 5 * 3000
    assert all(move.cell for move in moves_of("R1", a_request("R1", must=True)).open)


def test_a_left_out_request_is_told_what_each_cell_would_need() -> None:
    both = Audience(None, ("secretary", "director"))
    moves = moves_of("R1", a_request("R1", approved=False, audience=both, mode=Mode.VIDEO))
    assert moves.cell is None
    assert len(moves.closed["approval"]) == 10
    assert len(moves.closed["mode"]) == 10


def test_sharing_a_session_is_the_cheapest_of_all_moves() -> None:
    instance = an_instance(a_request("R1"), a_request("R2", department="D2"))
    draft = draft_of(survey(look_up(instance)), merge(instance, rounds=0))
    shared = draft.place[0]
    assert shared is not None
    alone = next(s for s in draft.ground.claims[1].prices if draft.ground.spots[s].cell == LAST)
    draft.take(1)
    draft.put(1, alone)
    best = price_moves(draft, 1).open[0]
    assert best.cell == draft.ground.spots[shared].cell
    assert (best.change.sessions, best.change.trips_video) == (-1, -5)
    assert replace(best.change, waste=0) == best.change
    assert MONDAY < FRIDAY


LAST = Cell(FRIDAY, "PM", "VC")
