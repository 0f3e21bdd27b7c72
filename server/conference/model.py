"""What a conference is at one moment. Frozen values; time is aware UTC.

Venues are named by their number here (0 is the main venue), as on screens and in the media plane;
in events by their id, which never changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from server.conference.show import ShowState
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload
from server.domain.session import AgendaItem

MAIN = 0
"""The number of the main venue."""


@dataclass(frozen=True, slots=True)
class LiveVenue:
    """A venue of the roster during the session.

    ``peers`` are its media connections that stand now; ``present`` is the time in session before
    ``since``, the start of the present connection (None while there is none). ``joined`` is when it
    first came, None until then. ``mic`` tells that its sound is forwarded; ``heads`` is None until
    it has been said.
    """

    number: int
    venue_id: int
    name: str
    peers: frozenset[str] = frozenset()
    since: datetime | None = None
    present: timedelta = timedelta()
    joined: datetime | None = None
    heads: int | None = None
    mic: bool = False


@dataclass(frozen=True, slots=True)
class FloorRequest:
    """A venue that asks for the floor (申请发言), and since when."""

    venue: int
    since: datetime


@dataclass(frozen=True, slots=True)
class ItemRun:
    """An agenda item during the session: minutes allotted and added, time used so far."""

    item: AgendaItem
    added_minutes: int = 0
    used: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class ConferenceState:
    """The state of one conference (会控): who is on, who speaks, what is next.

    Attributes:
        session_id: the session.
        title: its title.
        starts_at: planned start.
        ends_at: planned end.
        venues: by number, the main venue first.
        items: the agenda in order; may be empty.
        item: index of the present item.
        item_since: when it began.
        floor: the branch that has the floor, None while the main venue speaks.
        floor_since: when it was given.
        queue: who asks, longest waiting first.
        said: (venue, how long it has spoken) during the present item, in order of speaking.
        muted_all: branches may not open their own microphones.
        closed: the session was ended for all.
        show: what is shown where: broadcast, carousel, layouts, a shared screen.
        calls: (venue, when, whether its page was open) of the last call of each missing venue.
        observers: the connections of observers (旁听), who are in no roster.
    """

    session_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    venues: tuple[LiveVenue, ...]
    items: tuple[ItemRun, ...]
    item: int
    item_since: datetime
    floor: int | None = None
    floor_since: datetime | None = None
    queue: tuple[FloorRequest, ...] = ()
    said: tuple[tuple[int, timedelta], ...] = ()
    muted_all: bool = True
    closed: bool = False
    show: ShowState = field(default_factory=ShowState)
    calls: tuple[tuple[int, datetime, bool], ...] = ()
    observers: frozenset[str] = frozenset()

    def venue(self, number: int) -> LiveVenue | None:
        """Return the venue with this number, or None when it is not on the roster."""
        return next((v for v in self.venues if v.number == number), None)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that a rule decided on and that is yet to be recorded."""

    kind: EventKind
    payload: Payload


@dataclass(frozen=True, slots=True)
class Order:
    """A command as the rules see it.

    ``venue`` is the venue it comes from for a venue's own commands, and the venue it is about for
    the operator's; ``value`` is its number and ``word`` its choice, where it has one; ``at`` is the
    screen it is about, ``venues`` are those it names.
    """

    name: str
    venue: int = MAIN
    value: int = 0
    word: str = ""
    at: str = ""
    venues: tuple[int, ...] = ()


Rule: TypeAlias = Callable[[ConferenceState, Order], list[Happening]]
"""Decides what a command does; nothing where it changes nothing."""
Step: TypeAlias = Callable[[ConferenceState, Payload, datetime], ConferenceState]
"""Returns the state after one event of its kind."""


def known_venue(state: ConferenceState, number: int) -> LiveVenue:
    """Return the venue with this number.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    venue = state.venue(number)
    if venue is None:
        raise DomainError("venue_not_on_roster", venue=number)
    return venue


def present_venue(state: ConferenceState, number: int) -> LiveVenue:
    """Return the venue with this number, which must be here.

    Raises:
        DomainError: ``venue_not_on_roster``, or ``venue_not_here`` when nobody is connected there.
    """
    venue = known_venue(state, number)
    if not venue.peers:
        raise DomainError("venue_not_here", name=venue.name)
    return venue


def number_of(state: ConferenceState, venue_id: int | None) -> int | None:
    """Return the number of the venue with this id, None when it is not on the roster."""
    return next((v.number for v in state.venues if v.venue_id == venue_id), None)


def with_venue(state: ConferenceState, venue_id: int, **changes: object) -> ConferenceState:
    """Return the state with one venue changed; unknown ids change nothing."""
    venues = tuple(
        replace(v, **changes) if v.venue_id == venue_id else v  # type: ignore[arg-type]
        for v in state.venues
    )
    return replace(state, venues=venues)
