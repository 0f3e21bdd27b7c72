"""Why each request is where it is: codes and values; the words are the catalogue's.

A placed request says where, with whom and for how many new trips. A left-out one names the rules
that keep it out of every cell of its window, counted, and the next step.
"""

from collections import Counter
from datetime import date

from server.merging.instance.crowd import Crowd
from server.merging.instance.lookup import Lookup
from server.merging.instance.model import Cell, MeetingRequest, Overflow, Priority, Reason
from server.merging.search.draft import Draft
from server.merging.search.ground import closed_by, window_cells
from server.merging.verdict.facts import SessionFacts

RULES = {
    "approval": "rule.approval",
    "blocked": "rule.blocked",
    "capacity": "rule.capacity",
    "dept_clash": "rule.dept_clash",
    "frozen": "rule.frozen",
    "max_items": "rule.max_items",
    "max_session": "rule.max_session",
    "mode": "rule.mode",
    "no_day": "rule.no_day",
    "no_digest_day": "rule.no_digest_day",
    "no_room": "rule.no_room",
    "person_clash": "rule.person_clash",
    "pin": "rule.pin",
    "price": "rule.price",
    "quota": "rule.quota",
    "read_only": "rule.read_only",
    "riders": "rule.riders",
    "time_window": "rule.time_window",
    "unit": "rule.unit",
    "window": "rule.window",
}
"""The catalogue's key for each rule that can keep a request out."""

TELLING = ("approval", "quota", "price")
"""Rules named before all others: where they apply, nothing else is in the way."""


def explain_placed(lookup: Lookup, facts: SessionFacts, request: MeetingRequest) -> Reason:
    """Say where a request went, whose ride it takes, and who was called anyway."""
    others: Crowd = 0 if facts.standing is None else lookup.crowds[facts.standing.id]
    mates = 0
    for piece, mate in facts.requests:
        if mate.id != request.id:
            others |= piece.crowd
            mates += 1
    params = _where(lookup, request, facts.session.cell) | {"mates": mates}
    if facts.standing is not None:
        params["standing"] = facts.standing.title or facts.standing.id
        code = "reason.rides_with_others" if mates else "reason.rides"
    else:
        code = "reason.shares" if mates else "reason.own_session"
    return Reason(request.id, code, params, (_who_comes(lookup, request, others),))


def _where(lookup: Lookup, request: MeetingRequest, cell: Cell) -> dict[str, str | int]:
    return _asked(request) | {
        "date": cell.date.isoformat(),
        "half": cell.half,
        "hall": lookup.halls[cell.hall].name or cell.hall,
    }


def _asked(request: MeetingRequest) -> dict[str, str | int]:
    return {"request": request.id, "topic": request.topic, "minutes": request.minutes}


def _who_comes(lookup: Lookup, request: MeetingRequest, others: Crowd) -> Reason:
    crowd = lookup.crowds[request.id]
    here_anyway = lookup.people.committees_of(others)
    params: dict[str, str | int] = {
        "people": crowd.bit_count(),
        "anyway": (crowd & others).bit_count(),
        "trips": (lookup.committees[request.id] & ~here_anyway).bit_count(),
    }
    if params["anyway"] == params["people"]:
        return Reason(request.id, "reason.all_called_anyway", params)
    some = "reason.some_called_anyway" if params["anyway"] else "reason.called_anew"
    return Reason(request.id, some, params)


def explain_digest(request: MeetingRequest, day: date) -> Reason:
    """Say that a request is only to be made known, and when."""
    return Reason(request.id, "reason.digest", _asked(request) | {"date": day.isoformat()})


def explain_missed_digest(request: MeetingRequest) -> Reason:
    """Say that no digest goes out in the window of a request that is only to be made known."""
    return _left_out(request, Counter({"no_digest_day": 1}), "action.widen_window")


def explain_left_out(draft: Draft, number: int) -> Reason:
    """Name the rules that keep a request out of each cell of its window, and the next step."""
    request = draft.ground.claims[number].request
    rules = count_refusals(draft, number)
    return _left_out(request, rules, next_step(draft, request, rules))


def count_refusals(draft: Draft, number: int) -> Counter[str]:
    """Count, over the cells of its window, the rule that keeps a left-out request out of each.

    ``approval`` and ``quota`` count only where nothing else is in the way; ``price`` stands for
    cells that are free but would cost others more than leaving the request out.
    """
    ground, claim = draft.ground, draft.ground.claims[number]
    lookup, request = ground.lookup, claim.request
    rules = Counter(
        rule for cell in window_cells(lookup, request) if (rule := closed_by(lookup, request, cell))
    )
    for spot in claim.prices:
        rule = draft.refusal(number, spot)
        if not rule:
            rule = "quota" if draft.excess(number, spot) else "price"
        rules[rule] += 1
    return rules or Counter({"no_day": 1})


def next_step(draft: Draft, request: MeetingRequest, rules: Counter[str]) -> str:
    """Return the key of what would help, the mildest first: approval, quota, wider wishes."""
    quota = draft.ground.lookup.instance.quota
    if rules["approval"]:
        return "action.ask_approval"
    if rules["quota"]:
        pressing = request.priority is Priority.URGENT or request.mandatory
        if pressing or quota.overflow is Overflow.ESCALATE:
            return "action.escalate"
        return "action.next_period"
    return "action.next_period" if rules["price"] else "action.widen_window"


def _left_out(request: MeetingRequest, rules: Counter[str], action: str) -> Reason:
    named = sorted(rules, key=lambda rule: (rule not in TELLING, -rules[rule], rule))
    details = tuple(
        Reason(request.id, "reason.kept_out", {"rule": RULES[rule], "cells": rules[rule]})
        for rule in named
    )
    params = _asked(request) | {"rule": RULES[named[0]], "cells": rules.total()}
    return Reason(request.id, "reason.left_out", params, details, action)
