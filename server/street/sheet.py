"""The sheet of venue links: one card for every venue, with its address as text and as QR code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import segno

from server.domain.places import Venue


@dataclass(frozen=True, slots=True)
class Card:
    """What the card of one venue shows; ``picture`` is the QR code as a ``data:`` address (SVG)."""

    venue: Venue
    link: str
    picture: str


def qr_picture(text: str) -> str:
    """Return the QR code of a text as a ``data:`` address of an SVG picture.

    Error correction M (15 %) with the four quiet modules of ISO/IEC 18004 §9.1: it survives a
    crease and a bad printer.
    """
    picture: str = segno.make(text, error="m", micro=False).svg_data_uri(border=4, omitsize=True)
    return picture


def make_cards(venues: Iterable[Venue], tokens: Mapping[int, str], base: str) -> list[Card]:
    """Return the cards of branch venues in their order.

    Args:
        venues: the main venue among them is left out: it is entered by signing in.
        tokens: venue id → token in force.
        base: address of the pages without a slash at the end, ``https://pinhui.lan:8443``.
    """
    links = [(venue, f"{base}/j/{tokens[venue.id]}") for venue in venues if venue.number]
    return [Card(venue, link, qr_picture(link)) for venue, link in links]
