"""What the media plane tells: who came and went, who speaks, and its own end and return."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from server.conference.fold import apply
from server.conference.live import (
    Conference,
    Listener,
    journal_entries,
    note_health,
    note_peer,
)
from server.conference.model import ConferenceState
from server.conference.peers import Part, PeerName, parse_peer
from server.conference.places import PlaceHolder
from server.conference.ports import Media
from server.conference.recording import told
from server.conference.rollcall import heard
from server.conference.service.chronicle import Chronicle
from server.conference.service.enforcing import Enforcer
from server.conference.service.register import Register
from server.db.engine import AWAY
from server.domain.clock import from_unix_ms
from server.domain.events import SYSTEM, EventKind, time_text
from server.media.client import WorkerUnavailable
from server.media.model import (
    JournalEvent,
    MediaEvent,
    MediaOutage,
    PeerConnected,
    PeerDisconnected,
    RecordingChanged,
    RecordingGap,
    SourceHealth,
    VoicesChanged,
    WorkerLost,
    WorkerStarted,
)

log = logging.getLogger("pinhui.conference")

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


@dataclass(slots=True)
class Tidings:
    """Takes the events of the media plane.

    Attributes:
        media: the media plane, whose journal is acknowledged.
        listener: who is told of changes.
        register: the open conferences.
        chronicle: where it is recorded.
        enforcer: what tells the media plane what follows.
    """

    media: Media
    listener: Listener
    register: Register
    chronicle: Chronicle
    enforcer: Enforcer

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
            case PeerConnected() | PeerDisconnected() | MediaOutage():
                await self._on_journal(event)
            case VoicesChanged():
                conference = self.register.get(int(event.room))
                if conference is not None:
                    voices = [int(source) for source in event.sources if source.isdigit()]
                    await self._on_voices(conference, voices)
            case SourceHealth():
                self._on_health(event)
            case RecordingChanged() | RecordingGap():
                await self._on_recording(event)
            case WorkerLost():
                await self._begin_outage(event.at_ms)
            case WorkerStarted():
                if await self.chronicle.is_out():
                    await self._end_outage(event.at_ms)
                await self._enforce_anew()

    def _on_health(self, event: SourceHealth) -> None:
        """Pass on how a venue comes through."""
        conference = self.register.get(int(event.room))
        if conference is not None and event.source.isdigit():
            number = int(event.source)
            if note_health(conference, number, event):
                self.listener.quality_changed(conference, number)
            self.listener.health_changed(conference, number)

    async def _on_voices(self, conference: Conference, voices: list[int]) -> None:
        """Pass on whose voices are heard; the named venue's answers the roll call."""
        self.listener.voices_changed(conference, voices)
        if not heard(conference.state, voices):
            return
        async with conference.lock:
            before = conference.state
            if not before.closed and (answers := heard(before, voices)):
                await self.chronicle.commit(conference, answers, SYSTEM)
        tell(self.listener, conference, before)

    async def _on_recording(self, event: RecordingChanged | RecordingGap) -> None:
        """Record how a recording goes, unless its session is over: then the seal tells."""
        conference = self.register.get(int(event.room))
        if conference is None:
            return
        async with conference.lock:
            before = conference.state
            if before.closed or not (happenings := told(before, event)):
                return
            await self.chronicle.commit(conference, happenings, SYSTEM)
        tell(self.listener, conference, before)

    async def _on_journal(self, event: JournalEvent) -> None:
        """Take what the worker keeps until it is recorded, and let it forget that."""
        if isinstance(event, MediaOutage):
            await self._on_outage(event)
        else:
            await self._on_peer(event)
        with contextlib.suppress(WorkerUnavailable):
            await self.media.acknowledge(event.seq)

    async def _on_peer(self, event: PeerConnected | PeerDisconnected) -> None:
        name = parse_peer(event.peer)
        if name is None:
            log.warning("a connection of no session of ours: %s", event.peer)
            return
        conference = self.register.get(name.session_id)
        if conference is None:
            async with self.chronicle.db.view() as tx:
                conference = await self.chronicle.load(tx, name.session_id)
            if conference is not None:
                self.register.add(conference)
        if conference is None or conference.state.venue(name.number) is None:
            log.warning("a connection to a session that never opened: %s", event.peer)
            return
        async with conference.lock:
            before = conference.state
            found = journal_entries(conference, name, event)
            is_new = bool(found) and (found[-1].kind, event.peer) not in conference.recorded
            # the end of the session was the end of every connection: it stays the last event
            if is_new and not before.closed:
                await self.chronicle.commit(conference, found, _actor(name))
            freed = note_peer(conference, name, event)
            if before.show != conference.state.show or conference.state.show.carousel:
                await self.enforcer.enforce(conference, before)
        if freed:
            self.listener.place_changed(conference, name.number)
        tell(self.listener, conference, before)

    async def take_over(self) -> list[str]:
        """Let the open conferences know whose connections stand; return those of no conference."""
        strangers = []
        for info in await self.media.peers():
            name = parse_peer(info.peer)
            conference = self.register.get(name.session_id) if name else None
            if name is None or conference is None:
                strangers.append(info.peer)
                continue
            conference.peers[info.peer] = name
            if name.part is Part.CAMERA:
                conference.holders[name.number] = PlaceHolder(name.client)
            elif name.part is Part.OBSERVER:
                conference.watched.add(name.client)
        return strangers

    async def _on_outage(self, event: MediaOutage) -> None:
        """Record an outage, or its end where it is known; outside of sessions it is nobody's.

        A worker tells of it at its beginning, and again until it is acknowledged.
        """
        if await self.chronicle.knows_outage(event.until_ms):
            return
        if not await self.chronicle.is_out():
            if not self.register.running:
                return
            await self._begin_outage(event.from_ms)
            with contextlib.suppress(WorkerUnavailable):
                await self.take_over()
            await self._enforce_anew()
        await self._end_outage(event.until_ms)

    async def _begin_outage(self, at_ms: int) -> None:
        """Note that every connection ended at once, which is nobody's absence."""
        event = await self.chronicle.record_system(
            EventKind.SYSTEM_OUTAGE_STARTED, {"since": time_text(from_unix_ms(at_ms))}
        )
        for conference in self.register.running:
            async with conference.lock:
                before = conference.state
                conference.state = apply(before, event.kind, event.payload, event.at)
                conference.version += 1
                conference.peers.clear()
                conference.health.clear()
                conference.marks.clear()
                conference.holders.clear()
            tell(self.listener, conference, before)

    async def _end_outage(self, at_ms: int) -> None:
        """Note that the media plane is back."""
        await self.chronicle.record_system(
            EventKind.SYSTEM_OUTAGE_ENDED, {"until": time_text(from_unix_ms(at_ms))}
        )

    async def _enforce_anew(self) -> None:
        """Tell a worker that knows nothing yet what every conference wants of it."""
        for conference in self.register.running:
            async with conference.lock:
                await self.enforcer.enforce(conference, None)


def _actor(name: PeerName) -> str:
    return "observer" if name.part is Part.OBSERVER else f"venue:{name.number}"


def tell(listener: Listener, conference: Conference, before: ConferenceState) -> None:
    """Tell of what changed since a state; nothing where nothing did."""
    if conference.state.closed and not before.closed:
        listener.ended(conference)
    elif conference.state != before:
        listener.changed(conference)
