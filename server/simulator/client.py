"""One WebRTC connection of a simulated venue: its own UDP socket, ICE, DTLS and SRTP.

It carries plain RTP and RTCP to and from its owner and knows nothing of what they show. Time comes
from ``tick``, which one timer calls for all connections of a process; outside the set-up the
socket is read there too, in batches, because a wake-up of the event loop costs more than a packet.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Protocol

from aiortc.rtcdtlstransport import RTCCertificate

from server.domain.clock import Clock
from server.simulator.dtls import SecureLine, fingerprint
from server.simulator.ice import Address, IceAgent
from server.simulator.sdp import Answer, Local

OPEN_TIMEOUT_S = 8.0
"""Longest wait for a path and the handshake together."""
SILENCE_S = 8.0
"""A line without any authenticated packet for so long is lost."""
REFUSED_S = 1.5
"""A line whose packets the server's machine refuses (nobody listens there) is lost sooner."""
_BATCH = 256
_RECEIVE_BUFFER = 1 << 20


class Owner(Protocol):
    """Who gets what a connection receives."""

    def take_rtp(self, now: float, packet: bytes) -> None:
        """Take an authentic RTP packet, at monotonic seconds ``now``."""
        ...

    def take_rtcp(self, now: float, compound: bytes) -> None:
        """Take an authentic RTCP compound."""
        ...


class Connection:
    """A connection to the server, opened once.

    Args:
        clock: the computer's clock, or a test's.
        certificate: shared by the connections of one process.
        owner: gets the packets.
        on_lost: is called once, with the reason in words, when an open line is lost; not when it
            is closed by ``close``.

    Attributes:
        last_sent: monotonic seconds of the last packet that left, or None.
        eager: True to be woken by each packet instead of reading at ticks; for exact times.
    """

    def __init__(
        self,
        clock: Clock,
        certificate: RTCCertificate,
        *,
        owner: Owner,
        on_lost: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._owner = owner
        self._on_lost = on_lost
        self._certificate = certificate
        self._loop = asyncio.get_running_loop()
        self._ice = IceAgent()
        self._line = SecureLine(certificate, self._send, lambda: self._lose("closed by the server"))
        self._socket = _open_socket()
        self._connected = False
        self._closed = False
        self._refused_since: float | None = None
        self._last_heard = 0.0
        self._progress = asyncio.Event()
        self._reading = False
        self.last_sent: float | None = None
        self._set_reading(True)

    def local(self, cname: str) -> Local:
        """Return what the offer must say of this connection."""
        return Local(self._ice.ufrag, self._ice.password, fingerprint(self._certificate), cname)

    async def open(self, answer: Answer) -> None:
        """Find a path, make the keys; return when media may be sent.

        Raises:
            ConnectionError: when no address answers, DTLS fails or it takes too long.
        """
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await self._find_path(answer)
                opens = answer.setup != "active"
                await self._line.shake_hands(answer.fingerprints, opens=opens)
        except TimeoutError as error:
            raise ConnectionError("no connection within the time allowed") from error
        self._last_heard = self._clock.monotonic()
        self._set_reading(False)

    async def _find_path(self, answer: Answer) -> None:
        self._ice.start(answer.ufrag, answer.password, answer.candidates)
        while self._ice.selected is None:
            now = self._clock.monotonic()
            self._send_checks(now)
            self._progress.clear()
            wait = max(0.001, self._ice.next_deadline() - now)
            try:
                async with asyncio.timeout(wait):
                    await self._progress.wait()
            except TimeoutError:
                continue
        self._socket.connect(self._ice.selected)
        self._connected = True

    @property
    def eager(self) -> bool:
        """Whether each packet wakes us; False once open, unless somebody wants exact times."""
        return self._reading

    @eager.setter
    def eager(self, wanted: bool) -> None:
        self._set_reading(wanted)

    def _set_reading(self, wanted: bool) -> None:
        if wanted and not self._reading and not self._closed:
            self._loop.add_reader(self._socket, self._read)
        elif not wanted and self._reading:
            self._loop.remove_reader(self._socket)
        self._reading = wanted

    def tick(self, now: float) -> None:
        """Read what came, keep consent fresh and notice a dead line; once each 20 ms is fine."""
        if self._closed or not self._line.ready:
            return
        if not self._reading:
            self._read()
        self._send_checks(now)
        heard = max(self._last_heard, self._ice.last_answer or 0.0)
        if now - heard > SILENCE_S:
            self._lose("the server was silent")
        elif self._refused_since is not None:
            if heard > self._refused_since:
                self._refused_since = None
            elif now - self._refused_since > REFUSED_S:
                self._lose("nobody listens at the server's port")

    def send_rtp(self, packet: bytes) -> None:
        """Protect and send one RTP packet; a full or broken line loses it, as lines do."""
        if not self._closed:
            self._send(self._line.protect_rtp(packet))

    def send_rtcp(self, compound: bytes) -> None:
        """Protect and send one RTCP compound."""
        if not self._closed:
            self._send(self._line.protect_rtcp(compound))

    def _send_checks(self, now: float) -> None:
        for data, address in self._ice.due(now):
            self._send(data, address)

    def _send(self, data: bytes, address: Address | None = None) -> None:
        if self._closed:
            return
        try:
            if self._connected:
                self._socket.send(data)
            elif address is not None:
                self._socket.sendto(data, address)
        except ConnectionRefusedError:
            self._note_refusal()
        except OSError:
            return  # no route, no buffer: the packet is lost, the line is judged by silence
        else:
            self.last_sent = self._clock.monotonic()

    def _note_refusal(self) -> None:
        if self._refused_since is None:
            self._refused_since = self._clock.monotonic()

    def _read(self) -> None:
        now = self._clock.monotonic()
        for _ in range(_BATCH):
            try:
                data, address = self._socket.recvfrom(2048)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                self._note_refusal()
                continue
            except OSError:
                return
            self._take(data, address, now)
            if self._closed:
                return

    def _take(self, data: bytes, address: Address, now: float) -> None:
        """Sort one datagram by its first byte (RFC 7983 §7)."""
        first = data[0] if data else 255
        if first < 4:
            reply = self._ice.handle(data, address, now)
            self._progress.set()
            if reply is not None:
                self._send(reply, address)
        elif 20 <= first < 64:
            self._line.feed(data)
        elif 128 <= first < 192 and len(data) > 8 and self._line.ready:
            self._take_media(data, now)

    def _take_media(self, data: bytes, now: float) -> None:
        is_control = 192 <= data[1] <= 223
        plain = self._line.open_rtcp(data) if is_control else self._line.open_rtp(data)
        if plain is None:
            return
        self._last_heard = now
        if is_control:
            self._owner.take_rtcp(now, plain)
        else:
            self._owner.take_rtp(now, plain)

    def _lose(self, reason: str) -> None:
        if not self._closed:
            self._shut()
            self._on_lost(reason)

    def _shut(self) -> None:
        self._set_reading(False)
        self._closed = True

    async def close(self) -> None:
        """Say goodbye and close the socket; safe at any time, also twice."""
        self._set_reading(False)
        await self._line.stop()
        self._shut()
        self._socket.close()


def _open_socket() -> socket.socket:
    """Return an unbound-to-address IPv4 socket: the kernel picks the way to each candidate."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.setblocking(False)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    line.bind(("", 0))
    return line
