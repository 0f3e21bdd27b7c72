"""Turns rows of files and delegations into values and back."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, select

from server.admission.model import Attachment, Delegation
from server.admission.tables import AttachmentRow, DelegationRow
from server.db.engine import Tx
from server.domain.errors import NotFoundError


def _attachment(row: AttachmentRow) -> Attachment:
    return Attachment(row.id, row.request_id, row.name, row.digest, row.size, row.added_at)


async def save_attachment(
    tx: Tx, request_id: int, *, name: str, digest: str, size: int, added_at: datetime
) -> None:
    """Enter a file whose bytes are kept."""
    row = AttachmentRow(
        request_id=request_id, name=name, digest=digest, size=size, added_at=added_at
    )
    tx.add(row)
    await tx.flush()


async def load_attachments(
    tx: Tx, request_ids: Collection[int]
) -> defaultdict[int, list[Attachment]]:
    """Return the files of some requests, by request, in the order in which they came."""
    query = select(AttachmentRow).where(AttachmentRow.request_id.in_(list(request_ids)))
    found: defaultdict[int, list[Attachment]] = defaultdict(list)
    for row in await tx.scalars(query.order_by(AttachmentRow.id)):
        found[row.request_id].append(_attachment(row))
    return found


async def delete_attachment(tx: Tx, request_id: int, attachment_id: int) -> Attachment:
    """Take a file off a request and return what it was; its bytes stay where they lie.

    Raises:
        NotFoundError: ``file_gone``.
    """
    row = await tx.get(AttachmentRow, attachment_id)
    if row is None or row.request_id != request_id:
        raise NotFoundError("file_gone")
    gone = _attachment(row)
    await tx.delete(row)
    await tx.flush()
    return gone


async def delete_attachments(tx: Tx, request_id: int) -> None:
    """Take every file off a request."""
    await tx.execute(delete(AttachmentRow).where(AttachmentRow.request_id == request_id))


# --- delegations -------------------------------------------------------------------------------


async def save_delegation(
    tx: Tx, giver_id: int, taker_id: int, *, days: tuple[date, date], made_at: datetime
) -> int:
    """Enter that somebody's word is lent from the first to the last of ``days``; return its id."""
    row = DelegationRow(
        giver_id=giver_id, taker_id=taker_id, first=days[0], last=days[1], made_at=made_at
    )
    tx.add(row)
    await tx.flush()
    return row.id


async def load_delegations(tx: Tx, since: date) -> list[Delegation]:
    """Return the delegations that last until ``since`` or longer, the latest first."""
    query = select(DelegationRow).where(DelegationRow.last >= since)
    rows = await tx.scalars(query.order_by(DelegationRow.id.desc()))
    return [Delegation(r.id, r.giver_id, r.taker_id, r.first, r.last, r.ended_at) for r in rows]


async def end_delegation(tx: Tx, delegation_id: int, giver_id: int, now: datetime) -> Delegation:
    """Take back a word that was lent, and return what it was.

    Raises:
        NotFoundError: ``no_such_delegation``, also when it is somebody else's or over.
    """
    row = await tx.get(DelegationRow, delegation_id, with_for_update=True)
    if row is None or row.giver_id != giver_id or row.ended_at is not None:
        raise NotFoundError("no_such_delegation")
    row.ended_at = now
    await tx.flush()
    return Delegation(row.id, row.giver_id, row.taker_id, row.first, row.last, None)
