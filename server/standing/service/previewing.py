"""Where a standing meeting falls, as it is or as it would be, before anything is entered."""

from dataclasses import dataclass
from datetime import datetime

from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.session import Session
from server.scheduler.publishing import moment_of
from server.standing.model import StandingMeeting
from server.standing.occurring import AHEAD, CallOff, Create, Rehouse, Rewrite
from server.standing.recurrence import Expected, expected_days
from server.standing.service.desk import Street
from server.standing.service.scheduling import find_due

SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """The next days of a meeting, with what becomes of each, and what is done when it is saved.

    ``taken`` has the session that holds the half-day of an occurrence already, by key. The counts
    are sessions that would be scheduled, changed and called off.
    """

    days: tuple[Expected, ...]
    taken: dict[str, Session]
    new: int
    changed: int
    off: int


async def preview(tx: Tx, street: Street, meeting: StandingMeeting, now: datetime) -> Preview:
    """Return where a meeting falls from now on."""
    today = now.astimezone(SITE_ZONE).date()
    actions, clashes = await find_due(tx, street, meeting, now)
    plan = meeting.plan
    days = expected_days(plan.recurrence, street.workdays, today, today + AHEAD)
    ahead = [one for one in days if one.day is None or moment_of(one.day, plan.start) > now]
    return Preview(
        days=tuple(ahead[:SHOWN]),
        taken={clash.key: clash.session for clash in clashes},
        new=sum(isinstance(action, Create) for action in actions),
        changed=sum(isinstance(action, Rewrite | Rehouse) for action in actions),
        off=sum(isinstance(action, CallOff) for action in actions),
    )
