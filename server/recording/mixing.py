"""Several voices made one line of sound: one that is heard alone goes through as it is.

Only where two are heard at once are they decoded, added and encoded anew, at 48,000 samples a
second in one channel. Nothing here knows files.
"""

from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext

from server.media.recording.segments import UNKNOWN_LEVEL
from server.recording.film import PACKET_US, Shot, packet_us
from server.recording.frames import Frame
from server.recording.reel import Key

RATE = 48_000
BIT_RATE = 32_000
APART_US = 200_000
"""How far it looks ahead: a first word is heard from its beginning."""
PAUSE_US = 500_000
"""A voice is heard for so long after its last loud packet: words have gaps."""
QUIET_LEVEL = 60
"""Whoever is quieter than so many dB below full scale is a room and not a voice."""
_QUIET_OCTETS = 3
"""A packet of so few octets says that nothing is heard (RFC 6716 §2.1.9)."""


class Voices:
    """Makes one line of the packets of many tracks, which come in order of their moments.

    It holds them for some tenths of a second and looks, by their levels, who else is heard.
    """

    def __init__(self) -> None:
        self._waiting: list[Shot] = []
        self._mixer: Mixer | None = None
        self._heard_until: dict[Key, int] = {}
        self._last: Key | None = None

    def take(self, shot: Shot) -> list[Shot]:
        """Take in a packet; return what is settled now."""
        out = self.pass_to(shot.at_us)
        if len(shot.frame.data) > _QUIET_OCTETS:
            self._waiting.append(shot)
            if shot.frame.level < QUIET_LEVEL or shot.frame.level == UNKNOWN_LEVEL:
                self._heard_until[shot.key] = shot.at_us + PAUSE_US
        return out

    def pass_to(self, at_us: int) -> list[Shot]:
        """Return what is settled when nothing older than a moment comes any more."""
        out: list[Shot] = []
        while self._waiting and at_us - self._waiting[0].at_us >= 2 * APART_US:
            out += self._settle(self._waiting[0].at_us + APART_US)
        if not self._waiting:
            out += self._end_mix()
        return out

    def rest(self) -> list[Shot]:
        """Return what is left; nothing more comes."""
        return self.pass_to(1 << 62)

    def _settle(self, until_us: int) -> list[Shot]:
        count = sum(shot.at_us < until_us for shot in self._waiting)
        ripe, self._waiting = self._waiting[:count], self._waiting[count:]
        heard: set[Key | None] = {
            key for key, until in self._heard_until.items() if until > ripe[0].at_us
        }
        if len(heard) == 1:
            [self._last] = heard
        # where nobody speaks it stays with who spoke last: rooms are not added up
        ripe = [shot for shot in ripe if shot.key in (heard or {self._last})]
        if len(heard) > 1 and ripe:
            if self._mixer is None:
                self._mixer = Mixer(ripe[0].at_us)
            return self._mixer.take(ripe)
        return self._end_mix() + ripe

    def _end_mix(self) -> list[Shot]:
        mixer, self._mixer = self._mixer, None
        return mixer.rest() if mixer is not None else []


class Mixer:
    """Adds voices up while more than one is heard."""

    def __init__(self, start_us: int) -> None:
        self._start_us = start_us
        self._decoders: dict[Key, AudioCodecContext] = {}
        self._encoder = _encoder()
        self._sum = np.zeros(0, np.float32)
        self._taken = 0
        self._coded = 0

    def take(self, shots: list[Shot]) -> list[Shot]:
        """Add packets, in order of their moments; return what is complete before the last one."""
        for shot in shots:
            self._add(shot)
        return self._encode(self._samples(shots[-1].at_us) - self._taken)

    def rest(self) -> list[Shot]:
        """Return what is left."""
        return self._encode(len(self._sum))

    def _samples(self, at_us: int) -> int:
        return max(0, (at_us - self._start_us) * RATE // 1_000_000)

    def _add(self, shot: Shot) -> None:
        decoder = self._decoders.get(shot.key)
        if decoder is None:
            decoder = self._decoders[shot.key] = _decoder()
        place = self._samples(shot.at_us) - self._taken
        for frame in decoder.decode(av.Packet(shot.frame.data)):
            sound = frame.to_ndarray().mean(axis=0, dtype=np.float32)
            if place < 0:
                sound, place = sound[-place:], 0
            missing = place + len(sound) - len(self._sum)
            if missing > 0:
                self._sum = np.concatenate([self._sum, np.zeros(missing, np.float32)])
            self._sum[place : place + len(sound)] += sound
            place += len(sound)

    def _encode(self, count: int) -> list[Shot]:
        """Encode so many samples, in whole packets of 20 ms."""
        count -= count % (RATE // 50)
        if count <= 0:
            return []
        samples = np.clip(self._sum[:count], -1, 1) * 32_767
        self._sum = self._sum[count:]
        frame = av.AudioFrame.from_ndarray(
            samples.astype(np.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts = RATE, self._taken
        frame.time_base = Fraction(1, RATE)
        self._taken += count
        return [self._shot(bytes(packet)) for packet in self._encoder.encode(frame)]

    def _shot(self, packet: bytes) -> Shot:
        at_us = self._start_us + self._coded
        self._coded += packet_us(packet)
        return Shot(at_us, (-1, -1), Frame(0, at_us, packet, True))


def _decoder() -> AudioCodecContext:
    decoder = av.CodecContext.create("opus", "r")
    if not isinstance(decoder, AudioCodecContext):
        raise TypeError("opus is not a codec of sound")
    decoder.sample_rate, decoder.layout = RATE, "mono"
    return decoder


def _encoder() -> AudioCodecContext:
    encoder = av.CodecContext.create("libopus", "w")
    if not isinstance(encoder, AudioCodecContext):
        raise TypeError("libopus is not a codec of sound")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate, encoder.time_base = BIT_RATE, Fraction(1, RATE)
    encoder.options = {
        "application": "voip",
        "frame_duration": str(PACKET_US // 1000),
        "compression_level": "1",
    }
    return encoder
