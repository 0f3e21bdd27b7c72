"""Signing in and out, and the choices of language and type size."""

import re

from aiohttp import web

from server.auth import service, store
from server.auth.guard import LOGIN_COOKIE, login_of, set_login_cookie
from server.auth.routes.accounts import SIGN_OUT
from server.domain.errors import DomainError
from server.i18n import catalogue
from server.pages.context import CLOCK, DATABASE, form_values, page, redirect, visit_of
from server.pages.middleware import LANGUAGE_COOKIE, TYPE_COOKIE, YEAR_SECONDS

_OWN_PATH = re.compile(r"/(?!/)[^\\\x00-\x20\x7f]*\Z")


def own_path(target: str) -> str:
    """Return ``target`` when it is a path of ours, else the first page: no open redirects.

    Browsers read a backslash as a slash and leave out tabs and line ends, wherever they stand.
    """
    return target if _OWN_PATH.match(target) else "/"


async def show_login(http: web.Request) -> web.Response:
    """Show the login page; in a new installation it says where the link of the set-up is."""
    async with http.app[DATABASE].view() as tx:
        is_new = await store.count_accounts(tx) == 0
    target = own_path(http.query.get("next", "/"))
    return page(http, "auth/login.html", name="", error="", next=target, is_new=is_new)


async def handle_login(http: web.Request) -> web.Response:
    """Sign in; a wrong password shows the page again with the name kept."""
    values = await form_values(http)
    name, target = values.get("name", ""), own_path(values.get("next", "/"))
    password = (await http.post()).get("password", "")
    try:
        cookie = await service.sign_in(
            http.app[DATABASE], http.app[CLOCK], name, str(password), http.remote or ""
        )
    except DomainError as error:
        sentence = catalogue.say(visit_of(http).language, f"error.{error.code}", **error.params)
        words = {"name": name, "error": sentence, "next": target, "is_new": False}
        return page(http, "auth/login.html", status=422, **words)
    response = redirect(target)
    set_login_cookie(http, response, cookie)
    return response


async def handle_logout(http: web.Request) -> web.Response:
    """Sign out and show the login page."""
    login, cookie = login_of(http), http.cookies[LOGIN_COOKIE]
    await service.sign_out(http.app[DATABASE], http.app[CLOCK], login, cookie)
    await http.app[SIGN_OUT](login.account_id)
    response = redirect("/login")
    response.del_cookie(LOGIN_COOKIE)
    return response


async def handle_choices(http: web.Request) -> web.Response:
    """Keep the choice of language or type size in the browser and show the same page again."""
    values = await form_values(http)
    response = redirect(own_path(values.get("next", "/")))
    if values.get("language") in catalogue.LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE, values["language"], max_age=YEAR_SECONDS, samesite="Lax"
        )
    if values.get("type_size") in {"0", "1", "2", "3"}:
        response.set_cookie(TYPE_COOKIE, values["type_size"], max_age=YEAR_SECONDS, samesite="Lax")
    return response


ROUTES = [
    web.get("/login", show_login, name="login"),
    web.post("/login", handle_login, name="login.post"),
    web.post("/logout", handle_logout, name="logout.post"),
    web.post("/choices", handle_choices, name="choices.post"),
]
