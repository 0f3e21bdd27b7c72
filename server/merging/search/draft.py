"""A plan in the making: which request is in which spot, what a change would cost, and undoing it.

Mutable on purpose: the search tries thousands of changes a second. Every hard rule holds at any
moment, apart from what the standing meetings break by themselves.
"""

from collections.abc import Iterable

from server.merging.instance.crowd import Crowd
from server.merging.instance.model import Overflow
from server.merging.search.agenda import order_exists
from server.merging.search.ground import Claim, Ground, Spot, digest_day
from server.merging.search.meters import Meter
from server.merging.verdict.objective import LEFT_OUT_MISSES
from server.merging.verdict.quota import used_key

Places = tuple[int | None, ...]
"""For each claim the number of its spot, or None when it is left out."""

Meters = tuple[list[Meter], list[tuple[Crowd, Meter]], Meter | None]
"""A spot's meters: of committees, of roles with the mask of each, and of the weekly target."""


class Filling:
    """What is in a spot now: claim numbers, ascending, and what they add up to."""

    __slots__ = (
        "called",
        "claims",
        "committees",
        "counted",
        "crowd",
        "departments",
        "minutes",
        "timed",
    )

    def __init__(self, ground: Ground, spot: Spot, numbers: Iterable[int]) -> None:
        self.claims = tuple(sorted(numbers))
        claims = [ground.claims[number] for number in self.claims]
        crowd = called = spot.own_crowd
        self.departments = spot.own_departments
        for claim in claims:
            crowd |= claim.crowd
            called |= claim.crowd if claim.calling else 0
            self.departments |= claim.department
        self.crowd, self.called = crowd, called
        self.minutes = sum(claim.minutes for claim in claims)
        self.timed = any(claim.request.time_window is not None for claim in claims)
        self.committees = ground.lookup.people.committees_of(crowd)
        self.counted = ground.counted(crowd)


class Draft:
    """A plan in the making. ``place`` lists each claim's spot, None when it is left out.

    ``points`` is the price so far; ``total`` adds department fairness; waiting is not
    counted, nor what reading matter costs, which is the same in every plan.
    """

    def __init__(self, ground: Ground) -> None:
        instance = ground.lookup.instance
        self.ground = ground
        self.place: list[int | None] = [None] * len(ground.claims)
        self.points = sum(claim.out_price for claim in ground.claims)
        self.fillings = [Filling(ground, spot, ()) for spot in ground.spots]
        self._weights = instance.weights
        self._may_exceed = instance.quota.overflow is Overflow.ESCALATE
        self._most_items = instance.max_items
        half_days = len(instance.days) * len(instance.halves)
        self._busy: list[Crowd] = [0] * half_days
        self._presenting: list[int] = [0] * half_days
        self.misses: dict[int, int] = {}
        for claim in ground.claims:
            self._miss(claim, LEFT_OUT_MISSES)
        self._miss_digests()
        self._orders: dict[tuple[int, frozenset[int]], bool] = {}
        self._gauges = Gauges(ground)
        for number, filling in enumerate(self.fillings):
            if filling.crowd:
                self._hold(number, filling)

    def _miss_digests(self) -> None:
        """Count what is left out for want of a digest day in its department's fairness."""
        lookup = self.ground.lookup
        at = {department.id: n for n, department in enumerate(lookup.instance.departments)}
        for request in lookup.instance.requests:
            if request.read_only and digest_day(lookup, request) is None:
                bit = 1 << at[request.department]
                self.misses[bit] = self.misses.get(bit, 0) + LEFT_OUT_MISSES

    def _hold(self, number: int, filling: Filling) -> None:
        """Count a standing meeting, which is held with or without guests."""
        spot, weights = self.ground.spots[number], self._weights
        self._busy[spot.half_day] |= filling.crowd
        self._presenting[spot.half_day] |= filling.departments
        over, above_target = self._gauges.move(number, None, filling)
        self.points += weights.over_quota * over + weights.soft_target * above_target
        self.points += weights.person * filling.crowd.bit_count() + weights.session
        self.points += spot.trip * filling.committees.bit_count()

    @property
    def total(self) -> int:
        """The price of the draft in points, without waiting."""
        return self.points + self._weights.dept_fair * max(self.misses.values(), default=0)

    @property
    def left_out(self) -> list[int]:
        """The numbers of the claims that have no spot."""
        return [number for number, spot in enumerate(self.place) if spot is None]

    def refusal(self, number: int, spot: int) -> str:
        """Return the first rule that keeps a claim out of one of its spots, or ``""``.

        ``approval`` comes last, so it means that nothing else is in the way. Quotas are not
        looked at here: see ``excess``.
        """
        claim, filling = self.ground.claims[number], self.fillings[spot]
        place = self.ground.spots[spot]
        if len(filling.claims) >= self._most_items:
            return "max_items"
        if filling.minutes + claim.minutes > place.minutes:
            return "max_session"
        if claim.crowd & ~filling.crowd & self._busy[place.half_day]:
            return "person_clash"
        if claim.department & self._presenting[place.half_day] & ~filling.departments:
            return "dept_clash"
        if (claim.crowd | filling.crowd).bit_count() > place.capacity:
            return "capacity"
        timed = filling.timed or claim.request.time_window is not None
        if timed and not self._can_order(number, spot):
            return "time_window"
        return "approval" if not claim.calling and claim.crowd & ~filling.called else ""

    def excess(self, number: int, spot: int) -> int:
        """Return by how many calls the quotas would be exceeded further."""
        return self.excesses(number, spot)[0]

    def excesses(self, number: int, spot: int) -> tuple[int, int]:
        """Return the calls above quotas and above the weekly target that a claim would add."""
        return self._gauges.excess(spot, self.ground.claims[number], self.fillings[spot])

    def meters(self, spot: int) -> Meters:
        """Return the quota meters that count a spot's calls."""
        return self._gauges.of_spot[spot]

    def price(self, number: int, spot: int) -> int | None:
        """Return what putting a claim into one of its spots adds, or None when a rule forbids it.

        The price of leaving it out is not taken off.
        """
        if self.refusal(number, spot):
            return None
        claim, filling = self.ground.claims[number], self.fillings[spot]
        weights, place = self._weights, self.ground.spots[spot]
        price = claim.prices[spot]
        if not filling.claims:
            price += place.opening_price
        newcomers = claim.crowd & ~filling.crowd
        if newcomers:
            over, above_target = self._gauges.excess(spot, claim, filling)
            if over and not self._may_exceed:
                return None
            price += weights.over_quota * over + weights.soft_target * above_target
            price += weights.person * newcomers.bit_count()
            price += place.trip * (claim.committees & ~filling.committees).bit_count()
        return price

    def put(self, number: int, spot: int) -> None:
        """Move a left-out claim into a spot whose price is not None."""
        self._account(number, spot, sign=1)
        self._refill(spot, (*self.fillings[spot].claims, number))

    def take(self, number: int) -> None:
        """Leave a placed claim out. Riders it had called for stay: see ``orphans``."""
        spot = self.place[number]
        if spot is None:
            return
        self._account(number, spot, sign=-1)
        self._refill(spot, (n for n in self.fillings[spot].claims if n != number))

    def release(self, numbers: Iterable[int]) -> set[int]:
        """Leave claims out, and with them whatever could not stay without them.

        Those are riders for whom nobody calls any more, and items with hours of their own that
        would start too early. Returns the numbers of all these claims.
        """
        released = set(numbers)
        for number in sorted(released):
            spot = self.place[number]
            if spot is None:
                continue
            self.take(number)
            while stuck := self.stuck(spot):
                for other in stuck:
                    self.take(other)
                released.update(stuck)
        return released

    def stuck(self, spot: int) -> list[int]:
        """Return the claims in a spot that cannot stay: riders alone, or items too early."""
        return self.orphans(spot) or self._too_early(spot)

    def _too_early(self, spot: int) -> list[int]:
        filling = self.fillings[spot]
        if not filling.timed or self._has_order(spot, frozenset(filling.claims)):
            return []
        return [n for n in filling.claims if self.ground.claims[n].request.time_window is not None]

    def orphans(self, spot: int) -> list[int]:
        """Return the riders in a spot who would now call people by themselves."""
        filling = self.fillings[spot]
        riders = (n for n in filling.claims if not self.ground.claims[n].calling)
        return [n for n in riders if self.ground.claims[n].crowd & ~filling.called]

    def restore(self, places: Places) -> None:
        """Return to an earlier state of ``place``."""
        changed = [n for n, spot in enumerate(places) if spot != self.place[n]]
        for number in changed:
            self.take(number)
        for number in changed:
            spot = places[number]
            if spot is not None:
                self.put(number, spot)

    def _account(self, number: int, spot: int, *, sign: int) -> None:
        claim = self.ground.claims[number]
        self.place[number] = spot if sign > 0 else None
        self.points += sign * (claim.prices[spot] - claim.out_price)
        self._miss(claim, sign * ((spot in claim.unhappy) - LEFT_OUT_MISSES))

    def _miss(self, claim: Claim, count: int) -> None:
        self.misses[claim.department] = self.misses.get(claim.department, 0) + count

    def _refill(self, spot: int, numbers: Iterable[int]) -> None:
        place, old = self.ground.spots[spot], self.fillings[spot]
        new = self.fillings[spot] = Filling(self.ground, place, numbers)
        weights, half_day = self._weights, place.half_day
        self._busy[half_day] = self._busy[half_day] & ~old.crowd | new.crowd
        departments = self._presenting[half_day] & ~old.departments
        self._presenting[half_day] = departments | new.departments
        self.points += place.opening_price * (bool(new.claims) - bool(old.claims))
        self.points += weights.person * (new.crowd.bit_count() - old.crowd.bit_count())
        trips = new.committees.bit_count() - old.committees.bit_count()
        self.points += place.trip * trips
        over, above_target = self._gauges.move(spot, old, new)
        self.points += weights.over_quota * over + weights.soft_target * above_target

    def _can_order(self, number: int, spot: int) -> bool:
        return self._has_order(spot, frozenset((*self.fillings[spot].claims, number)))

    def _has_order(self, spot: int, numbers: frozenset[int]) -> bool:
        known = self._orders.get((spot, numbers))
        if known is None:
            requests = [self.ground.claims[n].request for n in sorted(numbers)]
            known = order_exists(self.ground.spots[spot].frame, requests)
            self._orders[spot, numbers] = known
        return known


class Gauges:
    """All quota meters of a draft, found by spot. The weekly target is a meter of its own.

    A committee's meters count committees; a role's meters count people, all of that role.
    """

    def __init__(self, ground: Ground) -> None:
        lookup, people = ground.lookup, ground.lookup.people
        self._used = lookup.instance.quota.used
        self._names = people.committees
        self._meters: dict[tuple[str, str], Meter] = {}
        quota = lookup.instance.quota
        roles = sorted({*quota.role_week, *quota.role_month} & set(people.roles))
        self.of_spot: list[Meters] = []
        for spot in ground.spots:
            day = lookup.days[spot.cell.date]
            own = self._pair(
                "", 0, (day.week, quota.committee_week), (day.month, quota.committee_month)
            )
            by_role = []
            for role in roles:
                shift = people.roles.index(role) * len(people.committees)
                limits = (
                    (day.week, quota.role_week.get(role)),
                    (day.month, quota.role_month.get(role)),
                )
                mask = people.holding(people.everywhere, (role,))
                by_role += [(mask, meter) for meter in self._pair(role, shift, *limits)]
            self.of_spot.append((own, by_role, self._target(day.week, quota.soft_week_target)))

    def _pair(self, role: str, shift: int, *limits: tuple[str, int | None]) -> list[Meter]:
        return [
            self._meter(role, shift, period, limit) for period, limit in limits if limit is not None
        ]

    def _meter(self, role: str, shift: int, period: str, limit: int) -> Meter:
        key = (role, period)
        if key not in self._meters:
            before = [
                (1 << (at + shift), self._used.get(used_key(name, role, period), 0))
                for at, name in enumerate(self._names)
            ]
            self._meters[key] = Meter(limit, before)
        return self._meters[key]

    def _target(self, week: str, target: int | None) -> Meter | None:
        if target is None:
            return None
        return self._meters.setdefault(("target", week), Meter(target))

    def excess(self, spot: int, claim: Claim, filling: Filling) -> tuple[int, int]:
        """Return (calls above quotas, calls above the weekly target) a claim would add."""
        own, by_role, target = self.of_spot[spot]
        over = 0
        if own:
            committees = claim.counted & ~filling.counted
            for meter in own:
                over += meter.excess(committees)
        if by_role:
            newcomers = claim.crowd & ~filling.crowd
            for mask, meter in by_role:
                over += meter.excess(newcomers & mask)
        if target is None:
            return over, 0
        return over, target.excess(claim.committees & ~filling.committees)

    def move(self, spot: int, old: Filling | None, new: Filling) -> tuple[int, int]:
        """Count a spot's new filling instead of its old one; return the changes of both sums."""
        own, by_role, target = self.of_spot[spot]
        counted, crowd, committees = 0, 0, 0
        if old is not None:
            counted, crowd, committees = old.counted, old.crowd, old.committees
        over = sum(_shift(meter, counted, new.counted) for meter in own)
        over += sum(_shift(meter, crowd & mask, new.crowd & mask) for mask, meter in by_role)
        return over, 0 if target is None else _shift(target, committees, new.committees)


def _shift(meter: Meter, before: int, after: int) -> int:
    """Move a meter from one session's callees to another's; return the change of ``over``."""
    if before == after:
        return 0
    over = meter.over
    meter.remove(before & ~after)
    meter.add(after & ~before)
    return meter.over - over
