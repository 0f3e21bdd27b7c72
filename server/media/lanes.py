"""What both cores keep of a peer and of a slot; streams and rooms see no more than ``Lane``."""

import socket
from dataclasses import dataclass
from typing import Any, Protocol

from server.media.dtls import Srtp
from server.media.model import Kind

OPEN, CLOSED, OPENING = 0, 1, 2
"""States of a lane's gate for the upper temporal layers."""


class Target:
    """Where a peer's packets go: its keys and its path.

    ``name`` is for whoever reads packets before they are sent. ``sendto`` is None while no path is
    known, ``srtp`` and ``sending`` are None before the handshake and after the end.
    """

    __slots__ = ("address", "name", "sending", "sendto", "srtp")

    def __init__(self, name: str) -> None:
        self.name = name
        self.srtp: Srtp | None = None
        self.sending: Any = None
        self.sendto: Any = None
        self.address: tuple[Any, ...] = ()

    def arm(self, srtp: Srtp | None) -> None:
        """Encrypt with these keys from now on; None stops sending."""
        self.srtp = srtp
        self.sending = srtp.sending if srtp is not None else None

    def aim(self, sock: socket.socket | None, address: tuple[Any, ...]) -> None:
        """Send by this socket to this address from now on; None stops sending."""
        self.sendto = sock.sendto if sock is not None else None
        self.address = address


@dataclass(frozen=True, slots=True)
class LaneStart:
    """What a lane is made of: the numbers of its first packet, drawn at random, and its header.

    ``send_time_id`` is the extension's id, 0 when it was not negotiated.
    """

    kind: Kind
    ssrc: int
    payload_type: int
    send_time_id: int
    seq: int
    ts: int
    picture_id: int = 0
    tl0: int = 0

    @property
    def send_time_element(self) -> int:
        """The first octet of the send time's one-byte element, at the top of 32 bits; 0 without."""
        number = self.send_time_id if self.kind == "video" else 0
        return number << 28 | 2 << 24 if 0 < number < 15 else 0


class Lane(Protocol):
    """What one slot is sent: its numbering (``rewrite.Splicer``), ring, gate and counters.

    ``gate`` lets only the base temporal layer pass when closed; it opens at a layer sync.
    """

    gate: int

    @property
    def packets(self) -> int:
        """How many packets were forwarded."""

    @property
    def octets(self) -> int:
        """How many octets of payload."""

    @property
    def ts_offset(self) -> int:
        """What is added to timestamps, modulo 2 to the 32nd."""

    def switch(self, now: float, rate: int, *, seq: int, ts: int) -> None:
        """Go over to another stream, whose first packet has these numbers."""

    def switch_pictures(self, *, picture_id: int, tl0: int) -> None:
        """Continue picture numbering with the first picture of another stream."""

    def skip(self, seq: int) -> None:
        """Leave an incoming packet out without a hole."""
