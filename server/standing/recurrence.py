"""On which days a standing meeting is held (RFC 5545 cannot say "next working day"). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from server.scheduler.workdays import WorkdayTable, is_working, month_of, shifted, week_of
from server.standing.model import DayOff, Pattern, Recurrence

MARGIN = timedelta(days=62)
"""How far a holiday may push a meeting: neighbours that far away may end on the same day."""


class Fate(StrEnum):
    """What becomes of a day on which a meeting should be held."""

    AS_USUAL = "AS_USUAL"
    MOVED = "MOVED"
    SKIPPED = "SKIPPED"
    MET = "MET"
    """Moved onto a day on which it is held anyway: once is enough."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A day by the calendar alone, and the day on which the meeting is held; None when it is not.

    ``key`` is the ISO week or the month of ``nominal``; a series has each of them once.
    """

    key: str
    nominal: date
    day: date | None
    fate: Fate


def expected_days(
    recurrence: Recurrence, table: WorkdayTable, start: date, end: date
) -> tuple[Expected, ...]:
    """Return what is expected of the nominal days from ``start`` to ``end``, both included.

    In order of time, days that are left out among them. A meeting that a holiday moves onto
    another one's day is held once; the one whose day it is counts, of two that were moved the
    first.
    """
    found = [
        _judged(recurrence, table, key, nominal)
        for key, nominal in _nominal_days(recurrence, table, start - MARGIN, end + MARGIN)
    ]
    held = {one.day for one in found if one.fate is Fate.AS_USUAL}
    told = []
    for one in found:
        if one.fate is Fate.MOVED and one.day in held:
            one = replace(one, day=None, fate=Fate.MET)
        held.add(one.day)
        told.append(one)
    return tuple(one for one in told if start <= one.nominal <= end)


def _judged(recurrence: Recurrence, table: WorkdayTable, key: str, nominal: date) -> Expected:
    if is_working(table, nominal):
        return Expected(key, nominal, nominal, Fate.AS_USUAL)
    moved = shifted(table, nominal, 0)
    late = recurrence.last is not None and moved > recurrence.last
    if recurrence.day_off is DayOff.SKIP or late or moved > nominal + MARGIN:
        return Expected(key, nominal, None, Fate.SKIPPED)
    return Expected(key, nominal, moved, Fate.MOVED)


def _nominal_days(
    recurrence: Recurrence, table: WorkdayTable, start: date, end: date
) -> Iterator[tuple[str, date]]:
    """Yield key and day within the series' validity, in order."""
    start = max(start, recurrence.first)
    end = min(end, recurrence.last or end)
    if recurrence.pattern is Pattern.WEEKLY:
        yield from ((week_of(day), day) for day in _weekly(recurrence, start, end))
        return
    year, month = start.year, start.month
    while date(year, month, 1) <= end:
        day = _in_month(recurrence, table, year, month)
        if day is not None and start <= day <= end:
            yield month_of(day), day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _weekly(recurrence: Recurrence, start: date, end: date) -> Iterator[date]:
    """Yield every n-th such weekday, counted from the first one of the series."""
    first = recurrence.first
    anchor = first + timedelta(days=(recurrence.weekday - first.isoweekday()) % 7)
    stride = 7 * recurrence.every
    day = anchor + timedelta(days=max(0, -(-(start - anchor).days // stride)) * stride)
    while day <= end:
        yield day
        day += timedelta(days=stride)


def _in_month(recurrence: Recurrence, table: WorkdayTable, year: int, month: int) -> date | None:
    days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
    days = [day for day in days if day.month == month]
    if recurrence.pattern is Pattern.WORKDAY:
        days = [day for day in days if is_working(table, day)]
    else:
        days = [day for day in days if day.isoweekday() == recurrence.weekday]
    place = recurrence.nth if recurrence.nth < 0 else recurrence.nth - 1
    return days[place] if -len(days) <= place < len(days) else None
