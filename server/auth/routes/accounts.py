"""The administrator's accounts: the list, one more, a new password for somebody."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from server.auth import service, store
from server.auth.guard import login_of
from server.auth.model import (
    Account,
    NewAccount,
    Places,
    Role,
    check_account_name,
    check_belonging,
)
from server.auth.passwords import check_password
from server.db.engine import Tx
from server.domain.errors import DomainError, NotFoundError
from server.pages.context import CLOCK, DATABASE, form_values, many, page, redirect

MOST_SHOWN = 40
LoadPlaces = Callable[[Tx], Awaitable[Places]]
PLACES: web.AppKey[LoadPlaces] = web.AppKey("places", Callable)  # type: ignore[arg-type]
"""Loads the departments and committees that accounts can belong to; they are the street's."""


async def _accounts_page(
    http: web.Request,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, DomainError] | None = None,
) -> web.Response:
    async with http.app[DATABASE].view() as tx:
        accounts = await store.load_accounts(tx)
        places = await http.app[PLACES](tx)
    return page(
        http,
        "auth/accounts.html",
        status=422 if errors else 200,
        accounts=accounts,
        roles=list(Role),
        departments={d.id: d for d in places.departments},
        committees={c.id: c for c in places.committees},
        values=values or {},
        errors=errors or {},
        done=next((a for a in accounts if str(a.id) == http.query.get("done")), None),
        is_reset="reset" in http.query,
    )


async def show_accounts(http: web.Request) -> web.Response:
    """Show every account, and the form for one more."""
    return await _accounts_page(http)


def _check_new(values: Mapping[str, str], password: str, again: str) -> dict[str, DomainError]:
    """Return field → refusal for a new account's fields."""
    errors: dict[str, DomainError] = {}
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("name", lambda: check_account_name(values.get("name", ""))),
        ("password", lambda: check_password(password, again, values.get("name", ""))),
    )
    for field, check in checks:
        try:
            check()
        except DomainError as error:
            errors[field] = error
    if not 1 <= len(values.get("shown", "")) <= MOST_SHOWN:
        errors["shown"] = DomainError("field_missing" if not values.get("shown") else "field_long")
    if values.get("role") not in set(Role):
        errors["role"] = DomainError("field_missing")
    return errors


async def _belonging(
    http: web.Request, values: Mapping[str, str]
) -> tuple[int | None, int | None, dict[str, DomainError]]:
    """Return department and committee that fit the role, and what is wrong with them."""
    role = Role(values["role"])
    async with http.app[DATABASE].view() as tx:
        places = await http.app[PLACES](tx)
    chosen = {n: next(iter(many([values.get(n, "")])), None) for n in ("department", "committee")}
    departments = {d.id for d in places.departments} if role is Role.CLERK else set()
    committees = {c.id for c in places.committees} if role is Role.SECRETARY else set()
    department = chosen["department"] if chosen["department"] in departments else None
    committee = chosen["committee"] if chosen["committee"] in committees else None
    try:
        check_belonging(role, department, committee)
    except DomainError as error:
        field = "department" if role is Role.CLERK else "committee"
        return department, committee, {field: error}
    return department, committee, {}


async def handle_new_account(http: web.Request) -> web.Response:
    """Add an account; what is wrong is said beside its field, and what was typed stays."""
    values, posted = await form_values(http), await http.post()
    password, again = (str(posted.get(name, "")) for name in ("password", "again"))
    errors = _check_new(values, password, again)
    department = committee = None
    if "role" not in errors:
        department, committee, wrong = await _belonging(http, values)
        errors |= wrong
    if errors:
        return await _accounts_page(http, values, errors)
    account = NewAccount(
        name=values["name"],
        display_name=values["shown"],
        role=Role(values["role"]),
        password_hash=await service.hashed_password(password),
        department_id=department,
        committee_id=committee,
    )
    actor = f"login:{login_of(http).account_id}"
    try:
        made = await service.create_account(
            http.app[DATABASE], http.app[CLOCK], account, actor=actor
        )
    except DomainError as error:
        return await _accounts_page(http, values, {"name": error})
    return redirect(f"/admin/accounts?done={made.id}")


async def _account_of(http: web.Request) -> Account:
    ids = many([http.match_info["account"]])
    async with http.app[DATABASE].view() as tx:
        account = await store.load_account_by_id(tx, ids[0]) if ids else None
    if account is None:
        raise NotFoundError("no_such_account")
    return account


async def show_reset(http: web.Request) -> web.Response:
    """Show the form for a new password of one account."""
    return page(http, "auth/password.html", account=await _account_of(http), error=None)


async def handle_reset(http: web.Request) -> web.Response:
    """Give an account a new password and sign it out everywhere."""
    account, posted = await _account_of(http), await http.post()
    password, again = (str(posted.get(name, "")) for name in ("password", "again"))
    try:
        check_password(password, again, account.name)
    except DomainError as error:
        return page(http, "auth/password.html", status=422, account=account, error=error)
    actor = f"login:{login_of(http).account_id}"
    db, clock = http.app[DATABASE], http.app[CLOCK]
    await service.reset_password(db, clock, account.id, password, actor=actor)
    return redirect(f"/admin/accounts?done={account.id}&reset")


ROUTES = [
    web.get("/admin/accounts", show_accounts, name="accounts"),
    web.post("/admin/accounts", handle_new_account, name="accounts.post"),
    web.get("/admin/accounts/{account}/password", show_reset, name="accounts.password"),
    web.post("/admin/accounts/{account}/password", handle_reset, name="accounts.password.post"),
]
