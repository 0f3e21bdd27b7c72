from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from server.media.voices import Loudness, Voices


def update(voices: Voices, now: float, levels: Mapping[str, float]) -> bool:
    return voices.update(now, levels, levels.__getitem__)


def test_free_places_are_filled_with_the_loudest() -> None:
    voices = Voices()
    assert update(voices, 0.0, {"1": 60, "2": 20, "3": 90, "4": 40})
    assert voices.places == ("2", "4", "1")


def test_a_newcomer_must_be_clearly_louder_and_the_place_be_old() -> None:
    voices = Voices()
    update(voices, 0.0, {"1": 40, "2": 40, "3": 50})
    assert not update(voices, 1.0, {"1": 40, "2": 40, "3": 50, "4": 20})
    assert not update(voices, 3.0, {"1": 40, "2": 40, "3": 50, "4": 45})
    assert update(voices, 3.0, {"1": 40, "2": 40, "3": 50, "4": 44})
    assert voices.places == ("1", "2", "4")


def test_whoever_is_muted_leaves_at_once_and_others_keep_their_places() -> None:
    voices = Voices()
    update(voices, 0.0, {"1": 40, "2": 41, "3": 42, "4": 43})
    assert update(voices, 0.1, {"1": 40, "3": 42, "4": 43})
    assert voices.places == ("1", "3", "4")
    assert update(voices, 0.2, {})
    assert voices.places == ()


def test_levels_rise_quickly_and_fall_slowly() -> None:
    meter = Loudness()
    for _ in range(4):
        meter.note(1.0, 20)
    assert meter.current(1.0) < 30
    for _ in range(10):
        meter.note(1.2, 127)
    assert meter.current(1.2) < 80
    assert meter.current(2.3) == 127


def test_a_sender_without_levels_counts_as_a_middling_one() -> None:
    meter = Loudness()
    for _ in range(200):
        meter.note(1.0, None)
    assert round(meter.current(1.0)) == 50


@given(st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 127)), max_size=30))
def test_places_are_three_or_all_and_only_candidates(turns: list[dict[str, float]]) -> None:
    voices = Voices()
    for turn, levels in enumerate(turns):
        before = voices.places
        changed = update(voices, float(turn), levels)
        assert changed == (before != voices.places)
        assert len(voices.places) == min(3, len(levels))
        assert set(voices.places) <= set(levels)
        assert len(set(voices.places)) == len(voices.places)
