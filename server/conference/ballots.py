"""Quick polls and votes of the branches (表决), one voice a venue; the result is on record.

In an open one a venue may change its mind until it is closed. In a secret one the log says only
that a venue has voted: its choice is handed on as ``Happening.sealed``, and whoever records the
event adds it to a count that knows no venues. The paper is in the box, so it cannot be changed.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from server.conference.model import (
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    branch,
    number_of,
)
from server.conference.talk import Ballot
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload

FEWEST, MOST = 2, 6
"""Choices of a ballot."""


def open_ballot(state: ConferenceState, order: Order) -> list[Happening]:
    """Ask all branches; a result that is still shown makes room.

    Raises:
        DomainError: ``ballot_open`` while another is; ``ballot_choices`` unless there are two to
            six choices, all different; ``ballot_empty`` without a question.
    """
    present = state.ballot
    if present is not None and not present.closed:
        raise DomainError("ballot_open")
    text = " ".join(order.word.split())
    choices = [" ".join(choice.split()) for choice in order.choices]
    if not text:
        raise DomainError("ballot_empty")
    if not FEWEST <= len(choices) <= MOST or len(set(choices)) < len(choices) or "" in choices:
        raise DomainError("ballot_choices", fewest=FEWEST, most=MOST)
    payload = {"text": text, "choices": choices, "secret": order.on}
    return [Happening(EventKind.BALLOT_OPENED, payload)]


def _running(state: ConferenceState) -> Ballot:
    ballot = state.ballot
    if ballot is None or ballot.closed:
        raise DomainError("no_ballot")
    return ballot


def cast(state: ConferenceState, order: Order) -> list[Happening]:
    """Give a venue's voice to one choice, by its index.

    Raises:
        DomainError: ``no_ballot`` when none is open; ``no_such_choice``; ``paper_in_the_box`` for a
            second voice in a secret one; ``venue_not_on_roster``.
    """
    ballot, venue = _running(state), branch(state, order.venue)
    if not 0 <= order.value < len(ballot.choices):
        raise DomainError("no_such_choice")
    before = dict(ballot.voices).get(venue.number)
    payload: Payload = {"venue_id": venue.venue_id}
    if ballot.secret:
        if before is not None:
            raise DomainError("paper_in_the_box")
        return [Happening(EventKind.BALLOT_CAST, payload, sealed=order.value)]
    if before == order.value:
        return []
    return [Happening(EventKind.BALLOT_CAST, payload | {"choice": order.value})]


def close(state: ConferenceState) -> list[Happening]:
    """Count; the result is shown to all until it is put away.

    Raises:
        DomainError: ``no_ballot`` when none is open.
    """
    ballot = _running(state)
    payload = {"text": ballot.text, "choices": list(ballot.choices), "counts": list(ballot.counts)}
    return [Happening(EventKind.BALLOT_CLOSED, payload)]


def put_away(state: ConferenceState) -> list[Happening]:
    """Take a result off the screens; nothing while there is none.

    Raises:
        DomainError: ``ballot_open`` while voices still come.
    """
    ballot = state.ballot
    if ballot is None:
        return []
    if not ballot.closed:
        raise DomainError("ballot_open")
    return [Happening(EventKind.BALLOT_CLEARED, {})]


def with_papers(state: ConferenceState, counts: Sequence[int]) -> ConferenceState:
    """Return the state in which the box of a secret ballot is known to hold these papers."""
    ballot = state.ballot
    if ballot is None or not ballot.secret or ballot.closed:
        return state
    return replace(state, ballot=replace(ballot, counts=tuple(counts)))


def _opened(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    choices, number = tuple(payload["choices"]), state.ballots + 1
    ballot = Ballot(number, payload["text"], choices, payload["secret"], at)
    ballot = replace(ballot, counts=(0,) * len(choices))
    return replace(state, ballot=ballot, ballots=number)


def _cast(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    ballot, number = state.ballot, number_of(state, payload["venue_id"])
    if ballot is None or number is None:
        return state
    choice = payload.get("choice", -1)
    others = tuple(voice for voice in ballot.voices if voice[0] != number)
    voices = (*others, (number, choice))
    counts = ballot.counts
    if not ballot.secret:
        chosen = [voice[1] for voice in voices]
        counts = tuple(chosen.count(index) for index in range(len(ballot.choices)))
    return replace(state, ballot=replace(ballot, voices=voices, counts=counts))


def _closed(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    ballot = state.ballot
    if ballot is None:
        return state
    ballot = replace(ballot, counts=tuple(payload["counts"]), closed=True)
    return replace(state, ballot=ballot)


def _cleared(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, ballot=None)


RULES: dict[str, Rule] = {
    "ballot.open": open_ballot,
    "ballot.cast": cast,
    "ballot.close": lambda s, _: close(s),
    "ballot.clear": lambda s, _: put_away(s),
}
STEPS: dict[str, Step] = {
    EventKind.BALLOT_OPENED: _opened,
    EventKind.BALLOT_CAST: _cast,
    EventKind.BALLOT_CLOSED: _closed,
    EventKind.BALLOT_CLEARED: _cleared,
}
