"""The agenda clock: going on to the next item, and giving the present one more minutes."""

from server.conference.model import ConferenceState, Happening, ItemRun
from server.domain.errors import DomainError
from server.domain.events import EventKind


def _present(state: ConferenceState) -> ItemRun:
    if not state.items:
        raise DomainError("agenda_is_empty")
    return state.items[state.item]


def next_item(state: ConferenceState) -> list[Happening]:
    """End the present item and begin the one after it.

    Raises:
        DomainError: ``agenda_is_empty``, or ``last_item`` when there is none after it.
    """
    present = _present(state)
    if state.item + 1 >= len(state.items):
        raise DomainError("last_item")
    following = state.items[state.item + 1]
    return [
        Happening(EventKind.AGENDA_ITEM_ENDED, {"item_id": present.item.id}),
        Happening(EventKind.AGENDA_ITEM_STARTED, {"item_id": following.item.id}),
    ]


def extend(state: ConferenceState, minutes: int) -> list[Happening]:
    """Give the present item more minutes.

    Raises:
        DomainError: ``agenda_is_empty``.
    """
    present = _present(state)
    payload = {"item_id": present.item.id, "minutes": minutes}
    return [Happening(EventKind.SESSION_EXTENDED, payload)]
