"""Working days: decreed years as decreed, years without a decree Monday to Friday, no failures."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.scheduler.workday_seed import seed_table
from server.scheduler.workdays import (
    FIRST_YEAR,
    LAST_YEAR,
    DayChange,
    DayKind,
    Mark,
    WorkdayTable,
    calendar_of,
    changes_between,
    decreed,
    digest_day_of,
    digest_days,
    edited,
    is_working,
    mark_of,
    provisional_years,
    shifted,
    week_of,
    with_marks,
    with_year,
    working_days,
)

SEEDED = seed_table(range(2018, 2030))


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2018, 10, 5), False),
        (date(2018, 9, 30), True),
        (date(2026, 5, 1), False),
        (date(2026, 5, 9), True),
        (date(2026, 11, 24), True),
        (date(2026, 11, 22), False),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), True),
        (date(2027, 10, 1), True),
        (date(2027, 10, 2), False),
        (date(2027, 12, 31), True),
        (date(2028, 2, 29), True),
        (date(2028, 12, 31), False),
        (date.max, True),
        (date.min, True),
    ],
)
def test_a_day_is_worked_as_decreed_or_as_its_weekday_says(day: date, working: bool) -> None:
    assert is_working(SEEDED, day) is working


def test_a_year_without_a_decree_is_provisional() -> None:
    assert not SEEDED.is_provisional(2026)
    assert SEEDED.is_provisional(2027)
    assert not decreed(SEEDED, 2027).is_provisional(2027)


def test_six_months_of_the_real_street_had_121_working_days() -> None:
    assert len(working_days(SEEDED, date(2018, 10, 1), date(2019, 3, 31))) == 121


def test_a_make_up_day_is_marked_as_one() -> None:
    (saturday,) = working_days(SEEDED, date(2026, 5, 9), date(2026, 5, 10))
    assert (saturday.makeup, saturday.weekday, saturday.week) == (True, 6, "2026-W19")


def test_no_days_lie_between_reversed_dates() -> None:
    assert working_days(SEEDED, date(2026, 5, 9), date(2026, 5, 1)) == ()


def test_an_edit_makes_the_next_version_and_can_be_taken_back() -> None:
    new_year = date(2027, 1, 1)
    holiday = edited(SEEDED, new_year, working=False)
    assert not is_working(holiday, new_year)
    assert holiday.version == SEEDED.version + 1
    back = edited(holiday, new_year, working=True)
    assert back.exceptions == SEEDED.exceptions
    assert back.version == SEEDED.version + 2


def test_the_digest_day_is_the_first_working_day_of_the_week_not_monday() -> None:
    assert digest_day_of(SEEDED, date(2026, 10, 9)) == date(2026, 10, 8)
    assert digest_day_of(SEEDED, date(2026, 11, 27)) == date(2026, 11, 23)


def test_five_mondays_of_2026_are_no_digest_days() -> None:
    mondays = [
        d for d in digest_days(SEEDED, date(2026, 1, 1), date(2026, 12, 31)) if not d.weekday()
    ]
    assert len(mondays) == 52 - 5


def test_a_week_without_work_has_no_digest_day() -> None:
    table = WorkdayTable()
    for offset in range(5):
        table = edited(table, date(2027, 2, 8) + timedelta(days=offset), working=False)
    assert digest_day_of(table, date(2027, 2, 10)) is None
    assert digest_days(table, date(2027, 2, 8), date(2027, 2, 14)) == ()


def test_the_week_of_the_turn_of_the_year_belongs_to_the_old_year() -> None:
    assert week_of(date(2027, 1, 1)) == "2026-W53"


def test_two_working_days_before_a_holiday_are_counted_over_it() -> None:
    assert shifted(SEEDED, date(2026, 10, 8), -2) == date(2026, 9, 29)
    assert shifted(SEEDED, date(2026, 10, 1), 0) == date(2026, 10, 8)
    assert shifted(SEEDED, date(2026, 9, 30), 1) == date(2026, 10, 8)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(-30, 30))
def test_shifting_ends_on_a_working_day_with_as_many_steps_between(day: date, steps: int) -> None:
    reached = shifted(SEEDED, day, steps)
    assert is_working(SEEDED, reached)
    low, high = min(day, reached), max(day, reached)
    between = [d.date for d in working_days(SEEDED, low, high)]
    assert len([d for d in between if d != day]) == (abs(steps) or (reached != day))


def test_the_calendar_marks_holidays_and_make_up_days_with_their_names() -> None:
    october = calendar_of(SEEDED, 2026)[9]
    cells = {c.day.day: c for week in october.weeks for c in week if c}
    assert (cells[1].kind, cells[1].name) == (DayKind.HOLIDAY, "国庆节")
    assert (cells[3].kind, cells[3].name) == (DayKind.HOLIDAY, "国庆节")
    assert (cells[10].kind, cells[10].working) == (DayKind.MAKEUP, True)
    assert (cells[11].kind, cells[11].working) == (DayKind.WEEKEND, False)
    assert october.working_days == 18


@given(st.integers(FIRST_YEAR, LAST_YEAR))
def test_every_year_has_a_calendar_whether_decreed_or_not(year: int) -> None:
    months = calendar_of(SEEDED, year)
    days = [c.day for m in months for week in m.weeks for c in week if c]
    assert days == [date(year, 1, 1) + timedelta(days=n) for n in range(len(days))]
    assert days[-1] == date(year, 12, 31)
    worked = working_days(SEEDED, days[0], days[-1])
    assert sum(month.working_days for month in months) == len(worked)
    assert provisional_years(SEEDED, days[0], days[-1]) == (
        [] if year in SEEDED.decreed else [year]
    )


@given(
    st.dictionaries(
        st.dates(date(2026, 1, 1), date(2027, 12, 31)),
        st.builds(Mark, st.booleans(), st.sampled_from(["", "国庆节"])),
    )
)
def test_changes_between_two_tables_lead_from_one_to_the_other_and_back(
    marks: dict[date, Mark],
) -> None:
    after = with_marks(SEEDED, marks)
    changes = changes_between(SEEDED, after)
    assert all(mark_of(after, day) == mark for day, mark in marks.items())
    back = with_marks(after, {change.day: change.before for change in changes})
    assert (back.exceptions, back.names) == (SEEDED.exceptions, SEEDED.names)
    assert [DayChange.from_payload(c.to_payload()) for c in changes] == changes


def test_a_decreed_list_replaces_what_was_entered_of_its_year_only() -> None:
    table = edited(SEEDED, date(2027, 3, 3), working=False)
    after = with_year(table, 2027, {date(2027, 10, 1): Mark(False, "国庆节")})
    assert is_working(after, date(2027, 3, 3))
    assert not is_working(after, date(2027, 10, 1))
    assert not is_working(after, date(2026, 10, 1))
    assert not after.is_provisional(2027)
    assert after.undecreed(2027).is_provisional(2027)
