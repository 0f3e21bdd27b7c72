"""How well a venue comes through, in one word, from what the worker receives of it."""

from enum import StrEnum

from server.media.model import SourceHealth

WEAK_LOSS, FINE_LOSS = 8.0, 3.0
"""Percent of packets lost from which a line is weak, and below which it is good again."""
WEAK_FPS, FINE_FPS = 5.0, 8.0
"""Pictures a second below which a line is weak, and from which it is good again."""


class Mark(StrEnum):
    """``VOICE``: no picture arrives; ``MUTE``: no sound does; ``NOTHING``: neither."""

    GOOD = "good"
    WEAK = "weak"
    VOICE = "voice"
    MUTE = "mute"
    NOTHING = "nothing"


def judge(health: SourceHealth, before: Mark = Mark.GOOD) -> Mark:
    """Return the mark of a second; a weak line is good again only when it is clearly better."""
    if health.video_kbps <= 0:
        return Mark.VOICE if health.audio else Mark.NOTHING
    was_weak = before is Mark.WEAK
    loss, fps = (FINE_LOSS, FINE_FPS) if was_weak else (WEAK_LOSS, WEAK_FPS)
    if health.loss_percent >= loss or health.fps < fps:
        return Mark.WEAK
    return Mark.GOOD if health.audio else Mark.MUTE
