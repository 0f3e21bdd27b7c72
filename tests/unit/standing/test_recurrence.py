"""On which days a standing meeting is held, with holidays and make-up days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scheduler.workday_seed import seed_table
from server.scheduler.workdays import WorkdayTable, edited, is_working
from server.standing.model import DayOff, Pattern, Recurrence
from server.standing.recurrence import Expected, Fate, expected_days

TABLE = seed_table([2026])
YEAR = (date(2026, 1, 1), date(2026, 12, 31))


def weekly(**changes: object) -> Recurrence:
    values: dict = {"pattern": Pattern.WEEKLY, "weekday": 4, "first": date(2026, 1, 1)}
    return Recurrence(**(values | changes))


def days(recurrence: Recurrence, start: date = YEAR[0], end: date = YEAR[1]) -> list[str]:
    found = expected_days(recurrence, TABLE, start, end)
    return [one.day.strftime("%m-%d") for one in found if one.day]


def test_every_second_week_is_counted_from_the_first_such_weekday() -> None:
    every = weekly(weekday=2, every=2, first=date(2026, 11, 4))
    assert days(every) == ["11-10", "11-24", "12-08", "12-22"]


def test_the_second_tuesday_of_each_month() -> None:
    monthly = weekly(pattern=Pattern.WEEKDAY, weekday=2, nth=2, first=date(2026, 9, 9))
    assert days(monthly) == ["10-13", "11-10", "12-08"]


def test_the_last_friday_of_each_month() -> None:
    monthly = weekly(pattern=Pattern.WEEKDAY, weekday=5, nth=-1, first=date(2026, 10, 1))
    assert days(monthly) == ["10-30", "11-27", "12-25"]


def test_the_first_and_the_last_working_day_know_holidays() -> None:
    first = weekly(pattern=Pattern.WORKDAY, nth=1, first=date(2026, 9, 1))
    last = weekly(pattern=Pattern.WORKDAY, nth=-1, first=date(2026, 9, 1))
    assert days(first) == ["09-01", "10-08", "11-02", "12-01"]
    assert days(last) == ["09-30", "10-30", "11-30", "12-31"]


def test_what_falls_on_a_holiday_is_moved_to_the_next_working_day_or_left_out() -> None:
    monthly = weekly(pattern=Pattern.WEEKDAY, weekday=4, nth=1, first=date(2026, 10, 1))
    moved = expected_days(monthly, TABLE, date(2026, 10, 1), date(2026, 10, 31))
    assert moved == (Expected("2026-10", date(2026, 10, 1), date(2026, 10, 8), Fate.MOVED),)
    skipping = weekly(
        pattern=Pattern.WEEKDAY, weekday=4, nth=1, first=date(2026, 10, 1), day_off=DayOff.SKIP
    )
    left_out = expected_days(skipping, TABLE, date(2026, 10, 1), date(2026, 10, 31))
    assert [(one.day, one.fate) for one in left_out] == [(None, Fate.SKIPPED)]


def test_a_make_up_day_on_a_weekend_is_the_next_working_day() -> None:
    table = edited(
        edited(WorkdayTable(), date(2026, 11, 6), working=False), date(2026, 11, 7), working=True
    )
    friday = weekly(weekday=5, first=date(2026, 11, 2))
    found = expected_days(friday, table, date(2026, 11, 2), date(2026, 11, 8))
    assert [one.day for one in found] == [date(2026, 11, 7)]


def test_a_meeting_moved_onto_its_neighbour_is_held_once() -> None:
    thursdays = expected_days(
        weekly(first=date(2026, 9, 24)), TABLE, date(2026, 9, 24), date(2026, 10, 9)
    )
    assert [(one.nominal.day, one.fate) for one in thursdays] == [
        (24, Fate.AS_USUAL),
        (1, Fate.MET),
        (8, Fate.AS_USUAL),
    ]


def test_nothing_is_held_before_the_first_or_after_the_last_day() -> None:
    within = weekly(weekday=2, first=date(2026, 11, 10), last=date(2026, 11, 24))
    assert days(within) == ["11-10", "11-17", "11-24"]
    moved_out = weekly(weekday=4, first=date(2026, 10, 1), last=date(2026, 10, 5))
    assert days(moved_out) == []


def test_a_month_without_working_days_has_no_first_one() -> None:
    table = WorkdayTable()
    for offset in range(31):
        table = edited(table, date(2026, 8, 1) + timedelta(days=offset), working=False)
    monthly = weekly(pattern=Pattern.WORKDAY, nth=1, first=date(2026, 7, 1))
    found = expected_days(monthly, table, date(2026, 7, 1), date(2026, 9, 30))
    assert [one.day for one in found] == [date(2026, 7, 1), date(2026, 9, 1)]


RECURRENCES = st.builds(
    Recurrence,
    pattern=st.sampled_from(Pattern),
    weekday=st.integers(1, 5),
    first=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    every=st.integers(1, 8),
    nth=st.sampled_from([1, 2, 3, 4, -1]),
    day_off=st.sampled_from(DayOff),
    last=st.none() | st.dates(date(2026, 1, 1), date(2028, 12, 31)),
)
HOLIDAYS = st.dictionaries(
    st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=80
)


@given(RECURRENCES, HOLIDAYS, st.dates(date(2026, 1, 1), date(2026, 9, 1)), st.integers(0, 120))
def test_every_day_is_worked_once_in_its_window_and_in_order(
    recurrence: Recurrence, holidays: dict[date, bool], start: date, length: int
) -> None:
    table = WorkdayTable(exceptions=holidays)
    end = start + timedelta(days=length)
    found = expected_days(recurrence, table, start, end)
    held = [one.day for one in found if one.day]
    assert held == sorted(set(held))
    assert all(is_working(table, day) for day in held)
    assert len({one.key for one in found}) == len(found)
    for one in found:
        assert start <= one.nominal <= end
        assert recurrence.first <= one.nominal
        assert recurrence.last is None or (one.day or one.nominal) <= recurrence.last
        assert (one.day is None) == (one.fate in (Fate.SKIPPED, Fate.MET))
        assert (one.day == one.nominal) == (one.fate is Fate.AS_USUAL)
        assert one.day is None or one.day >= one.nominal


@given(RECURRENCES, HOLIDAYS, st.dates(date(2026, 3, 1), date(2026, 9, 1)), st.integers(1, 90))
def test_where_a_window_is_cut_changes_nothing(
    recurrence: Recurrence, holidays: dict[date, bool], cut: date, length: int
) -> None:
    table = WorkdayTable(exceptions=holidays)
    span = timedelta(days=length)
    whole = expected_days(recurrence, table, cut - span, cut + span)
    parts = expected_days(recurrence, table, cut - span, cut - timedelta(days=1))
    parts += expected_days(recurrence, table, cut, cut + span)
    assert whole == parts


@pytest.mark.parametrize("weekday", [1, 2, 3, 4, 5])
def test_without_holidays_a_weekly_meeting_is_held_each_week(weekday: int) -> None:
    found = expected_days(
        weekly(weekday=weekday), WorkdayTable(), date(2026, 3, 2), date(2026, 3, 29)
    )
    assert [one.nominal.isoweekday() for one in found] == [weekday] * 4
    assert {one.fate for one in found} == {Fate.AS_USUAL}
