"""Makes a backup beside a running server, notes it in the log, and keeps only the newest few."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from server.audit.service import record
from server.audit.store import load_recorded
from server.backup.archive import Places, Step, write_archive
from server.backup.model import BackupError, Standing, too_many
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload, Recorded

KINDS = (EventKind.BACKUP_MADE, EventKind.BACKUP_FAILED)


def fold_standing(events: Iterable[Recorded]) -> Standing:
    """Return how an installation is backed up; ``events`` are those of ``KINDS``, in order."""
    now = Standing()
    for event in events:
        told = event.payload
        if event.kind == EventKind.BACKUP_MADE:
            now = Standing(event.at, int(told["octets"]), bool(told["recordings"]))
        else:
            now = Standing(
                now.made_at,
                now.octets,
                now.has_recordings,
                event.at,
                str(told["code"]),
                dict(told["params"]),
            )
    return now


async def load_standing(tx: Tx) -> Standing:
    """Return how this installation is backed up."""
    return fold_standing(await load_recorded(tx, kinds=KINDS))


async def back_up(
    db: Database,
    clock: Clock,
    places: Places,
    *,
    recordings: bool,
    keep: int,
    actor: str,
    step: Step = lambda _done, _all: None,
) -> Path:
    """Make a backup, record it, and delete the older ones beyond ``keep``; return its file.

    The event is no part of the backup it tells of. A failure is recorded too.

    Args:
        db: the database.
        clock: the time.
        places: what to back up, and where to.
        recordings: whether recordings go in too.
        keep: how many backups stay in the folder; 0 for all.
        actor: who made it.
        step: told how far it is, from another thread.

    Raises:
        BackupError: as ``write_archive``.
    """
    try:
        made = await asyncio.to_thread(
            write_archive, places, clock.now(), recordings=recordings, step=step
        )
    except BackupError as error:
        told: Payload = {"code": error.code, "params": error.params}
        async with db.tx() as tx:
            await record(tx, clock, EventKind.BACKUP_FAILED, actor=actor, payload=told)
        raise
    payload: Payload = {"name": made.name, "octets": made.stat().st_size, "recordings": recordings}
    async with db.tx() as tx:
        await record(tx, clock, EventKind.BACKUP_MADE, actor=actor, payload=payload)
    if keep:
        for name in too_many((path.name for path in places.backups.iterdir()), keep):
            (places.backups / name).unlink(missing_ok=True)
    return made
