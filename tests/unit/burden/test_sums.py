"""Sums over sessions: the same shares added up by venue, session, post, department and week."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from server.burden.model import Held
from server.burden.sums import (
    Burden,
    add_up,
    burden_of,
    by_department,
    by_session,
    by_venue,
    heat_of,
    share_tenths,
    weeks_between,
)
from server.domain.places import Post
from tests.unit.burden.made import held, item, share

VERDICTS = st.sampled_from(["PRESENT", "LATE", "LEFT_EARLY", "EXCUSED", "ABSENT"])


@st.composite
def years(draw: st.DrawFn) -> list[Held]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        venues = draw(st.sets(st.integers(1, 5), min_size=1))
        shares = []
        for venue in sorted(venues):
            spare = draw(st.integers(0, 40))
            numbers = {
                "minutes": draw(st.integers(0, 50)),
                "spare": spare,
                "waited": draw(st.integers(0, spare)),
                "items": draw(st.integers(1, 4)),
            }
            shares.append(share(venue, draw(VERDICTS), **numbers))
        found.append(held(number + 1, draw(st.integers(0, 60)), tuple(shares)))
    return found


@given(years())
def test_sums_over_committees_equal_sums_over_sessions(sessions: list[Held]) -> None:
    over_venues = add_up(line.burden for line in by_venue(sessions))
    over_sessions = add_up(by_session(sessions).values())
    assert over_venues == over_sessions
    assert over_sessions.present + over_sessions.excused + over_sessions.absent == (
        over_sessions.calls
    )
    assert 0 <= over_sessions.waited <= over_sessions.spare
    assert over_sessions.merged >= 0


@given(years())
def test_every_call_stands_in_one_cell_of_the_heat_map(sessions: list[Held]) -> None:
    weeks = weeks_between(date(2026, 11, 2), date(2027, 1, 3))
    cells = heat_of(sessions, weeks, date(2027, 1, 3))
    inside = [one for one in sessions if one.day <= date(2027, 1, 3)]
    assert sum(count or 0 for row in cells.values() for count in row) == sum(
        len(one.shares) for one in inside
    )


def test_a_week_without_any_session_and_one_to_come_are_empty_not_zero() -> None:
    sessions = [held(1, 0, (share(1),)), held(2, 14, (share(1), share(2)))]
    weeks = weeks_between(date(2026, 11, 2), date(2026, 11, 29))
    assert heat_of(sessions, weeks, date(2026, 11, 20)) == {
        1: [1, None, 1, None],
        2: [0, None, 1, None],
    }


def test_who_was_not_there_has_been_spared_nothing() -> None:
    assert burden_of(held(), share(verdict="ABSENT")).saved == 0
    assert burden_of(held(), share()) == Burden(
        *(1, 50, 1, 0, 0, 0, 0, 40, 2, 20, 5, 6),
    )


def test_trips_saved_by_merging_are_items_beyond_the_first() -> None:
    line = by_venue([held(1, 0, (share(1, items=3),)), held(2, 1, (share(1, items=1),))])[0]
    assert (line.burden.calls, line.burden.items, line.burden.merged) == (2, 4, 2)
    assert line.of_post(Post.DIRECTOR) == line.burden
    assert line.of_post(Post.SECRETARY) == Burden()


def test_a_post_is_saved_what_the_items_that_called_it_leave() -> None:
    both = share(1, items=3, spare=10, waited=4)._replace(
        posts=(Post.SECRETARY, Post.DIRECTOR),
        by_post=((1, 30, 24), (2, 15, 4)),
    )
    absent = both._replace(verdict="ABSENT")
    line = by_venue([held(1, 0, (both,)), held(2, 1, (share(1),)), held(3, 2, (absent,))])[0]
    secretary, director = line.of_post(Post.SECRETARY), line.of_post(Post.DIRECTOR)
    assert (secretary.calls, secretary.minutes, secretary.present) == (2, 100, 1)
    assert (secretary.merged, secretary.by_video, secretary.saved) == (0, 1, 6)
    assert (director.calls, director.merged, director.saved) == (3, 3, 11 + 15)


def test_a_committee_has_the_name_it_had_last() -> None:
    sessions = [held(1), held(2, 1)]
    assert [line.name for line in by_venue(sessions)] == ["居委会1", "居委会2"]


def test_departments_are_told_by_who_calls_who_is_merged_and_who_overruns() -> None:
    one = held(1, 0, (share(1), share(2)), (item("自治办"), item("平安办", minutes=25)))
    two = held(2, 1, (share(1),), (item("平安办", minutes=None),))
    found = {line.name: line for line in by_department([one, two])}
    first, second = found["自治办"], found["平安办"]
    assert (first.led, first.led_calls, first.items, first.guests) == (1, 2, 1, 0)
    assert (second.led, second.led_calls, second.items, second.guests) == (1, 1, 2, 1)
    assert (second.ran, second.over, second.planned, second.minutes) == (1, 1, 20, 25)


def test_nothing_adds_up_to_nothing() -> None:
    assert add_up([]) == Burden()
    assert by_venue([]) == []
    assert share_tenths(1, 0) == 0
    assert share_tenths(1, 3) == 333
