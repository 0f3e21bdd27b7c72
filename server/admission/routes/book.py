"""The booking form (我要拼会): look for rides, keep a draft, submit, amend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aiohttp import web
from aiohttp.web_request import FileField
from multidict import MultiDictProxy

from server.admission import store as admission
from server.admission.book_form import POSTS, BookForm, empty_form, form_of, read_form
from server.admission.files import KINDS, LARGEST_BYTES, MOST_FILES
from server.admission.model import Attachment
from server.admission.routes.desk import desk_of, to_request
from server.admission.service.desk import load_seen, may_change, require_serving
from server.admission.service.drafts import keep_typing, save_draft
from server.admission.service.files import SentFile
from server.admission.service.filing import amend_request, file_request
from server.admission.service.riding import give_advice, ride_at_once
from server.auth.guard import login_of
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.i18n import dates
from server.merging.instance.model import Mode
from server.pages.context import (
    CLOCK,
    DATABASE,
    id_of,
    many,
    page,
    redirect,
    whole_number,
)
from server.scheduler import service as merging
from server.scheduler.filing import FARTHEST, FiledRequest, RequestState
from server.scheduler.problem import Situation, first_day
from server.scheduler.publishing import moment_of
from server.scheduler.states import Step, after_step
from server.scheduler.suggest import Advice
from server.scheduler.workdays import provisional_years

Sent = MultiDictProxy[str | bytes | bytearray | FileField]
MOST_BYTES = 64 * 1024 * 1024
"""Of a form with its files: far more than may be kept, so that it is read, refused in words and
given back with all that was typed."""
HARMLESS = frozenset({"topic", "why", "text", "due"})
"""Faults that are in nobody's way when rides are looked for."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form is shown: what is known of the street, and the request that it amends."""

    situation: Situation
    request: FiledRequest | None = None
    files: tuple[Attachment, ...] = ()

    @property
    def everybody(self) -> list[int]:
        """The ids of all committees."""
        return [committee.id for committee in self.situation.committees]


async def _place(http: web.Request, request_id: int = 0) -> Place:
    async with http.app[DATABASE].view() as tx:
        situation = await merging.load_situation(tx, http.app[CLOCK].now())
        if not request_id:
            return Place(situation)
        request = await load_seen(tx, login_of(http), request_id)
        files = (await admission.load_attachments(tx, [request_id]))[request_id]
    return Place(situation, request, tuple(files))


def _advice(place: Place, form: BookForm) -> Advice | None:
    """Return what could be done with what stands in the form; None while that says too little."""
    first = first_day(place.situation)
    if set(form.faults(first, place.everybody)) - HARMLESS:
        return None
    return give_advice(place.situation, form.filing(first, place.everybody))


def _page(
    http: web.Request,
    place: Place,
    form: BookForm,
    *,
    errors: Mapping[str, DomainError] | None = None,
    overtaken: bool = False,
) -> web.Response:
    request = place.request
    wished = next((s for s in place.situation.sessions if s.id == form.wish_id), None)
    first = first_day(place.situation)
    more = form.earliest or form.since or form.till or form.mode is not Mode.EITHER
    return page(
        http,
        "admission/book.html",
        status=409 if overtaken else 422 if errors else 200,
        form=form,
        request=request,
        files=place.files,
        drafting=request is None or request.state is RequestState.DRAFT,
        first=first,
        provisional=provisional_years(
            place.situation.workdays, first, min(form.deadline or first, first + FARTHEST)
        ),
        posts=POSTS,
        modes=tuple(Mode),
        committees=place.situation.committees,
        departments=[d for d in place.situation.departments if not d.retired],
        chooses=login_of(http).department_id is None,
        advice=_advice(place, form),
        wished=wished,
        errors=errors or {},
        overtaken=overtaken,
        more=bool(
            more or form.urgent or place.files or set(errors or ()) & {"hours", "why", "file"}
        ),
        kinds="".join(f"{kind}," for kind in KINDS).rstrip(","),
        most_files=MOST_FILES,
        largest=LARGEST_BYTES // 1024 // 1024,
        largest_bytes=LARGEST_BYTES,
        saved=http.query.get("saved") == "1",
        at=moment_of,
    )


async def show_book(http: web.Request) -> web.Response:
    """Show the form with the usual values; ``session`` in the address names a ride."""
    place, login = await _place(http), login_of(http)
    own = login.department_id or 0
    require_serving(place.situation.departments, own)
    form = empty_form(first_day(place.situation), place.everybody, own)
    wish = whole_number(http.query.get("session", "")) or None
    return _page(http, place, replace(form, wish_id=wish))


async def show_edit(http: web.Request) -> web.Response:
    """Show the form of a request that can still be amended."""
    place = await _place(http, id_of(http, "request"))
    if place.request is None or not may_change(login_of(http), place.request):
        raise NotFoundError("no_such_request")
    after_step(place.request.state, Step.AMEND)
    return _page(http, place, form_of(place.request, place.everybody))


async def _sent(http: web.Request, place: Place) -> tuple[Sent, BookForm]:
    sent = await http.post()
    form = read_form(
        {name: value for name, value in sent.items() if isinstance(value, str)},
        posts=[str(post) for post in sent.getall("post", [])],
        committees=many(str(c) for c in sent.getall("committee", [])),
        everybody=place.everybody,
        department_id=login_of(http).department_id,
    )
    return sent, form


def _files(sent: Sent) -> Sequence[SentFile]:
    fields = sent.getall("file", [])
    return [(f.filename, f.file.read()) for f in fields if isinstance(f, FileField)]


async def handle_book(http: web.Request) -> web.Response:
    """Look for rides, keep a draft, or submit; what is refused comes back as it was typed."""
    return await _handle(http, await _place(http))


async def handle_edit(http: web.Request) -> web.Response:
    """The same for a request that is there already."""
    return await _handle(http, await _place(http, id_of(http, "request")))


async def _handle(http: web.Request, place: Place) -> web.Response:
    sent, form = await _sent(http, place)
    do = str(sent.get("do", ""))
    if do == "look":
        return _page(http, place, form)
    try:
        if do in ("save", "keep"):
            return await _keep(http, place, form, sent)
        return await _submit(http, place, form, sent)
    except ConflictError as refusal:
        if refusal.code != "changed_meanwhile":
            raise
        if do == "keep":
            return web.json_response({"code": refusal.code}, status=409)
        fresh = await _place(http, place.request.id if place.request else 0)
        version = fresh.request.version if fresh.request else 0
        return _page(http, fresh, replace(form, version=version), overtaken=True)
    except DomainError as refusal:
        if not refusal.code.startswith("file_"):
            raise
        return _page(http, place, form, errors={"file": refusal})


async def _keep(http: web.Request, place: Place, form: BookForm, sent: Sent) -> web.Response:
    """Keep what was typed: for a script an answer in JSON, else the page of the draft."""
    desk = desk_of(http)
    filing = form.filing(first_day(place.situation), place.everybody)
    version = form.version
    if place.request is None:
        # a script keeps words only: files go with the form itself
        files = _files(sent) if sent.get("do") == "save" else ()
        request_id = await save_draft(desk, filing, files, wish_id=form.wish_id)
        version = 1
    else:
        request_id = place.request.id
        files = _files(sent) if sent.get("do") == "save" else ()
        version = await keep_typing(desk, request_id, filing, files, version=version)
    if sent.get("do") == "keep":
        now = dates.clock_time(http.app[CLOCK].now())
        return web.json_response({"id": request_id, "version": version, "at": now})
    return redirect(f"/requests/{request_id}/edit?saved=1")


async def _submit(http: web.Request, place: Place, form: BookForm, sent: Sent) -> web.Response:
    """Submit or amend, and take the ride that was chosen when that is legal."""
    desk = desk_of(http)
    first = first_day(place.situation)
    filing = form.filing(first, place.everybody)
    if faults := form.faults(first, place.everybody):
        return await _refuse(http, place, (form, sent), faults)
    if place.request is None:
        request_id = await file_request(desk, filing, _files(sent), wish_id=form.wish_id)
    else:
        request_id = place.request.id
        await amend_request(desk, request_id, filing, _files(sent), version=form.version)
    ride = whole_number(str(sent.get("ride", ""))) or form.wish_id
    if ride:
        await ride_at_once(desk, request_id, ride)
    return to_request(request_id)


async def _refuse(
    http: web.Request,
    place: Place,
    typed: tuple[BookForm, Sent],
    faults: Mapping[str, DomainError],
) -> web.Response:
    """Show the form again as it was typed; what was typed anew is kept as a draft meanwhile."""
    form, sent = typed
    known = {d.id for d in place.situation.departments if not d.retired}
    if place.request is not None or form.department_id not in known:
        return _page(http, place, form, errors=faults)
    filing = form.filing(first_day(place.situation), place.everybody)
    draft_id = await save_draft(desk_of(http), filing, _files(sent), wish_id=form.wish_id)
    kept = await _place(http, draft_id)
    return _page(http, kept, replace(form, version=1), errors=faults)


ROUTES = [
    web.get("/book", show_book, name="book"),
    web.post("/book", handle_book, name="book.post"),
    web.get("/requests/{request}/edit", show_edit, name="request.edit"),
    web.post("/requests/{request}/edit", handle_edit, name="request.edit.post"),
]
