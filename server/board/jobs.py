"""Once a night a better plan is looked for; in the morning it lies there as an offer."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from server.board import store
from server.board.service.offers import improve
from server.board.service.searching import Solver
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.timers.model import Nudge, Source

NIGHT = time(2)
"""When it begins, at the site."""
LASTS = timedelta(hours=3)
"""So long it may still begin: a house that starts by day does not disturb the day."""


def board_jobs(db: Database, clock: Clock, solver: Solver) -> Source:
    """Return the source of jobs that lets the night look for a better plan.

    Args:
        db: the database.
        clock: the time.
        solver: of this process.
    """

    async def run() -> None:
        await improve(db, clock, solver)

    async def source(tx: Tx, now: datetime) -> Sequence[Nudge]:
        begins = datetime.combine(now.astimezone(SITE_ZONE).date(), NIGHT, SITE_ZONE)
        if now >= begins + LASTS:
            begins += timedelta(days=1)
        offer = await store.load_offer(tx)
        if offer is not None and offer.found_at >= begins:
            begins += timedelta(days=1)
        return [Nudge(f"improve:{begins.date().isoformat()}", begins, run)]

    return source
