"""One websocket's standing, without the socket: who it is, what it may send, what waits to go out.

Pure: ``ws.py`` moves the frames. A reader that is too slow is marked and cut off; it comes back.
"""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import Any

from server.auth.model import Role
from server.auth.permissions import COMMANDS, Door
from server.conference.layout import Screen
from server.conference.model import MAIN, Order, Rank, Seat
from server.conference.peers import Part
from server.conference.talk import Question
from server.domain.errors import ForbiddenError
from server.domain.places import Venue
from server.signaling.messages import CLOSE_TOO_SLOW, Command

_RANKS = {Role.LEADER: Rank.LEADER, Role.OFFICE: Rank.OFFICE}
_MEANS = {
    "venue": "venue",
    "venues": "venues",
    "word": "word",
    "seat": "target",
    "count": "value",
    "minutes": "value",
    "every": "value",
    "seconds": "value",
    "layout": "word",
    "at": "at",
    "deed": "value",
    "file": "word",
    "page": "value",
    "item": "item",
    "may_unmute": "on",
    "goes_on": "on",
    "answered": "on",
    "question": "value",
    "choice": "value",
    "choices": "choices",
    "secret": "on",
}
"""A command's field → what the rules call it."""
MAX_WAITING = 64
"""Frames that may wait for a reader before it counts as too slow."""


@dataclass(slots=True, eq=False)
class Connection:
    """One websocket after its hello.

    ``role`` is None for a venue's PC; ``session_id`` the session it follows, 0 while none is open;
    ``wanted`` the session that an operator's or an observer's page is about, 0 for a venue's PC.
    ``part`` is which page of the venue it is: an observer's has the main venue's number and is of
    no venue. ``view`` is the newest it was told of what it shows.
    ``waiting`` are frames to go out, ``latest`` the newest state, which replaces an older one.
    ``closing`` is the code it is closed with as soon as can be, 0 while it goes on. ``account_id``
    is 0 for a venue's PC, and ``login`` the digest of a page's cookie. ``name`` is how the account
    is called.
    """

    venue: Venue
    client: str
    role: Role | None
    language: str
    wanted: int = 0
    account_id: int = 0
    login: str = ""
    name: str = ""
    session_id: int = 0
    asked: tuple[Question, ...] = ()
    waiting: deque[str] = field(default_factory=deque)
    latest: str | None = None
    closing: int = 0
    part: Part = Part.CAMERA
    view: str = ""

    @property
    def is_venue(self) -> bool:
        """Whether this is the page of a venue's own PC."""
        return self.role is None and self.part is Part.CAMERA

    @property
    def screen(self) -> Screen:
        """Whose screen it is."""
        return Screen(self.venue.number, self.part)

    @property
    def actor(self) -> str:
        """How this connection is named in the log: who works the controls, or which venue."""
        if self.part is Part.OBSERVER:
            return "observer"
        return f"login:{self.account_id}" if self.account_id else f"venue:{self.venue.number}"

    @property
    def seat(self) -> Seat:
        """Who acts by this connection."""
        rank = _RANKS.get(self.role, Rank.VENUE) if self.role else Rank.VENUE
        return Seat(self.actor, self.name or self.venue.name, rank)

    def is_about(self, session_id: int, venue_ids: Container[int]) -> bool:
        """Tell whether a session concerns this page: by its roster, or as the one that it shows."""
        if self.is_venue:
            return self.venue.id in venue_ids
        return session_id == self.wanted

    def push(self, text: str) -> None:
        """Let a frame wait for the reader."""
        if len(self.waiting) >= MAX_WAITING:
            self.closing = CLOSE_TOO_SLOW
        else:
            self.waiting.append(text)

    def push_state(self, text: str) -> None:
        """Let the newest state wait, instead of an older one that has not gone out yet."""
        self.latest = text

    def take(self) -> list[str]:
        """Return the frames that go out now, the state last."""
        frames = list(self.waiting)
        self.waiting.clear()
        if self.latest is not None:
            frames.append(self.latest)
            self.latest = None
        return frames


def command_name(command: Command) -> str:
    """Return the type a command is sent under, e.g. ``floor.give``."""
    return str(command.__struct_config__.tag)


def order_of(connection: Connection, command: Command) -> Order:
    """Return the command as the rules see it, once the table admits this connection to it.

    Raises:
        ForbiddenError: ``command_not_yours``.
    """
    name = command_name(command)
    allowed = COMMANDS.get(name, frozenset())
    is_venue = connection.role is None or connection.venue.number == MAIN
    admitted = connection.role in allowed or (Door.VENUE in allowed and is_venue)
    if not admitted or connection.part is not Part.CAMERA:
        raise ForbiddenError("command_not_yours")
    return replace(_said(name, connection.venue.number, command), by=connection.seat)


def _said(name: str, own: int, command: Command) -> Order:
    """Return a command's own words as an order; without a venue in it, about the sender's own."""
    words: dict[str, Any] = {"venue": own}
    for field_name in command.__struct_fields__:
        if field_name in _MEANS:
            value = getattr(command, field_name)
            words[_MEANS[field_name]] = tuple(value) if isinstance(value, list) else value
    return Order(name, **words)
