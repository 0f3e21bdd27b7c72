"""The week on a committee's first screen follows the street's working days."""

from datetime import date

from server.portal.home import week_of
from server.scheduler.workday_seed import seed_table

TABLE = seed_table([2026])


def shown(today: date) -> list[tuple[int, bool]]:
    return [(day.on.day, day.off) for day in week_of([], None, today, TABLE)]


def test_an_ordinary_week_is_monday_to_friday() -> None:
    assert shown(date(2026, 11, 24)) == [(n, False) for n in range(23, 28)]


def test_a_week_with_a_make_up_day_has_six_days_and_holidays_are_off() -> None:
    assert shown(date(2026, 10, 8)) == [
        *((n, True) for n in (5, 6, 7)),
        *((n, False) for n in (8, 9, 10)),
    ]


def test_a_free_weekend_shows_the_next_week_and_a_worked_one_this_week() -> None:
    assert shown(date(2026, 11, 21))[0] == (23, False)
    assert shown(date(2026, 10, 10))[0] == (5, True)
    assert shown(date(2026, 10, 11))[0] == (12, False)
