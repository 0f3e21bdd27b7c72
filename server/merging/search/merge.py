"""Merging (拼会): from an instance to a plan with a reason for every request, at once.

The same instance, rounds and seed always give the same plan. Hard rules are never broken; only a
mandatory request for which the search finds no place is left out, and the checker says so.
"""

import json
from dataclasses import replace
from datetime import date
from random import Random

from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    DigestDay,
    Instance,
    LeftOut,
    MergePlan,
    Overflow,
    PlannedSession,
    Reason,
)
from server.merging.search.agenda import lay_out, plan_agenda
from server.merging.search.draft import Draft
from server.merging.search.ground import digest_day, survey
from server.merging.search.reasons import (
    explain_digest,
    explain_left_out,
    explain_missed_digest,
    explain_placed,
)
from server.merging.search.ruin_recreate import build_draft, improve, instant_rounds
from server.merging.verdict.facts import work_out


def merge(instance: Instance, *, rounds: int | None = None, seed: int = 1) -> MergePlan:
    """Return a plan for the instance.

    Args:
        instance: what is to be placed.
        rounds: the effort of the search; None answers at once, 0 gives cheapest insertion alone.
        seed: which of many equally likely searches to run.

    Returns:
        A plan whose ``reasons`` hold one reason for each request, in the instance's order.
    """
    ground = survey(look_up(instance))
    draft = build_draft(ground)
    rounds = instant_rounds(ground) if rounds is None else rounds
    improve(draft, rounds=rounds, random=Random(seed))  # noqa: S311 - a search, not a secret
    return conclude(draft, {"rounds": rounds, "seed": seed})


def within_quotas(instance: Instance) -> Instance:
    """Return the same instance with quotas that may not be exceeded at all.

    Offices show its plan first, and the plan with exceptions beside it.
    """
    return replace(instance, quota=replace(instance.quota, overflow=Overflow.REJECT))


def conclude(draft: Draft, stats: dict[str, int]) -> MergePlan:
    """Turn a draft into a plan: agendas in their best order, digest days, reasons."""
    lookup = draft.ground.lookup
    sessions = _sessions(draft)
    digest, told = plan_digest(lookup)
    reasons = {reason.request: reason for reason in (*_placed(lookup, sessions), *told)}
    for number in draft.left_out:
        reason = explain_left_out(draft, number)
        reasons[reason.request] = reason
    return MergePlan(
        instance=lookup.instance.name,
        sessions=sessions,
        digest=digest,
        left_out=tuple(_as_left_out(r) for r in reasons.values() if r.code == "reason.left_out"),
        reasons=tuple(reasons[request.id] for request in lookup.instance.requests),
        stats=json.dumps(stats, sort_keys=True, separators=(",", ":")),
    )


def _as_left_out(reason: Reason) -> LeftOut:
    rules = [str(d.params["rule"]).removeprefix("rule.") for d in reason.details]
    return LeftOut(reason.request, ", ".join(rules), reason.action.removeprefix("action."))


def _sessions(draft: Draft) -> tuple[PlannedSession, ...]:
    """Return the sessions in order of time, then hall, numbered ``S001`` onwards."""
    ground = draft.ground
    sessions: list[PlannedSession] = []
    for spot, filling in zip(ground.spots, draft.fillings, strict=True):
        if not filling.claims and spot.cell not in ground.lookup.standing_at:
            continue
        ids = [ground.claims[number].request.id for number in filling.claims]
        agenda = plan_agenda(ground.lookup, spot.cell, ids)
        if agenda is None:
            raise AssertionError(f"the draft holds no order for {spot.cell}")
        session_id = f"S{len(sessions) + 1:03}"
        sessions.append(lay_out(ground.lookup, spot.cell, agenda, session_id=session_id))
    return tuple(sessions)


def _placed(lookup: Lookup, sessions: tuple[PlannedSession, ...]) -> list[Reason]:
    return [
        explain_placed(lookup, facts, request)
        for facts in (work_out(lookup, session) for session in sessions)
        for _, request in facts.requests
    ]


def plan_digest(lookup: Lookup) -> tuple[tuple[DigestDay, ...], list[Reason]]:
    """Send everything that is only to be made known to the first digest of its window.

    Returns:
        The digest days in order of time, and a reason for each such request, the ones that find
        no digest day included.
    """
    days: dict[date, list[str]] = {}
    told: list[Reason] = []
    for request in lookup.instance.requests:
        if not request.read_only:
            continue
        day = digest_day(lookup, request)
        if day is None:
            told.append(explain_missed_digest(request))
        else:
            days.setdefault(day, []).append(request.id)
            told.append(explain_digest(request, day))
    return tuple(DigestDay(day, tuple(ids)) for day, ids in sorted(days.items())), told
