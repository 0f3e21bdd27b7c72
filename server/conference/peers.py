"""The name of a media connection: it says whose it is, so that a restart needs no other memory."""

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from server.media.model import Kind

_FORM = re.compile(
    r"([0-9]{1,18})\.([0-9]{1,9})([cbtom]?)\.([A-Za-z0-9_-]{1,64})\.([av]*)\.([a-z0-9]+)\Z"
)
_DRAWN = 8
_LETTER: dict[str, Kind] = {kind[0]: kind for kind in get_args(Kind)}


class Part(StrEnum):
    """What a connection is to its venue; only a camera holds the place and is presence.

    ``CONTENT`` sends a shared screen, ``BIG`` and ``TILES`` are further windows of the main
    venue that only watch, ``OBSERVER`` belongs to no venue (its number is the main venue's).
    ``MORE`` brings a branch's page the pictures for which its camera's connection has no slots.
    """

    CAMERA = ""
    CONTENT = "c"
    BIG = "b"
    TILES = "t"
    OBSERVER = "o"
    MORE = "m"


@dataclass(frozen=True, slots=True)
class PeerName:
    """What a peer id (接入端) says: session, venue number and part, client, kinds of slots, a tail.

    The tail makes the id new for each connection: eight random digits, then those that name the
    login it came by, if it came by one.
    """

    session_id: int
    number: int
    client: str
    kinds: tuple[Kind, ...]
    tail: str
    part: Part = Part.CAMERA

    @property
    def login(self) -> str:
        """The name of the login (see ``auth.service.name_of``); empty for one that has a link."""
        return self.tail[_DRAWN:]

    def __str__(self) -> str:
        letters = "".join(kind[0] for kind in self.kinds)
        place = source_of(self.number, self.part)
        return f"{self.session_id}.{place}.{self.client}.{letters}.{self.tail}"


def new_tail(login: str) -> str:
    """Return a tail no connection has had, for one that came by this login (empty: by a link)."""
    return secrets.token_hex(_DRAWN // 2) + login


def parse_peer(text: str) -> PeerName | None:
    """Return what a peer id says, or None when it is not one of ours."""
    found = _FORM.match(text)
    if found is None:
        return None
    kinds = tuple(_LETTER[letter] for letter in found[5])
    return PeerName(int(found[1]), int(found[2]), found[4], kinds, found[6], Part(found[3]))


def source_of(number: int, part: Part = Part.CAMERA) -> str:
    """Return the name under which a connection publishes: ``5`` a camera, ``5c`` a screen."""
    return f"{number}{part}"
