"""Whether one request fits into one half-day beside what is in the calendar already. Pure."""

from dataclasses import replace
from datetime import date

from server.merging.instance.model import Instance, MergePlan, Overflow, Pin
from server.merging.search.merge import merge


def plan_alone(instance: Instance, spot: tuple[date, str], overflow: Overflow) -> MergePlan | None:
    """Return the plan with the one request of an instance in a half-day, None when it cannot be.

    Args:
        instance: of one request.
        spot: the day and the half-day.
        overflow: ESCALATE when the quotas may be exceeded.
    """
    if spot[0] not in {day.date for day in instance.days}:
        return None
    pinned = tuple(replace(request, pin=Pin(*spot)) for request in instance.requests)
    quota = replace(instance.quota, overflow=overflow)
    plan = merge(replace(instance, requests=pinned, quota=quota), rounds=0)
    return None if plan.left_out else plan
