"""What a simulated venue receives: one counter per slot, its reports, and frames on demand.

Pure: packets come in with a time, feedback goes out as bytes. Decoding is ``watcher.py``'s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import pack, unpack_from

from server.simulator.packets import negative_acknowledgement, read_extension, vp8_body

ASKED_AGAIN = 16
"""The largest gap that is asked for again; after more a key frame is the only help."""


@dataclass(slots=True)
class Slot:
    """One receiving section (下行): the SSRC that feeds it, its counters, its listener.

    Attributes:
        packets, octets: received so far, without headers.
        last_at: monotonic seconds of the last packet, or None.
        lost: packets that never came or came too late, from the sequence numbers.
        listener: is given (now, rtp packet) of each packet when somebody watches.
    """

    mid: str
    kind: str
    ssrc: int | None
    rate: int
    packets: int = 0
    octets: int = 0
    last_at: float | None = None
    listener: Callable[[float, bytes], None] | None = None
    _first: int = 0
    _highest: int = -1
    _jitter: float = 0.0
    _transit: float | None = None
    _expected_before: int = 0
    _received_before: int = 0
    _report_ntp: int = 0
    _report_at: float = 0.0

    @property
    def lost(self) -> int:
        """Packets expected and not received; never negative, repeats notwithstanding."""
        if self._highest < 0:
            return 0
        return max(0, self._highest - self._first + 1 - self.packets)

    def take(self, now: float, packet: bytes) -> list[int]:
        """Count a packet; return the sequence numbers it shows to be missing, often none."""
        sequence, rtp_time = unpack_from("!HI", packet, 2)
        self.packets += 1
        self.octets += len(packet) - 12
        self.last_at = now
        transit = now * self.rate - rtp_time
        if self._transit is not None:
            change = abs(transit - self._transit)
            # A switch of source may move the clock: such a leap is not jitter.
            if change < self.rate:
                self._jitter += (change - self._jitter) / 16
        self._transit = transit
        missing = self._advance(sequence)
        if self.listener is not None:
            self.listener(now, packet)
        return missing

    def _advance(self, sequence: int) -> list[int]:
        if self._highest < 0:
            self._first = self._highest = sequence
            return []
        step = (sequence - self._highest) & 0xFFFF
        if step == 0 or step >= 0x8000:
            return []
        before = self._highest
        self._highest += step
        if step - 1 > ASKED_AGAIN:
            return []
        return [number & 0xFFFF for number in range(before + 1, before + step)]

    def note_report(self, now: float, ntp_middle: int) -> None:
        """Remember a sender report, so that our own can tell the round trip (RFC 3550 §6.4.1)."""
        self._report_ntp, self._report_at = ntp_middle, now

    def report_block(self, now: float) -> bytes | None:
        """Return the report block of RFC 3550 §6.4.1, or None before the first packet."""
        if self._highest < 0 or self.ssrc is None:
            return None
        expected = self._highest - self._first + 1
        wanted = expected - self._expected_before
        gone = wanted - (self.packets - self._received_before)
        self._expected_before, self._received_before = expected, self.packets
        fraction = min(255, max(0, gone) * 256 // wanted) if wanted > 0 else 0
        # A packet may have been taken in after the tick that ``now`` belongs to had begun.
        since = max(0.0, now - self._report_at)
        delay = min(int(since * 65_536), 0xFFFF_FFFF) if self._report_ntp else 0
        return pack(
            "!IIIIII",
            self.ssrc,
            fraction << 24 | min(self.lost, 0x7FFFFF),
            self._highest & 0xFFFF_FFFF,
            int(self._jitter),
            self._report_ntp,
            delay,
        )


def ask_again(ssrc: int, slot: Slot, missing: list[int]) -> bytes | None:
    """Return the NACK for what a video slot misses, or None when nothing can be asked for."""
    if not missing or slot.kind != "video" or slot.ssrc is None:
        return None
    return negative_acknowledgement(ssrc, slot.ssrc, missing)


class FrameBuilder:
    """Puts the VP8 frames of one slot together from packets that come in order.

    After a gap everything up to the next key frame is left out; ``broken`` says so.
    """

    def __init__(self) -> None:
        self._next: int | None = None
        self._parts: list[bytes] = []
        self.broken = True

    def add(self, packet: bytes) -> bytes | None:
        """Take one RTP packet; return a whole frame when this was its last packet.

        Raises:
            ValueError: when the packet's headers are cut off.
        """
        sequence = unpack_from("!H", packet, 2)[0]
        if self._next is not None and (sequence - self._next) & 0xFFFF >= 0x8000:
            return None  # a repeat, or too late
        if sequence != self._next:
            self.broken, self._parts = True, []
        self._next = (sequence + 1) & 0xFFFF
        start, body = vp8_body(packet[read_extension(packet)[1] :])
        if start:
            self._parts = []
            if body and not body[0] & 1:
                self.broken = False
        elif not self._parts:
            return None
        self._parts.append(body)
        if not packet[1] & 0x80:
            return None
        frame, self._parts = b"".join(self._parts), []
        return None if self.broken else frame


class KeyFrameBuilder:
    """Puts together only the VP8 key frames of one slot, for who wants to look now and then."""

    def __init__(self) -> None:
        self._next = 0
        self._parts: list[bytes] = []

    def add(self, packet: bytes) -> bytes | None:
        """Take one RTP packet; return a whole key frame when this was its last packet.

        Raises:
            ValueError: when the packet's headers are cut off.
        """
        sequence = unpack_from("!H", packet, 2)[0]
        start, body = vp8_body(packet[read_extension(packet)[1] :])
        if start:
            self._parts = [body] if body and not body[0] & 1 else []
        elif self._parts:
            self._parts = [*self._parts, body] if sequence == self._next else []
        self._next = (sequence + 1) & 0xFFFF
        if not self._parts or not packet[1] & 0x80:
            return None
        frame, self._parts = b"".join(self._parts), []
        return frame
