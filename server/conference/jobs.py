"""Opens and closes sessions when their time has come: a source of the timer.

Its nudges are named by what they do (``open:12``) and find nothing to do when it is done already.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from server.conference.commands import Order
from server.conference.service import Conferences
from server.conference.timetable import Action, TimedAction, timed_actions
from server.db.engine import Tx
from server.domain.events import SYSTEM
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.timers.model import Nudge, Source

SIGN_SECONDS = 2
"""How often a sign of life is left: the precision of an outage that took everything at once."""
_LIVE_STATES = (SessionState.SCHEDULED, SessionState.OPEN)


def session_jobs(conferences: Conferences) -> Source:
    """Return the source that names every opening and closing that lies ahead or is due."""

    async def source(tx: Tx, _now: datetime) -> Sequence[Nudge]:
        found = await sessions.load_sessions(tx, states=_LIVE_STATES)
        return [Nudge(a.key, a.at, partial(_do, conferences, a)) for a in timed_actions(found)]

    return source


async def _do(conferences: Conferences, action: TimedAction) -> None:
    if action.action is Action.OPEN:
        await conferences.open_session(action.session_id)
    else:
        conference = conferences.of_session(action.session_id)
        await conferences.carry_out(conference, Order("session.end"), SYSTEM)
