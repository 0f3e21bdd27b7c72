"""What a core does for the router and the transport; the tests run over every core there is."""

import socket
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from server.media.codec import Vp8
from server.media.dtls import Scratch
from server.media.lanes import Lane, LaneStart, Target
from server.media.rtp import Packet
from server.media.streams import Stream

Send = tuple[Target, bytes, bytes]
"""(whom, head, rest): the plain packet is head + rest."""

Arrival = tuple[Scratch, int, tuple[object, ...]]
"""(buffer, size, address): a datagram, and whence it came as its socket names it."""

BATCH = 128
"""So many datagrams are taken from a socket before others have their turn."""


class Core(Protocol):
    """The packet path.

    ``name`` is ``python`` or ``c``. Packets to send collect in an outbox; when ``pending`` reaches
    ``ships_at`` it should be shipped. ``sent`` and ``lost`` count since the start.
    """

    name: str
    ships_at: int

    @property
    def pending(self) -> int:
        """How many packets are in the outbox."""

    @property
    def sent(self) -> int:
        """How many media packets were sent."""

    def lost(self) -> Counter[str]:
        """Return how many were not: ``protect`` could not be encrypted, ``send`` not sent."""

    def target(self, name: str) -> Target:
        """Return a new peer to send to."""

    def forget(self, target: Target) -> None:
        """Send nothing to a peer any more; what waits for it is not sent."""

    def lane(self, target: Target, start: LaneStart) -> Lane:
        """Return a new lane to a peer."""

    def forward_audio(self, now: float, stream: Stream, packet: Packet, number: int) -> None:
        """Put into the outbox what the slots of a sound stream are sent of one packet.

        Args:
            now: seconds of the worker's clock.
            stream: the stream of the packet.
            packet: the packet.
            number: its extended sequence number.
        """

    def forward_video(
        self,
        now: float,
        stream: Stream,
        packet: Packet,
        number: int,
        descriptor: Vp8,
        *,
        picture: int,
        send_time: int,
    ) -> None:
        """Put into the outbox what the slots of a picture stream are sent of one packet.

        Args:
            now: seconds of the worker's clock.
            stream: the stream of the packet.
            packet: the packet.
            number: its extended sequence number.
            descriptor: the VP8 descriptor of its payload.
            picture: its extended picture id, -1 for none.
            send_time: now as 24 bits of abs-send-time; the line measured is the one from here.
        """

    def resend(self, lane: Lane, seq: int) -> bool:
        """Put a sent packet into the outbox again; return whether it is still known."""

    def take(self) -> list[Send]:
        """Empty the outbox and return what was in it, in the order in which it came."""

    def ship(self) -> None:
        """Encrypt and send what is in the outbox."""

    def receive(self, sock: socket.socket, drops: Counter[str]) -> Iterable[Arrival]:
        """Yield what has arrived; a buffer is good until the next one is asked for."""
