"""Turns a venue's loops into RTP packets at the right moments: pure, time is an argument.

Two layers of one camera move through the loop together; a key frame wanted on either moves both
on to the next one, so that the frame count in the pictures only ever rises until the loop closes.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from struct import pack

from server.simulator.loops import FRAMES_PER_SECOND, KEY_EVERY, LayerLoop, VenueLoop
from server.simulator.packets import (
    ABS_SEND_TIME,
    AUDIO_LEVEL,
    MID,
    RID,
    PictureNumbers,
    abs_send_time,
    extension,
    ntp_time,
    sender_report,
    vp8_payloads,
)
from server.simulator.sdp import Section
from server.simulator.sounds import SILENT_LEVEL

VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
PACKETS_PER_SECOND = 50
SILENCE_EVERY = 20
"""Of the 20 ms steps of a quiet room one in so many sends a packet, as Opus DTX does."""
KEY_FRAME_PAUSE_S = 0.3
"""Key frames asked for within this time of the last one wait."""
LATE_S = 0.5
"""A sender that is later than this leaves the missed moments out instead of bursting."""
RING = 256
"""Packets of each stream kept to be sent again."""


@dataclass(slots=True)
class Stream:
    """One outgoing SSRC: its numbers, its counters and the packets it can send again.

    Attributes:
        names: the MID and RID elements, sent until the other side has reported on the SSRC.
    """

    ssrc: int
    payload_type: int
    rate: int
    names: list[tuple[int, bytes]]
    sequence: int
    rtp_start: int
    packets: int = 0
    octets: int = 0
    ring: OrderedDict[int, bytes] = field(default_factory=OrderedDict)

    def packet(
        self, payload: bytes, rtp_time: int, elements: list[tuple[int, bytes]], *, marker: bool
    ) -> bytes:
        """Return the next RTP packet; it is kept in the ring and counted."""
        block = extension([*self.names, *elements])
        data = (
            pack(
                "!BBHII",
                0x90 if block else 0x80,
                marker << 7 | self.payload_type,
                self.sequence,
                rtp_time & 0xFFFF_FFFF,
                self.ssrc,
            )
            + block
            + payload
        )
        self.ring[self.sequence] = data
        if len(self.ring) > RING:
            self.ring.popitem(last=False)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.packets += 1
        self.octets += len(payload)
        return data

    def report(self, elapsed_s: float, unix_s: float, cname: bytes) -> bytes:
        """Return the sender report that ties this stream's clock to wall time."""
        return sender_report(
            self.ssrc,
            ntp=ntp_time(unix_s),
            rtp_time=(self.rtp_start + int(elapsed_s * self.rate)) & 0xFFFF_FFFF,
            packets=self.packets,
            octets=self.octets,
            cname=cname,
        )


def open_stream(section: Section, ssrc: int, rate: int, rid: str | None, dice: Random) -> Stream:
    """Return a fresh stream for an answered section; ``dice`` chooses where numbers start."""
    names = [
        (section.extensions[uri], value.encode())
        for uri, value in ((MID, section.mid), (RID, rid))
        if value and uri in section.extensions
    ]
    return Stream(
        ssrc=ssrc,
        payload_type=section.payload_type,
        rate=rate,
        names=names,
        sequence=dice.randrange(0x8000),
        rtp_start=dice.randrange(0x4000_0000),
    )


class Camera:
    """The camera of a venue: two simulcast layers of one loop.

    Args:
        loops: the layers to send, each with its stream; all have equally many frames.
        section: the answered video section.
        start: the frame of the loop to begin with; rounded down to a key frame.
        now: the monotonic time of the first frame, in seconds.
    """

    def __init__(
        self, loops: list[tuple[LayerLoop, Stream]], section: Section, *, start: int, now: float
    ) -> None:
        self._loops = loops
        self._time_id = section.extensions.get(ABS_SEND_TIME)
        self._index = start // KEY_EVERY * KEY_EVERY
        self._start = now
        self._step = 0
        self._picture = 0
        self._tl0 = 0
        self._key_wanted = False
        self._key_sent = now

    def want_key_frame(self) -> None:
        """Send a key frame next, unless one went out a moment ago: then as soon as allowed."""
        self._key_wanted = True

    def due(self, now: float) -> Iterator[bytes]:
        """Yield the packets of every frame whose moment has come."""
        if now - self._start - self._step / FRAMES_PER_SECOND > LATE_S:
            self._step = int((now - self._start) * FRAMES_PER_SECOND)
        while self._start + self._step / FRAMES_PER_SECOND <= now:
            yield from self._frame(now)

    def _frame(self, now: float) -> Iterator[bytes]:
        frames = len(self._loops[0][0].frames)
        if self._key_wanted and now - self._key_sent >= KEY_FRAME_PAUSE_S:
            self._index = -(-self._index // KEY_EVERY) * KEY_EVERY % frames
        if self._index % KEY_EVERY == 0:
            self._key_wanted, self._key_sent = False, now
        upper = self._index % 2 == 1
        self._tl0 += not upper
        self._picture += 1
        numbers = PictureNumbers(self._picture & 0x7FFF, self._tl0 & 0xFF, upper)
        elements = [(self._time_id, abs_send_time(now))] if self._time_id else []
        for loop, stream in self._loops:
            payloads = vp8_payloads(loop.frames[self._index], numbers)
            rtp_time = stream.rtp_start + self._step * VIDEO_RATE // FRAMES_PER_SECOND
            for count, payload in enumerate(payloads, 1):
                yield stream.packet(payload, rtp_time, elements, marker=count == len(payloads))
        self._index = (self._index + 1) % frames
        self._step += 1


class Microphone:
    """The microphone of a venue: its babble while it speaks, sparse silence otherwise."""

    def __init__(self, loop: VenueLoop, stream: Stream, section: Section, *, now: float) -> None:
        self._loop = loop
        self._stream = stream
        self._time_id = section.extensions.get(ABS_SEND_TIME)
        self._level_id = section.extensions.get(AUDIO_LEVEL)
        self._start = now
        self._step = 0
        self._spoken = 0
        self._was_quiet = True
        self.speaking = False

    def due(self, now: float) -> Iterator[bytes]:
        """Yield the packet of every 20 ms step that has come; most steps of silence have none."""
        if now - self._start - self._step / PACKETS_PER_SECOND > LATE_S:
            self._step = int((now - self._start) * PACKETS_PER_SECOND)
        while self._start + self._step / PACKETS_PER_SECOND <= now:
            if self.speaking:
                if self._was_quiet:
                    self._skip_pause()
                at = self._spoken % len(self._loop.speech)
                self._spoken += 1
                yield self._packet(self._loop.speech[at], self._loop.levels[at], now)
                self._was_quiet = False
            elif self._step % SILENCE_EVERY == 0:
                self._was_quiet = True
                yield self._packet(self._loop.silence, SILENT_LEVEL, now)
            self._step += 1

    def _skip_pause(self) -> None:
        """Who begins to speak begins with a word, wherever in the loop the last one ended."""
        levels = self._loop.levels
        words = (
            step
            for step in range(len(levels))
            if _is_voice(levels[(self._spoken + step) % len(levels)])
        )
        self._spoken += next(words, 0)

    def _packet(self, payload: bytes, level: int, now: float) -> bytes:
        """Return one packet; the marker opens a spurt of talk (RFC 3551 §4.1)."""
        elements = [(self._time_id, abs_send_time(now))] if self._time_id else []
        if self._level_id:
            voice = 0x80 if _is_voice(level) else 0
            elements.append((self._level_id, bytes([voice | level])))
        rtp_time = self._stream.rtp_start + self._step * AUDIO_RATE // PACKETS_PER_SECOND
        marker = self.speaking and self._was_quiet
        return self._stream.packet(payload, rtp_time, elements, marker=marker)


def _is_voice(level: int) -> bool:
    return level < 50
