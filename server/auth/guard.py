"""Stands at every route: finds the login, looks the route up in the table, lets pass or refuses."""

from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler

from server.auth import service
from server.auth.model import Login, Role
from server.auth.permissions import ROUTES, Door, may_use
from server.domain.errors import ForbiddenError
from server.pages.context import CLOCK, DATABASE, redirect, visit_of

LOGIN_COOKIE = "pinhui_login"
LOGIN = web.RequestKey("login", Login)


def login_of(http: web.Request) -> Login:
    """Return the login of a request whose route needs one."""
    return http[LOGIN]


def role_of(http: web.Request) -> Role | None:
    """Return the role of the asker, or None when nobody has signed in."""
    login = http.get(LOGIN)
    return login.role if login else None


def set_login_cookie(http: web.Request, response: web.Response, cookie: str) -> None:
    """Give the browser the cookie of its login: for our pages only, and never to scripts."""
    response.set_cookie(
        LOGIN_COOKIE, cookie, httponly=True, samesite="Lax", secure=http.secure, path="/"
    )


async def attach_login(http: web.Request) -> None:
    """Find the login of the request's cookie and attach it, once."""
    cookie = http.cookies.get(LOGIN_COOKIE)
    if cookie is None or LOGIN in http:
        return
    login = await service.find_login(http.app[DATABASE], http.app[CLOCK], cookie)
    if login is not None:
        http[LOGIN] = login
        visit_of(http).who = login


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request pass only where the table has a row that admits it.

    A page asked for by somebody who has not signed in leads to the login page and back. Routes for
    venues carry their own token, which their handler checks.
    """
    if request.match_info.http_exception is not None:
        return await handler(request)
    allowed = ROUTES.get(request.match_info.route.name or "")
    if allowed is not None and not allowed.isdisjoint({Door.VENUE, Door.EVERYBODY}):
        return await handler(request)
    await attach_login(request)
    if may_use(allowed, role_of(request)):
        return await handler(request)
    if role_of(request) is None and request.method == "GET":
        return redirect(
            "/login" if request.path == "/" else f"/login?next={quote(request.raw_path)}"
        )
    raise ForbiddenError("not_for_your_role" if role_of(request) else "sign_in_first")
