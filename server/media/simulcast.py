"""Which layer (分层) of a publisher a slot shows: the one wished for, or the next that is alive."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.media.model import Layer

SILENT_SECONDS = 0.5
"""A layer from which nothing came for so long is taken for switched off by its publisher."""

SETTLED_SECONDS = 1.0
"""A layer that came back is used again only after it has been alive for so long."""


@dataclass(slots=True)
class LayerState:
    """What is known of one layer of a publisher.

    ``rank`` orders the layers, the greatest is the best (the width of its pictures, or while that
    is unknown its place in the offer); times are seconds of the worker's clock, -inf for never.
    """

    rank: int = 0
    last_at: float = float("-inf")
    alive_since: float = float("-inf")

    def note_packet(self, now: float) -> None:
        """Note that a packet of this layer came."""
        if now - self.last_at > SILENT_SECONDS:
            self.alive_since = now
        self.last_at = now

    def is_alive(self, now: float) -> bool:
        """Say whether a packet came within the last half second."""
        return now - self.last_at <= SILENT_SECONDS


def pick_layer(
    layers: Sequence[LayerState],
    wanted: Layer,
    now: float,
    *,
    current: int = -1,
    steps_down: int = 0,
) -> int:
    """Return the index of the layer to show.

    "high" is the best layer and "low" the worst; ``steps_down`` of the quality ladder go from the
    wish towards the worst. When that layer is silent the nearest living one is taken, rather a
    lower than a higher one. A layer that has just come back is not taken while ``current`` lives,
    so that a flickering layer does not cost a key frame each time.

    Args:
        layers: in any order; not empty.
        wanted: which end of the ranks.
        now: seconds of the worker's clock.
        current: index of the layer shown now, -1 for none.
        steps_down: how many layers to go down from the wish.

    Returns:
        An index into ``layers``. When all are silent it is the wished one, so that it is shown
        as soon as it returns.
    """
    order = sorted(range(len(layers)), key=lambda index: layers[index].rank, reverse=True)
    place = min(len(order) - 1, steps_down if wanted == "high" else len(order) - 1)
    wish = order[place]
    usable = [index for index in order if _is_usable(layers[index], now, index == current)]
    if not usable:
        usable = [index for index in order if layers[index].is_alive(now)]
    if not usable or wish in usable:
        return wish
    lower = [index for index in order[place + 1 :] if index in usable]
    higher = [index for index in reversed(order[:place]) if index in usable]
    return (lower + higher)[0]


def _is_usable(layer: LayerState, now: float, is_current: bool) -> bool:
    return layer.is_alive(now) and (is_current or now - layer.alive_since >= SETTLED_SECONDS)
