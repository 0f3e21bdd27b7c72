"""Recordings that were kept long enough: shown first, deleted by a signed list, held back by law.

Each deletion leaves an event with the digest of the manifest, which outlives the recording. It is
recorded before the first file goes; what a kill left goes when the server starts again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from server.audit import store as log
from server.audit.service import record
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind, Payload
from server.domain.session import Session, SessionState
from server.recording.export import Films
from server.recording.holdings import Held
from server.recording.retention import (
    HOLD_KINDS,
    Hold,
    Month,
    by_month,
    deleted,
    due_at,
    fold_holds,
    is_due,
    signed_as_shown,
)
from server.scheduler import store as sessions

LONGEST_REASON = 120


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording with its session, when it is due, and the hold on it."""

    session: Session
    held: Held
    due_at: datetime | None
    is_due: bool
    hold: Hold | None


@dataclass(frozen=True, slots=True)
class Keeping:
    """All recordings, the oldest first, what is due, and what the disk holds by month."""

    days: int
    kept: tuple[Kept, ...]
    months: tuple[Month, ...]

    @property
    def due(self) -> dict[int, Kept]:
        """What would be deleted now: kept long enough, sealed, and not held back."""
        return {k.session.id: k for k in self.kept if k.is_due and k.hold is None}


async def load_keeping(
    tx: Tx, clock: Clock, films: Films, days: int, videos: Sequence[tuple[datetime, int]] = ()
) -> Keeping:
    """Return what there is and what is due by a policy of so many days; nothing is changed.

    ``videos`` are the experience videos on the same disk, each with its day and its octets.
    """
    events = await log.load_recorded(tx, kinds=HOLD_KINDS)
    holds, gone, now = fold_holds(events), deleted(events), clock.now()
    held = {n: h for n, h in (await films.all()).items() if n not in gone}
    kept = []
    known = {s.id: s for s in await sessions.load_sessions(tx, states=tuple(SessionState))}
    for number, one in sorted(held.items(), key=lambda entry: entry[1].begun_us):
        if (session := known.get(number)) is None:
            continue
        due = one.is_sealed and is_due(one.begun, days, now)
        kept.append(Kept(session, one, due_at(one.begun, days), due, holds.get(number)))
    sizes = await films.sizes(list(held.values()))
    return Keeping(days, tuple(kept), tuple(by_month(sizes, videos)))


async def hold(
    db: Database, clock: Clock, films: Films, login: Login, *, session: int, reason: str
) -> None:
    """Hold a recording back from deletion.

    Raises:
        DomainError: ``hold_needs_reason``.
        NotFoundError: ``no_recording``.
    """
    words = " ".join(reason.split())[:LONGEST_REASON]
    if not words:
        raise DomainError("hold_needs_reason")
    if await films.of(session) is None:
        raise NotFoundError("no_recording")
    payload: Payload = {"session": session, "reason": words, "by": login.display_name}
    await _record(db, clock, EventKind.RECORDING_HELD, login, payload)


async def release(db: Database, clock: Clock, login: Login, session: int) -> None:
    """Let a recording follow the policy again."""
    payload: Payload = {"session": session, "by": login.display_name}
    await _record(db, clock, EventKind.RECORDING_RELEASED, login, payload)


async def _record(
    db: Database, clock: Clock, kind: EventKind, login: Login, payload: Payload
) -> None:
    async with db.tx() as tx:
        await record(tx, clock, kind, actor=f"login:{login.account_id}", payload=payload)


async def delete_due(
    db: Database, clock: Clock, films: Films, login: Login, *, days: int, signed: Collection[int]
) -> int:
    """Delete what is due, by the list that somebody signed; return how many recordings that were.

    Raises:
        ConflictError: ``deletion_list_changed`` when another list is due by now.
    """
    async with db.view() as tx:
        due = (await load_keeping(tx, clock, films, days)).due
    if not due or not signed_as_shown(signed, due):
        raise ConflictError("deletion_list_changed")
    digests = {n: await films.seal_of(one.held) for n, one in due.items()}
    async with db.tx() as tx:
        for number, one in due.items():
            payload = _tombstone(one, digests[number], login.display_name, days)
            await record(
                tx,
                clock,
                EventKind.RECORDING_DELETED,
                actor=f"login:{login.account_id}",
                payload=payload,
            )
    await sweep(db, films)
    return len(due)


def _tombstone(one: Kept, digest: str, by: str, days: int) -> Payload:
    return {
        "session": one.session.id,
        "folder": "/".join(one.held.folder.parts[-3:]),
        "sha256": digest,
        "octets": one.held.octets,
        "seconds": int(one.held.length.total_seconds()),
        "days": days,
        "by": by,
    }


async def sweep(db: Database, films: Films) -> None:
    """Remove the folders of recordings whose deletion is on record."""
    await films.clear()
    async with db.view() as tx:
        gone = deleted(await log.load_recorded(tx, kinds=[EventKind.RECORDING_DELETED]))
    there: Mapping[int, Held] = await films.all()
    for number in gone & set(there):
        await films.remove(there[number])
