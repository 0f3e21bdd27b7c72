"""Tells the timer what standing meetings need: sessions entered ahead, calls opened and closed."""

from collections.abc import Sequence
from datetime import datetime

from server.db.engine import Tx
from server.standing.service.closing import calls_due
from server.standing.service.desk import Convener
from server.standing.service.keeping import keep_all, meetings_due
from server.timers.model import Nudge, Source, Timed


def standing_jobs(convener: Convener) -> Source:
    """Return the source of jobs that keeps series scheduled and calls for items.

    Args:
        convener: what standing meetings are kept with.
    """

    async def keep() -> None:
        await keep_all(convener)

    async def found(tx: Tx, now: datetime) -> Sequence[Timed]:
        due: list[Timed] = [*await calls_due(tx, convener)]
        if await meetings_due(tx, convener):
            due.append(Nudge("standing", now, keep))
        return due

    return found
