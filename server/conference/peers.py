"""The name of a media connection: it says whose it is, so that a restart needs no other memory."""

import re
from dataclasses import dataclass
from typing import get_args

from server.media.model import Kind

_FORM = re.compile(r"([0-9]{1,18})\.([0-9]{1,9})\.([A-Za-z0-9_-]{1,64})\.([av]*)\.([a-z0-9]+)\Z")
_LETTER: dict[str, Kind] = {kind[0]: kind for kind in get_args(Kind)}


@dataclass(frozen=True, slots=True)
class PeerName:
    """What a peer id (接入端) says: session, venue number, client, kinds of its slots, a tail.

    The tail makes the id new for each connection.
    """

    session_id: int
    number: int
    client: str
    kinds: tuple[Kind, ...]
    tail: str

    def __str__(self) -> str:
        letters = "".join(kind[0] for kind in self.kinds)
        return f"{self.session_id}.{self.number}.{self.client}.{letters}.{self.tail}"


def parse_peer(text: str) -> PeerName | None:
    """Return what a peer id says, or None when it is not one of ours."""
    found = _FORM.match(text)
    if found is None:
        return None
    kinds = tuple(_LETTER[letter] for letter in found[4])
    return PeerName(int(found[1]), int(found[2]), found[3], kinds, found[5])
