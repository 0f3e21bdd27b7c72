"""Fills the working-day table with the years that the chinesecalendar package knows.

Only a seed: from then on the table is the street's own, edited when the State Council speaks.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

import chinese_calendar
from chinese_calendar import Holiday

from server.scheduler.workdays import WorkdayTable, is_usual

KNOWN = range(2004, 2101)
"""Years that the package is asked for; it knows them one by one as they are decreed."""
_NAMES = {
    "new_years_day": "元旦",
    "spring_festival": "春节",
    "tomb_sweeping_day": "清明节",
    "labour_day": "劳动节",
    "dragon_boat_festival": "端午节",
    "national_day": "国庆节",
    "mid_autumn_festival": "中秋节",
    "anti_fascist_70th_day": "抗战胜利纪念日",
}
_NAME_OF = {Holiday[key].value: name for key, name in _NAMES.items()}


@cache
def seed_whole_table() -> WorkdayTable:
    """Return the table of every year that the package knows."""
    return seed_table(KNOWN)


def seed_table(years: Iterable[int]) -> WorkdayTable:
    """Return the table of these years; a year the package does not know stays provisional."""
    exceptions: dict[date, bool] = {}
    names: dict[date, str] = {}
    known: set[int] = set()
    for year in years:
        try:
            found = _year(year)
        except NotImplementedError:
            continue
        exceptions |= {day: working for day, (working, _) in found.items()}
        names |= {day: name for day, (_, name) in found.items() if name}
        known.add(year)
    exceptions = {day: w for day, w in exceptions.items() if not is_usual(day, w)}
    return WorkdayTable(exceptions, frozenset(known), names=names)


def _year(year: int) -> dict[date, tuple[bool, str]]:
    """Return for each day whether it is worked, and its holiday's name or ``""``."""
    days = (date(year, 1, 1) + timedelta(days=offset) for offset in range(366))
    found = {}
    for day in days:
        if day.year == year:
            is_off, holiday = chinese_calendar.get_holiday_detail(day)
            found[day] = (not is_off, _NAME_OF.get(str(holiday), ""))
    return found
