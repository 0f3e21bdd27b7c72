"""Turns rows of the audit log into entries and recorded events, and appends."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict

from sqlalchemy import insert, or_, select, update

from server.audit import canonical
from server.audit.chain import Entry
from server.audit.tables import AuditEventRow, AuditHeadRow
from server.db.engine import Tx
from server.domain.events import EventKind, Recorded, parse_time

_BATCH = 500
ACTOR_LENGTH = 160


async def lock_head(tx: Tx) -> tuple[int, str]:
    """Return sequence and hash of the last event, held against other writers until the commit.

    SQLite has only one writer at a time anyway.
    """
    query = select(AuditHeadRow.sequence, AuditHeadRow.hash).with_for_update()
    sequence, head = (await tx.execute(query)).one()
    return sequence, head


async def load_head(tx: Tx) -> tuple[int, str]:
    """Return sequence and hash of the last event; (0, 64 zeros) of an empty log."""
    sequence, head = (await tx.execute(select(AuditHeadRow.sequence, AuditHeadRow.hash))).one()
    return sequence, head


async def append(tx: Tx, entry: Entry) -> None:
    """Add an entry that follows the head, which must be locked."""
    fields = asdict(entry)
    fields["session_id"] = fields.pop("session")
    fields["data"] = canonical.encode(entry.data).decode()
    await tx.execute(insert(AuditEventRow).values(fields))
    await tx.execute(update(AuditHeadRow).values(sequence=entry.sequence, hash=entry.hash))


async def load_entries(tx: Tx, *, first: int = 1, last: int | None = None) -> AsyncIterator[Entry]:
    """Yield the entries from ``first`` to ``last`` in order, a few hundred rows in memory.

    Raises:
        CanonicalError: when the payload of a row is not canonical JSON.
    """
    table = AuditEventRow.__table__
    while True:
        query = select(table).where(table.c.sequence >= first).order_by(table.c.sequence)
        if last is not None:
            query = query.where(table.c.sequence <= last)
        rows = (await tx.execute(query.limit(_BATCH))).mappings().all()
        for row in rows:
            fields = dict(row)
            fields["session"] = fields.pop("session_id")
            if fields["data"] is not None:
                fields["data"] = canonical.decode(fields["data"])
            yield Entry(**fields)
        if len(rows) < _BATCH:
            return
        first = rows[-1]["sequence"] + 1


async def load_recorded(
    tx: Tx,
    *,
    session_id: int | None = None,
    kinds: Collection[str] = (),
    and_system_kinds: Collection[str] = (),
    naming: str = "",
) -> list[Recorded]:
    """Return recorded events in order.

    Args:
        tx: the transaction.
        session_id: only events of this session; None for all.
        kinds: only these kinds; empty for all.
        and_system_kinds: kinds of events without a session to be had as well: outages concern
            every session.
        naming: only events whose payload has this text as one of its values, such as ``R007``;
            letters and digits only.
    """
    row = AuditEventRow
    query = select(row.sequence, row.at, row.kind, row.session_id, row.actor, row.data)
    if session_id is not None:
        mine = row.session_id == session_id
        query = query.where(
            or_(mine, row.session_id.is_(None) & row.kind.in_([str(k) for k in and_system_kinds]))
        )
    if kinds:
        query = query.where(row.kind.in_([str(k) for k in kinds]))
    if naming:
        query = query.where(row.data.contains(f'"{naming}"', autoescape=True))
    found = await tx.execute(query.order_by(row.sequence))
    return [
        Recorded(
            sequence=sequence,
            at=parse_time(at),
            kind=kind,
            session_id=session,
            actor=actor or "",
            payload={} if data is None else canonical.decode(data),
        )
        for sequence, at, kind, session, actor, data in found
    ]


async def load_event(tx: Tx, sequence: int) -> Recorded | None:
    """Return one recorded event, or None when there is none or its body was erased."""
    row = await tx.get(AuditEventRow, sequence)
    if row is None or row.data is None:
        return None
    return Recorded(
        sequence=row.sequence,
        at=parse_time(row.at),
        kind=row.kind,
        session_id=row.session_id,
        actor=row.actor or "",
        payload=canonical.decode(row.data),
    )


async def load_hashes(tx: Tx, session_id: int, up_to: int) -> list[str]:
    """Return the hashes of a session's events up to a sequence, in order: leaves of its root."""
    row = AuditEventRow
    query = select(row.hash).where(row.session_id == session_id, row.sequence <= up_to)
    return list(await tx.scalars(query.order_by(row.sequence)))


async def load_hash(tx: Tx, sequence: int) -> str | None:
    """Return the hash of one event, or None when there is no such event."""
    found = select(AuditEventRow.hash).where(AuditEventRow.sequence == sequence)
    return await tx.scalar(found)


async def find_hash(tx: Tx, session_id: int, event_hash: str) -> int | None:
    """Return the sequence of the session's event that carries this hash, or None."""
    row = AuditEventRow
    found = select(row.sequence).where(row.hash == event_hash, row.session_id == session_id)
    return await tx.scalar(found)


async def erase_bodies(tx: Tx, sequences: Sequence[int]) -> None:
    """Erase actor, data and salt of these events; accounts of erasure are left as they are."""
    await tx.execute(
        update(AuditEventRow)
        .where(
            AuditEventRow.sequence.in_(list(sequences)),
            AuditEventRow.kind != str(EventKind.AUDIT_ERASED),
        )
        .values(actor=None, data=None, salt=None)
    )
