"""Turns rows of the audit log into entries and recorded events, and appends."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict
from dataclasses import fields as fields_of
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    case,
    exists,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from server.audit import canonical
from server.audit.chain import Entry
from server.audit.retention import Old
from server.audit.tables import AuditEventRow, AuditHeadRow
from server.db.engine import Tx
from server.domain.events import EventKind, Recorded, parse_time, time_text

_BATCH = 500
_FIELDS = tuple(field.name for field in fields_of(Entry))
_DATA = _FIELDS.index("data")
_BODY = frozenset({"actor", "data", "salt"})
ACTOR_LENGTH = 160


async def lock_head(tx: Tx) -> tuple[int, str, str]:
    """Return sequence, hash and algorithm of the last event, held against other writers.

    They are held until the commit; SQLite has only one writer at a time anyway.
    """
    query = (
        select(AuditHeadRow.sequence, AuditHeadRow.hash, AuditEventRow.algorithm)
        .outerjoin(AuditEventRow, AuditEventRow.sequence == AuditHeadRow.sequence)
        .with_for_update(of=AuditHeadRow)
    )
    sequence, head, algorithm = (await tx.execute(query)).one()
    return sequence, head, algorithm or "sha256"


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


async def load_entries(
    tx: Tx, *, first: int = 1, last: int | None = None, told_of: int | None = None
) -> AsyncIterator[Entry]:
    """Yield the entries from ``first`` to ``last`` in order, a few hundred rows in memory.

    Args:
        tx: the transaction.
        first: where to begin.
        last: where to end; None for the end of the log.
        told_of: a session; what is said of others comes as if it were erased.

    Raises:
        CanonicalError: when the payload of a row is not JSON; whether it has a canonical form is
            for who checks, or exports, what comes.
    """
    table = AuditEventRow.__table__
    columns = _columns(table, told_of)
    while True:
        query = select(*columns).where(table.c.sequence >= first).order_by(table.c.sequence)
        if last is not None:
            query = query.where(table.c.sequence <= last)
        rows = (await tx.execute(query.limit(_BATCH))).all()
        for row in rows:
            values = list(row)
            if values[_DATA] is not None:
                values[_DATA] = canonical.parse(values[_DATA])
            yield Entry(*values)
        if len(rows) < _BATCH:
            return
        first = rows[-1].sequence + 1


def _columns(table: FromClause, told_of: int | None) -> list[ColumnElement[Any]]:
    """Return the columns of an entry in its order; with a session, nothing said of another."""
    names = ["session_id" if name == "session" else name for name in _FIELDS]
    if told_of is None:
        return [table.c[name] for name in names]
    of_another = table.c.session_id.is_not(None) & (table.c.session_id != told_of)
    return [
        case((of_another, null()), else_=table.c[name]).label(name)
        if name in _BODY
        else table.c[name]
        for name in names
    ]


async def load_recorded(
    tx: Tx,
    *,
    session_id: int | None = None,
    kinds: Collection[str] = (),
    but: Collection[str] = (),
    and_system_kinds: Collection[str] = (),
    naming: str = "",
    of_venue: int | None = None,
) -> list[Recorded]:
    """Return recorded events in order.

    Args:
        tx: the transaction.
        session_id: only events of this session; None for all.
        kinds: only these kinds; empty for all.
        but: none of these kinds.
        and_system_kinds: kinds of events without a session to be had as well: outages concern
            every session.
        naming: only events whose payload has this text as one of its values, such as ``R007``;
            letters and digits only.
        of_venue: without events that name another venue in ``venue_id``; openings name them all.
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
    if but:
        query = query.where(row.kind.not_in([str(k) for k in but]))
    if naming:
        query = query.where(row.data.contains(f'"{naming}"', autoescape=True))
    if of_venue is not None:
        query = query.where(_concerns(of_venue))
    found = await tx.execute(query.order_by(row.sequence))
    return [_recorded(*fields) for fields in found]


def _recorded(
    sequence: int, at: str, kind: str, session: int | None, actor: str | None, data: str | None
) -> Recorded:
    payload = {} if data is None else canonical.decode(data)
    return Recorded(sequence, parse_time(at), kind, session, actor or "", payload)


async def load_last(
    tx: Tx, session_id: int | None, kinds: Collection[str], most: int
) -> list[Recorded]:
    """Return a session's last events of some kinds, the newest first; None: those of no session."""
    row = AuditEventRow
    query = select(row.sequence, row.at, row.kind, row.session_id, row.actor, row.data)
    query = query.where(row.session_id == session_id, row.kind.in_([str(k) for k in kinds]))
    found = await tx.execute(query.order_by(row.sequence.desc()).limit(most))
    return [_recorded(*fields) for fields in found]


def _concerns(venue_id: int) -> ColumnElement[bool]:
    """Select events that name this venue or none; data are canonical text, so that `"` ends a key.

    A quotation mark within a text stands behind a backslash and never before a colon.
    """
    row = AuditEventRow
    named = [row.data.contains(f'"venue_id":{venue_id}{end}', autoescape=True) for end in ",}"]
    none_named = ~row.data.contains('"venue_id":', autoescape=True)
    whole = row.data.is_(None) | (row.kind == str(EventKind.SESSION_OPENED))
    return or_(whole, none_named, *named)


async def load_latest(tx: Tx, *, above: int, but_kinds: Collection[str]) -> dict[int, int]:
    """Return the last event of each session that has one above a sequence, kinds left out."""
    row = AuditEventRow
    query = select(row.session_id, func.max(row.sequence)).where(
        row.sequence > above,
        row.session_id.is_not(None),
        row.kind.not_in([str(kind) for kind in but_kinds]),
    )
    found = (await tx.execute(query.group_by(row.session_id))).all()
    return {int(session): int(last) for session, last in found if session is not None}


async def load_above(tx: Tx, *, above: int, kinds: Collection[str]) -> list[Recorded]:
    """Return the recorded events of some kinds above a sequence, in order."""
    row = AuditEventRow
    query = select(row.sequence).where(
        row.sequence > above, row.kind.in_([str(kind) for kind in kinds])
    )
    sequences = (await tx.scalars(query.order_by(row.sequence))).all()
    found = [await load_event(tx, sequence) for sequence in sequences]
    return [event for event in found if event is not None]


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


async def load_hashes(tx: Tx, session_id: int, up_to: int) -> dict[int, str]:
    """Return sequence → hash of a session's events up to one, in order: leaves of its root."""
    row = AuditEventRow
    query = select(row.sequence, row.hash)
    query = query.where(row.session_id == session_id, row.sequence <= up_to)
    found = await tx.execute(query.order_by(row.sequence))
    return {row.sequence: row.hash for row in found}


async def load_old(tx: Tx, old: Old) -> list[tuple[int, str]]:
    """Return sequence and kind of old events whose bodies are there, in order."""
    row = AuditEventRow
    query = select(row.sequence, row.kind).where(_is_old(old)).order_by(row.sequence)
    return [(sequence, kind) for sequence, kind in await tx.execute(query)]


def _is_old(old: Old) -> ColumnElement[bool]:
    row, limit = AuditEventRow, time_text(old.limit)
    by_itself = row.at < limit
    if old.ends:
        by_itself &= row.session_id.is_(None) | row.kind.in_(old.alone)
        by_itself |= row.session_id.in_(_settled(old, limit))
        by_itself |= row.session_id.in_(old.never_held) & ~_told_since(old, limit, row.session_id)
    return row.salt.is_not(None) & row.kind.in_(old.kinds) & (row.at < limit) & by_itself


def _settled(old: Old, limit: str) -> Select[int | None]:
    """Select the sessions that have ended and of which nothing was told since the limit."""
    end = aliased(AuditEventRow)
    return select(end.session_id).where(
        end.kind.in_(old.ends),
        end.session_id.is_not(None),
        end.at < limit,
        ~_told_since(old, limit, end.session_id),
    )


def _told_since(
    old: Old, limit: str, session_id: InstrumentedAttribute[int | None]
) -> ColumnElement[bool]:
    """Select the sessions of which something was told since the limit."""
    later = aliased(AuditEventRow)
    return exists().where(
        later.session_id == session_id, later.at >= limit, later.kind.not_in(old.alone)
    )


async def load_bounds(tx: Tx, session_id: int, *, but: Collection[str] = ()) -> tuple[int, int]:
    """Return the sequences of a session's first and last event without some kinds; 0 for none."""
    row = AuditEventRow
    query = select(func.min(row.sequence), func.max(row.sequence))
    query = query.where(row.session_id == session_id, row.kind.not_in([str(k) for k in but]))
    first, last = (await tx.execute(query)).one()
    return first or 0, last or 0


async def find_first(tx: Tx, session_id: int, kind: str) -> int:
    """Return the sequence of a session's first event of a kind, 0 without one."""
    row = AuditEventRow
    query = select(func.min(row.sequence))
    query = query.where(row.session_id == session_id, row.kind == str(kind))
    return await tx.scalar(query) or 0


async def load_newest(tx: Tx, session_id: int, kinds: Collection[str]) -> int:
    """Return the sequence of a session's last event of some kinds, 0 without one."""
    row = AuditEventRow
    query = select(func.max(row.sequence))
    query = query.where(row.session_id == session_id, row.kind.in_([str(k) for k in kinds]))
    return await tx.scalar(query) or 0


async def load_erased(tx: Tx, sessions: Collection[int], first: int, last: int) -> list[int]:
    """Return the sequences of some sessions' events whose bodies are gone, in order."""
    row = AuditEventRow
    query = select(row.sequence).where(row.session_id.in_(sessions), row.salt.is_(None))
    query = query.where(row.sequence.between(first, last))
    return list(await tx.scalars(query.order_by(row.sequence)))


async def load_erased_sessions(tx: Tx) -> set[int]:
    """Return the sessions whose opening has no body any more: nothing can be told of them."""
    row = AuditEventRow
    query = select(row.session_id).where(
        row.kind == str(EventKind.SESSION_OPENED), row.salt.is_(None), row.session_id.is_not(None)
    )
    return {session for session in await tx.scalars(query) if session is not None}


async def has_erased(tx: Tx, first: int, last: int | None) -> bool:
    """Tell whether the body of any event from one to another is gone."""
    row = AuditEventRow
    query = select(row.sequence).where(row.salt.is_(None), row.sequence >= first)
    if last is not None:
        query = query.where(row.sequence <= last)
    return await tx.scalar(query.limit(1)) is not None


async def count_old(tx: Tx, old: Old) -> dict[str, int]:
    """Return how many old events of each kind have their bodies, by kind."""
    row = AuditEventRow
    query = select(row.kind, func.count()).where(_is_old(old)).group_by(row.kind)
    found = (await tx.execute(query.order_by(func.min(row.sequence)))).all()
    return {one.kind: int(one[1]) for one in found}


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
