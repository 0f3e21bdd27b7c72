"""What the pages of digests show: one committee's copy, and everybody's with who has read it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.auth import store as accounts
from server.auth.model import Login, Role
from server.db.engine import Tx
from server.digest import store
from server.digest.issuing import Correction, Issue, issues_around
from server.digest.model import (
    DigestCopy,
    DigestEntry,
    WeeklyDigest,
    copy_for,
    corrections_of,
)
from server.digest.receipts import (
    CommitteeReading,
    EntryReading,
    Receipt,
    Unread,
    entry_reading,
    readings,
    unread_of,
)
from server.digest.service import (
    load_coming,
    load_recipients,
    load_waiting_corrections,
    reader_of,
    require_digest,
)
from server.domain.clock import SITE_ZONE
from server.domain.errors import NotFoundError
from server.domain.places import Committee
from server.scheduler.filing import FiledRequest
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import WorkdayTable, digest_day_of, week_of
from server.street import store as street

SHELF = 26
"""How many earlier digests a page lists."""
_COUNTED = timedelta(days=28)
"""How long what was not read is counted on every page."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which digests there are: ``weeks`` the latest first, and the next that is to be issued."""

    weeks: tuple[WeeklyDigest, ...]
    coming: Issue | None
    now_week: str

    @property
    def current(self) -> WeeklyDigest | None:
        """The latest that was issued."""
        return next(iter(self.weeks), None)


async def load_shelf(tx: Tx, now: datetime) -> Shelf:
    """Return which digests there are."""
    today = now.astimezone(SITE_ZONE).date()
    weeks = tuple(await store.load_digests(tx, most=SHELF))
    known = {digest.week for digest in weeks}
    ahead = await _issues(tx, today)
    coming = next((i for i in ahead if i.week not in known and now < i.until), None)
    return Shelf(weeks, coming, week_of(today))


async def _issues(tx: Tx, today: date) -> list[Issue]:
    """Return the digests of the coming weeks; where all of two are holidays, of those after."""
    table = await load_workdays(tx)
    found = issues_around(table, today)
    later = _next_worked(table, today)
    return [*found, *(i for i in issues_around(table, later) if i not in found)]


def _next_worked(table: WorkdayTable, today: date) -> date:
    weeks = (today + timedelta(days=7 * count) for count in range(2, 10))
    return next((day for day in weeks if digest_day_of(table, day)), today)


async def load_week(tx: Tx, shelf: Shelf, week: str) -> WeeklyDigest | None:
    """Return the digest of a week, the latest for no week; None while there is none at all.

    Raises:
        NotFoundError: ``no_such_digest``.
    """
    if not week:
        return shelf.current
    return await require_digest(tx, week)


# --- a committee's own -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommitteePage:
    """A committee's copy with when its reader read each entry, and what was corrected later."""

    copy: DigestCopy | None
    digest: WeeklyDigest | None
    read_at: Mapping[int, datetime]
    corrected: Mapping[int, tuple[str, int]]
    shelf: Shelf
    unread: Unread

    @property
    def left(self) -> int:
        """How many entries of this copy the reader has not read."""
        return len(self.copy.entries) - len(self.read_at) if self.copy else 0


async def load_own(tx: Tx, login: Login, now: datetime, week: str = "") -> CommitteePage:
    """Return a secretary's page of a week, or of the latest digest.

    Raises:
        NotFoundError: ``no_such_digest``, also for a week that was not issued to the committee.
    """
    shelf, reader = await load_shelf(tx, now), reader_of(login)
    committee_id = login.committee_id or 0
    own = Shelf(
        tuple(d for d in shelf.weeks if committee_id in d.committee_ids),
        shelf.coming,
        shelf.now_week,
    )
    digest = await load_week(tx, own, week)
    if digest is not None and committee_id not in digest.committee_ids:
        raise NotFoundError("no_such_digest")
    weeks = {d.week for d in own.weeks} | ({digest.week} if digest else set())
    receipts = await store.load_receipts(tx, weeks)
    return CommitteePage(
        copy=copy_for(digest, committee_id) if digest else None,
        digest=digest,
        read_at=read_times(digest, receipts, reader) if digest else {},
        corrected=corrections_of(digest, own.weeks) if digest else {},
        shelf=own,
        unread=unread_of(own.weeks, receipts, committee_id=committee_id, reader=reader),
    )


def read_times(
    digest: WeeklyDigest, receipts: Collection[Receipt], reader: str
) -> dict[int, datetime]:
    """Return when a reader read each entry, by number."""
    own = (r for r in receipts if r.week == digest.week and r.reader == reader)
    return {receipt.number: receipt.at for receipt in own}


async def count_unread(tx: Tx, login: Login, now: datetime) -> int:
    """Return how many entries of the last four weeks a secretary has not read."""
    if login.role is not Role.SECRETARY or login.committee_id is None:
        return 0
    since = now.astimezone(SITE_ZONE).date() - _COUNTED
    digests = await store.load_digests(tx, since=since, most=4)
    receipts = await store.load_receipts(tx, [digest.week for digest in digests])
    reader, committee_id = reader_of(login), login.committee_id
    return unread_of(digests, receipts, committee_id=committee_id, reader=reader).count


# --- everybody's -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfficePage:
    """A digest with who has read it, and what is to stand in the next.

    Attributes:
        digest: the one shown, None while there is none.
        entries: what the login may see of it, each with who has read it.
        committees: how far each has read, those with the most left first.
        names: committees by id, retired ones too.
        readers: what those who read are called, by ``account:5`` or ``venue:12``.
        unreachable: ids of committees with something left to read that have no address.
        corrected: where entries were corrected.
        waiting: requests of the next digest, as things are.
        corrections: of the next digest.
        shelf: which digests there are.
    """

    digest: WeeklyDigest | None
    entries: Sequence[tuple[DigestEntry, EntryReading]]
    committees: Sequence[CommitteeReading]
    names: Mapping[int, Committee]
    readers: Mapping[str, str]
    unreachable: frozenset[int]
    corrected: Mapping[int, tuple[str, int]]
    waiting: Sequence[FiledRequest]
    corrections: Sequence[tuple[Correction, DigestEntry]]
    shelf: Shelf

    @property
    def late(self) -> int:
        """How many committees have something left that nobody of them has read."""
        return sum(not reading.is_done for reading in self.committees)

    @property
    def asked(self) -> int:
        """How many committees have anything to read."""
        return sum(reading.entries > 0 for reading in self.committees)


async def load_all(tx: Tx, login: Login, now: datetime, week: str = "") -> OfficePage:
    """Return the page of the meeting office, of those who look on, or a department's own part.

    Raises:
        NotFoundError: ``no_such_digest``.
    """
    shelf = await load_shelf(tx, now)
    digest = await load_week(tx, shelf, week)
    waiting = await load_coming(tx, shelf.coming) if shelf.coming else []
    corrections = await load_waiting_corrections(tx)
    if login.role is Role.CLERK:
        waiting = [r for r in waiting if r.filing.department_id == login.department_id]
        corrections = [c for c in corrections if c[1].department_id == login.department_id]
    names = {c.id: c for c in await street.load_committees(tx)}
    receipts = await store.load_receipts(tx, [digest.week] if digest else [])
    how_far = readings(digest, receipts) if digest else []
    return OfficePage(
        digest=digest,
        entries=_seen(login, digest, receipts) if digest else [],
        committees=how_far,
        names=names,
        readers=await _readers(tx),
        unreachable=await _unreachable(tx, digest, how_far) if digest else frozenset(),
        corrected=corrections_of(digest, shelf.weeks) if digest else {},
        waiting=waiting,
        corrections=corrections,
        shelf=shelf,
    )


def _seen(
    login: Login, digest: WeeklyDigest, receipts: Collection[Receipt]
) -> list[tuple[DigestEntry, EntryReading]]:
    own = login.department_id if login.role is Role.CLERK else None
    return [
        (entry, entry_reading(digest, entry, receipts))
        for entry in digest.entries
        if own in {None, entry.department_id}
    ]


async def _readers(tx: Tx) -> dict[str, str]:
    found = {f"account:{a.id}": a.display_name for a in await accounts.load_accounts(tx)}
    return found | {f"venue:{v.id}": v.name for v in await street.load_venues(tx)}


async def _unreachable(
    tx: Tx, digest: WeeklyDigest, how_far: Sequence[CommitteeReading]
) -> frozenset[int]:
    late = {reading.committee_id for reading in how_far if not reading.is_done}
    told = {r.committee_id for r in await load_recipients(tx, digest, "", late)}
    return frozenset(late - told)
