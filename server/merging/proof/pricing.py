"""The cheapest pattern of one spot under given prices: exact, by one of two ways.

Where few unions of people are possible, dynamic programming over (union, minutes); where they are
too many, the solver. All arithmetic is in integers, so that what is found proves something.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from server.merging.instance.crowd import bits
from server.merging.proof.kinds import KindMask
from server.merging.proof.patterns import Terrain

Numbers = NDArray[np.int64]
MOST_STATES = 5_000
"""Above this many (union, minutes) the solver is asked instead."""
SOLVER_EFFORT = 0.5
"""How long the solver may take for one spot, in its own deterministic seconds."""
WORST = np.int64(-(1 << 60))
FOUND_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Charges:
    """What one spot charges in scaled points: for each kind, cluster, counted cluster, opening."""

    kinds: Numbers
    clusters: Numbers
    counted: Numbers
    opening: int


@dataclass(frozen=True, slots=True)
class Offer:
    """The outcome of one spot: no pattern is cheaper than ``least``, which may be negative.

    ``found`` are sets of claims with a price below 0, the cheapest first.
    """

    least: int
    found: list[tuple[int, ...]]


class Pricer(Protocol):
    """Finds the cheapest set of claims of one spot."""

    def price(self, gains: Sequence[int], charges: Charges) -> Offer:
        """Return the offer; ``gains`` is what each eligible claim brings, in their order."""
        ...


class Membership:
    """Which kinds, clusters and counted clusters come anew with each of some unions of kinds."""

    def __init__(self, terrain: Terrain, unions: Sequence[KindMask], own: KindMask) -> None:
        shape = (len(unions), len(terrain.kinds.kinds))
        self.kinds = np.zeros(shape, dtype=np.int64)
        self.clusters = np.zeros((len(unions), len(terrain.kinds.clusters)), dtype=np.int64)
        self.counted = np.zeros_like(self.clusters)
        counted = terrain.counted
        for at, union in enumerate(unions):
            self.kinds[at, list(bits(union & ~own))] = 1
            self.clusters[at, terrain.new_clusters(union, own)] = 1
            self.counted[at, terrain.new_clusters(union & counted, own & counted)] = 1

    def cost(self, charges: Charges) -> Numbers:
        """Return what each union costs."""
        cost: Numbers = self.kinds @ charges.kinds
        cost += self.clusters @ charges.clusters + self.counted @ charges.counted
        return cost


class StatesPricer:
    """Dynamic programming over the states (union of kinds, minutes) that claims can reach.

    Claims who call come first, so that riders find the union of those who are called. A state
    also counts its items where ``max_items`` short ones would fit into the time.
    """

    def __init__(self, terrain: Terrain, spot: int, steps: "Steps") -> None:
        own = terrain.own[spot]
        self._claims = terrain.eligible[spot]
        self._from, self._to = steps.sources, steps.targets
        unions = sorted({union for union, _, _ in steps.states})
        at = {union: number for number, union in enumerate(unions)}
        self._union_of = np.array([at[union] for union, _, _ in steps.states])
        self._members = Membership(terrain, unions, own)

    def price(self, gains: Sequence[int], charges: Charges) -> Offer:
        """Return the exact offer."""
        value = np.full(len(self._union_of), WORST)
        value[0] = 0
        before: list[Numbers] = []
        for sources, targets, gain in zip(self._from, self._to, gains, strict=True):
            before.append(value)
            if len(sources):
                value = value.copy()
                np.maximum.at(value, targets, before[-1][sources] + gain)
        reduced = (self._members.cost(charges) + charges.opening)[self._union_of] - value
        reduced[0] = 0
        chosen = self._cheapest_unions(reduced)
        found = [tuple(self._walk_back(state, value, before, gains)) for state in chosen]
        return Offer(int(reduced.min()), found)

    def _cheapest_unions(self, reduced: Numbers) -> list[int]:
        """Return a few states with a price below 0, each of another union, the cheapest first."""
        chosen: dict[int, int] = {}
        for state in np.argsort(reduced, kind="stable")[: 40 * FOUND_AT_ONCE]:
            if reduced[state] >= 0 or len(chosen) == FOUND_AT_ONCE:
                break
            chosen.setdefault(int(self._union_of[state]), int(state))
        return list(chosen.values())

    def _walk_back(
        self, state: int, value: Numbers, before: list[Numbers], gains: Sequence[int]
    ) -> Iterator[int]:
        for at in range(len(gains) - 1, -1, -1):
            earlier = before[at]
            if value[state] != earlier[state]:
                steps = np.flatnonzero(self._to[at] == state)
                sources = self._from[at][steps]
                state = int(sources[np.argmax(earlier[sources])])
                yield self._claims[at]
            value = earlier


State = tuple[KindMask, int, int]


class Steps:
    """Every state that claims can reach one after the other, and the steps of each claim."""

    def __init__(self, states: list[State], moves: list[tuple[list[int], list[int]]]) -> None:
        self.states = states
        self.sources = [np.array(sources, dtype=np.int32) for sources, _ in moves]
        self.targets = [np.array(targets, dtype=np.int32) for _, targets in moves]


def walk(terrain: Terrain, spot: int) -> Steps | None:
    """Return the steps of a spot's claims, or None when there are more than ``MOST_STATES``."""
    place, numbers = terrain.ground.spots[spot], terrain.eligible[spot]
    states: list[State] = [(terrain.own[spot], 0, 0)]
    at = {states[0]: 0}
    shortest = sorted(terrain.claims[n].minutes for n in numbers)
    most = terrain.lookup.instance.max_items
    counting = len(shortest) > most and sum(shortest[: most + 1]) <= place.minutes
    people: dict[KindMask, int] = {}
    moves = []
    for number in numbers:
        claim, wants = terrain.claims[number], terrain.wants[number]
        sources, targets = [], []
        for source in range(len(states)):
            if len(states) > MOST_STATES:
                return None
            union, minutes, count = states[source]
            joined = union | wants
            after = (joined, minutes + claim.minutes, count + counting)
            if after[1] > place.minutes or after[2] > most:
                continue
            if joined != union and not claim.calling:
                continue
            if joined not in people:
                people[joined] = terrain.people(joined)
            if people[joined] > place.capacity:
                continue
            if after not in at:
                at[after] = len(states)
                states.append(after)
            sources.append(source)
            targets.append(at[after])
        moves.append((sources, targets))
    return Steps(states, moves)


class SolverPricer:
    """The solver's answer: choose claims, pay once for each kind and cluster that comes."""

    def __init__(self, terrain: Terrain, spot: int) -> None:
        self._claims = terrain.eligible[spot]
        place, wants = terrain.ground.spots[spot], [terrain.wants[n] for n in self._claims]
        members = Membership(terrain, wants, terrain.own[spot])
        table = np.hstack([members.kinds, members.clusters, members.counted])
        columns, self._group_of = np.unique(table, axis=1, return_inverse=True)
        self._columns, self._groups = columns, columns.shape[1]
        model = self._model = cp_model.CpModel()
        self._chosen = [model.new_bool_var("") for _ in self._claims]
        self._comes = [model.new_bool_var("") for _ in range(self._groups)]
        minutes = [terrain.claims[n].minutes for n in self._claims]
        self._minutes = np.array(minutes)
        self._terrain, self._spot, self._free = terrain, spot, place.minutes
        model.add(cp_model.LinearExpr.weighted_sum(self._chosen, minutes) <= place.minutes)
        model.add(sum(self._chosen) <= terrain.lookup.instance.max_items)
        kinds = len(terrain.kinds.kinds)
        people = np.zeros(self._groups, dtype=np.int64)
        heads = np.array([kind.people for kind in terrain.kinds.kinds], dtype=np.int64)
        np.add.at(people, self._group_of.ravel()[:kinds], heads)
        room = place.capacity - terrain.people(terrain.own[spot])
        for group in range(self._groups):
            asking = np.flatnonzero(columns[:, group])
            people[group] *= bool(len(asking))
            by_right = [self._chosen[a] for a in asking if terrain.claims[self._claims[a]].calling]
            for a in asking:
                model.add_implication(self._chosen[a], self._comes[group])
                if not terrain.claims[self._claims[a]].calling:
                    model.add_bool_or([*by_right, ~self._chosen[a]])
        model.add(cp_model.LinearExpr.weighted_sum(self._comes, people.tolist()) <= room)

    def _cost(self, charges: Charges) -> Numbers:
        cost = np.zeros(self._groups, dtype=np.int64)
        charged = np.concatenate([charges.kinds, charges.clusters, charges.counted])
        np.add.at(cost, self._group_of.ravel(), charged)
        return cost

    def guess(self, gains: Sequence[int], charges: Charges) -> list[tuple[int, ...]]:
        """Return sets of claims with a price below 0, found by starting from each claim.

        Whichever claim gains most in its minutes joins, until none gains. Proves nothing.
        """
        cost, worth = self._cost(charges), np.array(gains, dtype=np.int64)
        found: dict[tuple[int, ...], int] = {}
        for first in range(len(self._claims)):
            chosen, price = self._grow(first, worth, cost)
            if price + charges.opening < 0:
                found[tuple(sorted(self._claims[at] for at in chosen))] = price
        cheapest = sorted(found, key=found.__getitem__)
        fitting = (claims for claims in cheapest if self._terrain.fits(self._spot, claims))
        return list(islice(fitting, FOUND_AT_ONCE))

    def _grow(self, first: int, worth: Numbers, cost: Numbers) -> tuple[list[int], int]:
        chosen, price, free = [first], 0, self._free - int(self._minutes[first])
        unpaid = cost * (1 - self._columns[first])
        price = int(self._columns[first] @ cost - worth[first])
        most = self._terrain.lookup.instance.max_items
        open_claims = np.ones(len(worth), dtype=bool)
        open_claims[first] = False
        while len(chosen) < most:
            gain = np.where(
                open_claims & (self._minutes <= free), worth - self._columns @ unpaid, 0
            )
            at = int(np.argmax(gain / self._minutes))
            if gain[at] <= 0:
                break
            chosen.append(at)
            price -= int(gain[at])
            free -= int(self._minutes[at])
            unpaid = unpaid * (1 - self._columns[at])
            open_claims[at] = False
        return chosen, price

    def price(self, gains: Sequence[int], charges: Charges) -> Offer:
        """Return the offer; ``least`` is what the solver proved, if it did not finish."""
        cost = self._cost(charges)
        weighted = cp_model.LinearExpr.weighted_sum
        self._model.minimize(
            weighted(self._comes, cost.tolist()) - weighted(self._chosen, list(gains))
        )
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = SOLVER_EFFORT
        status = solver.solve(self._model)
        hoped = -sum(gain for gain in gains if gain > 0)
        proven = max(hoped, np.floor(solver.best_objective_bound))
        least = min(0, int(proven) + charges.opening)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return Offer(least, [])
        chosen = tuple(
            number
            for number, x in zip(self._claims, self._chosen, strict=True)
            if solver.boolean_value(x)
        )
        worth = chosen and solver.objective_value + charges.opening < 0
        return Offer(least, [chosen] if worth else [])
