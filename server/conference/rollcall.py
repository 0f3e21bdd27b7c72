"""Roll call (点名): venues are named one after the other, each answer is recorded.

While it runs the named venue is open and shown and all other branches are silent, whatever their
microphones say; those are left alone, so that at the end everything is as it was before.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.model import (
    MAIN,
    Answer,
    Attention,
    ConferenceState,
    Happening,
    Order,
    RollCall,
    Rule,
    Step,
    branch,
    number_of,
)
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload

_WAITS = frozenset(
    {"floor.give", "floor.take_back", "floor.return", "mute.all", "mute.lift", "mic.open"}
)
"""What would be heard or shown, and so waits for the end of a roll call."""
STEP = "roll.step"
"""The order by which it goes on by itself; nobody can send it."""


def named(state: ConferenceState) -> int | None:
    """Return the venue that is called now, None while no roll call runs."""
    return state.roll_call.named if state.roll_call else None


def on_stage(state: ConferenceState) -> int | None:
    """Return the branch that all are shown: who is called, else who has the floor."""
    called = named(state)
    return state.floor if called is None else called


def let_pass(state: ConferenceState, order: Order) -> None:
    """Hold back what would disturb a roll call; the main venue's microphone is its own.

    Raises:
        ConflictError: ``roll_call_runs``.
    """
    if named(state) is None or order.name not in _WAITS:
        return
    if order.name == "mic.open" and order.venue == MAIN:
        return
    raise ConflictError("roll_call_runs")


def _running(state: ConferenceState) -> tuple[RollCall, int]:
    roll = state.roll_call
    if roll is None or roll.named is None:
        raise ConflictError("no_roll_call")
    return roll, roll.named


def _venue_id(state: ConferenceState, number: int) -> int:
    return branch(state, number).venue_id


# --- rules --------------------------------------------------------------------------------------


def start(state: ConferenceState, order: Order) -> list[Happening]:
    """Call the first venue of those that were chosen, or of the whole roster in its order.

    Raises:
        ConflictError: ``roll_call_runs``, or ``nobody_to_call`` when none of them is here.
        DomainError: ``venue_not_on_roster``.
    """
    if named(state) is not None:
        raise ConflictError("roll_call_runs")
    everybody = tuple(v.number for v in state.venues if v.number != MAIN)
    chosen = tuple(dict.fromkeys(order.venues)) or everybody
    if not any(branch(state, number).peers for number in chosen):
        raise ConflictError("nobody_to_call")
    payload = {
        "venue_ids": [_venue_id(state, number) for number in chosen],
        "every_seconds": order.value,
    }
    return [Happening(EventKind.ROLL_STARTED, payload), *_call(state, chosen)]


def _call(state: ConferenceState, rest: Iterable[int]) -> list[Happening]:
    """Name the next venue that is here; the absent are noted, not waited for. Else end."""
    found: list[Happening] = []
    for number in rest:
        venue = branch(state, number)
        if venue.peers:
            return [*found, Happening(EventKind.ROLL_CALLED, {"venue_id": venue.venue_id})]
        found.append(_missed(state, number))
    return [*found, Happening(EventKind.ROLL_ENDED, {})]


def _missed(state: ConferenceState, number: int) -> Happening:
    venue = branch(state, number)
    reason = Answer.SILENT if venue.peers else Answer.ABSENT
    payload = {"venue_id": venue.venue_id, "reason": reason.value}
    return Happening(EventKind.ROLL_MISSED, payload)


def call_next(state: ConferenceState, _order: Order) -> list[Happening]:
    """Go on to the next venue; one that has not answered is noted as silent.

    Raises:
        ConflictError: ``no_roll_call``.
    """
    return _go_on(state)


def _go_on(state: ConferenceState) -> list[Happening]:
    roll, called = _running(state)
    rest = roll.order[roll.order.index(called) + 1 :]
    silent = [] if roll.answer(called) else [_missed(state, called)]
    return [*silent, *_call(state, [number for number in rest if roll.answer(number) is None])]


def mark(state: ConferenceState, order: Order) -> list[Happening]:
    """Enter by hand whether a venue answered; also afterwards, to put it right.

    Raises:
        ConflictError: ``no_roll_call`` when there was none, ``venue_not_called``.
    """
    roll = state.roll_call
    if roll is None:
        raise ConflictError("no_roll_call")
    if order.venue not in roll.order:
        raise ConflictError("venue_not_called", venue=order.venue)
    before = roll.answer(order.venue)
    if (before is Answer.ANSWERED) is order.on and before is not None:
        return []
    entry = _answered(state, order.venue, "hand") if order.on else _missed(state, order.venue)
    return [*_withdrawn(state, order.venue), entry]


def _answered(state: ConferenceState, number: int, by: str) -> Happening:
    return Happening(EventKind.ROLL_ANSWERED, {"venue_id": _venue_id(state, number), "by": by})


def _withdrawn(state: ConferenceState, number: int) -> list[Happening]:
    answer = state.roll_call.answer(number) if state.roll_call else None
    if answer is None:
        return []
    payload = {"venue_id": _venue_id(state, number), "answer": answer.value}
    return [Happening(EventKind.ROLL_WITHDRAWN, payload)]


def here(state: ConferenceState, order: Order) -> list[Happening]:
    """Answer by the venue's own key.

    Raises:
        ConflictError: ``not_called`` while another is named, or nobody.
    """
    if named(state) != order.venue:
        raise ConflictError("not_called")
    return _by(state, order.venue, "venue")


def heard(state: ConferenceState, voices: Iterable[int]) -> list[Happening]:
    """Answer by the voice of the named venue; other voices say nothing."""
    called = named(state)
    return _by(state, called, "voice") if called is not None and called in voices else []


def _by(state: ConferenceState, number: int, by: str) -> list[Happening]:
    roll = state.roll_call
    if roll is None or roll.answer(number) is Answer.ANSWERED:
        return []
    return [*_withdrawn(state, number), _answered(state, number, by)]


def end(state: ConferenceState, _order: Order) -> list[Happening]:
    """End the roll call early; whoever was not called stays without an entry.

    Raises:
        ConflictError: ``no_roll_call``.
    """
    _running(state)
    return [Happening(EventKind.ROLL_ENDED, {})]


def due(state: ConferenceState, _attention: Attention) -> tuple[datetime, Order] | None:
    """Return when the next venue is called by itself."""
    roll = state.roll_call
    if roll is None or roll.named is None or roll.every is None:
        return None
    return roll.since + roll.every, Order(STEP, roll.named)


def step(state: ConferenceState, order: Order) -> list[Happening]:
    """Go on by itself, if the venue that was due to end is still the named one."""
    return _go_on(state) if named(state) == order.venue else []


def answers_changed(now: ConferenceState, back: ConferenceState) -> list[Happening]:
    """Return the events that turn the answers of one state into another's, for who reads the log.

    Both states are of the same conference.
    """
    were = dict(now.roll_call.answers) if now.roll_call else {}
    are = dict(back.roll_call.answers) if back.roll_call else {}
    found: list[Happening] = []
    for number in sorted({*were, *are}):
        if were.get(number) is are.get(number):
            continue
        found += _withdrawn(now, number)
        answer = are.get(number)
        if answer is Answer.ANSWERED:
            found.append(_answered(now, number, "undo"))
        elif answer is not None:
            payload = {"venue_id": _venue_id(now, number), "reason": answer.value}
            found.append(Happening(EventKind.ROLL_MISSED, payload))
    return found


RULES: dict[str, Rule] = {
    "roll.start": start,
    "roll.next": call_next,
    "roll.mark": mark,
    "roll.end": end,
    "roll.here": here,
}
BY_ITSELF: dict[str, Rule] = {STEP: step}


# --- fold ---------------------------------------------------------------------------------------


def _started(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    numbers = {v.venue_id: v.number for v in state.venues}
    order = tuple(numbers[one] for one in payload["venue_ids"] if one in numbers)
    every = timedelta(seconds=payload["every_seconds"]) if payload["every_seconds"] else None
    return replace(state, roll_call=RollCall(order, None, at, every))


def _called(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    roll, number = state.roll_call, number_of(state, payload["venue_id"])
    if roll is None or number is None:
        return state
    return replace(state, roll_call=replace(roll, named=number, since=at))


def _entered(state: ConferenceState, payload: Payload, answer: Answer | None) -> ConferenceState:
    roll, number = state.roll_call, number_of(state, payload["venue_id"])
    if roll is None or number is None:
        return state
    others = tuple(entry for entry in roll.answers if entry[0] != number)
    answers = others if answer is None else (*others, (number, answer))
    return replace(state, roll_call=replace(roll, answers=answers))


def _answer(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return _entered(state, payload, Answer.ANSWERED)


def _miss(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return _entered(state, payload, Answer(payload["reason"]))


def _withdraw(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return _entered(state, payload, None)


def _ended(state: ConferenceState, _payload: Payload, at: datetime) -> ConferenceState:
    if state.roll_call is None:
        return state
    return replace(state, roll_call=replace(state.roll_call, named=None, since=at))


STEPS: dict[str, Step] = {
    EventKind.ROLL_STARTED: _started,
    EventKind.ROLL_CALLED: _called,
    EventKind.ROLL_ANSWERED: _answer,
    EventKind.ROLL_MISSED: _miss,
    EventKind.ROLL_WITHDRAWN: _withdraw,
    EventKind.ROLL_ENDED: _ended,
}
