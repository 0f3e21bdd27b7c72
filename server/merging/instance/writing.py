"""Canonical writing of instances and plans in the format ``pinhui-sched/1``.

``formats`` reads back exactly the value that was written.
"""

import json
from collections.abc import Mapping

from server.merging.instance.formats import FORMAT, SIMPLE_WEIGHTS
from server.merging.instance.model import (
    Audience,
    Cell,
    Infeasible,
    Instance,
    MeetingRequest,
    MergePlan,
    PlannedSession,
    Preference,
    Quota,
    Reason,
    StandingMeeting,
    Weights,
)


def serialise_instance(instance: Instance) -> str:
    """Return the instance as JSON text, keys in the format's order, ending in a newline."""
    document = {
        "format": FORMAT,
        "name": instance.name,
        "days": [
            {
                "date": day.date.isoformat(),
                "week": day.week,
                "month": day.month,
                "weekday": day.weekday,
                "makeup": day.makeup,
            }
            for day in instance.days
        ],
        "digest_days": [day.isoformat() for day in instance.digest_days],
        "halves": {half.name: [half.start, half.end] for half in instance.halves},
        "granularity": instance.granularity,
        "max_session": instance.max_session,
        "max_items": instance.max_items,
        "roles": list(instance.roles),
        "committees": [{"id": c.id, "unit": c.unit, "name": c.name} for c in instance.committees],
        "departments": [
            {"id": d.id, "name": d.name, "unit": d.unit, "exempt": d.exempt}
            for d in instance.departments
        ],
        "venues": [
            {"id": h.id, "unit": h.unit, "kind": h.kind, "capacity": h.capacity, "name": h.name}
            for h in instance.halls
        ],
        "hosts": [_write_standing(meeting) for meeting in instance.standing],
        "blocked": [
            {
                "committee": b.committee,
                "date": b.date.isoformat(),
                "half": b.half,
                "roles": list(b.roles),
            }
            for b in instance.blocked
        ],
        "quota": _write_quota(instance.quota),
        "requests": [_write_request(request) for request in instance.requests],
        "weights": _write_weights(instance.weights),
        "meta": json.loads(instance.meta),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def serialise_plan(plan: MergePlan | Infeasible) -> str:
    """Return the plan as JSON text ending in a newline."""
    if isinstance(plan, Infeasible):
        document: dict[str, object] = {"status": "infeasible", "conflict": list(plan.conflict)}
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    document = {
        "instance": plan.instance,
        "sessions": [_write_session(session) for session in plan.sessions],
        "digest": [
            {"date": day.date.isoformat(), "requests": list(day.requests)} for day in plan.digest
        ],
        "unscheduled": [
            {"request": out.request, "reason": out.reason, "action": out.action}
            for out in plan.left_out
        ],
        "reasons": [_write_reason(reason) for reason in plan.reasons],
    }
    if plan.bound is not None:
        document["bound"] = plan.bound
    if plan.stats != "{}":
        document["stats"] = json.loads(plan.stats)
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _write_audience(audience: Audience) -> dict[str, object]:
    committees = "ALL" if audience.committees is None else list(audience.committees)
    return {"committees": committees, "roles": list(audience.roles)}


def _write_cell(cell: Cell) -> dict[str, object]:
    """Return the three members of a cell as the format spells them."""
    return {"date": cell.date.isoformat(), "half": cell.half, "venue": cell.hall}


def _write_standing(meeting: StandingMeeting) -> dict[str, object]:
    return {
        "id": meeting.id,
        "title": meeting.title,
        "unit": meeting.unit,
        "dept": meeting.department,
        **_write_cell(meeting.cell),
        "start": meeting.start,
        "own_minutes": meeting.own_minutes,
        "max_minutes": meeting.max_minutes,
        "audience": _write_audience(meeting.audience),
    }


def _write_quota(quota: Quota) -> dict[str, object]:
    return {
        "committee_week": quota.committee_week,
        "committee_month": quota.committee_month,
        "role_week": dict(quota.role_week),
        "role_month": dict(quota.role_month),
        "counts": list(quota.counts),
        "soft_week_target": quota.soft_week_target,
        "overflow": quota.overflow,
        "used": dict(quota.used),
    }


def _write_request(request: MeetingRequest) -> dict[str, object]:
    document: dict[str, object] = {
        "id": request.id,
        "dept": request.department,
        "unit": request.unit,
        "topic": request.topic,
        "minutes": request.minutes,
        "audience": _write_audience(request.audience),
        "earliest": request.earliest.isoformat(),
        "deadline": request.deadline.isoformat(),
        "filed": request.filed.isoformat(),
        "priority": int(request.priority),
        "mode": request.mode,
        "read_only": request.read_only,
        "approved": request.approved,
    }
    return {**document, **_write_wishes(request)}


def _write_wishes(request: MeetingRequest) -> Mapping[str, object]:
    wishes: dict[str, object] = {}
    if request.prefer != Preference():
        wishes["prefer"] = {
            "weekdays": list(request.prefer.weekdays),
            "halves": list(request.prefer.halves),
        }
    if request.time_window is not None:
        wishes["time_window"] = list(request.time_window)
    if request.must:
        wishes["must"] = True
    if request.pin is not None:
        pin = request.pin
        wishes["pin"] = {
            "date": pin.day.isoformat() if pin.day else None,
            "half": pin.half,
            "venue": pin.hall,
        }
    if request.published is not None:
        published = request.published
        wishes["published"] = {**_write_cell(published.cell), "frozen": published.frozen}
    return wishes


def _write_weights(weights: Weights) -> dict[str, object]:
    document: dict[str, object] = {name: getattr(weights, name) for name in SIMPLE_WEIGHTS}
    for name, prices in (("unscheduled", weights.unscheduled), ("delay", weights.delay)):
        document[name] = {str(at + 1): price for at, price in enumerate(prices)}
    return document


def serialise_reason(reason: Reason) -> str:
    """Return a reason as JSON text on one line."""
    return json.dumps(_write_reason(reason), ensure_ascii=False)


def _write_session(session: PlannedSession) -> dict[str, object]:
    return {
        "id": session.id,
        "host": session.standing,
        **_write_cell(session.cell),
        "start": session.start,
        "items": [
            {"request": item.request, "start": item.start, "minutes": item.minutes}
            for item in session.items
        ],
    }


def _write_reason(reason: Reason) -> Mapping[str, object]:
    document: dict[str, object] = {
        "request": reason.request,
        "code": reason.code,
        "params": dict(reason.params),
    }
    if reason.details:
        document["details"] = [_write_reason(detail) for detail in reason.details]
    if reason.action:
        document["action"] = reason.action
    return document
