"""The peers of a worker by their ids: takes them in, lets them go, keeps the journal and counters.

It joins router, transport and connections, but drives nothing: ``worker`` calls it and owns the
clocks, which come in as functions.
"""

import logging
import secrets
from collections.abc import Callable
from pathlib import Path

from server.media import control
from server.media.answer import Local, write_answer
from server.media.core.model import Core
from server.media.dtls import Certificate
from server.media.icelite import CONSENT_SECONDS
from server.media.journal import Journal
from server.media.model import (
    MediaEvent,
    PeerConnected,
    PeerDisconnected,
    PeerInfo,
    PeerStats,
    RecordingChanged,
    RecordingGap,
    SourceHealth,
    VoicesChanged,
)
from server.media.peer import CONNECT_SECONDS, Connection
from server.media.recording.tape import Tape
from server.media.recording.writer import Writer
from server.media.router import Router
from server.media.sdp import SdpError, parse_offer
from server.media.timeline import Timeline
from server.media.transport import Place, Transport

MOST_PEERS = 400
WRITE_OUT_SECONDS = 2.0
"""How long a worker that ends waits for the disk with what it has recorded."""


class Refused(Exception):  # noqa: N818 (a refusal is no error)
    """A request that cannot be granted; ``code`` goes back to the control process."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Plane:
    """All peers of one worker, and the journal of their comings and goings.

    ``notify`` is called with every event; journal events are kept as well.
    """

    def __init__(
        self,
        places: list[Place],
        announce: tuple[str, ...],
        *,
        steady: Callable[[], float],
        wall: Callable[[], float],
        core: Core,
        log: logging.Logger,
        journal: Journal,
    ) -> None:
        """Take bound sockets, the addresses to announce (none: those bound), two clocks, a core."""
        self._steady = steady
        self._wall = wall
        self._log = log
        self._announce = announce
        self._timeline = Timeline(steady(), wall())
        self.journal = journal
        self.router = Router(self._timeline, secrets.randbits, core)
        self.transport = Transport(places, self.router, steady, log)
        self._certificate = Certificate()
        self._connections: dict[str, Connection] = {}
        self.notify: Callable[[MediaEvent], None] = lambda event: None
        self._told: dict[tuple[str, str], SourceHealth] = {}
        self._octets: dict[str, tuple[int, int]] = {}
        self._rates: dict[str, tuple[int, int]] = {}
        self._folders: dict[str, Path] = {}
        self._writers: dict[str, Writer] = {}
        self._states: dict[str, str] = {}

    def now_ms(self) -> int:
        """Return the Unix milliseconds of the worker's clock."""
        return self._timeline.unix_ms(self._steady())

    # --- peers ---------------------------------------------------------------------------------

    def connect(self, request: control.Connect) -> str:
        """Take in a peer; return the answer to its offer.

        Raises:
            Refused: with the code of the ``SdpError``, ``peer_exists``, ``no_such_slot`` or
                ``full``.
        """
        if request.peer in self._connections:
            raise Refused("peer_exists")
        if len(self._connections) >= MOST_PEERS:
            raise Refused("full")
        try:
            offer = parse_offer(request.offer)
        except SdpError as error:
            raise Refused(error.code) from None
        if any(not 0 <= number < len(offer.slots) for number in request.slots):
            raise Refused("no_such_slot")
        now = self._steady()
        connection = Connection(
            request.peer,
            target=self.router.core.target(request.peer),
            ufrag=secrets.token_hex(6),
            password=secrets.token_hex(16),
            fingerprints=offer.fingerprints,
            certificate=self._certificate,
            now=now,
            log=self._log,
            on_connected=self.note_connected,
            on_gone=self._drop,
        )
        connection.member = self.router.add_peer(
            request.peer, offer, room=request.room, source=request.source, to=connection.target
        )
        self._connections[request.peer] = connection
        self.transport.add(connection)
        if request.slots:
            self.router.choose(now, request.peer, request.slots)
        local = Local(
            self._announce or self.transport.addresses,
            self.transport.port,
            connection.ufrag,
            connection.password,
            self._certificate.fingerprint,
        )
        ssrcs = {slot.mid: slot.ssrc for slot in connection.member.slots}
        return write_answer(offer, local, ssrcs)

    def connection(self, peer: str) -> Connection | None:
        """Return the connection of a peer, None when there is none."""
        return self._connections.get(peer)

    def note_connected(self, connection: Connection) -> None:
        """Take in that a handshake is done."""
        if self._connections.get(connection.peer) is not connection:
            return
        connection.connected_ms = self.now_ms()
        member = connection.member
        self._record(
            PeerConnected(
                self.journal.next_seq(),
                connection.peer,
                member.room.name,
                member.source,
                connection.connected_ms,
            )
        )

    def _record(self, event: PeerConnected | PeerDisconnected) -> None:
        self.journal.add(event)
        self.notify(event)

    def _drop(self, connection: Connection, reason: str) -> None:
        """Forget a peer and say goodbye to it; journal it when it had been connected."""
        if self._connections.get(connection.peer) is not connection:
            return
        del self._connections[connection.peer]
        member = connection.member
        self.transport.remove(connection)
        self.router.remove_peer(self._steady(), connection.peer)
        connection.close()
        if connection.connected_ms:
            self._record(
                PeerDisconnected(
                    self.journal.next_seq(),
                    connection.peer,
                    member.room.name,
                    member.source,
                    self._last_ms(connection),
                    reason,
                )
            )

    def disconnect(self, peer: str, reason: str) -> None:
        """End a peer, if it is there."""
        connection = self._connections.get(peer)
        if connection is not None:
            self._drop(connection, reason)

    def choose(self, request: control.Choose) -> None:
        """Set what slots of a peer show.

        Raises:
            Refused: ``no_such_peer`` or ``no_such_slot``.
        """
        try:
            self.router.choose(self._steady(), request.peer, request.slots)
        except KeyError:
            raise Refused("no_such_peer") from None
        except IndexError:
            raise Refused("no_such_slot") from None
        self.transport.flush()

    def set_audible(self, request: control.SetAudible) -> None:
        """Let only some sources of a room be heard, or everybody."""
        sources = None if request.sources is None else frozenset(request.sources)
        self.router.set_audible(self._steady(), request.room, sources, frozenset(request.asked))
        self._tell_voices()

    def close_room(self, room: str) -> None:
        """End all peers of a room and forget it."""
        for connection in list(self._connections.values()):
            if connection.member.room.name == room:
                self._drop(connection, "room_closed")
        self.end_recording(room, "closed")
        self.router.close_room(room)

    def peers(self) -> list[PeerInfo]:
        """Return the connected peers, sorted by id."""
        return [
            PeerInfo(c.peer, c.member.room.name, c.member.source, c.connected_ms, self._last_ms(c))
            for _, c in sorted(self._connections.items())
            if c.connected_ms
        ]

    def _last_ms(self, connection: Connection) -> int:
        """Return the Unix millisecond of a peer's last authenticated packet."""
        return max(connection.connected_ms, self._timeline.unix_ms(connection.last_at))

    def close(self) -> None:
        """Say goodbye to all peers."""
        for connection in list(self._connections.values()):
            self._drop(connection, "worker_stopped")
        writers = list(self._writers.values())
        for room in list(self._writers):
            self.end_recording(room, "worker")
        for writer in writers:
            writer.join(WRITE_OUT_SECONDS)

    # --- recording -----------------------------------------------------------------------------

    def record(self, request: control.Record) -> None:
        """Record a room, or go on by another plan; how it goes is told with ``collect``."""
        now, room, folder = self._steady(), request.room, Path(request.folder)
        if self._folders.get(room, folder) != folder:
            self.end_recording(room, "stopped")
        tape = self.router.tapes.get(room)
        if tape is None:
            writer = Writer(folder, room, self._unix_us(now), self._log)
            tape = Tape(self.router.room(room), writer, self._unix_us)
            self._folders[room], self._writers[room] = folder, writer
        # whoever asks is told, though nothing may have changed: it may be another control process
        self._states[room] = ""
        self.router.record(now, tape, request.plan)
        self.transport.flush()

    def _unix_us(self, steady: float) -> int:
        return int(self._timeline.unix(steady) * 1e6)

    def end_recording(self, room: str, why: str) -> None:
        """Record a room no more; what was taken goes to the disk meanwhile."""
        self.router.end_recording(self._steady(), room, why)
        for table in (self._folders, self._writers, self._states):
            table.pop(room, None)

    def collect(self) -> None:
        """Hand what was recorded to the disk, and tell how that goes; call it every 0.24 s."""
        now = self._steady()
        for room, tape in self.router.tapes.items():
            tape.collect(now)
            for gap in tape.gaps:
                self.notify(RecordingGap(room, gap.from_us // 1000, gap.until_us // 1000, gap.why))
            tape.gaps.clear()
            if self._states[room] != tape.state:
                self._states[room] = tape.state
                self.notify(RecordingChanged(room, tape.state, self.now_ms()))

    # --- time ----------------------------------------------------------------------------------

    def repair(self, seconds: float) -> None:
        """Ask for what is missing; call it every 20 ms with the seconds since the last call."""
        self.transport.refill(seconds)
        self.router.repair(self._steady())
        self.transport.flush()

    def adjust(self) -> None:
        """Choose layers and voices again; call it five times a second."""
        self.router.adjust(self._steady())
        self._tell_voices()
        self.transport.flush()

    def _tell_voices(self) -> None:
        changed = self.router.voices_changed
        self.router.voices_changed = []
        for room in changed:
            self.notify(VoicesChanged(room.name, room.speaking))

    def each_second(self) -> None:
        """Report, count, and let go of peers that are silent; call it once a second."""
        now = self._steady()
        self._timeline.follow(now, self._wall())
        for health in self.router.report(now):
            key = (health.room, health.source)
            if self._told.get(key) != health:
                self._told[key] = health
                self.notify(health)
        self._drop_silent(now)
        self._count_octets()
        live = {(c.member.room.name, c.member.source) for c in self._connections.values()}
        self._told = {key: health for key, health in self._told.items() if key in live}
        self.transport.flush()

    def _drop_silent(self, now: float) -> None:
        for connection in list(self._connections.values()):
            if connection.connected_ms:
                if now - connection.last_at > CONSENT_SECONDS:
                    self._drop(connection, "silent")
            elif now - connection.made_at > CONNECT_SECONDS:
                self._drop(connection, "never_connected")

    def _count_octets(self) -> None:
        before, self._octets, self._rates = self._octets, {}, {}
        for peer, connection in self._connections.items():
            octets = connection.octets_in, sum(s.lane.octets for s in connection.member.slots)
            was = before.get(peer, (0, 0))
            self._octets[peer] = octets
            self._rates[peer] = octets[0] - was[0], octets[1] - was[1]

    # --- counters ------------------------------------------------------------------------------

    def peer_stats(self) -> tuple[PeerStats, ...]:
        """Return the counters of every peer, sorted by id."""
        return tuple(self._peer_stats(c) for _, c in sorted(self._connections.items()))

    def _peer_stats(self, connection: Connection) -> PeerStats:
        member = connection.member
        octets_in, octets_out = self._rates.get(connection.peer, (0, 0))
        return PeerStats(
            peer=connection.peer,
            room=member.room.name,
            source=member.source,
            in_kbps=octets_in * 8 // 1000,
            out_kbps=octets_out * 8 // 1000,
            fps=member.health.fps,
            loss_percent=member.health.loss_percent,
            viewer_loss_percent=round(100 * member.viewer_share, 1),
            idle_ms=int((self._steady() - connection.last_at) * 1000),
            rung=member.ladder.rung,
        )
