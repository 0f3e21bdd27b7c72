"""People who are called together whatever is planned, counted instead of named.

Whoever is called by the same requests is one kind; committees whose kinds are the same are one
cluster. A street of 33 committees that are always called together is then one cluster, and 6,000
committees cost hardly more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from server.merging.instance.crowd import Committees, Crowd, bits
from server.merging.instance.lookup import Lookup

KindMask = int
"""A set of kinds: bit n is the kind with number n."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Alike people of one cluster.

    ``people`` is their number, ``role`` their role where that role has a quota of its own, else
    empty; ``counted`` says whether their being called uses their committee's quota.
    """

    cluster: int
    people: int
    role: str
    counted: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """Alike committees, in the instance's order: their ids, and the mask of their kinds."""

    committees: tuple[str, ...]
    kinds: KindMask


@dataclass(frozen=True, slots=True)
class Kinds:
    """The people of some askers, sorted into kinds. ``of`` finds an asker's kinds by its id."""

    kinds: tuple[Kind, ...]
    clusters: tuple[Cluster, ...]
    of: dict[str, KindMask]


def sort_people(lookup: Lookup, askers: Iterable[str]) -> Kinds:
    """Sort the people whom these requests and standing meetings call.

    Committees that have used up different parts of their quotas are never alike.
    """
    people, quota = lookup.people, lookup.instance.quota
    crowds = {asker: lookup.crowds[asker] for asker in askers}
    limited = sorted({*quota.role_week, *quota.role_month} & set(people.roles))
    role_masks = {role: people.holding(people.everywhere, (role,)) for role in limited}
    counted = people.holding(people.everywhere, quota.counts)
    everybody = 0
    for crowd in crowds.values():
        everybody |= crowd
    parts = _divided(everybody, [*set(crowds.values()), *role_masks.values(), counted])
    alike = _divided(people.everywhere, [people.committees_of(part) for part in parts])
    kinds: list[Kind] = []
    masks: list[Crowd] = []
    clusters: list[Cluster] = []
    for committees in _divided_by_use(lookup, alike):
        theirs = people.holding(committees, people.roles)
        first = len(kinds)
        for part in parts:
            if mask := part & theirs:
                role = next((name for name, other in role_masks.items() if mask & other), "")
                kinds.append(Kind(len(clusters), mask.bit_count(), role, bool(mask & counted)))
                masks.append(mask)
        names = tuple(people.committees[bit] for bit in bits(committees))
        clusters.append(Cluster(names, (1 << len(kinds)) - (1 << first)))
    of = {
        asker: sum(1 << at for at, mask in enumerate(masks) if mask & crowd)
        for asker, crowd in crowds.items()
    }
    return Kinds(tuple(kinds), tuple(clusters), of)


def _divided(whole: int, by: Iterable[int]) -> list[int]:
    """Divide a mask until each part lies wholly inside or outside of every divisor; ascending."""
    parts = [whole] if whole else []
    for divisor in by:
        parts = [half for part in parts for half in (part & divisor, part & ~divisor) if half]
    return sorted(parts, key=lambda part: (part & -part, part))


def _divided_by_use(lookup: Lookup, alike: Iterable[Committees]) -> list[Committees]:
    """Divide sets of committees by what each has used up of any quota before."""
    used: dict[str, set[tuple[str, int]]] = {}
    for key, calls in lookup.instance.quota.used.items():
        committee, _, rest = key.partition("|")
        used.setdefault(committee, set()).add((rest, calls))
    divided: list[Committees] = []
    for committees in alike:
        by_use: dict[frozenset[tuple[str, int]], Committees] = {}
        for bit in bits(committees):
            key_of_use = frozenset(used.get(lookup.people.committees[bit], ()))
            by_use[key_of_use] = by_use.get(key_of_use, 0) | 1 << bit
        divided += by_use.values()
    return divided
