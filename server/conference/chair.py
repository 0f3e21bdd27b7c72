"""The chair token (主持人): who leads, how it changes hands, and who may work the controls.

At most one seat has it. The meeting office works the controls at any time, on the chair's behalf;
everybody else only while the chair is theirs. It is folded from the log, so neither a reload nor a
restart moves it; whether its holder is connected is told beside the state (``Attention``).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from server.conference.model import (
    Attention,
    ChairState,
    ConferenceState,
    Happening,
    Order,
    Rank,
    Rule,
    Seat,
    Step,
    Way,
)
from server.domain.errors import ConflictError, DomainError, ForbiddenError
from server.domain.events import EventKind, Payload

DEPUTY_AFTER = timedelta(seconds=30)
"""The deputy takes the chair when its holder has had no connection for so long."""
RELIEVE = "chair.relieve"
"""The order by which it does; nobody can send it."""


# --- who may ------------------------------------------------------------------------------------


def may_control(state: ConferenceState, seat: Seat | None) -> bool:
    """Tell whether a seat may work the controls; None is what happens by itself."""
    return seat is None or seat.rank is Rank.OFFICE or seat.is_same(state.chair.holder)


def admit(state: ConferenceState, seat: Seat | None) -> None:
    """Let a seat work the controls.

    Raises:
        ForbiddenError: ``command_not_yours`` for a venue that does not lead.
        ConflictError: ``chair_is_free`` for a leader who has not taken it, ``chair_is_anothers``.
    """
    if seat is None or may_control(state, seat):
        return
    if seat.rank is Rank.VENUE:
        raise ForbiddenError("command_not_yours")
    if state.chair.holder is None:
        raise ConflictError("chair_is_free")
    raise ConflictError("chair_is_anothers", name=state.chair.holder.name)


def on_behalf_of(state: ConferenceState, seat: Seat | None) -> str:
    """Return the key of the seat for which somebody works the controls; empty for oneself."""
    holder = state.chair.holder
    return holder.key if holder and seat and not holder.is_same(seat) else ""


# --- rules --------------------------------------------------------------------------------------


def _who(order: Order) -> Seat:
    """Return who gives an order that cannot come from nobody."""
    if order.by is None:
        raise ForbiddenError("command_not_yours")
    return order.by


def _named(order: Order) -> Seat:
    """Return the seat that an order is about.

    Raises:
        ConflictError: ``seat_not_here``.
    """
    if order.seat is None:
        raise ConflictError("seat_not_here")
    return order.seat


def _payload(seat: Seat) -> Payload:
    return {"seat": seat.key, "name": seat.name, "rank": seat.rank.name}


def _taken(seat: Seat, way: Way) -> list[Happening]:
    return [Happening(EventKind.CHAIR_TAKEN, _payload(seat) | {"way": way.value})]


def apply_for(state: ConferenceState, order: Order) -> list[Happening]:
    """Take the chair when it is free, otherwise ask whoever has it.

    A venue only ever asks: a room that stands open to many does not lead unasked.
    """
    seat, chair = _who(order), state.chair
    if seat.is_same(chair.holder) or any(seat.is_same(one) for one in chair.asking):
        return []
    if chair.holder is None and seat.rank is not Rank.VENUE:
        return _taken(seat, Way.APPLIED)
    return [Happening(EventKind.CHAIR_ASKED, _payload(seat))]


def withdraw(state: ConferenceState, order: Order) -> list[Happening]:
    """No longer ask for the chair."""
    return _off_list(state, _who(order).key, declined=False)


def decline(state: ConferenceState, order: Order) -> list[Happening]:
    """Tell who asks for the chair that it stays where it is."""
    return _off_list(state, order.target, declined=True)


def _off_list(state: ConferenceState, key: str, *, declined: bool) -> list[Happening]:
    if not any(one.key == key for one in state.chair.asking):
        return []
    return [Happening(EventKind.CHAIR_WITHDRAWN, {"seat": key, "declined": declined})]


def hand_over(state: ConferenceState, order: Order) -> list[Happening]:
    """Hand the chair to a seat that is here, whether it asked or not.

    Raises:
        ConflictError: ``seat_not_here``.
    """
    seat = _named(order)
    return [] if seat.is_same(state.chair.holder) else _taken(seat, Way.HANDED)


def release(state: ConferenceState, _order: Order) -> list[Happening]:
    """Leave the chair free."""
    return [] if state.chair.holder is None else [Happening(EventKind.CHAIR_RELEASED, {})]


def seize(state: ConferenceState, order: Order) -> list[Happening]:
    """Take the chair from somebody of lower rank: leader over meeting office over others.

    Raises:
        ForbiddenError: ``command_not_yours`` for a venue, ``chair_rank`` for an equal or lower one.
    """
    seat, holder = _who(order), state.chair.holder
    if seat.is_same(holder):
        return []
    if seat.rank is Rank.VENUE:
        raise ForbiddenError("command_not_yours")
    if holder is None:
        return _taken(seat, Way.APPLIED)
    if seat.rank <= holder.rank:
        raise ForbiddenError("chair_rank", name=holder.name)
    return _taken(seat, Way.SEIZED)


def take_back(state: ConferenceState, order: Order) -> list[Happening]:
    """Take the chair back from the deputy, by whom the deputy relieved.

    Raises:
        ForbiddenError: ``chair_was_not_yours``.
    """
    seat = _who(order)
    if not seat.is_same(state.chair.former):
        raise ForbiddenError("chair_was_not_yours")
    return _taken(seat, Way.TAKEN_BACK)


def name_deputy(state: ConferenceState, order: Order) -> list[Happening]:
    """Name the deputy (副主持); without a seat it is left to the meeting office again.

    Raises:
        ConflictError: ``seat_not_here``.
        DomainError: ``deputy_is_chair``.
    """
    deputy = state.chair.deputy
    if not order.target:
        return [] if deputy is None else [Happening(EventKind.CHAIR_DEPUTY_NAMED, {"seat": ""})]
    seat = _named(order)
    if seat.is_same(state.chair.holder):
        raise DomainError("deputy_is_chair")
    return [] if seat.is_same(deputy) else [Happening(EventKind.CHAIR_DEPUTY_NAMED, _payload(seat))]


def due(state: ConferenceState, attention: Attention) -> tuple[datetime, Order] | None:
    """Return when the deputy takes the chair because its holder is away, None while it is not.

    The one that was named when it is here, else whoever of the meeting office has been here
    longest; with neither the chair waits for its holder.
    """
    away, holder = attention.chair_away_since, state.chair.holder
    if holder is None or away is None:
        return None
    named = [seat for seat in attention.here if seat.is_same(state.chair.deputy)]
    office = [seat for seat in attention.here if seat.rank is Rank.OFFICE]
    others = [seat for seat in (*named, *office) if not seat.is_same(holder)]
    if not others:
        return None
    return away + DEPUTY_AFTER, Order(RELIEVE, target=others[0].key, seat=others[0])


def relieve(state: ConferenceState, order: Order) -> list[Happening]:
    """Let the deputy take the chair; nothing when it has it already, or nobody does."""
    seat, holder = _named(order), state.chair.holder
    return [] if holder is None or seat.is_same(holder) else _taken(seat, Way.DEPUTY)


RULES: dict[str, Rule] = {
    "chair.apply": apply_for,
    "chair.withdraw": withdraw,
    "chair.seize": seize,
    "chair.take_back": take_back,
    "chair.hand_over": hand_over,
    "chair.decline": decline,
    "chair.release": release,
    "chair.deputy": name_deputy,
}
BY_ITSELF: dict[str, Rule] = {RELIEVE: relieve}


# --- fold ---------------------------------------------------------------------------------------


def seat_from(payload: Payload) -> Seat:
    """Return the seat that an event names."""
    return Seat(payload["seat"], payload["name"], Rank[payload["rank"]])


def _took(state: ConferenceState, payload: Payload, at: datetime) -> ConferenceState:
    seat, way, before = seat_from(payload), Way(payload["way"]), state.chair
    chair = ChairState(
        holder=seat,
        since=at,
        way=way,
        deputy=None if seat.is_same(before.deputy) else before.deputy,
        former=before.holder if way is Way.DEPUTY else None,
        asking=tuple(one for one in before.asking if not one.is_same(seat)),
    )
    return replace(state, chair=chair)


def _released(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, chair=replace(state.chair, holder=None, since=None, former=None))


def _asked(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    asking = (*state.chair.asking, seat_from(payload))
    return replace(state, chair=replace(state.chair, asking=asking))


def _no_longer_asks(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    left = tuple(one for one in state.chair.asking if one.key != payload["seat"])
    return replace(state, chair=replace(state.chair, asking=left))


def _deputy_named(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    deputy = seat_from(payload) if payload["seat"] else None
    return replace(state, chair=replace(state.chair, deputy=deputy))


STEPS: dict[str, Step] = {
    EventKind.CHAIR_TAKEN: _took,
    EventKind.CHAIR_RELEASED: _released,
    EventKind.CHAIR_ASKED: _asked,
    EventKind.CHAIR_WITHDRAWN: _no_longer_asks,
    EventKind.CHAIR_DEPUTY_NAMED: _deputy_named,
}
