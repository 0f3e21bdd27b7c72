"""The agenda clock: items one after the other, more minutes, overrun, and who is called in.

An item's clock counts from its start; the first one's starts when the session was to begin. At
zero the next item goes on by itself, or is only offered, as the session is set.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.model import (
    MAIN,
    Attention,
    ConferenceState,
    Happening,
    ItemRun,
    Order,
    Rule,
    Step,
)
from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind, Payload

CALL_IN_BEFORE = timedelta(minutes=2)
"""Who is needed from the next item on is called in so long before the present one's end."""
BEGIN, CALL, GO_ON = "agenda.begin", "agenda.call", "agenda.go_on"
"""The orders of the clock itself; nobody can send them."""


def _present(state: ConferenceState) -> ItemRun:
    if not state.items:
        raise DomainError("agenda_is_empty")
    return state.items[state.item]


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


# --- what is known of it ------------------------------------------------------------------------


def zero_at(state: ConferenceState) -> datetime:
    """Return when the present item's minutes are used up; its start when there is no agenda."""
    return state.item_since + (state.items[state.item].allotted if state.items else timedelta())


def overruns(state: ConferenceState) -> dict[str, timedelta]:
    """Return by how much each department has overrun, of the items that are over."""
    found: dict[str, timedelta] = defaultdict(timedelta)
    for run in state.items:
        if run.used > run.allotted:
            found[run.item.department] += run.used - run.allotted
    return dict(found)


def planned_end(state: ConferenceState) -> datetime:
    """Return the planned end with all minutes that were added."""
    return state.ends_at + timedelta(minutes=sum(run.added_minutes for run in state.items))


def is_called(run: ItemRun, number: int) -> bool:
    """Tell whether an item calls a branch."""
    return not run.venues or number in run.venues


def newcomers(state: ConferenceState, index: int) -> frozenset[int]:
    """Return the branches where somebody is needed for an item who was not for the one before."""
    if not 0 < index < len(state.items):
        return frozenset()
    before, run = state.items[index - 1], state.items[index]
    return frozenset(
        v.number
        for v in state.venues
        if v.number != MAIN
        and is_called(run, v.number)
        and (not is_called(before, v.number) or not set(run.posts) <= set(before.posts))
    )


# --- rules --------------------------------------------------------------------------------------


def item_ended(state: ConferenceState, now: datetime) -> Happening:
    """Return the end of the present item, with what it used and overran.

    Raises:
        DomainError: ``agenda_is_empty``.
    """
    present = _present(state)
    used = max(now - state.item_since, timedelta()) if state.clock.begun else timedelta()
    payload = {
        "item_id": present.item.id,
        "department": present.item.department,
        "allotted_seconds": _seconds(present.allotted),
        "used_seconds": _seconds(used),
        "overrun_seconds": _seconds(max(used - present.allotted, timedelta())),
    }
    return Happening(EventKind.AGENDA_ITEM_ENDED, payload)


def next_item(state: ConferenceState, order: Order) -> list[Happening]:
    """End the present item and begin the one after it.

    Raises:
        DomainError: ``agenda_is_empty``, or ``last_item`` when there is none after it.
    """
    return _go_on(state, order.now)


def _go_on(state: ConferenceState, now: datetime) -> list[Happening]:
    _present(state)
    if state.item + 1 >= len(state.items):
        raise DomainError("last_item")
    return [item_ended(state, now), _item_started(state.items[state.item + 1])]


def _item_started(run: ItemRun) -> Happening:
    return Happening(EventKind.AGENDA_ITEM_STARTED, {"item_id": run.item.id})


def extend(state: ConferenceState, order: Order) -> list[Happening]:
    """Give the present item more minutes.

    Raises:
        DomainError: ``agenda_is_empty``.
    """
    payload = {"item_id": _present(state).item.id, "minutes": order.value}
    return [Happening(EventKind.SESSION_EXTENDED, payload)]


def set_pace(state: ConferenceState, order: Order) -> list[Happening]:
    """Say whether the next item begins by itself at zero, or by hand."""
    if state.clock.goes_on is order.on:
        return []
    return [Happening(EventKind.AGENDA_PACE_SET, {"goes_on": order.on})]


def call_in(state: ConferenceState, _order: Order) -> list[Happening]:
    """Call in who is needed from the next item on, once more if need be.

    Raises:
        DomainError: ``agenda_is_empty``, ``last_item``.
        ConflictError: ``nobody_to_call`` when the next item needs nobody new.
    """
    _present(state)
    if state.item + 1 >= len(state.items):
        raise DomainError("last_item")
    if not newcomers(state, state.item + 1):
        raise ConflictError("nobody_to_call")
    return [_called_in(state)]


def _called_in(state: ConferenceState) -> Happening:
    index = state.item + 1
    called = newcomers(state, index)
    ids = [v.venue_id for v in state.venues if v.number in called]
    payload = {"item_id": state.items[index].item.id, "venue_ids": ids}
    return Happening(EventKind.AGENDA_CALLED_IN, payload)


def due(state: ConferenceState, _attention: Attention) -> tuple[datetime, Order] | None:
    """Return what the clock brings first: the first item's start, a call, or going on at zero."""
    if not state.items:
        return None
    if not state.clock.begun:
        return state.starts_at, Order(BEGIN)
    zero, following = zero_at(state), state.item + 1
    if following >= len(state.items):
        return None
    called = state.clock.called is not None and state.clock.called >= following
    if not called and newcomers(state, following):
        return zero - CALL_IN_BEFORE, Order(CALL)
    return (zero, Order(GO_ON, value=state.item)) if state.clock.goes_on else None


def begin(state: ConferenceState, _order: Order) -> list[Happening]:
    """Start the first item's clock."""
    return [] if state.clock.begun or not state.items else [_item_started(state.items[0])]


def go_on(state: ConferenceState, order: Order) -> list[Happening]:
    """Go on at zero, if the item that was due to end is still the present one."""
    return _go_on(state, order.now) if state.item == order.value else []


def item_changed(now: ConferenceState, back: ConferenceState, at: datetime) -> list[Happening]:
    """Return the events that lead from one state's item to another's, for who reads the log."""
    if now.item == back.item:
        return []
    return [item_ended(now, at), _item_started(back.items[back.item])]


RULES: dict[str, Rule] = {
    "agenda.next": next_item,
    "agenda.extend": extend,
    "agenda.pace": set_pace,
    "agenda.call_in": call_in,
}
BY_ITSELF: dict[str, Rule] = {BEGIN: begin, CALL: call_in, GO_ON: go_on}


# --- fold ---------------------------------------------------------------------------------------


def _ended(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    items = tuple(
        replace(run, used=max(at - state.item_since, timedelta()))
        if run.item.id == payload["item_id"]
        else run
        for run in state.items
    )
    return replace(state, items=items)


def _started(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    position = [run.item.id for run in state.items].index(payload["item_id"])
    clock = replace(state.clock, begun=True)
    return replace(state, item=position, item_since=at, said=(), clock=clock)


def _extended(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    items = tuple(
        replace(run, added_minutes=run.added_minutes + payload["minutes"])
        if run.item.id == payload["item_id"]
        else run
        for run in state.items
    )
    return replace(state, items=items)


def _pace_set(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, clock=replace(state.clock, goes_on=payload["goes_on"]))


def _people_called(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    position = [run.item.id for run in state.items].index(payload["item_id"])
    return replace(state, clock=replace(state.clock, called=position, called_at=at))


STEPS: dict[str, Step] = {
    EventKind.AGENDA_ITEM_STARTED: _started,
    EventKind.AGENDA_ITEM_ENDED: _ended,
    EventKind.AGENDA_PACE_SET: _pace_set,
    EventKind.AGENDA_CALLED_IN: _people_called,
    EventKind.SESSION_EXTENDED: _extended,
}
