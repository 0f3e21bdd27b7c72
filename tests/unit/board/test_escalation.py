"""The plan above quotas: what it would place in addition, and what a leader signs for that."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from server.board import changes
from server.board.escalation import above_quotas, ask_for, escalate
from server.board.model import Facts, cell_of, places_of
from server.board.working import Board
from server.domain.errors import ConflictError
from server.domain.places import Post
from server.merging.verdict.check import check
from server.scheduler.filing import Approval, RequestState
from tests.unit.board.streets import FRIDAY, THURSDAY, WEDNESDAY, a_board, a_request, some_facts
from tests.unit.board.test_working import ONE_A_WEEK, streets

SOCIAL = {"posts": (Post.SOCIAL_WORKER,), "committee_ids": (1,)}
THIS_WEEK = {**SOCIAL, "earliest": WEDNESDAY, "deadline": FRIDAY}


def a_full_week() -> tuple[Facts, Board]:
    """One social worker is called on Wednesday, the only time in the week; R002 waits."""
    facts = some_facts(
        a_request(1, **THIS_WEEK), a_request(2, **THIS_WEEK, minutes=120), quotas=[ONE_A_WEEK]
    )
    kept = changes.move(a_board(facts), "R001", WEDNESDAY, "AM").working
    return facts, a_board(facts, kept)


def signed(facts: Facts, board: Board) -> Board:
    """The board once a leader has signed everything and the requests are where they were asked."""
    escalated = escalate(board, {})
    assert escalated is not None
    calls = tuple(call for ask in escalated.asks for call in ask.calls)
    later = replace(facts, exceptions=(*facts.exceptions, *calls))
    for ask in escalated.asks:
        there = a_board(later, board.kept())
        board = a_board(
            later, changes.move(there, ask.request, ask.cell.date, ask.cell.half).working
        )
    return board


def test_who_waits_for_a_quota_alone_is_placed_above_it_with_exactly_who_is_called_too_often() -> (
    None
):
    _, board = a_full_week()
    escalated = escalate(board, {})
    assert escalated is not None
    (ask,) = escalated.asks
    assert (ask.request, ask.trips) == ("R002", 1)
    assert [(c.committee, c.role, c.period, c.used, c.limit) for c in ask.calls] == [
        ("C1", "", "2026-W48", 2, 1)
    ]
    assert places_of(escalated.plan)["R001"] == cell_of(WEDNESDAY, "AM")
    assert places_of(escalated.plan)["R002"] == ask.cell


def test_nothing_is_asked_for_what_fits_or_waits_for_something_else() -> None:
    assert escalate(a_board(some_facts(a_request(1, **THIS_WEEK), quotas=[ONE_A_WEEK])), {}) is None
    facts, board = a_full_week()
    unheard = replace(a_request(2, **THIS_WEEK, department_id=2), approval=Approval.PENDING)
    silent = a_board(replace(facts, requests=(facts.requests[0], unheard)), board.kept())
    assert escalate(silent, {}) is None


def test_what_is_asked_already_is_not_asked_twice_and_keeps_its_half_day() -> None:
    _, board = a_full_week()
    assert escalate(board, {"R002": cell_of(THURSDAY, "PM")}) is None
    with pytest.raises(ConflictError, match="overrun_waits"):
        ask_for(board, [("R002", cell_of(FRIDAY, "AM"))], {"R002": cell_of(THURSDAY, "PM")})


def test_one_half_day_can_be_asked_for_and_no_other_rule_is_lifted() -> None:
    facts, board = a_full_week()
    (ask,) = ask_for(board, [("R002", cell_of(FRIDAY, "PM"))], {})
    assert (ask.cell, len(ask.calls)) == (cell_of(FRIDAY, "PM"), 1)
    for cell, code in (
        (cell_of(WEDNESDAY, "AM"), "board_closed"),
        (cell_of(FRIDAY.replace(month=12), "AM"), "board_closed"),
    ):
        with pytest.raises(ConflictError, match=code):
            ask_for(board, [("R002", cell)], {})
    empty = a_board(some_facts(*facts.requests, quotas=[ONE_A_WEEK]))
    with pytest.raises(ConflictError, match="board_ask_needless"):
        ask_for(empty, [("R002", cell_of(FRIDAY, "PM"))], {})


def test_what_is_in_the_calendar_is_not_asked_for() -> None:
    facts, board = a_full_week()
    placed = replace(facts.requests[1], state=RequestState.IN_DIGEST, digest_on=FRIDAY)
    there = a_board(replace(facts, requests=(facts.requests[0], placed)), board.kept())
    with pytest.raises(ConflictError, match="board_ask_placed"):
        ask_for(there, [("R002", cell_of(FRIDAY, "PM"))], {})


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(streets())
def test_the_plan_above_quotas_breaks_no_other_rule_and_what_it_lists_is_enough(
    facts: Facts,
) -> None:
    board = a_board(facts)
    for request in facts.requests:
        for half in ("AM", "PM"):
            try:
                changed = changes.move(board, request.number, WEDNESDAY, half)
            except ConflictError:
                continue
            board = a_board(facts, changed.working)
    escalated = escalate(board, {})
    if escalated is None:
        return
    assert check(above_quotas(board.instance), escalated.plan).valid
    assert all(ask.calls for ask in escalated.asks)
    before = places_of(board.plan)
    assert {n: c for n, c in places_of(escalated.plan).items() if n in before} == before
    after = signed(facts, board)
    assert check(after.instance, after.plan).valid
    assert {ask.request for ask in escalated.asks} <= after.places.keys()
    assert {ask.request: ask.cell for ask in escalated.asks}.items() <= after.places.items()
