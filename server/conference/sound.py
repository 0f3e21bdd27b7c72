"""Who is heard: mute all (静音全场), a venue's own microphone, and what the worker enforces."""

from server.conference.floor import take_back
from server.conference.model import MAIN, ConferenceState, Happening, known_venue
from server.domain.errors import DomainError
from server.domain.events import EventKind


def mute_all(state: ConferenceState) -> list[Happening]:
    """Close every branch's microphone, take the floor back and forbid opening by oneself."""
    if state.muted_all and not any(v.mic for v in state.venues if v.number != MAIN):
        return []
    return [*take_back(state), Happening(EventKind.MUTE_ALL, {})]


def lift_mute(state: ConferenceState) -> list[Happening]:
    """Let branches open their own microphones; those that are closed stay closed."""
    return [Happening(EventKind.MUTE_LIFTED, {})] if state.muted_all else []


def open_mic(state: ConferenceState, number: int) -> list[Happening]:
    """Open a venue's own microphone.

    Raises:
        DomainError: ``mic_needs_floor`` while all are muted and the venue has not the floor and is
            not broadcast either.
    """
    venue = known_venue(state, number)
    if number not in (MAIN, state.floor, state.show.broadcast) and state.muted_all:
        raise DomainError("mic_needs_floor")
    return [] if venue.mic else [Happening(EventKind.VENUE_UNMUTED, {"venue_id": venue.venue_id})]


def close_mic(state: ConferenceState, number: int) -> list[Happening]:
    """Close a venue's own microphone; the floor stays where it is."""
    venue = known_venue(state, number)
    return [Happening(EventKind.VENUE_MUTED, {"venue_id": venue.venue_id})] if venue.mic else []


def audible(state: ConferenceState) -> frozenset[str]:
    """Return the sources whose sound is forwarded, by number as text; none once closed."""
    if state.closed:
        return frozenset()
    return frozenset(str(v.number) for v in state.venues if v.mic)
