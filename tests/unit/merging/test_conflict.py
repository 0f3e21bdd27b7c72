"""Conflicts: infeasible by themselves, minimal, and told apart by trying every plan there is."""

from dataclasses import replace
from functools import cache
from random import Random

import pytest

from server.merging.instance.model import (
    Audience,
    Block,
    Cell,
    Hall,
    HallKind,
    Instance,
    Mode,
    Overflow,
    Pin,
    Published,
)
from server.merging.proof.conflict import Concession, find_concessions, find_conflict
from tests.unit.merging.enumeration import Judged, a_tiny_instance, every_plan
from tests.unit.merging.problems import (
    FEASIBLE,
    FRIDAY,
    MONDAY,
    a_quota,
    a_request,
    a_standing_meeting,
    an_instance,
    instance_file,
)

TINY = range(40)


@cache
def all_plans(seed: int) -> list[Judged]:
    return list(every_plan(a_tiny_instance(Random(seed))))  # noqa: S311


def rules_of(instance: Instance) -> tuple[str, ...]:
    conflict = find_conflict(instance)
    assert conflict is not None
    assert conflict.minimal
    return conflict.rules


def kept_by_some(plans: list[Judged], rules: set[str], mandatory: set[str]) -> bool:
    """Whether a plan keeps these rules and all others that have no name in a conflict.

    Windows are named for single requests only; elsewhere they always hold.
    """
    windows = {f"window:{key}" for key in mandatory}

    def forgiven(broken: frozenset[str]) -> bool:
        others = {rule for rule in broken if rule.startswith("window:")} - windows
        return not others and not broken & rules

    return any(not plan.hopeless and forgiven(plan.broken) for plan in plans)


@pytest.mark.parametrize("seed", TINY)
def test_a_conflict_is_one_and_loses_nothing_by_every_plan_there_is(seed: int) -> None:
    instance = a_tiny_instance(Random(seed))  # noqa: S311
    plans = all_plans(seed)
    feasible = any(not plan.hopeless and not plan.broken for plan in plans)
    conflict = find_conflict(instance)
    assert (conflict is None) == feasible
    if conflict is None:
        return
    rules = set(conflict.rules)
    named = {rule.partition(":")[2] for rule in rules if rule.startswith("window:")}
    assert conflict.minimal
    assert not kept_by_some(plans, rules, named)
    for rule in rules:
        assert kept_by_some(plans, rules - {rule}, named), rule


@pytest.mark.parametrize("seed", TINY)
def test_concessions_suffice_and_fewer_would_not_by_every_plan_there_is(seed: int) -> None:
    instance = a_tiny_instance(Random(seed))  # noqa: S311
    given_up = {concession.rule for concession in find_concessions(instance)}
    plans = [plan for plan in all_plans(seed) if not plan.hopeless]
    fewest = min((len(plan.broken) for plan in plans), default=0)
    assert len(given_up) == fewest
    assert any(plan.broken <= given_up for plan in plans) or not plans


def test_the_planted_conflict_is_found_and_the_mildest_concession_named() -> None:
    instance = instance_file("p3_infeasible")
    quota = "quota:role_week:secretary:2026-W46"
    assert rules_of(instance) == ("must:RX1", "must:RX2", "must:RX3", quota)
    assert find_concessions(instance) == (Concession(quota, 1),)


@pytest.mark.parametrize("name", FEASIBLE)
def test_an_instance_with_a_plan_has_no_conflict_and_needs_no_concession(name: str) -> None:
    assert find_conflict(instance_file(name)) is None
    assert find_concessions(instance_file(name)) == ()


NARROW = {"earliest": MONDAY, "deadline": MONDAY}
R1 = Cell(FRIDAY, "PM", "R1")
ALONE = a_request("R1", must=True)
EVERYBODY = Audience(None, ("secretary", "director", "social"))
BLOCKED = tuple(Block("C2", MONDAY, half, ("secretary",)) for half in ("AM", "PM"))
WEEKEND = {"earliest": MONDAY.replace(day=7), "deadline": MONDAY.replace(day=8)}
CASES = {
    "no working day": (
        an_instance(replace(ALONE, **WEEKEND)),
        ("must:R1", "window:R1"),
    ),
    "no hours": (
        an_instance(replace(ALONE, time_window=(700, 720))),
        ("must:R1", "window:R1"),
    ),
    "pinned to no day": (
        an_instance(a_request("R1", pin=Pin(day=MONDAY.replace(day=8)))),
        ("pin:R1",),
    ),
    "frozen elsewhere than pinned": (
        an_instance(a_request("R1", pin=Pin(half="AM"), published=Published(R1, frozen=True))),
        ("frozen:R1", "pin:R1"),
    ),
    "no approval": (
        an_instance(replace(ALONE, approved=False)),
        ("approval:R1", "must:R1"),
    ),
    "blocked": (
        an_instance(replace(ALONE, **NARROW), blocked=BLOCKED),
        ("blocked:C2", "must:R1", "window:R1"),
    ),
    "too many people": (
        an_instance(replace(ALONE, audience=EVERYBODY, mode=Mode.IN_PERSON)),
        ("capacity:R1", "must:R1"),
    ),
    "nothing left of the week": (
        an_instance(ALONE, quota=a_quota(committee_week=0)),
        ("must:R1", "quota:committee_week:2026-W45"),
    ),
    "nothing left of the month": (
        an_instance(ALONE, quota=a_quota(role_month={"secretary": 0})),
        ("must:R1", "quota:role_month:secretary:2026-11"),
    ),
    "reading matter without a digest": (
        an_instance(replace(ALONE, read_only=True, earliest=MONDAY.replace(day=3))),
        ("must:R1", "window:R1"),
    ),
    "frozen reading matter": (
        an_instance(a_request("R1", read_only=True, published=Published(R1, frozen=True))),
        ("frozen:R1",),
    ),
    "a standing meeting of blocked people": (
        an_instance(
            standing=(a_standing_meeting(),),
            blocked=(Block("C4", MONDAY.replace(day=4), "AM", ()),),
        ),
        ("blocked:C4",),
    ),
    "standing meetings above the quota": (
        an_instance(standing=(a_standing_meeting(),), quota=a_quota(committee_month=0)),
        ("quota:committee_month:2026-11",),
    ),
    "a standing meeting in too small a hall": (
        an_instance(
            standing=(a_standing_meeting(),),
            halls=(Hall("R1", "S1", HallKind.ROOM, 4, ""),),
        ),
        ("capacity:R1",),
    ),
    "standing meetings of the same people": (
        an_instance(
            standing=(
                a_standing_meeting(),
                a_standing_meeting(id="H2", cell=Cell(MONDAY.replace(day=4), "AM", "VC")),
            ),
        ),
        (),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_is_named_where_it_is_in_the_way(case: str) -> None:
    instance, rules = CASES[case]
    assert rules_of(instance) == rules
    given_up = {concession.rule for concession in find_concessions(instance)}
    assert given_up <= set(rules)
    assert bool(given_up) == bool(rules)


def a_street_month(random: Random) -> tuple[Instance, str]:
    """A month of a street with some mandatory requests spoilt in one way."""
    instance = instance_file("p2_tight_quota")
    requests = list(instance.requests)
    calling = [n for n, r in enumerate(requests) if r.approved and not r.read_only]
    chosen = random.sample(calling, 3)
    week = next(d for d in instance.days if d.week == instance.days[7].week)
    for at in chosen:
        spoilt = replace(requests[at], must=True, earliest=week.date, minutes=50)
        requests[at] = replace(spoilt, deadline=week.date.replace(day=week.date.day + 4))
    way = random.choice(("approval", "pin", "frozen", "blocked", "capacity"))
    one = requests[chosen[0]]
    if way == "approval":
        departments = tuple(replace(d, exempt=False) for d in instance.departments)
        instance = replace(instance, departments=departments, standing=())
        requests = [replace(r, approved=False) for r in requests]
    elif way == "pin":
        requests[chosen[0]] = replace(one, pin=Pin(day=instance.days[-1].date))
    elif way == "frozen":
        cell = Cell(instance.days[0].date, "AM", "S01-R2")
        requests[chosen[0]] = replace(one, published=Published(cell, frozen=True))
    elif way == "blocked":
        instance = replace(
            instance,
            blocked=tuple(
                Block(instance.committees[0].id, day.date, half.name, ())
                for day in instance.days
                for half in instance.halves
            ),
        )
    else:
        instance = replace(instance, halls=tuple(replace(h, capacity=20) for h in instance.halls))
        instance = replace(instance, standing=())
    return replace(instance, requests=tuple(requests)), way


@pytest.mark.parametrize("seed", range(8))
def test_a_spoilt_month_has_a_minimal_conflict_whose_concessions_help(seed: int) -> None:
    instance, way = a_street_month(Random(seed))  # noqa: S311
    rules = rules_of(instance)
    assert any(rule.startswith(way) for rule in rules) or len(rules) > 1
    assert find_concessions(instance)
    assert find_conflict(granted(instance)) is None


def granted(instance: Instance) -> Instance:
    """The same instance after everything was granted that was asked for."""
    rules = {concession.rule for concession in find_concessions(instance)}
    requests = tuple(
        replace(
            r,
            must=r.must and f"must:{r.id}" not in rules,
            pin=None if f"pin:{r.id}" in rules else r.pin,
            published=None if f"frozen:{r.id}" in rules else r.published,
            approved=r.approved or f"approval:{r.id}" in rules,
            earliest=instance.days[0].date if f"window:{r.id}" in rules else r.earliest,
            deadline=instance.days[-1].date if f"window:{r.id}" in rules else r.deadline,
        )
        for r in instance.requests
    )
    quota = instance.quota
    if any(rule.startswith("quota:") for rule in rules):
        quota = replace(quota, overflow=Overflow.ESCALATE)
    return replace(
        instance,
        requests=requests,
        quota=quota,
        blocked=tuple(b for b in instance.blocked if f"blocked:{b.committee}" not in rules),
        halls=tuple(
            replace(h, capacity=10_000) if f"capacity:{h.id}" in rules else h
            for h in instance.halls
        ),
    )


def test_a_question_that_takes_too_long_is_left_open_and_not_guessed() -> None:
    instance = instance_file("p3_infeasible")
    assert find_conflict(instance, effort=0.0) is None
    assert find_concessions(instance, effort=0.0) == ()


def test_quotas_that_may_be_exceeded_are_in_no_conflict() -> None:
    quota = a_quota(committee_week=0, overflow=Overflow.ESCALATE)
    assert find_conflict(an_instance(ALONE, quota=quota)) is None


def test_an_optional_request_lets_a_mandatory_one_ride() -> None:
    rider = a_request("R2", must=True, approved=False, department="D2")
    assert find_conflict(an_instance(a_request("R1"), rider)) is None
    assert rules_of(an_instance(rider)) == ("approval:R2", "must:R2")
