"""The live run of a session: what is kept of its connections, and who is told of its changes.

``service.py`` moves it; here is what follows from a connection that came or went. No fact lives
here: the state is folded from the audit log, the rest from what the media worker says.
"""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from server.conference import content, places
from server.conference.layout import Screen, Slots
from server.conference.model import Attention, ConferenceState, Happening, Rank, Seat
from server.conference.peers import Part, PeerName
from server.conference.places import PlaceHolder
from server.conference.quality import Mark, judge
from server.domain.clock import from_unix_ms
from server.domain.errors import NotFoundError
from server.domain.events import EventKind, time_text
from server.media.model import Kind, PeerConnected, PeerDisconnected, PeerInfo, SourceHealth

LINK_RENEWED = "link_renewed"
"""The reason of an end for which the street's office gave a venue another link."""
SIGNED_OUT = "signed_out"
"""The reason of an end for which the login had ended by which the main venue came in."""
_REASONS = frozenset({"left", "replaced", LINK_RENEWED, SIGNED_OUT})
SILENCE = timedelta(seconds=5)
"""A connection that was not heard for so long has broken; a healthy one is heard each second."""


@dataclass(slots=True)
class Conference:
    """The live run of one session (会控) in memory; ``lock`` is held while its state changes.

    ``peers`` are the connections that were let in, connected or about to; ``recorded`` the
    (kind, peer) pairs already in the log, since the worker's journal may come twice; ``fixed`` the
    connections whose slots the conference leaves alone; ``watched`` the clients of observers who
    have been in. ``seats`` are the websockets by whose they are and which client, longest first;
    ``clients`` whose seat a client was when it last spoke; ``marks`` how well pages were last
    told that a venue comes through.
    """

    state: ConferenceState
    hall: str
    lock: AbstractAsyncContextManager[None]
    version: int = 0
    peers: dict[str, PeerName] = field(default_factory=dict)
    holders: dict[int, PlaceHolder] = field(default_factory=dict)
    recorded: set[tuple[str, str]] = field(default_factory=set)
    health: dict[int, SourceHealth] = field(default_factory=dict)
    marks: dict[int, Mark] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
    seats: list[tuple[Seat, str]] = field(default_factory=list)
    clients: dict[str, str] = field(default_factory=dict)
    chair_away_since: datetime | None = None

    @property
    def room(self) -> str:
        """The room of the media plane that it is held in."""
        return str(self.state.session_id)

    def holder(self, number: int) -> PlaceHolder:
        """Return who holds a venue's place."""
        return self.holders.get(number, PlaceHolder())

    @property
    def here(self) -> tuple[Seat, ...]:
        """Who has a websocket open, longest first, each once."""
        return tuple({seat.key: seat for seat, _ in self.seats}.values())

    def is_here(self, seat: Seat) -> bool:
        """Tell whether a seat is connected: a lost websocket alone is not absence."""
        if any(one.is_same(seat) for one, _ in self.seats):
            return True
        return any(
            seat.key in (self.clients.get(name.client), venue_seat(name.number))
            for name in self.peers.values()
        )

    def find_seat(self, key: str) -> Seat | None:
        """Return the seat with this key when it is connected; a branch by its media will do."""
        found = next((seat for seat, _ in self.seats if seat.key == key), None)
        if found is not None:
            return found
        present = (v for v in self.state.venues if v.peers and venue_seat(v.number) == key)
        return next((Seat(key, v.name, Rank.VENUE) for v in present), None)

    def attention(self, now: datetime) -> Attention:
        """Return who is here, noting since when the chair's seat is not."""
        holder = self.state.chair.holder
        if holder is None or self.is_here(holder):
            self.chair_away_since = None
        elif self.chair_away_since is None:
            self.chair_away_since = now
        return Attention(self.here, self.chair_away_since)

    def peers_of(self, venue_id: int) -> list[str]:
        """Return the media connections of a venue, named by its id."""
        numbers = {v.number for v in self.state.venues if v.venue_id == venue_id}
        mine = [(p, n) for p, n in self.peers.items() if n.part is not Part.OBSERVER]
        return [peer for peer, name in mine if name.number in numbers]

    def observers(self) -> dict[str, PeerName]:
        """Return the media connections of observers, connected or about to."""
        return {p: n for p, n in self.peers.items() if n.part is Part.OBSERVER}

    def ended_screens(self) -> list[str]:
        """Return the connections of shared screens that were shown and no longer are."""
        shown = self.state.show.content
        return [
            peer
            for peer, name in self.peers.items()
            if name.part is Part.CONTENT
            and (EventKind.CONTENT_STARTED, peer) in self.recorded
            and (shown is None or shown.peer != peer)
        ]


def venue_seat(number: int) -> str:
    """Return the key of a venue's seat, e.g. ``venue:12``."""
    return f"venue:{number}"


class Listener(Protocol):
    """Who wants to know of changes; called after they are committed and enforced."""

    def opened(self, conference: "Conference") -> None:
        """A session is open from now on."""
        ...

    def changed(self, conference: "Conference") -> None:
        """The state of a conference is new."""
        ...

    def place_changed(self, conference: "Conference", number: int) -> None:
        """Another client holds a venue's place, or nobody."""
        ...

    def voices_changed(self, conference: "Conference", numbers: list[int]) -> None:
        """Other voices are heard."""
        ...

    def health_changed(self, conference: "Conference", number: int) -> None:
        """What the worker receives from a venue changed."""
        ...

    def quality_changed(self, conference: "Conference", number: int) -> None:
        """A venue comes through better or worse."""
        ...

    def observers_turned_out(self, session_id: int) -> None:
        """The link by which a session's observers came is no longer good."""
        ...

    def ended(self, conference: "Conference") -> None:
        """The session was ended for all."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """A media offer that asks to be let in.

    ``kinds`` are the kinds of its slots in order, ``part`` what it is to its venue. ``fixed`` says
    once and for ever what they show, for measurements; None leaves it to the conference. ``login``
    names the login it came by, empty for a venue's link.
    """

    number: int
    client: str
    sdp: str
    kinds: tuple[Kind, ...]
    fixed: Slots | None = None
    part: Part = Part.CAMERA
    login: str = ""

    @property
    def screen(self) -> Screen:
        """Whose screen its slots are."""
        return Screen(self.number, self.part)


def screen_of(name: PeerName) -> Screen:
    """Return whose screen a connection is."""
    return Screen(name.number, name.part)


def journal_entries(
    conference: Conference, name: PeerName, event: PeerConnected | PeerDisconnected
) -> list[Happening]:
    """Return what the log says of a connection that came or went; the last is of itself.

    Only a venue's own connection is presence. A shared screen begins and ends, observers are
    counted, and of further windows of the main venue nothing is said.

    Raises:
        NotFoundError: ``venue_not_on_roster``.
    """
    came = isinstance(event, PeerConnected)
    match name.part:
        case Part.CAMERA:
            return [journal_entry(conference, name, event)]
        case Part.CONTENT if came:
            return content.came(conference.state, name.number, event.peer)
        case Part.CONTENT:
            return content.left(conference.state, event.peer, _reason(event))
        case Part.OBSERVER:
            kind = EventKind.OBSERVER_CAME if came else EventKind.OBSERVER_LEFT
            return [Happening(kind, {"peer": event.peer})]
    return []


def _reason(event: PeerConnected | PeerDisconnected) -> str:
    reason = getattr(event, "reason", "")
    return reason if reason in _REASONS else "lost"


def journal_entry(
    conference: Conference, name: PeerName, event: PeerConnected | PeerDisconnected
) -> Happening:
    """Return what the log says of a connection that came or went, with the worker's own time.

    Raises:
        NotFoundError: ``venue_not_on_roster``.
    """
    venue = conference.state.venue(name.number)
    if venue is None:
        raise NotFoundError("venue_not_on_roster", venue=name.number)
    moment = time_text(from_unix_ms(event.at_ms))
    payload: dict[str, object] = {"venue_id": venue.venue_id, "peer": event.peer}
    if isinstance(event, PeerConnected):
        return Happening(EventKind.VENUE_CONNECTED, payload | {"connected_at": moment})
    reason = _reason(event)
    payload |= {"last_packet_at": moment, "reason": reason}
    if reason == "replaced" and conference.holder(name.number).client != name.client:
        others = (
            peer
            for peer, other in conference.peers.items()
            if (other.number, other.part) == (name.number, Part.CAMERA) and peer != event.peer
        )
        by_peer = next(others, "")
        return Happening(EventKind.VENUE_REPLACED, payload | {"by_peer": by_peer})
    return Happening(EventKind.VENUE_DISCONNECTED, payload)


def replaced_by(conference: Conference, offer: Offer) -> list[str]:
    """Return the connections that end when an offer is let in.

    Those of other clients, and earlier ones of the same client that did the same work: a page that
    comes back after a broken line leaves none behind. Windows that only watch, and observers, end
    nobody else's; more pictures of a page end with its camera.
    """
    ends = {offer.part, Part.MORE} if offer.part is Part.CAMERA else {offer.part}
    same = [
        (peer, name)
        for peer, name in conference.peers.items()
        if name.number == offer.number and name.part in ends
    ]
    if offer.part is Part.CONTENT:
        return [peer for peer, _ in same]
    if offer.part is not Part.CAMERA:
        return [peer for peer, name in same if name.client == offer.client]
    return [
        peer
        for peer, name in same
        if name.client != offer.client
        or (name.part is Part.CAMERA and bool(name.kinds) == bool(offer.kinds))
    ]


def broken_lines(
    conference: Conference, connected: Iterable[PeerInfo], now: datetime
) -> list[Happening]:
    """Return the ends of lines that had broken before now, though nobody has said so yet.

    All others last until the session is closed, which ends them: nothing is recorded after that.
    """
    lines: list[Happening] = []
    for info in connected:
        venue = next((v for v in conference.state.venues if info.peer in v.peers), None)
        last = from_unix_ms(info.last_ms)
        if venue is not None and now - last > SILENCE:
            payload = {"venue_id": venue.venue_id, "peer": info.peer}
            payload |= {"last_packet_at": time_text(last), "reason": "lost"}
            lines.append(Happening(EventKind.VENUE_DISCONNECTED, payload))
    return lines


def note_health(conference: Conference, number: int, health: SourceHealth) -> bool:
    """Keep what the worker receives from a venue; tell whether its mark is another one now."""
    conference.health[number] = health
    before = conference.marks.get(number, Mark.GOOD)
    conference.marks[number] = judge(health, before)
    return conference.marks[number] is not before


def note_peer(
    conference: Conference, name: PeerName, event: PeerConnected | PeerDisconnected
) -> bool:
    """Keep the connections in step with the worker; tell whether the venue's place is free now."""
    if isinstance(event, PeerConnected):
        conference.peers[event.peer] = name
        return False
    conference.peers.pop(event.peer, None)
    if name.part is not Part.CAMERA:
        return False
    conference.health.pop(name.number, None)
    holder = conference.holder(name.number)
    left = any(
        (n.number, n.client, n.part) == (name.number, name.client, Part.CAMERA)
        for n in conference.peers.values()
    )
    if holder.client != name.client or left:
        return False
    conference.holders[name.number] = places.free(holder)
    return True
