"""Reads a session's report out of the log, proves that log, and records who read it."""

import asyncio
from dataclasses import dataclass

from server.attendance.accounting import OUTAGE_KINDS, compute_attendance
from server.attendance.course import FLOOR_KINDS, Course, course_of
from server.attendance.records import OwnLine, concerning, own_line
from server.attendance.report import PREFIX, Report, number_of, report_of
from server.audit import service as audit
from server.audit import store as log
from server.audit.canonical import CanonicalError
from server.audit.chain import GENESIS
from server.audit.checking import Fault
from server.audit.sealing import Seal
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind, Payload, Recorded
from server.domain.session import Session, SessionState
from server.scheduler import store as sessions

READING = (EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED)
PAGES = frozenset({"page", "items", "people", "corrections", "mine", "verify"})
"""Forms of a report that are looked at; all others are taken away."""
MOST_OWN = 100
MOST_READERS = 8
_REST = 3
"""How many times as long as a visitor's check the next one has to wait after it."""
_HELD = (SessionState.OPEN, SessionState.CLOSED, SessionState.ARCHIVED)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for a report: the actor of the log, and the name shown to later readers."""

    actor: str
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the log says of itself.

    ``fault`` is the first fault in what the report is folded from; ``value`` is the hash of the
    session's last event, number ``sequence``: the chain value (校验值) that a report carries.
    ``seal`` has the session's root (根值); None while it is open, and for sessions that were closed
    before roots were recorded.
    """

    fault: Fault | None
    sequence: int
    value: str
    seal: Seal | None = None


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
        form: a page (``page``, ``items``, ``people``), or a file by its ending.

    Raises:
        NotFoundError: ``no_such_session``.
        DomainError: ``session_not_opened``, ``session_erased``, ``session_damaged``.
    """
    async with db.view() as tx:
        session = await sessions.load_session(tx, session_id)
        report = await load_report(tx, clock, session_id)
        proof = await _prove(tx, report)
        readers = await log.load_last(tx, session_id, READING, MOST_READERS)
    await record_reading(db, clock, session_id, reader=reader, form=form)
    return Shown(session, report, proof, tuple(readers))


async def record_reading(
    db: Database,
    clock: Clock,
    session_id: int | None,
    *,
    reader: Reader,
    form: str,
    person_id: int | None = None,
) -> None:
    """Record that a report is looked at or taken away, before it is shown.

    Args:
        db: the database.
        clock: the time.
        session_id: the session; None for what tells of many.
        reader: who asks.
        form: as in ``read_report``.
        person_id: whose record it is, where it is one person's.
    """
    payload: Payload = {"format": form, "by": reader.name}
    if person_id is not None:
        payload["person_id"] = person_id
    async with db.tx() as tx:
        await audit.record(
            tx,
            clock,
            EventKind.REPORT_VIEWED if form in PAGES else EventKind.REPORT_DOWNLOADED,
            actor=reader.actor,
            payload=payload,
            session_id=session_id,
        )


async def load_own_lines(tx: Tx, clock: Clock, venue_id: int) -> list[OwnLine]:
    """Return what the last hundred sessions that called a venue say of it, the latest first.

    Sessions whose events have been erased are left out.
    """
    held = [s for s in await sessions.load_sessions(tx, states=_HELD) if venue_id in s.venue_ids]
    lines: list[OwnLine] = []
    outages = await log.load_recorded(tx, kinds=OUTAGE_KINDS)
    for session in list(reversed(held))[:MOST_OWN]:
        own = await log.load_recorded(tx, session_id=session.id, of_venue=venue_id)
        events = concerning([*own, *outages], venue_id)
        try:
            attendance = compute_attendance(events, clock.now())
        except DomainError as refusal:
            if refusal.code != "session_erased":
                raise
            continue
        line = own_line(attendance, venue_id)
        if line is not None:
            lines.append(line)
    return lines


async def load_course(db: Database, report: Report) -> Course:
    """Return the course of a session that was reported: items, who was there, floor, outages."""
    session_id = report.attendance.opening.session_id
    async with db.view() as tx:
        floor = await log.load_recorded(tx, session_id=session_id, kinds=FLOOR_KINDS)
    return course_of(report.attendance, floor)


async def load_report(tx: Tx, clock: Clock, session_id: int) -> Report:
    """Return the report of a session, folded from its events.

    Raises:
        DomainError: ``session_not_opened``, ``session_erased``; ``session_damaged`` when the
            contents of an event were tampered with so that they cannot be read.
    """
    try:
        events = await log.load_recorded(
            tx, session_id=session_id, and_system_kinds=OUTAGE_KINDS, but=READING
        )
    except CanonicalError as error:
        raise DomainError("session_damaged") from error
    return report_of(compute_attendance(events, clock.now()))


async def _prove(tx: Tx, report: Report) -> Proof:
    attendance = report.attendance
    session_id, last = attendance.opening.session_id, attendance.last_sequence
    fault = await audit.check_session(tx, session_id, last)
    value = await log.load_hash(tx, last)
    return Proof(fault, last, value or "", await _load_seal(tx, session_id))


async def _load_seal(tx: Tx, session_id: int) -> Seal | None:
    """Return the root that was recorded when the session closed."""
    return next(iter(await audit.load_seals(tx, session_id=session_id)), None)


async def _load_report_kept(tx: Tx, clock: Clock, session_id: int) -> Report | None:
    """Return the report of a session, None when its events are erased or cannot be read."""
    try:
        return await load_report(tx, clock, session_id)
    except DomainError as refusal:
        if refusal.code not in {"session_erased", "session_damaged"}:
            raise
        return None


async def _load_key_events(tx: Tx, session_id: int) -> list[tuple[Recorded, str, str]]:
    """Return a session's events of ``KEY_EVENTS``, each with the hash before it and its own."""
    try:
        recorded = await log.load_recorded(tx, session_id=session_id, kinds=list(KEY_EVENTS))
    except CanonicalError:
        return []
    links = []
    for event in recorded:
        before = await log.load_hash(tx, event.sequence - 1)
        after = await log.load_hash(tx, event.sequence)
        links.append((event, before or GENESIS, after or GENESIS))
    return links


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of checking one session's events against a value from its report.

    ``value_at`` is the sequence of the session's event that carries the value; None when none was
    given or none has it: a value of another session's report proves nothing of this one.
    ``value_given`` tells the two apart. ``events`` are those of ``KEY_EVENTS``, each with the hash
    before it and its own. ``root`` is the session's Merkle root, computed anew, up to event
    ``root_up_to``: where ``seal`` was recorded at the end of the session, or else its last event.
    ``root_given`` is the root that was asked for, empty for none. A root may be given as value too,
    and is answered with yes or no.
    ``report`` is None where the session's events have been erased: their chain still holds. So it
    is where they were tampered with so that they cannot be read.
    """

    session: Session
    report: Report | None
    fault: Fault | None
    value_given: bool
    value_at: int | None
    seal: Seal | None
    root: str
    root_up_to: int
    root_given: str
    events: tuple[tuple[Recorded, str, str], ...]

    @property
    def is_held(self) -> bool:
        """Whether who asks holds the session's report: its chain value was found.

        The root proves nothing of the kind: it is mailed to every committee, called or not.
        """
        return self.value_at is not None

    @property
    def root_fits(self) -> bool:
        """Whether the root is the one recorded, and the one that was asked for."""
        recorded = self.seal is None or self.seal.root == self.root
        return recorded and self.root_given in ("", self.root)

    @property
    def about(self) -> dict[int, str]:
        """What an event is about, by sequence: number and name of a venue, or an item's topic."""
        if self.report is None:
            return {}
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
    def audit_number(self) -> str:
        """The audit number on the session's report."""
        if self.report is not None:
            return self.report.audit_number
        starts_at = self.seal.starts_at if self.seal else self.session.starts_at
        return number_of(starts_at, self.session.id, PREFIX)

    @property
    def holds(self) -> bool:
        """Whether nothing was changed and a given value was found."""
        found = self.value_at is not None or not self.value_given
        return self.fault is None and found and self.root_fits


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


class Turnstile:
    """Lets visitors check one after the other, with a rest after each three times as long.

    Anybody may ask for a check, and one takes a tenth of a second or more of the process that runs
    the meeting: visitors together get a quarter of that at most, and too many are turned away.
    """

    def __init__(self, most_waiting: int = 20) -> None:
        self._one = asyncio.Semaphore(1)
        self._most = most_waiting
        self._waiting = 0
        self._begun = 0.0

    async def __aenter__(self) -> None:
        """Wait for one's turn.

        Raises:
            ConflictError: ``checks_busy`` when too many wait already.
        """
        if self._waiting >= self._most:
            raise ConflictError("checks_busy")
        self._waiting += 1
        try:
            await self._one.acquire()
        finally:
            self._waiting -= 1
        self._begun = asyncio.get_running_loop().time()

    async def __aexit__(self, *_: object) -> None:
        """Let the next one in after the rest."""
        loop = asyncio.get_running_loop()
        loop.call_later(_REST * (loop.time() - self._begun), self._one.release)


async def check_session(
    db: Database, clock: Clock, session_id: int, value: str, *, root: str = ""
) -> Checked:
    """Check one session's events, and that a value printed on its report stands in the log.

    Args:
        db: the database.
        clock: the time, up to which an open session is measured.
        session_id: the session that an audit number names.
        value: the chain value or the root from the report, 64 hexadecimal digits; empty for none.
        root: the root from the report, likewise.

    Raises:
        NotFoundError: ``no_such_session``.
        DomainError: ``session_not_opened``.
    """
    async with db.view() as tx:
        session = await sessions.load_session(tx, session_id)
        report = await _load_report_kept(tx, clock, session_id)
        _, last = await log.load_bounds(tx, session_id, but=READING)
        seal = await _load_seal(tx, session_id)
        up_to, algorithm = (seal.up_to, seal.algorithm) if seal else (last, "sha256")
        computed = await audit.session_root(tx, session_id, up_to, algorithm)
        if value and value == computed:
            value, root = "", root or value
        value_at = await log.find_hash(tx, session_id, value) if value else None
        fault = await audit.check_session(tx, session_id, max(last, value_at or 0))
        links = await _load_key_events(tx, session_id)
    return Checked(
        session=session,
        report=report,
        fault=fault,
        value_given=bool(value),
        value_at=value_at,
        seal=seal,
        root=computed,
        root_up_to=up_to,
        root_given=root,
        events=tuple(links),
    )
