"""The one UDP port: sockets, the drain of arrivals, and who may be believed.

One socket per local address, all with the same port number, so that a reply leaves from the
address to which the question came. Nothing here waits, and nothing a stranger sends raises.
"""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

import ifaddr

from server.media.demux import Arrival, classify, ssrc_of
from server.media.dtls import Scratch
from server.media.icelite import answer_check, parse_check
from server.media.ingress import MOST_SSRCS
from server.media.peer import BURST_PACKETS, PACKETS_PER_SECOND, Connection
from server.media.router import Router
from server.media.rtp import WireError

_BUFFER_BYTES = 4 << 20
_MOST_ADDRESSES = 16


def local_addresses() -> list[str]:
    """Return the addresses of this machine: IPv4, then IPv6 that is not link-local; loopback last.

    At most 16, each once.
    """
    found: dict[str, tuple[bool, int]] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            address = ipaddress.ip_address(text)
            if not address.is_link_local:
                found[text] = (address.is_loopback, address.version)
    return sorted(found, key=lambda text: found[text])[:_MOST_ADDRESSES]


class Place:
    """A socket on one local address, and who has proved to be at which remote address."""

    __slots__ = ("address", "index", "paths", "sock")

    def __init__(self, index: int, sock: socket.socket, address: str) -> None:
        self.index = index
        self.sock = sock
        self.address = address
        self.paths: dict[tuple[Any, ...], Connection] = {}


def _bind(address: str, port: int) -> socket.socket:
    version = ipaddress.ip_address(address).version
    sock = socket.socket(socket.AF_INET6 if version == 6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if version == 6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def bind_all(addresses: list[str], port: int, log: logging.Logger) -> list[Place]:
    """Bind the same port on every address; an address that refuses is left out with a warning.

    Args:
        addresses: of this machine; the first decides the port when ``port`` is 0.
        port: 0 for any.
        log: for the warnings.

    Raises:
        OSError: when not even one address can be bound.
    """
    places: list[Place] = []
    failure: OSError | None = None
    for address in addresses:
        try:
            sock = _bind(address, port)
        except OSError as error:
            failure = error
            log.warning("media port %s on %s not to be had: %s", port, address, error)
            continue
        port = port or int(sock.getsockname()[1])
        places.append(Place(len(places), sock, address))
    if not places:
        raise failure or OSError("no local address")
    return places


class Transport:
    """The packet path between the sockets and the router."""

    def __init__(
        self, places: list[Place], router: Router, steady: Callable[[], float], log: logging.Logger
    ) -> None:
        """Take bound sockets, the router and the steady clock in seconds."""
        self._places = places
        self._router = router
        self._steady = steady
        self._log = log
        self._core = router.core
        self._out = Scratch()
        self._by_ufrag: dict[str, Connection] = {}
        self.port = int(places[0].sock.getsockname()[1])
        self.addresses = tuple(place.address for place in places)
        self._drops: Counter[str] = Counter()
        self.packets_in = 0

    @property
    def packets_out(self) -> int:
        """How many media packets were sent."""
        return self._core.sent

    @property
    def drops(self) -> Counter[str]:
        """How many packets were dropped, by reason."""
        return self._drops + self._core.lost()

    def start(self) -> None:
        """Begin to listen on the running event loop."""
        loop = asyncio.get_running_loop()
        for place in self._places:
            loop.add_reader(place.sock.fileno(), self._drain, place)

    def close(self) -> None:
        """Stop listening and close the sockets."""
        loop = asyncio.get_running_loop()
        for place in self._places:
            loop.remove_reader(place.sock.fileno())
            place.sock.close()

    def add(self, connection: Connection) -> None:
        """Answer the checks for a connection from now on."""
        self._by_ufrag[connection.ufrag] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection and its paths."""
        self._by_ufrag.pop(connection.ufrag, None)
        for index, address in connection.paths.believed:
            if self._places[index].paths.get(address) is connection:
                del self._places[index].paths[address]

    def refill(self, seconds: float) -> None:
        """Let every peer send again what these seconds allow."""
        for connection in self._by_ufrag.values():
            connection.allowance = min(
                BURST_PACKETS, connection.allowance + seconds * PACKETS_PER_SECOND
            )

    # --- arrivals ------------------------------------------------------------------------------

    def _drain(self, place: Place) -> None:
        """Take a batch of what arrived and send what comes of it."""
        for scratch, size, address in self._core.receive(place.sock, self._drops):
            self._handle(place, scratch, size, address)
        self._core.ship()
        self.flush()

    def _handle(self, place: Place, scratch: Scratch, size: int, address: tuple[Any, ...]) -> None:
        arrival = classify(scratch.data, size)
        if arrival is Arrival.JUNK:
            self._drops["junk"] += 1
            return
        if arrival is Arrival.STUN:
            self._handle_stun(place, bytes(scratch.view[:size]), address)
            return
        connection = place.paths.get(address)
        if connection is None:
            self._drops["stranger"] += 1
        elif connection.allowance < 1:
            self._drops["flood"] += 1
        else:
            connection.allowance -= 1
            self._handle_known(connection, arrival, scratch, size)

    def _handle_known(
        self, connection: Connection, arrival: Arrival, scratch: Scratch, size: int
    ) -> None:
        if arrival is Arrival.DTLS:
            connection.handle_dtls(bytes(scratch.view[:size]))
            return
        srtp = connection.target.srtp
        if srtp is None:
            self._drops["early"] += 1
            return
        if arrival is Arrival.RTP:
            ssrc = ssrc_of(scratch.data)
            known = connection.known_ssrcs
            if ssrc not in known and len(known) >= MOST_SSRCS:
                self._drops["ssrc"] += 1
                return
            size = srtp.unprotect_rtp(scratch, size)
            if size:
                known.add(ssrc)
        else:
            size = srtp.unprotect_rtcp(scratch, size)
        if not size:
            self._drops["not_authentic"] += 1
            return
        self.packets_in += 1
        connection.octets_in += size
        self._route(connection, arrival, bytes(scratch.view[:size]))

    def _route(self, connection: Connection, arrival: Arrival, packet: bytes) -> None:
        now = connection.last_at = self._steady()
        try:
            if arrival is Arrival.RTP:
                self._router.handle_rtp(now, connection.member, packet)
            else:
                self._router.handle_rtcp(now, connection.member, packet)
        except WireError:
            self._drops["malformed"] += 1
            return
        if self._core.pending >= self._core.ships_at:
            self._core.ship()

    def _handle_stun(self, place: Place, data: bytes, address: tuple[Any, ...]) -> None:
        check = parse_check(data)
        connection = self._by_ufrag.get(check.ufrag) if check is not None else None
        if check is None or connection is None:
            self._drops["stun"] += 1
            return
        answer = answer_check(check, connection.password, (address[0], address[1]))
        if answer is None:
            self._drops["stun"] += 1
            return
        connection.last_at = self._steady()
        self._believe(connection, place, address, nominates=check.nominates)
        with contextlib.suppress(OSError):
            place.sock.sendto(answer, address)

    def _believe(
        self, connection: Connection, place: Place, address: tuple[Any, ...], *, nominates: bool
    ) -> None:
        path = (place.index, address)
        before = place.paths.get(address)
        if before is not None and before is not connection:
            # an address has one owner: the client has thrown its older connection away
            before.paths.believed.pop(path, None)
            if before.paths.chosen == path:
                before.paths.chosen = None
                before.target.aim(None, ())
        place.paths[address] = connection
        for index, old in connection.paths.note_check(path, nominates=nominates):
            self._places[index].paths.pop(old, None)
        if connection.paths.chosen == path:
            connection.target.aim(place.sock, address)

    # --- departures ----------------------------------------------------------------------------

    def flush(self) -> None:
        """Send the RTCP that the router has collected."""
        waiting = self._router.rtcp
        if not waiting:
            return
        self._router.rtcp = []
        for to, compound in waiting:
            if to.srtp is None or to.sendto is None:
                continue
            size = to.srtp.protect_rtcp(self._out, compound)
            if size:
                with contextlib.suppress(OSError):
                    to.sendto(self._out.view[:size], to.address)
