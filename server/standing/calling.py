"""When departments are asked for items, and when a meeting's agenda closes (征集议题). Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from server.domain.clock import SITE_ZONE
from server.domain.session import Session, SessionState
from server.scheduler.workdays import WorkdayTable, is_working, shifted
from server.standing.model import Plan


class CallState(StrEnum):
    """Where a call for items stands."""

    COMING = "COMING"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True)
class CallTimes:
    """When a call opens and closes, in UTC."""

    opens_at: datetime
    closes_at: datetime


def call_times(plan: Plan, starts_at: datetime, table: WorkdayTable) -> CallTimes | None:
    """Return when the call for a meeting opens and closes; None when nobody is asked.

    An opening on a day off is brought forward to the working day before it: who is asked on a
    Saturday hears of it on Monday. An agenda closes at the latest when the meeting's day begins,
    since nobody can be called to something new on the day itself.

    Args:
        plan: says how long before.
        starts_at: the start of the meeting, aware.
        table: the working days.
    """
    if not plan.call_hours:
        return None
    midnight = datetime.combine(starts_at.astimezone(SITE_ZONE).date(), time(), SITE_ZONE)
    opens_at = (starts_at - timedelta(hours=plan.call_hours)).astimezone(SITE_ZONE)
    if not is_working(table, opens_at.date()):
        opens_at = datetime.combine(shifted(table, opens_at.date(), -1), opens_at.timetz())
    closes_at = min(starts_at - timedelta(hours=plan.close_hours), midnight)
    return CallTimes(opens_at.astimezone(starts_at.tzinfo), closes_at.astimezone(starts_at.tzinfo))


def call_state(session: Session, times: CallTimes, now: datetime) -> CallState:
    """Return where a call stands; it is closed when its agenda is, whatever the clock says."""
    if session.fixed or session.state is not SessionState.SCHEDULED or now >= times.closes_at:
        return CallState.CLOSED
    return CallState.OPEN if now >= times.opens_at else CallState.COMING
