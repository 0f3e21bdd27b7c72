"""What the pages of requests share: who is at work, and refusals told where they belong."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from server.admission.service.desk import Desk
from server.auth.guard import login_of
from server.domain.errors import DomainError, ForbiddenError, NotFoundError
from server.pages.context import CLOCK, DATABASE, LANGUAGE, form_values, redirect

FILES: web.AppKey[Path] = web.AppKey("files", Path)
"""The folder in which files of requests lie."""

ShowRefusal = Callable[[web.Request, DomainError], Awaitable[web.StreamResponse]]


def desk_of(http: web.Request) -> Desk:
    """Return the login of a request as one who works on meeting requests."""
    app = http.app
    return Desk(app[DATABASE], app[CLOCK], app[FILES], login_of(http), app[LANGUAGE])


def told_by(show: ShowRefusal) -> Callable[[Handler], Handler]:
    """Return what lets a refusal of a button be said on the page where it stands.

    Args:
        show: shows that page with the refusal, as things are now.
    """

    def decorated(handler: Handler) -> Handler:
        @functools.wraps(handler)
        async def told(http: web.Request) -> web.StreamResponse:
            try:
                return await handler(http)
            except (NotFoundError, ForbiddenError):
                raise
            except DomainError as refusal:
                return await show(http, refusal)

        return told

    return decorated


async def remark_in(http: web.Request) -> str:
    """Return the remark of a form."""
    return " ".join((await form_values(http)).get("remark", "").split())


def to_request(request_id: int, sequence: int = 0) -> web.Response:
    """Lead to a request's page, which tells of the event when there is one."""
    return redirect(f"/requests/{request_id}" + (f"?event={sequence}" if sequence else ""))
