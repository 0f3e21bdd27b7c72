"""Setting a new street up, from a link that works until somebody has an account."""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from aiohttp import web
from aiohttp.web_request import FileField

from server.auth import service as auth
from server.auth.guard import set_login_cookie
from server.domain.errors import DomainError, NotFoundError
from server.domain.places import Post
from server.pages.context import CLOCK, DATABASE, SECRET, form_values, page, redirect
from server.street import service
from server.street.cells import clean
from server.street.committee_table import read_committees
from server.street.reading import read_upload
from server.street.setup import (
    MOST_DEPARTMENTS,
    AccountDraft,
    Draft,
    Step,
    check_words,
    first_open_step,
    read_departments,
)
from server.street.tokens import setup_token

DRAFT: web.AppKey[Path] = web.AppKey("draft", Path)
"""The file that keeps what the wizard was told between its steps."""

SHOWN_ERRORS = 20
_KEPT_LETTERS = 1_000_000
_TEMPLATE = """\
编号,居委会,姓名,岗位,条线
1,云杉苑,张建国,书记,
1,云杉苑,李秀英,主任,
1,云杉苑,王晓玲,社工,综治
2,松涛里,赵春生,书记,
"""


async def _check_link(http: web.Request) -> None:
    """Refuse a wrong link, and every link once somebody has an account.

    Raises:
        NotFoundError: ``setup_link_gone``.
    """
    expected = setup_token(http.app[SECRET])
    right = hmac.compare_digest(http.match_info["token"].encode(), expected.encode())
    if not right or not await service.needs_setup(http.app[DATABASE]):
        raise NotFoundError("setup_link_gone")


def _step_of(http: web.Request) -> Step:
    try:
        return Step(http.match_info["step"])
    except ValueError:
        raise NotFoundError("no_such_page") from None


def _address(http: web.Request, step: Step) -> str:
    return f"/setup/{http.match_info['token']}/{step}"


def _page(
    http: web.Request,
    step: Step,
    draft: Draft,
    errors: Mapping[str, DomainError] | None = None,
    *,
    refusals: tuple[DomainError, ...] = (),
) -> web.Response:
    """Show a step with what was typed; ``errors`` by field, ``refusals`` by row of a table."""
    sheet = read_committees(draft.committees) if step in {Step.COMMITTEES, Step.REVIEW} else None
    return page(
        http,
        f"street/setup_{step}.html",
        status=422 if errors or refusals else 200,
        root=f"/setup/{http.match_info['token']}",
        step=step,
        steps=list(Step),
        draft=draft,
        departments=read_departments(draft.departments)[0],
        sheet=sheet,
        errors=errors or {},
        refusals=refusals[:SHOWN_ERRORS],
        more_refusals=max(len(refusals) - SHOWN_ERRORS, 0),
        posts=list(Post),
    )


async def show_setup(http: web.Request) -> web.Response:
    """Lead to the first step that is still open."""
    await _check_link(http)
    return redirect(_address(http, first_open_step(await service.load_draft(http.app[DRAFT]))))


async def show_step(http: web.Request) -> web.Response:
    """Show one step; one that comes after an open step leads to that."""
    await _check_link(http)
    step, draft = _step_of(http), await service.load_draft(http.app[DRAFT])
    first = first_open_step(draft)
    order = list(Step)
    if order.index(step) > order.index(first):
        return redirect(_address(http, first))
    wrong: tuple[DomainError, ...] = ()
    if step is Step.COMMITTEES and draft.committees.strip():
        wrong = read_committees(draft.committees).errors
    return _page(http, step, draft, refusals=wrong)


async def show_table_template(http: web.Request) -> web.Response:
    """Send an example of the table, as Excel opens it: CSV in UTF-8 with its mark."""
    await _check_link(http)
    headers = {"Content-Disposition": 'attachment; filename="pinhui-template.csv"'}
    body = _TEMPLATE.replace("\n", "\r\n").encode("utf-8-sig")
    return web.Response(body=body, content_type="text/csv", charset="utf-8", headers=headers)


async def _take_street(http: web.Request, draft: Draft) -> tuple[Draft, web.Response | None]:
    values = {name: clean(text) for name, text in (await form_values(http)).items()}
    names = ("name", "phone", "hall")
    name, phone, hall = (values.get(field, "") for field in names)
    draft = replace(draft, name=name, phone=phone, hall=hall)
    errors = check_words(values, names)
    return draft, _page(http, Step.STREET, draft, errors) if errors else None


async def _take_departments(http: web.Request, draft: Draft) -> tuple[Draft, web.Response | None]:
    text = (await form_values(http)).get("departments", "")
    if len(text) > _KEPT_LETTERS:
        refusal = DomainError("departments_too_many", most=MOST_DEPARTMENTS)
        return draft, _page(http, Step.DEPARTMENTS, draft, refusals=(refusal,))
    names, errors = read_departments(text)
    exempt = tuple(name for name in draft.exempt if name in names)
    draft = replace(draft, departments=text, exempt=exempt)
    answer = _page(http, Step.DEPARTMENTS, draft, refusals=tuple(errors)) if errors else None
    return draft, answer


async def _take_standing(http: web.Request, draft: Draft) -> tuple[Draft, web.Response | None]:
    chosen = {v for v in (await http.post()).getall("exempt", []) if isinstance(v, str)}
    exempt = tuple(n for n in read_departments(draft.departments)[0] if n in chosen)
    return replace(draft, exempt=exempt, exempt_chosen=True), None


async def _table_of(http: web.Request) -> str:
    """Return the pasted text, or that of the uploaded file when there is one.

    Raises:
        DomainError: when the file is neither text nor a plain workbook.
    """
    posted = await http.post()
    upload, pasted = posted.get("file"), posted.get("table", "")
    if isinstance(upload, FileField):
        content = upload.file.read()
        if content:
            return await read_upload(content)
    return pasted if isinstance(pasted, str) else ""


async def _take_committees(http: web.Request, draft: Draft) -> tuple[Draft, web.Response | None]:
    try:
        text = await _table_of(http)
    except DomainError as error:
        return draft, _page(http, Step.COMMITTEES, draft, refusals=(error,))
    kept = text if len(text) <= _KEPT_LETTERS else draft.committees
    draft = replace(draft, committees=kept)
    errors = read_committees(text).errors
    if errors:
        return draft, _page(http, Step.COMMITTEES, draft, refusals=errors)
    return draft, redirect(_address(http, Step.COMMITTEES) + "#preview")


async def _take_accounts(http: web.Request, draft: Draft) -> tuple[Draft, web.Response | None]:
    posted = await http.post()
    errors: dict[str, DomainError] = {}
    taken: dict[str, AccountDraft] = {}
    for kind, old in (("admin", draft.admin), ("office", draft.office)):
        values = {n: str(posted.get(f"{kind}_{n}", "")) for n in ("password", "again")}
        values |= {n: clean(str(posted.get(f"{kind}_{n}", ""))) for n in ("name", "shown")}
        taken[kind], wrong = await service.draft_account(old, values)
        errors |= {f"{kind}_{name}": error for name, error in wrong.items()}
    if taken["admin"].name == taken["office"].name and "office_name" not in errors:
        errors["office_name"] = DomainError("account_taken", name=taken["office"].name)
    draft = replace(draft, admin=taken["admin"], office=taken["office"])
    return draft, _page(http, Step.ACCOUNTS, draft, errors) if errors else None


Take = Callable[[web.Request, Draft], Awaitable[tuple[Draft, web.Response | None]]]
_TAKE: dict[Step, Take] = {
    Step.STREET: _take_street,
    Step.DEPARTMENTS: _take_departments,
    Step.STANDING: _take_standing,
    Step.COMMITTEES: _take_committees,
    Step.ACCOUNTS: _take_accounts,
}


async def handle_step(http: web.Request) -> web.Response:
    """Keep what a step was told, right or wrong; when right, go on to the next."""
    await _check_link(http)
    step = _step_of(http)
    if step is Step.REVIEW:
        return await _finish(http)
    draft = await service.load_draft(http.app[DRAFT])
    draft, answer = await _TAKE[step](http, draft)
    await service.save_draft(http.app[DRAFT], draft)
    if answer is not None:
        return answer
    order = list(Step)
    return redirect(_address(http, order[order.index(step) + 1]))


async def _finish(http: web.Request) -> web.Response:
    """Enter the street at once, sign its administrator in and show the sheet of links."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    admin = await service.finish_setup(db, clock, http.app[SECRET], http.app[DRAFT])
    response = redirect("/street/links?new")
    set_login_cookie(http, response, await auth.open_login(db, clock, admin, http.remote or ""))
    return response


ROUTES = [
    web.get("/setup/{token}", show_setup, name="setup"),
    web.get("/setup/{token}/template.csv", show_table_template, name="setup.template"),
    web.get("/setup/{token}/{step}", show_step, name="setup.step"),
    web.post("/setup/{token}/{step}", handle_step, name="setup.step.post"),
]
