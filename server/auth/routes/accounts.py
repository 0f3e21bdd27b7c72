"""The administrator's accounts: the list, one more, changes, disabling, and links for passwords."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from server.audit.store import load_event
from server.auth import keeping, service, store
from server.auth.guard import login_of
from server.auth.model import (
    Account,
    AccountWords,
    NewAccount,
    Places,
    Role,
    check_account_name,
    check_belonging,
)
from server.auth.passwords import check_password
from server.db.engine import Tx
from server.domain.addresses import parse_email
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import Recorded
from server.i18n.catalogue import LANGUAGES
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    many,
    page,
    redirect,
    whole_number,
)

MOST_SHOWN = 40
LoadPlaces = Callable[[Tx], Awaitable[Places]]
PLACES: web.AppKey[LoadPlaces] = web.AppKey("places", Callable)  # type: ignore[arg-type]
"""Loads the departments and committees that accounts can belong to; they are the street's."""
SignOut = Callable[[int], Awaitable[None]]
SIGN_OUT: web.AppKey[SignOut] = web.AppKey("sign_out", Callable)  # type: ignore[arg-type]
"""Ends what an account's pages hold open though their login has ended, or its role has changed."""


def _actor(http: web.Request) -> str:
    return f"login:{login_of(http).account_id}"


# --- the list, and one more --------------------------------------------------------------------


async def _list(
    http: web.Request,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, DomainError] | None = None,
) -> web.Response:
    sequence = whole_number(http.query.get("event", ""))
    async with http.app[DATABASE].view() as tx:
        accounts = await store.load_accounts(tx)
        places = await http.app[PLACES](tx)
        linked = await store.load_linked(tx, http.app[CLOCK].now())
        event = await load_event(tx, sequence) if sequence else None
    return page(
        http,
        "auth/accounts.html",
        status=422 if errors else 200,
        accounts=[a for a in accounts if not a.disabled],
        disabled=[a for a in accounts if a.disabled],
        linked=linked,
        roles=list(Role),
        places=places,
        values=values or {},
        errors=errors or {},
        done=next((a for a in accounts if str(a.id) == http.query.get("done")), None),
        is_reset="reset" in http.query,
        event=event if _is_own_change(http, event) else None,
    )


def _is_own_change(http: web.Request, event: Recorded | None) -> bool:
    return event is not None and event.actor == _actor(http) and event.kind in keeping.UNDOABLE


async def show_accounts(http: web.Request) -> web.Response:
    """Show every account, and the form for one more."""
    return await _list(http)


def _check(check: Callable[[], object]) -> DomainError | None:
    try:
        check()
    except DomainError as error:
        return error
    return None


def _check_words(values: Mapping[str, str]) -> dict[str, DomainError]:
    """Return field → refusal for the names and the role of an account."""
    errors: dict[str, DomainError] = {}
    if wrong := _check(lambda: check_account_name(values.get("name", ""))):
        errors["name"] = wrong
    if not 1 <= len(values.get("shown", "")) <= MOST_SHOWN:
        errors["shown"] = DomainError("field_missing" if not values.get("shown") else "field_long")
    if values.get("role") not in set(Role):
        errors["role"] = DomainError("field_missing")
    if wrong := _check(lambda: parse_email(values.get("email", ""))):
        errors["email"] = wrong
    return errors


async def _read_words(
    http: web.Request, values: Mapping[str, str], old: AccountWords | None = None
) -> tuple[AccountWords | None, dict[str, DomainError]]:
    """Return what a form says of an account, None when it cannot be meant, and what is wrong.

    Retired departments and committees can be kept, but not chosen anew.
    """
    errors = _check_words(values)
    if "role" in errors:
        return None, errors
    role = Role(values["role"])
    async with http.app[DATABASE].view() as tx:
        places = await http.app[PLACES](tx)
    department = committee = None
    if role is Role.CLERK:
        open_ids = {d.id for d in places.departments if not d.retired}
        department = _chosen(values, "department", open_ids, old.department_id if old else None)
    if role is Role.SECRETARY:
        open_ids = {c.id for c in places.committees if not c.retired}
        committee = _chosen(values, "committee", open_ids, old.committee_id if old else None)
    if wrong := _check(lambda: check_belonging(role, department, committee)):
        errors["department" if role is Role.CLERK else "committee"] = wrong
    if errors:
        return None, errors
    words = AccountWords(
        name=values["name"],
        display_name=values["shown"],
        role=role,
        department_id=department,
        committee_id=committee,
        email=parse_email(values.get("email", "")),
        language=values["language"] if values.get("language") in LANGUAGES else "",
    )
    return words, errors


def _chosen(values: Mapping[str, str], field: str, ids: set[int], old: int | None) -> int | None:
    chosen = next(iter(many([values.get(field, "")])), None)
    return chosen if chosen in ids or chosen == old else None


async def handle_new_account(http: web.Request) -> web.Response:
    """Add an account; what is wrong is said beside its field, and what was typed stays.

    Without a password a link is made with which its owner sets one.
    """
    values, posted = await form_values(http), await http.post()
    password, again = (str(posted.get(name, "")) for name in ("password", "again"))
    words, errors = await _read_words(http, values)
    if password or again:
        name = values.get("name", "")
        if wrong := _check(lambda: check_password(password, again, name)):
            errors["password"] = wrong
    if words is None or errors:
        return await _list(http, values, errors)
    account = NewAccount(
        name=words.name,
        display_name=words.display_name,
        role=words.role,
        password_hash=await service.hashed_password(password) if password else "",
        department_id=words.department_id,
        committee_id=words.committee_id,
        email=words.email,
        language=words.language,
    )
    db, clock, actor = http.app[DATABASE], http.app[CLOCK], _actor(http)
    try:
        made = await service.create_account(db, clock, account, actor=actor)
    except DomainError as error:
        return await _list(http, values, {"name": error})
    if not password:
        return await _show_link(http, made, is_new=True)
    return redirect(f"/admin/accounts?done={made.id}")


# --- one account -------------------------------------------------------------------------------


async def _account_of(http: web.Request) -> Account:
    ids = many([http.match_info["account"]])
    async with http.app[DATABASE].view() as tx:
        account = await store.load_account_by_id(tx, ids[0]) if ids else None
    if account is None:
        raise NotFoundError("no_such_account")
    return account


async def _edit_page(
    http: web.Request,
    account: Account,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, DomainError] | None = None,
    *,
    status: int = 200,
    overtaken: bool = False,
) -> web.Response:
    """Show one account; ``overtaken`` when somebody has changed it since the form was opened."""
    async with http.app[DATABASE].view() as tx:
        places = await http.app[PLACES](tx)
        linked = await store.load_linked(tx, http.app[CLOCK].now())
    stored = {
        "name": account.name,
        "shown": account.display_name,
        "role": str(account.role),
        "department": str(account.department_id or ""),
        "committee": str(account.committee_id or ""),
        "email": account.email,
        "language": account.language,
    }
    return page(
        http,
        "auth/account_edit.html",
        status=422 if errors else status,
        account=account,
        values=stored if values is None else values,
        errors=errors or {},
        overtaken=overtaken,
        roles=list(Role),
        places=places,
        is_linked=account.id in linked,
        is_own=account.id == login_of(http).account_id,
    )


async def show_account(http: web.Request) -> web.Response:
    """Show the form of one account, and what else can be done with it."""
    return await _edit_page(http, await _account_of(http))


async def handle_change(http: web.Request) -> web.Response:
    """Change an account; who was overtaken by another administrator is told, and loses nothing."""
    account, values = await _account_of(http), await form_values(http)
    words, errors = await _read_words(http, values, keeping.words_of(account))
    if words is None or errors:
        return await _edit_page(http, account, values, errors)
    seen = whole_number(values.get("version", ""))
    db, clock = http.app[DATABASE], http.app[CLOCK]
    try:
        sequence = await keeping.change_account(
            db, clock, account.id, words, version=seen, actor=_actor(http)
        )
    except ConflictError as error:
        if error.code != "changed_meanwhile":
            return await _edit_page(http, account, values, {"role": error})
        now = await _account_of(http)
        return await _edit_page(http, now, values, status=409, overtaken=True)
    except DomainError as error:
        return await _edit_page(http, account, values, {"name": error})
    if words.role is not account.role:
        await http.app[SIGN_OUT](account.id)
    return redirect(f"/admin/accounts?event={sequence}")


async def handle_disable(http: web.Request) -> web.Response:
    """Disable an account: whoever is signed in with it is out at once."""
    account = await _account_of(http)
    db, clock = http.app[DATABASE], http.app[CLOCK]
    sequence = await keeping.disable_account(db, clock, account.id, actor=_actor(http))
    await http.app[SIGN_OUT](account.id)
    return redirect(f"/admin/accounts?event={sequence}")


async def handle_enable(http: web.Request) -> web.Response:
    """Enable a disabled account."""
    account = await _account_of(http)
    db, clock = http.app[DATABASE], http.app[CLOCK]
    sequence = await keeping.enable_account(db, clock, account.id, actor=_actor(http))
    return redirect(f"/admin/accounts?event={sequence}")


async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just done to an account."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    db, clock = http.app[DATABASE], http.app[CLOCK]
    account_id, sequence = await keeping.undo(db, clock, wanted, actor=_actor(http))
    await http.app[SIGN_OUT](account_id)
    return redirect(f"/admin/accounts?event={sequence}")


# --- passwords ---------------------------------------------------------------------------------


async def _show_link(http: web.Request, account: Account, *, is_new: bool) -> web.Response:
    """Make a link and show it, this once."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    token = await keeping.issue_link(db, clock, account.id, actor=_actor(http))
    link = f"{http.scheme}://{http.host}/password/{token}"
    until = clock.now() + keeping.LINK_LASTS
    return page(
        http, "auth/password_link.html", account=account, link=link, until=until, is_new=is_new
    )


async def handle_link(http: web.Request) -> web.Response:
    """Show a fresh link with which the account's owner sets a password."""
    return await _show_link(http, await _account_of(http), is_new=False)


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
    db, clock = http.app[DATABASE], http.app[CLOCK]
    await service.reset_password(db, clock, account.id, password, actor=_actor(http))
    await http.app[SIGN_OUT](account.id)
    return redirect(f"/admin/accounts?done={account.id}&reset")


_ONE = "/admin/accounts/{account}"

ROUTES = [
    web.get("/admin/accounts", show_accounts, name="accounts"),
    web.post("/admin/accounts", handle_new_account, name="accounts.post"),
    web.post("/admin/accounts/undo", handle_undo, name="accounts.undo.post"),
    web.get(_ONE, show_account, name="accounts.edit"),
    web.post(_ONE, handle_change, name="accounts.edit.post"),
    web.post(f"{_ONE}/disable", handle_disable, name="accounts.disable.post"),
    web.post(f"{_ONE}/enable", handle_enable, name="accounts.enable.post"),
    web.post(f"{_ONE}/link", handle_link, name="accounts.link.post"),
    web.get(f"{_ONE}/password", show_reset, name="accounts.password"),
    web.post(f"{_ONE}/password", handle_reset, name="accounts.password.post"),
]
