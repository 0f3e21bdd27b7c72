"""Reads a session's report out of the log, proves that log, and records who read it."""

from dataclasses import dataclass

from server.attendance.accounting import OUTAGE_KINDS, compute_attendance
from server.attendance.report import Report, report_of
from server.audit import service as audit
from server.audit import store as log
from server.audit.chain import GENESIS, Fault
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Recorded
from server.domain.session import Session, SessionState
from server.scheduler import store as sessions

READING = (EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED)
_HELD = (SessionState.OPEN, SessionState.CLOSED, SessionState.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for a report: the actor of the log, and the name shown to later readers."""

    actor: str
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the log says of itself.

    ``fault`` is the first fault from the session's first event to its last, with whatever lies
    between; ``value`` is the hash of that last event, number ``sequence``: the chain value (校验值)
    that a report carries.
    """

    fault: Fault | None
    sequence: int
    value: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with its proof and its latest readers, newest first, without this one."""

    session: Session
    report: Report
    proof: Proof
    readers: tuple[Recorded, ...]


async def load_held_sessions(db: Database) -> list[Session]:
    """Return the sessions that have a report, the latest first."""
    async with db.view() as tx:
        return list(reversed(await sessions.load_sessions(tx, states=_HELD)))


async def read_report(
    db: Database, clock: Clock, session_id: int, *, reader: Reader, form: str
) -> Shown:
    """Return the report of a session; that it was read is recorded before it is shown.

    Args:
        db: the database.
        clock: the time, up to which an open session is measured.
        session_id: the session.
        reader: who asks.
        form: ``page``, ``pdf`` or ``csv``.

    Raises:
        NotFoundError: ``no_such_session``.
        DomainError: ``session_not_opened``.
    """
    async with db.view() as tx:
        session = await sessions.load_session(tx, session_id)
        report = await load_report(tx, clock, session_id)
        proof = await _prove(tx, report)
        readers = await log.load_recorded(tx, session_id=session_id, kinds=READING)
    async with db.tx() as tx:
        await audit.record(
            tx,
            clock,
            EventKind.REPORT_VIEWED if form == "page" else EventKind.REPORT_DOWNLOADED,
            actor=reader.actor,
            payload={"format": form, "by": reader.name},
            session_id=session_id,
        )
    return Shown(session, report, proof, tuple(reversed(readers)))


async def load_report(tx: Tx, clock: Clock, session_id: int) -> Report:
    """Return the report of a session, folded from its events.

    Raises:
        DomainError: ``session_not_opened``.
    """
    events = await log.load_recorded(tx, session_id=session_id, and_system_kinds=OUTAGE_KINDS)
    return report_of(compute_attendance(events, clock.now()))


async def _prove(tx: Tx, report: Report) -> Proof:
    attendance = report.attendance
    finding = await audit.check(tx, first=attendance.first_sequence, last=attendance.last_sequence)
    value = await log.load_hash(tx, attendance.last_sequence)
    return Proof(finding.fault, attendance.last_sequence, value or "")


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of checking one session's events against a value from its report.

    ``value_at`` is the sequence of the session's event that carries the value; None when none was
    given or none has it: a value of another session's report proves nothing of this one.
    ``value_given`` tells the two apart. ``events`` are those of ``KEY_EVENTS``, each with the hash
    before it and its own. ``root`` is the session's Merkle root up to its last event.
    """

    session: Session
    report: Report
    fault: Fault | None
    value_given: bool
    value_at: int | None
    root: str
    events: tuple[tuple[Recorded, str, str], ...]

    @property
    def about(self) -> dict[int, str]:
        """What an event is about, by sequence: number and name of a venue, or an item's topic."""
        opening = self.report.attendance.opening
        names: dict[tuple[str, int], str] = {
            ("venue_id", line.venue_id): f"{line.number:02d} {line.name}" for line in opening.roster
        }
        names |= {("item_id", item.id): item.topic for item in opening.items}
        found = (
            (event.sequence, names.get((key, event.payload.get(key, 0))))
            for event, _, _ in self.events
            for key in ("venue_id", "item_id")
        )
        return {sequence: name for sequence, name in found if name}

    @property
    def holds(self) -> bool:
        """Whether nothing was changed and a given value was found."""
        return self.fault is None and (self.value_at is not None or not self.value_given)


KEY_EVENTS = {
    EventKind.SESSION_OPENED: "event.session_opened",
    EventKind.SESSION_EXTENDED: "event.session_extended",
    EventKind.SESSION_CLOSED: "event.session_closed",
    EventKind.ROLL_STARTED: "event.roll_started",
    EventKind.ROLL_ENDED: "event.roll_ended",
    EventKind.SYSTEM_OUTAGE_STARTED: "event.outage_started",
    EventKind.SYSTEM_OUTAGE_ENDED: "event.outage_ended",
    EventKind.VENUE_DISCONNECTED: "event.venue_disconnected",
    EventKind.AGENDA_ITEM_STARTED: "event.agenda_item_started",
    EventKind.LEAVE_GRANTED: "event.leave_granted",
    EventKind.ATTENDANCE_CORRECTED: "event.attendance_corrected",
    EventKind.AUDIT_ERASED: "event.audit_erased",
}
"""Events worth a line on the page of checking → the code of their words."""


async def check_session(db: Database, clock: Clock, session_id: int, value: str) -> Checked:
    """Check one session's events, and that a value printed on its report stands in the log.

    Args:
        db: the database.
        clock: the time, up to which an open session is measured.
        session_id: the session that an audit number names.
        value: the chain value from the report, 64 hexadecimal digits; empty for none.

    Raises:
        NotFoundError: ``no_such_session``.
        DomainError: ``session_not_opened``.
    """
    async with db.view() as tx:
        session = await sessions.load_session(tx, session_id)
        report = await load_report(tx, clock, session_id)
        first, last = report.attendance.first_sequence, report.attendance.last_sequence
        value_at = await log.find_hash(tx, session_id, value) if value else None
        finding = await audit.check(tx, first=first, last=max(last, value_at or 0))
        recorded = await log.load_recorded(tx, session_id=session_id, kinds=list(KEY_EVENTS))
        links = []
        for event in recorded:
            before = await log.load_hash(tx, event.sequence - 1)
            after = await log.load_hash(tx, event.sequence)
            links.append((event, before or GENESIS, after or GENESIS))
        root = await audit.session_root(tx, session_id, last)
    return Checked(session, report, finding.fault, bool(value), value_at, root, tuple(links))
