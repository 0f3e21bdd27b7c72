"""What an SDP offer asks for, read just deep enough to know its slots; the worker reads the rest.

Slots are the lines that only receive, numbered in order; a line that only sends publishes
(RFC 9429 §5.2.1, RFC 9725 §4.2).
"""

from dataclasses import dataclass

from server.domain.errors import DomainError
from server.media.model import Kind

MAX_OFFER_BYTES = 256 * 1024
MAX_LINES = 5_000
MAX_SLOTS = 64


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an offer wants: the kinds of its slots in order, and whether it publishes."""

    kinds: tuple[Kind, ...]
    publishes: bool


def read_offer(sdp: str) -> Wanted:
    """Return what an offer wants.

    Raises:
        DomainError: ``offer_unusable`` when there is no media line or there are too many.
    """
    lines = sdp.splitlines()
    if len(lines) > MAX_LINES:
        raise DomainError("offer_unusable")
    kinds: list[Kind] = []
    publishes, kind, media = False, "", 0
    for line in lines:
        if line.startswith("m="):
            kind, media = line[2:].split(" ", 1)[0], media + 1
        elif line == "a=recvonly" and kind == "audio":
            kinds.append("audio")
        elif line == "a=recvonly" and kind == "video":
            kinds.append("video")
        elif line in ("a=sendonly", "a=sendrecv"):
            publishes = True
    if media == 0 or len(kinds) > MAX_SLOTS:
        raise DomainError("offer_unusable")
    return Wanted(tuple(kinds), publishes)


def parse_sources(text: str) -> list[tuple[Kind, str]]:
    """Return the sources of a WHEP query such as ``video:0,audio:1`` in order.

    Raises:
        DomainError: ``sources_unreadable``.
    """
    found: list[tuple[Kind, str]] = []
    for part in filter(None, text.split(",")):
        kind, _, source = part.partition(":")
        if not source.isascii() or not source.isdigit() or len(source) > 3:
            raise DomainError("sources_unreadable")
        if kind == "video":
            found.append(("video", source))
        elif kind == "audio":
            found.append(("audio", source))
        else:
            raise DomainError("sources_unreadable")
    return found
