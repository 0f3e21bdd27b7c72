"""The core in Python: it runs wherever the product does, and says in the plainest way what is done.

About two microseconds per packet of its own, besides what encryption and the kernel take.
"""

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

from server.media.cache import SentRing
from server.media.codec import Vp8
from server.media.core.model import BATCH, Arrival, Send
from server.media.dtls import Scratch, srtp_protect
from server.media.forward import forward_audio, forward_video
from server.media.lanes import OPEN, Lane, LaneStart, Target
from server.media.rewrite import Splicer
from server.media.rtp import Packet
from server.media.streams import Stream


class PlainLane(Splicer):
    """A splicer with what else belongs to a slot; sound has no ring."""

    __slots__ = (
        "gate",
        "octets",
        "packets",
        "payload_type",
        "ring",
        "send_time_element",
        "ssrc",
        "to",
    )

    def __init__(self, target: Target, start: LaneStart) -> None:
        super().__init__(seq=start.seq, ts=start.ts, picture_id=start.picture_id, tl0=start.tl0)
        self.to = target
        self.ssrc = start.ssrc
        self.payload_type = start.payload_type
        self.send_time_element = start.send_time_element
        self.ring = SentRing() if start.kind == "video" else None
        self.gate = OPEN
        self.packets = 0
        self.octets = 0


class PlainCore:
    """See ``model.Core``."""

    name = "python"
    ships_at = 1

    def __init__(self) -> None:
        self._in = Scratch()
        self._out = Scratch()
        self._outbox: list[Send] = []
        self._lost: Counter[str] = Counter()
        self.sent = 0

    @property
    def pending(self) -> int:
        """How many packets are in the outbox."""
        return len(self._outbox)

    def lost(self) -> Counter[str]:
        """Return what was not sent."""
        return self._lost

    def target(self, name: str) -> Target:
        """Return a new peer to send to."""
        return Target(name)

    def forget(self, target: Target) -> None:
        """Send nothing to a peer any more."""
        target.arm(None)

    def lane(self, target: Target, start: LaneStart) -> Lane:
        """Return a new lane to a peer."""
        return PlainLane(target, start)

    def forward_audio(self, now: float, stream: Stream, packet: Packet, number: int) -> None:
        """Collect what the slots of a sound stream are sent."""
        forward_audio(now, stream, packet, number, self._outbox)

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
        """Collect what the slots of a picture stream are sent."""
        forward_video(
            now,
            stream,
            packet,
            number,
            descriptor,
            picture=picture,
            send_time=send_time,
            out=self._outbox,
        )

    def resend(self, lane: Any, seq: int) -> bool:
        """Collect a sent packet again."""
        sent = lane.ring.get(seq) if lane.ring is not None else None
        if sent is None:
            return False
        self._outbox.append((lane.to, sent[1], sent[2]))
        return True

    def take(self) -> list[Send]:
        """Empty the outbox and return what was in it."""
        taken, self._outbox = self._outbox, []
        return taken

    def ship(self) -> None:
        """Encrypt and send what is in the outbox, in its order."""
        scratch = self._out
        view, pointer, length = scratch.view, scratch.pointer, scratch.length
        sent = 0
        for to, head, rest in self._outbox:
            split = len(head)
            size = split + len(rest)
            if to.sending is None or to.sendto is None or size > Scratch.LARGEST:
                continue
            # a slice of a bytearray would copy twice: this way saves a microsecond
            view[:split] = head
            view[split:size] = rest
            length[0] = size
            if srtp_protect(to.sending, pointer, length):
                self._lost["protect"] += 1
                continue
            try:
                to.sendto(view[: length[0]], to.address)
            except OSError:
                self._lost["send"] += 1
                continue
            sent += 1
        self._outbox.clear()
        self.sent += sent

    def receive(self, sock: socket.socket, drops: Counter[str]) -> Iterator[Arrival]:
        """Yield what has arrived, one system call each, all in one buffer."""
        take = sock.recvfrom_into
        scratch = self._in
        for _ in range(BATCH):
            try:
                size, address = take(scratch.data)
            except BlockingIOError:
                return
            except OSError:
                drops["socket"] += 1
                continue
            yield scratch, size, address
