"""One open session in memory, what is kept of its connections, and who is told of its changes.

``service.py`` moves it; here is what follows from a connection that came or went. No fact lives
here: the state is folded from the audit log, the rest from what the media worker says.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from server.conference import places
from server.conference.layout import Slots
from server.conference.model import Conference, Happening
from server.conference.peers import PeerName
from server.conference.places import PlaceHolder
from server.domain.clock import from_unix_ms
from server.domain.errors import NotFoundError
from server.domain.events import EventKind, time_text
from server.media.model import Kind, PeerConnected, PeerDisconnected, SourceHealth


@dataclass(slots=True)
class Room:
    """One open session in memory; ``lock`` is held while its state changes.

    ``peers`` are the connections that were let in, connected or about to; ``recorded`` the
    (kind, peer) pairs already in the log, since the worker's journal may come twice; ``fixed`` the
    connections whose slots the conference leaves alone.
    """

    state: Conference
    hall: str
    lock: AbstractAsyncContextManager[None]
    version: int = 0
    peers: dict[str, PeerName] = field(default_factory=dict)
    holders: dict[int, PlaceHolder] = field(default_factory=dict)
    recorded: set[tuple[str, str]] = field(default_factory=set)
    health: dict[int, SourceHealth] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The room's name in the media plane."""
        return str(self.state.session_id)

    def holder(self, number: int) -> PlaceHolder:
        """Return who holds a venue's place."""
        return self.holders.get(number, PlaceHolder())


class Listener(Protocol):
    """Who wants to know of changes; called after they are committed and enforced."""

    def opened(self, room: "Room") -> None:
        """A session is open from now on."""
        ...

    def changed(self, room: "Room") -> None:
        """The state of a conference is new."""
        ...

    def place_changed(self, room: "Room", number: int) -> None:
        """Another client holds a venue's place, or nobody."""
        ...

    def voices_changed(self, room: "Room", numbers: list[int]) -> None:
        """Other voices are heard."""
        ...

    def health_changed(self, room: "Room", number: int) -> None:
        """What the worker receives from a venue changed."""
        ...

    def ended(self, room: "Room") -> None:
        """The session was ended for all."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A media offer that asks to be let in.

    ``kinds`` are the kinds of its slots in order. ``fixed`` says once and for ever what they show,
    for measurements; None leaves it to the conference.
    """

    number: int
    client: str
    sdp: str
    kinds: tuple[Kind, ...]
    fixed: Slots | None = None


def journal_entry(room: Room, name: PeerName, event: PeerConnected | PeerDisconnected) -> Happening:
    """Return what the log says of a connection that came or went, with the worker's own time.

    Raises:
        NotFoundError: ``venue_not_on_roster``.
    """
    venue = room.state.venue(name.number)
    if venue is None:
        raise NotFoundError("venue_not_on_roster", venue=name.number)
    moment = time_text(from_unix_ms(event.at_ms))
    payload: dict[str, object] = {"venue_id": venue.venue_id, "peer": event.peer}
    if isinstance(event, PeerConnected):
        return Happening(EventKind.VENUE_CONNECTED, payload | {"connected_at": moment})
    reason = event.reason if event.reason in {"left", "replaced"} else "lost"
    payload |= {"last_packet_at": moment, "reason": reason}
    if reason == "replaced" and room.holder(name.number).client != name.client:
        by_peer = next(
            (p for p, n in room.peers.items() if n.number == name.number and p != event.peer),
            "",
        )
        return Happening(EventKind.VENUE_REPLACED, payload | {"by_peer": by_peer})
    return Happening(EventKind.VENUE_DISCONNECTED, payload)


def note_peer(room: Room, name: PeerName, event: PeerConnected | PeerDisconnected) -> bool:
    """Keep the connections in step with the worker; tell whether the venue's place is free now."""
    if isinstance(event, PeerConnected):
        room.peers[event.peer] = name
        return False
    room.peers.pop(event.peer, None)
    room.health.pop(name.number, None)
    holder = room.holder(name.number)
    left = [n for n in room.peers.values() if n.number == name.number and n.client == name.client]
    if holder.client != name.client or left:
        return False
    room.holders[name.number] = places.free(holder)
    return True
