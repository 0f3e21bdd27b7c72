"""One simulated venue PC: comes in by WHIP, WHEP and websocket, behaves, keeps a journal.

It knows nothing of the server but its addresses. What it decides is in ``conduct.py``; here are
the three things it keeps up for ever, each by itself: the websocket, the line up, the line down.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex

import aiohttp
from aiortc.rtcdtlstransport import RTCCertificate

from server.domain.clock import Clock, unix_ms
from server.simulator.conduct import Conduct, Drop
from server.simulator.hearing import Hearing
from server.simulator.journal import NO_MARK, Event, Journal
from server.simulator.line import Door, Half, Line, NoSessionError
from server.simulator.loops import VenueLoop
from server.simulator.publisher import Publisher
from server.simulator.watcher import Glance, Receiver

logger = logging.getLogger("pinhui.simulator")

SLOTS = ("video", "video", "audio", "audio", "audio")
"""What a venue watches: the big picture, the small one, three voices."""
WAIT_FOR_SESSION_S = 2.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.25, 5.0
HEARTBEAT_S = 10.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Which venue this is: its number, its name, the token of its venue link."""

    number: int
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all venues of one process share.

    ``base_url`` is the server's HTTP address without a slash at its end; ``voices`` whose sound a
    packet's payload is, see ``hearing.voices_of``.
    """

    base_url: str
    http: aiohttp.ClientSession
    clock: Clock
    certificate: RTCCertificate
    voices: Mapping[bytes, int] = field(default_factory=dict)


class Venue:
    """A venue PC. ``run`` lives until it is cancelled; ``tick`` is called each 20 ms meanwhile.

    Args:
        identity: which venue.
        shared: the server's address and what venues share.
        loop: what it sends.
        journal: where it notes its life.
        phase: seconds by which its packets are shifted against other venues.

    Attributes:
        client: the name of this PC, the same through all its reconnections.
        receiver: the receiving half of the line down that is up, else None.
        packets, lost: of all its lines down that have ended: received, and expected in vain.
    """

    def __init__(
        self,
        identity: Identity,
        shared: Surroundings,
        *,
        loop: VenueLoop,
        journal: Journal,
        phase: float = 0.0,
    ) -> None:
        self.identity = identity
        self.client = f"sim-{identity.number}-{token_hex(4)}"
        self.receiver: Receiver | None = None
        self.packets = self.lost = 0
        self._shared = shared
        self._loop = loop
        self._journal = journal
        self._last_sent = 0.0
        self._phase = phase
        self._cname = token_hex(4)
        self._conduct = Conduct(identity.number)
        self._publisher: Publisher | None = None
        self._up: Line | None = None
        self._down: Line | None = None
        self._welcomed = asyncio.Event()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._counted = False
        self._had_floor = False
        self._hearing = Hearing(shared.voices, self._note_voice)
        self._opening = asyncio.Event()

    @property
    def is_publishing(self) -> bool:
        """Whether the line up stands."""
        return self._up is not None and self._up.is_open

    @property
    def is_watching(self) -> bool:
        """Whether the line down stands."""
        return self._down is not None and self._down.is_open

    def tick(self, now: float) -> None:
        """Send and read what is due on both lines."""
        if not self._wanted.is_set() and self._conduct.wants_media(now):
            self._wanted.set()
        if self._up is not None:
            self._up.tick(now)
        if self._down is not None:
            self._down.tick(now)
        self._hearing.tick(now)

    def cut(self) -> None:
        """Lose websocket and lines at once and without a word; the venue comes back by itself."""
        for line in (self._up, self._down):
            if line is not None:
                line.cut()
        if self._socket is not None and self._socket._conn is not None:
            transport = self._socket._conn.transport
            if transport is not None:
                transport.abort()

    async def run(self) -> None:
        """Keep the websocket and both lines up until cancelled; then leave politely."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_socket())
                group.create_task(self._keep_up())
                group.create_task(self._keep_down())
        finally:
            self._note_floor(has_floor=False, reason="left")

    # --- the websocket ---

    async def _keep_socket(self) -> None:
        pause = FIRST_BACK_OFF_S
        while True:
            try:
                if await self._talk():
                    pause = FIRST_BACK_OFF_S
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                logger.debug("venue %s: no websocket: %s", self.identity.number, error)
            self._socket = None
            await asyncio.sleep(pause)
            pause = min(LONGEST_BACK_OFF_S, pause * 2)

    async def _talk(self) -> bool:
        """Hold one websocket to its end; return whether the server welcomed us."""
        welcomed = False
        url = f"{self._shared.base_url}/ws"
        async with self._shared.http.ws_connect(url, heartbeat=HEARTBEAT_S) as ws:
            hello = {"type": "hello", "token": self.identity.token, "client": self.client}
            await ws.send_str(json.dumps(hello))
            async for message in ws:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    continue
                frame = json.loads(message.data)
                if frame.get("type") == "welcome":
                    welcomed, self._socket = True, ws
                    self._welcomed.set()
                    await self._tell_head_count()
                self._take(frame)
        return welcomed

    def _take(self, frame: dict[str, object]) -> None:
        before = self._conduct.session
        drop = self._conduct.take(frame, self._shared.clock.monotonic())
        if self._conduct.session not in (0, before):
            self._opening.set()
        if drop is not None:
            self._drop_media(drop)
        if self._publisher is not None:
            self._publisher.speak(self._conduct.speaking)
        self._note_floor(has_floor=self._conduct.has_floor, reason="told by the server")

    def _drop_media(self, drop: Drop) -> None:
        if drop is Drop.REPLACED:
            self._wanted.clear()
        else:
            self._counted = False  # the next session asks anew how many have come
        event = Event.REPLACED if drop is Drop.REPLACED else Event.ENDED
        self._note(event, "told by the server")
        self._drop_lines(str(drop))

    def _drop_lines(self, reason: str) -> None:
        for line in (self._up, self._down):
            if line is not None:
                line.drop(reason)

    def _note_floor(self, *, has_floor: bool, reason: str) -> None:
        if has_floor != self._had_floor:
            self._had_floor = has_floor
            self._note(Event.FLOOR_GOT if has_floor else Event.FLOOR_LOST, reason)

    async def _tell_head_count(self) -> None:
        """Say once a session how many people sit in the room: six, seven or eight."""
        if self._counted or self._socket is None or not self.is_publishing:
            return
        self._counted = True
        count = 6 + self.identity.number % 3
        frame = {"type": "head_count", "id": 1, "count": count}
        try:
            await self._socket.send_str(json.dumps(frame))
        except (aiohttp.ClientError, ConnectionError):
            self._counted = False

    # --- the lines ---

    async def _keep_up(self) -> None:
        pause = FIRST_BACK_OFF_S
        while True:
            await self._may_join()
            publisher = Publisher(
                self._shared.clock, self._loop, cname=self._cname, phase=self._phase
            )
            line = self._up = self._line("whip", publisher)
            pause = await self._hold(line, pause, publisher)

    async def _keep_down(self) -> None:
        pause = FIRST_BACK_OFF_S
        while True:
            await self._may_join()
            receiver = Receiver(SLOTS, cname=self._cname)
            line = self._down = self._line("whep", receiver)
            pause = await self._hold(line, pause, receiver)

    async def _may_join(self) -> None:
        await self._welcomed.wait()
        await self._wanted.wait()

    def _line(self, kind: str, half: Half) -> Line:
        url = f"{self._shared.base_url}/{kind}?client={self.client}"
        door = Door(self._shared.http, url, self.identity.token)
        return Line(
            door,
            half,
            cname=self._cname,
            clock=self._shared.clock,
            certificate=self._shared.certificate,
        )

    async def _hold(self, line: Line, pause: float, half: Publisher | Receiver) -> float:
        """Open a line and hold it to its end; wait; return the pause before the next try."""
        reason, session = "left", self._conduct.session
        try:
            await line.open()
            await self._opened(half)
            reason = await line.ended()
            wait = next_pause = FIRST_BACK_OFF_S
        except NoSessionError:
            await self._wait_for_session(session)
            wait, next_pause = 0.0, FIRST_BACK_OFF_S
        except ConnectionError as error:
            logger.info("venue %s: no line: %s", self.identity.number, error)
            wait, next_pause = pause, min(LONGEST_BACK_OFF_S, pause * 2)
        finally:
            self._finished(line, half, reason)
            await line.close()
        await asyncio.sleep(wait)
        return next_pause

    async def _wait_for_session(self, known: int) -> None:
        """Wait two seconds, or until the server tells of another session than the one known."""
        if self._conduct.session not in (0, known):
            return
        self._opening.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_FOR_SESSION_S):
                await self._opening.wait()

    async def _opened(self, half: Publisher | Receiver) -> None:
        if self.receiver is None and self._publisher is None:
            self._note(Event.CONNECTED, "the first line is ready")
        if isinstance(half, Receiver):
            self.receiver = half
            Glance(half.slots[0], self._note_sight)
            for slot in half.slots:
                if slot.kind == "audio":
                    slot.listener = self._hearing.take
            return
        self._publisher = half
        half.speak(self._conduct.speaking)
        await self._tell_head_count()

    def _note_sight(self, venue: int | None) -> None:
        self._note(Event.SEES, NO_MARK if venue is None else str(venue))

    def _note_voice(self, venue: int, ago_s: float, *, heard: bool) -> None:
        self._note(Event.HEARS if heard else Event.HEARS_NO_MORE, str(venue), ago_s=ago_s)

    def _finished(self, line: Line, half: Publisher | Receiver, reason: str) -> None:
        """Note the end of the last line that stood; its moment is that of the last packet sent."""
        if half in (self.receiver, self._publisher):
            now = self._shared.clock.monotonic()
            self._last_sent = max(self._last_sent, now - line.last_sent_ago())
            if isinstance(half, Receiver):
                self.packets += sum(slot.packets for slot in half.slots)
                self.lost += sum(slot.lost for slot in half.slots)
                self.receiver = None
            else:
                self._publisher = None
            if self.receiver is None and self._publisher is None:
                self._note(Event.DISCONNECTED, reason, ago_s=now - self._last_sent)
        line.drop(reason)

    def _note(self, event: Event, reason: str, *, ago_s: float = 0.0) -> None:
        at_ms = unix_ms(self._shared.clock.now()) - round(ago_s * 1000)
        self._journal.note(at_ms, event, reason)
