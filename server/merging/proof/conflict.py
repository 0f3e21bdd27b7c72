"""Why no plan exists: the smallest set of named rules that cannot all hold, and what would help.

The rules with names are those of the format: ``must:R012``, ``pin:R012``, ``frozen:R012``,
``approval:R012``, ``window:R012``, ``quota:committee_week:2026-W46``,
``quota:role_month:secretary:2026-11``, ``blocked:C003``, ``capacity:S01-R1``. All others always
hold. A window is a rule of its own only where one request by itself has no place; otherwise it
belongs to the request, and naming the request says it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ortools.sat.python import cp_model

from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Instance, Overflow
from server.merging.proof.feasibility import MILDNESS, Feasibility

EFFORT = 8.0
"""How long one question may take, in the solver's own deterministic seconds."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules that cannot all hold, sorted.

    ``minimal`` says that without any one of them a plan exists; it is False only where a question
    took too long.
    """

    rules: tuple[str, ...]
    minimal: bool


@dataclass(frozen=True, slots=True)
class Concession:
    """A rule that is to be given up; for a quota, by how many calls, otherwise 0."""

    rule: str
    calls: int


def find_conflict(instance: Instance, *, effort: float = EFFORT) -> Conflict | None:
    """Return a smallest conflict of the instance's rules.

    Returns:
        None when a plan exists that keeps every rule, or when that could not be told in time.
    """
    lookup = look_up(instance)
    inquiry = _Inquiry(lookup, effort)
    everything = frozenset(named_rules(lookup))
    windows = frozenset(f"window:{key}" for key in lookup.requests)
    if inquiry.holds(everything | windows) is not False:
        return None
    core = inquiry.core(everything, windows) or everything
    rules, minimal = inquiry.shrink(core, windows)
    mandatory = {rule.partition(":")[2] for rule in rules if rule.startswith(COMMANDS)}
    if len(mandatory) == 1:
        window = {f"window:{key}" for key in mandatory}
        rules, narrower = inquiry.shrink([*window, *rules], windows - window)
        minimal = minimal and narrower
    return Conflict(tuple(sorted(rules)), minimal)


COMMANDS = ("must:", "pin:", "frozen:")
"""The rules that forbid to leave a request out."""


def named_rules(lookup: Lookup) -> list[str]:
    """Return the names of all rules of an instance that may be in a conflict, windows apart."""
    instance = lookup.instance
    rules: list[str] = []
    for request in instance.requests:
        published = request.published
        frozen = published is not None and published.frozen
        rules += [f"must:{request.id}"] * request.must
        rules += [f"pin:{request.id}"] * (request.pin is not None)
        rules += [f"frozen:{request.id}"] * frozen
        if request.mandatory and not request.read_only and request.id not in lookup.calling:
            rules.append(f"approval:{request.id}")
    if instance.quota.overflow is Overflow.REJECT:
        rules += _quota_rules(lookup)
    rules += [f"blocked:{key}" for key in sorted({block.committee for block in instance.blocked})]
    return rules + [f"capacity:{hall.id}" for hall in instance.halls]


def _quota_rules(lookup: Lookup) -> list[str]:
    quota, days = lookup.instance.quota, lookup.instance.days
    weeks, months = sorted({day.week for day in days}), sorted({day.month for day in days})
    rules: list[str] = []
    if quota.committee_week is not None:
        rules += [f"quota:committee_week:{week}" for week in weeks]
    if quota.committee_month is not None:
        rules += [f"quota:committee_month:{month}" for month in months]
    rules += [f"quota:role_week:{role}:{week}" for role in quota.role_week for week in weeks]
    return rules + [
        f"quota:role_month:{role}:{month}" for role in quota.role_month for month in months
    ]


def find_concessions(instance: Instance, *, effort: float = EFFORT) -> tuple[Concession, ...]:
    """Return the fewest rules to be given up so that a plan exists; among equals the mildest.

    The mildest is an approval, the harshest a fact such as a hall's size. A quota is raised by as
    few calls as possible. Empty when nothing needs to be given up, or when no answer was found.
    """
    lookup = look_up(instance)
    mandatory = [r.id for r in instance.requests if r.mandatory]
    rules = [*named_rules(lookup), *(f"window:{key}" for key in mandatory)]
    windows = frozenset(f"window:{key}" for key in lookup.requests)
    question = Feasibility(lookup, windows.union(rules), asked=rules, elastic=True)
    count = len(rules) * (max(MILDNESS.values()) + 1)
    harshness = {rule: MILDNESS[rule.partition(":")[0]] + count for rule in rules}
    most = sum(question.most_calls.values()) + 1
    question.model.minimize(
        sum(most * harshness[rule] * (1 - literal) for rule, literal in question.literals.items())
        + sum(question.extra_calls.values())
    )
    solver = _solver(effort)
    if solver.solve(question.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return ()
    given_up = [r for r, literal in question.literals.items() if not solver.boolean_value(literal)]
    return tuple(
        Concession(r, solver.value(question.extra_calls[r]) if r in question.extra_calls else 0)
        for r in sorted(given_up, key=lambda r: (harshness[r], r))
    )


def _solver(effort: float) -> cp_model.CpSolver:
    """Return a solver that repeats exactly, with one worker, unless the clock has to stop it."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = effort
    solver.parameters.max_time_in_seconds = effort
    return solver


class _Inquiry:
    """Puts questions about sets of rules to the solver."""

    def __init__(self, lookup: Lookup, effort: float) -> None:
        self._lookup = lookup
        self._effort = effort

    def holds(self, rules: Collection[str]) -> bool | None:
        """Say whether some plan keeps all of these rules; None when that took too long."""
        status = _solver(self._effort).solve(Feasibility(self._lookup, frozenset(rules)).model)
        if status == cp_model.INFEASIBLE:
            return False
        return True if status in (cp_model.OPTIMAL, cp_model.FEASIBLE) else None

    def core(self, rules: frozenset[str], always: frozenset[str]) -> list[str] | None:
        """Return some of the rules that cannot all hold, as the solver names them, checked.

        The solver's word alone is not enough: it may name too few (google/or-tools issue 5141).
        It gets an eighth of the effort, since shrinking does without its word.
        """
        question = Feasibility(self._lookup, rules | always, asked=sorted(rules))
        question.model.add_assumptions(list(question.literals.values()))
        solver = _solver(self._effort / 8)
        if solver.solve(question.model) != cp_model.INFEASIBLE:
            return None
        names = {literal.index: rule for rule, literal in question.literals.items()}
        named = solver.sufficient_assumptions_for_infeasibility()
        core = sorted(names[index] for index in named if index in names)
        return core if self.holds(always.union(core)) is False else None

    def shrink(self, rules: Iterable[str], always: frozenset[str]) -> tuple[list[str], bool]:
        """Drop rules as long as the rest cannot all hold: many at a time, then one by one.

        Facts that nobody can change go first, so that what stays is what people decided.

        Returns:
            The rules that stay, and whether each of them was shown to be needed.
        """
        kept = sorted(rules, key=_droppable)
        for size in (len(kept) // 2, len(kept) // 4, len(kept) // 8, len(kept) // 16):
            at = 0
            while size > 1 and at < len(kept):
                fewer = kept[:at] + kept[at + size :]
                if self.holds(always.union(fewer)) is False:
                    kept = fewer
                else:
                    at += size
        needed, at = True, 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + 1 :]
            answer = self.holds(always.union(fewer))
            if answer is False:
                kept = fewer
            else:
                needed = needed and answer is True
                at += 1
        return kept, needed


def _droppable(rule: str) -> tuple[int, str]:
    """Sort rules by what a reader misses least; a hall's size comes first."""
    return -MILDNESS[rule.partition(":")[0]], rule
