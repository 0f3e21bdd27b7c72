"""Keeping the working-day table: a day changed, a year entered, taken back; one event for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import ConflictError, DomainError
from server.domain.events import SYSTEM, EventKind, Payload
from server.domain.session import Session, SessionState
from server.scheduler import store
from server.scheduler.filing import FiledRequest, RequestState
from server.scheduler.store import workdays as rows
from server.scheduler.workday_seed import seed_whole_table
from server.scheduler.workdays import (
    FIRST_YEAR,
    LAST_YEAR,
    DayChange,
    Mark,
    WorkdayTable,
    changes_between,
    digest_day_of,
    is_working,
    mark_of,
    shifted,
    with_marks,
    with_year,
)

UNDOABLE = frozenset({EventKind.WORKDAYS_CHANGED, EventKind.WORKDAYS_IMPORTED})


def actor_of(login: Login) -> str:
    """Return how the audit log names a login."""
    return f"login:{login.account_id}"


async def seed(db: Database, clock: Clock) -> None:
    """Store what the package knows, once: from then on the table is the street's own."""
    async with db.view() as tx:
        if await rows.load_version(tx):
            return
    async with db.tx() as tx:
        await rows.lock_workdays(tx)
        if await rows.load_version(tx):
            return
        table = seed_whole_table()
        marks = {day: mark_of(table, day) for day in {*table.exceptions, *table.names}}
        await rows.save_workdays(tx, marks, decreed=table.decreed, version=1)
        payload: Payload = {"version": 1, "years": sorted(table.decreed)}
        await record(tx, clock, EventKind.WORKDAYS_SEEDED, actor=SYSTEM, payload=payload)


def require_year(year: int) -> None:
    """Refuse a year that no plan will ever lie in.

    Raises:
        DomainError: ``workday_year``.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DomainError("workday_year", first=FIRST_YEAR, last=LAST_YEAR)


async def change_day(db: Database, clock: Clock, login: Login, day: date, *, working: bool) -> int:
    """Make a day a working day or a day off, and return the event's sequence; 0 if it was so.

    Raises:
        DomainError: ``workday_year``.
    """
    require_year(day.year)
    async with db.tx() as tx:
        before = await _locked(tx)
        if is_working(before, day) == working:
            return 0
        after = with_marks(before, {day: Mark(working)})
        return await _enter(
            tx, clock, login, (before, after), kind=EventKind.WORKDAYS_CHANGED, year=day.year
        )


async def import_year(
    db: Database, clock: Clock, login: Login, year: int, marks: Mapping[date, Mark]
) -> int:
    """Let a decreed list take the place of what was known of a year.

    Returns:
        The event's sequence; 0 when everything was known.

    Raises:
        DomainError: ``workday_year``.
    """
    require_year(year)
    async with db.tx() as tx:
        before = await _locked(tx)
        after = with_year(before, year, marks)
        return await _enter(
            tx, clock, login, (before, after), kind=EventKind.WORKDAYS_IMPORTED, year=year
        )


async def undo(db: Database, clock: Clock, login: Login, sequence: int) -> tuple[int, int]:
    """Take back what the login has just done to the table.

    Returns:
        The year, and the sequence of the event that tells of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago,
            ``undo_overtaken`` when one of its days has been changed since.
    """
    async with db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=actor_of(login), now=clock.now())
        before, year = await _locked(tx), int(event.payload["year"])
        days = [DayChange.from_payload(day) for day in event.payload["days"]]
        if any(mark_of(before, change.day) != change.after for change in days):
            raise ConflictError("undo_overtaken")
        after = with_marks(before, {change.day: change.before for change in days})
        if not event.payload["was_decreed"]:
            after = after.undecreed(year)
        kind = EventKind.WORKDAYS_CHANGED
        done = await _enter(tx, clock, login, (before, after), kind=kind, year=year)
    return year, done


async def _locked(tx: Tx) -> WorkdayTable:
    await rows.lock_workdays(tx)
    return await rows.load_workdays(tx)


async def _enter(
    tx: Tx,
    clock: Clock,
    login: Login,
    tables: tuple[WorkdayTable, WorkdayTable],
    *,
    kind: EventKind,
    year: int,
) -> int:
    """Save what differs between two tables and record it; 0 when nothing does."""
    before, after = tables
    changes = changes_between(before, after)
    if not changes and before.decreed == after.decreed:
        return 0
    version = before.version + 1
    marks = {change.day: change.after for change in changes}
    if before.version == 0:
        whole = {*after.exceptions, *after.names, *marks}
        marks = {day: mark_of(after, day) for day in whole}
    await rows.save_workdays(tx, marks, decreed=after.decreed, version=version)
    payload: Payload = {
        "version": version,
        "year": year,
        "days": [change.to_payload() for change in changes],
        "was_decreed": not before.is_provisional(year),
        "is_decreed": not after.is_provisional(year),
        "by": login.display_name,
    }
    return (await record(tx, clock, kind, actor=actor_of(login), payload=payload)).sequence


# --- what no longer fits -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StrandedSession:
    """A scheduled session on a day off, and the working days before and after it.

    ``earlier`` is None when it would have to be held today or before.
    """

    session: Session
    on: date
    earlier: date | None
    later: date


@dataclass(frozen=True, slots=True)
class StrandedReading:
    """A request whose digest would go out on a day that is no digest day; ``later`` is one."""

    request: FiledRequest
    on: date
    later: date


@dataclass(frozen=True, slots=True)
class Stranded:
    """What of the published plan no longer fits the working days (sessions by start)."""

    sessions: tuple[StrandedSession, ...] = ()
    readings: tuple[StrandedReading, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sessions or self.readings)


async def find_stranded(tx: Tx, table: WorkdayTable, now: datetime) -> Stranded:
    """Check the published plan, from today on, against the working days."""
    today = now.astimezone(SITE_ZONE).date()
    ahead = await store.load_sessions(tx, states=[SessionState.SCHEDULED], since=now)
    readings = await store.load_requests(tx, {}, states=[RequestState.IN_DIGEST])
    return Stranded(
        tuple(_stranded(table, s, _on(s), today) for s in ahead if not is_working(table, _on(s))),
        tuple(
            StrandedReading(request, on, _next_digest_day(table, on))
            for request in sorted(readings, key=lambda r: r.id)
            if (on := request.digest_on) and on >= today and digest_day_of(table, on) != on
        ),
    )


def _on(session: Session) -> date:
    return session.starts_at.astimezone(SITE_ZONE).date()


def _stranded(table: WorkdayTable, session: Session, on: date, today: date) -> StrandedSession:
    earlier = shifted(table, on, -1)
    return StrandedSession(session, on, earlier if earlier > today else None, shifted(table, on, 1))


def _next_digest_day(table: WorkdayTable, day: date) -> date:
    """Return the digest day of the day's week when it lies ahead, else that of the next one."""
    own = digest_day_of(table, day)
    if own is not None and own >= day:
        return own
    following = shifted(table, day, 1)
    return digest_day_of(table, following) or following
