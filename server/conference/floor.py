"""The floor (发言权): who may ask, who is given it, how it comes back. Decides, changes nothing.

The floor belongs to at most one branch; while none has it, the main venue speaks. Giving it opens
the branch's microphone, taking it back closes it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.model import (
    ConferenceState,
    Declined,
    FloorRequest,
    Happening,
    Rule,
    Step,
    branch,
    number_of,
    present_venue,
    with_venue,
)
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def is_asking(state: ConferenceState, number: int) -> bool:
    """Tell whether the venue stands in the queue."""
    return any(r.venue == number for r in state.queue)


def request(state: ConferenceState, number: int) -> list[Happening]:
    """Ask for the floor; asking twice, or while having it, changes nothing."""
    venue = branch(state, number)
    if is_asking(state, number) or state.floor == number:
        return []
    return [Happening(EventKind.FLOOR_REQUESTED, {"venue_id": venue.venue_id})]


def withdraw(state: ConferenceState, number: int) -> list[Happening]:
    """Leave the queue."""
    return _leave(state, number, {"declined": False})


def decline(state: ConferenceState, number: int, word: str = "") -> list[Happening]:
    """Take a venue off the queue, with a word that it is shown."""
    return _leave(state, number, {"declined": True, "word": " ".join(word.split())})


def _leave(state: ConferenceState, number: int, how: Payload) -> list[Happening]:
    venue = branch(state, number)
    if not is_asking(state, number):
        return []
    return [Happening(EventKind.FLOOR_WITHDRAWN, {"venue_id": venue.venue_id} | how)]


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


RULES: dict[str, Rule] = {
    "floor.request": lambda s, o: request(s, o.venue),
    "floor.withdraw": lambda s, o: withdraw(s, o.venue),
    "floor.return": lambda s, o: give_up(s, o.venue),
    "floor.give": lambda s, o: give(s, o.venue),
    "floor.take_back": lambda s, _: take_back(s),
    "floor.decline": lambda s, o: decline(s, o.venue, o.word),
}


# --- fold ---------------------------------------------------------------------------------------


def _requested(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None or is_asking(state, number):
        return state
    state = _forget_word(state, number)
    return replace(state, queue=(*state.queue, FloorRequest(number, at)))


def _withdrawn(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    state = _off_queue(state, number)
    if not payload.get("declined"):
        return state
    state = _forget_word(state, number)
    word = Declined(number, payload.get("word", ""), at)
    return replace(state, declined=(*state.declined, word))


def _off_queue(state: ConferenceState, number: int) -> ConferenceState:
    return replace(state, queue=tuple(r for r in state.queue if r.venue != number))


def _forget_word(state: ConferenceState, number: int) -> ConferenceState:
    return replace(state, declined=tuple(d for d in state.declined if d.venue != number))


def end_speech(state: ConferenceState, at: datetime) -> ConferenceState:
    """Return the state with the end of the present speech entered under what was said."""
    if state.floor is None or state.floor_since is None:
        return state
    spoken = dict(state.said)
    length = spoken.get(state.floor, timedelta()) + max(at - state.floor_since, timedelta())
    others = tuple(entry for entry in state.said if entry[0] != state.floor)
    return replace(state, said=(*others, (state.floor, length)), floor=None, floor_since=None)


def _given(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    state = _forget_word(_off_queue(end_speech(state, at), number), number)
    state = with_venue(state, payload["venue_id"], mic=True)
    return replace(state, floor=number, floor_since=at)


def _taken_back(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    return with_venue(end_speech(state, at), payload["venue_id"], mic=False)


STEPS: dict[str, Step] = {
    EventKind.FLOOR_REQUESTED: _requested,
    EventKind.FLOOR_WITHDRAWN: _withdrawn,
    EventKind.FLOOR_GIVEN: _given,
    EventKind.FLOOR_TAKEN_BACK: _taken_back,
}
