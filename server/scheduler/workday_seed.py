"""Fills the working-day table with the years that the chinesecalendar package knows.

Only a seed: from then on the table is the street's own, edited when the State Council speaks.
"""

from collections.abc import Iterable
from datetime import date, timedelta

import chinese_calendar

from server.scheduler.workdays import FRIDAY, WorkdayTable


def seed_table(years: Iterable[int]) -> WorkdayTable:
    """Return the table of these years; a year the package does not know stays provisional."""
    exceptions: dict[date, bool] = {}
    known: set[int] = set()
    for year in years:
        try:
            exceptions |= _exceptions(year)
        except NotImplementedError:
            continue
        known.add(year)
    return WorkdayTable(exceptions, frozenset(known))


def _exceptions(year: int) -> dict[date, bool]:
    days = (date(year, 1, 1) + timedelta(days=offset) for offset in range(366))
    return {
        day: working
        for day in days
        if day.year == year
        and (working := bool(chinese_calendar.is_workday(day))) != (day.isoweekday() <= FRIDAY)
    }
