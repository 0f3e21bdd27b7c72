"""The core in C (``c/``): the same as ``plain`` at a third of its price.

It encrypts with the very sessions of ``dtls.Srtp``, by a pointer to libsrtp's function, and has no
cryptography of its own. Importing this module fails where the C part was not built.
"""

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

from server.media.codec import Vp8
from server.media.core._native import ffi, lib
from server.media.core.model import Arrival, Send
from server.media.core.sockaddr import from_sockaddr, sockaddr_size, to_sockaddr
from server.media.dtls import Scratch, Srtp, address_of_srtp_protect
from server.media.lanes import Lane, LaneStart, Target
from server.media.rtp import Packet
from server.media.streams import Stream

_MOST_KNOWN_ADDRESSES = 4096


def built_from() -> str:
    """Return the fingerprint of the sources that the C part was built from."""
    return str(ffi.string(lib.core_fingerprint).decode("ascii"))


class NativeTarget(Target):
    """A target that the C part knows under a number; -1 once it is forgotten."""

    __slots__ = ("_core", "number")

    def __init__(self, name: str, core: Any, number: int) -> None:
        super().__init__(name)
        self._core = core
        self.number = number

    def arm(self, srtp: Srtp | None) -> None:
        """Encrypt with these keys from now on; None stops sending."""
        super().arm(srtp)
        lib.core_arm(self._core, self.number, ffi.NULL if srtp is None else srtp.sending)

    def aim(self, sock: socket.socket | None, address: tuple[Any, ...]) -> None:
        """Send by this socket to this address from now on; None stops sending."""
        super().aim(sock, address)
        if sock is None:
            lib.core_aim(self._core, self.number, -1, b"", 0)
        else:
            raw = to_sockaddr(sock.family, address)
            lib.core_aim(self._core, self.number, sock.fileno(), raw, len(raw))


class NativeLane:
    """A lane that lives in the C part."""

    __slots__ = ("_lane",)

    def __init__(self, number: int, start: LaneStart) -> None:
        keeps = start.kind == "video"
        lane = lib.lane_new(number, start.ssrc, start.payload_type, start.send_time_element, keeps)
        if lane == ffi.NULL:
            raise MemoryError
        self._lane = ffi.gc(lane, lib.lane_free)
        lib.lane_start(self._lane, start.seq, start.ts, start.picture_id, start.tl0)

    @property
    def inside(self) -> Any:
        """The C part's lane, which lives as long as this object."""
        return self._lane

    @property
    def gate(self) -> int:
        """The state of the gate for the upper temporal layers."""
        return int(self._lane.gate)

    @gate.setter
    def gate(self, state: int) -> None:
        self._lane.gate = state

    @property
    def packets(self) -> int:
        """How many packets were forwarded."""
        return int(self._lane.packets)

    @property
    def octets(self) -> int:
        """How many octets of payload."""
        return int(self._lane.octets)

    @property
    def ts_offset(self) -> int:
        """What is added to timestamps, modulo 2 to the 32nd."""
        return int(self._lane.ts_offset)

    @property
    def picture_offset(self) -> int:
        """What is added to picture ids."""
        return int(self._lane.picture_offset)

    @property
    def tl0_offset(self) -> int:
        """What is added to TL0PICIDX."""
        return int(self._lane.tl0_offset)

    def switch(self, now: float, rate: int, *, seq: int, ts: int) -> None:
        """Go over to another stream, whose first packet has these numbers."""
        lib.lane_switch(self._lane, now, rate, seq, ts)

    def switch_pictures(self, *, picture_id: int, tl0: int) -> None:
        """Continue picture numbering with the first picture of another stream."""
        lib.lane_switch_pictures(self._lane, picture_id, tl0)

    def forward(self, now: float, seq: int, ts: int, picture_id: int = -1, tl0: int = -1) -> int:
        """Return the outgoing sequence number of an incoming packet, or -1 to leave it out."""
        return int(lib.lane_forward(self._lane, now, seq, ts, picture_id, tl0))

    def skip(self, seq: int) -> None:
        """Leave an incoming packet out without a hole."""
        lib.lane_skip(self._lane, seq)


class _Fan:
    """The lanes of a stream as the C part wants them; they live as long as this object."""

    __slots__ = ("array", "count", "lanes")

    def __init__(self, stream: Stream) -> None:
        self.lanes = [slot.lane for slot in stream.slots]
        self.count = len(self.lanes)
        self.array = ffi.new("lane *[]", [lane.inside for lane in self.lanes])  # type: ignore[attr-defined]


class NativeCore:
    """See ``model.Core``. It takes and sends many packets with one system call."""

    name = "c"
    ships_at = 256

    def __init__(self, *, use_segments: bool = True) -> None:
        """Make a core; without ``use_segments`` every packet is a message of its own."""
        protect = ffi.cast("srtp_protect_function", address_of_srtp_protect())
        self._core = ffi.gc(lib.core_new(protect, use_segments), lib.core_free)
        self._inbox = ffi.gc(lib.inbox_new(), lib.inbox_free)
        if self._core == ffi.NULL or self._inbox == ffi.NULL:
            raise MemoryError
        self._tally = lib.core_tally(self._core)
        self._header = ffi.new("header *")
        self._names: dict[int, NativeTarget] = {}
        self.pending = 0
        self._sizes = lib.inbox_sizes(self._inbox)
        data = memoryview(
            ffi.buffer(lib.inbox_data(self._inbox), lib.MOST_ARRIVALS * lib.BUFFER_SIZE)
        )
        self._buffers = [
            Scratch(data[place * lib.BUFFER_SIZE : (place + 1) * lib.BUFFER_SIZE])
            for place in range(lib.MOST_ARRIVALS)
        ]
        self._addresses = memoryview(
            ffi.buffer(lib.inbox_addresses(self._inbox), lib.MOST_ARRIVALS * lib.ADDRESS_SIZE)
        )
        self._known: dict[bytes, tuple[Any, ...]] = {}

    @property
    def sent(self) -> int:
        """How many media packets were sent."""
        return int(self._tally.sent)

    @property
    def messages(self) -> int:
        """In how many messages; fewer than packets where the kernel cuts messages apart."""
        return int(self._tally.messages)

    @property
    def uses_segments(self) -> bool:
        """Whether packets to one address may leave as one message."""
        return bool(lib.core_uses_segments(self._core))

    def lost(self) -> Counter[str]:
        """Return what was not sent."""
        counts = {"protect": int(self._tally.unprotected), "send": int(self._tally.blocked)}
        return Counter({reason: count for reason, count in counts.items() if count})

    def target(self, name: str) -> Target:
        """Return a new peer to send to."""
        number = lib.core_target_new(self._core)
        if number < 0:
            raise MemoryError("too many peers for one worker")
        target = self._names[number] = NativeTarget(name, self._core, number)
        return target

    def forget(self, target: Target) -> None:
        """Send nothing to a peer any more; its number may become another's."""
        if isinstance(target, NativeTarget) and target.number >= 0:
            target.arm(None)
            lib.core_target_free(self._core, target.number)
            del self._names[target.number]
            target.number = -1

    def lane(self, target: Target, start: LaneStart) -> Lane:
        """Return a new lane to a peer."""
        return NativeLane(target.number if isinstance(target, NativeTarget) else -1, start)

    def forward_audio(self, now: float, stream: Stream, packet: Packet, number: int) -> None:
        """Collect what the slots of a sound stream are sent."""
        fan = stream.fan
        if fan is None:
            fan = stream.fan = _Fan(stream)
        if not fan.count:
            return
        header = self._header
        header.now = now
        header.number = number
        header.ts = packet.ts
        header.marker = packet.marker
        rest = packet.payload
        self.pending = lib.core_forward_sound(
            self._core, fan.array, fan.count, header, rest, len(rest)
        )

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
        fan = stream.fan
        if fan is None:
            fan = stream.fan = _Fan(stream)
        if not fan.count:
            return
        header = self._header
        header.now = now
        header.number = number
        header.ts = packet.ts
        header.marker = packet.marker
        header.first, header.flags, _, _, header.tl0, header.tail, length = descriptor
        header.picture = picture
        header.send_time = send_time
        rest = packet.payload[length:]
        self.pending = lib.core_forward_picture(
            self._core, fan.array, fan.count, header, rest, len(rest)
        )

    def resend(self, lane: Any, seq: int) -> bool:
        """Collect a sent packet again."""
        found = bool(lib.core_resend(self._core, lane.inside, seq))
        self.pending = lib.core_pending(self._core)
        return found

    def take(self) -> list[Send]:
        """Empty the outbox and return what was in it; heads are not told from the rest here."""
        room = ffi.new("uint8_t[]", lib.BUFFER_SIZE)
        number = ffi.new("int *")
        taken: list[Send] = []
        for index in range(lib.core_pending(self._core)):
            size = lib.core_read(self._core, index, number, room, lib.BUFFER_SIZE)
            if number[0] in self._names:
                taken.append((self._names[number[0]], bytes(ffi.buffer(room, size)), b""))
        lib.core_forget_pending(self._core)
        self.pending = 0
        return taken

    def ship(self) -> None:
        """Encrypt and send what is in the outbox, peer by peer."""
        if self.pending:
            lib.core_ship(self._core)
            self.pending = 0

    def receive(self, sock: socket.socket, drops: Counter[str]) -> Iterator[Arrival]:
        """Yield what has arrived, all taken with one system call."""
        count = lib.inbox_receive(self._inbox, sock.fileno())
        if count < 0:
            drops["socket"] += 1
            return
        family = sock.family
        length, step = sockaddr_size(family), lib.ADDRESS_SIZE
        known = self._known
        for place in range(count):
            raw = bytes(self._addresses[place * step : place * step + length])
            address = known.get(raw)
            if address is None:
                address = self._learn(family, raw)
            yield self._buffers[place], self._sizes[place], address

    def _learn(self, family: int, raw: bytes) -> tuple[Any, ...]:
        if len(self._known) >= _MOST_KNOWN_ADDRESSES:
            self._known.clear()
        address = self._known[raw] = from_sockaddr(family, raw)
        return address
