"""Chinese working days (工作日) as a table that an official can edit. Pure: seeding is elsewhere.

Holidays are decreed a year at a time, with make-up days (调休) on weekends. A year without a decree
is Monday to Friday and provisional: it is said so on the page, and nothing ever fails for it.
"""

import calendar
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from server.domain.clock import SITE_ZONE
from server.merging.instance.model import WorkingDay

FRIDAY = 5
DIGEST_AT = time(8, 30)
"""When the weekly digest is issued, in the site's zone."""
FIRST_YEAR, LAST_YEAR = 1970, 2100
"""The years that can be looked at and changed."""


@dataclass(frozen=True, slots=True)
class WorkdayTable:
    """Which days are working days.

    ``exceptions`` are the days that are not as their weekday says: True for a make-up day on a
    weekend, False for a holiday in the week. ``decreed`` are the years that are known for sure.
    ``version`` grows by one with each edit; 0 is what the package knows, before anything was
    stored. ``names`` are the holidays that days belong to, weekends and make-up days included.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    decreed: frozenset[int] = frozenset()
    version: int = 0
    names: Mapping[date, str] = field(default_factory=dict)

    def is_provisional(self, year: int) -> bool:
        """Say whether the year's holidays are not decreed yet."""
        return year not in self.decreed

    def undecreed(self, year: int) -> "WorkdayTable":
        """Return the table with the year no longer known for sure; the version stays."""
        return replace(self, decreed=self.decreed - {year})


def is_usual(day: date, working: bool) -> bool:
    """Say whether that day is as its weekday says."""
    return working == (day.isoweekday() <= FRIDAY)


def is_working(table: WorkdayTable, day: date) -> bool:
    """Say whether people work on that day."""
    return table.exceptions.get(day, day.isoweekday() <= FRIDAY)


def edited(table: WorkdayTable, day: date, *, working: bool) -> WorkdayTable:
    """Return the next version of the table, in which that day is as told, and of no holiday.

    A day that is again as its weekday says is no exception any more. The year stays as decreed
    or provisional as it was.
    """
    return with_marks(table, {day: Mark(working)})


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


def next_digest_day(table: WorkdayTable, now: datetime, earliest: date) -> date:
    """Return the day of the next weekly digest that is still to be issued, not before a day.

    In a year of holidays without an end, the day a year later.
    """
    here = now.astimezone(SITE_ZONE)
    first = here.date() if here.time() < DIGEST_AT else here.date() + timedelta(days=1)
    first = max(first, earliest)
    days = (first + timedelta(days=offset) for offset in range(366))
    return next((day for day in days if digest_day_of(table, day) == day), first)


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


# --- for the page that shows and changes a year --------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of one day: whether people work, and the holiday it belongs to, if any."""

    working: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class DayChange:
    """What was known of a day before a change, and what is known after it."""

    day: date
    before: Mark
    after: Mark

    def to_payload(self) -> dict[str, str | bool]:
        """Return the change as the audit log keeps it."""
        return {
            "day": self.day.isoformat(),
            "was_working": self.before.working,
            "was_name": self.before.name,
            "working": self.after.working,
            "name": self.after.name,
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> "DayChange":
        """Return the change that ``to_payload`` wrote."""
        return DayChange(
            date.fromisoformat(payload["day"]),
            Mark(payload["was_working"], payload["was_name"]),
            Mark(payload["working"], payload["name"]),
        )


def mark_of(table: WorkdayTable, day: date) -> Mark:
    """Return what is known of a day."""
    return Mark(is_working(table, day), table.names.get(day, ""))


def with_marks(table: WorkdayTable, marks: Mapping[date, Mark]) -> WorkdayTable:
    """Return the next version of the table, in which these days are as told."""
    exceptions = {day: w for day, w in table.exceptions.items() if day not in marks}
    exceptions |= {d: m.working for d, m in marks.items() if not is_usual(d, m.working)}
    names = {day: name for day, name in table.names.items() if day not in marks}
    names |= {day: mark.name for day, mark in marks.items() if mark.name}
    return replace(table, exceptions=exceptions, names=names, version=table.version + 1)


def with_year(table: WorkdayTable, year: int, marks: Mapping[date, Mark]) -> WorkdayTable:
    """Return the next version, in which the year is known for sure and is just as the list says.

    A list may name days of the year before as well; the others of that year stay.
    """
    old = {day for day in (*table.exceptions, *table.names) if day.year == year}
    usual = {day: Mark(day.isoweekday() <= FRIDAY) for day in old}
    changed = with_marks(table, usual | dict(marks))
    return replace(changed, decreed=table.decreed | {year})


def changes_between(before: WorkdayTable, after: WorkdayTable) -> list[DayChange]:
    """Return the days of which different things are known, in order."""
    days = {*before.exceptions, *before.names, *after.exceptions, *after.names}
    return [
        DayChange(day, old, new)
        for day in sorted(days)
        if (old := mark_of(before, day)) != (new := mark_of(after, day))
    ]


class DayKind(StrEnum):
    """How a day looks in the calendar."""

    WORK = "work"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One cell of the calendar."""

    day: date
    kind: DayKind
    name: str

    @property
    def working(self) -> bool:
        """Whether people work on that day."""
        return self.kind in {DayKind.WORK, DayKind.MAKEUP}


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month from 1 to 12 in weeks from Monday; cells outside the month are None."""

    number: int
    weeks: tuple[tuple[CalendarDay | None, ...], ...]
    working_days: int


def calendar_of(table: WorkdayTable, year: int) -> list[CalendarMonth]:
    """Return the twelve months of a year."""
    return [_month(table, year, number) for number in range(1, 13)]


def _month(table: WorkdayTable, year: int, number: int) -> CalendarMonth:
    weeks = tuple(
        tuple(_cell(table, date(year, number, day)) if day else None for day in week)
        for week in calendar.Calendar().monthdayscalendar(year, number)
    )
    worked = sum(cell is not None and cell.working for week in weeks for cell in week)
    return CalendarMonth(number, weeks, worked)


def _cell(table: WorkdayTable, day: date) -> CalendarDay:
    working, name = is_working(table, day), table.names.get(day, "")
    if working:
        kind = DayKind.WORK if day.isoweekday() <= FRIDAY else DayKind.MAKEUP
    else:
        is_holiday = day.isoweekday() <= FRIDAY or name
        kind = DayKind.HOLIDAY if is_holiday else DayKind.WEEKEND
    return CalendarDay(day, kind, name)


def provisional_years(table: WorkdayTable, first: date, last: date) -> list[int]:
    """Return the years between two days whose holidays are not decreed yet, in order."""
    return [year for year in range(first.year, last.year + 1) if table.is_provisional(year)]
