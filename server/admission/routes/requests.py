"""The list of requests, and a request's own page: its history, its files, what can be done."""

from aiohttp import web

from server.admission import store as admission
from server.admission.history import KINDS, history_of
from server.admission.listing import SHOWN, count, narrow, read_filters
from server.admission.model import is_coordinated, waits_for_word
from server.admission.routes.desk import desk_of, remark_in, to_request, told_by
from server.admission.service.desk import load_seen, may_change, may_see
from server.admission.service.drafts import copy_request
from server.admission.service.files import load_file, remove_file
from server.admission.service.filing import withdraw_request
from server.admission.service.making_known import (
    make_known,
    may_be_made_known,
    undo_made_known,
)
from server.admission.service.office import refer_request, return_request, take_out
from server.admission.service.overruns import ask_overrun
from server.audit.store import load_event, load_recorded
from server.auth import store as accounts
from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.db.engine import Tx
from server.domain.errors import DomainError
from server.domain.session import Session
from server.merging.words.wording import speak
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.pages.files import hand_out
from server.pages.middleware import status_of
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest
from server.scheduler.problem import first_day
from server.scheduler.states import Step, may_step
from server.scheduler.store.overruns import load_overruns
from server.street import store as street

PAGE = 100
"""Requests on one page of the list."""


async def _seen(tx: Tx, login: Login) -> list[FiledRequest]:
    names = {d.id: d.name for d in await street.load_departments(tx)}
    own = (login.department_id or 0) if login.role is Role.CLERK else None
    requests = await store.load_requests(tx, names, department_id=own)
    return [request for request in requests if may_see(login, request)]


async def show_requests(http: web.Request) -> web.Response:
    """Show the requests that the login may see, narrowed by what the address says."""
    login, filters = login_of(http), read_filters(http.query)
    async with http.app[DATABASE].view() as tx:
        seen = await _seen(tx, login)
        departments = await street.load_departments(tx)
    shown = narrow(seen, filters)
    return page(
        http,
        "admission/requests.html",
        login=login,
        filters=filters,
        views=SHOWN,
        counts=count(seen),
        requests=shown[:PAGE],
        more=max(0, len(shown) - PAGE),
        departments=departments if login.role is not Role.CLERK else [],
        reasons={r.id: speak(r.reason, visit_of(http).language) for r in shown[:PAGE] if r.reason},
        waits_for_word=waits_for_word,
        is_coordinated=is_coordinated,
    )


async def show_request(http: web.Request) -> web.Response:
    """Show one request: where it is and why, what happened, and what can be done with it."""
    return await _request_page(http)


async def _request_page(
    http: web.Request, refusal: DomainError | None = None, remark: str = ""
) -> web.Response:
    login, request_id = login_of(http), id_of(http, "request")
    sequence = whole_number(http.query.get("event", ""))
    async with http.app[DATABASE].view() as tx:
        request = await load_seen(tx, login, request_id)
        files = (await admission.load_attachments(tx, [request_id]))[request_id]
        events = await load_recorded(tx, kinds=KINDS, naming=request.number)
        names = {a.id: a.display_name for a in await accounts.load_accounts(tx)}
        committees = {c.id: c for c in await street.load_committees(tx)}
        overruns = await load_overruns(tx, request_id)
        session = await _session(tx, request)
        event = await load_event(tx, sequence) if sequence else None
    desk = desk_of(http)
    told = event if event and event.actor == desk.actor and event.kind in KINDS else None
    return page(
        http,
        "admission/request.html",
        status=status_of(refusal) if refusal else 200,
        refused=refusal,
        remark=remark,
        login=login,
        request=request,
        files=files,
        steps=history_of(request.number, events, names),
        committees=committees,
        overruns=overruns,
        session=session,
        reason=speak(request.reason, visit_of(http).language) if request.reason else None,
        event=told,
        changes=may_change(login, request),
        office=login.role is Role.OFFICE,
        can={
            str(step): may_step(request.state, step) and request.issued_at is None for step in Step
        },
        referable=is_coordinated(request),
        waits_for_word=waits_for_word(request),
        pending=request.state in PENDING,
        knowable=may_be_made_known(request),
        asks_overrun=_asks_overrun(request),
        granted=request.approval is Approval.GRANTED,
    )


def _asks_overrun(request: FiledRequest) -> bool:
    """Tell whether quotas are among what kept a request out."""
    rules = {d.params.get("rule") for d in request.reason.details} if request.reason else set()
    return request.state in PENDING and "rule.quota" in rules


async def _session(tx: Tx, request: FiledRequest) -> Session | None:
    if request.session_id is None:
        return None
    return await store.load_session(tx, request.session_id)


# --- what is done with one ---------------------------------------------------------------------


async def _refused(http: web.Request, refusal: DomainError) -> web.StreamResponse:
    """Say on the request's own page what a button was refused, as things are now."""
    return await _request_page(http, refusal, await remark_in(http))


_told = told_by(_refused)


@_told
async def handle_withdraw(http: web.Request) -> web.Response:
    """Take a request back, or throw a draft away."""
    request_id = id_of(http, "request")
    await withdraw_request(desk_of(http), request_id)
    return redirect("/requests")


@_told
async def handle_copy(http: web.Request) -> web.Response:
    """Copy a request into a draft and show it."""
    async with http.app[DATABASE].view() as tx:
        situation = await merging.load_situation(tx, http.app[CLOCK].now())
    draft = await copy_request(desk_of(http), id_of(http, "request"), first_day(situation))
    return redirect(f"/requests/{draft}/edit")


@_told
async def handle_return(http: web.Request) -> web.Response:
    """Send a request back to its department."""
    request_id = id_of(http, "request")
    done = await return_request(desk_of(http), request_id, await remark_in(http))
    return to_request(request_id, done)


@_told
async def handle_refer(http: web.Request) -> web.Response:
    """Put a request before the leader."""
    request_id = id_of(http, "request")
    return to_request(request_id, await refer_request(desk_of(http), request_id))


@_told
async def handle_take_out(http: web.Request) -> web.Response:
    """Take a placed request out of its session."""
    request_id = id_of(http, "request")
    return to_request(request_id, await take_out(desk_of(http), request_id))


@_told
async def handle_overrun(http: web.Request) -> web.Response:
    """Ask a leader to let a request exceed quotas."""
    request_id = id_of(http, "request")
    done = await ask_overrun(desk_of(http), request_id, await remark_in(http))
    return to_request(request_id, done)


@_told
async def handle_make_known(http: web.Request) -> web.Response:
    """Put a request into the next weekly digest instead of a session."""
    request_id = id_of(http, "request")
    return to_request(request_id, await make_known(desk_of(http), request_id))


async def handle_undo(http: web.Request) -> web.Response:
    """Take back that a request is only to be made known."""
    sequence = whole_number((await form_values(http)).get("event", ""))
    return to_request(*await undo_made_known(desk_of(http), sequence))


# --- files -------------------------------------------------------------------------------------


async def show_file(http: web.Request) -> web.Response:
    """Hand out a file, as a download and as nothing else, whatever it says it is."""
    name, data = await load_file(desk_of(http), id_of(http, "request"), id_of(http, "file"))
    return hand_out(data, name)


async def handle_remove_file(http: web.Request) -> web.Response:
    """Take a file off a request."""
    request_id = id_of(http, "request")
    await remove_file(desk_of(http), request_id, id_of(http, "file"))
    return redirect(f"/requests/{request_id}/edit")


ROUTES = [
    web.get("/requests", show_requests, name="requests"),
    web.get("/requests/{request}", show_request, name="request"),
    web.post("/requests/{request}/withdraw", handle_withdraw, name="request.withdraw.post"),
    web.post("/requests/{request}/copy", handle_copy, name="request.copy.post"),
    web.post("/requests/{request}/return", handle_return, name="request.send_back.post"),
    web.post("/requests/{request}/refer", handle_refer, name="request.refer.post"),
    web.post("/requests/{request}/take-out", handle_take_out, name="request.take_out.post"),
    web.post("/requests/undo", handle_undo, name="request.undo.post"),
    web.post("/requests/{request}/made-known", handle_make_known, name="request.make_known.post"),
    web.post("/requests/{request}/overrun", handle_overrun, name="request.overrun.post"),
    web.get("/requests/{request}/files/{file}", show_file, name="request.file"),
    web.post(
        "/requests/{request}/files/{file}/remove",
        handle_remove_file,
        name="request.file.remove.post",
    ),
]
