"""The open sessions: carries commands to the rules, records, enforces, and tells the others.

Every change of a ``Conference`` is committed to the audit log before anybody is told. The media
worker is told what to forward; it enforces, a client never decides.
"""

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from secrets import SystemRandom

from server.conference.commands import decide
from server.conference.due import next_due
from server.conference.live import Conference, Listener, broken_lines
from server.conference.model import Happening, Order, Rank, Seat
from server.conference.ports import Media
from server.conference.service.chronicle import Chronicle
from server.conference.service.doors import Doors
from server.conference.service.enforcing import Enforcer
from server.conference.service.register import Register
from server.conference.service.tidings import Tidings, tell
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError
from server.domain.events import SYSTEM, EventKind
from server.domain.session import SessionState
from server.media.client import WorkerUnavailable
from server.scheduler import store as sessions


class Conferences:
    """All sessions that are open now.

    Args:
        db: the database.
        clock: the time.
        media: the media plane.
        listener: who is told of changes.
        recordings: the folder of all recordings.

    Attributes:
        doors: lets media connections in, and turns them out.
        tidings: takes what the media plane tells.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        media: Media,
        listener: Listener,
        *,
        recordings: Path,
    ) -> None:
        self._clock, self._media, self._listener = clock, media, listener
        self._draw = SystemRandom().random
        self._register = register = Register()
        self._chronicle = chronicle = Chronicle(db, clock)
        self._enforcer = enforcer = Enforcer(media, recordings)
        self.doors = Doors(db, clock, media, listener, register)
        self.tidings = Tidings(media, listener, register, chronicle, enforcer)

    @property
    def stirred(self) -> asyncio.Event:
        """Set whenever a state changed: what is due next may be another thing."""
        return self._chronicle.stirred

    # --- finding them ---------------------------------------------------------------------------

    @property
    def running(self) -> list[Conference]:
        """The conferences whose session is open, in order of session."""
        return self._register.running

    def of_session(self, session_id: int) -> Conference:
        """Return the conference of an open session.

        Raises:
            ConflictError: ``session_not_open``.
        """
        return self._register.of_session(session_id)

    def of_branch(self, venue_id: int) -> Conference | None:
        """Return the conference that expects this branch venue; the newest when there are two."""
        return self._register.of_branch(venue_id)

    # --- opening and restoring -----------------------------------------------------------------

    async def restore(self) -> None:
        """Fold the open sessions from the log and take over connections that still stand."""
        async with self._chronicle.db.view() as tx:
            for session in await sessions.load_sessions(tx, states=[SessionState.OPEN]):
                if (found := await self._chronicle.load(tx, session.id)) is not None:
                    self._register.add(found)
        for peer in await self.tidings.take_over():
            await self._media.disconnect(peer, "left")
        for conference in self.running:
            await self._enforcer.enforce(conference, None)

    async def open_session(self, session_id: int, actor: str = SYSTEM) -> Conference:
        """Open a session that is scheduled; one that is open already is returned as it is.

        Raises:
            NotFoundError: ``no_such_session``.
            DomainError: ``session_not_scheduled`` when it is over or cancelled.
        """
        known = self._register.get(session_id)
        if known is not None and not known.state.closed:
            return known
        conference = await self._chronicle.open(session_id, actor)
        self._register.add(conference)
        self.stirred.set()
        await self._enforcer.enforce(conference, None)
        self._listener.opened(conference)
        return conference

    # --- commands ------------------------------------------------------------------------------

    async def carry_out(self, conference: Conference, order: Order, actor: str) -> int:
        """Carry out a command: decide, record, tell, enforce.

        Returns once it is committed and the media plane was told.

        Returns:
            The number by which it can be undone; 0 when it changed nothing, or for good.

        Raises:
            DomainError: when a rule refuses it.
        """
        async with conference.lock:
            before = conference.state
            seat = conference.find_seat(order.target) if order.target else None
            order = replace(
                order, seat=order.seat or seat, now=self._clock.now(), chance=self._draw()
            )
            happenings = decide(before, order)
            if not happenings:
                return 0
            if any(h.kind is EventKind.SESSION_CLOSED for h in happenings):
                await self._note_broken_lines(conference)
            await self._chronicle.commit(conference, happenings, actor)
            # the pages are told while the media plane answers: whoever is to speak begins sooner
            tell(self._listener, conference, before)
            await self._enforcer.enforce(conference, before)
        return deed_of(happenings)

    async def _note_broken_lines(self, conference: Conference) -> None:
        """Record before the session's end what would be noticed only after it."""
        try:
            connected = await self._media.peers()
        except WorkerUnavailable:
            # The outage that this is will be recorded by itself, for all venues.
            return
        if lines := broken_lines(conference, connected, self._clock.now()):
            await self._chronicle.commit(conference, lines, SYSTEM)

    async def leave_changed(self, session_id: int) -> None:
        """Take in a word on leave that was recorded by whoever gave it."""
        conference = self._register.get(session_id)
        if conference is None or conference.state.closed:
            return
        async with conference.lock:
            before = conference.state
            await self._chronicle.take_in_leave(conference)
        tell(self._listener, conference, before)

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


def deed_of(happenings: Collection[Happening]) -> int:
    """Return the number by which events of a control action can be undone, 0 when they cannot."""
    return next((h.payload.get("control", {}).get("deed", 0) for h in happenings), 0)
