"""The verdict on a plan: which hard rules it breaks, and what it costs. Knows no solver."""

from dataclasses import dataclass

from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import Instance, MergePlan
from server.merging.verdict.facts import SessionFacts, work_out
from server.merging.verdict.objective import Terms, compute_terms
from server.merging.verdict.quota import QuotaLine, compute_ledger, quota_is_kept
from server.merging.verdict.rules import (
    PLAN_RULES,
    SESSION_RULES,
    Place,
    Violation,
    digest_is_in_order,
    frozen_requests_stay,
    mandatory_requests_are_placed,
    place_everything,
    stands_somewhere,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of a plan.

    ``sessions`` are those that could be judged, in the plan's order; ``ledger`` the quota lines
    they touch; ``objective`` includes waiting, ``assignment_objective`` does not.
    """

    violations: tuple[Violation, ...]
    terms: Terms
    assignment_objective: int
    objective: int
    sessions: tuple[SessionFacts, ...]
    ledger: tuple[QuotaLine, ...]
    places: dict[str, Place]

    @property
    def valid(self) -> bool:
        """Whether no hard rule is broken."""
        return not self.violations

    @property
    def committee_trips(self) -> int:
        """How many times a committee is called, over all sessions."""
        return self.terms.trips_room + self.terms.trips_video


@dataclass(frozen=True, slots=True)
class Baseline:
    """The picture before merging: each request and standing meeting held on its own."""

    sessions: int
    committee_trips: int
    persons: int


def check(instance: Instance, plan: MergePlan) -> Verdict:
    """Judge a plan by every hard rule and price it. Never raises on a wrong plan."""
    return check_with(look_up(instance), plan)


def check_with(lookup: Lookup, plan: MergePlan) -> Verdict:
    """Judge a plan with the look-ups already made."""
    violations: list[Violation] = []
    sessions: list[SessionFacts] = []
    for session in plan.sessions:
        lost = stands_somewhere(lookup, session)
        if lost is None:
            sessions.append(work_out(lookup, session))
        else:
            violations.append(lost)
    for facts in sessions:
        for session_rule in SESSION_RULES:
            violations += session_rule(lookup, facts)
    for plan_rule in PLAN_RULES:
        violations += plan_rule(lookup, sessions)
    places, misplaced = place_everything(lookup, plan, sessions)
    ledger = tuple(compute_ledger(lookup, sessions))
    violations += misplaced
    violations += digest_is_in_order(lookup, plan)
    violations += mandatory_requests_are_placed(lookup, plan)
    violations += frozen_requests_stay(lookup, places)
    violations += quota_is_kept(lookup, ledger)
    terms = compute_terms(lookup, plan, sessions=sessions, places=places, ledger=ledger)
    weights = lookup.instance.weights
    return Verdict(
        violations=tuple(violations),
        terms=terms,
        assignment_objective=terms.assignment_objective(weights),
        objective=terms.objective(weights),
        sessions=tuple(sessions),
        ledger=ledger,
        places=places,
    )


def compute_baseline(lookup: Lookup) -> Baseline:
    """Return what the same requests would have cost without sharing; reading matter counts too."""
    return Baseline(
        sessions=len(lookup.crowds),
        committee_trips=sum(mask.bit_count() for mask in lookup.committees.values()),
        persons=sum(crowd.bit_count() for crowd in lookup.crowds.values()),
    )
