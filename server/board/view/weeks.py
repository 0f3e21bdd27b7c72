"""Which days and half-days are shown, what closes them, and what is in each. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from server.board.view.meetings import tell_outside, tell_planned
from server.board.view.sight import Sight, Span
from server.domain.clock import SITE_ZONE
from server.domain.session import Session, SessionState
from server.i18n.dates import holiday_name
from server.scheduler.filing import HALVES
from server.scheduler.workdays import FRIDAY, is_working, week_of

SHOWN_STATES = {
    SessionState.SCHEDULED: "scheduled",
    SessionState.OPEN: "open",
    SessionState.CLOSED: "held",
    SessionState.ARCHIVED: "held",
}

HalfDay = tuple[date, str]
Told = dict[str, Any]


def tell_weeks(sight: Sight, span: Span) -> list[Told]:
    """Return the days of a span with their half-days and sessions, week by week.

    Saturdays and Sundays are left out unless they are worked on or something is held on them.
    """
    shown = _by_half_day(sight)
    digests = _digests(sight)
    found: dict[str, list[Told]] = {}
    for day in span.days:
        told = _day(sight, day, shown, digests.get(day))
        busy = any(half["sessions"] for half in told["halves"])
        if told["working"] or day.isoweekday() <= FRIDAY or busy:
            found.setdefault(week_of(day), []).append(told)
    return [{"iso": iso, "days": days} for iso, days in found.items()]


def _digests(sight: Sight) -> dict[date, Told]:
    """Return how much each digest has, what has been issued included."""
    requests = sight.board.ground.facts.requests
    issued = Counter(r.digest_on for r in requests if r.issued_at is not None and r.digest_on)
    planned = Counter({day.date: len(day.requests) for day in sight.board.plan.digest})
    return {
        day: {"sent": bool(issued[day]), "count": count}
        for day, count in (planned + issued).items()
    }


def _day(
    sight: Sight, day: date, shown: Mapping[HalfDay, Sequence[Told]], digest: Told | None
) -> Told:
    table = sight.board.ground.facts.situation.workdays
    working = is_working(table, day)
    return {
        "date": day.isoformat(),
        "weekday": day.isoweekday(),
        "working": working,
        "makeup": working and day.isoweekday() > FRIDAY,
        "name": holiday_name(table.names.get(day, ""), sight.language),
        "digest": digest,
        "halves": [
            {
                "half": half.name,
                "closed": _closed(sight, day, working=working),
                "sessions": shown.get((day, half.name), []),
            }
            for half in HALVES
        ],
    }


def _closed(sight: Sight, day: date, *, working: bool) -> dict[str, str] | None:
    code = ""
    if not working:
        code = "holiday"
    elif day <= sight.board.ground.facts.today:
        code = "past"
    return {"code": code, "words": sight.say(f"board.closed_{code}")} if code else None


def _by_half_day(sight: Sight) -> dict[HalfDay, list[Told]]:
    found: dict[HalfDay, list[Told]] = {}
    for planned in sight.board.plan.sessions:
        found.setdefault(planned.cell[:2], []).append(tell_planned(sight, planned))
    inside = {s.id for s in sight.board.ground.movable.values()}
    inside |= {int(key[1:]) for key in sight.lookup.standing}
    for session in sight.sessions.values():
        if session.id not in inside and session.state in SHOWN_STATES:
            told = tell_outside(sight, session, SHOWN_STATES[session.state])
            found.setdefault(_half_day(session), []).append(told)
    for sessions in found.values():
        sessions.sort(key=lambda session: str(session["start"]))
    return found


def _half_day(session: Session) -> HalfDay:
    start = session.starts_at.astimezone(SITE_ZONE)
    half = HALVES[0] if start.hour * 60 + start.minute < HALVES[0].end else HALVES[1]
    return start.date(), half.name
