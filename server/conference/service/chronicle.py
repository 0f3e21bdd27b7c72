"""What is recorded of a conference, and how it is folded from the record again.

An event reaches the audit log first; only then does it change the state in memory.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from server.audit import store as log_store
from server.audit.service import record, seal_session
from server.conference import leave
from server.conference import store as boxes
from server.conference.fold import apply, fold
from server.conference.live import Conference
from server.conference.model import Happening
from server.db.engine import Database, Tx
from server.domain.clock import Clock, unix_ms
from server.domain.errors import DomainError
from server.domain.events import SYSTEM, EventKind, Payload, Recorded, parse_time
from server.domain.opening import ItemCall, opening_of, opening_payload
from server.domain.places import Venue
from server.domain.session import Session, SessionState
from server.scheduler import store as sessions
from server.scheduler.filing import RequestState
from server.scheduler.rule_keeping import load_rules
from server.scheduler.times import parts_of
from server.street import store as street


@dataclass(slots=True)
class Chronicle:
    """Writes and reads the events of conferences.

    Attributes:
        db: the database.
        clock: the time.
        stirred: set whenever a state changed: what is due next may be another thing.
    """

    db: Database
    clock: Clock
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, tx: Tx, session_id: int) -> Conference | None:
        """Return the conference of a session as the log tells it; None when it never opened."""
        venues = await street.load_venues(tx)
        main = next(v for v in venues if v.number == 0)
        events = await log_store.load_recorded(
            tx, session_id=session_id, and_system_kinds=(EventKind.SYSTEM_OUTAGE_STARTED,)
        )
        state = fold(events, main)
        if state is None:
            return None
        state = await boxes.with_box(tx, state)
        hall = (await sessions.load_session(tx, session_id)).hall or await street.load_hall(tx)
        conference = Conference(state, hall, asyncio.Lock())
        conference.recorded = {(e.kind, e.payload["peer"]) for e in events if "peer" in e.payload}
        return conference

    async def open(self, session_id: int, actor: str) -> Conference:
        """Open a session that is scheduled, and return its conference.

        Raises:
            NotFoundError: ``no_such_session``.
            DomainError: ``session_not_scheduled`` when it is over or cancelled.
        """
        async with self.db.tx() as tx:
            session = await sessions.load_session(tx, session_id)
            if session.state is not SessionState.SCHEDULED:
                raise DomainError("session_not_scheduled")
            venues = await street.load_venues(tx)
            calls = await _load_calls(tx, session, venues)
            rules, people = await load_rules(tx), await street.load_people(tx)
            opening = opening_of(session, venues, rules, calls, people)
            await sessions.set_state(tx, session_id, SessionState.OPEN, self.clock.now())
            await record(
                tx,
                self.clock,
                EventKind.SESSION_OPENED,
                actor=actor,
                payload=opening_payload(opening),
                session_id=session_id,
            )
            # still inside: a session that is open in the tables is known to this process
            conference = await self.load(tx, session_id)
            if conference is None:
                raise RuntimeError("a session that was just opened is not in the log")
            return conference

    async def commit(
        self, conference: Conference, happenings: Collection[Happening], actor: str
    ) -> None:
        """Record events in one transaction; only then do they change the state in memory."""
        state = conference.state
        async with self.db.tx() as tx:
            for happening in happenings:
                if happening.kind is EventKind.SESSION_CLOSED:
                    now = self.clock.now()
                    await sessions.set_state(tx, state.session_id, SessionState.CLOSED, now)
                event = await record(
                    tx,
                    self.clock,
                    happening.kind,
                    actor=actor,
                    payload=happening.payload,
                    session_id=state.session_id,
                )
                state = apply(state, event.kind, event.payload, event.at)
                if happening.sealed is not None:
                    state = await boxes.add_paper(tx, state, happening.sealed)
            if any(h.kind is EventKind.SESSION_CLOSED for h in happenings):
                await seal_session(
                    tx,
                    self.clock,
                    state.session_id,
                    title=state.title,
                    starts_at=state.starts_at,
                )
        conference.state = state
        conference.version += 1
        conference.recorded |= {
            (h.kind, h.payload["peer"]) for h in happenings if "peer" in h.payload
        }
        self.stirred.set()

    async def take_in_leave(self, conference: Conference) -> None:
        """Fold the words on leave (请假) anew, which whoever gave them has recorded."""
        session_id = conference.state.session_id
        async with self.db.view() as tx:
            words = await log_store.load_recorded(tx, session_id=session_id, kinds=leave.KINDS)
        conference.state = replace(conference.state, on_leave=frozenset())
        for word in words:
            conference.state = apply(conference.state, word.kind, word.payload, word.at)
        conference.version += 1

    async def is_out(self) -> bool:
        """Say whether the log tells of an outage whose end it does not tell of."""
        kinds = (EventKind.SYSTEM_OUTAGE_STARTED, EventKind.SYSTEM_OUTAGE_ENDED)
        async with self.db.view() as tx:
            last = await log_store.load_last(tx, None, kinds, 1)
        return [event.kind for event in last] == [EventKind.SYSTEM_OUTAGE_STARTED]

    async def knows_outage(self, until_ms: int) -> bool:
        """Say whether the log tells of an outage that ended at this Unix millisecond, or later."""
        async with self.db.view() as tx:
            last = await log_store.load_last(tx, None, (EventKind.SYSTEM_OUTAGE_ENDED,), 1)
        return any(unix_ms(parse_time(event.payload["until"])) >= until_ms for event in last)

    async def record_system(self, kind: EventKind, payload: Payload) -> Recorded:
        """Record an event of the whole installation, of no session alone."""
        async with self.db.tx() as tx:
            return await record(tx, self.clock, kind, actor=SYSTEM, payload=payload)


async def _load_calls(tx: Tx, session: Session, venues: Collection[Venue]) -> list[ItemCall]:
    """Return whom each item of a session calls, by the requests that were placed in it."""
    names = {d.id: d.name for d in await street.load_departments(tx)}
    states = (RequestState.PLACED, RequestState.HELD)
    placed = [
        request
        for request in await sessions.load_requests(tx, names, states=states)
        if request.session_id == session.id
    ]
    by_committee = {v.committee_id: v.id for v in venues if v.committee_id is not None}
    return [
        ItemCall(
            part.item.id,
            part.posts,
            tuple(sorted(by_committee[c] for c in part.committee_ids if c in by_committee)),
        )
        for part in parts_of(session, placed)
    ]
