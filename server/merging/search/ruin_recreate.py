"""The search for a good draft: cheapest insertion, then ruin and recreate. Repeats exactly.

Ruin and recreate takes a few neighbouring sessions apart and puts their requests back one by one
where they cost least, now and then overlooking a spot; a worse draft is kept with falling
probability (Schrimpf et al., "Record Breaking Optimization Results Using the Ruin and Recreate
Principle", J. Comput. Phys. 159, 2000). Effort is counted in rounds, never in seconds, so that the
same instance always gives the same plan.
"""

import math
from collections.abc import Callable, Iterable
from random import Random

from server.merging.search.draft import Draft, Places
from server.merging.search.ground import NEVER, Claim, Ground

HOT, COLD = 10_000.0, 100.0
"""The heat of the first and last round: a draft dearer by one heat is kept one time in e."""
OVERLOOKED = 0.08
"""How often a spot is overlooked in recreating."""
SESSIONS_RUINED = (1, 2, 2, 3, 3, 4, 5)
"""How many sessions a round takes apart; one of these is drawn."""
WHOLLY = 0.85
"""How often a session is taken apart wholly; otherwise each request leaves with even chance."""
ROUNDS_PER_CLAIM = 4
"""The effort of an instant answer: about a second for six months of one street."""


def first_order(claim: Claim) -> tuple[object, ...]:
    """Sort claims for the first draft: bound ones, then those who call people, then by filing."""
    request = claim.request
    bound = (not request.must, request.published is None, request.pin is None)
    return (claim.out_price < NEVER, not claim.calling, *bound, request.filed, request.id)


def insert_cheapest(draft: Draft, numbers: Iterable[int], overlook: Callable[[], bool]) -> None:
    """Put each claim where it adds least, or leave it out where that is cheaper."""
    for number in numbers:
        claim = draft.ground.claims[number]
        best, best_price = None, claim.out_price
        for spot in claim.prices:
            if overlook():
                continue
            price = draft.price(number, spot)
            if price is not None and price < best_price:
                best, best_price = spot, price
        if best is not None:
            draft.put(number, best)


def never() -> bool:
    """Overlook nothing."""
    return False


def build_draft(ground: Ground) -> Draft:
    """Return a first draft: every claim inserted where it is cheapest, riders after callers."""
    draft = Draft(ground)
    numbers = sorted(range(len(ground.claims)), key=lambda n: first_order(ground.claims[n]))
    insert_cheapest(draft, numbers, never)
    insert_cheapest(draft, draft.left_out, never)
    return draft


def instant_rounds(ground: Ground) -> int:
    """Return the number of rounds that answers at once."""
    return max(400, ROUNDS_PER_CLAIM * len(ground.claims))


def improve(draft: Draft, *, rounds: int, random: Random) -> None:
    """Ruin and recreate for some rounds; the draft ends as the best one met."""
    if not draft.ground.claims:
        return
    now = best = draft.total
    kept: Places = tuple(draft.place)
    champion = kept
    for turn in range(rounds):
        heat = HOT * (COLD / HOT) ** (turn / rounds)
        pool = _ruin(draft, random)
        order = _recreation_order(draft.ground, pool, random)
        insert_cheapest(draft, order, lambda: random.random() < OVERLOOKED)
        price = draft.total
        if price > now - heat * math.log(1.0 - random.random()):
            draft.restore(kept)
            continue
        now, kept = price, tuple(draft.place)
        if now < best:
            best, champion = now, kept
    draft.restore(champion)


def _ruin(draft: Draft, random: Random) -> set[int]:
    """Take a few neighbouring sessions apart.

    Returns:
        The claims to be put back: those taken out, and the left-out ones of that time.
    """
    seed = _draw_seed(draft, random)
    centre = _half_day_of(draft, seed, random)
    if centre is None:
        return {seed}
    ground, people = draft.ground, draft.ground.claims[seed].committees
    near = sorted(
        {spot for spot in draft.place if spot is not None},
        key=lambda spot: (
            not draft.fillings[spot].committees & people,
            abs(ground.spots[spot].half_day - centre),
            spot,
        ),
    )
    count = random.choice(SESSIONS_RUINED)
    chosen = random.sample(near[: count + 2], min(count, len(near)))
    pool = {seed}
    for spot in chosen:
        whole = random.random() < WHOLLY
        pool.update(n for n in draft.fillings[spot].claims if whole or random.random() < 0.5)
    pool = draft.release(pool)
    return pool | _left_out_around(
        draft, [centre, *(ground.spots[s].half_day for s in chosen)], people
    )


def _draw_seed(draft: Draft, random: Random) -> int:
    out = draft.left_out
    if out and random.random() < 0.3:
        return random.choice(out)
    return random.randrange(len(draft.place))


def _half_day_of(draft: Draft, number: int, random: Random) -> int | None:
    """Return when a claim is held, or one of the times at which it could be; None if never."""
    spot = draft.place[number]
    if spot is None:
        spots = list(draft.ground.claims[number].prices)
        spot = random.choice(spots) if spots else None
    return None if spot is None else draft.ground.spots[spot].half_day


def _left_out_around(draft: Draft, half_days: list[int], people: int) -> set[int]:
    """Return the left-out claims of some committees that could be held about then."""
    first, last = min(half_days) - 2, max(half_days) + 2
    spots, claims = draft.ground.spots, draft.ground.claims
    return {
        number
        for number in draft.left_out
        if claims[number].committees & people
        and any(first <= spots[spot].half_day <= last for spot in claims[number].prices)
    }


def _recreation_order(ground: Ground, pool: set[int], random: Random) -> list[int]:
    """Return the pool, mandatory claims first, riders last, by one of four measures."""
    measure = random.choice((_by_chance, _by_crowd, _by_choice, _by_length))
    draws = {number: random.random() for number in sorted(pool)}

    def key(number: int) -> tuple[bool, bool, int, float]:
        claim = ground.claims[number]
        return (claim.out_price < NEVER, not claim.calling, measure(claim), draws[number])

    return sorted(pool, key=key)


def _by_chance(claim: Claim) -> int:
    return 0


def _by_crowd(claim: Claim) -> int:
    return -claim.crowd.bit_count()


def _by_choice(claim: Claim) -> int:
    return len(claim.prices)


def _by_length(claim: Claim) -> int:
    return -claim.minutes
