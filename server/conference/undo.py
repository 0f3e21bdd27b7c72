"""Undo: what a control action changed is put back, unless something was built on it since.

A deed is known by the states before and after it, which the fold keeps for the last few. Taking it
back is an event of its own; who reads the log without folding it is told of answers and items too.
"""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from server.conference.agenda import item_changed
from server.conference.model import (
    ConferenceState,
    Deed,
    FloorRequest,
    Happening,
    Order,
    Rule,
    Step,
)
from server.conference.rollcall import answers_changed
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload

WITHIN = timedelta(seconds=30)
"""A page offers it for ten seconds, which stand still while its line is pointed at."""
PASSED_OVER = "undoes"
"""Events with this key tell readers of the log what an undo means; the fold knows it already."""
_KEPT = 8
_FACTS = frozenset({"venues", "closed", "deeds"})
"""Fields that no control action owns; of venues only the microphones are put back."""


def next_number(state: ConferenceState) -> int:
    """Return the number that the next deed will have, from 1."""
    return state.deeds[-1].number + 1 if state.deeds else 1


def find(state: ConferenceState, number: int) -> Deed | None:
    """Return a deed that is still remembered."""
    return next((deed for deed in state.deeds if deed.number == number), None)


def is_own(state: ConferenceState, order: Order) -> bool:
    """Tell whether an order takes back what its giver did: that one may, chair or not."""
    deed = find(state, order.value) if order.name == "undo" else None
    return deed is not None and order.by is not None and deed.by == order.by.key


# --- rules --------------------------------------------------------------------------------------


def take_back(state: ConferenceState, order: Order) -> list[Happening]:
    """Undo the deed whose number is the order's value.

    Raises:
        ConflictError: ``undo_too_late``, also for one that is unknown or undone already;
            ``undo_depends`` when what it changed was changed again since.
    """
    deed = find(state, order.value)
    if deed is None or deed.undone or order.now - deed.at > WITHIN:
        raise ConflictError("undo_too_late")
    back = restored(state, deed)
    if back is None:
        raise ConflictError("undo_depends")
    undone = {"undone": deed.number, "command": deed.command}
    told = [*answers_changed(state, back), *item_changed(state, back, order.now)]
    for_readers = [replace(h, payload=h.payload | {PASSED_OVER: deed.number}) for h in told]
    return [Happening(EventKind.CONTROL_UNDONE, undone), *for_readers]


def restored(state: ConferenceState, deed: Deed) -> ConferenceState | None:
    """Return the state with a deed taken back; None when something depends on it."""
    changes: dict[str, Any] = {}
    for name in _changed(deed):
        was, became, is_now = (getattr(s, name) for s in (deed.before, deed.after, state))
        if is_now == became:
            changes[name] = was
        elif name == "queue":
            changes[name] = _queue(was, became, is_now)
        else:
            return None
    mics = {
        a.number: (b.mic, a.mic)
        for b, a in zip(deed.before.venues, deed.after.venues, strict=True)
        if b.mic is not a.mic
    }
    if any(v.number in mics and v.mic is not mics[v.number][1] for v in state.venues):
        return None
    venues = tuple(
        replace(v, mic=mics[v.number][0]) if v.number in mics else v for v in state.venues
    )
    return replace(state, **changes, venues=venues)


def _changed(deed: Deed) -> list[str]:
    """Return the names of the fields that a deed changed."""
    names = (field.name for field in fields(ConferenceState) if field.name not in _FACTS)
    return [name for name in names if getattr(deed.before, name) != getattr(deed.after, name)]


_Queue = tuple[FloorRequest, ...]


def _queue(was: _Queue, became: _Queue, is_now: _Queue) -> _Queue:
    """Return the queue with those back whom the deed took off, among who has come since."""
    gone = [r for r in was if r not in became and r.venue not in {n.venue for n in is_now}]
    kept = [r for r in is_now if r in was or r not in became]
    return tuple(sorted([*gone, *kept], key=lambda r: r.since))


RULES: dict[str, Rule] = {"undo": take_back}


# --- fold ---------------------------------------------------------------------------------------


def note(
    before: ConferenceState, after: ConferenceState, payload: Payload, at: datetime
) -> ConferenceState:
    """Return the state after an event with the deed remembered that the event is part of."""
    control = payload.get("control", {})
    number = control.get("deed")
    if number is None:
        return after
    bare = replace(after, deeds=())
    deeds = before.deeds
    if deeds and deeds[-1].number == number:
        return replace(after, deeds=(*deeds[:-1], replace(deeds[-1], after=bare)))
    new = Deed(number, control["command"], control["by"], at, replace(before, deeds=()), bare)
    return replace(after, deeds=(*deeds, new)[-_KEPT:])


def _undone(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    deed = find(state, payload["undone"])
    if deed is None:
        return state
    back = restored(state, deed) or state
    deeds = tuple(replace(d, undone=True) if d is deed else d for d in state.deeds)
    return replace(back, deeds=deeds)


STEPS: dict[str, Step] = {EventKind.CONTROL_UNDONE: _undone}
