"""What a simulated venue watches over one connection: slots, reports, and decoding on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random, SystemRandom

import av
from PIL import Image

from server.simulator.client import Connection
from server.simulator.mark import Mark, read
from server.simulator.packets import (
    MID,
    bandwidth_estimate,
    picture_loss,
    read_extension,
    read_rtcp,
    receiver_report,
)
from server.simulator.receiving import FrameBuilder, KeyFrameBuilder, Slot, ask_again
from server.simulator.sdp import Answer, Local, Section, watch_offer
from server.simulator.sending import AUDIO_RATE, VIDEO_RATE

REPORT_EVERY_S = 1.0
KEY_FRAME_AGAIN_S = 0.5
"""Pause between requests for a key frame while none comes."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One decoded picture: when (monotonic seconds), its mark, its size in pixels."""

    at: float
    mark: Mark | None
    width: int
    height: int


class Receiver:
    """The receiving half of a venue; the owner of its watching connection.

    Args:
        kinds: ``video`` and ``audio`` sections in the order of the offer.
        cname: for receiver reports.
        capacity_bps: what it tells the server its line can carry (REMB).
        dice: chooses our SSRC.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        *,
        cname: str,
        capacity_bps: int = 5_000_000,
        dice: Random | None = None,
    ) -> None:
        self.kinds = tuple(kinds)
        self.slots: list[Slot] = []
        self._cname = cname
        self._capacity_bps = capacity_bps
        self._ssrc = (dice or SystemRandom()).randrange(1, 2**32)
        self._connection: Connection | None = None
        self._by_ssrc: dict[int, Slot] = {}
        self._mid_id = 0
        self._report_at = 0.0

    def offer(self, local: Local) -> str:
        """Return the offer: one receiving section for each kind."""
        return watch_offer(local, self.kinds)

    def start(self, connection: Connection, answer: Answer, now: float) -> None:
        """Begin to receive over an open connection."""
        self._connection = connection
        self._report_at = now + REPORT_EVERY_S
        self.slots = [_slot(section) for section in answer.sections]
        self._by_ssrc = {slot.ssrc: slot for slot in self.slots if slot.ssrc is not None}
        self._mid_id = next((s.extensions[MID] for s in answer.sections if MID in s.extensions), 0)

    def take_rtp(self, now: float, packet: bytes) -> None:
        """Count a packet for its slot and ask for what is missing before it."""
        ssrc = int.from_bytes(packet[8:12])
        slot = self._by_ssrc.get(ssrc) or self._adopt(ssrc, packet)
        if slot is None or self._connection is None:
            return
        request = ask_again(self._ssrc, slot, slot.take(now, packet))
        if request is not None:
            self._connection.send_rtcp(request)

    def _adopt(self, ssrc: int, packet: bytes) -> Slot | None:
        """Find the slot of an SSRC that was not announced by the MID in its packet."""
        try:
            mid = read_extension(packet)[0].get(self._mid_id, b"").decode("ascii", "replace")
        except ValueError:
            return None
        for slot in self.slots:
            if slot.mid == mid and slot.ssrc is None:
                slot.ssrc = ssrc
                self._by_ssrc[ssrc] = slot
                return slot
        return None

    def take_rtcp(self, now: float, compound: bytes) -> None:
        """Note the server's sender reports."""
        try:
            control = read_rtcp(compound)
        except ValueError:
            return
        for ssrc, ntp_middle in control.sent.items():
            if ssrc in self._by_ssrc:
                self._by_ssrc[ssrc].note_report(now, ntp_middle)

    def tick(self, now: float) -> None:
        """Send the receiver report and the bandwidth estimate once a second."""
        if self._connection is None or now < self._report_at:
            return
        self._report_at = now + REPORT_EVERY_S
        blocks = [block for slot in self.slots if (block := slot.report_block(now))]
        compound = receiver_report(self._ssrc, blocks, self._cname.encode())
        video = [s.ssrc for s in self.slots if s.kind == "video" and s.ssrc is not None]
        if video:
            compound += bandwidth_estimate(self._ssrc, self._capacity_bps, video)
        self._connection.send_rtcp(compound)

    def ask_key_frame(self, slot: Slot) -> None:
        """Ask the server for a key frame of a slot."""
        if self._connection is not None and slot.ssrc is not None:
            self._connection.send_rtcp(picture_loss(self._ssrc, slot.ssrc))

    def be_eager(self) -> None:
        """Have each packet handled when it comes instead of at the next tick, for exact times."""
        if self._connection is not None:
            self._connection.eager = True


def _slot(section: Section) -> Slot:
    rate = AUDIO_RATE if section.kind == "audio" else VIDEO_RATE
    ssrc = section.ssrcs[0] if section.ssrcs else None
    return Slot(section.mid, section.kind, ssrc, rate)


class Watcher:
    """Decodes one video slot and remembers what was seen; made by tests and measurements.

    Args:
        receiver: a started receiver.
        index: the slot's place among its sections.
        on_sight: is called for each picture as well.

    Attributes:
        sightings: every decoded picture, oldest first.
    """

    def __init__(
        self,
        receiver: Receiver,
        index: int,
        *,
        on_sight: Callable[[Sighting], None] | None = None,
    ) -> None:
        self._receiver = receiver
        self._slot = receiver.slots[index]
        self._on_sight = on_sight
        self._builder = FrameBuilder()
        self._decoder = _decoder()
        self._asked_at = float("-inf")
        self.sightings: list[Sighting] = []
        self._slot.listener = self._take
        receiver.be_eager()

    def stop(self) -> None:
        """Watch no longer."""
        self._slot.listener = None

    def _take(self, now: float, packet: bytes) -> None:
        try:
            frame = self._builder.add(packet)
        except ValueError:
            return
        if self._builder.broken and now - self._asked_at > KEY_FRAME_AGAIN_S:
            self._asked_at = now
            self._receiver.ask_key_frame(self._slot)
        if frame is not None:
            self._decode(now, frame)

    def _decode(self, now: float, frame: bytes) -> None:
        try:
            pictures = self._decoder.decode(av.Packet(frame))
        except av.error.InvalidDataError:
            self._builder.broken = True
            return
        for picture in pictures:
            sighting = Sighting(now, read(luma(picture)), picture.width, picture.height)
            self.sightings.append(sighting)
            if self._on_sight is not None:
                self._on_sight(sighting)


class Glance:
    """Knows whose picture a slot shows, for little: only key frames are decoded.

    That is enough, because the server begins with one whenever it puts another source there.

    Args:
        slot: of a started receiver.
        on_change: is told the mark's venue, or None for a picture without a mark, at the first
            picture and whenever it is another one's.
    """

    def __init__(self, slot: Slot, on_change: Callable[[int | None], None]) -> None:
        self._on_change = on_change
        self._builder = KeyFrameBuilder()
        self._seen: list[int | None] = []
        slot.listener = self._take

    def _take(self, _now: float, packet: bytes) -> None:
        try:
            frame = self._builder.add(packet)
            venue = _venue_in(frame) if frame is not None else None
        except (ValueError, av.error.InvalidDataError):
            return
        if frame is not None and self._seen != [venue]:
            self._seen = [venue]
            self._on_change(venue)


@lru_cache(maxsize=256)
def _venue_in(key_frame: bytes) -> int | None:
    """Return whose mark a key frame shows, None for no mark; 33 venues decode the same one once.

    Raises:
        av.error.InvalidDataError: when it cannot be decoded.
    """
    marks = [read(luma(picture)) for picture in _decoder().decode(av.Packet(key_frame))]
    return next((mark.venue for mark in marks if mark is not None), None)


def luma(picture: av.VideoFrame) -> Image.Image:
    """Return the brightness plane of a decoded YUV picture as an image of mode L."""
    plane = picture.planes[0]
    size = (picture.width, picture.height)
    return Image.frombuffer("L", size, bytes(plane), "raw", "L", plane.line_size, 1)


def _decoder() -> av.VideoCodecContext:
    decoder = av.CodecContext.create("vp8", "r")
    if not isinstance(decoder, av.VideoCodecContext):
        raise TypeError("vp8 is not a picture decoder")
    return decoder
