"""The carousel (轮巡): branches one after another, each for some seconds, absent ones left out.

Its moments are told by ``due`` and come from outside; each step is an event, so that a restart goes
on where it was and a recording knows what everybody saw.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.broadcast import without_broadcast
from server.conference.model import (
    MAIN,
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    number_of,
)
from server.conference.show import Carousel
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload

STEP = "carousel.step"
"""The order by which it goes on; nobody can send it."""


def next_present(state: ConferenceState, number: int) -> int | None:
    """Return the branch that comes after a number in turn and is here; None when nobody is.

    The turn is by number and begins anew after the last; the number itself comes last of all.
    """
    here = [v.number for v in state.venues if v.number != MAIN and v.peers]
    return next((n for n in here if n > number), here[0] if here else None)


def shown(state: ConferenceState) -> int | None:
    """Return whom the carousel shows: nobody while that venue is not here."""
    running = state.show.carousel
    venue = state.venue(running.venue) if running else None
    return venue.number if venue is not None and venue.peers else None


def start(state: ConferenceState, order: Order) -> list[Happening]:
    """Begin with the first branch that is here; a carousel that runs is replaced.

    Raises:
        DomainError: ``nobody_here``.
    """
    first = next_present(state, MAIN)
    venue = None if first is None else state.venue(first)
    if venue is None:
        raise DomainError("nobody_here")
    payload = {"at": order.at, "seconds": order.value, "venue_id": venue.venue_id}
    return [Happening(EventKind.CAROUSEL_STARTED, payload)]


def _running(state: ConferenceState) -> Carousel:
    if state.show.carousel is None:
        raise DomainError("no_carousel")
    return state.show.carousel


def pause(state: ConferenceState) -> list[Happening]:
    """Stay at the present branch.

    Raises:
        DomainError: ``no_carousel``.
    """
    return [] if _running(state).paused else [Happening(EventKind.CAROUSEL_PAUSED, {})]


def resume(state: ConferenceState) -> list[Happening]:
    """Go on; the present branch has its full time again.

    Raises:
        DomainError: ``no_carousel``.
    """
    return [Happening(EventKind.CAROUSEL_RESUMED, {})] if _running(state).paused else []


def end(state: ConferenceState) -> list[Happening]:
    """End it; nothing when none runs."""
    return [Happening(EventKind.CAROUSEL_ENDED, {})] if state.show.carousel else []


def step(state: ConferenceState) -> list[Happening]:
    """Go on to the next branch that is here; nothing when there is no other."""
    running = state.show.carousel
    following = next_present(state, running.venue) if running else None
    venue = None if following is None else state.venue(following)
    if running is None or venue is None or running.paused or venue.number == running.venue:
        return []
    return [Happening(EventKind.CAROUSEL_STEPPED, {"venue_id": venue.venue_id})]


def due(state: ConferenceState) -> tuple[datetime, Order] | None:
    """Return when the carousel goes on; at once when who is shown has gone.

    None while it is paused, or there is nobody else to show.
    """
    running = state.show.carousel
    if running is None or not step(state):
        return None
    length = timedelta(seconds=running.seconds if shown(state) is not None else 0)
    return running.since + length, Order(STEP)


def _with(state: ConferenceState, running: Carousel | None) -> ConferenceState:
    return replace(state, show=replace(state.show, carousel=running))


def _started(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    if payload["at"] == "all":
        state = without_broadcast(state)
    else:
        state = replace(state, show=replace(state.show, watched=None))
    return _with(state, Carousel(payload["at"], payload["seconds"], number, at))


def _stepped(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    running, number = state.show.carousel, number_of(state, payload["venue_id"])
    if running is None or number is None:
        return state
    return _with(state, replace(running, venue=number, since=at))


def _pausing(*, paused: bool) -> Step:
    def change(state: ConferenceState, _payload: Payload, at: datetime) -> ConferenceState:
        running = state.show.carousel
        return state if running is None else _with(state, replace(running, paused=paused, since=at))

    return change


def _ended(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return _with(state, None)


RULES: dict[str, Rule] = {
    "carousel.start": start,
    "carousel.pause": lambda s, _: pause(s),
    "carousel.resume": lambda s, _: resume(s),
    "carousel.end": lambda s, _: end(s),
}
BY_ITSELF: dict[str, Rule] = {STEP: lambda s, _: step(s)}
STEPS: dict[str, Step] = {
    EventKind.CAROUSEL_STARTED: _started,
    EventKind.CAROUSEL_STEPPED: _stepped,
    EventKind.CAROUSEL_PAUSED: _pausing(paused=True),
    EventKind.CAROUSEL_RESUMED: _pausing(paused=False),
    EventKind.CAROUSEL_ENDED: _ended,
}
