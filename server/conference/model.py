"""What a conference is at one moment. Frozen values; time is aware UTC.

Venues are named by their number here (0 is the main venue), as on screens and in the media plane;
in events by their id, which never changes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TypeAlias

from server.conference.recorded import Recording
from server.conference.show import ShownMaterial, ShowState
from server.conference.talk import Ballot, Question
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload
from server.domain.places import Post
from server.domain.prompting import Prompting
from server.domain.session import AgendaItem

MAIN = 0
"""The number of the main venue."""
NO_MOMENT = datetime.min.replace(tzinfo=UTC)


class Rank(IntEnum):
    """Whose word goes before whose when the chair is seized: a leader's before the office's."""

    VENUE = 0
    OFFICE = 1
    LEADER = 2


@dataclass(frozen=True, slots=True)
class Seat:
    """Who acts in a conference: an account that is signed in, or a venue.

    ``key`` is the actor's name in the log, ``login:3`` or ``venue:12``; it alone tells seats apart.
    """

    key: str
    name: str
    rank: Rank

    def is_same(self, other: "Seat | None") -> bool:
        """Tell whether it is the same seat, under whatever name."""
        return other is not None and self.key == other.key


class Way(StrEnum):
    """How the chair came to where it is."""

    APPLIED = "applied"
    HANDED = "handed"
    SEIZED = "seized"
    DEPUTY = "deputy"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class ChairState:
    """Who leads (主持人), and who stands by.

    Attributes:
        holder: who has the chair, None while it is free.
        since: since when the holder has it.
        way: how the holder came to it.
        deputy: the deputy (副主持) that was named; None leaves it to the meeting office.
        former: whom a deputy relieved, and who may take the chair back; else None.
        asking: who has asked for the chair, longest first.
    """

    holder: Seat | None = None
    since: datetime | None = None
    way: Way = Way.APPLIED
    deputy: Seat | None = None
    former: Seat | None = None
    asking: tuple[Seat, ...] = ()


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
class Declined:
    """A venue that was told a word instead of getting the floor, and when."""

    venue: int
    word: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemRun:
    """An agenda item during the session: minutes allotted and added, time used so far.

    ``posts`` and ``venues`` (by number) are whom it calls; ``venues`` empty calls all.
    """

    item: AgendaItem
    added_minutes: int = 0
    used: timedelta = timedelta()
    posts: tuple[Post, ...] = ()
    venues: frozenset[int] = frozenset()

    @property
    def allotted(self) -> timedelta:
        """The minutes it has, with those that were added."""
        return timedelta(minutes=self.item.minutes + self.added_minutes)


@dataclass(frozen=True, slots=True)
class AgendaClock:
    """How the agenda goes on.

    Attributes:
        begun: the first item's clock runs; before the planned start it stands still.
        goes_on: at zero the next item begins by itself, else it is only offered.
        called: the item whose people were called in last, by index; None for none yet.
        called_at: when they were.
    """

    begun: bool = False
    goes_on: bool = False
    called: int | None = None
    called_at: datetime | None = None


class Answer(StrEnum):
    """What came of calling a venue's name: an answer, silence, or it was not in the session."""

    ANSWERED = "answered"
    SILENT = "silent"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class RollCall:
    """A roll call (点名): who is called in which order, and what each answered.

    Attributes:
        order: the venues by number, as they are called.
        named: the venue that is called now; None once the roll call is over.
        since: when it was called; when the roll call ended.
        every: how long each venue is called before the next by itself; None: by hand.
        answers: (venue, answer) in order of their recording, one for each venue.
    """

    order: tuple[int, ...]
    named: int | None
    since: datetime
    every: timedelta | None = None
    answers: tuple[tuple[int, Answer], ...] = ()

    def answer(self, venue: int) -> Answer | None:
        """Return what is recorded of a venue, None while nothing is."""
        return dict(self.answers).get(venue)


@dataclass(frozen=True, slots=True)
class Deed:
    """One control action that can be undone: the states around it, themselves without deeds."""

    number: int
    command: str
    by: str
    at: datetime
    before: "ConferenceState"
    after: "ConferenceState"
    undone: bool = False


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
        locked: nobody comes in who is not on the roster.
        chair: who leads.
        clock: how the agenda goes on.
        roll_call: the roll call that runs, or the last one; None before the first.
        declined: who was told a word instead of getting the floor, one entry a venue.
        banner: the chair's line of text (横幅) on every screen, empty for none.
        questions: all that venues asked the chair in writing, in order of coming.
        ballot: the one that is open, or whose result is shown; None for none.
        ballots: how many there were, the present one included.
        material: the material that the chair shows to all, as it was shown last.
        on_leave: branches that were granted leave, by number; they may come all the same.
        prompting: the random "we are here" prompts.
        recording: whether it is recorded (录像).
        deeds: the last control actions that can be undone, oldest first.
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
    locked: bool = False
    chair: ChairState = ChairState()
    clock: AgendaClock = AgendaClock()
    roll_call: RollCall | None = None
    declined: tuple[Declined, ...] = ()
    banner: str = ""
    questions: tuple[Question, ...] = ()
    ballot: Ballot | None = None
    ballots: int = 0
    material: ShownMaterial | None = None
    on_leave: frozenset[int] = frozenset()
    prompting: Prompting = field(default_factory=Prompting)
    recording: Recording = field(default_factory=Recording)
    deeds: tuple[Deed, ...] = field(default=(), repr=False)

    def venue(self, number: int) -> LiveVenue | None:
        """Return the venue with this number, or None when it is not on the roster."""
        return next((v for v in self.venues if v.number == number), None)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that a rule decided on and that is yet to be recorded.

    ``sealed`` is a secret voice, which is counted in the same transaction and never recorded with
    its venue; None for everything else.
    """

    kind: EventKind
    payload: Payload
    sealed: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command as the rules see it.

    ``venue`` is the venue it comes from for a venue's own commands, and the venue it is about for
    the operator's; ``value`` is its number, ``word`` its words or its choice and ``on`` its yes or
    no, where it has one; ``at`` is the screen it is about, ``venues`` are those it names, ``item``
    is the agenda item by index, ``choices`` are those of a ballot. ``target`` is the key of the
    seat it is about, ``seat`` that seat once it was found among those who are here. ``by`` is who
    gives it, None for what happens by itself, and ``now`` when; ``chance`` was drawn then, from 0
    to 1, for what nobody shall know beforehand.
    """

    name: str
    venue: int = MAIN
    value: int = 0
    word: str = ""
    at: str = ""
    venues: tuple[int, ...] = ()
    on: bool = False
    choices: tuple[str, ...] = ()
    item: int = 0
    target: str = ""
    seat: Seat | None = None
    by: Seat | None = None
    now: datetime = NO_MOMENT
    chance: float = 0.5


Rule: TypeAlias = Callable[[ConferenceState, Order], list[Happening]]
"""Decides what a command does; nothing where it changes nothing."""
Step: TypeAlias = Callable[[ConferenceState, Payload, datetime], ConferenceState]
"""Returns the state after one event of its kind."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Who is connected, longest first; no fact of the log, so it is told beside the state.

    ``chair_away_since`` is since when the chair's seat has had no connection, None while it has.
    """

    here: tuple[Seat, ...] = ()
    chair_away_since: datetime | None = None


NOBODY = Attention()
"""Nobody is connected, and nobody is missed."""


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


def branch(state: ConferenceState, number: int) -> LiveVenue:
    """Return the branch venue with this number.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    venue = state.venue(number)
    if venue is None or number == MAIN:
        raise DomainError("venue_not_on_roster", venue=number)
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
