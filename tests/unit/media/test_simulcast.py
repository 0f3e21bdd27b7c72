import pytest

from server.media.model import Layer
from server.media.simulcast import LayerState, pick_layer

NOW = 100.0


def layer(rank: int, *, last: float = NOW, since: float = 0.0) -> LayerState:
    return LayerState(rank=rank, last_at=last, alive_since=since)


SMALL, MIDDLE, LARGE = layer(320), layer(640), layer(1280)
SILENT = layer(1280, last=NOW - 0.6)
BACK = layer(1280, since=NOW - 0.5)


@pytest.mark.parametrize(
    ("layers", "wanted", "current", "down", "index"),
    [
        ([SMALL], "high", -1, 0, 0),
        ([SMALL], "low", 0, 2, 0),
        ([SMALL, MIDDLE, LARGE], "high", -1, 0, 2),
        ([SMALL, MIDDLE, LARGE], "low", -1, 0, 0),
        ([LARGE, SMALL, MIDDLE], "high", 1, 1, 2),
        ([SMALL, MIDDLE, LARGE], "high", -1, 9, 0),
        ([SMALL, MIDDLE, SILENT], "high", 2, 0, 1),
        ([SMALL, SILENT], "high", 1, 0, 0),
        ([layer(320, last=0), MIDDLE, LARGE], "low", 0, 0, 1),
        ([layer(320, last=0), SILENT], "high", 0, 0, 1),
        ([SMALL, BACK], "high", 0, 0, 0),
        ([SMALL, BACK], "high", 1, 0, 1),
        ([layer(320, last=0), BACK], "high", -1, 0, 1),
        ([SMALL, layer(1280, since=NOW - 1.0)], "high", 0, 0, 1),
    ],
)
def test_the_layer_wished_for_or_the_next_that_lives(
    layers: list[LayerState], wanted: Layer, current: int, down: int, index: int
) -> None:
    assert pick_layer(layers, wanted, NOW, current=current, steps_down=down) == index


def test_a_layer_that_was_silent_is_alive_since_its_return() -> None:
    state = LayerState()
    state.note_packet(1.0)
    state.note_packet(1.4)
    assert state.alive_since == 1.0
    state.note_packet(2.0)
    assert state.alive_since == 2.0
    assert state.is_alive(2.5)
    assert not state.is_alive(2.6)
