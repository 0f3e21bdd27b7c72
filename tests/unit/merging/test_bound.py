"""The proven bound: never above the optimum of small problems, nor above any valid plan."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Audience, Instance, Overflow
from server.merging.proof.bound import prove_bound
from server.merging.proof.patterns import Terrain
from server.merging.proof.pricing import Charges, SolverPricer, StatesPricer, walk
from server.merging.search.merge import merge
from server.merging.verdict.check import check
from tests.unit.merging.enumeration import a_tiny_instance, every_plan
from tests.unit.merging.problems import (
    EXAMPLE,
    FEASIBLE,
    a_quota,
    a_request,
    a_standing_meeting,
    an_instance,
    example_plan,
    instance_file,
)


def optimum(instance: Instance) -> int | None:
    plans = every_plan(instance)
    return min((p.price for p in plans if not p.hopeless and not p.broken), default=None)


def a_small_instance(seed: int) -> Instance:
    instance = a_tiny_instance(Random(seed))  # noqa: S311
    return replace(instance, halves=instance.halves[:1])


@pytest.mark.parametrize("block", range(10))
def test_the_bound_is_never_above_the_optimum_of_every_plan_there_is(block: int) -> None:
    tight = 0
    for seed in range(20 * block, 20 * block + 20):
        instance = a_small_instance(seed)
        best = optimum(instance)
        if best is not None:
            bound = prove_bound(instance)
            assert bound.value <= best, seed
            tight += bound.value == best
    assert tight


@pytest.mark.parametrize("name", [name for name in FEASIBLE if name[:2] in ("p2", "p5", "p7")])
def test_the_bound_of_a_month_is_near_a_plan_and_never_above_it(name: str) -> None:
    instance = instance_file(name)
    bound = prove_bound(instance, rounds=40)
    price = check(instance, merge(instance, rounds=100)).assignment_objective
    assert 0.65 * price < bound.value <= price


def test_the_bound_of_the_holiday_month_is_below_its_proven_optimum() -> None:
    instance = instance_file(EXAMPLE)
    price = check(instance, example_plan()).assignment_objective
    bound = prove_bound(instance)
    assert bound.settled
    assert 0.98 * price < bound.value <= price


def test_a_bound_stopped_early_is_a_bound_all_the_same() -> None:
    instance = instance_file("p7_counted_roles")
    stopped = prove_bound(instance, enough=lambda: True)
    assert stopped.rounds == 1
    assert not stopped.settled
    assert stopped.value <= prove_bound(instance, rounds=8).value <= prove_bound(instance).value


def test_nothing_to_place_costs_the_standing_meetings() -> None:
    instance = an_instance(standing=(a_standing_meeting(),))
    price = check(instance, merge(instance)).assignment_objective
    assert prove_bound(instance).value == price
    assert prove_bound(an_instance()).value == 0


def test_packing_is_proven_exactly_where_sessions_are_full() -> None:
    requests = [a_request(f"R{n}", department=f"D{n}", minutes=60) for n in range(1, 8)]
    instance = an_instance(*requests)
    bound = prove_bound(instance)
    price = check(instance, merge(instance, rounds=200)).assignment_objective
    assert bound.settled
    assert 0.85 * price < bound.value <= price


def test_exceeded_quotas_and_role_quotas_are_in_the_bound() -> None:
    quota = a_quota(committee_week=0, role_week={"secretary": 0}, overflow=Overflow.ESCALATE)
    instance = an_instance(a_request("R1", must=True), quota=quota)
    price = check(instance, merge(instance)).assignment_objective
    assert prove_bound(instance).value == price


def asked(terrain: Terrain, spot: int) -> tuple[list[int], Charges]:
    gains = [900_000 + 1000 * number for number in terrain.eligible[spot]]
    sizes = [len(cluster.committees) for cluster in terrain.kinds.clusters]
    people = [kind.people for kind in terrain.kinds.kinds]
    called, travelling, counted = (
        [price * n for n in whom] for price, whom in ((100, people), (700, sizes), (50, sizes))
    )
    return gains, Charges(np.array(called), np.array(travelling), np.array(counted), 500)


@pytest.mark.parametrize("name", ["p4_many_small", "p5_holiday_urgent", "p2_tight_quota"])
def test_both_ways_of_pricing_a_spot_agree_and_a_guess_is_never_better(name: str) -> None:
    terrain = Terrain(look_up(instance_file(name)))
    spots = [spot for spot in terrain.eligible if len(terrain.eligible[spot]) > 5]
    for spot in Random(5).sample(spots, 6):  # noqa: S311
        steps = walk(terrain, spot)
        if steps is None:
            continue
        gains, charges = asked(terrain, spot)
        solver = SolverPricer(terrain, spot)
        by_states = StatesPricer(terrain, spot, steps).price(gains, charges)
        assert by_states.least == solver.price(gains, charges).least
        for claims in (*by_states.found, *solver.guess(gains, charges)):
            assert terrain.fits(spot, claims)


def test_a_spot_with_too_many_unions_is_left_to_the_solver() -> None:
    terrain = Terrain(look_up(instance_file("p4_many_small")))
    assert any(walk(terrain, spot) is None for spot in list(terrain.eligible)[40:60])


def test_the_number_of_items_is_kept_where_short_ones_abound() -> None:
    both = Audience(None, ("secretary", "director"))
    requests = [
        a_request(f"R{n}", department=f"D{n}", minutes=5, audience=both) for n in range(1, 7)
    ]
    instance = an_instance(*requests, max_items=2)
    price = check(instance, merge(instance, rounds=200)).assignment_objective
    assert prove_bound(instance).value <= price
    assert prove_bound(replace(instance, max_items=6)).value < prove_bound(instance).value
