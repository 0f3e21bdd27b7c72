"""What each screen shows: a view of places, and the places as slots of the media plane.

The big picture is the first of these that is not the venue's own: whoever is called in a roll call;
on the wall alone the watched venue or its carousel; the broadcast venue, or a carousel for
everybody; who has the floor; the main venue. A shared screen is big with that picture small beside
it. Otherwise the layout (画面布局) in force says how many pictures there are: the venue's own
choice, else everybody's. Large places take the high layer, small ones the low one. A venue's own
picture is never sent back, nor a branch the screen that it shares; the wall shows the main venue's
too, for those who sit before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from server.conference import carousel
from server.conference.model import MAIN, ConferenceState
from server.conference.peers import Part, source_of
from server.conference.rollcall import named
from server.conference.show import PLACES, MultiView
from server.conference.views import own_view
from server.media.model import Choice, Kind

Slots = dict[int, Choice | None]
CONTENT = "content"
TILES = "tiles"
FIRST_PICTURES = 2
"""How many pictures come by the connection of a page that has another for more of them.

One large picture and a small one beside it are all that most meetings show, and each further slot
makes a browser slower to join.
"""


@dataclass(frozen=True, slots=True)
class Screen:
    """Whose screen it is: a venue's number, and which of its windows; an observer has no venue."""

    number: int
    part: Part = Part.CAMERA

    @property
    def own(self) -> int | None:
        """The venue whose picture is not sent here, because the page has it from its camera."""
        return self.number if self.part is Part.CAMERA else None

    @property
    def is_wall(self) -> bool:
        """Whether the main venue sits before it."""
        return self.number == MAIN and self.part is not Part.OBSERVER


@dataclass(frozen=True, slots=True)
class Pane:
    """One place of a view: a venue's camera or its shared screen, and the slot it comes by.

    ``slot`` counts the picture slots of the connection; -1 where the page shows its own camera.
    """

    venue: int
    slot: int
    content: bool = False
    large: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows: its layout, one of ``show.PLACES``, ``content`` or ``tiles``."""

    layout: str
    panes: tuple[Pane, ...]


def big_picture(state: ConferenceState, screen: Screen) -> int | None:
    """Return whose picture is big on a screen; None where it would be the venue's own."""
    show, running = state.show, state.show.carousel
    rotating = carousel.shown(state) if running else None
    wishes: list[int | None] = [named(state)]
    if screen.is_wall:
        wishes += [show.watched, rotating if running and running.at == "wall" else None]
    wishes += [show.broadcast, rotating if running and running.at == "all" else None]
    wishes += [state.floor, MAIN]
    return next((number for number in wishes if number is not None and number != screen.own), None)


def view_of(state: ConferenceState, screen: Screen) -> View:
    """Return what a screen shows, with the slot that each picture comes by."""
    if screen.part is Part.TILES:
        tiles = tuple(Pane(number, slot) for slot, number in enumerate(_branches(state)))
        return View(TILES, tiles)
    first = big_picture(state, screen)
    big = Pane(MAIN if first is None else first, -1 if first is None else 0, large=True)
    if named(state) is not None:
        return View("1", (big,))
    content = state.show.content
    if content is not None and (screen.is_wall or content.venue != screen.own):
        return View(CONTENT, _beside(state, screen, content.venue, big))
    chosen = _layout(state, screen)
    if chosen.layout == "1":
        return View("1", (big,))
    lead = (big,) if chosen.layout == "1+5" else ()
    places = _wall_slots(state) if screen == Screen(MAIN) else range(len(lead), 64)
    small = tuple(
        Pane(number, -1 if number == screen.own else _slot_for(places, place, number))
        for place, number in enumerate(_seated(chosen, big.venue))
    )
    return View(chosen.layout, lead + small)


def _seated(chosen: MultiView, speaking: int) -> tuple[int, ...]:
    """Return who is in a layout: a branch that speaks and has no place takes the last one.

    All other places stay as they are. With "33" the street itself is what is looked at.
    """
    if chosen.layout not in ("9", "16") or speaking in (MAIN, *chosen.venues):
        return chosen.venues
    return (*chosen.venues[: PLACES[chosen.layout] - 1], speaking)


def _beside(state: ConferenceState, screen: Screen, sharer: int, big: Pane) -> tuple[Pane, ...]:
    """Return the shared screen large and who would be big small beside it."""
    small = len(_branches(state)) + 1 if screen == Screen(MAIN) else 1
    shared = Pane(sharer, 0, content=True, large=True)
    return (shared, Pane(big.venue, -1 if big.slot < 0 else small))


def _layout(state: ConferenceState, screen: Screen) -> MultiView:
    if screen.is_wall:
        chosen = state.show.wall if state.show.wall.layout != "1" else state.show.everybody
        # the wall has a tile of every branch already, under its big picture
        return MultiView() if screen == Screen(MAIN) and chosen.layout == "33" else chosen
    if screen.part is Part.CAMERA and (own := own_view(state, screen.number)) is not None:
        return own
    return state.show.everybody


def _branches(state: ConferenceState) -> list[int]:
    return [v.number for v in state.venues if v.number != MAIN]


def _wall_slots(state: ConferenceState) -> dict[int, int]:
    """Return the slot of each branch's tile on the wall: in order of number, after the big one."""
    return {number: slot for slot, number in enumerate(_branches(state), start=1)}


def _slot_for(places: dict[int, int] | range, place: int, number: int) -> int:
    return places[number] if isinstance(places, dict) else places[place]


def video_slots(state: ConferenceState, screen: Screen, kinds: Sequence[Kind]) -> Slots:
    """Return the choice for each video slot of a connection; sound slots are the worker's own.

    Args:
        state: the conference.
        screen: whose connection it is.
        kinds: the kinds of the connection's slots, in slot order.

    The slots of a connection for more pictures go on where those of its venue's own end.
    """
    first = 0
    if screen.part is Part.MORE:
        first, screen = FIRST_PICTURES, Screen(screen.number)
    wanted: dict[int, Choice] = {}
    if screen == Screen(MAIN):
        wanted = {s: Choice(str(n), "low") for n, s in _wall_slots(state).items()}
    for pane in view_of(state, screen).panes:
        if pane.slot >= 0 and pane.slot not in wanted:
            source = source_of(pane.venue, Part.CONTENT if pane.content else Part.CAMERA)
            wanted[pane.slot] = Choice(source, "high" if pane.large else "low")
    places = [slot for slot, kind in enumerate(kinds) if kind == "video"]
    return {slot: wanted.get(place) for place, slot in enumerate(places, first)}
