"""Who has read what of a digest (已阅): a fold over read receipts. Pure.

Reading is a person's own: a receipt names the account, or the venue whose link was used. A
committee has read an entry as soon as anybody of it has.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.digest.model import DigestCopy, DigestEntry, WeeklyDigest, concerned, copy_for


class Way(StrEnum):
    """How something was read: its page was opened, or somebody pressed 已阅 on a page or link."""

    PAGE = "page"
    PRESS = "press"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an entry was read; ``reader`` is ``account:5`` or ``venue:12``."""

    week: str
    number: int
    committee_id: int
    reader: str
    way: Way
    at: datetime


def unread(copy: DigestCopy, receipts: Iterable[Receipt], reader: str) -> tuple[int, ...]:
    """Return the numbers of a copy's entries that a reader has not read, in order."""
    read = {r.number for r in receipts if r.week == copy.week and r.reader == reader}
    return tuple(entry.number for entry in copy.entries if entry.number not in read)


@dataclass(frozen=True, slots=True)
class CommitteeReading:
    """How far one committee has read: ``read`` of ``entries``, and who was the first to read.

    ``first`` is None as long as nobody has read anything. ``missing`` are the entries nobody read.
    """

    committee_id: int
    entries: int
    missing: tuple[int, ...]
    first: Receipt | None

    @property
    def read(self) -> int:
        """How many entries were read."""
        return self.entries - len(self.missing)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to read."""
        return not self.missing


def readings(digest: WeeklyDigest, receipts: Iterable[Receipt]) -> list[CommitteeReading]:
    """Return how far each committee has read, those with the most left first, then in order."""
    by_committee: dict[int, list[Receipt]] = {c: [] for c in digest.committee_ids}
    for receipt in receipts:
        if receipt.week == digest.week and receipt.committee_id in by_committee:
            by_committee[receipt.committee_id].append(receipt)
    found = []
    for committee_id, own in by_committee.items():
        entries = [entry.number for entry in copy_for(digest, committee_id).entries]
        read = {receipt.number for receipt in own}
        found.append(
            CommitteeReading(
                committee_id=committee_id,
                entries=len(entries),
                missing=tuple(n for n in entries if n not in read),
                first=min(own, key=lambda r: r.at, default=None),
            )
        )
    return sorted(found, key=lambda reading: -len(reading.missing))


@dataclass(frozen=True, slots=True)
class EntryReading:
    """Which committees have read an entry, and which have not; both in the digest's order."""

    read: tuple[int, ...]
    missing: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many committees are to know of it."""
        return len(self.read) + len(self.missing)


def entry_reading(
    digest: WeeklyDigest, entry: DigestEntry, receipts: Iterable[Receipt]
) -> EntryReading:
    """Return who has read an entry."""
    seen = {r.committee_id for r in receipts if r.week == digest.week and r.number == entry.number}
    whom = concerned(digest, entry)
    return EntryReading(
        read=tuple(c for c in whom if c in seen), missing=tuple(c for c in whom if c not in seen)
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """How much of its digests a reader has not read, by week."""

    by_week: Mapping[str, int]

    @property
    def count(self) -> int:
        """All of it."""
        return sum(self.by_week.values())


def unread_of(
    digests: Iterable[WeeklyDigest],
    receipts: Collection[Receipt],
    *,
    committee_id: int,
    reader: str,
) -> Unread:
    """Return how much of these digests one reader of a committee has not read."""
    counts = {
        digest.week: len(unread(copy_for(digest, committee_id), receipts, reader))
        for digest in digests
        if committee_id in digest.committee_ids
    }
    return Unread({week: count for week, count in counts.items() if count})
