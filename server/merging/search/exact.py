"""The exact model of a draft's open questions: which of some claims goes into which of some spots.

What is not open stays as the draft has it and enters the model as constants, so that a model is as
small as its question. Whoever is covered by the same claims of a spot is one variable, whatever
their number. Prices are those of ``draft``, in points; waiting is not counted.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ortools.sat.python.cp_model import (
    FEASIBLE,
    OPTIMAL,
    CpModel,
    CpSolver,
    Domain,
    IntVar,
    LinearExpr,
    LinearExprT,
)

from server.merging.instance.crowd import Crowd
from server.merging.instance.model import Overflow
from server.merging.search.draft import Draft, Places
from server.merging.search.meters import Meter
from server.merging.search.neighbourhood import Neighbourhood
from server.merging.verdict.objective import LEFT_OUT_MISSES

Covered = tuple[int, IntVar]
"""Some people or committees as a mask, and the variable that says whether the spot calls them."""


OPEN = frozenset({"", "approval", "time_window"})
"""The refusals that may fall away when other open claims come to the same spot."""


@dataclass(slots=True)
class Question:
    """A model with the variables that hold its answer.

    ``at`` says whether a claim is in a spot, ``out`` whether it is left out. ``base`` are the
    points of the draft with every open claim left out and its price taken off.
    """

    model: CpModel
    at: dict[tuple[int, int], IntVar]
    out: dict[int, IntVar]
    base: int
    covers: dict[tuple[int, tuple[int, ...]], IntVar]
    price: list[LinearExprT]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to think: the solver's deterministic seconds, its threads, and its seed.

    With one thread the same question gets the same answer.
    """

    seconds: float
    workers: int
    seed: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What a question led to: the effort spent, and what it proves about its own answers.

    ``proven`` says that the draft is now the best answer; ``bound`` is a price in points below
    which there is none, rounded up to a whole number.
    """

    spent: float
    bound: int
    proven: bool


def reconsider(draft: Draft, neighbourhood: Neighbourhood, effort: Effort) -> Reply:
    """Place some claims anew where that makes the draft cheaper, the others staying.

    Claims that cannot stay without the others are placed anew with them.
    """
    before, total = tuple(draft.place), draft.total
    claims = draft.release(neighbourhood.claims)
    old_spots = {spot for number in claims if (spot := before[number]) is not None}
    question = pose(draft, claims, neighbourhood.spots | old_spots)
    hint(question, before)
    solver = CpSolver()
    solver.parameters.num_workers = effort.workers
    solver.parameters.max_deterministic_time = effort.seconds
    solver.parameters.random_seed = effort.seed
    status = solver.solve(question.model)
    if status in (OPTIMAL, FEASIBLE):
        draft.restore(read_places(question, solver, before))
    if status not in (OPTIMAL, FEASIBLE) or draft.total > total:
        draft.restore(before)
    spent = solver.response_proto.deterministic_time
    bound = math.ceil(solver.best_objective_bound - 1e-6)
    return Reply(spent, bound, status == OPTIMAL and bound >= draft.total)


def pose(draft: Draft, claims: Iterable[int], spots: Collection[int]) -> Question:
    """Return the model of placing some claims, all left out at present, into some spots."""
    asked = _Asked(draft, sorted(claims), spots)
    asked.write()
    return asked.question


def read_places(question: Question, solver: CpSolver, places: Places) -> Places:
    """Return the places that a solved model gives, the other claims' places being ``places``."""
    found = list(places)
    for number in question.out:
        found[number] = None
    for (number, spot), chosen in question.at.items():
        if solver.boolean_value(chosen):
            found[number] = spot
    return tuple(found)


def hint(question: Question, places: Places) -> None:
    """Hint a known answer to the model, with the variables that follow from it."""
    model = question.model
    for (number, spot), chosen in question.at.items():
        model.add_hint(chosen, places[number] == spot)
    for number, out in question.out.items():
        model.add_hint(out, places[number] is None)
    for (spot, numbers), cover in question.covers.items():
        model.add_hint(cover, any(places[number] == spot for number in numbers))


class _Asked:
    """A question in the writing: the candidates of each spot, then one method for each rule."""

    def __init__(self, draft: Draft, numbers: list[int], spots: Collection[int]) -> None:
        self.draft, self.ground = draft, draft.ground
        self.weights = draft.ground.lookup.instance.weights
        self.numbers = numbers
        self.escalate = draft.ground.lookup.instance.quota.overflow is Overflow.ESCALATE
        taken_off = sum(self.ground.claims[number].out_price for number in numbers)
        self.question = Question(CpModel(), {}, {}, draft.points - taken_off, {}, [])
        self.model, self.price = self.question.model, self.question.price
        self.candidates = self._choose(spots)
        self.half_days: dict[int, list[int]] = defaultdict(list)
        for spot in self.candidates:
            self.half_days[self.ground.spots[spot].half_day].append(spot)

    def _choose(self, spots: Collection[int]) -> dict[int, list[int]]:
        wanted = set(spots)
        candidates: dict[int, list[int]] = defaultdict(list)
        for number in self.numbers:
            for spot in self.ground.claims[number].prices:
                if spot in wanted and self.draft.refusal(number, spot) in OPEN:
                    candidates[spot].append(number)
        return {spot: candidates[spot] for spot in sorted(candidates)}

    def write(self) -> None:
        for spot, numbers in self.candidates.items():
            for number in numbers:
                self.question.at[number, spot] = self.model.new_bool_var("")
        self._each_claim_goes_somewhere()
        for spot in self.candidates:
            self._limits(spot)
            self._price_of_calling(spot)
            self._riders(spot)
            self._hours(spot)
        self._half_days()
        self._quotas()
        self._fairness()
        self.model.minimize(LinearExpr.sum(self.price) + self.question.base)

    def _each_claim_goes_somewhere(self) -> None:
        spots: dict[int, list[int]] = {number: [] for number in self.numbers}
        for spot, numbers in self.candidates.items():
            for number in numbers:
                spots[number].append(spot)
        for number, open_spots in spots.items():
            claim = self.ground.claims[number]
            out = self.question.out[number] = self.model.new_bool_var("")
            choices = [self.question.at[number, spot] for spot in open_spots]
            self.model.add_exactly_one([out, *choices])
            self.price.append(claim.out_price * out)
            prices = [claim.prices[spot] for spot in open_spots]
            self.price.append(LinearExpr.weighted_sum(choices, prices))

    # --- what a spot calls -----------------------------------------------------------------------

    def cover(self, spot: int, numbers: tuple[int, ...]) -> IntVar:
        """Return the variable that says whether any of these claims is in the spot."""
        if len(numbers) == 1:
            return self.question.at[numbers[0], spot]
        known = self.question.covers.get((spot, numbers))
        if known is not None:
            return known
        cover = self.question.covers[spot, numbers] = self.model.new_bool_var("")
        chosen = [self.question.at[number, spot] for number in numbers]
        for one in chosen:
            self.model.add_implication(one, cover)
        self.model.add_bool_or([*chosen, ~cover])
        minutes = [self.ground.claims[number].minutes for number in numbers]
        free = self._free_minutes(spot)
        if sum(minutes) > free:
            self.model.add(LinearExpr.weighted_sum(chosen, minutes) <= free * cover)
        if len(numbers) > self._free_items(spot):
            self.model.add(LinearExpr.sum(chosen) <= self._free_items(spot) * cover)
        return cover

    def _free_minutes(self, spot: int) -> int:
        return self.ground.spots[spot].minutes - self.draft.fillings[spot].minutes

    def _free_items(self, spot: int) -> int:
        most = self.ground.lookup.instance.max_items
        return most - len(self.draft.fillings[spot].claims)

    def _covered(self, spot: int, masks: dict[int, int]) -> list[Covered]:
        """Divide the masks of a spot's claims into parts that the same claims cover."""
        return [(part, self.cover(spot, numbers)) for part, numbers in divide(masks)]

    def _limits(self, spot: int) -> None:
        numbers, filling = self.candidates[spot], self.draft.fillings[spot]
        chosen = [self.question.at[number, spot] for number in numbers]
        held = self.cover(spot, tuple(numbers))
        if not filling.claims:
            self.price.append(self.ground.spots[spot].opening_price * held)
        minutes = [self.ground.claims[number].minutes for number in numbers]
        self.model.add(LinearExpr.weighted_sum(chosen, minutes) <= self._free_minutes(spot))
        if len(numbers) > self._free_items(spot):
            self.model.add(LinearExpr.sum(chosen) <= self._free_items(spot))

    def _price_of_calling(self, spot: int) -> None:
        place, filling = self.ground.spots[spot], self.draft.fillings[spot]
        people = self._covered(spot, self._crowds(spot))
        trips = self._covered(spot, self._committees(spot))
        for part, cover in people:
            self.price.append(self.weights.person * part.bit_count() * cover)
        for part, cover in trips:
            self.price.append(place.trip * part.bit_count() * cover)
        free = place.capacity - filling.crowd.bit_count()
        if sum(part.bit_count() for part, _ in people) > free:
            sizes = [part.bit_count() for part, _ in people]
            self.model.add(LinearExpr.weighted_sum([c for _, c in people], sizes) <= free)

    def _crowds(self, spot: int) -> dict[int, Crowd]:
        here = self.draft.fillings[spot].crowd
        return {n: self.ground.claims[n].crowd & ~here for n in self.candidates[spot]}

    def _committees(self, spot: int) -> dict[int, int]:
        here = self.draft.fillings[spot].committees
        return {n: self.ground.claims[n].committees & ~here for n in self.candidates[spot]}

    def _counted(self, spot: int) -> dict[int, int]:
        here = self.draft.fillings[spot].counted
        return {n: self.ground.claims[n].counted & ~here for n in self.candidates[spot]}

    # --- rules -----------------------------------------------------------------------------------

    def _riders(self, spot: int) -> None:
        """Let a claim without approval ride only with people whom somebody else calls."""
        claims, called = self.ground.claims, self.draft.fillings[spot].called
        callers = {n: claims[n].crowd & ~called for n in self.candidates[spot] if claims[n].calling}
        for number in self.candidates[spot]:
            wanted = claims[number].crowd & ~called
            if claims[number].calling or not wanted:
                continue
            rider = self.question.at[number, spot]
            useful = {n: crowd & wanted for n, crowd in callers.items()}
            parts = divide(useful)
            if sum(part for part, _ in parts) != wanted:
                self.model.add(rider == 0)
                continue
            for _, numbers in parts:
                self.model.add_implication(rider, self.cover(spot, numbers))

    def _hours(self, spot: int) -> None:
        """Find room for items with hours of their own, back to back with the others."""
        claims, filling = self.ground.claims, self.draft.fillings[spot]
        open_items = [(claims[n], self.question.at[n, spot]) for n in self.candidates[spot]]
        fixed = [(claims[n], self.model.new_constant(1)) for n in filling.claims]
        items = fixed + open_items
        if not any(claim.request.time_window for claim, _ in items):
            return
        frame = self.ground.spots[spot].frame
        begin = self.model.new_int_var_from_domain(Domain.from_values(frame.starts), "")
        minutes = [claim.minutes for claim, _ in items]
        length = LinearExpr.weighted_sum([chosen for _, chosen in items], minutes)
        end = begin + frame.opening + length
        self.model.add(end <= frame.end)
        runs = []
        for claim, chosen in items:
            first, last = claim.request.time_window or (frame.starts[0], frame.end)
            start = self.model.new_int_var(first, max(first, last - claim.minutes), "")
            run = self.model.new_optional_fixed_size_interval_var(start, claim.minutes, chosen, "")
            runs.append(run)
            if first + claim.minutes > last:
                self.model.add(chosen == 0)
            self.model.add(start >= begin + frame.opening).only_enforce_if(chosen)
            self.model.add(start + claim.minutes <= end).only_enforce_if(chosen)
        self.model.add_no_overlap(runs)

    def _half_days(self) -> None:
        """Let nobody be, and no department present, in two spots of one half-day."""
        claims = self.ground.claims
        for spots in self.half_days.values():
            if len(spots) < 2:
                continue
            people = [self._covered(spot, self._crowds(spot)) for spot in spots]
            presenters = [
                self._covered(spot, {n: claims[n].department for n in self.candidates[spot]})
                for spot in spots
            ]
            for covers in (*_rows(people), *_rows(presenters)):
                if len(covers) > 1:
                    self.model.add_at_most_one(covers)

    def _quotas(self) -> None:
        """Keep the quotas of committees and roles, or price what is above; price the target."""
        over = self.weights.over_quota if self.escalate else None
        lines: dict[int, tuple[Meter, list[list[Covered]], int | None]] = {}
        for spot in self.candidates:
            own, by_role, target = self.draft.meters(spot)
            rows = [(meter, self._counted(spot), over) for meter in own]
            crowds = self._crowds(spot)
            for mask, meter in by_role:
                rows.append((meter, {n: crowd & mask for n, crowd in crowds.items()}, over))
            if target is not None:
                rows.append((target, self._committees(spot), self.weights.soft_target))
            for meter, masks, price in rows:
                line = lines.setdefault(id(meter), (meter, [], price))
                line[1].append(self._covered(spot, masks))
        for meter, covered, price in lines.values():
            self._keep(meter, covered, price)

    def _keep(self, meter: Meter, covered: list[list[Covered]], price: int | None) -> None:
        merged: dict[tuple[int, ...], tuple[list[IntVar], int]] = {}
        for callees, covers in _masked_rows(covered):
            for left, part in meter.left(callees):
                if len(covers) > left:
                    key = (left, *(cover.index for cover in covers))
                    merged[key] = (covers, merged.get(key, (covers, 0))[1] + part.bit_count())
        for (left, *_), (covers, count) in merged.items():
            if price is None:
                self.model.add(LinearExpr.sum(covers) <= left)
                continue
            above = self.model.new_int_var(0, len(covers) - left, "")
            self.model.add(LinearExpr.sum(covers) <= left + above)
            self.price.append(price * count * above)

    def _fairness(self) -> None:
        """Price the department that fares worst."""
        claims, misses = self.ground.claims, dict(self.draft.misses)
        terms: dict[int, list[LinearExprT]] = defaultdict(list)
        for number in self.numbers:
            department = claims[number].department
            misses[department] -= LEFT_OUT_MISSES
            terms[department].append(LEFT_OUT_MISSES * self.question.out[number])
        for (number, spot), chosen in self.question.at.items():
            if spot in claims[number].unhappy:
                terms[claims[number].department].append(chosen)
        calm = max(misses.values(), default=0)
        most = calm + LEFT_OUT_MISSES * len(self.numbers)
        worst = self.model.new_int_var(calm, most, "")
        for department, parts in terms.items():
            self.model.add(worst >= misses[department] + LinearExpr.sum(parts))
        self.price.append(self.weights.dept_fair * worst)


def divide(masks: dict[int, int]) -> list[tuple[int, tuple[int, ...]]]:
    """Divide some masks into disjoint parts that lie in the same of them.

    Returns:
        Each part with the keys of the masks it lies in, ascending.
    """
    parts: list[tuple[int, tuple[int, ...]]] = []
    for key, mask in sorted(masks.items()):
        rest, divided = mask, []
        for part, keys in parts:
            rest &= ~part
            if part & mask:
                divided.append((part & mask, (*keys, key)))
            if part & ~mask:
                divided.append((part & ~mask, keys))
        if rest:
            divided.append((rest, (key,)))
        parts = divided
    return parts


def _masked_rows(covered: Iterable[list[Covered]]) -> list[tuple[int, list[IntVar]]]:
    """Divide everybody into parts whom the same variables cover, one list for each spot."""
    rows: list[tuple[int, list[IntVar]]] = []
    for parts in covered:
        divided = []
        for part, cover in parts:
            rest = part
            for mask, _ in rows:
                rest &= ~mask
            if rest:
                divided.append((rest, [cover]))
        for mask, covers in rows:
            rest = mask
            for part, cover in parts:
                if mask & part:
                    divided.append((mask & part, [*covers, cover]))
                rest &= ~part
            if rest:
                divided.append((rest, covers))
        rows = divided
    return rows


def _rows(covered: Iterable[list[Covered]]) -> Iterator[list[IntVar]]:
    """Yield each different list of variables that cover somebody."""
    seen: set[tuple[int, ...]] = set()
    for _, covers in _masked_rows(covered):
        key = tuple(cover.index for cover in covers)
        if key not in seen:
            seen.add(key)
            yield covers
