"""Merging: no hard rule is broken, every request has a reason, equal input gives equal plans."""

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.merging.instance.lookup import look_up
from server.merging.instance.model import (
    Audience,
    Block,
    Cell,
    Instance,
    MeetingRequest,
    MergePlan,
    Mode,
    Overflow,
    Pin,
    Priority,
    Published,
    Reason,
)
from server.merging.instance.writing import serialise_plan
from server.merging.search.draft import Draft
from server.merging.search.ground import survey
from server.merging.search.merge import conclude, merge, within_quotas
from server.merging.search.meters import Meter
from server.merging.verdict.check import check
from tests.unit.merging.problems import (
    DIRECTORS,
    EXAMPLE,
    FEASIBLE,
    MONDAY,
    NAMES,
    a_quota,
    a_request,
    a_standing_meeting,
    an_instance,
    checked_independently,
    instance_file,
)

BOTH = Audience(None, ("secretary", "director"))


def plan_of(*requests: MeetingRequest, **changes: object) -> MergePlan:
    return plan(an_instance(*requests, **changes))


def plan(instance: Instance) -> MergePlan:
    made = merge(instance, rounds=30)
    assert check(instance, made).violations == ()
    return made


def reason_of(made: MergePlan, key: str) -> Reason:
    return next(reason for reason in made.reasons if reason.request == key)


def rules_of(reason: Reason) -> dict[str, object]:
    return {str(d.params["rule"]): d.params["cells"] for d in reason.details}


@pytest.mark.parametrize("name", FEASIBLE)
def test_a_plan_never_breaks_a_hard_rule(name: str) -> None:
    made = merge(instance_file(name), rounds=20)
    verdict = checked_independently(name, serialise_plan(made))
    assert verdict["violations"] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_request_has_one_reason_in_the_order_of_the_instance(name: str) -> None:
    instance = instance_file(name)
    made = merge(instance, rounds=0)
    assert [reason.request for reason in made.reasons] == [r.id for r in instance.requests]
    left_out = {out.request for out in made.left_out}
    assert left_out == {r.request for r in made.reasons if r.code == "reason.left_out"}
    assert all(r.details and r.action for r in made.reasons if r.request in left_out)


def test_an_impossible_demand_breaks_nothing_but_that_demand() -> None:
    instance = instance_file("p3_infeasible")
    made = merge(instance, rounds=50)
    assert {v.code for v in check(instance, made).violations} == {"must"}
    mandatory = next(o for o in made.left_out if o.request.startswith("RX"))
    assert "quota" in mandatory.reason
    assert mandatory.action == "escalate"


def test_the_same_instance_gives_the_same_plan() -> None:
    assert merge(instance_file(EXAMPLE), rounds=40) == merge(instance_file(EXAMPLE), rounds=40)


def test_more_effort_never_gives_a_dearer_assignment() -> None:
    instance = instance_file("p4_many_small")
    lazy, busy = (merge(instance, rounds=rounds) for rounds in (0, 150))
    assert check(instance, busy).assignment_objective < check(instance, lazy).assignment_objective


def test_three_requests_for_the_same_people_share_one_session() -> None:
    made = plan_of(*(a_request(f"R{n}", department=f"D{n}") for n in (1, 2, 3)))
    assert [len(session.items) for session in made.sessions] == [3]
    reason = reason_of(made, "R2")
    assert (reason.code, reason.params["mates"]) == ("reason.shares", 2)


def test_a_request_without_approval_rides_on_the_standing_meeting() -> None:
    made = plan_of(a_request("R1", approved=False), standing=(a_standing_meeting(),))
    reason = reason_of(made, "R1")
    assert (reason.code, reason.params["standing"]) == ("reason.rides", "书记月度例会")
    assert reason.details[0].code == "reason.all_called_anyway"
    assert reason.details[0].params == {"people": 5, "anyway": 5, "trips": 0}


def test_a_request_without_approval_causes_no_trip() -> None:
    made = plan_of(a_request("R1", approved=False, audience=BOTH), standing=(a_standing_meeting(),))
    reason = reason_of(made, "R1")
    assert made.left_out[0].action == "ask_approval"
    assert next(iter(rules_of(reason))) == "rule.approval"


def test_an_exempt_department_needs_no_approval() -> None:
    made = plan_of(a_request("R1", approved=False, department="D9"))
    assert reason_of(made, "R1").code == "reason.own_session"


def test_a_rider_finds_its_ride_even_when_it_asks_first() -> None:
    made = plan_of(
        a_request("R1", approved=False, filed=date(2026, 9, 1)),
        a_request("R2", department="D2", audience=BOTH),
    )
    assert reason_of(made, "R1").code == "reason.shares"


def test_a_committee_at_its_quota_is_left_out_of_the_merge() -> None:
    used = {"C1|2026-W45": 1}
    quota = a_quota(committee_week=1, used=used)
    made = plan_of(a_request("R1"), quota=quota)
    assert reason_of(made, "R1").params["rule"] == "rule.quota"
    assert made.left_out[0].action == "next_period"


def test_an_urgent_request_above_the_quota_is_escalated() -> None:
    quota = a_quota(role_month={"secretary": 0})
    made = plan_of(a_request("R1", priority=Priority.URGENT), quota=quota)
    assert made.left_out[0].action == "escalate"


def test_a_quota_that_may_be_exceeded_is_priced_and_the_strict_plan_stands_beside_it() -> None:
    quota = a_quota(committee_week=0, overflow=Overflow.ESCALATE)
    urgent = a_request("R1", priority=Priority.URGENT)
    instance = an_instance(urgent, quota=quota)
    lenient, strict = plan(instance), plan(within_quotas(instance))
    assert check(instance, lenient).terms.over_quota == 5
    assert [out.request for out in strict.left_out] == ["R1"]


def test_roles_that_do_not_count_use_no_quota() -> None:
    quota = a_quota(committee_week=0, counts=("social",))
    assert plan_of(a_request("R1"), quota=quota).left_out == ()


def test_reading_matter_goes_to_the_first_digest_of_its_window() -> None:
    made = plan_of(a_request("R1", read_only=True))
    assert [(day.date, day.requests) for day in made.digest] == [(MONDAY, ("R1",))]
    assert reason_of(made, "R1").code == "reason.digest"


def test_reading_matter_without_a_digest_day_is_left_out() -> None:
    made = plan_of(a_request("R1", read_only=True, earliest=date(2026, 11, 3)))
    assert made.left_out[0].reason == "no_digest_day"


def test_a_window_without_working_days_is_named() -> None:
    made = plan_of(a_request("R1", earliest=date(2026, 11, 7), deadline=date(2026, 11, 8)))
    assert reason_of(made, "R1").params["rule"] == "rule.no_day"
    assert made.left_out[0].action == "widen_window"


def test_each_closed_place_is_counted_under_its_rule() -> None:
    blocked = (Block("C2", MONDAY, "AM", ("secretary",)), Block("C2", MONDAY, "PM", ()))
    made = plan_of(a_request("R1", deadline=MONDAY, mode=Mode.IN_PERSON), blocked=blocked)
    assert rules_of(reason_of(made, "R1")) == {"rule.blocked": 2, "rule.mode": 2}


def test_a_hall_that_is_too_small_is_named() -> None:
    everybody = Audience(None, ("secretary", "director", "social"))
    made = plan_of(a_request("R1", audience=everybody, mode=Mode.IN_PERSON))
    assert rules_of(reason_of(made, "R1")) == {"rule.capacity": 10, "rule.mode": 10}


def test_a_pinned_and_a_frozen_request_are_where_they_were_put() -> None:
    frozen = Cell(date(2026, 11, 6), "PM", "VC")
    made = plan_of(
        a_request("R1", pin=Pin(half="PM", hall="R1")),
        a_request("R2", department="D2", published=Published(frozen, frozen=True)),
    )
    cells = {item.request: s.cell for s in made.sessions for item in s.items}
    assert (cells["R1"].half, cells["R1"].hall) == ("PM", "R1")
    assert cells["R2"] == frozen


def test_a_published_request_stays_rather_than_moves() -> None:
    cell = Cell(date(2026, 11, 5), "AM", "VC")
    made = plan_of(a_request("R1", published=Published(cell, frozen=False)))
    assert made.sessions[0].cell == cell


def test_a_department_presents_in_one_session_of_a_half_day() -> None:
    only = {"earliest": MONDAY, "deadline": MONDAY, "time_window": (540, 560)}
    made = plan_of(
        a_request("R1", mode=Mode.IN_PERSON, **only),
        a_request("R2", mode=Mode.VIDEO, audience=DIRECTORS, **only),
    )
    assert len(made.left_out) == 1
    assert "rule.dept_clash" in rules_of(reason_of(made, made.left_out[0].request))


def test_nobody_is_in_two_sessions_of_a_half_day() -> None:
    only = {"earliest": MONDAY, "deadline": MONDAY, "time_window": (540, 560)}
    made = plan_of(
        a_request("R1", mode=Mode.IN_PERSON, **only),
        a_request("R2", mode=Mode.VIDEO, department="D2", **only),
    )
    assert "rule.person_clash" in rules_of(reason_of(made, made.left_out[0].request))


def test_nothing_to_place_leaves_the_standing_meetings() -> None:
    made = plan_of(standing=(a_standing_meeting(),))
    assert [session.standing for session in made.sessions] == ["H1"]
    assert plan_of().sessions == ()


@pytest.mark.parametrize("name", ["p2_tight_quota", "p4_many_small"])
def test_a_draft_knows_its_price_after_any_changes_and_finds_back(name: str) -> None:
    instance = instance_file(name)
    draft = Draft(survey(look_up(instance)))
    random = Random(7)  # noqa: S311
    start = draft.total
    empty = tuple(draft.place)
    for _ in range(300):
        number = random.randrange(len(draft.place))
        spot = draft.place[number]
        if spot is not None:
            draft.take(number)
            for rider in draft.orphans(spot):
                draft.take(rider)
            continue
        spot = random.choice([*draft.ground.claims[number].prices, None])
        if spot is not None and (price := draft.price(number, spot)) is not None:
            before, out = draft.points, draft.ground.claims[number].out_price
            draft.put(number, spot)
            assert draft.points == before + price - out
    verdict = check(instance, conclude(draft, {}))
    assert verdict.violations == ()
    assert verdict.assignment_objective == draft.total
    draft.restore(empty)
    assert draft.total == start


CALLS = st.lists(st.tuples(st.integers(0, 255), st.booleans()), max_size=40)


@given(CALLS, st.integers(0, 4), st.lists(st.integers(0, 6), min_size=8, max_size=8))
def test_a_meter_counts_as_a_plain_count_does(
    calls: list[tuple[int, bool]], limit: int, before: list[int]
) -> None:
    meter = Meter(limit, [(1 << at, used) for at, used in enumerate(before)])
    capped = [min(used, limit) for used in before]
    counts = list(capped)
    for mask, adding in calls:
        mask = (
            mask
            if adding
            else sum(1 << n for n in range(8) if mask >> n & 1 and counts[n] > capped[n])
        )
        chosen = [n for n in range(8) if mask >> n & 1]
        assert meter.excess(mask) == sum(counts[n] >= limit for n in chosen)
        (meter.add if adding else meter.remove)(mask)
        for n in chosen:
            counts[n] += 1 if adding else -1
        assert meter.over == sum(max(0, count - limit) for count in counts)
