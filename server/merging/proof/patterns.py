"""Session patterns: which requests could share one spot, what that costs, which quotas it uses.

The ground of a proven bound. People are kinds and clusters, as ``kinds`` sorts them; a pattern is
one spot and a set of claims that may be held there together. Order within a session is left open,
so every session of a valid plan is a pattern.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from server.merging.instance.crowd import bits
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Overflow
from server.merging.proof.kinds import KindMask, Kinds, sort_people
from server.merging.search.draft import Draft
from server.merging.search.ground import Claim, Spot, digest_day, survey
from server.merging.verdict.objective import LEFT_OUT_MISSES, left_out_price
from server.merging.verdict.quota import used_key

RowKey = tuple[str, int, str]
"""A limited sum: ``calls`` or ``target`` of a cluster or ``role`` of a kind, and its period."""


@dataclass(frozen=True, slots=True)
class Row:
    """What sessions together may use: ``room`` calls, and what one more call costs.

    ``room`` is what standing meetings and earlier calls leave, and may be negative; ``fine`` is
    None where nothing above it is allowed.
    """

    room: int
    fine: int | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Claims that share a spot. ``newcomers`` are the kinds that come for them alone."""

    spot: int
    claims: tuple[int, ...]
    newcomers: KindMask
    cost: int
    uses: tuple[RowKey, ...]
    unhappy: tuple[int, ...]


class Terrain:
    """An instance as the bound sees it.

    ``eligible`` lists, for each spot that can take any, the claims it could take by themselves
    or with others: those who call first, then riders. ``constant`` is what every plan pays.
    """

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self.ground = survey(lookup)
        askers = [claim.request.id for claim in self.ground.claims]
        self.kinds: Kinds = sort_people(lookup, [*askers, *lookup.standing])
        self.wants = [self.kinds.of[asker] for asker in askers]
        self.own = [self._own_kinds(spot) for spot in self.ground.spots]
        self.eligible = self._find_eligible()
        self.misses: dict[int, int] = defaultdict(int)
        self.constant = self._standing_cost() + self._reading_cost()
        self.rows = self._find_rows()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The requests to be placed, in the instance's order."""
        return self.ground.claims

    @cached_property
    def cluster_of(self) -> list[KindMask]:
        """For each kind the mask of all kinds of its cluster."""
        return [self.kinds.clusters[kind.cluster].kinds for kind in self.kinds.kinds]

    @cached_property
    def counted(self) -> KindMask:
        """The kinds whose being called uses their committee's quota."""
        return sum(1 << n for n, kind in enumerate(self.kinds.kinds) if kind.counted)

    def _own_kinds(self, spot: Spot) -> KindMask:
        standing = self.lookup.standing_at.get(spot.cell)
        return self.kinds.of[standing.id] if standing else 0

    def _find_eligible(self) -> dict[int, list[int]]:
        draft = Draft(self.ground)
        found: dict[int, list[int]] = defaultdict(list)
        for number, claim in enumerate(self.claims):
            for spot in claim.prices:
                if draft.refusal(number, spot) in ("", "approval"):
                    found[spot].append(number)
        return {
            spot: sorted(numbers, key=lambda n: (not self.claims[n].calling, n))
            for spot, numbers in sorted(found.items())
        }

    def _standing_cost(self) -> int:
        weights, total = self.lookup.instance.weights, 0
        for spot, own in zip(self.ground.spots, self.own, strict=True):
            if spot.cell in self.lookup.standing_at:
                total += weights.session + weights.person * self.people(own)
                total += spot.trip * sum(self.size(c) for c in self.clusters(own))
        return total

    def _reading_cost(self) -> int:
        """Return what requests that are only to be made known cost whatever is planned."""
        lookup, total = self.lookup, 0
        bit = {d.id: 1 << number for number, d in enumerate(lookup.instance.departments)}
        for request in lookup.instance.requests:
            if not request.read_only:
                continue
            if request.published is not None:
                moved = lookup.committees[request.id].bit_count()
                total += lookup.instance.weights.move_per_committee * moved
            if digest_day(lookup, request) is None:
                total += left_out_price(lookup, request)
                self.misses[bit[request.department]] += LEFT_OUT_MISSES
        return total

    # --- people ----------------------------------------------------------------------------------

    def people(self, kinds: KindMask) -> int:
        """Return how many people these kinds are."""
        return sum(self.kinds.kinds[kind].people for kind in bits(kinds))

    def size(self, cluster: int) -> int:
        """Return how many committees a cluster has."""
        return len(self.kinds.clusters[cluster].committees)

    def clusters(self, kinds: KindMask) -> list[int]:
        """Return the clusters of which these kinds hold somebody, ascending."""
        return sorted({self.kinds.kinds[kind].cluster for kind in bits(kinds)})

    def new_clusters(self, kinds: KindMask, own: KindMask) -> list[int]:
        """Return the clusters that come to a session with these kinds, but not without them."""
        here = set(self.clusters(own))
        return [cluster for cluster in self.clusters(kinds) if cluster not in here]

    # --- limits ----------------------------------------------------------------------------------

    def _find_rows(self) -> dict[RowKey, Row]:
        quota, weights = self.lookup.instance.quota, self.lookup.instance.weights
        may_exceed = quota.overflow is Overflow.ESCALATE
        days = self.lookup.instance.days
        weeks, months = sorted({d.week for d in days}), sorted({d.month for d in days})
        limits: list[tuple[RowKey, int, int | None]] = []
        for number, cluster in enumerate(self.kinds.clusters):
            name, size = cluster.committees[0], len(cluster.committees)
            fine = weights.over_quota * size if may_exceed else None
            for periods, limit in ((weeks, quota.committee_week), (months, quota.committee_month)):
                for period in periods if limit is not None else ():
                    left = self._left(limit or 0, name, "", period)
                    limits.append((("calls", number, period), left, fine))
            for week in weeks if quota.soft_week_target is not None else ():
                fine_of_target = weights.soft_target * size
                limits.append(
                    (("target", number, week), quota.soft_week_target or 0, fine_of_target)
                )
        for number, kind in enumerate(self.kinds.kinds):
            name = self.kinds.clusters[kind.cluster].committees[0]
            fine = weights.over_quota * kind.people if may_exceed else None
            for periods, of_role in ((weeks, quota.role_week), (months, quota.role_month)):
                for period in periods if kind.role in of_role else ():
                    left = self._left(of_role[kind.role], name, kind.role, period)
                    limits.append((("role", number, period), left, fine))
        standing = self._used_by_standing_meetings()
        return {key: Row(left - standing[key], fine) for key, left, fine in limits}

    def _left(self, limit: int, committee: str, role: str, period: str) -> int:
        used = self.lookup.instance.quota.used
        return max(0, limit - used.get(used_key(committee, role, period), 0))

    def _used_by_standing_meetings(self) -> dict[RowKey, int]:
        used: dict[RowKey, int] = defaultdict(int)
        for number, own in enumerate(self.own):
            for key in self.uses(number, own, 0):
                used[key] += 1
        return used

    def uses(self, spot: int, kinds: KindMask, own: KindMask) -> list[RowKey]:
        """Return every sum that these kinds add one call to, beyond what ``own`` does already."""
        day = self.lookup.days[self.ground.spots[spot].cell.date]
        keys = [("target", c, day.week) for c in self.new_clusters(kinds, own)]
        for period in (day.week, day.month):
            counted = self.new_clusters(kinds & self.counted, own & self.counted)
            keys += [("calls", cluster, period) for cluster in counted]
            keys += [("role", kind, period) for kind in bits(kinds & ~own)]
        return keys

    # --- patterns --------------------------------------------------------------------------------

    def fits(self, spot: int, claims: Sequence[int]) -> bool:
        """Say whether these eligible claims may share a spot, their order left aside."""
        place = self.ground.spots[spot]
        kinds = called = self.own[spot]
        minutes = 0
        for number in claims:
            kinds |= self.wants[number]
            called |= self.wants[number] if self.claims[number].calling else 0
            minutes += self.claims[number].minutes
        few = len(claims) <= self.lookup.instance.max_items
        roomy = self.people(kinds) <= place.capacity
        return few and minutes <= place.minutes and roomy and kinds == called

    def pattern(self, spot: int, claims: Sequence[int]) -> Pattern:
        """Return the pattern of claims that fit together."""
        place, weights, own = self.ground.spots[spot], self.lookup.instance.weights, self.own[spot]
        kinds = own
        for number in claims:
            kinds |= self.wants[number]
        cost = place.opening_price + weights.person * self.people(kinds & ~own)
        cost += place.trip * sum(self.size(c) for c in self.new_clusters(kinds, own))
        cost += sum(self.claims[number].prices[spot] for number in claims)
        uses = tuple(key for key in self.uses(spot, kinds, own) if key in self.rows)
        unhappy = tuple(self.claims[n].department for n in claims if spot in self.claims[n].unhappy)
        return Pattern(spot, tuple(sorted(claims)), kinds & ~own, cost, uses, unhappy)
