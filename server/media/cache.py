"""Keep what can still be asked for again: sent packets of a slot, missing packets of a stream."""

from server.media.rtp import extend

Sent = tuple[int, bytes, bytes]
"""Sequence number as sent, head (header and codec descriptor) and the rest of the payload."""

_SIZE = 256
_MASK = _SIZE - 1


class SentRing:
    """The last 256 packets of one slot, for viewers that report a loss (RFC 4585 §6.2.1).

    The rest of the payload is shared with the other viewers of the same packet, so a ring costs
    little more than the heads. A packet is resent exactly as it was: the same number must never
    be encrypted with other contents.
    """

    __slots__ = ("_ring",)

    def __init__(self) -> None:
        self._ring: list[Sent | None] = [None] * _SIZE

    def put(self, sent: Sent) -> None:
        """Remember a packet; the one 256 numbers older is forgotten."""
        self._ring[sent[0] & _MASK] = sent

    def get(self, seq: int) -> Sent | None:
        """Return the packet sent with this number, or None when it is forgotten or never was."""
        sent = self._ring[seq & _MASK]
        return sent if sent is not None and sent[0] == seq else None


class Missing:
    """The receive window of one incoming stream: what came, what is missing, what to ask for.

    Numbers handed in are wire numbers, numbers handed out of ``receive`` are extended. A gap of
    more than 128 packets is not asked for: a new key frame is cheaper. ``lost`` counts packets
    that are still missing, ``gaps`` those that the line lost, repaired or not.
    """

    __slots__ = ("_asked", "_window", "gaps", "lost", "newest", "received")

    GIVE_UP_AFTER = 6
    ASK_AGAIN_SECONDS = 0.06
    REORDER_SECONDS = 0.012
    LARGEST_GAP = 128

    def __init__(self) -> None:
        self.newest = -1
        self.received = 0
        self.gaps = 0
        self.lost = 0
        self._window = 0
        self._asked: dict[int, tuple[int, float]] = {}

    def receive(self, now: float, seq: int, *, repaired: bool = False) -> tuple[int, bool]:
        """Note a packet; ``repaired`` says that it came as a retransmission.

        Returns:
            Its extended number, and whether it is new. A repeat, or one more than 512 packets
            late, is not new.
        """
        if self.newest < 0:
            self.newest = 0x1_0000 + seq
            self._window = 1
            self.received = 1
            return self.newest, True
        number = extend(self.newest, seq)
        ahead = number - self.newest
        if ahead > 0:
            if ahead > 1:
                self._note_gap(now, ahead)
            self._window = (self._window << ahead | 1) & ((1 << 512) - 1)
            self.newest = number
        else:
            bit = 1 << -ahead
            if ahead <= -512 or self._window & bit:
                return number, False
            self._window |= bit
            self._asked.pop(number, None)
            self.lost -= 1
            self.gaps -= not repaired
        self.received += 1
        return number, True

    def _note_gap(self, now: float, ahead: int) -> None:
        self.lost += ahead - 1
        self.gaps += ahead - 1
        if ahead - 1 > self.LARGEST_GAP:
            self._asked.clear()
            return
        due = now + self.REORDER_SECONDS
        for number in range(self.newest + 1, self.newest + ahead):
            self._asked[number] = (0, due)

    def waiting(self) -> bool:
        """Say whether any packet is still hoped for."""
        return bool(self._asked)

    def due(self, now: float) -> list[int]:
        """Return the wire numbers to ask for now, in order; each is asked for at most six times.

        The first time is 12 ms after the gap was seen, so that packets that merely overtook each
        other are not asked for.
        """
        numbers = []
        for number, (times, due) in sorted(self._asked.items()):
            if due > now:
                continue
            if times == self.GIVE_UP_AFTER or number < self.newest - 400:
                del self._asked[number]
                continue
            self._asked[number] = (times + 1, now + self.ASK_AGAIN_SECONDS)
            numbers.append(number & 0xFFFF)
        return numbers
