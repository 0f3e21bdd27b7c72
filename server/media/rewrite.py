"""Renumber what a slot is sent, so that a viewer sees one unbroken stream across every switch.

Sequence numbers, timestamps, VP8 picture ids and TL0PICIDX go on where they were; a packet that is
left out takes no number. Extended numbers (``rtp.extend``) come in, wire numbers go out.
"""

from collections import deque

_REMEMBERED_SKIPS = 64
_SEQ_MASK = 0xFFFF


class Splicer:
    """The outgoing numbering of one slot.

    Worked example: the viewer has seen 9,999 when another publisher takes over at its extended
    sequence number 70,000, so the offset is 70,000 - 10,000 = 60,000. Packet 70,001 goes out as
    10,001; 70,002 is padding and is skipped, the offset becomes 60,001; 70,003 goes out as
    10,002. A late 70,001 still goes out as 10,001, a late 69,999 belongs before the switch and
    goes nowhere.
    """

    __slots__ = (
        "_first",
        "_last_at",
        "_newest",
        "_newest_picture",
        "_newest_tl0",
        "_newest_ts",
        "_seq_offset",
        "_skips",
        "picture_offset",
        "tl0_offset",
        "ts_offset",
    )

    def __init__(self, *, seq: int, ts: int, picture_id: int = 0, tl0: int = 0) -> None:
        """Start so that the first packet goes out with exactly these numbers, taken at random."""
        self._first = 0
        self._newest = seq - 1
        self._newest_ts = ts
        self._newest_picture = picture_id - 1
        self._newest_tl0 = tl0 - 1
        self._last_at = -1.0
        self._seq_offset = self.picture_offset = self.tl0_offset = self.ts_offset = 0
        self._skips: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED_SKIPS)

    def switch(self, now: float, rate: int, *, seq: int, ts: int) -> None:
        """Go over to another stream, whose first packet has this extended number and timestamp.

        The timestamp steps by the seconds that passed since the last packet sent, times ``rate``
        (ticks a second), at least by one tick: the pause on the screen is the pause there was.
        """
        self._seq_offset = seq - ((self._newest - self._seq_offset + 1) & _SEQ_MASK)
        step = max(1, round((now - self._last_at) * rate)) if self._last_at >= 0 else 0
        self.ts_offset = self._newest_ts + self.ts_offset + step - ts
        self._first = seq
        self._newest = seq - 1
        self._newest_ts = ts
        self._skips.clear()

    def switch_pictures(self, *, picture_id: int, tl0: int) -> None:
        """Continue picture numbering with the first picture of another stream (-1 is absent)."""
        if picture_id >= 0:
            self.picture_offset += self._newest_picture + 1 - picture_id
            self._newest_picture = picture_id
        if tl0 >= 0:
            self.tl0_offset += self._newest_tl0 + 1 - tl0
            self._newest_tl0 = tl0

    def forward(self, now: float, seq: int, ts: int, picture_id: int = -1, tl0: int = -1) -> int:
        """Return the outgoing sequence number of an incoming packet, or -1 to leave it out.

        A packet from before the switch is left out, and so is a late one whose number was given
        up by a skip that is no longer remembered. The other numbers go out with the offsets added
        and their high bits cut off: ``ts_offset``, ``picture_offset``, ``tl0_offset``.
        """
        if seq <= self._newest:
            return self._late(seq)
        self._newest = seq
        self._newest_ts = ts
        self._last_at = now
        if picture_id > self._newest_picture:
            self._newest_picture = picture_id
            self._newest_tl0 = tl0
        return (seq - self._seq_offset) & _SEQ_MASK

    def _late(self, seq: int) -> int:
        if seq < self._first:
            return -1
        offset = self._seq_offset
        for skipped, before in reversed(self._skips):
            if seq == skipped:
                return -1
            if seq > skipped:
                return (seq - offset) & _SEQ_MASK
            offset = before
        if len(self._skips) == _REMEMBERED_SKIPS:
            return -1
        return (seq - offset) & _SEQ_MASK

    def skip(self, seq: int) -> None:
        """Leave an incoming packet out without a hole: the numbers after it move up by one.

        A late skip changes nothing, for the numbers after it are already with the viewer.
        """
        if seq <= self._newest:
            return
        self._skips.append((seq, self._seq_offset))
        self._newest = seq
        self._seq_offset += 1
