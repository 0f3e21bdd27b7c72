"""Calling the missing (呼叫): its PC rings if its page is open; the call is recorded either way."""

from dataclasses import replace
from datetime import datetime

from server.conference.model import ConferenceState, Happening, Order, Rule, Step, branch, number_of
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def call(state: ConferenceState, order: Order) -> list[Happening]:
    """Call a branch that is not here; ``value`` is 1 when its page is open and will ring.

    Raises:
        DomainError: ``venue_not_on_roster``; ``venue_is_here`` when it is connected.
    """
    venue = branch(state, order.venue)
    if venue.peers:
        raise DomainError("venue_is_here", name=venue.name)
    payload = {"venue_id": venue.venue_id, "reached": bool(order.value)}
    return [Happening(EventKind.VENUE_CALLED, payload)]


def _called(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    others = tuple(entry for entry in state.calls if entry[0] != number)
    return replace(state, calls=(*others, (number, at, payload["reached"])))


RULES: dict[str, Rule] = {"venue.call": call}
STEPS: dict[str, Step] = {EventKind.VENUE_CALLED: _called}
