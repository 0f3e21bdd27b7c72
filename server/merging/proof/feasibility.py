"""The question whether some plan keeps a set of named rules, as a model for the solver.

Only what can matter is in it: requests that may not be left out, and those whose being called
lets a request without approval ride along. Prices are no part of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

from ortools.sat.python import cp_model

from server.merging.instance.crowd import bits
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import MeetingRequest, Overflow
from server.merging.proof.kinds import Cluster, sort_people
from server.merging.search.ground import Spot, lay_spots
from server.merging.verdict.quota import used_key
from server.merging.verdict.rules import hall_fits_mode, pin_allows, within_window

MILDNESS = {
    "approval": 1,
    "quota": 2,
    "window": 3,
    "pin": 4,
    "frozen": 5,
    "must": 6,
    "blocked": 7,
    "capacity": 8,
}
"""The kinds of named rules, from what is asked for lightly to what nobody can grant."""

Literal = cp_model.IntVar


class Feasibility:
    """The model for one set of active rules; a rule that is not active does not exist.

    ``literals`` finds the literal of each rule of ``asked`` that the model speaks of: where it is
    false the rule does not hold. Active rules that are not asked about hold without a literal.
    With ``elastic``, ``extra_calls`` finds by how many calls a quota given up is exceeded, at most
    ``most_calls``.
    """

    def __init__(
        self,
        lookup: Lookup,
        active: frozenset[str],
        *,
        asked: Iterable[str] = (),
        elastic: bool = False,
    ) -> None:
        self.model = cp_model.CpModel()
        self.literals: dict[str, Literal] = {}
        self.extra_calls: dict[str, Literal] = {}
        self.most_calls: dict[str, int] = {}
        self._lookup, self._active, self._asked = lookup, active, frozenset(asked)
        self._elastic = elastic
        self._true = self.model.new_constant(1)
        self._spots = list(lay_spots(lookup))
        self._at: dict[int, list[tuple[MeetingRequest, Literal]]] = defaultdict(list)
        self._requests = _relevant(lookup, active)
        askers = [*lookup.standing, *(r.id for r in self._requests if not r.read_only)]
        self._kinds = sort_people(lookup, askers)
        self._attends: dict[tuple[int, int], Literal] = {}
        for request in self._requests:
            self._place(request)
        for number, spot in enumerate(self._spots):
            self._fill(number, spot)
        self._hold_standing_meetings()
        for _, together in groupby(range(len(self._spots)), lambda n: self._spots[n].half_day):
            self._keep_apart(list(together))
        if lookup.instance.quota.overflow is Overflow.REJECT:
            self._keep_quotas()

    # --- rules and their literals ----------------------------------------------------------------

    def _rule(self, name: str) -> Literal | None:
        """Return the literal of a rule, None when it is not active."""
        if name not in self._active:
            return None
        if name not in self._asked:
            return self._true
        if name not in self.literals:
            self.literals[name] = self.model.new_bool_var(name)
        return self.literals[name]

    def _any_of(self, names: Iterable[str]) -> list[Literal] | None:
        """Return the literals of those rules that are active; None when one of them must hold."""
        literals = [rule for name in names if (rule := self._rule(name)) is not None]
        return None if any(rule is self._true for rule in literals) else literals

    # --- where a request may be ------------------------------------------------------------------

    def _place(self, request: MeetingRequest) -> None:
        """Put a request into exactly one cell or digest, or leave it out where that is allowed."""
        choices = list(self._digest_choices(request) if request.read_only else self._cells(request))
        commands = self._any_of(f"{word}:{request.id}" for word in ("must", "pin", "frozen"))
        if commands is not None:
            choices.append(self._unless(commands))
        self.model.add_exactly_one(choices)

    def _unless(self, rules: list[Literal]) -> Literal:
        """Return a new literal that can only be true where none of the rules holds."""
        choice = self.model.new_bool_var("")
        for rule in rules:
            self.model.add_implication(choice, ~rule)
        return choice

    def _digest_choices(self, request: MeetingRequest) -> Iterator[Literal]:
        days = self._lookup.instance.digest_days
        in_window = any(within_window(request, day) for day in days)
        names = [f"frozen:{request.id}"] + [f"window:{request.id}"] * (not in_window)
        rules = self._any_of(names) if days else None
        if rules is not None:
            yield self._unless(rules)

    def _cells(self, request: MeetingRequest) -> Iterator[Literal]:
        lookup = self._lookup
        for number, spot in enumerate(self._spots):
            hall = lookup.halls[spot.cell.hall]
            if hall.unit != request.unit or not hall_fits_mode(request.mode, hall.kind):
                continue
            if request.minutes > spot.minutes:
                continue
            rules = self._any_of(self._against(request, spot))
            if rules is not None:
                placed = self._unless(rules)
                self._at[number].append((request, placed))
                yield placed

    def _against(self, request: MeetingRequest, spot: Spot) -> Iterator[str]:
        """Yield the named rules that close a spot to a request by itself."""
        lookup, cell = self._lookup, spot.cell
        if not within_window(request, cell.date) or _out_of_hours(lookup, request, spot):
            yield f"window:{request.id}"
        if not pin_allows(request.pin, cell):
            yield f"pin:{request.id}"
        published = request.published
        if published is not None and published.frozen and published.cell != cell:
            yield f"frozen:{request.id}"
        yield from self._blocked(request.id, spot)
        if lookup.crowds[request.id].bit_count() > spot.capacity:
            yield f"capacity:{cell.hall}"

    def _blocked(self, asker: str, spot: Spot) -> Iterator[str]:
        """Yield the rules of the committees that cannot come on the half-day of a spot."""
        lookup = self._lookup
        blocked = lookup.blocked.get((spot.cell.date, spot.cell.half), 0) & lookup.crowds[asker]
        for bit in bits(lookup.people.committees_of(blocked)):
            yield f"blocked:{lookup.people.committees[bit]}"

    # --- what one session holds ------------------------------------------------------------------

    def _fill(self, number: int, spot: Spot) -> None:
        """Keep a session's limits: length, items, hall, approval, order; say who attends."""
        placed, instance = self._at[number], self._lookup.instance
        standing = self._lookup.standing_at.get(spot.cell)
        own = self._kinds.of[standing.id] if standing else 0
        if placed:
            self.model.add(sum(r.minutes * x for r, x in placed) <= spot.minutes)
            self.model.add(sum(x for _, x in placed) <= instance.max_items)
        for kind in bits(own):
            self._attends[kind, number] = self._true
        callers: dict[int, list[tuple[MeetingRequest, Literal]]] = defaultdict(list)
        for request, x in placed:
            for kind in bits(self._kinds.of[request.id] & ~own):
                callers[kind].append((request, x))
        for kind, asking in callers.items():
            there = self._attends[kind, number] = self._either([x for _, x in asking])
            self.model.add(sum(r.minutes * x for r, x in asking) <= spot.minutes * there)
            self._keep_approval(asking)
        self._keep_capacity(number, spot, [*bits(own), *callers])
        if any(request.time_window for request, _ in placed):
            self._order(placed, spot)

    def _either(self, literals: list[Literal]) -> Literal:
        """Return a literal that is true exactly where one of them is."""
        if len(literals) == 1 or self._true in literals:
            return self._true if self._true in literals else literals[0]
        any_of_them = self.model.new_bool_var("")
        self.model.add_max_equality(any_of_them, literals)
        return any_of_them

    def _keep_approval(self, asking: list[tuple[MeetingRequest, Literal]]) -> None:
        """Let nobody be called by requests without approval alone."""
        calling = self._lookup.calling
        by_right = [x for request, x in asking if request.id in calling]
        for request, x in asking:
            if request.id in calling:
                continue
            rule = self._rule(f"approval:{request.id}")
            if rule is not None:
                self.model.add_bool_or([*by_right, ~x, ~rule])

    def _keep_capacity(self, number: int, spot: Spot, kinds: list[int]) -> None:
        people = [(self._kinds.kinds[k].people, self._attends[k, number]) for k in kinds]
        rule = self._rule(f"capacity:{spot.cell.hall}")
        if rule is not None and sum(count for count, _ in people) > spot.capacity:
            self.model.add(sum(n * x for n, x in people) <= spot.capacity).only_enforce_if(rule)

    def _order(self, placed: list[tuple[MeetingRequest, Literal]], spot: Spot) -> None:
        """Find a start and an order of the items that keep every clock window."""
        frame, model = spot.frame, self.model
        starts = cp_model.Domain.from_values([start + frame.opening for start in frame.starts])
        begin = model.new_int_var_from_domain(starts, "")
        end = begin + sum(request.minutes * x for request, x in placed)
        model.add(end <= frame.end)
        items = []
        for request, x in placed:
            start = model.new_int_var(0, frame.end, "")
            items.append(model.new_optional_fixed_size_interval_var(start, request.minutes, x, ""))
            model.add(start >= begin).only_enforce_if(x)
            model.add(start + request.minutes <= end).only_enforce_if(x)
            rule = self._rule(f"window:{request.id}")
            if request.time_window is not None and rule is not None:
                first, last = request.time_window
                model.add(start >= first).only_enforce_if([x, rule])
                model.add(start + request.minutes <= last).only_enforce_if([x, rule])
        model.add_no_overlap(items)

    # --- what several sessions share -------------------------------------------------------------

    def _hold_standing_meetings(self) -> None:
        """Hold every standing meeting; its hours, its hall or blocked people may forbid that."""
        lookup = self._lookup
        if len(lookup.standing_at) < len(lookup.standing):
            self.model.add_bool_or([])
        for spot in self._spots:
            standing = lookup.standing_at.get(spot.cell)
            if standing is None:
                continue
            early = standing.start < lookup.halves[spot.cell.half].start
            if early or standing.start % lookup.instance.granularity or spot.minutes < 0:
                self.model.add_bool_or([])
            for name in self._blocked(standing.id, spot):
                self._forbid(name)

    def _forbid(self, name: str) -> None:
        """Say that a rule cannot hold."""
        rule = self._rule(name)
        if rule is not None:
            self.model.add_bool_or([~rule])

    def _keep_apart(self, together: list[int]) -> None:
        """Nobody attends, and no department presents in, two sessions of one half-day."""
        for kind in range(len(self._kinds.kinds)):
            there = [self._attends[kind, n] for n in together if (kind, n) in self._attends]
            self.model.add_at_most_one(there)
        presenting: dict[str, dict[int, list[Literal]]] = defaultdict(lambda: defaultdict(list))
        for number in together:
            standing = self._lookup.standing_at.get(self._spots[number].cell)
            if standing is not None:
                presenting[standing.department][number].append(self._true)
            for request, x in self._at[number]:
                presenting[request.department][number].append(x)
        for sessions in presenting.values():
            self.model.add_at_most_one([self._either(xs) for xs in sessions.values()])

    def _keep_quotas(self) -> None:
        """Keep what a committee and a limited role may be called to in a week and in a month."""
        quota = self._lookup.instance.quota
        weeks, months = self._periods()
        for cluster in self._kinds.clusters:
            kinds = [(kind, self._kinds.kinds[kind]) for kind in bits(cluster.kinds)]
            counted = [number for number, kind in kinds if kind.counted]
            for word, periods, limit in (
                ("week", weeks, quota.committee_week),
                ("month", months, quota.committee_month),
            ):
                self._keep_quota(cluster, counted, f"committee_{word}:", periods, limit)
            for number, kind in kinds:
                for word, periods, limits in (
                    ("week", weeks, quota.role_week),
                    ("month", months, quota.role_month),
                ):
                    name = f"role_{word}:{kind.role}:"
                    self._keep_quota(cluster, [number], name, periods, limits.get(kind.role))

    def _periods(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        weeks: dict[str, list[int]] = defaultdict(list)
        months: dict[str, list[int]] = defaultdict(list)
        for number, spot in enumerate(self._spots):
            day = self._lookup.days[spot.cell.date]
            weeks[day.week].append(number)
            months[day.month].append(number)
        return weeks, months

    def _keep_quota(
        self,
        cluster: Cluster,
        kinds: Collection[int],
        name: str,
        periods: dict[str, list[int]],
        limit: int | None,
    ) -> None:
        """Keep one quota of alike committees, or of one of their roles, in every period."""
        if limit is None:
            return
        role = name.split(":")[1]
        used = self._lookup.instance.quota.used
        for period, numbers in periods.items():
            calls = [c for n in numbers if (c := self._called(kinds, n)) is not None]
            left = max(0, limit - used.get(used_key(cluster.committees[0], role, period), 0))
            if len(calls) > left:
                self._limit(f"quota:{name}{period}", calls, left)

    def _called(self, kinds: Iterable[int], number: int) -> Literal | None:
        there = [self._attends[kind, number] for kind in kinds if (kind, number) in self._attends]
        return self._either(there) if there else None

    def _limit(self, name: str, calls: list[Literal], left: int) -> None:
        rule = self._rule(name)
        if rule is None:
            return
        if not self._elastic:
            self.model.add(sum(calls) <= left).only_enforce_if(rule)
            return
        self.most_calls[name] = max(self.most_calls.get(name, 0), len(calls))
        if name not in self.extra_calls:
            extra = self.extra_calls[name] = self.model.new_int_var(0, len(self._spots), "")
            self.model.add(extra == 0).only_enforce_if(rule)
        self.model.add(sum(calls) <= left + self.extra_calls[name])


def _relevant(lookup: Lookup, active: frozenset[str]) -> list[MeetingRequest]:
    """Return the requests that may not be left out, and those on whose call they might ride."""
    commanded, riders = [], 0
    for request in lookup.instance.requests:
        if any(f"{word}:{request.id}" in active for word in ("must", "pin", "frozen")):
            commanded.append(request)
            if f"approval:{request.id}" in active:
                riders |= lookup.crowds[request.id]
    known = {request.id for request in commanded}
    return commanded + [
        request
        for request in lookup.instance.requests
        if request.id in lookup.calling
        and request.id not in known
        and not request.read_only
        and lookup.crowds[request.id] & riders
    ]


def _out_of_hours(lookup: Lookup, request: MeetingRequest, spot: Spot) -> bool:
    hours, half = request.time_window, lookup.halves[spot.cell.half]
    return hours is not None and (hours[0] < half.start or hours[1] > half.end)
