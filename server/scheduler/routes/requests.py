"""Pages of sessions: the list with where requests went, and the proposed plan."""

from dataclasses import dataclass

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Role
from server.auth.permissions import PLANNERS
from server.domain.errors import NotFoundError
from server.domain.session import SessionState
from server.merging.instance.model import Reason
from server.merging.words.wording import say_action, say_reason, say_sentence
from server.pages.context import CLOCK, DATABASE, page, redirect, visit_of
from server.scheduler import service, store
from server.scheduler import workday_keeping as keeping
from server.scheduler.filing import PENDING, RequestState
from server.scheduler.publishing import moment_of
from server.scheduler.store.workdays import load_workdays
from server.street import store as street

SHOWN_STATES = (SessionState.OPEN, SessionState.SCHEDULED)
NUMBER_DIGITS = 9


@dataclass(frozen=True, slots=True)
class SpokenReason:
    """A reason in the visit's words."""

    text: str
    details: tuple[str, ...]
    action: str


def spoken_reason(http: web.Request, reason: Reason) -> SpokenReason:
    """Put a reason into the visit's words; a placed one says all in one sentence."""
    language = visit_of(http).language
    left_out = reason.code == "reason.left_out"
    details = reason.details if left_out else ()
    return SpokenReason(
        text=say_reason(reason, language),
        details=tuple(say_sentence(detail, language) for detail in details),
        action=say_action(reason, language),
    )


def _id(http: web.Request, name: str) -> int:
    text = http.match_info[name]
    if not text.isascii() or not text.isdigit() or len(text) > NUMBER_DIGITS:
        raise NotFoundError("no_such_page")
    return int(text)


# --- sessions and plans ------------------------------------------------------------------------


async def show_sessions(http: web.Request) -> web.Response:
    """Show the coming sessions, and the requests the login may see, each with its reason."""
    login, now = login_of(http), http.app[CLOCK].now()
    clerk = login.role is Role.CLERK
    async with http.app[DATABASE].view() as tx:
        sessions = await store.load_sessions(tx, states=SHOWN_STATES, since=now)
        names = {d.id: d.name for d in await street.load_departments(tx)}
        requests = (
            []
            if login.role is Role.SECRETARY
            else await store.load_requests(
                tx,
                names,
                states=[state for state in RequestState if state is not RequestState.DRAFT],
                department_id=login.department_id or 0 if clerk else None,
            )
        )
        proposal = await store.latest_proposal(tx)
        stranded = keeping.Stranded()
        if login.role in PLANNERS:
            stranded = await keeping.find_stranded(tx, await load_workdays(tx), now)
    waiting = [r for r in requests if r.state in PENDING]
    return page(
        http,
        "scheduler/sessions.html",
        login=login,
        sessions=sessions,
        requests=requests,
        reasons={r.id: spoken_reason(http, r.reason) for r in requests if r.reason},
        waiting=waiting,
        proposal=proposal,
        plans=login.role in PLANNERS,
        stranded=stranded,
    )


async def handle_merge(http: web.Request) -> web.Response:
    """Merge what waits into a proposal and show it."""
    plan_id = await service.propose_plan(http.app[DATABASE], http.app[CLOCK], login_of(http))
    return redirect(f"/plans/{plan_id}")


async def show_plan(http: web.Request) -> web.Response:
    """Show a plan: its sessions, what it saves, and the reason of every request."""
    async with http.app[DATABASE].view() as tx:
        proposal = await service.load_proposal(tx, _id(http, "plan"))
        table = await load_workdays(tx)
    lookup = {request.id: request for request in proposal.instance.requests}
    standing = {meeting.id: meeting for meeting in proposal.instance.standing}
    return page(
        http,
        "scheduler/plan.html",
        login=login_of(http),
        proposal=proposal,
        requests=lookup,
        standing=standing,
        departments={d.id: d.name for d in proposal.instance.departments},
        reasons=[(r, spoken_reason(http, r)) for r in proposal.plan.reasons],
        at=moment_of,
        provisional=sorted(
            {day.date.year for day in proposal.instance.days if table.is_provisional(day.date.year)}
        ),
    )


async def handle_publish(http: web.Request) -> web.Response:
    """Publish a proposal and show the sessions."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    await service.publish_plan(db, clock, login_of(http), _id(http, "plan"))
    return redirect("/sessions")


async def handle_discard(http: web.Request) -> web.Response:
    """Put a proposal aside."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    await service.discard_plan(db, clock, login_of(http), _id(http, "plan"))
    return redirect("/sessions")


ROUTES = [
    web.get("/sessions", show_sessions, name="sessions"),
    web.post("/plans", handle_merge, name="plans.post"),
    web.get("/plans/{plan}", show_plan, name="plan"),
    web.post("/plans/{plan}/publish", handle_publish, name="plan.publish.post"),
    web.post("/plans/{plan}/discard", handle_discard, name="plan.discard.post"),
]
