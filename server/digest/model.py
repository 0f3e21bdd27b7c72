"""What a weekly digest is (每周工作提示), and the part of it that one committee is sent."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from server.audit.sealing import Seal
from server.domain.places import Post


@dataclass(frozen=True, slots=True)
class DigestFile:
    """A file of an entry; ``digest`` is the SHA-256 of its bytes, ``size`` their count."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """Something that a department makes known.

    ``number`` counts from 1 in its digest. ``committee_ids`` is empty for everybody. ``request`` is
    the number of the meeting request that it was, empty for a correction (更正), whose ``corrects``
    names what it corrects: ``2026-W47/3``. ``due_on`` is the last day to do what it asks.
    """

    number: int
    topic: str
    department_id: int
    department: str
    text: str = ""
    due_on: date | None = None
    committee_ids: tuple[int, ...] = ()
    files: tuple[DigestFile, ...] = ()
    request: str = ""
    corrects: str = ""

    def concerns(self, committee_id: int) -> bool:
        """Tell whether a committee is to know of it."""
        return not self.committee_ids or committee_id in self.committee_ids


@dataclass(frozen=True, slots=True)
class Called:
    """When some posts of a committee come to a session and leave, both in UTC."""

    committee_id: int
    posts: tuple[Post, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DigestSession:
    """A session of the week and whom it calls when, by committee and first post."""

    session_id: int
    title: str
    hall: str
    called: tuple[Called, ...]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day to do something, which this or an earlier digest told of.

    ``week`` and ``number`` name the entry.
    """

    due_on: date
    topic: str
    department: str
    week: str
    number: int
    committee_ids: tuple[int, ...] = ()

    def concerns(self, committee_id: int) -> bool:
        """Tell whether a committee is to do it."""
        return not self.committee_ids or committee_id in self.committee_ids


@dataclass(frozen=True, slots=True)
class WeeklyDigest:
    """A digest (每周工作提示) as it was issued; it never changes.

    ``week`` is the ISO week, ``2026-W48``; ``day`` the digest day. ``committee_ids`` are those that
    served then. ``roots`` are those of the sessions that closed since the digest before, which
    every committee witnesses. ``reminded_at`` is when the office reminded who had not read it.
    """

    week: str
    day: date
    issued_at: datetime
    committee_ids: tuple[int, ...]
    entries: tuple[DigestEntry, ...] = ()
    sessions: tuple[DigestSession, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    roots: tuple[Seal, ...] = ()
    reminded_at: datetime | None = None

    def entry(self, number: int) -> DigestEntry | None:
        """Return the entry of a number, or None."""
        return next((entry for entry in self.entries if entry.number == number), None)


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session of the week with the time that is some posts' own."""

    session_id: int
    title: str
    hall: str
    posts: tuple[Post, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DigestCopy:
    """What one committee is told: sessions by start, deadlines by day, entries by number, roots."""

    week: str
    day: date
    committee_id: int
    entries: tuple[DigestEntry, ...]
    sessions: tuple[OwnSession, ...]
    deadlines: tuple[Deadline, ...]
    roots: tuple[Seal, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to tell."""
        return not (self.entries or self.sessions or self.deadlines or self.roots)


def copy_for(digest: WeeklyDigest, committee_id: int) -> DigestCopy:
    """Return what a digest tells one committee."""
    own = [
        OwnSession(s.session_id, s.title, s.hall, c.posts, c.starts_at, c.ends_at)
        for s in digest.sessions
        for c in s.called
        if c.committee_id == committee_id
    ]
    return DigestCopy(
        week=digest.week,
        day=digest.day,
        committee_id=committee_id,
        entries=tuple(e for e in digest.entries if e.concerns(committee_id)),
        sessions=tuple(sorted(own, key=lambda s: (s.starts_at, s.session_id))),
        deadlines=tuple(d for d in digest.deadlines if d.concerns(committee_id)),
        roots=digest.roots,
    )


def copy_of_all(digest: WeeklyDigest, entries: Iterable[DigestEntry]) -> DigestCopy:
    """Return some entries, and every session and deadline, as one copy that is nobody's own.

    A session is there once, from its first to its last call, with all posts that are called.
    """
    sessions = []
    for session in digest.sessions:
        posts = {post for called in session.called for post in called.posts}
        sessions.append(
            OwnSession(
                session_id=session.session_id,
                title=session.title,
                hall=session.hall,
                posts=tuple(post for post in Post if post in posts),
                starts_at=min(called.starts_at for called in session.called),
                ends_at=max(called.ends_at for called in session.called),
            )
        )
    return DigestCopy(
        week=digest.week,
        day=digest.day,
        committee_id=0,
        entries=tuple(entries),
        sessions=tuple(sorted(sessions, key=lambda s: (s.starts_at, s.session_id))),
        deadlines=digest.deadlines,
    )


def concerned(digest: WeeklyDigest, entry: DigestEntry) -> tuple[int, ...]:
    """Return the committees that are to know of an entry, in the digest's order."""
    return tuple(c for c in digest.committee_ids if entry.concerns(c))


def reference(week: str, number: int) -> str:
    """Return the name of an entry for ever, ``2026-W47/3``."""
    return f"{week}/{number}"


def corrections_of(
    digest: WeeklyDigest, later: Collection[WeeklyDigest]
) -> dict[int, tuple[str, int]]:
    """Return, by entry, the last correction of it in later digests: (week, number)."""
    names = {reference(digest.week, entry.number): entry.number for entry in digest.entries}
    return {
        names[entry.corrects]: (other.week, entry.number)
        for other in sorted(later, key=lambda one: one.week)
        for entry in other.entries
        if entry.corrects in names
    }
