"""Chinese working days (工作日) as a table that an official can edit. Pure: seeding is elsewhere.

Holidays are decreed a year at a time, with make-up days (调休) on weekends. A year without a decree
is Monday to Friday and provisional: it is said so on the page, and nothing ever fails for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from server.scheduler.model import WorkingDay

FRIDAY = 5


@dataclass(frozen=True, slots=True)
class WorkdayTable:
    """Which days are working days.

    ``exceptions`` are the days that are not as their weekday says: True for a make-up day on a
    weekend, False for a holiday in the week. ``decreed`` are the years that are known for sure.
    ``version`` grows by one with each edit.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    decreed: frozenset[int] = frozenset()
    version: int = 0

    def is_provisional(self, year: int) -> bool:
        """Say whether the year's holidays are not decreed yet."""
        return year not in self.decreed


def is_working(table: WorkdayTable, day: date) -> bool:
    """Say whether people work on that day."""
    return table.exceptions.get(day, day.isoweekday() <= FRIDAY)


def edited(table: WorkdayTable, day: date, *, working: bool) -> WorkdayTable:
    """Return the next version of the table, in which that day is as told.

    A day that is again as its weekday says is no exception any more. The year stays as decreed
    or provisional as it was.
    """
    exceptions = dict(table.exceptions)
    exceptions.pop(day, None)
    if working != (day.isoweekday() <= FRIDAY):
        exceptions[day] = working
    return replace(table, exceptions=exceptions, version=table.version + 1)


def decreed(table: WorkdayTable, year: int) -> WorkdayTable:
    """Return the next version of the table, in which the year is known for sure."""
    return replace(table, decreed=table.decreed | {year}, version=table.version + 1)


def week_of(day: date) -> str:
    """Return the ISO week, ``2026-W53`` for 1 January 2027."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def month_of(day: date) -> str:
    """Return the month, ``2026-11``."""
    return f"{day.year}-{day.month:02}"


def working_days(table: WorkdayTable, first: date, last: date) -> tuple[WorkingDay, ...]:
    """Return the working days from ``first`` to ``last``, both included; none when reversed."""
    return tuple(_working_days(table, first, last))


def _working_days(table: WorkdayTable, first: date, last: date) -> Iterator[WorkingDay]:
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if is_working(table, day):
            yield WorkingDay(
                date=day,
                week=week_of(day),
                month=month_of(day),
                weekday=day.isoweekday(),
                makeup=day.isoweekday() > FRIDAY,
            )


def digest_day_of(table: WorkdayTable, day: date) -> date | None:
    """Return the first working day of the ISO week of ``day``; None in a week without one.

    It is often not Monday: 5 of the 52 Mondays of 2026 are no working days.
    """
    monday = day - timedelta(days=day.isoweekday() - 1)
    week = (monday + timedelta(days=offset) for offset in range(7))
    return next((candidate for candidate in week if is_working(table, candidate)), None)


def digest_days(table: WorkdayTable, first: date, last: date) -> tuple[date, ...]:
    """Return the digest days from ``first`` to ``last``, both included, ascending."""
    days = working_days(table, first, last)
    return tuple(day.date for day in days if digest_day_of(table, day.date) == day.date)


def shifted(table: WorkdayTable, day: date, steps: int) -> date:
    """Return the working day so many working days later (or earlier, when negative).

    With 0 steps, ``day`` itself or the next working day after it. Gives up after a year of
    holidays and returns the day it has reached.
    """
    direction = -1 if steps < 0 else 1
    reached, left = day, abs(steps)
    for _ in range(366 + 3 * abs(steps)):
        if left == 0 and is_working(table, reached):
            break
        reached += timedelta(days=direction)
        if left and is_working(table, reached):
            left -= 1
    return reached
