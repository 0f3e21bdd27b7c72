"""One peer's connection: its path, its DTLS handshakes, its keys. Media pass by ``transport``."""

import asyncio
import logging
from collections.abc import Callable

from server.media.demux import client_random, is_plain_alert
from server.media.dtls import Certificate, DtlsSession, HandshakeError
from server.media.icelite import Paths
from server.media.lanes import Target
from server.media.rooms import Member

CONNECT_SECONDS = 20.0
"""A peer that has not finished its handshake by then is forgotten."""

GOODBYE_SECONDS = 4.0
"""How long a peer that closed its connection may take to say that it leaves, over HTTP.

A browser closes the connection of a page that goes at once, before its good-bye has arrived, and
that of a line which the page mends just the same: only the good-bye tells the two apart.
"""

PACKETS_PER_SECOND = 1_200
BURST_PACKETS = 1_200
"""What one peer may send, about five times a simulcast camera with sound and a screen."""

_MOST_HANDSHAKES = 12


class Connection:
    """The shell around a ``Member``.

    ``last_at`` is the worker's time of the last authenticated packet; ``target`` is where packets
    to the peer go, and with which keys.
    """

    __slots__ = (
        "_certificate",
        "_fingerprints",
        "_handshakes",
        "_log",
        "_on_connected",
        "_on_gone",
        "_random",
        "_session",
        "_task",
        "allowance",
        "connected_ms",
        "known_ssrcs",
        "last_at",
        "made_at",
        "member",
        "octets_in",
        "password",
        "paths",
        "peer",
        "target",
        "ufrag",
    )

    member: Member

    def __init__(
        self,
        peer: str,
        *,
        target: Target,
        ufrag: str,
        password: str,
        fingerprints: tuple[tuple[str, str], ...],
        certificate: Certificate,
        now: float,
        log: logging.Logger,
        on_connected: Callable[["Connection"], None],
        on_gone: Callable[["Connection", str], None],
    ) -> None:
        self.peer = peer
        self.target = target
        self.ufrag = ufrag
        self.password = password
        self._fingerprints = fingerprints
        self._certificate = certificate
        self._log = log
        self._on_connected = on_connected
        self._on_gone = on_gone
        self._random: bytes | None = None
        self._handshakes = 0
        self._session: DtlsSession | None = None
        self._task: asyncio.Task[None] | None = None
        self.paths = Paths()
        self.made_at = self.last_at = now
        self.connected_ms = 0
        self.allowance = float(BURST_PACKETS)
        self.known_ssrcs: set[int] = set()
        self.octets_in = 0

    def send_plain(self, datagram: bytes) -> None:
        """Send a datagram as it is (DTLS); it may be lost like any other."""
        if self.target.sendto is not None:
            try:
                self.target.sendto(datagram, self.target.address)
            except OSError as error:
                self._log.debug("peer %s: record not sent: %s", self.peer, error)

    def handle_dtls(self, record: bytes) -> None:
        """Take in DTLS records from a believed path.

        Until a handshake is done, a ClientHello with other random octets starts a new one, so
        that one sent by somebody else under the peer's address does not block the true one.
        """
        if is_plain_alert(record):
            return
        random = client_random(record)
        if self.target.srtp is None and random is not None and random != self._random:
            if self._handshakes >= _MOST_HANDSHAKES:
                return
            self._handshakes += 1
            self._random = random
            self._start_handshake()
        if self._session is not None:
            self._session.feed(record)

    def _start_handshake(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._session = DtlsSession(self._certificate, self.send_plain)
        self._task = asyncio.create_task(self._run(self._session))
        self._task.add_done_callback(self._note_end)

    async def _run(self, session: DtlsSession) -> None:
        try:
            self.target.arm(await session.handshake(self._fingerprints))
        except HandshakeError as failure:
            self._log.info("peer %s: handshake failed (%s)", self.peer, failure)
            return
        self._on_connected(self)
        await session.ended()
        await asyncio.sleep(GOODBYE_SECONDS)
        self._on_gone(self, "closed")

    def _note_end(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._log.error("peer %s: connection failed", self.peer, exc_info=task.exception())
            self._on_gone(self, "failed")

    def close(self) -> None:
        """Say goodbye and stop; idempotent."""
        if self._task is not None:
            self._task.cancel()
        self.target.arm(None)
        if self._session is not None:
            self._task = asyncio.create_task(self._session.close())
            self._session = None
