"""The page of sessions: the list with where requests went."""

from dataclasses import dataclass

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Role
from server.auth.permissions import PLANNERS
from server.domain.session import SessionState
from server.merging.instance.model import Reason
from server.merging.words.wording import say_action, say_reason, say_sentence
from server.pages.context import CLOCK, DATABASE, page, visit_of
from server.scheduler import store
from server.scheduler import workday_keeping as keeping
from server.scheduler.filing import PENDING, RequestState
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
        plans=login.role in PLANNERS,
        stranded=stranded,
    )


ROUTES = [
    web.get("/sessions", show_sessions, name="sessions"),
]
