"""Broadcast (广播会场) and watch (选看): whose picture is big, everywhere or on the wall alone.

A broadcast overrides floor and main venue until it is ended, and the venue is heard while it lasts.
Decides, and turns what was decided into state.
"""

from dataclasses import replace
from datetime import datetime

from server.conference.model import (
    MAIN,
    ConferenceState,
    Happening,
    Rule,
    Step,
    number_of,
    present_venue,
    with_venue,
)
from server.conference.show import At
from server.domain.events import EventKind, Payload


def broadcast(state: ConferenceState, number: int) -> list[Happening]:
    """Make a venue's picture big everywhere; a carousel that everybody sees ends.

    Raises:
        DomainError: ``venue_not_on_roster`` or ``venue_not_here``.
    """
    venue = present_venue(state, number)
    if state.show.broadcast == number:
        return []
    return [Happening(EventKind.BROADCAST_SET, {"venue_id": venue.venue_id})]


def end_broadcast(state: ConferenceState) -> list[Happening]:
    """Go back to who has the floor, or the main venue; nothing when nobody is broadcast."""
    if state.show.broadcast is None:
        return []
    return [Happening(EventKind.BROADCAST_SET, {"venue_id": None})]


def watch(state: ConferenceState, number: int) -> list[Happening]:
    """Let the wall look at a venue; nobody else's picture changes, and nobody is told.

    Raises:
        DomainError: ``venue_not_on_roster`` or ``venue_not_here``.
    """
    venue = present_venue(state, number)
    if state.show.watched == number:
        return []
    return [Happening(EventKind.WATCH_SET, {"venue_id": venue.venue_id})]


def end_watch(state: ConferenceState) -> list[Happening]:
    """Let the wall see what everybody sees; nothing when it does."""
    if state.show.watched is None:
        return []
    return [Happening(EventKind.WATCH_SET, {"venue_id": None})]


def without_carousel(state: ConferenceState, at: At) -> ConferenceState:
    """Return the state in which no carousel runs on these screens."""
    running = state.show.carousel
    if running is None or running.at != at:
        return state
    return replace(state, show=replace(state.show, carousel=None))


def without_broadcast(state: ConferenceState) -> ConferenceState:
    """Return the state in which nobody is broadcast; who was is silent again, unless it speaks."""
    number = state.show.broadcast
    state = replace(state, show=replace(state.show, broadcast=None))
    venue = None if number is None else state.venue(number)
    if venue is None or venue.number in (MAIN, state.floor):
        return state
    return with_venue(state, venue.venue_id, mic=False)


def _broadcast_set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    state = without_broadcast(state)
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    state = with_venue(without_carousel(state, "all"), payload["venue_id"], mic=True)
    return replace(state, show=replace(state.show, broadcast=number))


def _watch_set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is not None:
        state = without_carousel(state, "wall")
    return replace(state, show=replace(state.show, watched=number))


RULES: dict[str, Rule] = {
    "broadcast.set": lambda s, o: broadcast(s, o.venue),
    "broadcast.end": lambda s, _: end_broadcast(s),
    "watch.set": lambda s, o: watch(s, o.venue),
    "watch.end": lambda s, _: end_watch(s),
}
STEPS: dict[str, Step] = {
    EventKind.BROADCAST_SET: _broadcast_set,
    EventKind.WATCH_SET: _watch_set,
}
