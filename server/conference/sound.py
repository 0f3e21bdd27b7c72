"""Who is heard: mute all (静音全场), a venue's own microphone, and what the worker enforces."""

from dataclasses import replace
from datetime import datetime

from server.conference.floor import end_speech, take_back
from server.conference.model import (
    MAIN,
    ConferenceState,
    Happening,
    LiveVenue,
    Rule,
    Step,
    known_venue,
    with_venue,
)
from server.conference.rollcall import named, on_stage
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def mute_all(state: ConferenceState, *, may_unmute: bool = False) -> list[Happening]:
    """Close every branch's microphone and take the floor back.

    Branches may open it again by themselves only where ``may_unmute`` says so.
    """
    silent = not any(v.mic for v in state.venues if v.number != MAIN)
    if silent and state.muted_all is not may_unmute:
        return []
    return [*take_back(state), Happening(EventKind.MUTE_ALL, {"may_unmute": may_unmute})]


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


def is_heard(state: ConferenceState, venue: LiveVenue) -> bool:
    """Tell whether a venue's sound is forwarded; in a roll call only the named branch's is."""
    called = named(state)
    if called is None or venue.number == MAIN:
        return venue.mic
    return venue.number == called


def audible(state: ConferenceState) -> frozenset[str]:
    """Return the sources whose sound is forwarded, by number as text; none once closed."""
    if state.closed:
        return frozenset()
    return frozenset(str(v.number) for v in state.venues if is_heard(state, v))


def asked(state: ConferenceState) -> frozenset[str]:
    """Return who is to be heard from the first word on, by number as text; at most two.

    Who is called in a roll call, else who has the floor; and who is broadcast. The third place
    among the voices is left to whoever is loudest.
    """
    numbers = {on_stage(state), state.show.broadcast} - {None, MAIN}
    return frozenset(map(str, numbers))


RULES: dict[str, Rule] = {
    "mute.all": lambda s, o: mute_all(s, may_unmute=o.on),
    "mute.lift": lambda s, _: lift_mute(s),
    "mic.open": lambda s, o: open_mic(s, o.venue),
    "mic.close": lambda s, o: close_mic(s, o.venue),
}


# --- fold ---------------------------------------------------------------------------------------


def _mic(*, on: bool) -> Step:
    def step(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
        return with_venue(state, payload["venue_id"], mic=on)

    return step


def _muted_all(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    venues = tuple(v if v.number == MAIN else replace(v, mic=False) for v in state.venues)
    muted = not payload.get("may_unmute", False)
    return replace(end_speech(state, at), venues=venues, muted_all=muted)


def _mute_lifted(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, muted_all=False)


STEPS: dict[str, Step] = {
    EventKind.VENUE_MUTED: _mic(on=False),
    EventKind.VENUE_UNMUTED: _mic(on=True),
    EventKind.MUTE_ALL: _muted_all,
    EventKind.MUTE_LIFTED: _mute_lifted,
}
