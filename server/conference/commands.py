"""What may be asked of a conference, and the one table from command to rule."""

from server.conference import agenda, broadcast, calling, carousel, content, floor, sound, views
from server.conference.floor import branch
from server.conference.model import ConferenceState, Happening, Order, Rule
from server.domain.errors import DomainError
from server.domain.events import EventKind

__all__ = ["COMMANDS", "Order", "decide"]


def head_count(state: ConferenceState, number: int, count: int) -> list[Happening]:
    """Say how many people are in a venue; saying the same again changes nothing."""
    venue = state.venue(number)
    if venue is None:
        raise DomainError("venue_not_on_roster", venue=number)
    if venue.heads == count:
        return []
    payload = {"venue_id": venue.venue_id, "count": count}
    return [Happening(EventKind.VENUE_HEAD_COUNT, payload)]


def _end(state: ConferenceState, _order: Order) -> list[Happening]:
    return [] if state.closed else [Happening(EventKind.SESSION_CLOSED, {})]


def _decline(state: ConferenceState, order: Order) -> list[Happening]:
    branch(state, order.venue)
    return floor.withdraw(state, order.venue, declined=True)


_RULES: dict[str, Rule] = {
    "floor.request": lambda s, o: floor.request(s, o.venue),
    "floor.withdraw": lambda s, o: floor.withdraw(s, o.venue),
    "floor.return": lambda s, o: floor.give_up(s, o.venue),
    "floor.give": lambda s, o: floor.give(s, o.venue),
    "floor.take_back": lambda s, _: floor.take_back(s),
    "floor.decline": _decline,
    "mute.all": lambda s, _: sound.mute_all(s),
    "mute.lift": lambda s, _: sound.lift_mute(s),
    "mic.open": lambda s, o: sound.open_mic(s, o.venue),
    "mic.close": lambda s, o: sound.close_mic(s, o.venue),
    "head_count": lambda s, o: head_count(s, o.venue, o.value),
    "agenda.next": lambda s, _: agenda.next_item(s),
    "agenda.extend": lambda s, o: agenda.extend(s, o.value),
    "session.end": _end,
    **broadcast.RULES,
    **carousel.RULES,
    **views.RULES,
    **content.RULES,
    **calling.RULES,
}
_BY_ITSELF: dict[str, Rule] = {**carousel.BY_ITSELF}
"""What nobody can ask for: the service orders it when it is due."""
COMMANDS = frozenset(_RULES)
"""The names of all commands that somebody can send."""


def decide(state: ConferenceState, order: Order) -> list[Happening]:
    """Return the events that carry out a command; none when it changes nothing.

    Raises:
        DomainError: ``session_closed``, or what the rule refuses.
    """
    if state.closed:
        raise DomainError("session_closed")
    rule = _RULES.get(order.name) or _BY_ITSELF[order.name]
    return rule(state, order)
