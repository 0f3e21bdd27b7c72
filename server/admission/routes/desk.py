"""What the pages of requests share: who is at work, ids in addresses, reasons in words."""

from pathlib import Path

from aiohttp import web

from server.admission.service.desk import Desk
from server.auth.guard import login_of
from server.domain.errors import NotFoundError
from server.pages.context import CLOCK, DATABASE, LANGUAGE, redirect

FILES: web.AppKey[Path] = web.AppKey("files", Path)
"""The folder in which files of requests lie."""

NUMBER_DIGITS = 9


def desk_of(http: web.Request) -> Desk:
    """Return the login of a request as one who works on meeting requests."""
    app = http.app
    return Desk(app[DATABASE], app[CLOCK], app[FILES], login_of(http), app[LANGUAGE])


def id_of(http: web.Request, name: str = "request") -> int:
    """Return the number in an address.

    Raises:
        NotFoundError: ``no_such_page`` when there is none.
    """
    found = number(http.match_info[name])
    if not found:
        raise NotFoundError("no_such_page")
    return found


def number(text: str) -> int:
    """Return a whole number of up to nine digits; 0 for anything else."""
    good = text.isascii() and text.isdigit() and len(text) <= NUMBER_DIGITS
    return int(text) if good else 0


def to_request(request_id: int, sequence: int = 0) -> web.Response:
    """Lead to a request's page, which tells of the event when there is one."""
    return redirect(f"/requests/{request_id}" + (f"?event={sequence}" if sequence else ""))
