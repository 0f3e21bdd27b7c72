"""Reads a year's list of holidays as it is decreed or tabled, pasted as text. Pure.

Understood are a decree's sentences (``10月1日（周四）至7日（周三）放假调休，共7天。``), and rows
such as ``2027-10-01 休 国庆节``.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from server.domain.errors import DomainError
from server.scheduler.workdays import Mark

LONGEST_HOLIDAY = 40
"""Days; anything longer is a slip of the pen."""
MOST_LETTERS = 20_000
_LONGEST_NAME = 20
_BRACKETED = re.compile(r"（[^）]*）|\([^)]*\)|【[^】]*】")
_NAME = re.compile(r"^\s*(?:[一二三四五六七八九十]+、|\d+[.、]\s*)?([\u4e00-\u9fff、]{2,20})[：:]")
_NAME_AFTER = re.compile(r"(?:放假|休息|上班|补班|休|班)[\s,，]+([\u4e00-\u9fff、]{2,20})\s*$")
_TOKEN = re.compile(
    r"(?:(?P<year>\d{4})\s*[年/.-]\s*)?(?P<month>\d{1,2})\s*[月/.-]\s*(?P<day>\d{1,2})\s*日?"
    r"|(?P<only>\d{1,2})\s*日"
    r"|(?P<to>至|到|[~～—–－-])"
    r"|(?P<off>放假|休息|休)"
    r"|(?P<on>上班|补班|班)"
)


def parse_notice(text: str, year: int) -> Mapping[date, Mark]:
    """Return what the list says of each day that it names, weekends of a holiday as well.

    Args:
        text: sentences or rows; what stands in brackets is passed over.
        year: the year of dates that name none; a holiday may begin in the year before.

    Raises:
        DomainError: ``notice_empty`` when no day is named, ``notice_long``; ``notice_line`` with
            ``row`` for a line whose dates cannot be read, ``notice_year`` for another year's list.
    """
    if len(text) > MOST_LETTERS:
        raise DomainError("notice_long", most=MOST_LETTERS)
    marks: dict[date, Mark] = {}
    name = ""
    for row, clause in _clauses(text):
        named = _NAME.match(clause)
        if named:
            name = named[1]
        after = _NAME_AFTER.search(clause)
        for day, working in _days(clause, year, row):
            marks[day] = Mark(working, (after[1] if after else name)[:_LONGEST_NAME])
    if not marks:
        raise DomainError("notice_empty")
    return marks


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    """Yield each sentence or row with the number of its line, from 1."""
    for row, line in enumerate(text.splitlines(), 1):
        for clause in re.split(r"[。；;]", _BRACKETED.sub("", line)):
            if clause.strip():
                yield row, clause


def _days(clause: str, year: int, row: int) -> Iterator[tuple[date, bool]]:
    """Yield each day of a clause with whether it is worked.

    Dates wait for the word that says what they are, as in ``9月20日、10月10日上班``.
    """
    waiting: list[date] = []
    is_range = False
    for token in _TOKEN.finditer(clause):
        if token["to"]:
            is_range = bool(waiting)
        elif token["off"] or token["on"]:
            yield from ((day, bool(token["on"])) for day in waiting)
            waiting, is_range = [], False
        else:
            day = _date(token, waiting[-1] if waiting else None, year, row)
            waiting += _range(waiting[-1], day, row) if is_range else [day]
            is_range = False
    if waiting:
        raise DomainError("notice_line", row=row)


def _date(token: re.Match[str], before: date | None, year: int, row: int) -> date:
    """Return the date of a token; ``7日`` is in the month of the date before it."""
    if token["only"] and before is None:
        raise DomainError("notice_line", row=row)
    try:
        if token["only"] and before is not None:
            return before.replace(day=int(token["only"]))
        stated = int(token["year"] or 0) or (before.year if before else year)
        day = date(stated, int(token["month"]), int(token["day"]))
    except ValueError:
        raise DomainError("notice_line", row=row) from None
    if abs(day.year - year) > 1:
        raise DomainError("notice_year", row=row, year=year)
    return day


def _range(first: date, last: date, row: int) -> list[date]:
    """Return the days after ``first`` up to ``last``."""
    if not 0 < (last - first).days < LONGEST_HOLIDAY:
        raise DomainError("notice_line", row=row)
    return [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
