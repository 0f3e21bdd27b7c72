"""Turns rows of digests, receipts and corrections into values and back."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.db.engine import Tx
from server.digest.format import parse_digest
from server.digest.issuing import Correction
from server.digest.model import WeeklyDigest
from server.digest.receipts import Receipt, Way
from server.digest.tables import DigestCorrectionRow, DigestReceiptRow, DigestRow


def _digest(row: DigestRow) -> WeeklyDigest:
    return replace(parse_digest(row.content), reminded_at=row.reminded_at)


async def load_digests(tx: Tx, *, since: date | None = None, most: int = 60) -> list[WeeklyDigest]:
    """Return issued digests, the latest first, if told only those of a day or later."""
    query = select(DigestRow).order_by(DigestRow.week.desc()).limit(most)
    if since is not None:
        query = query.where(DigestRow.day >= since)
    return [_digest(row) for row in await tx.scalars(query)]


async def load_digest(tx: Tx, week: str, *, lock: bool = False) -> WeeklyDigest | None:
    """Return the digest of a week, if told locked until the transaction ends; None without one."""
    row = await tx.get(DigestRow, week, with_for_update=lock)
    return _digest(row) if row else None


async def save_digest(tx: Tx, digest: WeeklyDigest, content: str) -> None:
    """Enter a digest that is issued; ``content`` is its text."""
    row = DigestRow(week=digest.week, day=digest.day, issued_at=digest.issued_at, content=content)
    tx.add(row)
    await tx.flush()


async def set_reminded(tx: Tx, week: str, at: datetime | None) -> None:
    """Note when a digest's laggards were reminded; None when that was taken back."""
    row = await tx.get_one(DigestRow, week)
    row.reminded_at = at
    await tx.flush()


# --- receipts ----------------------------------------------------------------------------------


async def load_receipts(tx: Tx, weeks: Collection[str]) -> list[Receipt]:
    """Return what was read of the digests of some weeks, in the order of reading."""
    query = select(DigestReceiptRow).where(DigestReceiptRow.week.in_(list(weeks)))
    rows = await tx.scalars(query.order_by(DigestReceiptRow.at, DigestReceiptRow.number))
    return [Receipt(r.week, r.number, r.committee_id, r.reader, Way(r.way), r.at) for r in rows]


async def save_receipts(tx: Tx, receipts: Iterable[Receipt]) -> list[int]:
    """Enter what was read, and return the numbers of what that reader had not read before."""
    is_sqlite = tx.get_bind().dialect.name == "sqlite"
    insert: Any = sqlite.insert if is_sqlite else postgresql.insert
    fresh = []
    for receipt in receipts:
        row = insert(DigestReceiptRow).values(
            week=receipt.week,
            number=receipt.number,
            committee_id=receipt.committee_id,
            reader=receipt.reader,
            way=str(receipt.way),
            at=receipt.at,
        )
        done = row.on_conflict_do_nothing().returning(DigestReceiptRow.number)
        fresh += list(await tx.scalars(done))
    return fresh


# --- corrections -------------------------------------------------------------------------------


async def load_corrections(tx: Tx, *, week: str = "") -> list[Correction]:
    """Return the corrections that wait for the next digest, or all of one week's, oldest first."""
    query = select(DigestCorrectionRow).where(DigestCorrectionRow.withdrawn_at.is_(None))
    if week:
        query = query.where(DigestCorrectionRow.week == week)
    else:
        query = query.where(DigestCorrectionRow.issued_week == "")
    rows = await tx.scalars(query.order_by(DigestCorrectionRow.id))
    return [Correction(r.id, r.week, r.number, r.text, r.made_at, r.issued_week) for r in rows]


async def save_correction(
    tx: Tx, week: str, number: int, *, text: str, account_id: int, made_at: datetime
) -> int:
    """Enter a correction of an entry and return its id."""
    row = DigestCorrectionRow(
        week=week, number=number, text=text, account_id=account_id, made_at=made_at
    )
    tx.add(row)
    await tx.flush()
    return row.id


async def withdraw_correction(tx: Tx, correction_id: int, at: datetime) -> bool:
    """Take back a correction that has not been issued; False for any other."""
    row = await tx.get(DigestCorrectionRow, correction_id, with_for_update=True)
    if row is None or row.issued_week or row.withdrawn_at is not None:
        return False
    row.withdrawn_at = at
    await tx.flush()
    return True


async def save_corrections_issued(tx: Tx, ids: Collection[int], week: str) -> None:
    """Note in which digest corrections stand."""
    own = update(DigestCorrectionRow).where(DigestCorrectionRow.id.in_(list(ids)))
    await tx.execute(own.values(issued_week=week))
