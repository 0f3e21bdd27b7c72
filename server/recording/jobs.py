"""Seals what is to be sealed, by the timer: at the first look after a session is over."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.session import SessionState
from server.recording import shelf
from server.recording.service import seal
from server.scheduler import store as sessions
from server.timers.model import Nudge, Source

_OVER = (SessionState.CLOSED, SessionState.ARCHIVED)


def sealing_jobs(db: Database, clock: Clock, root: Path) -> Source:
    """Return the source that names every recording whose session is over and that has no seal."""

    async def source(tx: Tx, now: datetime) -> Sequence[Nudge]:
        waiting = await asyncio.to_thread(shelf.unsealed, root)
        if not waiting:
            return []
        over = {s.id for s in await sessions.load_sessions(tx, states=_OVER)}
        return [
            Nudge(f"seal:{number}", now, partial(_seal, db, clock, root, number))
            for number in sorted(over & set(waiting))
        ]

    return source


async def _seal(db: Database, clock: Clock, root: Path, session_id: int) -> None:
    await seal(db, clock, root, session_id)
