"""What a posted object may say: read here once, and refused where it means nothing."""

import json
from datetime import date
from typing import Any

from aiohttp import web

from server.domain.errors import DomainError
from server.scheduler.filing import request_number

MOST = 10**9

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
