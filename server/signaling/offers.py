"""What an SDP offer asks for, read just deep enough to know its slots; the worker reads the rest.

Slots are the lines that only receive, numbered in order (RFC 9429 §5.2.1).
"""

from typing import get_args

from server.conference.layout import Slots
from server.domain.errors import DomainError
from server.media.model import Choice, Kind

MAX_OFFER_BYTES = 256 * 1024
MAX_LINES = 5_000
MAX_SLOTS = 64


def read_offer(sdp: str) -> tuple[Kind, ...]:
    """Return the kinds of an offer's slots in order; empty when it only publishes.

    Raises:
        DomainError: ``offer_unusable`` when there is no media line or there are too many.
    """
    lines = sdp.splitlines()
    if len(lines) > MAX_LINES:
        raise DomainError("offer_unusable")
    kinds: list[Kind] = []
    kind, media = "", 0
    for line in lines:
        if line.startswith("m="):
            kind, media = line[2:].split(" ", 1)[0], media + 1
        elif line == "a=recvonly" and kind == "audio":
            kinds.append("audio")
        elif line == "a=recvonly" and kind == "video":
            kinds.append("video")
    if media == 0 or len(kinds) > MAX_SLOTS:
        raise DomainError("offer_unusable")
    return tuple(kinds)


def publishes(sdp: str) -> bool:
    """Tell whether an offer would send sound or picture: a line that does not say otherwise does.

    RFC 8866 §6.7: a line without a direction sends and receives.
    """
    _, *sections = f"\n{sdp}".replace("\r\n", "\n").split("\nm=")
    silent = ("\na=recvonly", "\na=inactive")
    return any(not any(word in f"{section}\n" for word in silent) for section in sections)


def parse_sources(text: str) -> Slots:
    """Return the slots that a WHEP query such as ``video:0,audio:1`` asks for, in order.

    Raises:
        DomainError: ``sources_unreadable``.
    """
    slots: Slots = {}
    for slot, part in enumerate(filter(None, text.split(","))):
        kind, _, source = part.partition(":")
        known = kind in get_args(Kind) and source.isascii() and source.isdigit()
        if not known or len(source) > 3:
            raise DomainError("sources_unreadable")
        slots[slot] = Choice(source, "high")
    return slots
