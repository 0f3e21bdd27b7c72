"""The time a report is about: a month, a quarter, 26 weeks, a year, or days of one's own. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from server.scheduler.workdays import FIRST_YEAR, LAST_YEAR, week_of

WEEKS = 26
LONGEST = timedelta(days=731)
"""Own days may be so many."""


class Kind(StrEnum):
    """What kind of time a report is about."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The days of a report, both ends included; ``key`` names them in addresses."""

    kind: Kind
    key: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def has(self, day: date) -> bool:
        """Tell whether a day belongs to it."""
        return self.first <= day <= self.last

    def moved(self, steps: int) -> "Chosen":
        """Return the one before or after: the next month, quarter, year, or as many days on."""
        if self.kind is Kind.OWN:
            away = timedelta(days=self.days * steps)
            return own(self.first + away, self.last + away)
        if self.kind is Kind.HALF:
            return around(Kind.HALF, self.last + timedelta(days=7 * WEEKS * steps))
        beside = self.last + timedelta(days=1) if steps > 0 else self.first - timedelta(days=1)
        return around(self.kind, beside)


def around(kind: Kind, day: date) -> Chosen:
    """Return the month, quarter or year of a day, or the 26 ISO weeks that end with its own."""
    if kind is Kind.HALF:
        sunday = day + timedelta(days=7 - day.isoweekday())
        first = sunday - timedelta(days=7 * WEEKS - 1)
        return Chosen(kind, f"{week_of(day)}-26", first, sunday)
    if kind is Kind.YEAR:
        return Chosen(kind, str(day.year), date(day.year, 1, 1), date(day.year, 12, 31))
    if kind is Kind.QUARTER:
        number = (day.month - 1) // 3
        first = date(day.year, 3 * number + 1, 1)
        return Chosen(kind, f"{day.year}-Q{number + 1}", first, _end(first, 3))
    if kind is Kind.MONTH:
        first = day.replace(day=1)
        return Chosen(kind, f"{day:%Y-%m}", first, _end(first, 1))
    return own(day, day)


def _end(first: date, months: int) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)


def own(first: date, last: date) -> Chosen:
    """Return days of one's own; they are turned round when the last comes first."""
    first, last = sorted((first, last))
    last = min(last, first + LONGEST)
    return Chosen(Kind.OWN, f"{first.isoformat()}--{last.isoformat()}", first, last)


def parse(key: str, today: date) -> Chosen:
    """Return the days of a key; what cannot be read is the 26 weeks up to now."""
    try:
        return _parsed(key) or around(Kind.HALF, today)
    except (ValueError, OverflowError):
        return around(Kind.HALF, today)


def _parsed(key: str) -> Chosen | None:
    found = re.fullmatch(r"(\d{4})(?:-(?:(\d{2})|Q([1-4])|W(\d{2})-26))?", key, re.ASCII)
    if found is None:
        first, _, last = key.partition("--")
        return own(_day(first), _day(last)) if last else None
    year, month, quarter, week = (int(part) if part else 0 for part in found.groups())
    if not FIRST_YEAR < year < LAST_YEAR:
        return None
    if month:
        return around(Kind.MONTH, date(year, month, 1))
    if quarter:
        return around(Kind.QUARTER, date(year, 3 * quarter, 1))
    if week:
        return around(Kind.HALF, date.fromisocalendar(year, week, 1))
    return around(Kind.YEAR, date(year, 1, 1))


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ValueError(text)
    return day


def last_month(today: date) -> Chosen:
    """Return the month before that of a day, which is what a monthly letter tells of."""
    return around(Kind.MONTH, today).moved(-1)
