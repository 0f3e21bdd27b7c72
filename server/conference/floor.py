"""The floor (发言权): who may ask, who is given it, how it comes back. Decides, changes nothing.

The floor belongs to at most one branch; while none has it, the main venue speaks. Giving it opens
the branch's microphone, taking it back closes it.
"""

from server.conference.model import MAIN, ConferenceState, Happening, LiveVenue, present_venue
from server.domain.errors import DomainError
from server.domain.events import EventKind


def branch(state: ConferenceState, number: int) -> LiveVenue:
    """Return the branch venue with this number.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    venue = state.venue(number)
    if venue is None or number == MAIN:
        raise DomainError("venue_not_on_roster", venue=number)
    return venue


def is_asking(state: ConferenceState, number: int) -> bool:
    """Tell whether the venue stands in the queue."""
    return any(r.venue == number for r in state.queue)


def request(state: ConferenceState, number: int) -> list[Happening]:
    """Ask for the floor; asking twice, or while having it, changes nothing."""
    venue = branch(state, number)
    if is_asking(state, number) or state.floor == number:
        return []
    return [Happening(EventKind.FLOOR_REQUESTED, {"venue_id": venue.venue_id})]


def withdraw(state: ConferenceState, number: int, *, declined: bool = False) -> list[Happening]:
    """Leave the queue, or be taken off it by the operator (``declined``)."""
    venue = branch(state, number)
    if not is_asking(state, number):
        return []
    payload = {"venue_id": venue.venue_id, "declined": declined}
    return [Happening(EventKind.FLOOR_WITHDRAWN, payload)]


def give(state: ConferenceState, number: int) -> list[Happening]:
    """Give a branch the floor; the one that had it loses it in the same moment.

    Raises:
        DomainError: ``venue_not_here`` when nobody is connected there.
    """
    venue = branch(state, number)
    if state.floor == number:
        return []
    present_venue(state, number)
    return [*take_back(state), Happening(EventKind.FLOOR_GIVEN, {"venue_id": venue.venue_id})]


def take_back(state: ConferenceState) -> list[Happening]:
    """Take the floor back to the main venue; nothing when it is there already."""
    if state.floor is None:
        return []
    venue = branch(state, state.floor)
    return [Happening(EventKind.FLOOR_TAKEN_BACK, {"venue_id": venue.venue_id})]


def give_up(state: ConferenceState, number: int) -> list[Happening]:
    """Return the floor by the branch that has it.

    Raises:
        DomainError: ``floor_not_yours``.
    """
    if state.floor != number:
        raise DomainError("floor_not_yours")
    return take_back(state)
