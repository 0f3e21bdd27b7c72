"""Making a draft better for as long as it is asked to: annealing and exact answers by turns.

Each step leaves the draft as good as before or better. Chance comes from one seed and effort is
counted, never timed, so that with one worker the same steps are taken again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from server.merging.search.draft import Draft
from server.merging.search.exact import Effort, reconsider
from server.merging.search.ground import Claim
from server.merging.search.neighbourhood import (
    MOST_CLAIMS,
    Draw,
    draw_related,
    draw_stretch,
    draw_thin,
    everything,
    units,
    whole,
)
from server.merging.search.ruin_recreate import (
    ROUNDS_PER_CLAIM,
    first_order,
    improve,
    insert_cheapest,
    never,
)

EFFORT_A_ROUND = 0.002
"""What a round of ruin and recreate counts, in the solver's deterministic seconds."""
PATIENT = 15
"""How many times longer than the first seat the others anneal at first."""
STALLED = 12
"""After so many steps in vain the whole instance is asked about, where it is small."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step taken: its effort, and a lower bound of the instance's price when it gave one.

    ``proven`` says that the draft's price is that bound: no plan is cheaper.
    """

    effort: float
    bound: int | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is done in one step.

    ``answer`` and ``street`` are the effort of a neighbourhood's and of a whole street's answer,
    ``rounds`` those of an annealing.
    """

    answer: float = 1.0
    street: float = 3.0
    rounds: int = 400


@dataclass(slots=True)
class Way:
    """A way to draw neighbourhoods, how often it is taken, and the size that suits it now."""

    draw: Draw
    share: float
    size: float
    least: int
    most: int

    def learn(self, *, proven: bool) -> None:
        """Ask for more after a proven answer, for less after one that ran out of effort."""
        size = self.size * 1.04 + 0.1 if proven else self.size * 0.93
        self.size = min(max(size, self.least), self.most)


@dataclass(frozen=True, slots=True)
class Seat:
    """Which of several searchers this is, and the threads it may use for the whole instance."""

    number: int
    of: int
    workers: int


def refine(draft: Draft, *, random: Random, seat: Seat, pace: Pace | None = None) -> Iterator[Step]:
    """Improve a draft step by step, without end unless the best plan is proven.

    Between steps the caller may put the draft into a better state. Several searchers share the
    first work among them: streets are dealt out, and they anneal for different times.
    """
    pace = pace or Pace()
    if not draft.ground.claims:
        yield Step(0.0, draft.total, proven=True)
        return
    streets = units(draft.ground)
    if len(streets) > 1:
        yield from _street_by_street(draft, streets, random=random, seat=seat, pace=pace)
    else:
        rounds = max(pace.rounds, ROUNDS_PER_CLAIM * len(draft.ground.claims))
        yield Step(_anneal(draft, random, rounds * (PATIENT if seat.number else 1)))
    if len(draft.ground.claims) <= MOST_CLAIMS:
        yield from _small(draft, random=random, seat=seat, pace=pace)
    else:
        ways = _ways()
        while True:
            yield _take_turn(draft, ways, random=random, pace=pace)


def _street_by_street(
    draft: Draft, streets: list[list[int]], *, random: Random, seat: Seat, pace: Pace
) -> Iterator[Step]:
    """Place the district's own claims alone, then every street by itself beside them."""
    claims, before, total = draft.ground.claims, tuple(draft.place), draft.total
    draft.release(range(len(claims)))
    district, *others = streets
    insert_cheapest(draft, _in_first_order(claims, district), never)
    reply = reconsider(draft, whole(draft, district), Effort(pace.street, 1, 1))
    for numbers in others:
        insert_cheapest(draft, _in_first_order(claims, numbers), never)
    if draft.total > total:
        draft.restore(before)
    yield Step(reply.spent)
    for numbers in others[seat.number :: seat.of]:
        effort = Effort(pace.street, 1, random.randrange(2**31))
        yield Step(reconsider(draft, whole(draft, numbers), effort).spent)


def _in_first_order(claims: tuple[Claim, ...], numbers: list[int]) -> list[int]:
    return sorted(numbers, key=lambda number: first_order(claims[number]))


def _small(draft: Draft, *, random: Random, seat: Seat, pace: Pace) -> Iterator[Step]:
    """Take turns, and in the first seat ask about everything when they are in vain.

    The less there is to place, the sooner.
    """
    ways, in_vain, effort = _ways(), 0, pace.street
    patience = min(STALLED, len(draft.ground.claims) // 4)
    while True:
        if seat.number == 0 and in_vain >= patience:
            thought = Effort(effort, seat.workers, random.randrange(2**31))
            reply = reconsider(draft, everything(draft), thought)
            effort, in_vain = 2 * effort, 0
            yield Step(reply.spent, reply.bound, reply.proven)
            if reply.proven:
                return
        before = draft.total
        yield _take_turn(draft, ways, random=random, pace=pace)
        in_vain = in_vain + 1 if draft.total == before else 0


def _ways() -> list[Way]:
    return [
        Way(draw_thin, 0.35, 10.0, 4, 60),
        Way(draw_related, 0.35, 16.0, 4, 60),
        Way(draw_stretch, 0.15, 8.0, 4, 60),
    ]


def _take_turn(draft: Draft, ways: list[Way], *, random: Random, pace: Pace) -> Step:
    """Answer a neighbourhood drawn in one of the ways, or anneal."""
    chance = random.random()
    for way in ways:
        chance -= way.share
        if chance < 0:
            neighbourhood = way.draw(draft, random, round(way.size))
            effort = Effort(pace.answer, 1, random.randrange(2**31))
            reply = reconsider(draft, neighbourhood, effort)
            way.learn(proven=reply.proven)
            return Step(reply.spent)
    return Step(_anneal(draft, random, pace.rounds))


def _anneal(draft: Draft, random: Random, rounds: int) -> float:
    """Ruin and recreate for some rounds; return the effort."""
    improve(draft, rounds=rounds, random=random)
    return rounds * EFFORT_A_ROUND
