"""Pages of taking workbooks in: which there are, one with its preview, its template, and undo."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from server.audit.store import load_event
from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind
from server.i18n.catalogue import say
from server.intake import service
from server.intake.committees import Street
from server.intake.export import make_template
from server.intake.filled import (
    COLUMNS,
    Cell,
    choices_of,
    committee_rows,
    department_rows,
    quota_rows,
)
from server.intake.model import Kind, Plan
from server.intake.past import LONGEST
from server.intake.service import Told
from server.pages.context import (
    CLOCK,
    DATABASE,
    RENDERER,
    SECRET,
    form_values,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.scheduler.quota_keeping import site_day
from server.scheduler.quota_rules import FIRST_VERSION, LONGEST_REASON
from server.scheduler.store.quotas import load_quotas
from server.street import store as street
from server.street.cells import clean, fault_of
from server.street.reading import read_upload
from server.street.routes.desk import cut_off_retired, keeper_of

POSTS = tuple(f"intake.{kind}.post" for kind in Kind)
"""Routes whose forms carry a file."""
SHOWN_ERRORS = 20
SHOWN_CHANGES = 200
_LONGEST_NAME = 80
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _may_take(http: web.Request, kind: Kind) -> bool:
    return may_use(ROUTES_TABLE[f"intake.{kind}.post"], role_of(http))


def _kind_of(http: web.Request) -> Kind:
    """Return the kind of the address.

    Raises:
        NotFoundError: ``no_such_page`` for none, and for one that is not the login's to take in.
    """
    kind = next((kind for kind in Kind if kind == http.match_info["kind"]), None)
    if kind is None or not _may_take(http, kind):
        raise NotFoundError("no_such_page")
    return kind


async def show_kinds(http: web.Request) -> web.Response:
    """Show which tables can be taken in."""
    return page(http, "intake/kinds.html", kinds=[kind for kind in Kind if _may_take(http, kind)])


async def _kind_page(
    http: web.Request,
    kind: Kind,
    *,
    told: Told | None = None,
    found: Plan[Any] | None = None,
    refusals: Sequence[DomainError] = (),
    overtaken: DomainError | None = None,
) -> web.Response:
    """Show one kind of table; with ``found`` what it would change, or what is wrong with it."""
    event = None
    if wanted := whole_number(http.query.get("event", "")):
        async with http.app[DATABASE].view() as tx:
            event = await load_event(tx, wanted)
        own = event and event.actor == keeper_of(http).actor
        event = event if own and event and event.kind == EventKind.WORKBOOK_TAKEN else None
    wrong = [*refusals, *(found.errors if found else ())]
    return page(
        http,
        "intake/kind.html",
        status=422 if wrong else 409 if overtaken else 200,
        kind=kind,
        columns=COLUMNS[kind],
        told=told or Told(kind, ""),
        found=None if wrong else found,
        changes=found.changes[:SHOWN_CHANGES] if found else (),
        refusals=wrong[:SHOWN_ERRORS],
        more_refusals=max(len(wrong) - SHOWN_ERRORS, 0),
        longest_source=LONGEST,
        longest_reason=LONGEST_REASON,
        today=site_day(http.app[CLOCK].now()),
        event=event,
        overtaken=overtaken,
    )


async def show_kind(http: web.Request) -> web.Response:
    """Show how a kind of table is filled in, and the form that takes it."""
    return await _kind_page(http, _kind_of(http))


async def handle_table(http: web.Request) -> web.Response:
    """Look a table through and show what it would change; with ``mark`` enter what was shown."""
    kind = Kind(http.path.rpartition("/")[2])
    posted = await http.post()
    try:
        told = await _told(kind, posted)
    except DomainError as error:
        return await _kind_page(http, kind, told=Told(kind, ""), refusals=[error])
    mark = str(posted.get("mark", ""))
    overtaken = None
    if mark:
        try:
            sequence = await service.take(
                keeper_of(http), http.app[SECRET], login_of(http), told, mark=mark
            )
        except DomainError as error:
            overtaken = error
        else:
            return redirect(f"/admin/import/{kind}" + (f"?event={sequence}" if sequence else ""))
    async with http.app[DATABASE].view() as tx:
        found = await service.plan(tx, told, site_day(http.app[CLOCK].now()))
    return await _kind_page(http, kind, told=told, found=found, overtaken=overtaken)


async def _told(kind: Kind, posted: Mapping[str, Any]) -> Told:
    """Return the table that was sent: an uploaded file's before pasted text.

    Raises:
        DomainError: ``workbook_…`` or ``file_…`` for a file that cannot be read; ``field_…`` for
            words beside it, ``quota_from`` for a day that is none.
    """
    words = {name: clean(str(posted.get(name, ""))) for name in ("name", "source", "reason")}
    for text, most in ((words["source"], LONGEST), (words["reason"], LONGEST_REASON)):
        if fault := fault_of(text, most):
            raise DomainError(f"field_{fault}")
    text, name = str(posted.get("table", "")), words["name"][:_LONGEST_NAME]
    upload = posted.get("file")
    if isinstance(upload, FileField) and (content := upload.file.read()):
        text, name = await read_upload(content), clean(upload.filename)[:_LONGEST_NAME]
    valid_from = None
    if kind is Kind.QUOTAS:
        try:
            valid_from = date.fromisoformat(str(posted.get("valid_from", "")))
        except ValueError:
            raise DomainError("quota_from") from None
    return Told(kind, text, name, words["source"], valid_from, words["reason"])


async def download_template(http: web.Request) -> web.Response:
    """Send the table to fill in, with what is there now, in the language of the visit."""
    kind, language = _kind_of(http), visit_of(http).language

    def word(code: str) -> str:
        return say(language, code)

    explained = http.app[RENDERER].render(
        "intake/explained.html", language, {"kind": kind, "columns": COLUMNS[kind]}
    )
    body = await make_template(
        [word(f"import_column.{column}") for column in COLUMNS[kind]],
        await _rows(http, kind),
        names=[word(f"import.{kind}"), word("import_word.explained")],
        explained=[line for line in explained.split("\n") if line],
        choices=choices_of(kind, word),
    )
    answer = web.Response(body=body, content_type=XLSX)
    name = f"pinhui-{kind}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


async def _rows(http: web.Request, kind: Kind) -> list[list[Cell]]:
    language = visit_of(http).language

    def word(code: str) -> str:
        return say(language, code)

    async with http.app[DATABASE].view() as tx:
        committees = await street.load_committees(tx)
        if kind is Kind.DEPARTMENTS:
            serving = [d for d in await street.load_departments(tx) if not d.retired]
            return department_rows(serving, word)
        if kind is Kind.QUOTAS:
            versions = await load_quotas(tx)
            rule = (versions[-1] if versions else FIRST_VERSION).rule
            return quota_rows(committees, rule, word)
        if kind is Kind.PAST:
            return []
        people = {c.id: await street.load_staff(tx, c.id) for c in committees}
        venues = {v.committee_id: v.name for v in await street.load_venues(tx) if v.committee_id}
    return committee_rows(Street(committees, people, venues), word)


async def handle_undo(http: web.Request) -> web.Response:
    """Take a whole table back."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    kind = await service.undo(keeper_of(http), login_of(http), wanted)
    await cut_off_retired(http)
    return redirect(f"/admin/import/{kind}")


ROUTES = [
    web.get("/admin/import", show_kinds, name="intake"),
    web.post("/admin/import/undo", handle_undo, name="intake.undo.post"),
    *(
        web.post(f"/admin/import/{kind}", handle_table, name=name)
        for kind, name in zip(Kind, POSTS, strict=True)
    ),
    web.get("/admin/import/{kind}", show_kind, name="intake.kind"),
    web.get("/admin/import/{kind}/template.xlsx", download_template, name="intake.template"),
]
