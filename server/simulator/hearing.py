"""Whose voice a simulated venue hears, told by the packets themselves: a mark in sound. Pure.

Every venue's loop of speech has packets that no other loop has; the server forwards them as they
are. So a packet is known by its payload, without decoding it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from server.simulator.loops import VenueLoop

SILENT_AFTER_S = 2.0
"""A voice without a known packet for so long is heard no more; pauses of speech are shorter."""
_HEADER = 12


def voices_of(loops: Mapping[int, VenueLoop]) -> dict[bytes, int]:
    """Return the venue of each payload of speech; what more than one loop has is nobody's."""
    count = Counter(payload for loop in loops.values() for payload in set(loop.speech))
    return {
        payload: number
        for number, loop in loops.items()
        for payload in loop.speech
        if count[payload] == 1
    }


class OnVoice(Protocol):
    """Who is told of a voice that came or went."""

    def __call__(self, venue: int, ago_s: float, *, heard: bool) -> None:
        """Take in whose voice it is and how long ago its first or last packet came."""
        ...


class Hearing:
    """What one venue hears.

    Args:
        voices: of ``voices_of``.
        on_voice: is told when a voice begins, and ``SILENT_AFTER_S`` after its last packet that
            it ended with that.
    """

    def __init__(self, voices: Mapping[bytes, int], on_voice: OnVoice) -> None:
        self._voices = voices
        self._on_voice = on_voice
        self._last: dict[int, float] = {}

    def take(self, now: float, packet: bytes) -> None:
        """Take in one RTP packet of sound; the server forwards them without extensions."""
        venue = self._voices.get(packet[_HEADER:])
        if venue is None:
            return
        if venue not in self._last:
            self._on_voice(venue, 0.0, heard=True)
        self._last[venue] = now

    def tick(self, now: float) -> None:
        """Notice who is heard no more."""
        for venue, last in list(self._last.items()):
            if now - last > SILENT_AFTER_S:
                del self._last[venue]
                self._on_voice(venue, now - last, heard=False)
