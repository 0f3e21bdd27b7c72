"""The material that the chair shows to all (共享材料): which file of the present item, which page.

Every venue's page follows it. At the hand-over the next item's material comes up by itself, from
its first page, since that is worked out from what was shown and which item is present now.
"""

from dataclasses import replace
from datetime import datetime

from server.conference.model import ConferenceState, Happening, Order, Rule, Step
from server.conference.show import ShownMaterial
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload


def show(state: ConferenceState, order: Order) -> list[Happening]:
    """Show a page (``value``) of a file (``word``) of the present item (``item``) to all.

    Whether there is such a file is for those to find out who know files: viewers show nothing else.

    Raises:
        ConflictError: ``item_not_present`` for an item that is over or yet to come.
    """
    if order.item != state.item or not state.items:
        raise ConflictError("item_not_present")
    wanted = ShownMaterial(state.items[state.item].item.id, order.word, order.value)
    if state.material == wanted:
        return []
    payload = {"item_id": wanted.item_id, "file": wanted.file, "page": wanted.page}
    return [Happening(EventKind.MATERIAL_SHOWN, payload)]


def hide(state: ConferenceState) -> list[Happening]:
    """Show no material any more; nothing when none is shown."""
    return [] if state.material is None else [Happening(EventKind.MATERIAL_HIDDEN, {})]


def shown_now(state: ConferenceState) -> ShownMaterial | None:
    """Return what viewers show; after a hand-over that is the present item from its beginning.

    ``file`` is empty then: the first that the item has, if it has any.
    """
    if state.material is None or not state.items:
        return None
    present = state.items[state.item].item.id
    if state.material.item_id == present:
        return state.material
    return ShownMaterial(present, "", 1)


def _shown(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    shown = ShownMaterial(payload["item_id"], payload["file"], payload["page"])
    return replace(state, material=shown)


def _hidden(state: ConferenceState, _payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, material=None)


RULES: dict[str, Rule] = {
    "material.show": show,
    "material.hide": lambda s, _: hide(s),
}
STEPS: dict[str, Step] = {
    EventKind.MATERIAL_SHOWN: _shown,
    EventKind.MATERIAL_HIDDEN: _hidden,
}
