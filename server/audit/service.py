"""Records events, erases bodies with an account, checks the whole log, and exports it."""

import secrets
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from pathlib import Path

from server.audit import merkle, store
from server.audit.canonical import CanonicalError
from server.audit.chain import GENESIS, SALT_BYTES, Check, Fault, seal
from server.audit.export import render_header, render_records
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload, Recorded, time_text


async def record(
    tx: Tx,
    clock: Clock,
    kind: EventKind,
    *,
    actor: str,
    payload: Payload | None = None,
    session_id: int | None = None,
) -> Recorded:
    """Append one event in the transaction of the change that it tells of.

    The head of the log stays locked until the commit, so this belongs at the end of a transaction:
    after the rows of the feature have been changed.

    Args:
        tx: the writing transaction.
        clock: read once the head is locked.
        kind: what happened.
        actor: who did it: ``login:7``, ``venue:12``, ``system``; at most 160 characters.
        payload: see ``EventKind``; None for an empty one.
        session_id: the session it belongs to.

    Raises:
        CanonicalError: when the payload has no canonical form.
    """
    previous = await store.lock_head(tx)
    now = clock.now()
    data = {} if payload is None else payload
    entry = seal(
        previous,
        at=time_text(now),
        kind=str(kind),
        session=session_id,
        actor=actor[: store.ACTOR_LENGTH],
        data=data,
        salt=secrets.token_hex(SALT_BYTES),
    )
    await store.append(tx, entry)
    return Recorded(entry.sequence, now, entry.kind, session_id, entry.actor or "", data)


async def erase(
    tx: Tx, clock: Clock, sequences: Collection[int], *, actor: str, reason: str
) -> Recorded:
    """Erase the bodies of some events and record the account of it in the same transaction.

    Raises:
        ValueError: when none are named, or one that does not exist yet.
    """
    named = sorted(set(sequences))
    last, _ = await store.lock_head(tx)
    if not named or named[0] < 1 or named[-1] > last:
        raise ValueError("name existing events to erase")
    await store.erase_bodies(tx, named)
    payload: Payload = {"sequences": named, "reason": reason}
    return await record(tx, clock, EventKind.AUDIT_ERASED, actor=actor, payload=payload)


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a check of the whole log.

    ``last`` and ``head`` are sequence and hash of the last event that fits; ``head_at`` is the
    sequence of the hash that was asked for, None without one.
    """

    fault: Fault | None
    last: int
    head: str
    head_at: int | None
    erased: int


async def check(
    tx: Tx, *, head: str | None = None, first: int = 1, last: int | None = None
) -> Finding:
    """Check the log, or a part of it, event by event.

    Args:
        tx: a reading transaction.
        head: a hash noted elsewhere, that some event of the part must carry.
        first: where to begin; the hash before it is taken as it stands.
        last: where to end; None for the end of the log, whose head must then fit too.
    """
    before = GENESIS if first == 1 else await store.load_hash(tx, first - 1)
    if before is None:
        return Finding(Fault(first - 1, "missing"), first - 1, GENESIS, None, 0)
    progress = Check(after=(first - 1, before), head=head, accounted=await _accounted_erasures(tx))
    fault: Fault | None = None
    try:
        async for entry in store.load_entries(tx, first=first, last=last):
            fault = progress.add(entry)
            if fault is not None:
                break
        else:
            fault = progress.finish()
    except CanonicalError:
        fault = Fault(progress.last + 1, "malformed")
    end = await store.load_head(tx) if last is None else (last, progress.hash)
    if fault is None and (progress.last, progress.hash) != end:
        fault = Fault(progress.last + 1, "head_not_found")
    return Finding(fault, progress.last, progress.hash, progress.head_at, len(progress.erased))


async def session_root(tx: Tx, session_id: int, up_to: int) -> str:
    """Return the Merkle root of a session's events up to a sequence, by SHA-256."""
    return merkle.root(await store.load_hashes(tx, session_id, up_to))


async def _accounted_erasures(tx: Tx) -> list[int]:
    """Return the sequences that recorded erasures name; each account is checked in its place."""
    accounts = await store.load_recorded(tx, kinds=[EventKind.AUDIT_ERASED])
    return [n for account in accounts for n in account.payload.get("sequences", [])]


async def export_lines(
    tx: Tx, clock: Clock, *, street: str, first: int = 1, bodies_withheld: bool = False
) -> AsyncIterator[bytes]:
    """Yield the lines of an export from ``first`` to the last event of this view.

    Raises:
        ValueError: when there is no event ``first``.
    """
    last, head = await store.load_head(tx)
    previous = GENESIS
    if first > 1:
        before = [entry async for entry in store.load_entries(tx, first=first - 1, last=first - 1)]
        if not before or first > last:
            raise ValueError(f"there is no event {first}")
        previous = before[0].hash
    yield render_header(
        street=street,
        exported_at=clock.now(),
        first=first,
        last=last,
        previous=previous,
        head=head,
        bodies_withheld=bodies_withheld,
    )
    async for entry in store.load_entries(tx, first=first, last=last):
        for line in render_records([entry], bodies_withheld=bodies_withheld):
            yield line


async def record_export(
    db: Database, clock: Clock, *, actor: str, bodies_withheld: bool
) -> Recorded:
    """Record that the whole log is exported, in a transaction of its own."""
    payload: Payload = {"bodies": "withheld" if bodies_withheld else "included"}
    async with db.tx() as tx:
        return await record(tx, clock, EventKind.AUDIT_EXPORTED, actor=actor, payload=payload)


async def write_export(
    db: Database,
    clock: Clock,
    file: Path,
    *,
    actor: str,
    street: str,
    bodies_withheld: bool = False,
) -> int:
    """Write the whole log to a new file, record that it was exported, and return the last sequence.

    The event of the export is itself in it.

    Raises:
        FileExistsError: when the file is already there.
    """
    with file.open("xb") as out:
        done = await record_export(db, clock, actor=actor, bodies_withheld=bodies_withheld)
        async with db.view() as tx:
            lines = export_lines(tx, clock, street=street, bodies_withheld=bodies_withheld)
            async for line in lines:
                out.write(line)
    return done.sequence
