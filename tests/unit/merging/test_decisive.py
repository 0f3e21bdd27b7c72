"""What decides between two half-days: the fewest terms that outweigh what is against them."""

from hypothesis import given
from hypothesis import strategies as st

from server.merging.words.price_words import decisive


def test_trips_alone_decide_where_they_outweigh_the_rest() -> None:
    assert decisive({"trips": 8000, "sessions": 500, "moves": -6600}) == ["trips"]
    assert decisive({"trips": 700, "sessions": 500, "moves": -900}) == ["trips", "sessions"]
    assert decisive({"moves": -6600, "days": 100}) == ["moves"]


def test_nothing_decides_between_half_days_that_cost_the_same() -> None:
    assert decisive({}) == []
    assert decisive({"trips": 700, "moves": -700}) == []


THINGS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(-9999, 9999), max_size=8)


@given(THINGS)
def test_what_decides_outweighs_all_that_speaks_against_it_and_no_part_of_it_is_idle(
    points: dict[str, int],
) -> None:
    total = sum(points.values())
    found = decisive(points)
    assert bool(found) == bool(total)
    way = 1 if total > 0 else -1
    against = -sum(n * way for n in points.values() if n * way < 0)
    weights = [points[thing] * way for thing in found]
    assert weights == sorted(weights, reverse=True)
    if found:
        assert sum(weights) > against
        assert sum(weights[:-1]) <= against
