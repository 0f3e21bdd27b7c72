from collections.abc import Collection, Mapping

from hypothesis import given
from hypothesis import strategies as st

from server.media.voices import Loudness, Voices


def update(
    voices: Voices, now: float, levels: Mapping[str, float], asked: Collection[str] = ()
) -> bool:
    return voices.update(now, levels, levels.__getitem__, asked=asked)


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


def test_who_is_asked_to_speak_has_a_place_before_the_first_word() -> None:
    voices = Voices()
    update(voices, 0.0, {"1": 40, "2": 42, "3": 41})
    assert update(voices, 0.1, {"1": 40, "2": 42, "3": 41, "4": 127}, asked=["4"])
    assert voices.places == ("1", "3", "4")


def test_who_is_asked_keeps_the_place_however_quiet_and_loses_it_like_others_afterwards() -> None:
    voices = Voices()
    levels = {"1": 40.0, "2": 40.0, "3": 127.0, "4": 20.0}
    update(voices, 0.0, {"1": 40, "2": 40, "3": 127}, asked=["3"])
    assert update(voices, 9.0, levels, asked=["3"])
    assert voices.places == ("3", "4", "2")
    assert update(voices, 19.0, {**levels, "2": 30}, asked=[])
    assert voices.places == ("1", "4", "2")


def test_of_more_than_three_who_are_asked_the_loudest_have_the_places() -> None:
    voices = Voices()
    update(voices, 0.0, {"1": 10, "2": 20, "3": 30, "4": 40, "5": 50}, asked=["2", "3", "4", "5"])
    assert voices.places == ("2", "3", "4")
    assert not update(voices, 1.0, {"1": 10, "2": 20, "3": 30, "4": 40}, asked=["2", "3", "4"])


def test_who_is_asked_and_may_not_be_heard_has_no_place() -> None:
    voices = Voices()
    update(voices, 0.0, {"1": 40, "2": 41}, asked=["3"])
    assert voices.places == ("1", "2")


def test_levels_rise_quickly_and_fall_slowly() -> None:
    meter = Loudness()
    for _ in range(4):
        meter.note(1.0, 20)
    assert meter.current(1.0) < 30
    for _ in range(10):
        meter.note(1.2, 127)
    assert meter.current(1.2) < 80
    assert meter.current(2.3) == 127


def test_words_count_as_speech_for_a_moment_longer_and_the_hum_of_a_room_does_not() -> None:
    meter = Loudness()
    for _ in range(100):
        meter.note(1.0, 65)
    assert not meter.is_speaking(1.0)
    for _ in range(5):
        meter.note(1.2, 30)
    assert meter.is_speaking(1.2)
    assert meter.is_speaking(2.6)
    assert not meter.is_speaking(2.8)
    meter.note(3.0, 30)
    meter.forget()
    assert not meter.is_speaking(3.0)


def test_a_sender_without_levels_counts_as_a_middling_one() -> None:
    meter = Loudness()
    for _ in range(200):
        meter.note(1.0, None)
    assert round(meter.current(1.0)) == 50


TURNS = st.tuples(
    st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 127)),
    st.sets(st.sampled_from("abcdefgh"), max_size=3),
)


@given(st.lists(TURNS, max_size=30))
def test_places_are_three_or_all_and_only_candidates(
    turns: list[tuple[dict[str, float], set[str]]],
) -> None:
    voices = Voices()
    for turn, (levels, asked) in enumerate(turns):
        before = voices.places
        changed = update(voices, float(turn), levels, asked)
        assert asked & set(levels) <= set(voices.places)
        assert changed == (before != voices.places)
        assert len(voices.places) == min(3, len(levels))
        assert set(voices.places) <= set(levels)
        assert len(set(voices.places)) == len(voices.places)
