"""Who holds a venue's place when two PCs come with the same link: the newest wins, nobody fights.

A place belongs to one client (a page or program that chose its id). A client that was sent away may
not come back by itself while another holds the place; once the place is free, everybody may.
"""

from dataclasses import dataclass, replace

from server.domain.errors import ConflictError


@dataclass(frozen=True, slots=True)
class PlaceHolder:
    """The holder of one venue's place: its client id, empty while free, and who was sent away."""

    client: str = ""
    sent_away: frozenset[str] = frozenset()


def take(place: PlaceHolder, client: str) -> PlaceHolder:
    """Return the place after ``client`` came in with media.

    Raises:
        ConflictError: ``place_taken`` when this client was sent away and another holds the place.
    """
    if place.client == client or not place.client:
        return PlaceHolder(client, place.sent_away - {client})
    if client in place.sent_away:
        raise ConflictError("place_taken")
    return PlaceHolder(client, place.sent_away | {place.client})


def free(place: PlaceHolder) -> PlaceHolder:
    """Return the place after its holder's last connection ended: open to everybody."""
    return replace(place, client="", sent_away=frozenset())


def held(place: PlaceHolder, client: str) -> str:
    """Return how the place looks to a client: ``you``, ``other`` or ``free``."""
    if not place.client:
        return "free"
    return "you" if place.client == client else "other"
