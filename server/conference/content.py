"""A shared screen (共享材料): who may, who does, and how it ends.

One screen at a time. It comes by a connection of its own, a second publication of its venue beside
the camera, so it begins and ends with what the media plane tells.
"""

from dataclasses import replace
from datetime import datetime

from server.conference.model import (
    MAIN,
    ConferenceState,
    Happening,
    Rule,
    Step,
    branch,
    known_venue,
    number_of,
)
from server.conference.show import Content
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def may_share(state: ConferenceState, number: int) -> bool:
    """Tell whether a venue may share its screen: the main venue, and branches that were allowed."""
    return number == MAIN or number in state.show.may_share


def check_share(state: ConferenceState, number: int) -> None:
    """Let a connection with a shared screen in, or not.

    Raises:
        DomainError: ``share_not_allowed``; ``share_taken`` for a branch while another venue shares.
    """
    if not may_share(state, number):
        raise DomainError("share_not_allowed")
    sharing = state.show.content
    if sharing is not None and number not in (MAIN, sharing.venue):
        raise DomainError("share_taken")


def allow(state: ConferenceState, number: int) -> list[Happening]:
    """Let a branch share its screen.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    venue = branch(state, number)
    if number in state.show.may_share:
        return []
    return [Happening(EventKind.CONTENT_ALLOWED, {"venue_id": venue.venue_id})]


def forbid(state: ConferenceState, number: int) -> list[Happening]:
    """Take that back; a screen that the branch shares now is taken off as well.

    Raises:
        DomainError: ``venue_not_on_roster``.
    """
    venue = branch(state, number)
    if number not in state.show.may_share:
        return []
    sharing = state.show.content
    ending = stop(state) if sharing is not None and sharing.venue == number else []
    return [*ending, Happening(EventKind.CONTENT_FORBIDDEN, {"venue_id": venue.venue_id})]


def stop(state: ConferenceState) -> list[Happening]:
    """Take the shared screen off, whosever it is; nothing when there is none."""
    sharing = state.show.content
    return [] if sharing is None else [_ending(state, sharing, "stopped")]


def came(state: ConferenceState, number: int, peer: str) -> list[Happening]:
    """Return what follows when the connection of a shared screen stands: the newest is shown."""
    before = state.show.content
    ending = [] if before is None else [_ending(state, before, "replaced")]
    payload = {"venue_id": known_venue(state, number).venue_id, "peer": peer}
    return [*ending, Happening(EventKind.CONTENT_STARTED, payload)]


def left(state: ConferenceState, peer: str, reason: str) -> list[Happening]:
    """Return what follows when such a connection ended; nothing when it was shown no more."""
    sharing = state.show.content
    if sharing is None or sharing.peer != peer:
        return []
    return [_ending(state, sharing, reason)]


def _ending(state: ConferenceState, sharing: Content, reason: str) -> Happening:
    venue_id = known_venue(state, sharing.venue).venue_id
    payload = {"venue_id": venue_id, "peer": sharing.peer, "reason": reason}
    return Happening(EventKind.CONTENT_ENDED, payload)


def _allowed(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    both = state.show.may_share | ({number} if number is not None else set())
    return replace(state, show=replace(state.show, may_share=both))


def _forbidden(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    left = frozenset(n for n in state.show.may_share if n != number_of(state, payload["venue_id"]))
    return replace(state, show=replace(state.show, may_share=left))


def _started(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    number = number_of(state, payload["venue_id"])
    if number is None:
        return state
    return replace(state, show=replace(state.show, content=Content(number, payload["peer"])))


def _ended(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    sharing = state.show.content
    if sharing is None or sharing.peer != payload["peer"]:
        return state
    return replace(state, show=replace(state.show, content=None))


RULES: dict[str, Rule] = {
    "content.allow": lambda s, o: allow(s, o.venue),
    "content.forbid": lambda s, o: forbid(s, o.venue),
    "content.stop": lambda s, _: stop(s),
}
STEPS: dict[str, Step] = {
    EventKind.CONTENT_ALLOWED: _allowed,
    EventKind.CONTENT_FORBIDDEN: _forbidden,
    EventKind.CONTENT_STARTED: _started,
    EventKind.CONTENT_ENDED: _ended,
}
