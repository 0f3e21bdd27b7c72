"""The timer that opens and closes sessions: one APScheduler, its jobs recomputed from the tables.

Jobs are named by what they do (``open:12``) and do nothing when it is done already, so a restart,
a missed minute or a second look never does a thing twice. Every job is planned anew each minute.
"""

import logging

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server.conference.commands import Order
from server.conference.service import Conferences
from server.conference.timetable import Action, TimedAction, timed_actions
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError
from server.domain.events import SYSTEM
from server.domain.session import SessionState
from server.scheduler import store as sessions

log = logging.getLogger("pinhui.timer")

RECOMPUTE_SECONDS = 60
SIGN_SECONDS = 2
"""How often a sign of life is left: the precision of an outage that took everything at once."""
_LIVE_STATES = (SessionState.SCHEDULED, SessionState.OPEN)


class SessionTimer:
    """Opens and closes sessions when their time has come.

    Args:
        db: the database.
        clock: the time.
        conferences: what is opened and closed.
    """

    def __init__(self, db: Database, clock: Clock, conferences: Conferences) -> None:
        self._db, self._clock, self._conferences = db, clock, conferences
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def start(self) -> None:
        """Do what was missed, plan the rest, and go on."""
        await self.run_due()
        self._scheduler.add_job(self.run_due, "interval", seconds=RECOMPUTE_SECONDS, id="recompute")
        self._scheduler.add_job(
            self._conferences.note_alive, "interval", seconds=SIGN_SECONDS, id="alive"
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Forget every job; the tables still know them."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            self._conferences.note_alive()

    async def run_due(self) -> None:
        """Do every action whose moment has come, and plan the others."""
        async with self._db.view() as tx:
            found = await sessions.load_sessions(tx, states=_LIVE_STATES)
        now = self._clock.now()
        for action in timed_actions(found):
            if action.at <= now:
                await self._do(action)
            else:
                self._scheduler.add_job(
                    self._do,
                    "date",
                    [action],
                    run_date=action.at,
                    id=action.key,
                    replace_existing=True,
                )

    async def _do(self, action: TimedAction) -> None:
        try:
            if action.action is Action.OPEN:
                await self._conferences.open_session(action.session_id)
            else:
                conference = self._conferences.of_session(action.session_id)
                await self._conferences.carry_out(conference, Order("session.end"), SYSTEM)
        except DomainError as refusal:
            log.info("%s was not needed: %s", action.key, refusal)
