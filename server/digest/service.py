"""Issuing a digest, reading it, reminding of it, correcting it: one use case per function.

Nothing here changes a digest once it was issued.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.audit.service import load_seals, record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.auth import store as accounts
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.digest import store
from server.digest.format import fingerprint, serialise_digest
from server.digest.issuing import Correction, Issue, Material, compose_digest, is_taken
from server.digest.letters import Pen, digest_letter, reminder_letter, reminder_prefix
from server.digest.links import LASTS, LinkName, read_token
from server.digest.model import DigestEntry, DigestFile, WeeklyDigest, copy_for
from server.digest.receipts import Receipt, Way, readings, unread
from server.digest.recipients import Recipient, recipients_of
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import SYSTEM, EventKind, Payload
from server.domain.session import SessionState
from server.mail.service import HELD_BACK, enqueue
from server.mail.store import withdraw_letters
from server.pages.render import Renderer
from server.scheduler import store as scheduler
from server.scheduler.filing import PENDING, FiledRequest, RequestState
from server.street import store as street

LONGEST_CORRECTION = 500
UNDOABLE = (EventKind.DIGEST_REMINDED, EventKind.DIGEST_CORRECTED)
_WITNESSED = timedelta(days=90)
"""How long ago a session may have been whose root no digest has told of."""
_REMEMBERED = timedelta(days=190)
"""How far back digests are looked through for deadlines that are yet to come."""

LoadFiles = Callable[[Tx, Collection[int]], Awaitable[Mapping[int, list[DigestFile]]]]
"""Loads the files of requests, by request; they are kept by whoever takes requests in."""
FetchFile = Callable[[str], Awaitable[bytes]]
"""Returns the bytes of a file by its SHA-256."""


@dataclass(frozen=True, slots=True)
class Digester:
    """What digests are made with; ``language`` and ``address`` are for letters."""

    db: Database
    clock: Clock
    renderer: Renderer
    secret: bytes
    language: str
    address: str
    load_files: LoadFiles
    fetch_file: FetchFile


# --- issuing -----------------------------------------------------------------------------------


async def issue_digest(digester: Digester, issue: Issue, tx: Tx) -> None:
    """Issue the digest of a week and put its letters into the outbox; nothing when it was."""
    if await store.load_digest(tx, issue.week) is not None:
        return
    now = digester.clock.now()
    material = await _material(digester, tx, issue, now)
    digest = compose_digest(issue, material, now)
    content = serialise_digest(digest)
    await store.save_digest(tx, digest, content)
    taken = [request.id for request in material.requests]
    await scheduler.save_issued(tx, taken, issue.day, now)
    made = [correction.id for correction, _ in material.corrections]
    await store.save_corrections_issued(tx, made, issue.week)
    letters = await _send(digester, tx, digest)
    payload: Payload = {
        "week": digest.week,
        "day": digest.day.isoformat(),
        "sha256": fingerprint(content),
        "entries": len(digest.entries),
        "requests": [request.number for request in material.requests],
        "corrections": made,
        "letters": letters,
    }
    await record(tx, digester.clock, EventKind.DIGEST_SENT, actor=SYSTEM, payload=payload)


async def load_coming(tx: Tx, issue: Issue) -> list[FiledRequest]:
    """Return the requests that stand in the digest of a week as things are, in order of filing."""
    names = {d.id: d.name for d in await street.load_departments(tx)}
    states = (*PENDING, RequestState.IN_DIGEST)
    found = await scheduler.load_requests(tx, names, states=states)
    return sorted((r for r in found if is_taken(r, issue.day)), key=lambda r: r.id)


async def _material(digester: Digester, tx: Tx, issue: Issue, now: datetime) -> Material:
    requests = await load_coming(tx, issue)
    placed: dict[int, list[FiledRequest]] = defaultdict(list)
    for request in await scheduler.load_requests(tx, {}, states=[RequestState.PLACED]):
        placed[request.session_id or 0].append(request)
    states = (SessionState.SCHEDULED, SessionState.OPEN)
    earlier = await store.load_digests(tx, since=issue.day - _REMEMBERED)
    return Material(
        requests=requests,
        files=await digester.load_files(tx, [request.id for request in requests]),
        corrections=await load_waiting_corrections(tx),
        sessions=await scheduler.load_sessions(tx, states=states, since=now),
        placed=placed,
        committee_of={venue.id: venue.committee_id for venue in await street.load_venues(tx)},
        earlier=earlier,
        committee_ids=[c.id for c in await street.load_committees(tx) if not c.retired],
        seals=[s for s in await load_seals(tx) if s.starts_at > now - _WITNESSED],
    )


async def load_waiting_corrections(tx: Tx) -> list[tuple[Correction, DigestEntry]]:
    """Return the corrections of the next digest, each with the entry that it corrects."""
    found = []
    for correction in await store.load_corrections(tx):
        digest = await store.load_digest(tx, correction.week)
        entry = digest.entry(correction.number) if digest else None
        if entry is not None:
            found.append((correction, entry))
    return found


async def load_recipients(
    tx: Tx, digest: WeeklyDigest, language: str, committee_ids: Collection[int] | None = None
) -> list[Recipient]:
    """Return whom a digest is written to, if told only those of some committees."""
    wanted = digest.committee_ids if committee_ids is None else committee_ids
    committees = [c for c in await street.load_committees(tx) if c.id in wanted]
    return recipients_of(
        committees, await accounts.load_accounts(tx), await street.load_venues(tx), language
    )


async def _pen(digester: Digester, tx: Tx) -> Pen:
    office = await street.load_office(tx)
    return Pen(
        renderer=digester.renderer,
        secret=digester.secret,
        address=digester.address,
        street=office.name if office else "",
        phone=office.phone if office else "",
    )


async def _send(digester: Digester, tx: Tx, digest: WeeklyDigest) -> int:
    """Put a digest's letters into the outbox; return how many there are."""
    pen = await _pen(digester, tx)
    recipients = await load_recipients(tx, digest, digester.language)
    letters = [digest_letter(pen, digest, recipient) for recipient in recipients]
    written = [letter for letter in letters if letter is not None]
    for letter in written:
        await enqueue(tx, digester.clock, letter)
    return len(written)


# --- reading -----------------------------------------------------------------------------------


def reader_of(login: Login) -> str:
    """Return how receipts name a login."""
    return f"account:{login.account_id}"


async def require_digest(tx: Tx, week: str, *, lock: bool = False) -> WeeklyDigest:
    """Return the digest of a week.

    Raises:
        NotFoundError: ``no_such_digest``.
    """
    digest = await store.load_digest(tx, week, lock=lock)
    if digest is None:
        raise NotFoundError("no_such_digest")
    return digest


async def mark_read(
    digester: Digester, login: Login, week: str, *, way: Way, number: int | None = None
) -> tuple[int, ...]:
    """Note that a secretary has read a digest, or one entry of it.

    Returns:
        The numbers of what the login had not read before; what it had is noted once.

    Raises:
        NotFoundError: ``no_such_digest``, also for a committee that it was not issued to.
    """
    async with digester.db.tx() as tx:
        digest = await require_digest(tx, week)
        if login.committee_id not in digest.committee_ids:
            raise NotFoundError("no_such_digest")
        reader = _Reader(reader_of(login), f"login:{login.account_id}", login.committee_id or 0)
        return await _note(tx, digester.clock, digest, reader, way=way, number=number)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who reads, how the log names them, and for which committee."""

    holder: str
    actor: str
    committee_id: int


async def _note(
    tx: Tx,
    clock: Clock,
    digest: WeeklyDigest,
    reader: _Reader,
    *,
    way: Way,
    number: int | None = None,
) -> tuple[int, ...]:
    copy = copy_for(digest, reader.committee_id)
    left = unread(copy, await store.load_receipts(tx, [digest.week]), reader.holder)
    wanted = [n for n in left if number in (None, n)]
    now = clock.now()
    fresh = await store.save_receipts(
        tx,
        (Receipt(digest.week, n, reader.committee_id, reader.holder, way, now) for n in wanted),
    )
    if fresh:
        payload: Payload = {
            "week": digest.week,
            "committee_id": reader.committee_id,
            "entries": fresh,
            "way": str(way),
        }
        await record(tx, clock, EventKind.DIGEST_READ, actor=reader.actor, payload=payload)
    return tuple(fresh)


@dataclass(frozen=True, slots=True)
class LinkReading:
    """What a link in a letter shows: whose it is, the digest, and what its holder has not read."""

    holder: str
    committee_id: int
    committee: str
    digest: WeeklyDigest
    receipts: tuple[Receipt, ...]
    until: datetime

    @property
    def left(self) -> tuple[int, ...]:
        """The numbers of the entries that the holder has not read."""
        copy = copy_for(self.digest, self.committee_id)
        return unread(copy, self.receipts, self.holder)


async def read_link(digester: Digester, tx: Tx, token: str) -> LinkReading:
    """Return what a link shows.

    Raises:
        NotFoundError: ``digest_link_gone`` for one that was never given, has run out, or whose
            holder reads for that committee no more.
    """
    name = read_token(digester.secret, token)
    digest = await store.load_digest(tx, name.week) if name else None
    if name is None or digest is None or digester.clock.now() > digest.issued_at + LASTS:
        raise NotFoundError("digest_link_gone")
    committee_id = await _committee_of(tx, name)
    committees = {c.id: c for c in await street.load_committees(tx) if not c.retired}
    if committee_id not in committees or committee_id not in digest.committee_ids:
        raise NotFoundError("digest_link_gone")
    receipts = await store.load_receipts(tx, [name.week])
    return LinkReading(
        holder=name.holder,
        committee_id=committee_id,
        committee=committees[committee_id].name,
        digest=digest,
        receipts=tuple(receipts),
        until=digest.issued_at + LASTS,
    )


async def _committee_of(tx: Tx, name: LinkName) -> int:
    """Return the committee that the holder of a link reads for now; 0 for none."""
    kind, _, number = name.holder.partition(":")
    if kind == "account":
        account = await accounts.load_account_by_id(tx, int(number))
        may = account is not None and account.role is Role.SECRETARY and not account.disabled
        return (account.committee_id or 0) if account and may else 0
    venues = {venue.id: venue for venue in await street.load_venues(tx)}
    venue = venues.get(int(number))
    return (venue.committee_id or 0) if venue and not venue.retired else 0


async def press_link(digester: Digester, token: str) -> tuple[int, ...]:
    """Note that the holder of a link says 已阅; return the numbers of what is read only now.

    Raises:
        NotFoundError: ``digest_link_gone``.
    """
    async with digester.db.tx() as tx:
        found = await read_link(digester, tx, token)
        kind, _, number = found.holder.partition(":")
        actor = f"login:{number}" if kind == "account" else found.holder
        reader = _Reader(found.holder, actor, found.committee_id)
        return await _note(tx, digester.clock, found.digest, reader, way=Way.LINK)


# --- reminding ---------------------------------------------------------------------------------


async def remind(digester: Digester, login: Login, week: str) -> int:
    """Remind once those committees of which nobody has read everything; return the event.

    Raises:
        NotFoundError: ``no_such_digest``.
        ConflictError: ``digest_reminded`` the second time, ``digest_all_read`` with nobody left.
    """
    async with digester.db.tx() as tx:
        digest = await require_digest(tx, week, lock=True)
        if digest.reminded_at is not None:
            raise ConflictError("digest_reminded")
        receipts = await store.load_receipts(tx, [week])
        late = {r.committee_id: r.missing for r in readings(digest, receipts) if r.missing}
        if not late:
            raise ConflictError("digest_all_read")
        pen = await _pen(digester, tx)
        told = await load_recipients(tx, digest, digester.language, list(late))
        for recipient in told:
            letter = reminder_letter(pen, digest, recipient, late[recipient.committee_id])
            await enqueue(tx, digester.clock, letter, held_back=HELD_BACK)
        await store.set_reminded(tx, week, digester.clock.now())
        payload: Payload = {"week": week, "committees": sorted(late), "letters": len(told)}
        done = await record(
            tx,
            digester.clock,
            EventKind.DIGEST_REMINDED,
            actor=f"login:{login.account_id}",
            payload=payload,
        )
    return done.sequence


# --- correcting --------------------------------------------------------------------------------


async def correct(digester: Digester, login: Login, week: str, number: int, text: str) -> int:
    """Write what corrects an entry into the next digest; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_digest``, also for another department's entry.
        DomainError: ``correction_text`` when it says nothing or too much.
    """
    if not 1 <= len(text) <= LONGEST_CORRECTION:
        raise DomainError("correction_text", most=LONGEST_CORRECTION)
    async with digester.db.tx() as tx:
        digest = await require_digest(tx, week)
        entry = digest.entry(number)
        if entry is None or not may_correct(login, entry):
            raise NotFoundError("no_such_digest")
        correction_id = await store.save_correction(
            tx,
            week,
            number,
            text=text,
            account_id=login.account_id,
            made_at=digester.clock.now(),
        )
        payload: Payload = {
            "week": week,
            "entry": number,
            "correction": correction_id,
            "text": text,
        }
        done = await record(
            tx,
            digester.clock,
            EventKind.DIGEST_CORRECTED,
            actor=f"login:{login.account_id}",
            payload=payload,
        )
    return done.sequence


def may_correct(login: Login, entry: DigestEntry) -> bool:
    """Tell whether a login may correct an entry: the meeting office, and the department's clerk."""
    own = login.role is Role.CLERK and login.department_id == entry.department_id
    return own or login.role is Role.OFFICE


# --- undo --------------------------------------------------------------------------------------


async def undo(digester: Digester, login: Login, sequence: int) -> tuple[str, int]:
    """Take back a reminder or a correction; return the digest's week and the event's sequence.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            once letters have gone out, or the correction was issued.
    """
    actor = f"login:{login.account_id}"
    async with digester.db.tx() as tx:
        now = digester.clock.now()
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=actor, now=now)
        week: str = event.payload["week"]
        if event.kind == EventKind.DIGEST_REMINDED:
            if not await withdraw_letters(tx, reminder_prefix(week)):
                raise ConflictError("undo_overtaken")
            await store.set_reminded(tx, week, None)
        elif not await store.withdraw_correction(tx, event.payload["correction"], now):
            raise ConflictError("undo_overtaken")
        payload: Payload = {"week": week, "undone": sequence}
        done = await record(
            tx, digester.clock, EventKind.DIGEST_UNDONE, actor=actor, payload=payload
        )
    return week, done.sequence
