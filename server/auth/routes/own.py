"""One's own password: changed at ``/account``, or set by a link that the administrator gave."""

from aiohttp import web

from server.auth import keeping, service, store
from server.auth.guard import LOGIN_COOKIE, login_of, set_login_cookie
from server.auth.passwords import check_password
from server.auth.routes.accounts import PLACES, SIGN_OUT
from server.domain.errors import DomainError
from server.pages.context import CLOCK, DATABASE, LANGUAGE, form_values, page, redirect


async def _passwords(http: web.Request) -> tuple[str, str, str]:
    """Return the passwords of a form as typed, spaces and all: old, new, new once more."""
    posted = await http.post()
    old, new, again = (str(posted.get(name, "")) for name in ("old", "password", "again"))
    return old, new, again


async def _own_page(
    http: web.Request, errors: dict[str, DomainError] | None = None
) -> web.Response:
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        places = await http.app[PLACES](tx)
        account = await store.load_account_by_id(tx, login.account_id)
    belongs = [p.name for p in places.departments if p.id == login.department_id]
    belongs += [p.name for p in places.committees if p.id == login.committee_id]
    return page(
        http,
        "auth/own.html",
        status=422 if errors else 200,
        login=login,
        belongs=belongs,
        errors=errors or {},
        is_done="done" in http.query,
        is_chosen="language" in http.query,
        chosen=account.language if account else "",
        usual=http.app[LANGUAGE],
    )


async def show_own(http: web.Request) -> web.Response:
    """Show whose login this is, and the form for a new password."""
    return await _own_page(http)


async def handle_own_password(http: web.Request) -> web.Response:
    """Change one's own password; other logins of the account end, this one stays."""
    old, new, again = await _passwords(http)
    login = login_of(http)
    try:
        check_password(new, again, login.name)
    except DomainError as error:
        return await _own_page(http, {"password": error})
    db, clock, cookie = http.app[DATABASE], http.app[CLOCK], http.cookies[LOGIN_COOKIE]
    address = http.remote or ""
    try:
        await service.change_own_password(db, clock, cookie, old, new, address=address)
    except DomainError as error:
        return await _own_page(http, {"old": error})
    await http.app[SIGN_OUT](login.account_id)
    return redirect("/account?done")


async def handle_language(http: web.Request) -> web.Response:
    """Choose what letters to oneself are written in."""
    language = (await form_values(http)).get("language", "")
    account_id = login_of(http).account_id
    await keeping.choose_language(http.app[DATABASE], http.app[CLOCK], account_id, language)
    return redirect("/account?language")


async def show_link(http: web.Request) -> web.Response:
    """Show the form of a password link."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    account = await keeping.account_of_link(db, clock, http.match_info["token"])
    return page(http, "auth/password_set.html", account=account, error=None)


async def handle_link(http: web.Request) -> web.Response:
    """Set the password, which uses the link up, and sign its owner in."""
    db, clock, token = http.app[DATABASE], http.app[CLOCK], http.match_info["token"]
    account = await keeping.account_of_link(db, clock, token)
    _, new, again = await _passwords(http)
    try:
        check_password(new, again, account.name)
    except DomainError as error:
        return page(http, "auth/password_set.html", status=422, account=account, error=error)
    account = await keeping.use_link(db, clock, token, new)
    await http.app[SIGN_OUT](account.id)
    response = redirect("/")
    set_login_cookie(
        http, response, await service.open_login(db, clock, account, http.remote or "")
    )
    return response


ROUTES = [
    web.get("/account", show_own, name="account"),
    web.post("/account", handle_own_password, name="account.post"),
    web.post("/account/language", handle_language, name="account.language.post"),
    web.get("/password/{token}", show_link, name="password"),
    web.post("/password/{token}", handle_link, name="password.post"),
]
