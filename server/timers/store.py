"""Notes which jobs were done, and hands the lease from one process to another."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from server.db.base import Base
from server.db.engine import Tx
from server.timers.model import LEASE, Lease, holds, may_lead
from server.timers.tables import JobDoneRow, TimerLeaseRow

_ONE = 1


def _insert(tx: Tx, row: type[Base]) -> Any:
    """Return an insert that knows ``ON CONFLICT``, which SQLAlchemy has for each kind apart."""
    is_sqlite = tx.get_bind().dialect.name == "sqlite"
    return sqlite.insert(row) if is_sqlite else postgresql.insert(row)


async def load_done(tx: Tx, keys: Collection[str]) -> set[str]:
    """Return those of the keys whose job was done."""
    return set(await tx.scalars(select(JobDoneRow.key).where(JobDoneRow.key.in_(list(keys)))))


async def save_done(tx: Tx, key: str, at: datetime) -> bool:
    """Note a job as done; False when it was already.

    Another transaction that is noting the same job is waited for.
    """
    row = _insert(tx, JobDoneRow).values(key=key, at=at).on_conflict_do_nothing()
    return (await tx.scalars(row.returning(JobDoneRow.key))).first() is not None


async def take_lease(tx: Tx, holder: str, now: datetime) -> bool:
    """Take or renew the lease; False when another process holds it.

    The empty row comes first, so that two processes that start together queue at it.
    """
    empty = _insert(tx, TimerLeaseRow).values(id=_ONE, holder="", until=now - LEASE)
    await tx.execute(empty.on_conflict_do_nothing())
    query = select(TimerLeaseRow).where(TimerLeaseRow.id == _ONE).with_for_update()
    row = (await tx.scalars(query)).one()
    if not may_lead(Lease(row.holder, row.until), holder, now):
        return False
    row.holder, row.until = holder, now + LEASE
    await tx.flush()
    return True


async def holds_lease(tx: Tx, holder: str, now: datetime) -> bool:
    """Tell whether a process holds the lease, without taking it."""
    row = await tx.get(TimerLeaseRow, _ONE)
    return row is not None and holds(Lease(row.holder, row.until), holder, now)


async def drop_lease(tx: Tx, holder: str) -> None:
    """Leave the timers to whoever asks next, when they are this process's."""
    await tx.execute(delete(TimerLeaseRow).where(TimerLeaseRow.holder == holder))
