"""Writes proof packages: gathers events, roots and reports, and records that it did."""

import tempfile
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from server.audit import store, verify
from server.audit.chain import GENESIS, Entry, erase
from server.audit.export import beside_loop, render_header, render_records
from server.audit.package import README, Sealed, Subject, digest_of, render_roots, write_container
from server.audit.service import load_seals, record
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload

_SHARED = (
    EventKind.SYSTEM_OUTAGE_STARTED,
    EventKind.SYSTEM_OUTAGE_ENDED,
    EventKind.AUDIT_ERASED,
)
"""Events without a session that a session's attendance cannot be told without."""


async def write_package(
    db: Database,
    clock: Clock,
    out: BinaryIO,
    *,
    subjects: Sequence[Subject],
    papers: Mapping[str, bytes],
    actor: str,
    street: str,
) -> tuple[int, str]:
    """Write the proof package of some sessions.

    Args:
        db: the database.
        clock: for the header and the event.
        out: where the archive goes, written to from a thread beside the loop.
        subjects: the sessions, at least one.
        papers: file name → PDF of the reports.
        actor: who takes it.
        street: the street office's name.

    Returns:
        Sequence and hash of the event ``proof.made``: who knows the hash knows the package.
    """
    with tempfile.TemporaryDirectory(prefix="pinhui-proof-") as name:
        folder = Path(name)
        files = [folder / "README.txt", folder / "verify.py"]
        files[0].write_text(README, encoding="utf-8")
        files[1].write_bytes(Path(verify.__file__).read_bytes())  # noqa: ASYNC240 - forty kilobytes
        async with db.view() as tx:
            files.append(await _write_events(tx, clock, folder, subjects, street))
            files.append(await _write_roots(tx, folder, subjects))
        for paper, content in sorted(papers.items()):
            files.append(folder / paper)
            files[-1].write_bytes(content)
        payload: Payload = {
            "sessions": [subject.session_id for subject in subjects],
            "files": await beside_loop(_digests, files),
        }
        async with db.tx() as tx:
            made = await record(tx, clock, EventKind.PROOF_MADE, actor=actor, payload=payload)
        async with db.view() as tx:
            files.append(await _write_made(tx, clock, folder, made.sequence, street))
            head = await store.load_hash(tx, made.sequence)
        await beside_loop(write_container, out, files)
    return made.sequence, head or ""


def _digests(files: Sequence[Path]) -> list[Payload]:
    return [{"name": file.name, "sha256": digest_of(file)} for file in files]


async def _write_events(
    tx: Tx, clock: Clock, folder: Path, subjects: Sequence[Subject], street: str
) -> Path:
    first, last = min(s.first for s in subjects), max(s.last for s in subjects)
    chosen = sorted(subject.session_id for subject in subjects)
    file = folder / verify.EVENTS
    with file.open("wb") as out:
        header = render_header(
            street=street,
            exported_at=clock.now(),
            first=first,
            last=last,
            previous=await _hash(tx, first - 1),
            head=await _hash(tx, last),
            chosen=chosen,
            erased=await store.load_erased(tx, chosen, first, last),
        )
        out.write(header)
        async for entry in _chosen(tx, first, last, chosen):
            out.writelines(render_records([entry]))
    return file


async def _chosen(tx: Tx, first: int, last: int, sessions: Collection[int]) -> AsyncIterator[Entry]:
    """Yield the entries of a part of the log, those of other sessions without their bodies."""
    async for entry in store.load_entries(tx, first=first, last=last):
        yield entry if entry.session in sessions or entry.kind in _SHARED else erase(entry)


async def _write_roots(tx: Tx, folder: Path, subjects: Sequence[Subject]) -> Path:
    sealed = []
    for subject in subjects:
        for seal in (await load_seals(tx, session_id=subject.session_id))[:1]:
            hashes = await store.load_hashes(tx, subject.session_id, seal.up_to)
            sealed.append(Sealed(subject.number, seal, hashes))
    file = folder / verify.ROOTS
    roots = await beside_loop(render_roots, sealed, all_paths=len(subjects) == 1)
    file.write_bytes(roots)
    return file


async def _write_made(tx: Tx, clock: Clock, folder: Path, sequence: int, street: str) -> Path:
    file = folder / verify.MADE
    with file.open("wb") as out:
        out.write(
            render_header(
                street=street,
                exported_at=clock.now(),
                first=sequence,
                last=sequence,
                previous=await _hash(tx, sequence - 1),
                head=await _hash(tx, sequence),
            )
        )
        async for entry in store.load_entries(tx, first=sequence, last=sequence):
            out.writelines(render_records([entry]))
    return file


async def _hash(tx: Tx, sequence: int) -> str:
    return await store.load_hash(tx, sequence) or GENESIS
