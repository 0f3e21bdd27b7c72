"""The open sessions: carries commands and media events to the rules, records, and tells the others.

Every change of a ``Conference`` is committed to the audit log before anybody is told. The media
worker is told what to forward; it enforces, a client never decides.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from server.audit import store as log_store
from server.audit.service import record
from server.auth import service as auth
from server.auth.permissions import OPERATORS
from server.conference import content, observers, places
from server.conference import store as boxes
from server.conference.commands import decide
from server.conference.due import next_due
from server.conference.fold import apply, fold
from server.conference.layout import Slots, video_slots
from server.conference.live import (
    LINK_RENEWED,
    SIGNED_OUT,
    Conference,
    Listener,
    Offer,
    broken_lines,
    journal_entries,
    note_health,
    note_peer,
    replaced_by,
    screen_of,
)
from server.conference.model import ConferenceState, Happening, Order, Rank, Seat
from server.conference.peers import Part, PeerName, new_tail, parse_peer, source_of
from server.conference.places import PlaceHolder
from server.conference.ports import Media
from server.conference.rollcall import heard
from server.conference.sound import audible
from server.db.engine import AWAY, Database, Tx
from server.domain.clock import Clock, from_unix_ms, unix_ms
from server.domain.errors import ConflictError, DomainError
from server.domain.events import SYSTEM, EventKind, Payload, Recorded, time_text
from server.domain.opening import ItemCall, opening_of, opening_payload
from server.domain.places import Venue
from server.domain.session import Session, SessionState
from server.media.client import OfferRefused, WorkerUnavailable
from server.media.model import (
    MediaEvent,
    PeerConnected,
    PeerDisconnected,
    SourceHealth,
    VoicesChanged,
    WorkerLost,
    WorkerStarted,
)
from server.scheduler import store as sessions
from server.scheduler.filing import RequestState
from server.scheduler.times import parts_of
from server.street import store as street

log = logging.getLogger("pinhui.conference")

Check = Callable[[], Awaitable[None]]
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


class Conferences:
    """All sessions that are open now.

    Args:
        db: the database.
        clock: the time.
        media: the media plane.
        listener: who is told of changes.
        alive: the file whose time says when this installation was last seen serving.
    """

    def __init__(
        self, db: Database, clock: Clock, media: Media, listener: Listener, alive: Path
    ) -> None:
        self._db, self._clock, self._media, self._listener = db, clock, media, listener
        self._alive = alive
        self._conferences: dict[int, Conference] = {}
        self.stirred = asyncio.Event()
        """Set whenever a state changed: what is due next may be another thing."""

    # --- finding them ---------------------------------------------------------------------------

    @property
    def running(self) -> list[Conference]:
        """The conferences whose session is open, in order of session."""
        return [c for _, c in sorted(self._conferences.items()) if not c.state.closed]

    def of_session(self, session_id: int) -> Conference:
        """Return the conference of an open session.

        Raises:
            ConflictError: ``session_not_open``.
        """
        conference = self._conferences.get(session_id)
        if conference is None or conference.state.closed:
            raise ConflictError("session_not_open")
        return conference

    def of_branch(self, venue_id: int) -> Conference | None:
        """Return the conference that expects this branch venue; the newest when there are two."""
        found = [c for c in self.running if any(v.venue_id == venue_id for v in c.state.venues)]
        return found[-1] if found else None

    # --- opening and restoring -----------------------------------------------------------------

    async def restore(self) -> None:
        """Fold the open sessions from the log and take over connections that still stand."""
        async with self._db.view() as tx:
            for session in await sessions.load_sessions(tx, states=[SessionState.OPEN]):
                if (found := await self._load(tx, session.id)) is not None:
                    self._conferences[session.id] = found
        for info in await self._media.peers():
            name = parse_peer(info.peer)
            conference = self._conferences.get(name.session_id) if name else None
            if name is None or conference is None:
                await self._media.disconnect(info.peer, "left")
                continue
            conference.peers[info.peer] = name
            if name.part is Part.CAMERA:
                conference.holders[name.number] = PlaceHolder(name.client)
        if not self._media.adopted:
            await self._note_gap()
        for conference in self._conferences.values():
            await self._enforce(conference, None)

    def note_alive(self) -> None:
        """Leave a sign of life: should server and worker die together, the gap begins here."""
        self._alive.touch()

    async def _note_gap(self) -> None:
        """Write down as an outage that connections of before ended with their worker."""
        if not any(v.peers for c in self._conferences.values() for v in c.state.venues):
            return
        now = unix_ms(self._clock.now())
        seen = int(self._alive.stat().st_mtime * 1000) if self._alive.exists() else now
        await self._on_outage(min(seen, now))
        await self._on_recovery(now)

    async def _load(self, tx: Tx, session_id: int) -> Conference | None:
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

    async def open_session(self, session_id: int, actor: str = SYSTEM) -> Conference:
        """Open a session that is scheduled; one that is open already is returned as it is.

        Raises:
            NotFoundError: ``no_such_session``.
            DomainError: ``session_not_scheduled`` when it is over or cancelled.
        """
        if session_id in self._conferences and not self._conferences[session_id].state.closed:
            return self._conferences[session_id]
        async with self._db.tx() as tx:
            session = await sessions.load_session(tx, session_id)
            if session.state is not SessionState.SCHEDULED:
                raise DomainError("session_not_scheduled")
            venues = await street.load_venues(tx)
            calls = await _load_calls(tx, session, venues)
            opening = opening_of(session, venues, calls=calls)
            await sessions.set_state(tx, session_id, SessionState.OPEN, self._clock.now())
            await record(
                tx,
                self._clock,
                EventKind.SESSION_OPENED,
                actor=actor,
                payload=opening_payload(opening),
                session_id=session_id,
            )
            # still inside: a session that is open in the tables is known to this process
            conference = await self._load(tx, session_id)
            if conference is None:
                raise RuntimeError("a session that was just opened is not in the log")
        self._conferences[session_id] = conference
        self.stirred.set()
        await self._enforce(conference, None)
        self._listener.opened(conference)
        return conference

    # --- commands ------------------------------------------------------------------------------

    async def carry_out(self, conference: Conference, order: Order, actor: str) -> int:
        """Carry out a command: decide, record, enforce, tell.

        Returns once it is committed and the media plane was told.

        Returns:
            The number by which it can be undone; 0 when it changed nothing, or for good.

        Raises:
            DomainError: when a rule refuses it.
        """
        async with conference.lock:
            before = conference.state
            seat = conference.find_seat(order.target) if order.target else None
            order = replace(order, seat=order.seat or seat, now=self._clock.now())
            happenings = decide(before, order)
            if not happenings:
                return 0
            if any(h.kind is EventKind.SESSION_CLOSED for h in happenings):
                await self._note_broken_lines(conference)
            await self._commit(conference, happenings, actor)
            await self._enforce(conference, before)
        self._tell(conference, before)
        return deed_of(happenings)

    async def _note_broken_lines(self, conference: Conference) -> None:
        """Record before the session's end what would be noticed only after it."""
        try:
            connected = await self._media.peers()
        except WorkerUnavailable:
            # The outage that this is will be recorded by itself, for all venues.
            return
        if lines := broken_lines(conference, connected, self._clock.now()):
            await self._commit(conference, lines, SYSTEM)

    async def _commit(
        self, conference: Conference, happenings: Collection[Happening], actor: str
    ) -> None:
        """Record events in one transaction; only then do they change the state in memory."""
        state = conference.state
        async with self._db.tx() as tx:
            for happening in happenings:
                if happening.kind is EventKind.SESSION_CLOSED:
                    now = self._clock.now()
                    await sessions.set_state(tx, state.session_id, SessionState.CLOSED, now)
                event = await record(
                    tx,
                    self._clock,
                    happening.kind,
                    actor=actor,
                    payload=happening.payload,
                    session_id=state.session_id,
                )
                state = apply(state, event.kind, event.payload, event.at)
                if happening.sealed is not None:
                    state = await boxes.add_paper(tx, state, happening.sealed)
        conference.state = state
        conference.version += 1
        conference.recorded |= {
            (h.kind, h.payload["peer"]) for h in happenings if "peer" in h.payload
        }
        self.stirred.set()

    async def _enforce(self, conference: Conference, before: ConferenceState | None) -> None:
        """Tell the media plane what changed between two states; None means everything."""
        try:
            await self._tell_media(conference, before)
        except (OfferRefused, WorkerUnavailable) as error:
            # Its end, or the worker's, is on its way to us as an event, which enforces anew.
            log.warning("the media plane did not take a change: %s", error)

    async def _tell_media(self, conference: Conference, before: ConferenceState | None) -> None:
        if conference.state.closed:
            await self._media.close_room(conference.room)
            return
        heard = audible(conference.state)
        if before is None or heard != audible(before):
            await self._media.set_audible(conference.room, heard)
        changes: list[Awaitable[None]] = []
        for peer, name in conference.peers.items():
            if peer in conference.fixed:
                continue
            slots = video_slots(conference.state, screen_of(name), name.kinds)
            if before is None or slots != video_slots(before, screen_of(name), name.kinds):
                changes.append(self._choose(peer, slots))
        await asyncio.gather(*changes)
        for peer in conference.ended_screens():
            await self._media.disconnect(peer, "replaced")

    async def _choose(self, peer: str, slots: Slots) -> None:
        """Say what a connection's slots show; one that has just ended needs nothing any more."""
        with contextlib.suppress(OfferRefused):
            await self._media.choose(peer, slots)

    def _tell(self, conference: Conference, before: ConferenceState) -> None:
        if conference.state.closed and not before.closed:
            self._listener.ended(conference)
        elif conference.state != before:
            self._listener.changed(conference)

    # --- who sits where -------------------------------------------------------------------------

    def sit_down(self, conference: Conference, seat: Seat, client: str) -> None:
        """Note that a websocket of a seat follows the conference."""
        conference.seats.append((seat, client))
        conference.clients[client] = seat.key
        self._seats_changed(conference, seat)

    def stand_up(self, conference: Conference, seat: Seat, client: str) -> None:
        """Note that such a websocket has gone."""
        if (seat, client) in conference.seats:
            conference.seats.remove((seat, client))
            self._seats_changed(conference, seat)

    def _seats_changed(self, conference: Conference, seat: Seat) -> None:
        """Look anew who is here; pages show accounts, and whether the chair is.

        A branch whose websocket comes or goes is no news: 34 of them would make a storm.
        """
        conference.attention(self._clock.now())
        self.stirred.set()
        if seat.rank is not Rank.VENUE or seat.is_same(conference.state.chair.holder):
            self._listener.changed(conference)

    # --- by itself ------------------------------------------------------------------------------

    def next_deadline(self) -> datetime | None:
        """Return when something is due by itself in any conference; None while nothing is."""
        now = self._clock.now()
        found = [next_due(c.state, c.attention(now)) for c in self.running]
        return min((due.at for due in found if due is not None), default=None)

    async def run_due(self) -> bool:
        """Do what is due by now in every conference, each as a command that the system gave.

        Returns:
            Whether anything was done: what changes nothing is not asked for again at once.
        """
        before = [c.version for c in self.running]
        for conference in self.running:
            now = self._clock.now()
            due = next_due(conference.state, conference.attention(now))
            if due is not None and due.at <= now:
                with contextlib.suppress(DomainError):
                    await self.carry_out(conference, due.order, SYSTEM)
        return before != [c.version for c in self.running]

    # --- media connections ---------------------------------------------------------------------

    async def let_in(
        self, conference: Conference, offer: Offer, is_known: Check | None = None
    ) -> tuple[str, str]:
        """Let a venue's media connection in; the newest client takes the venue's place.

        Args:
            conference: the open session.
            offer: who asks, and for what.
            is_known: raises when the link or login of the offer is no longer good; asked while
                nobody can be turned out, so that none slips in between.

        Returns:
            The peer's id and the answer.

        Raises:
            ConflictError: ``place_taken``.
            DomainError: ``venue_not_on_roster``; or what the media plane or the check refuses.
        """
        async with conference.lock:
            if is_known is not None:
                await is_known()
            before = conference.holder(offer.number)
            after = _place_after(conference, offer)
            name = PeerName(
                conference.state.session_id,
                offer.number,
                offer.client,
                offer.kinds,
                new_tail(offer.login),
                offer.part,
            )
            peer = str(name)
            slots = offer.fixed or video_slots(conference.state, offer.screen, offer.kinds)
            answer = await self._media.connect(
                peer,
                offer.sdp,
                room=conference.room,
                source=source_of(offer.number, offer.part),
                slots={slot: choice for slot, choice in slots.items() if choice is not None},
            )
            for replaced in replaced_by(conference, offer):
                await self._media.disconnect(replaced, "replaced")
            conference.peers[peer] = name
            if offer.fixed is not None:
                conference.fixed.add(peer)
            if offer.part is Part.CAMERA:
                conference.holders[offer.number] = after
        if before.client != after.client:
            self._listener.place_changed(conference, offer.number)
        return peer, answer

    async def let_go(self, peer: str) -> None:
        """End a media connection because its venue said good-bye."""
        await self._media.disconnect(peer, "left")

    async def turn_out(self, venue_id: int) -> None:
        """End a venue's media connections: the link they came by is no longer good."""
        for conference in self.running:
            async with conference.lock:
                for peer in conference.peers_of(venue_id):
                    await self._media.disconnect(peer, LINK_RENEWED)

    async def turn_out_observers(self, session_id: int) -> None:
        """End the connections of a session's observers: their link is no longer good."""
        self._listener.observers_turned_out(session_id)
        conference = self._conferences.get(session_id)
        if conference is not None:
            async with conference.lock:
                for peer in conference.observers():
                    await self._media.disconnect(peer, LINK_RENEWED)

    async def turn_out_signed_out(self) -> None:
        """End the main venue's media connections whose login has ended or has lost its role."""
        for conference in self.running:
            async with conference.lock:
                async with self._db.view() as tx:
                    good = await auth.load_login_names(tx, self._clock.now(), OPERATORS)
                for peer, name in list(conference.peers.items()):
                    if name.login and name.login not in good:
                        await self._media.disconnect(peer, SIGNED_OUT)

    # --- what the media plane tells -------------------------------------------------------------

    async def on_media_event(self, event: MediaEvent) -> None:
        """Take an event of the media plane; journal events are acknowledged once recorded.

        While the database is away the event waits, and those behind it: what happened first is
        recorded first.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return await self._take(event)
            except AWAY as error:
                kinds = type(event).__name__, type(error).__name__
                log.warning("%s waits, the database is away (%s)", *kinds)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _take(self, event: MediaEvent) -> None:
        match event:
            case PeerConnected() | PeerDisconnected():
                await self._on_journal(event)
                with contextlib.suppress(WorkerUnavailable):
                    await self._media.acknowledge(event.seq)
            case VoicesChanged():
                conference = self._conferences.get(int(event.room))
                if conference is not None:
                    voices = [int(source) for source in event.sources if source.isdigit()]
                    await self._on_voices(conference, voices)
            case SourceHealth():
                conference = self._conferences.get(int(event.room))
                if conference is not None and event.source.isdigit():
                    number = int(event.source)
                    if note_health(conference, number, event):
                        self._listener.quality_changed(conference, number)
                    self._listener.health_changed(conference, number)
            case WorkerLost():
                await self._on_outage(event.at_ms)
            case WorkerStarted():
                await self._on_recovery(event.at_ms)

    async def _on_voices(self, conference: Conference, voices: list[int]) -> None:
        """Pass on whose voices are heard; the named venue's answers the roll call."""
        self._listener.voices_changed(conference, voices)
        if not heard(conference.state, voices):
            return
        async with conference.lock:
            before = conference.state
            if not before.closed and (answers := heard(before, voices)):
                await self._commit(conference, answers, SYSTEM)
        self._tell(conference, before)

    async def _on_journal(self, event: PeerConnected | PeerDisconnected) -> None:
        name = parse_peer(event.peer)
        if name is None:
            log.warning("a connection of no session of ours: %s", event.peer)
            return
        conference = self._conferences.get(name.session_id)
        if conference is None:
            async with self._db.view() as tx:
                conference = await self._load(tx, name.session_id)
            if conference is not None:
                self._conferences[name.session_id] = conference
        if conference is None or conference.state.venue(name.number) is None:
            log.warning("a connection to a session that never opened: %s", event.peer)
            return
        async with conference.lock:
            before = conference.state
            found = journal_entries(conference, name, event)
            is_new = bool(found) and (found[-1].kind, event.peer) not in conference.recorded
            # the end of the session was the end of every connection: it stays the last event
            if is_new and not before.closed:
                await self._commit(conference, found, _actor(name))
            freed = note_peer(conference, name, event)
            if before.show != conference.state.show or conference.state.show.carousel:
                await self._enforce(conference, before)
        if freed:
            self._listener.place_changed(conference, name.number)
        self._tell(conference, before)

    async def _on_outage(self, at_ms: int) -> None:
        """Note that every connection ended at once, which is nobody's absence."""
        event = await self._record_system(
            EventKind.SYSTEM_OUTAGE_STARTED, {"since": time_text(from_unix_ms(at_ms))}
        )
        for conference in self.running:
            async with conference.lock:
                before = conference.state
                conference.state = apply(before, event.kind, event.payload, event.at)
                conference.version += 1
                conference.peers.clear()
                conference.health.clear()
                conference.marks.clear()
                conference.holders.clear()
            self._tell(conference, before)

    async def _on_recovery(self, at_ms: int) -> None:
        await self._record_system(
            EventKind.SYSTEM_OUTAGE_ENDED, {"until": time_text(from_unix_ms(at_ms))}
        )
        for conference in self.running:
            async with conference.lock:
                await self._enforce(conference, None)

    async def _record_system(self, kind: EventKind, payload: Payload) -> Recorded:
        async with self._db.tx() as tx:
            return await record(tx, self._clock, kind, actor=SYSTEM, payload=payload)


def _actor(name: PeerName) -> str:
    return "observer" if name.part is Part.OBSERVER else f"venue:{name.number}"


def deed_of(happenings: Collection[Happening]) -> int:
    """Return the number by which events of a control action can be undone, 0 when they cannot."""
    return next((h.payload.get("control", {}).get("deed", 0) for h in happenings), 0)


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


def _place_after(conference: Conference, offer: Offer) -> PlaceHolder:
    """Return who holds the venue's place once an offer is let in.

    Raises:
        ConflictError: ``place_taken``.
        DomainError: ``session_closed``, ``venue_not_on_roster``; or that nothing more may be shown,
            or nobody more may look on.
    """
    if conference.state.closed:
        raise DomainError("session_closed")
    if conference.state.venue(offer.number) is None:
        raise DomainError("venue_not_on_roster", venue=offer.number)
    held = conference.holder(offer.number)
    match offer.part:
        case Part.CAMERA:
            return places.take(held, offer.client)
        case Part.CONTENT:
            content.check_share(conference.state, offer.number)
        case Part.OBSERVER:
            others = [n for n in conference.observers().values() if n.client != offer.client]
            observers.check_room(len(others))
    return held
