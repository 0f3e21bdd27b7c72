"""What may be asked of a conference: the rules of all matters, merged into one table."""

from dataclasses import replace

from server.conference import (
    agenda,
    ballots,
    banner,
    broadcast,
    calling,
    carousel,
    chair,
    content,
    floor,
    material,
    prompts,
    questions,
    recording,
    rollcall,
    sound,
    undo,
    views,
)
from server.conference.model import ConferenceState, Happening, Order, Rule, Seat
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload


def head_count(state: ConferenceState, number: int, count: int) -> list[Happening]:
    """Say how many people are in a venue; saying the same again changes nothing."""
    venue = state.venue(number)
    if venue is None:
        raise DomainError("venue_not_on_roster", venue=number)
    if venue.heads == count:
        return []
    payload = {"venue_id": venue.venue_id, "count": count}
    return [Happening(EventKind.VENUE_HEAD_COUNT, payload)]


def _end(state: ConferenceState, order: Order) -> list[Happening]:
    """End the session for all; the present item ends with it."""
    last = [agenda.item_ended(state, order.now)] if state.items and state.clock.begun else []
    return [*last, Happening(EventKind.SESSION_CLOSED, {})]


def _lock(state: ConferenceState, _order: Order) -> list[Happening]:
    return [] if state.locked else [Happening(EventKind.SESSION_LOCKED, {})]


def _unlock(state: ConferenceState, _order: Order) -> list[Happening]:
    return [Happening(EventKind.SESSION_UNLOCKED, {})] if state.locked else []


_RULES: dict[str, Rule] = {
    "head_count": lambda s, o: head_count(s, o.venue, o.value),
    "session.lock": _lock,
    "session.unlock": _unlock,
    "session.end": _end,
    **floor.RULES,
    **sound.RULES,
    **agenda.RULES,
    **chair.RULES,
    **rollcall.RULES,
    **undo.RULES,
    **broadcast.RULES,
    **carousel.RULES,
    **views.RULES,
    **content.RULES,
    **calling.RULES,
    **banner.RULES,
    **questions.RULES,
    **ballots.RULES,
    **material.RULES,
    **prompts.RULES,
    **recording.RULES,
}
_BY_ITSELF: dict[str, Rule] = {
    **agenda.BY_ITSELF,
    **carousel.BY_ITSELF,
    **chair.BY_ITSELF,
    **prompts.BY_ITSELF,
    **rollcall.BY_ITSELF,
}
"""What nobody can ask for: the service orders it when it is due."""
COMMANDS = frozenset(_RULES)
"""The names of all commands that somebody can send."""
_OWN = frozenset(
    {
        "floor.request",
        "floor.withdraw",
        "floor.return",
        "mic.open",
        "mic.close",
        "head_count",
        "roll.here",
        "layout.choose",
        "question.ask",
        "ballot.cast",
        "prompt.answer",
        "chair.apply",
        "chair.withdraw",
        "chair.seize",
        "chair.take_back",
    }
)
"""What is not the controls' work: a venue's own, and asking for the chair itself."""
CONTROLS = COMMANDS - _OWN
"""What needs the right to control."""
_FOR_GOOD = frozenset(
    {
        "session.end",
        "agenda.call_in",
        "chair.decline",
        "venue.call",
        "ballot.open",
        "ballot.close",
        "content.stop",
        "content.forbid",
        "undo",
        "material.show",
        "material.hide",
        "recording.start",
        "recording.stop",
    }
)
"""Controls that cannot be undone: somebody was told, or there is nothing left to put back; or the
way back is as short, to leaf back."""


def decide(state: ConferenceState, order: Order) -> list[Happening]:
    """Return the events that carry out a command; none when it changes nothing.

    Events of a control action say under ``control`` which ``command`` it was, ``by`` whom, ``for``
    whom where that is another, and its number as a ``deed`` where it can be undone.

    Raises:
        DomainError: ``session_closed``, or what the rule refuses.
    """
    if state.closed:
        raise DomainError("session_closed")
    if order.name in _BY_ITSELF:
        return _BY_ITSELF[order.name](state, order)
    rule, controls = _RULES[order.name], order.name in CONTROLS
    if controls and not undo.is_own(state, order):
        chair.admit(state, order.by)
    rollcall.let_pass(state, order)
    happenings = rule(state, order)
    return _signed(state, order, order.by, happenings) if controls and order.by else happenings


def _signed(
    state: ConferenceState, order: Order, by: Seat, happenings: list[Happening]
) -> list[Happening]:
    """Return the events of a control action with who did it, and for whom."""
    control: Payload = {"command": order.name, "by": by.key}
    if behalf := chair.on_behalf_of(state, by):
        control["for"] = behalf
    if order.name not in _FOR_GOOD:
        control["deed"] = undo.next_number(state)
    return [replace(h, payload=h.payload | {"control": control}) for h in happenings]
