"""Exact answers: the model and the draft agree on rules and prices; nothing gets dearer."""

from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Audience, Instance, MeetingRequest, Mode, Overflow
from server.merging.instance.writing import serialise_plan
from server.merging.search.draft import Draft
from server.merging.search.exact import Effort, divide, reconsider
from server.merging.search.ground import survey
from server.merging.search.merge import conclude
from server.merging.search.meters import Meter
from server.merging.search.neighbourhood import (
    Neighbourhood,
    draw_related,
    draw_stretch,
    draw_thin,
    everything,
    units,
)
from server.merging.search.refine import Pace, Seat, refine
from server.merging.search.ruin_recreate import build_draft
from server.merging.verdict.check import check
from tests.unit.merging.problems import (
    FEASIBLE,
    MONDAY,
    a_quota,
    a_request,
    a_standing_meeting,
    an_instance,
    checked_independently,
    instance_file,
)

SHORT = Effort(0.1, 1, 1)
BRISK = Pace(answer=0.05, street=0.1, rounds=30)
WAYS = (draw_thin, draw_related, draw_stretch)


def drafted(instance: Instance) -> Draft:
    return build_draft(survey(look_up(instance)))


def best_plan(*requests: MeetingRequest, **changes: object) -> Draft:
    """The proven best draft of a small instance, found from an empty one."""
    draft = Draft(survey(look_up(an_instance(*requests, **changes))))
    reply = reconsider(draft, everything(draft), Effort(20.0, 1, 1))
    assert reply.proven
    assert reply.bound == draft.total
    return draft


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["p1_seed_sixmonths", "p4_many_small"])
def test_an_answer_keeps_every_rule_and_is_never_dearer(name: str, way: object) -> None:
    draft = drafted(instance_file(name))
    random = Random(3)  # noqa: S311
    for _ in range(2):
        before = draft.total
        reconsider(draft, way(draft, random, 8), SHORT)  # type: ignore[operator]
        assert draft.total <= before
    verdict = check(draft.ground.lookup.instance, conclude(draft, {}))
    assert verdict.violations == ()
    assert verdict.assignment_objective == draft.total


def test_a_proven_answer_has_the_model_and_the_draft_agree_on_its_price() -> None:
    tight = a_quota(
        committee_week=1,
        role_week={"secretary": 0},
        soft_week_target=1,
        overflow=Overflow.ESCALATE,
    )
    both = Audience(None, ("secretary", "director"))
    few = Audience(("C1", "C2"), ("director",))
    draft = best_plan(
        a_request("R1"),
        a_request("R2", department="D2", audience=both, minutes=110),
        a_request("R3", department="D2", audience=few, mode=Mode.IN_PERSON),
        a_request("R4", department="D3", audience=few, approved=False, mode=Mode.VIDEO),
        quota=tight,
        standing=(a_standing_meeting(),),
    )
    verdict = check(draft.ground.lookup.instance, conclude(draft, {}))
    assert verdict.violations == ()
    assert verdict.assignment_objective == draft.total


def test_items_with_hours_of_their_own_find_an_order() -> None:
    draft = best_plan(
        a_request("R1", deadline=MONDAY, time_window=(600, 640), minutes=30),
        a_request("R2", department="D2", deadline=MONDAY, minutes=20, approved=False),
        a_request("R3", department="D3", deadline=MONDAY, time_window=(540, 580), minutes=40),
    )
    plan = conclude(draft, {})
    assert check(draft.ground.lookup.instance, plan).violations == ()
    assert len(plan.sessions[0].items) == 3


def test_a_guest_that_would_start_too_early_leaves_with_the_one_before_it() -> None:
    draft = best_plan(
        a_request("R1", time_window=(620, 660), minutes=40),
        a_request("R2", department="D2", minutes=25),
        standing=(a_standing_meeting(),),
        quota=a_quota(role_week={"secretary": 1}),
    )
    assert draft.left_out == []
    assert draft.release((1,)) == {0, 1}


def test_a_rider_is_left_out_when_nobody_calls_all_its_people() -> None:
    both = Audience(None, ("secretary", "director"))
    draft = best_plan(a_request("R1"), a_request("R2", department="D2", audience=both))
    assert draft.left_out == []
    draft = best_plan(
        a_request("R1"), a_request("R2", department="D2", audience=both, approved=False)
    )
    assert draft.left_out == [1]


def test_claims_of_nobody_are_answered_too() -> None:
    draft = best_plan(a_request("R1", audience=Audience((), ("secretary",))))
    assert draft.total >= 0
    assert best_plan().total == 0


@pytest.mark.parametrize("name", FEASIBLE)
def test_a_refined_draft_keeps_every_rule(name: str) -> None:
    draft = drafted(instance_file(name))
    first = draft.total
    random = Random(2)  # noqa: S311
    steps = 4
    assert (
        len(list(islice(refine(draft, random=random, seat=Seat(0, 1, 1), pace=BRISK), steps)))
        == steps
    )
    assert draft.total <= first
    verdict = checked_independently(name, serialise_plan(conclude(draft, {})))
    assert verdict["violations"] == []


def test_what_is_not_asked_about_stays() -> None:
    draft = drafted(instance_file("p5_holiday_urgent"))
    before = tuple(draft.place)
    asked = draft.release(range(3))
    draft.restore(before)
    reconsider(draft, Neighbourhood(frozenset(range(3)), everything(draft).spots), SHORT)
    changed = {n for n, spot in enumerate(draft.place) if spot != before[n]}
    assert changed <= asked


def test_the_district_comes_before_its_streets() -> None:
    streets = units(drafted(instance_file("p6_district559")).ground)
    assert len(streets) == 13
    ground = drafted(instance_file("p6_district559")).ground
    assert {ground.claims[number].request.unit for number in streets[0]} == {"district"}


@pytest.mark.parametrize("name", ["p2_tight_quota", "p5_holiday_urgent"])
def test_the_same_seed_takes_the_same_steps(name: str) -> None:
    def totals() -> list[int]:
        draft = drafted(instance_file(name))
        found = []
        random = Random(5)  # noqa: S311
        for step in islice(refine(draft, random=random, seat=Seat(0, 1, 1), pace=BRISK), 4):
            found += [draft.total, round(step.effort * 10**6)]
        return found

    assert totals() == totals()


def test_a_small_instance_is_proven_best_and_the_search_ends() -> None:
    requests = [a_request(f"R{n}", department=f"D{n}") for n in range(1, 4)]
    draft = drafted(an_instance(*requests))
    random = Random(1)  # noqa: S311
    steps = list(refine(draft, random=random, seat=Seat(0, 1, 1), pace=BRISK))
    assert steps[-1].proven
    assert steps[-1].bound == draft.total


def test_nothing_to_place_is_proven_at_once() -> None:
    draft = drafted(an_instance())
    assert [step.proven for step in refine(draft, random=Random(1), seat=Seat(0, 1, 1))] == [  # noqa: S311
        True
    ]


@given(st.dictionaries(st.integers(0, 9), st.integers(0, 255), max_size=6))
def test_masks_are_divided_into_parts_of_the_same_keys(masks: dict[int, int]) -> None:
    parts = divide(masks)
    for bit in range(8):
        keys = tuple(sorted(key for key, mask in masks.items() if mask >> bit & 1))
        found = [found for part, found in parts if part >> bit & 1]
        assert found == ([keys] if keys else [])


@given(
    st.integers(0, 4),
    st.lists(st.integers(0, 255), max_size=8),
    st.integers(min_value=0, max_value=255),
)
def test_a_meter_says_how_many_calls_are_left(limit: int, calls: list[int], callees: int) -> None:
    meter = Meter(limit)
    for mask in calls:
        meter.add(mask)
    left = {bit: some for some, part in meter.left(callees) for bit in range(8) if part >> bit & 1}
    for bit in range(8):
        count = sum(mask >> bit & 1 for mask in calls)
        expected = max(0, limit - count) if callees >> bit & 1 else None
        assert left.get(bit) == expected
