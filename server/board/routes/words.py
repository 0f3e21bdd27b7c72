"""What a posted object may say: read here once, and refused where it means nothing."""

import json
from datetime import date
from typing import Any

from aiohttp import web

from server.board.model import cell_of
from server.domain.errors import DomainError
from server.merging.instance.model import Cell
from server.scheduler.filing import HALVES, request_number

MOST = 10**9
MOST_ASKS = 200

Words = dict[str, Any]


async def read_words(http: web.Request) -> Words:
    """Return the posted object.

    Raises:
        DomainError: ``board_words`` when it is none.
    """
    try:
        words = json.loads(await http.text())
    except ValueError:
        words = None
    if not isinstance(words, dict):
        raise DomainError("board_words")
    return words


def number_in(words: Words, name: str) -> int:
    """Return a whole number that is not negative.

    Raises:
        DomainError: ``board_words``.
    """
    value = words.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < MOST:
        raise DomainError("board_words")
    return value


def request_in(words: Words) -> str:
    """Return the number of the request that is meant, such as ``R007``.

    Raises:
        DomainError: ``board_words``.
    """
    return request_number(number_in(words, "request"))


def switch_in(words: Words) -> bool:
    """Return whether something is to be switched on.

    Raises:
        DomainError: ``board_words``.
    """
    if not isinstance(words.get("on"), bool):
        raise DomainError("board_words")
    return bool(words["on"])


def day_of(text: object) -> date:
    """Return a day written as ``2026-11-25``.

    Raises:
        DomainError: ``board_words``.
    """
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise DomainError("board_words") from None


def half_of(text: object) -> str:
    """Return the name of a half-day.

    Raises:
        DomainError: ``board_words``.
    """
    if text not in {known.name for known in HALVES}:
        raise DomainError("board_words")
    return str(text)


def asks_in(words: Words) -> list[tuple[str, Cell]]:
    """Return the requests with the half-days that a leader is to be asked for, at least one.

    Raises:
        DomainError: ``board_words``.
    """
    asks = words.get("asks")
    if not isinstance(asks, list) or not 0 < len(asks) <= MOST_ASKS:
        raise DomainError("board_words")
    if not all(isinstance(one, dict) for one in asks):
        raise DomainError("board_words")
    return [
        (request_in(one), cell_of(day_of(one.get("date")), half_of(one.get("half"))))
        for one in asks
    ]


def numbers_in(words: Words, name: str) -> list[int]:
    """Return a list of whole numbers.

    Raises:
        DomainError: ``board_words``.
    """
    found = words.get(name)
    if not isinstance(found, list) or not all(type(one) is int for one in found):
        raise DomainError("board_words")
    return found


def weeks_in(words: Words) -> list[str] | None:
    """Return the ISO weeks that are meant, None for all.

    Raises:
        DomainError: ``board_words``.
    """
    weeks = words.get("weeks")
    if weeks is None:
        return None
    if not isinstance(weeks, list) or not all(isinstance(week, str) for week in weeks):
        raise DomainError("board_words")
    return weeks
