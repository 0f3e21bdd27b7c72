"""The working plan: undone exactly, never over quota unsigned, nobody twice, agendas seamless."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.board import changes
from server.board.changes import Changed
from server.board.model import Facts, Working, cell_of
from server.board.publication import plan_publication
from server.board.search import find_plan
from server.board.working import Board, is_dirty
from server.domain.clock import SystemClock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.places import Post
from server.merging.search.solver import Budget
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import Approval
from server.scheduler.quota_rules import QuotaRule, QuotaVersion
from server.scheduler.workdays import edited
from tests.unit.board.streets import (
    FRIDAY,
    THURSDAY,
    WEDNESDAY,
    a_board,
    a_request,
    after_publishing,
    some_facts,
    verdict_of,
)
from tests.unit.scheduler.test_problem import a_session

ONE_A_WEEK = QuotaVersion(1, date(2026, 11, 1), QuotaRule((Post.SOCIAL_WORKER,), 1, 3))
POSTS = (Post.SECRETARY, Post.DIRECTOR, Post.SOCIAL_WORKER)
AT_ONCE = Budget(seconds=0)


def refused(act: Callable[[], Changed]) -> str:
    with pytest.raises(ConflictError) as error:
        act()
    return str(error.value.params.get("rule", error.value.code))


@st.composite
def streets(draw: st.DrawFn) -> Facts:
    """Up to six requests of different posts, committees and windows, and a standing meeting."""
    requests = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        first = draw(st.integers(0, 3))
        window: dict[str, Any] = {
            "earliest": WEDNESDAY + timedelta(days=first),
            "deadline": WEDNESDAY + timedelta(days=first + draw(st.integers(1, 8))),
            "minutes": draw(st.sampled_from([10, 30, 60])),
            "posts": draw(st.sampled_from([(p,) for p in POSTS])),
            "committee_ids": draw(st.sampled_from([(), (1,), (2, 3)])),
            "department_id": draw(st.sampled_from([1, 2])),
            "read_only": draw(st.integers(0, 5)) == 0,
        }
        requests.append(a_request(number, **window))
    meetings = (a_session(FRIDAY, 540),) if draw(st.booleans()) else ()
    return some_facts(*requests, sessions=meetings, quotas=[ONE_A_WEEK])


Act = tuple[str, int, int, str]
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["move", "out", "digest", "pin", "unpin", "freeze", "search"]),
        st.integers(1, 6),
        st.integers(0, 9),
        st.sampled_from(["AM", "PM"]),
    ),
    max_size=6,
)


def do(board: Board, act: Act) -> Changed:
    """Do one thing, or refuse it."""
    kind, request, days, half = act
    number, day = f"R{request:03}", WEDNESDAY + timedelta(days=days)
    match kind:
        case "move":
            return changes.move(board, number, day, half)
        case "out":
            return changes.put_aside(board, number)
        case "digest":
            return changes.send_to_digest(board, number)
        case "pin" | "unpin":
            return changes.pin(board, number, on=kind == "pin")
        case "freeze":
            return changes.freeze(board, cell_of(day, half), on=True)
    found = find_plan(board, budget=AT_ONCE, clock=SystemClock())
    return Changed(Working(found.plan, board.marks, board.ground.places))


def is_sound(board: Board) -> None:
    """Every rule holds: quotas but for what is signed, one session a person, seamless agendas."""
    verdict = verdict_of(board)
    assert verdict.violations == ()
    for session in board.plan.sessions:
        clock = session.start
        for item in session.items:
            assert item.start == clock
            clock += item.minutes


def seen(board: Board) -> tuple[object, ...]:
    """What a page shows of a board."""
    return board.plan.sessions, board.plan.digest, board.plan.left_out, board.marks


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(streets(), ACTS)
def test_whatever_is_done_the_plan_is_sound_and_undo_restores_it_exactly(
    facts: Facts, acts: list[Act]
) -> None:
    kept: list[Working | None] = [None]
    shown = [seen(a_board(facts))]
    for act in acts:
        board = a_board(facts, kept[-1])
        is_sound(board)
        try:
            changed = do(board, act)
        except (ConflictError, NotFoundError):
            continue
        kept.append(changed.working)
        after = a_board(facts, changed.working)
        assert after.dropped == ()
        is_sound(after)
        shown.append(seen(after))
    while kept:
        assert seen(a_board(facts, kept.pop())) == shown.pop()


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=40)
@given(streets(), ACTS)
def test_a_published_plan_is_the_database_and_nothing_is_left_to_publish(
    facts: Facts, acts: list[Act]
) -> None:
    board = a_board(facts)
    for act in acts:
        try:
            board = a_board(facts, do(board, act).working)
        except (ConflictError, NotFoundError):
            continue
    later = after_publishing(facts, plan_publication(board, None))
    published = a_board(later)
    assert published.places == board.places
    assert not is_dirty(published)
    starts = {s.cell: (s.start, [i.request for i in s.items][-1]) for s in board.plan.sessions}
    assert starts == {
        s.cell: (s.start, [i.request for i in s.items][-1]) for s in published.plan.sessions
    }


@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=25)
@given(streets())
def test_searching_again_without_a_change_moves_nothing(facts: Facts) -> None:
    board = a_board(facts)
    found = find_plan(board, budget=AT_ONCE, clock=SystemClock())
    board = a_board(facts, Working(found.plan, board.marks, board.ground.places))
    again = find_plan(board, budget=AT_ONCE, clock=SystemClock())
    assert again.moved == ()
    later = after_publishing(facts, plan_publication(board, None))
    published = a_board(later)
    assert find_plan(published, budget=AT_ONCE, clock=SystemClock()).moved == ()


@settings(max_examples=25)
@given(streets(), st.integers(1, 6), st.integers(0, 9))
def test_moving_a_request_to_where_it_is_moves_nobody(
    facts: Facts, request: int, days: int
) -> None:
    board = a_board(facts)
    number, day = f"R{request:03}", WEDNESDAY + timedelta(days=days)
    try:
        board = a_board(facts, changes.move(board, number, day, "AM").working)
    except (ConflictError, NotFoundError):
        return
    again = changes.move(board, number, day, "AM")
    assert again.moved == ()
    assert a_board(facts, again.working).plan.sessions == board.plan.sessions


def test_what_changes_in_the_database_overrules_the_plan() -> None:
    facts = some_facts(a_request(1), a_request(2))
    board = a_board(facts)
    kept = changes.move(board, "R001", THURSDAY, "AM").working
    kept = changes.move(a_board(facts, kept), "R002", THURSDAY, "AM").working
    narrower = replace(facts.requests[0].filing, earliest=FRIDAY)
    amended = (replace(facts.requests[0], filing=narrower), facts.requests[1])
    later = a_board(replace(facts, requests=amended), kept)
    assert [(one.request, one.rule) for one in later.dropped] == [("R001", "window")]
    assert set(later.places) == {"R002"}
    assert set(later.marks.pins) == {"R002"}


def test_who_rode_on_a_request_that_is_gone_waits_again() -> None:
    rider = replace(a_request(2, department_id=2), approval=Approval.PENDING)
    facts = some_facts(a_request(1), rider)
    kept = changes.move(a_board(facts), "R001", THURSDAY, "AM").working
    kept = changes.move(a_board(facts, kept), "R002", THURSDAY, "AM").working
    alone = a_board(replace(facts, requests=(rider,)), kept)
    assert [(one.request, one.rule) for one in alone.dropped] == [("R002", "approval")]


def test_a_rider_cannot_be_put_where_nobody_is_called() -> None:
    rider = replace(a_request(1, department_id=2), approval=Approval.PENDING)
    board = a_board(some_facts(rider))
    assert refused(lambda: changes.move(board, "R001", THURSDAY, "AM")) == "approval"


def test_a_second_call_in_a_week_of_one_is_refused_unless_it_was_signed() -> None:
    social = {"posts": (Post.SOCIAL_WORKER,), "committee_ids": (1,)}
    facts = some_facts(a_request(1, **social), a_request(2, **social), quotas=[ONE_A_WEEK])
    kept = changes.move(a_board(facts), "R001", WEDNESDAY, "AM").working
    board = a_board(facts, kept)
    assert refused(lambda: changes.move(board, "R002", FRIDAY, "AM")) == "quota"
    signed = a_signature("R002", FRIDAY, "AM")
    allowed = a_board(replace(facts, exceptions=(signed,)), kept)
    kept = changes.move(allowed, "R002", FRIDAY, "AM").working
    together = a_board(replace(facts, exceptions=(signed,)), kept)
    assert set(together.places) == {"R001", "R002"}
    assert verdict_of(together).valid
    assert refused(lambda: changes.move(together, "R002", FRIDAY, "PM")) == "quota"
    unsigned = a_board(facts, kept)
    assert [(one.request, one.rule) for one in unsigned.dropped] == [("R002", "quota")]


def a_signature(request: str, day: date, half: str) -> SignedException:
    return SignedException(request, day, half, "C1", "", "2026-W48", used=2, limit=1, by="书记")


def test_times_in_a_frozen_session_stay_and_others_come_after() -> None:
    facts = some_facts(
        a_request(1, minutes=30, committee_ids=(1,)),
        a_request(2, minutes=20, committee_ids=(2,)),
        a_request(3, minutes=10, committee_ids=(1, 2)),
    )
    kept = changes.move(a_board(facts), "R001", THURSDAY, "AM").working
    kept = changes.move(a_board(facts, kept), "R002", THURSDAY, "AM").working
    kept = changes.freeze(a_board(facts, kept), cell_of(THURSDAY, "AM"), on=True).working
    before = a_board(facts, kept).plan.sessions[0].items
    kept = changes.move(a_board(facts, kept), "R003", THURSDAY, "AM").working
    after = a_board(facts, kept).plan.sessions[0].items
    assert after[:2] == before
    assert after[2].request == "R003"
    assert refused(lambda: changes.move(a_board(facts, kept), "R001", FRIDAY, "AM")) == "frozen"


def test_a_session_that_came_from_requests_may_change_and_its_own_part_stays() -> None:
    facts = some_facts(a_request(1), sessions=(a_session(FRIDAY, 540),))
    board = a_board(facts, changes.move(a_board(facts), "R001", FRIDAY, "AM").working)
    later = after_publishing(facts, plan_publication(board, None))
    ground = a_board(later).ground
    assert list(ground.movable) == [cell_of(FRIDAY, "AM")]
    assert ground.places == {"R001": "2026-11-27-AM"}
    published = a_board(later)
    assert [item.request for item in published.plan.sessions[0].items] == ["H7", "R001"]
    gone = a_board(later, changes.put_aside(published, "R001").working)
    assert [item.request for item in gone.plan.sessions[0].items] == ["H7"]


def test_fewer_calls_granted_put_back_what_is_too_much() -> None:
    social = {"posts": (Post.SOCIAL_WORKER,), "committee_ids": (1,)}
    facts = some_facts(a_request(1, **social))
    kept = changes.move(a_board(facts), "R001", WEDNESDAY, "AM").working
    none = QuotaVersion(1, date(2026, 11, 1), QuotaRule((Post.SOCIAL_WORKER,), 0, 0))
    later = a_board(some_facts(a_request(1, **social), quotas=[none]), kept)
    assert [(one.request, one.rule) for one in later.dropped] == [("R001", "quota")]


def test_what_is_in_the_calendar_already_stays_though_fewer_calls_are_granted() -> None:
    social = {"posts": (Post.SOCIAL_WORKER,), "committee_ids": (1,)}
    facts = some_facts(a_request(1, **social), a_request(2, **social))
    board = a_board(facts, changes.move(a_board(facts), "R001", WEDNESDAY, "AM").working)
    published = after_publishing(facts, plan_publication(board, None))
    none = QuotaVersion(1, date(2026, 11, 1), QuotaRule((Post.SOCIAL_WORKER,), 0, 0))
    situation = replace(published.situation, quotas=[none])
    later = a_board(replace(published, situation=situation))
    assert (later.dropped, set(later.places)) == ((), {"R001"})
    assert refused(lambda: changes.move(later, "R002", FRIDAY, "AM")) == "quota"


def test_a_request_whose_committees_are_all_retired_is_not_on_the_board() -> None:
    facts = some_facts(a_request(1, committee_ids=(2,)), a_request(2))
    kept = changes.move(a_board(facts), "R001", WEDNESDAY, "AM").working
    left = [c for c in facts.situation.committees if c.id != 2]
    later = a_board(replace(facts, situation=replace(facts.situation, committees=left)), kept)
    assert [request.id for request in later.instance.requests] == ["R002"]
    assert later.places == {}


def test_a_day_that_is_closed_afterwards_puts_back_what_was_planned_on_it() -> None:
    facts = some_facts(a_request(1))
    kept = changes.move(a_board(facts), "R001", THURSDAY, "AM").working
    table = edited(facts.situation.workdays, THURSDAY, working=False)
    later = a_board(replace(facts, situation=replace(facts.situation, workdays=table)), kept)
    assert [(one.request, one.rule) for one in later.dropped] == [("R001", "window")]
