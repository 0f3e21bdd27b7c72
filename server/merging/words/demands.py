"""Puts conflicts and concessions into words: what cannot all hold, and what a leader is asked."""

from datetime import date

from server.i18n.catalogue import say
from server.i18n.dates import month_day
from server.merging.instance.lookup import Lookup
from server.merging.proof.conflict import Concession, Conflict

RULE_WORDS = {
    "must": "conflict.must",
    "pin": "conflict.pin",
    "frozen": "conflict.frozen",
    "approval": "conflict.approval",
    "window": "conflict.window",
    "committee_quota": "conflict.committee_quota",
    "role_quota": "conflict.role_quota",
    "blocked": "conflict.blocked",
    "capacity": "conflict.capacity",
}
"""The catalogue's key for each kind of named rule."""
CONCESSION_WORDS = {
    "must": "concession.must",
    "pin": "concession.pin",
    "frozen": "concession.frozen",
    "approval": "concession.approval",
    "window": "concession.window",
    "committee_quota": "concession.committee_quota",
    "role_quota": "concession.role_quota",
    "blocked": "concession.blocked",
    "capacity": "concession.capacity",
}
"""The catalogue's key for giving up each kind of named rule."""


def say_conflict(lookup: Lookup, conflict: Conflict, language: str) -> list[str]:
    """Return the headline and then one sentence for each rule of a conflict."""
    headline = "conflict.headline" if conflict.rules else "conflict.standing"
    lines = [say(language, headline, rules=len(conflict.rules))]
    for rule in conflict.rules:
        kind, params = _terms(lookup, rule, language)
        lines.append(say(language, RULE_WORDS[kind], **params))
    return lines


def say_concessions(
    lookup: Lookup, concessions: tuple[Concession, ...], language: str
) -> list[str]:
    """Return the headline and then one sentence for each thing to be asked for; empty for none."""
    if not concessions:
        return []
    lines = [say(language, "concession.headline")]
    for concession in concessions:
        kind, params = _terms(lookup, concession.rule, language)
        lines.append(say(language, CONCESSION_WORDS[kind], calls=concession.calls, **params))
    return lines


def _terms(lookup: Lookup, rule: str, language: str) -> tuple[str, dict[str, str | int]]:
    """Return the kind of a named rule, and the names it speaks of as a reader knows them."""
    word, _, subject = rule.partition(":")
    if word == "quota":
        return _quota_terms(lookup, subject, language)
    if word == "blocked":
        names = {c.id: c.name for c in lookup.instance.committees}
        return word, {"committee": names[subject] or subject}
    if word == "capacity":
        hall = lookup.halls[subject]
        return word, {"hall": hall.name or hall.id, "people": hall.capacity}
    request = lookup.requests[subject]
    return word, {
        "request": subject,
        "topic": request.topic,
        "first": month_day(request.earliest, language),
        "last": month_day(request.deadline, language),
    }


def _quota_terms(lookup: Lookup, subject: str, language: str) -> tuple[str, dict[str, str | int]]:
    """Read ``committee_week:2026-W46`` or ``role_month:secretary:2026-11``."""
    scope, _, rest = subject.partition(":")
    role, _, period = rest.rpartition(":")
    first, last = _days_of(lookup, period)
    params: dict[str, str | int] = {
        "first": month_day(first, language),
        "last": month_day(last, language),
        "limit": _limit(lookup, scope, role),
    }
    if not role:
        return "committee_quota", params
    key = f"post.{role.upper()}"
    known = say(language, key)
    return "role_quota", {**params, "role": role if known == key else known}


def _days_of(lookup: Lookup, period: str) -> tuple[date, date]:
    """Return the first and last working day of a week or month that the instance knows."""
    days = [d.date for d in lookup.instance.days if period in (d.week, d.month)]
    return days[0], days[-1]


def _limit(lookup: Lookup, scope: str, role: str) -> int:
    quota = lookup.instance.quota
    limits = {
        "committee_week": quota.committee_week,
        "committee_month": quota.committee_month,
        "role_week": quota.role_week.get(role),
        "role_month": quota.role_month.get(role),
    }
    return limits[scope] or 0
