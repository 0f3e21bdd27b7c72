"""Multi-view (多画面): the layout everybody is shown, the wall's own, and a venue's own choice.

Who is in a layout is settled once, when it is set: tiles never jump.
"""

from dataclasses import replace
from datetime import datetime

from server.conference.model import (
    MAIN,
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    known_venue,
    number_of,
)
from server.conference.show import PLACES, MultiView
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def fill(state: ConferenceState, layout: str, wished: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Return who is in a layout: those wished for, else the main venue and the branches here.

    The large place of "1+5" follows the speaker, so five are named, branches first; "33" is the
    street's branches, here or not, and the main venue where there is room.
    """
    places = PLACES[layout] - (layout in ("1", "1+5"))
    if wished:
        return tuple(dict.fromkeys(wished))[:places]
    every = layout == "33"
    branches = [v.number for v in state.venues if v.number != MAIN and (every or v.peers)]
    if every and len(branches) >= places:
        return tuple(branches[:places])
    # the main venue is large most of the time
    return ((*branches, MAIN) if layout == "1+5" else (MAIN, *branches))[:places]


def _payload(state: ConferenceState, layout: str, wished: tuple[int, ...]) -> Payload:
    venues = [known_venue(state, number) for number in fill(state, layout, wished)]
    return {"layout": layout, "venues": [venue.venue_id for venue in venues]}


def set_layout(state: ConferenceState, order: Order) -> list[Happening]:
    """Choose a layout for everybody, or for the wall alone; the same again fills it anew.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    payload = {"at": order.at, **_payload(state, order.word, order.venues)}
    before = state.show.wall if order.at == "wall" else state.show.everybody
    if _view(state, payload) == before:
        return []
    return [Happening(EventKind.LAYOUT_SET, payload)]


def let_choose(state: ConferenceState, *, allowed: bool) -> list[Happening]:
    """Let venues choose their own layout, or no longer."""
    if state.show.may_choose == allowed:
        return []
    return [Happening(EventKind.LAYOUT_CHOICE, {"allowed": allowed})]


def choose(state: ConferenceState, order: Order) -> list[Happening]:
    """Choose a venue's own layout; an empty one follows the chair's again.

    Raises:
        DomainError: ``choice_not_allowed``, or ``venue_not_on_roster``.
    """
    venue = known_venue(state, order.venue)
    if not state.show.may_choose:
        raise DomainError("choice_not_allowed")
    payload: Payload = {"venue_id": venue.venue_id, "layout": "", "venues": []}
    if order.word:
        payload |= _payload(state, order.word, ())
    before = own_view(state, order.venue)
    if before == (_view(state, payload) if order.word else None):
        return []
    return [Happening(EventKind.LAYOUT_CHOSEN, payload)]


def own_view(state: ConferenceState, number: int) -> MultiView | None:
    """Return the layout that a venue has chosen for itself; None where it follows the chair's."""
    if not state.show.may_choose:
        return None
    return dict(state.show.chosen).get(number)


def _view(state: ConferenceState, payload: Payload) -> MultiView:
    numbers = (number_of(state, venue_id) for venue_id in payload["venues"])
    return MultiView(payload["layout"], tuple(n for n in numbers if n is not None))


def _set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    view = _view(state, payload)
    if payload["at"] == "wall":
        return replace(state, show=replace(state.show, wall=view))
    return replace(state, show=replace(state.show, everybody=view))


def _choice(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, show=replace(state.show, may_choose=payload["allowed"], chosen=()))


def _chosen(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    chosen = tuple(entry for entry in state.show.chosen if entry[0] != number)
    if payload["layout"]:
        chosen = tuple(sorted((*chosen, (number, _view(state, payload))), key=lambda e: e[0]))
    return replace(state, show=replace(state.show, chosen=chosen))


RULES: dict[str, Rule] = {
    "layout.set": set_layout,
    "layout.allow": lambda s, _: let_choose(s, allowed=True),
    "layout.forbid": lambda s, _: let_choose(s, allowed=False),
    "layout.choose": choose,
}
STEPS: dict[str, Step] = {
    EventKind.LAYOUT_SET: _set,
    EventKind.LAYOUT_CHOICE: _choice,
    EventKind.LAYOUT_CHOSEN: _chosen,
}
