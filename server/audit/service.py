"""Records events, erases bodies with an account, checks the whole log, and exports it."""

import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.audit import merkle, store
from server.audit.canonical import CanonicalError
from server.audit.chain import ALGORITHMS, GENESIS, SALT_BYTES, Entry, seal
from server.audit.checking import Check, Fault, find_fault_alone, fits_root
from server.audit.export import render_header, render_records
from server.audit.sealing import Seal, seal_from, seal_of, seal_payload
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import SYSTEM, EventKind, Payload, Recorded, time_text


async def record(
    tx: Tx,
    clock: Clock,
    kind: EventKind,
    *,
    actor: str,
    payload: Payload | None = None,
    session_id: int | None = None,
    algorithm: str = "",
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
        algorithm: of its digests; empty for that of the event before, see ``use_algorithm``.

    Raises:
        CanonicalError: when the payload has no canonical form.
    """
    last, head, before = await store.lock_head(tx)
    now = clock.now()
    data = {} if payload is None else payload
    entry = seal(
        (last, head),
        at=time_text(now),
        kind=str(kind),
        session=session_id,
        actor=actor[: store.ACTOR_LENGTH],
        data=data,
        salt=secrets.token_hex(SALT_BYTES),
        algorithm=algorithm or before,
    )
    await store.append(tx, entry)
    return Recorded(entry.sequence, now, entry.kind, session_id, entry.actor or "", data)


async def use_algorithm(db: Database, clock: Clock, algorithm: str) -> bool:
    """Let all events from now on be made with this algorithm; return whether that is a change.

    The change is itself the first event made with it. What was recorded stays as it is.

    Raises:
        ValueError: when it is not one of ``ALGORITHMS``.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"audit_algorithm cannot be {algorithm}: {' or '.join(ALGORITHMS)}")
    async with db.tx() as tx:
        _, _, before = await store.lock_head(tx)
        if before == algorithm:
            return False
        payload: Payload = {"name": "audit_algorithm", "before": before, "after": algorithm}
        await record(
            tx, clock, EventKind.SETTING_CHANGED, actor=SYSTEM, payload=payload, algorithm=algorithm
        )
    return True


async def seal_session(
    tx: Tx, clock: Clock, session_id: int, *, title: str, starts_at: datetime
) -> Seal:
    """Record the root of a session that has just been closed, in the same transaction."""
    last, _, algorithm = await store.lock_head(tx)
    hashes = await store.load_hashes(tx, session_id, last)
    made = seal_of(session_id, title, starts_at, hashes=hashes, algorithm=algorithm)
    await record(
        tx,
        clock,
        EventKind.SESSION_SEALED,
        actor=SYSTEM,
        payload=seal_payload(made),
        session_id=session_id,
    )
    return made


async def load_seals(tx: Tx, *, session_id: int | None = None) -> list[Seal]:
    """Return the roots that were recorded, in order; of all sessions, or of one.

    What was tampered with so that it tells of no root is left out: ``check_session`` names it.
    """
    kinds = [EventKind.SESSION_SEALED]
    seals: list[Seal] = []
    try:
        found = await store.load_recorded(tx, session_id=session_id, kinds=kinds)
    except CanonicalError:
        return seals
    for event in found:
        with suppress(ValueError):
            seals.append(seal_from(event))
    return seals


async def erase(
    tx: Tx, clock: Clock, sequences: Collection[int], *, actor: str, reason: str
) -> Recorded:
    """Erase the bodies of some events and record the account of it in the same transaction.

    Raises:
        ValueError: when none are named, or one that does not exist yet.
    """
    named = sorted(set(sequences))
    last, _, _ = await store.lock_head(tx)
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
    tx: Tx,
    *,
    head: str | None = None,
    first: int = 1,
    last: int | None = None,
    told_of: int | None = None,
) -> Finding:
    """Check the log, or a part of it, event by event.

    Args:
        tx: a reading transaction.
        head: a hash noted elsewhere, that some event of the part must carry.
        first: where to begin; the hash before it is taken as it stands.
        last: where to end; None for the end of the log, whose head must then fit too.
        told_of: a session; the bodies of what is said of others are not looked at.
    """
    before = GENESIS if first == 1 else await store.load_hash(tx, first - 1)
    if before is None:
        return Finding(Fault(first - 1, "missing"), first - 1, GENESIS, None, 0)
    progress = Check(
        after=(first - 1, before),
        head=head,
        accounted=await _accounted(tx, first, last),
        told_of=told_of,
    )
    fault: Fault | None = None
    try:
        async for entry in store.load_entries(tx, first=first, last=last, told_of=told_of):
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


async def check_session(tx: Tx, session_id: int, last: int) -> Fault | None:
    """Return the first fault in what a session's report is folded from, up to an event.

    The chain is followed from the session's opening, of other sessions without their bodies. What
    was said before the opening, say a leave, may stand weeks earlier, with all the street's events
    between: each such event is checked by itself, and its hash is one of those that the session's
    root is made of. Where no root was recorded, the chain is followed from the session's first.
    """
    first, _ = await store.load_bounds(tx, session_id)
    opened, sealed = [
        await store.find_first(tx, session_id, kind)
        for kind in (EventKind.SESSION_OPENED, EventKind.SESSION_SEALED)
    ]
    seal = await _load_entry(tx, sealed) if first < opened < sealed <= last else None
    if seal is None or seal.data is None:
        return (await check(tx, first=first, last=last, told_of=session_id)).fault
    hashes = await store.load_hashes(tx, session_id, last)
    for sequence in hashes:
        if sequence < opened:
            fault = await _fault_alone(tx, sequence)
            if fault is not None:
                return fault
    found = await check(tx, first=opened, last=last, told_of=session_id)
    leaves = [event_hash for sequence, event_hash in hashes.items() if sequence < sealed]
    if found.fault is None and not fits_root(seal, leaves):
        return Fault(sealed, "root_wrong")
    return found.fault


async def _load_entry(tx: Tx, sequence: int) -> Entry | None:
    """Return one entry; None when its payload is no canonical JSON."""
    try:
        return await anext(store.load_entries(tx, first=sequence, last=sequence))
    except CanonicalError:
        return None


async def _fault_alone(tx: Tx, sequence: int) -> Fault | None:
    entry = await _load_entry(tx, sequence)
    if entry is None:
        return Fault(sequence, "malformed")
    if entry.is_erased and sequence not in await _accounted(tx, sequence, sequence):
        return Fault(sequence, "erased_without_account")
    return find_fault_alone(entry)


async def session_root(tx: Tx, session_id: int, up_to: int, algorithm: str = "sha256") -> str:
    """Return the Merkle root of a session's events up to a sequence."""
    hashes = await store.load_hashes(tx, session_id, up_to)
    return merkle.root(list(hashes.values()), algorithm)


async def _accounted(tx: Tx, first: int, last: int | None) -> list[int]:
    """Return the sequences of a part that recorded erasures name, where anything of it is erased.

    Each account is checked in its place.
    """
    if not await store.has_erased(tx, first, last):
        return []
    accounts = await store.load_above(tx, above=first, kinds=[EventKind.AUDIT_ERASED])
    named = (n for account in accounts for n in account.payload.get("sequences", []))
    return [n for n in named if n >= first and (last is None or n <= last)]


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
