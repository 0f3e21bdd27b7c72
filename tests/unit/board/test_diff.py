"""What differs between two plans: placed, moved, taken out, other times; and for whom."""

from datetime import date, timedelta

from server.board import changes
from server.board.diff import Snapshot, compare_plans
from server.board.model import Facts, Working
from server.board.publication import closed_weeks, plan_publication
from server.scheduler.filing import RequestState
from tests.unit.board.streets import (
    FRIDAY,
    THURSDAY,
    a_board,
    a_request,
    after_publishing,
    some_facts,
)

FACTS = some_facts(
    a_request(1, minutes=30, committee_ids=(1,)),
    a_request(2, minutes=20, committee_ids=(2,)),
    a_request(3, minutes=10, committee_ids=(3,)),
)


def moved(
    facts: Facts, working: Working | None, number: str, day: date = THURSDAY, half: str = "AM"
) -> Working:
    return changes.move(a_board(facts, working), number, day, half).working


def snapshot(working: Working | None) -> Snapshot:
    board = a_board(FACTS, working)
    return Snapshot(board.instance, board.plan)


def test_a_plan_does_not_differ_from_itself() -> None:
    one = snapshot(moved(FACTS, None, "R001"))
    assert compare_plans(one, one).differences == ()
    assert compare_plans(one, one).affected == ()


def test_each_kind_of_difference_is_told_with_whom_it_concerns() -> None:
    first = moved(FACTS, moved(FACTS, moved(FACTS, None, "R001"), "R002"), "R003")
    second = moved(FACTS, first, "R001", day=FRIDAY)
    second = changes.put_aside(a_board(FACTS, second), "R002").working
    diff = compare_plans(snapshot(first), snapshot(second))
    kinds = {one.request: one.kind for one in diff.differences}
    assert kinds == {"R001": "moved", "R002": "out", "R003": "times"}
    assert [one.committee for one in diff.affected] == ["C1", "C2", "C3"]
    back = compare_plans(snapshot(second), snapshot(first))
    assert {one.request: one.kind for one in back.differences}["R002"] == "placed"


def test_who_keeps_the_own_times_is_not_concerned() -> None:
    first = moved(FACTS, None, "R001")
    second = moved(FACTS, first, "R002", day=FRIDAY)
    diff = compare_plans(snapshot(first), snapshot(second))
    assert [(one.committee, one.days) for one in diff.affected] == [("C2", (FRIDAY,))]


def test_a_move_between_weeks_is_published_with_both() -> None:
    later = FRIDAY + timedelta(days=3)
    published = after_publishing(
        FACTS, plan_publication(a_board(FACTS, moved(FACTS, None, "R001")), None)
    )
    board = a_board(published, moved(published, None, "R001", day=later))
    assert closed_weeks(board, ["2026-W48"]) == {"2026-W48", "2026-W49"}
    assert closed_weeks(board, ["2026-W50"]) == {"2026-W50"}
    (entry,) = plan_publication(board, ["2026-W48"]).entries
    assert entry.was is not None
    assert entry.now is not None
    assert entry.was.id == entry.now.id
    assert plan_publication(board, ["2026-W50"]).entries == ()


def test_only_those_whose_own_times_change_are_counted_as_told() -> None:
    working = moved(FACTS, moved(FACTS, None, "R001"), "R002", day=FRIDAY)
    published = after_publishing(FACTS, plan_publication(a_board(FACTS, working), None))
    board = a_board(published, moved(published, None, "R002", day=FRIDAY, half="PM"))
    publication = plan_publication(board, None)
    assert publication.told == {2}
    assert [o.request.number for o in publication.outcomes] == ["R002"]


def test_what_is_left_out_is_told_only_when_everything_is_published() -> None:
    board = a_board(FACTS, moved(FACTS, None, "R001"))
    states = {o.request.number: o.state for o in plan_publication(board, None).outcomes}
    assert states == {
        "R001": RequestState.PLACED,
        "R002": RequestState.LEFT_OUT,
        "R003": RequestState.LEFT_OUT,
    }
    partial = plan_publication(board, ["2026-W48"]).outcomes
    assert [o.request.number for o in partial] == ["R001"]
