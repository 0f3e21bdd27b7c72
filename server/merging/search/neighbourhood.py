"""Which claims and spots of a draft are worth asking about together: the neighbourhoods.

Small enough to be answered exactly in about a second, and so drawn that an answer can be better:
everything of one street at few places, a stretch of days at all places, or some sessions that call
the same people. No stretch is longer than six weeks. Chance is an argument.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from server.merging.search.draft import Draft
from server.merging.search.ground import Ground

MOST_CLAIMS = 60
"""How many claims are asked about at once at most, unless there are no others."""
MOST_WEEKS = 6
DAYS_A_WEEK = 5


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Claims to be placed anew, and the spots they may go to; others stay as they are."""

    claims: frozenset[int]
    spots: frozenset[int]


Draw = Callable[[Draft, Random, int], Neighbourhood]
"""A way to draw a neighbourhood of about some size; each way has its own measure of size."""


def units(ground: Ground) -> list[list[int]]:
    """Return the claims of each street, those who call most committees at once first.

    The district's own meetings come before the streets', for they leave the least choice.
    """
    found: dict[str, list[int]] = {}
    for number, claim in enumerate(ground.claims):
        found.setdefault(claim.request.unit, []).append(number)

    def widest(numbers: list[int]) -> int:
        return max(ground.claims[number].committees.bit_count() for number in numbers)

    return sorted(found.values(), key=lambda numbers: (-widest(numbers), numbers[0]))


def everything(draft: Draft) -> Neighbourhood:
    """Return the whole instance."""
    return whole(draft, range(len(draft.place)))


def whole(draft: Draft, numbers: Iterable[int]) -> Neighbourhood:
    """Return some claims with all their spots."""
    claims = frozenset(numbers)
    prices = [draft.ground.claims[number].prices for number in claims]
    return Neighbourhood(claims, frozenset(spot for spots in prices for spot in spots))


def draw_thin(draft: Draft, random: Random, size: int) -> Neighbourhood:
    """Draw everything of one street, at the spots in use and ``size`` others."""
    numbers = set(_street_of(draft, random.randrange(len(draft.place))))
    if len(numbers) > MOST_CLAIMS:
        length = _half_days_of(draft, MOST_WEEKS * DAYS_A_WEEK)
        first = random.randrange(-length // 2, draft.ground.spots[-1].half_day + 1)
        numbers = _held_in(draft, numbers, range(first, first + length))
    spots = {spot for number in numbers for spot in draft.ground.claims[number].prices}
    used = {spot for spot in spots if draft.fillings[spot].crowd}
    free = sorted(spots - used)
    return Neighbourhood(
        frozenset(numbers), frozenset(used | set(random.sample(free, min(size, len(free)))))
    )


def draw_stretch(draft: Draft, random: Random, size: int) -> Neighbourhood:
    """Draw everything of one street within ``size`` half-days, at any spot in them.

    The spots in use nearby are open too.
    """
    last = draft.ground.spots[-1].half_day
    size = min(size, _half_days_of(draft, MOST_WEEKS * DAYS_A_WEEK))
    first = random.randrange(-(size // 2), last + 1)
    stretch = range(first, first + size)
    near = range(first - size, first + 2 * size)
    numbers = _held_in(draft, _street_of(draft, random.randrange(len(draft.place))), stretch)
    open_spots = {
        number
        for number, spot in enumerate(draft.ground.spots)
        if spot.half_day in stretch or (draft.fillings[number].crowd and spot.half_day in near)
    }
    return Neighbourhood(frozenset(numbers), frozenset(open_spots))


def draw_related(draft: Draft, random: Random, size: int) -> Neighbourhood:
    """Draw about ``size`` claims whose sessions call the same people at about the same time.

    They may go to any spot in use and to some others.
    """
    ground = draft.ground
    seed = _draw_seed(draft, random)
    spot = draft.place[seed]
    if spot is None:
        spots = sorted(ground.claims[seed].prices)
        if not spots:
            return Neighbourhood(frozenset((seed,)), frozenset())
        spot = random.choice(spots)
    centre, people = ground.spots[spot].half_day, ground.claims[seed].committees
    numbers, reach = _sessions_around(draft, random, centre, people=people, size=size)
    left_out = [
        number
        for number in _held_in(draft, draft.left_out, reach)
        if ground.claims[number].committees & people
    ]
    numbers |= {seed, *random.sample(left_out, min(len(left_out), max(3, size // 4)))}
    possible = {s for number in numbers for s in ground.claims[number].prices}
    used = {s for s in possible if draft.fillings[s].crowd}
    free = sorted(possible - used)
    return Neighbourhood(
        frozenset(numbers), frozenset(used | set(random.sample(free, min(FREE_SPOTS, len(free)))))
    )


FREE_SPOTS = 40
"""How many spots not in use are open to related claims."""


def _draw_seed(draft: Draft, random: Random) -> int:
    out = draft.left_out
    if out and random.random() < 0.3:
        return random.choice(out)
    return random.randrange(len(draft.place))


def _sessions_around(
    draft: Draft, random: Random, centre: int, *, people: int, size: int
) -> tuple[set[int], range]:
    """Return the claims of sessions that call these committees, the nearest likeliest.

    With them the half-days over which they reach.
    """
    spots = draft.ground.spots
    used = [
        spot
        for spot, filling in enumerate(draft.fillings)
        if filling.claims and filling.committees & people
    ]
    distance = {
        spot: abs(spots[spot].half_day - centre) * random.uniform(0.3, 1.0) for spot in used
    }
    numbers: set[int] = set()
    reached = [centre]
    for spot in sorted(used, key=lambda spot: distance[spot]):
        claims = draft.fillings[spot].claims
        if len(numbers) + len(claims) > size:
            break
        numbers.update(claims)
        reached.append(spots[spot].half_day)
    return numbers, range(min(reached) - 2, max(reached) + 3)


def _street_of(draft: Draft, number: int) -> list[int]:
    claims = draft.ground.claims
    unit = claims[number].request.unit
    return [n for n, claim in enumerate(claims) if claim.request.unit == unit]


def _held_in(draft: Draft, numbers: Iterable[int], half_days: range) -> set[int]:
    """Return the claims that are held in some half-days, or left out and could be."""
    spots, claims = draft.ground.spots, draft.ground.claims
    found = set()
    for number in numbers:
        spot = draft.place[number]
        where = claims[number].prices if spot is None else (spot,)
        if any(spots[s].half_day in half_days for s in where):
            found.add(number)
    return found


def _half_days_of(draft: Draft, days: int) -> int:
    return days * len(draft.ground.lookup.instance.halves)
