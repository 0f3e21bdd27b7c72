"""A proven lower bound: no plan of an instance has a lower assignment objective.

Column generation over session patterns (Gilmore and Gomory, "A Linear Programming Approach to the
Cutting-Stock Problem", Oper. Res. 9, 1961): a linear program chooses among known patterns, its
dual prices say what each request, quota and department is worth, and the cheapest pattern of every
spot under these prices is found. Whatever the prices are, rounded to integers they prove a bound
by Lagrangian relaxation, and that is what counts here: the linear program only suggests prices.

The bound covers every term of the assignment objective, waiting apart. Left aside, which can only
lower it: that nobody is in two sessions of a half-day nor presents in two, and the order of items.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TypeVar

import numpy as np
from ortools.linear_solver import pywraplp  # type: ignore[import-untyped]

from server.merging.instance.lookup import look_up
from server.merging.instance.model import Instance
from server.merging.proof.patterns import Pattern, RowKey, Terrain
from server.merging.proof.pricing import Charges, Pricer, SolverPricer, StatesPricer, walk
from server.merging.search.ground import NEVER
from server.merging.search.ruin_recreate import build_draft, improve, instant_rounds
from server.merging.verdict.objective import LEFT_OUT_MISSES

SCALE = 256
"""Dual prices are rounded to this part of a point; all proofs are in scaled integers."""
ROUNDS = 120
"""How often prices are suggested at most; a month of one street settles after 15 to 40."""
PATIENCE = 0.5
"""How far prices are pulled back to the best ones known; it calms their swings."""
PENALTY = 10_000_000
"""What the linear program pays for a mandatory request without patterns; proves nothing."""
SLICES = 8
"""Spots that need the solver are priced in turns, one of so many in a round; others are guessed."""
SEEDS = 3
"""In how many spots each claim is known to be possible alone before anything was priced."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A proven bound of the assignment objective.

    ``settled`` says that more rounds would not raise it: the linear program is solved.
    """

    value: int
    rounds: int
    settled: bool


@dataclass(slots=True)
class Prices:
    """Dual prices in points: of claims, of limited sums (0 or more), of departments' misses."""

    claims: dict[int, float]
    rows: dict[RowKey, float]
    departments: dict[int, float]

    def towards(self, other: "Prices", share: float) -> "Prices":
        """Return the prices moved by a share of the way to others."""
        return Prices(
            _mixed(self.claims, other.claims, share),
            _mixed(self.rows, other.rows, share),
            _mixed(self.departments, other.departments, share),
        )


Key = TypeVar("Key")


def _mixed(mine: dict[Key, float], theirs: dict[Key, float], share: float) -> dict[Key, float]:
    return {key: (1 - share) * price + share * theirs[key] for key, price in mine.items()}


@dataclass(slots=True)
class Exact:
    """Dual prices as scaled integers within what the proof allows."""

    claims: dict[int, int]
    rows: dict[RowKey, int]
    departments: dict[int, int] = field(default_factory=dict)


def never_enough() -> bool:
    """Go on until the rounds are used up or the bound is settled."""
    return False


def prove_bound(
    instance: Instance,
    *,
    rounds: int = ROUNDS,
    enough: Callable[[], bool] = never_enough,
    tell: Callable[[int], None] = lambda _: None,
) -> Bound:
    """Prove a lower bound of the assignment objective of all valid plans.

    Args:
        instance: one for which a plan exists; for another the bound says nothing.
        rounds: the most rounds; 0 proves what standing meetings and reading matter cost.
        enough: asked after each round; the bound so far is returned when it says so.
        tell: hears each better bound as soon as it is proven.
    """
    return _Proof(Terrain(look_up(instance)), tell).run(rounds, enough)


def tell_bounds(instance: Instance, tell: Callable[[int], None]) -> None:
    """Prove ever better bounds and tell each: a bounder for ``search.solver``."""
    prove_bound(instance, tell=tell)


class _Proof:
    """Suggests prices, prices every spot, keeps the best bound."""

    def __init__(self, terrain: Terrain, tell: Callable[[int], None]) -> None:
        self.terrain, self._tell = terrain, tell
        self._departments = sorted({c.department for c in terrain.claims} | set(terrain.misses))
        self._master = _Master(terrain, self._departments)
        self._quick: dict[int, Pricer] = {}
        self._slow: dict[int, SolverPricer] = {}
        self._people = np.array([k.people for k in terrain.kinds.kinds], dtype=np.int64)
        sizes = [len(cluster.committees) for cluster in terrain.kinds.clusters]
        self._sizes = np.array(sizes, dtype=np.int64)
        for spot in terrain.eligible:
            steps = walk(terrain, spot)
            if steps is None:
                self._slow[spot] = SolverPricer(terrain, spot)
            else:
                self._quick[spot] = StatesPricer(terrain, spot, steps)
        self._best = -(1 << 62)
        self._centre: Prices | None = None

    def run(self, rounds: int, enough: Callable[[], bool]) -> Bound:
        self._start()
        turn, idle, settled = 0, 0, False
        while turn < rounds and not settled:
            turn += 1
            last = turn == rounds or enough()
            value, suggested = self._master.solve()
            proving = not self._slow or last or idle >= SLICES
            pull = PATIENCE if self._centre is not None and not idle else 0.0
            added = self._round(suggested, pull, turn=turn, proving=proving)
            settled = not added and proving and not pull
            settled = settled or self._best >= SCALE * (value + self.terrain.constant - 0.5)
            idle = 0 if added else idle + 1
            if last:
                break
        return Bound(self._proven, turn, settled)

    @property
    def _proven(self) -> int:
        """The best bound so far in points."""
        return max(self.terrain.constant, -(-self._best // SCALE))

    def _start(self) -> None:
        """Begin with the patterns and prices of a good plan, and every claim alone somewhere."""
        for number, claim in enumerate(self.terrain.claims):
            alone = (spot for spot in sorted(claim.prices, key=claim.prices.__getitem__))
            for spot in islice((s for s in alone if self._may_be_alone(s, number)), SEEDS):
                self._master.add(self.terrain.pattern(spot, (number,)))
        draft = build_draft(self.terrain.ground)
        improve(draft, rounds=instant_rounds(draft.ground), random=Random(1))  # noqa: S311
        for spot, filling in enumerate(draft.fillings):
            if filling.claims:
                self._master.add(self.terrain.pattern(spot, filling.claims))

    def _may_be_alone(self, spot: int, number: int) -> bool:
        terrain = self.terrain
        return number in terrain.eligible.get(spot, ()) and terrain.fits(spot, (number,))

    def _round(self, suggested: Prices, pull: float, *, turn: int, proving: bool) -> int:
        """Price the spots, or only guess where that is slow; return how many patterns are new."""
        prices = suggested
        if self._centre is not None and pull:
            prices = suggested.towards(self._centre, pull)
        exact = self._allowed(prices)
        value, added = self._fixed_part(exact), 0
        asked = list(self._slow) if proving else list(self._slow)[turn % SLICES :: SLICES]
        exactly = {*self._quick, *asked}
        for spot in self.terrain.eligible:
            gains, charges = self._gains(spot, exact), self._charges(spot, exact)
            if spot in exactly:
                pricer = self._quick.get(spot) or self._slow[spot]
                offer = pricer.price(gains, charges)
                value += min(0, offer.least)
                found = offer.found
            else:
                found = self._slow[spot].guess(gains, charges)
            for claims in found:
                added += self._master.add(self.terrain.pattern(spot, claims))
                added += self._share(spot, claims) if spot in self._slow else 0
        if proving and value > self._best:
            self._best, self._centre = value, prices
            self._tell(self._proven)
        return added

    def _share(self, found_at: int, claims: tuple[int, ...]) -> int:
        """Offer claims that go together in one spot to all others that could take them."""
        added = 0
        wanted = set(claims)
        for spot in self._slow:
            possible = spot != found_at and wanted <= set(self.terrain.eligible[spot])
            if possible and self.terrain.fits(spot, claims):
                added += self._master.add(self.terrain.pattern(spot, claims))
        return added

    # --- the proof -------------------------------------------------------------------------------

    def _allowed(self, prices: Prices) -> Exact:
        """Round prices to scaled integers, within what keeps the proof a proof."""
        exact = Exact({n: round(SCALE * price) for n, price in prices.claims.items()}, {})
        for key, price in prices.rows.items():
            fine = self.terrain.rows[key].fine
            scaled = max(0, round(SCALE * price))
            exact.rows[key] = scaled if fine is None else min(SCALE * fine, scaled)
        left = SCALE * self.terrain.lookup.instance.weights.dept_fair
        for department, price in prices.departments.items():
            exact.departments[department] = min(left, max(0, round(SCALE * price)))
            left -= exact.departments[department]
        return exact

    def _fixed_part(self, exact: Exact) -> int:
        """Return what the prices prove apart from the spots, scaled."""
        terrain = self.terrain
        value = SCALE * terrain.constant
        value -= sum(price * terrain.rows[key].room for key, price in exact.rows.items())
        value += sum(p * terrain.misses.get(d, 0) for d, p in exact.departments.items())
        for number, claim in enumerate(terrain.claims):
            value += exact.claims[number]
            if claim.out_price < NEVER:
                out = SCALE * claim.out_price
                out += LEFT_OUT_MISSES * exact.departments[claim.department]
                value += min(0, out - exact.claims[number])
        return value

    def _gains(self, spot: int, exact: Exact) -> list[int]:
        """Return what each eligible claim of a spot brings, scaled."""
        claims = self.terrain.claims
        gains = []
        for number in self.terrain.eligible[spot]:
            claim = claims[number]
            gain = exact.claims[number] - SCALE * claim.prices[spot]
            if spot in claim.unhappy:
                gain -= exact.departments[claim.department]
            gains.append(gain)
        return gains

    def _charges(self, spot: int, exact: Exact) -> Charges:
        place, terrain = self.terrain.ground.spots[spot], self.terrain
        day = terrain.lookup.days[place.cell.date]
        kinds = SCALE * terrain.lookup.instance.weights.person * self._people
        clusters = SCALE * place.trip * self._sizes
        counted = np.zeros_like(clusters)
        for at in range(len(clusters)):
            clusters[at] += exact.rows.get(("target", at, day.week), 0)
            for period in (day.week, day.month):
                counted[at] += exact.rows.get(("calls", at, period), 0)
        for at in range(len(kinds)):
            for period in (day.week, day.month):
                kinds[at] += exact.rows.get(("role", at, period), 0)
        return Charges(kinds, clusters, counted, SCALE * place.opening_price)


class _Master:
    """The linear program over the patterns found so far."""

    def __init__(self, terrain: Terrain, departments: list[int]) -> None:
        self._terrain = terrain
        self._program = pywraplp.Solver.CreateSolver("GLOP")
        infinity = self._program.infinity()
        self._infinity = infinity
        self._objective = self._program.Objective()
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._claims = [self._program.Constraint(1, 1) for _ in terrain.claims]
        self._spots = {spot: self._program.Constraint(-infinity, 1) for spot in terrain.eligible}
        self._rows = {
            k: self._program.Constraint(-infinity, r.room) for k, r in terrain.rows.items()
        }
        for key, row in terrain.rows.items():
            if row.fine is not None:
                self._variable(row.fine, [(self._rows[key], -1)])
        self._departments = {
            d: self._program.Constraint(-infinity, -terrain.misses.get(d, 0)) for d in departments
        }
        worst = [(constraint, -1) for constraint in self._departments.values()]
        self._variable(terrain.lookup.instance.weights.dept_fair, worst)
        for number, claim in enumerate(terrain.claims):
            fair = self._departments[claim.department]
            out = min(claim.out_price, PENALTY)
            self._variable(out, [(self._claims[number], 1), (fair, LEFT_OUT_MISSES)])

    def _variable(self, cost: int, entries: Iterable[tuple[pywraplp.Constraint, int]]) -> None:
        variable = self._program.NumVar(0, self._infinity, "")
        self._objective.SetCoefficient(variable, cost)
        for constraint, count in entries:
            constraint.SetCoefficient(variable, count)

    def add(self, pattern: Pattern) -> bool:
        """Make a pattern known; say whether it was new."""
        key = (pattern.spot, pattern.claims)
        if key in self._known:
            return False
        self._known.add(key)
        entries = [(self._claims[number], 1) for number in pattern.claims]
        entries.append((self._spots[pattern.spot], 1))
        entries += [(self._rows[key], 1) for key in pattern.uses]
        misses = Counter(pattern.unhappy)
        entries += [(self._departments[d], count) for d, count in misses.items()]
        self._variable(pattern.cost, entries)
        return True

    def solve(self) -> tuple[float, Prices]:
        """Return the value of the linear program and its dual prices."""
        self._program.Solve()
        return self._objective.Value(), Prices(
            {number: c.dual_value() for number, c in enumerate(self._claims)},
            {key: -c.dual_value() for key, c in self._rows.items()},
            {department: -c.dual_value() for department, c in self._departments.items()},
        )
