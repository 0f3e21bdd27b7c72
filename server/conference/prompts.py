"""Random "we are here" prompts (随机点到) in a conference: the switch, the asking, the answer.

What the rules are is ``server/domain/prompting.py``; what follows from answers is attendance.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.model import (
    MAIN,
    Attention,
    ConferenceState,
    Happening,
    Order,
    Rule,
    Step,
    branch,
)
from server.conference.rollcall import named
from server.domain import prompting
from server.domain.events import EventKind, Payload, parse_time, time_text

ASK = "prompt.ask"
"""The order by which a prompt is asked; nobody can send it."""


def set_pace(state: ConferenceState, order: Order) -> list[Happening]:
    """Let prompts be asked every ``value`` minutes or so, or no more when it is 0.

    Raises:
        DomainError: ``prompt_pace``.
    """
    every = prompting.require_pace(order.value)
    if every == state.prompting.every_minutes:
        return []
    payload = {"every_minutes": every, "next_at": _next_at(state, order, every)}
    return [Happening(EventKind.PROMPT_PACE_SET, payload)]


def _next_at(state: ConferenceState, order: Order, every: int) -> str | None:
    seconds = state.prompting.seconds
    moment = prompting.next_due(order.now, every, order.chance, seconds=seconds)
    return time_text(moment) if moment else None


def due(state: ConferenceState, _attention: Attention) -> tuple[datetime, Order] | None:
    """Return when the next prompt is asked; it waits for the start, and for a roll call's end."""
    due_at = state.prompting.due_at
    if due_at is None or named(state) is not None:
        return None
    return max(due_at, state.starts_at), Order(ASK)


def ask(state: ConferenceState, order: Order) -> list[Happening]:
    """Ask every branch that is here but the one that speaks, and set the next moment."""
    known = state.prompting
    if not prompting.is_due(known, order.now):
        return []
    here = [v.venue_id for v in state.venues if v.number != MAIN and v.peers]
    floor = state.venue(state.floor) if state.floor is not None else None
    payload = {
        "venue_ids": [*prompting.whom_to_ask(here, floor.venue_id if floor else None)],
        "seconds": known.seconds,
        "next_at": _next_at(state, order, known.every_minutes),
    }
    return [Happening(EventKind.PROMPT_ASKED, payload)]


def here(state: ConferenceState, order: Order) -> list[Happening]:
    """Take a branch's answer; a second one says nothing new.

    Raises:
        DomainError: ``venue_not_on_roster``.
        ConflictError: ``prompt_not_asked`` or ``prompt_over``.
    """
    venue_id, known = branch(state, order.venue).venue_id, state.prompting
    if venue_id in known.answered:
        return []
    prompting.require_answerable(known, venue_id, order.now, seconds=known.seconds)
    return [Happening(EventKind.PROMPT_ANSWERED, {"venue_id": venue_id})]


def numbers(state: ConferenceState, venue_ids: frozenset[int]) -> list[int]:
    """Return venues by number, in order."""
    return sorted(v.number for v in state.venues if v.venue_id in venue_ids)


def until(state: ConferenceState) -> datetime | None:
    """Return until when the last prompt can be answered; None before the first."""
    asked_at = state.prompting.asked_at
    return asked_at + timedelta(seconds=state.prompting.seconds) if asked_at else None


RULES: dict[str, Rule] = {"prompt.pace": set_pace, "prompt.answer": here}
BY_ITSELF: dict[str, Rule] = {ASK: ask}


# --- fold ---------------------------------------------------------------------------------------


def _moment(payload: Payload) -> datetime | None:
    return parse_time(payload["next_at"]) if payload.get("next_at") else None


def _set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    known = replace(
        state.prompting, every_minutes=payload["every_minutes"], due_at=_moment(payload)
    )
    return replace(state, prompting=known)


def _asked(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    known = replace(
        state.prompting,
        due_at=_moment(payload),
        asked_at=at,
        venue_ids=frozenset(payload["venue_ids"]),
        answered=frozenset(),
    )
    return replace(state, prompting=known)


def _answered(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    answered = state.prompting.answered | {payload["venue_id"]}
    return replace(state, prompting=replace(state.prompting, answered=answered))


STEPS: dict[str, Step] = {
    EventKind.PROMPT_PACE_SET: _set,
    EventKind.PROMPT_ASKED: _asked,
    EventKind.PROMPT_ANSWERED: _answered,
}
