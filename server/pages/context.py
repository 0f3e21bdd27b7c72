"""What every handler may reach: the application's parts, and what is known of the asker.

The application is put together in ``server/app/``; here are only the typed keys.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import web

from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError, NotFoundError
from server.pages.export import PaperMaker
from server.pages.render import Renderer

DATABASE: web.AppKey[Database] = web.AppKey("database", Database)
CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
RENDERER: web.AppKey[Renderer] = web.AppKey("renderer", Renderer)
SECRET: web.AppKey[bytes] = web.AppKey("secret", bytes)
ROOM: web.AppKey[Mapping[str, int]] = web.AppKey("room", Mapping)
"""Bytes that forms with files may have, by the name of their route; others have less."""
Word = TypeVar("Word")
_OF_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"
LANGUAGE: web.AppKey[str] = web.AppKey("language", str)
"""In which letters are written to whoever has not chosen another."""
PAPER: web.AppKey[PaperMaker] = web.AppKey("paper", PaperMaker)
"""Makes PDFs of printable pages."""


@dataclass(slots=True)
class Visit:
    """What is known of one browser at one request: its language, type size and CSRF token.

    ``who`` is filled by ``auth`` with the login, which pages show and never judge; ``street``,
    ``phone`` and ``menu`` by ``app`` for the frame of the page.
    """

    language: str
    type_size: int
    csrf: str
    who: Any = None
    street: str = ""
    phone: str = ""
    menu: tuple[Any, ...] = ()


VISIT = web.RequestKey("visit", Visit)


def visit_of(http: web.Request) -> Visit:
    """Return the visit that the middleware attached to this HTTP request."""
    return http[VISIT]


def page(
    http: web.Request, template: str, /, *, status: int = 200, **values: object
) -> web.Response:
    """Render a template in the visit's language.

    Args:
        http: the HTTP request answered.
        template: path under ``web/templates``.
        status: HTTP status of the answer.
        values: what the template shows.
    """
    visit = visit_of(http)
    text = http.app[RENDERER].render(
        template, visit.language, {"visit": visit, "path": http.path, "http": http, **values}
    )
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")


def redirect(target: str) -> web.Response:
    """Return a 303 answer that sends the browser to a path of ours after a form.

    What no header can carry is percent-encoded; what is so already stays as it is.
    """
    return web.Response(status=303, headers={"Location": quote(target, safe=_OF_ADDRESSES)})


async def form_values(http: web.Request) -> dict[str, str]:
    """Return the text fields of a posted form; files and repeats are left to their own readers."""
    posted = await http.post()
    return {name: value.strip() for name, value in posted.items() if isinstance(value, str)}


def many(values: Iterable[str]) -> list[int]:
    """Return the whole numbers among ``values`` in order; what is none is dropped."""
    return [int(v) for v in values if v.isascii() and v.isdigit() and len(v) < 10]


def whole_number(text: str) -> int:
    """Return the whole number of up to nine digits that a field says; 0 for anything else."""
    return next(iter(many([text])), 0)


def pressed(values: Mapping[str, str], words: Mapping[str, Word]) -> Word:
    """Return what the button ``word`` of a form means.

    Raises:
        DomainError: ``form_unreadable`` for none, or one that nobody can press.
    """
    word = values.get("word", "")
    if word not in words:
        raise DomainError("form_unreadable")
    return words[word]


def id_of(http: web.Request, name: str) -> int:
    """Return the number in an address.

    Raises:
        NotFoundError: ``no_such_page`` when there is none.
    """
    found = whole_number(http.match_info[name])
    if not found:
        raise NotFoundError("no_such_page")
    return found
