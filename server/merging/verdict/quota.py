"""Quotas (限额): how often a committee and each role may be called in a week and in a month.

Counts what a plan uses on top of what was used before, and names what is over (rule 4).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.merging.instance.crowd import Crowd, bits
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Overflow, WorkingDay
from server.merging.verdict.facts import SessionFacts
from server.merging.verdict.rules import Violation


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """One line of the quota ledger; ``role`` is empty for a committee's own quota.

    ``period`` is an ISO week ``2026-W45`` or a month ``2026-11``. ``planned`` is the plan's part.
    """

    committee: str
    role: str
    period: str
    before: int
    planned: int
    limit: int

    @property
    def over(self) -> int:
        """By how many calls the quota is exceeded; 0 when it is kept."""
        return max(0, self.before + self.planned - self.limit)

    @property
    def left(self) -> int:
        """How many calls are still free (限额余量); 0 when it is used up."""
        return max(0, self.limit - self.before - self.planned)


def used_key(committee: str, role: str, period: str) -> str:
    """Return the key of ``Quota.used``: ``C001|2026-W45`` or ``C001|director|2026-W45``."""
    return "|".join(part for part in (committee, role, period) if part)


def compute_ledger(lookup: Lookup, sessions: Iterable[SessionFacts]) -> Iterator[QuotaLine]:
    """Yield a line for every limited committee or role that the sessions call."""
    yield from count_lines(lookup, ((facts.crowd, facts.day) for facts in sessions))


def count_lines(lookup: Lookup, held: Iterable[tuple[Crowd, WorkingDay]]) -> Iterator[QuotaLine]:
    """Yield the same for sessions of which no more is known than whom they call, and when."""
    quota = lookup.instance.quota
    calls = _count_calls(lookup, held)
    for (committee, role, period, monthly), planned in calls.items():
        if role:
            limits = quota.role_month if monthly else quota.role_week
            limit = limits.get(role)
        else:
            limit = quota.committee_month if monthly else quota.committee_week
        if limit is not None:
            before = quota.used.get(used_key(committee, role, period), 0)
            yield QuotaLine(committee, role, period, before, planned, limit)


def _count_calls(
    lookup: Lookup, held: Iterable[tuple[Crowd, WorkingDay]]
) -> Counter[tuple[str, str, str, bool]]:
    people, quota = lookup.people, lookup.instance.quota
    limited = sorted({*quota.role_week, *quota.role_month} & set(people.roles))
    counted = people.holding(people.everywhere, quota.counts)
    calls: Counter[tuple[str, str, str, bool]] = Counter()
    for crowd, day in held:
        masks = {"": people.committees_of(crowd & counted)}
        masks |= {role: people.in_role(crowd, role) for role in limited}
        for role, committees in masks.items():
            for bit in bits(committees):
                calls[people.committees[bit], role, day.week, False] += 1
                calls[people.committees[bit], role, day.month, True] += 1
    return calls


def quota_is_kept(lookup: Lookup, lines: Iterable[QuotaLine]) -> Iterator[Violation]:
    """Refuse each line that is over, where the quota may not be exceeded at all."""
    if lookup.instance.quota.overflow is Overflow.ESCALATE:
        return
    for line in lines:
        if line.over:
            subject = used_key(line.committee, line.role, line.period)
            yield Violation("quota", subject, f"{line.before + line.planned} > {line.limit}")
