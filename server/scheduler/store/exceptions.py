"""Turns rows of signed calls above quotas into values and back."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, select, update

from server.db.engine import Tx
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import request_number
from server.scheduler.tables import QuotaExceptionRow


async def save_exceptions(
    tx: Tx, request_id: int, signed: Iterable[SignedException], at: datetime
) -> None:
    """Keep what a leader signed for a request."""
    for one in signed:
        row = QuotaExceptionRow(
            request_id=request_id,
            day=one.date,
            half=one.half,
            committee_id=int(one.committee[1:]),
            role=one.role,
            period=one.period,
            used=one.used,
            granted=one.limit,
            by=one.by,
            at=at,
            version=one.version,
        )
        tx.add(row)
    await tx.flush()


async def load_exceptions(tx: Tx) -> list[SignedException]:
    """Return everything that is signed, the oldest first."""
    rows = await tx.scalars(select(QuotaExceptionRow).order_by(QuotaExceptionRow.id))
    return [
        SignedException(
            request=request_number(row.request_id),
            date=row.day,
            half=row.half,
            committee=f"C{row.committee_id}",
            role=row.role,
            period=row.period,
            used=row.used,
            limit=row.granted,
            by=row.by,
            version=row.version,
        )
        for row in rows
    ]


async def drop_exceptions(tx: Tx, request_id: int) -> None:
    """Forget what was signed for a request: the signature was taken back."""
    await tx.execute(delete(QuotaExceptionRow).where(QuotaExceptionRow.request_id == request_id))


async def note_version(tx: Tx, request_ids: Collection[int], version: int) -> None:
    """Note which published version used what was signed for some requests, the first one only."""
    await tx.execute(
        update(QuotaExceptionRow)
        .where(
            QuotaExceptionRow.request_id.in_(list(request_ids)),
            QuotaExceptionRow.version.is_(None),
        )
        .values(version=version)
    )
