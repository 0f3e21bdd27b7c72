"""Turns rows of what leaders are asked to sign above quotas into values and back."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.scheduler.overruns import Overrun, OverrunLine, OverrunState
from server.scheduler.tables import OverrunRow


def _overrun(row: OverrunRow) -> Overrun:
    return Overrun(
        id=row.id,
        request_id=row.request_id,
        state=OverrunState(row.state),
        day=row.day,
        half=row.half,
        lines=tuple(OverrunLine(*line) for line in row.lines),
        why=row.why,
        made_at=row.made_at,
    )


async def save_overrun(
    tx: Tx,
    request_id: int,
    *,
    spot: tuple[date, str],
    lines: Collection[OverrunLine],
    why: str,
    made_at: datetime,
) -> int:
    """Enter what is asked of a leader and return its id.

    Args:
        tx: the transaction.
        request_id: whose place it is.
        spot: the day and the half-day.
        lines: whose quotas would be exceeded.
        why: the office's reason.
        made_at: when it was asked.
    """
    row = OverrunRow(
        request_id=request_id,
        state=OverrunState.PENDING,
        day=spot[0],
        half=spot[1],
        lines=[
            [line.committee_id, line.used, line.limit, line.role, line.period] for line in lines
        ],
        why=why,
        made_at=made_at,
    )
    tx.add(row)
    await tx.flush()
    return row.id


async def load_overruns(tx: Tx, request_id: int | None = None) -> list[Overrun]:
    """Return what waits for a leader, the oldest first; or everything of one request."""
    query = select(OverrunRow).order_by(OverrunRow.id)
    if request_id is None:
        query = query.where(OverrunRow.state == str(OverrunState.PENDING))
    else:
        query = query.where(OverrunRow.request_id == request_id)
    return [_overrun(row) for row in await tx.scalars(query)]


async def lock_overrun(tx: Tx, overrun_id: int) -> Overrun:
    """Return one, which nobody else decides on until the transaction ends.

    Raises:
        NotFoundError: ``no_such_overrun``.
    """
    row = await tx.get(OverrunRow, overrun_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no_such_overrun")
    return _overrun(row)


async def decide_overrun(tx: Tx, overrun_id: int, state: OverrunState) -> None:
    """Enter the leader's word on one."""
    row = await tx.get_one(OverrunRow, overrun_id)
    row.state = state
    await tx.flush()
