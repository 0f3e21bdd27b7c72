"""When a weekly digest is issued, and what stands in it. Pure.

It is issued on the first working day of the ISO week at 08:30 site time. What comes later goes into
the next; a week without a working day has none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from server.audit.sealing import Seal
from server.digest.model import (
    Called,
    Deadline,
    DigestEntry,
    DigestFile,
    DigestSession,
    WeeklyDigest,
)
from server.domain.clock import SITE_ZONE
from server.domain.session import Session
from server.scheduler.filing import PENDING, FiledRequest, RequestState
from server.scheduler.times import parts_of, times_of_committee
from server.scheduler.workdays import DIGEST_AT, WorkdayTable, digest_day_of, week_of

AHEAD = timedelta(days=7)
"""How long after its week deadlines are told of."""


@dataclass(frozen=True, slots=True)
class Issue:
    """The digest of a week that is to be issued from ``at`` on; after ``until`` it is no news."""

    week: str
    day: date
    at: datetime
    until: datetime

    @property
    def key(self) -> str:
        """Names the job for ever."""
        return f"digest:{self.week}"


def issues_around(table: WorkdayTable, today: date) -> list[Issue]:
    """Return the digests of this ISO week and the next, but for weeks without a working day."""
    monday = today - timedelta(days=today.isoweekday() - 1)
    found = []
    for first in (monday, monday + timedelta(days=7)):
        day = digest_day_of(table, first)
        if day is not None:
            at = datetime.combine(day, DIGEST_AT, SITE_ZONE).astimezone(UTC)
            found.append(Issue(week_of(day), day, at, _midnight(first + timedelta(days=7))))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SITE_ZONE).astimezone(UTC)


def end_of_week(day: date) -> date:
    """Return the Sunday of a day's ISO week."""
    return day + timedelta(days=7 - day.isoweekday())


def is_taken(request: FiledRequest, day: date) -> bool:
    """Tell whether a request stands in the digest of a day.

    Those that a plan put there, also for an earlier day that they came too late for; and those only
    to be made known that still wait for a plan, when the day is in their window.
    """
    if request.issued_at is not None:
        return False
    if request.state is RequestState.IN_DIGEST:
        return request.digest_on is None or request.digest_on <= day
    filing = request.filing
    waits = request.state in PENDING and filing.read_only
    return waits and filing.earliest <= day <= filing.deadline


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that correct an entry of a digest that was issued (更正).

    ``issued_week`` is the digest in which they stand, empty while they wait.
    """

    id: int
    week: str
    number: int
    text: str
    made_at: datetime
    issued_week: str = ""


@dataclass(frozen=True, slots=True)
class Material:
    """All that a digest is made of.

    Attributes:
        requests: those taken, in the order they were filed, with their departments' names.
        files: of the requests, by id.
        corrections: with the entry that each corrects.
        sessions: scheduled or open.
        placed: the requests behind each session's items.
        committee_of: the committee of each venue.
        earlier: digests issued before.
        committee_ids: those that serve, by number.
        seals: the roots of sessions that closed lately.
    """

    requests: Sequence[FiledRequest]
    files: Mapping[int, Sequence[DigestFile]]
    corrections: Sequence[tuple[Correction, DigestEntry]]
    sessions: Iterable[Session]
    placed: Mapping[int, Sequence[FiledRequest]]
    committee_of: Mapping[int, int | None]
    earlier: Iterable[WeeklyDigest]
    committee_ids: Sequence[int]
    seals: Sequence[Seal] = ()


def compose_digest(issue: Issue, material: Material, now: datetime) -> WeeklyDigest:
    """Return the digest of a week as it is issued now.

    Corrections come first, then what is asked of committees by its last day, then the rest.
    """
    serving = set(material.committee_ids)
    entries = [_corrected(made, entry) for made, entry in material.corrections]
    ordered = sorted(material.requests, key=lambda r: (r.filing.due_on or date.max, r.id))
    entries += [_entry(request, material.files.get(request.id, ())) for request in ordered]
    kept = [entry for entry in (_serving(e, serving) for e in entries) if entry is not None]
    numbered = tuple(replace(entry, number=number) for number, entry in enumerate(kept, 1))
    last = end_of_week(issue.day)
    return WeeklyDigest(
        week=issue.week,
        day=issue.day,
        issued_at=now,
        committee_ids=tuple(material.committee_ids),
        entries=numbered,
        sessions=_sessions(material, now, last),
        deadlines=_deadlines(issue, numbered, material.earlier),
        roots=_roots(material),
    )


def _roots(material: Material) -> tuple[Seal, ...]:
    """Return the roots that no digest has told of yet, by session start."""
    told = {root.session_id for digest in material.earlier for root in digest.roots}
    fresh = (seal for seal in material.seals if seal.session_id not in told)
    return tuple(sorted(fresh, key=lambda seal: (seal.starts_at, seal.session_id)))


def _entry(request: FiledRequest, files: Iterable[DigestFile]) -> DigestEntry:
    filing = request.filing
    return DigestEntry(
        number=0,
        topic=filing.topic,
        department_id=filing.department_id,
        department=request.department,
        text=filing.text,
        due_on=filing.due_on,
        committee_ids=filing.committee_ids,
        files=tuple(files),
        request=request.number,
    )


def _corrected(made: Correction, entry: DigestEntry) -> DigestEntry:
    return DigestEntry(
        number=0,
        topic=entry.topic,
        department_id=entry.department_id,
        department=entry.department,
        text=made.text,
        committee_ids=entry.committee_ids,
        corrects=f"{made.week}/{made.number}",
    )


def _serving(entry: DigestEntry, serving: Collection[int]) -> DigestEntry | None:
    """Return an entry without committees that were retired; None when nobody is left."""
    left = tuple(sorted(set(entry.committee_ids) & set(serving)))
    return None if entry.committee_ids and not left else replace(entry, committee_ids=left)


def _sessions(material: Material, now: datetime, last: date) -> tuple[DigestSession, ...]:
    """Return the sessions from now to the end of the week that call anybody, by start."""
    found = []
    for session in material.sessions:
        if session.ends_at <= now or session.starts_at.astimezone(SITE_ZONE).date() > last:
            continue
        called = tuple(_called(session, material))
        if called:
            found.append(DigestSession(session.id, session.title, session.hall, called))
    return tuple(found)


def _called(session: Session, material: Material) -> list[Called]:
    parts = parts_of(session, material.placed.get(session.id, ()))
    on_roster = {material.committee_of.get(venue) for venue in session.venue_ids}
    return [
        Called(committee_id, own.posts, own.start, own.end)
        for committee_id in material.committee_ids
        if committee_id in on_roster
        for own in times_of_committee(parts, committee_id)
    ]


def _deadlines(
    issue: Issue, entries: Iterable[DigestEntry], earlier: Iterable[WeeklyDigest]
) -> tuple[Deadline, ...]:
    """Return what is to be done from the digest day to a week after its week, by day."""
    told = [(digest.week, entry) for digest in earlier for entry in digest.entries]
    told += [(issue.week, entry) for entry in entries]
    until = end_of_week(issue.day) + AHEAD
    found = [
        Deadline(
            due_on=entry.due_on,
            topic=entry.topic,
            department=entry.department,
            week=week,
            number=entry.number,
            committee_ids=entry.committee_ids,
        )
        for week, entry in told
        if entry.due_on is not None and issue.day <= entry.due_on <= until
    ]
    return tuple(sorted(found, key=lambda d: (d.due_on, d.week, d.number)))
