"""Changes by hand: valid, where they were asked for, few others moved, and undone exactly."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.merging.instance.model import Audience, Cell, Instance, MeetingRequest, Mode, Pin
from server.merging.search.merge import merge
from server.merging.search.reasons import RULES
from server.merging.search.reflow import (
    MOST_FREE,
    Board,
    Reflowed,
    Refused,
    cancel,
    move,
    undo,
)
from server.merging.verdict.check import check
from tests.unit.merging.problems import (
    FRIDAY,
    MONDAY,
    a_request,
    an_instance,
    instance_file,
)

NAMES = ["p2_tight_quota", "p5_holiday_urgent", "p7_counted_roles"]
ANY = st.integers(0, 10_000)


@cache
def a_board(name: str) -> Board:
    instance = instance_file(name)
    return Board(instance, merge(instance, rounds=60))


def small_board(*requests: MeetingRequest, **changes: object) -> Board:
    instance = an_instance(*requests, **changes)
    return Board(instance, merge(instance, rounds=20))


def cells(board: Board) -> dict[str, Cell]:
    placed = ((item.request, s.cell) for s in board.plan.sessions for item in s.items)
    known = {request.id for request in board.instance.requests}
    return {key: cell for key, cell in placed if key in known}


def all_cells(instance: Instance) -> list[Cell]:
    return [
        Cell(day.date, half.name, hall.id)
        for day in instance.days
        for half in instance.halves
        for hall in instance.halls
    ]


def reflowed(outcome: Reflowed | Refused) -> Reflowed:
    assert isinstance(outcome, Reflowed)
    return outcome


@settings(max_examples=10)
@given(st.sampled_from(NAMES), ANY, ANY)
def test_a_move_leads_to_a_valid_plan_with_few_others_moved(
    name: str, which: int, where: int
) -> None:
    board = a_board(name)
    placed = cells(board)
    request = sorted(placed)[which % len(placed)]
    wanted = [c for c in all_cells(board.instance) if fits_window(board.instance, request, c)]
    cell = wanted[where % len(wanted)]
    outcome = move(board, request, cell)
    if isinstance(outcome, Refused):
        assert outcome.rule
        return
    assert check(outcome.board.instance, outcome.board.plan).violations == ()
    assert cells(outcome.board)[request] == cell
    assert request not in outcome.moved
    assert len(outcome.moved) < MOST_FREE
    assert undo(outcome.board) == board


def fits_window(instance: Instance, key: str, cell: Cell) -> bool:
    request = next(r for r in instance.requests if r.id == key)
    return request.earliest <= cell.date <= request.deadline


@settings(max_examples=10)
@given(st.sampled_from(NAMES), ANY)
def test_a_move_to_where_it_is_moves_nothing(name: str, which: int) -> None:
    board = a_board(name)
    placed = cells(board)
    request = sorted(placed)[which % len(placed)]
    outcome = reflowed(move(board, request, placed[request]))
    assert outcome.moved == ()
    assert outcome.board.plan.sessions == board.plan.sessions


@settings(max_examples=10)
@given(st.sampled_from(NAMES), ANY)
def test_a_cancelled_request_is_gone_and_the_rest_is_valid(name: str, which: int) -> None:
    board = a_board(name)
    request = sorted(cells(board))[which % len(cells(board))]
    outcome = cancel(board, request)
    if isinstance(outcome, Refused):
        return
    assert request not in cells(outcome.board)
    assert check(outcome.board.instance, outcome.board.plan).violations == ()
    assert undo(outcome.board) == board


def test_two_changes_are_undone_one_by_one() -> None:
    board = small_board(a_request("R1"), a_request("R2", department="D2"))
    once = reflowed(move(board, "R1", Cell(FRIDAY, "PM", "VC"))).board
    twice = reflowed(cancel(once, "R2")).board
    assert undo(twice) == once
    assert undo(undo(twice)) == board
    assert undo(board) == board


def test_what_is_moved_is_pinned_and_the_others_stay() -> None:
    board = small_board(a_request("R1"), a_request("R2", department="D2"))
    there = Cell(FRIDAY, "PM", "VC")
    outcome = reflowed(move(board, "R1", there))
    assert outcome.moved == ()
    assert cells(outcome.board) == {"R1": there, "R2": cells(board)["R2"]}
    assert outcome.board.instance.requests[0].pin == Pin(FRIDAY, "PM", "VC")


def test_riders_follow_the_request_on_which_they_ride() -> None:
    board = small_board(a_request("R1"), a_request("R2", department="D2", approved=False))
    there = Cell(FRIDAY, "PM", "VC")
    outcome = reflowed(move(board, "R1", there))
    assert outcome.moved == ("R2",)
    assert cells(outcome.board) == {"R1": there, "R2": there}


def test_somebody_in_the_way_makes_room() -> None:
    only = {"earliest": MONDAY, "deadline": MONDAY, "mode": Mode.VIDEO}
    long = a_request("R1", minutes=120, **only)
    board = small_board(long, a_request("R2", department="D2", minutes=120, **only))
    here, there = cells(board)["R1"], cells(board)["R2"]
    outcome = reflowed(move(board, "R1", there))
    assert cells(outcome.board) == {"R1": there, "R2": here}
    assert outcome.moved == ("R2",)


def test_a_place_that_a_rule_closes_is_refused_by_its_name() -> None:
    video = a_request("R1", mode=Mode.VIDEO, deadline=MONDAY)
    board = small_board(video, a_request("R2", department="D2", must=True))
    assert move(board, "R1", Cell(MONDAY, "AM", "R1")) == Refused("mode")
    assert move(board, "R1", Cell(FRIDAY, "AM", "VC")) == Refused("window")
    assert move(board, "R1", Cell(MONDAY, "AM", "elsewhere")) == Refused("unit")
    reading = small_board(a_request("R1", read_only=True))
    assert move(reading, "R1", Cell(MONDAY, "AM", "R1")) == Refused("read_only")
    assert all(rule in RULES for rule in ("mode", "window", "unit", "read_only", "no_room"))


def test_a_place_without_room_for_all_who_must_be_held_is_refused() -> None:
    only = {"earliest": MONDAY, "deadline": MONDAY, "must": True, "minutes": 120}
    there = Pin(MONDAY, "AM", "VC")
    fixed = a_request("R1", pin=there, **only)
    board = small_board(fixed, a_request("R2", department="D2", **only))
    assert move(board, "R2", Cell(MONDAY, "AM", "VC")) == Refused("no_room")


def test_a_place_that_becomes_free_is_taken_by_one_who_was_left_out() -> None:
    only = {"earliest": MONDAY, "deadline": MONDAY, "minutes": 120, "mode": Mode.VIDEO}
    requests = [
        a_request(f"R{n}", department=f"D{n}", audience=all_three, **only) for n in (1, 2, 3)
    ]
    board = small_board(*requests)
    out = next(iter({"R1", "R2", "R3"} - cells(board).keys()))
    gone = next(iter(cells(board)))
    outcome = reflowed(cancel(board, gone))
    assert out in cells(outcome.board)
    assert outcome.moved == ()


all_three = Audience(None, ("secretary", "director", "social"))


@pytest.mark.parametrize("name", NAMES)
def test_untouched_sessions_keep_their_agenda(name: str) -> None:
    board = a_board(name)
    request = sorted(cells(board))[0]
    outcome = reflowed(move(board, request, cells(board)[request]))
    agendas = {s.cell: s.items for s in outcome.board.plan.sessions}
    assert all(agendas[s.cell] == s.items for s in board.plan.sessions)
