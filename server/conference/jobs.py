"""Opens and closes sessions when their time has come, and keeps the time inside those that run.

The first is a source of the timer; its nudges are named by what they do (``open:12``) and find
nothing to do when it is done already. The second waits for what ``due`` says comes next.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from server.conference.agenda import planned_end
from server.conference.model import Order
from server.conference.service.running import Conferences
from server.conference.timetable import CLOSE_AFTER, Action, TimedAction, timed_actions
from server.db.engine import Tx
from server.domain.clock import Clock
from server.domain.events import SYSTEM
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.timers.model import Nudge, Source

LONGEST_WAIT_SECONDS, AGAIN_SECONDS = 30.0, 1.0
log = logging.getLogger("pinhui.conference")
_LIVE_STATES = (SessionState.SCHEDULED, SessionState.OPEN)


def session_jobs(conferences: Conferences) -> Source:
    """Return the source that names every opening and closing that lies ahead or is due."""

    async def source(tx: Tx, _now: datetime) -> Sequence[Nudge]:
        found = await sessions.load_sessions(tx, states=_LIVE_STATES)
        return [
            Nudge(a.key, _moment(conferences, a), partial(_do, conferences, a))
            for a in timed_actions(found)
        ]

    return source


def _moment(conferences: Conferences, action: TimedAction) -> datetime:
    """Return when something is to be done; minutes that were added put the closing off."""
    running = {c.state.session_id: c.state for c in conferences.running}
    state = running.get(action.session_id)
    if action.action is Action.OPEN or state is None:
        return action.at
    return planned_end(state) + CLOSE_AFTER


async def _do(conferences: Conferences, action: TimedAction) -> None:
    if action.action is Action.OPEN:
        await conferences.open_session(action.session_id)
    else:
        conference = conferences.of_session(action.session_id)
        await conferences.carry_out(conference, Order("session.end"), SYSTEM)


async def keep_time(conferences: Conferences, clock: Clock) -> None:
    """Do what is due in the conferences at its moment, until cancelled."""
    while True:
        conferences.stirred.clear()
        deadline = conferences.next_deadline()
        wait = LONGEST_WAIT_SECONDS
        if deadline is not None:
            wait = min(wait, (deadline - clock.now()).total_seconds())
        if wait > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await conferences.stirred.wait()
            continue
        try:
            done = await conferences.run_due()
        except Exception:
            # a task boundary: what fails now is tried again, and the other conferences go on
            log.exception("what is due in the conferences could not be done")
            done = False
        if not done:
            await asyncio.sleep(AGAIN_SECONDS)
