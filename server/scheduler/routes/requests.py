"""The page of sessions: the list with where requests went."""

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Role
from server.auth.permissions import PLANNERS
from server.domain.session import SessionState
from server.merging.words.wording import speak
from server.pages.context import CLOCK, DATABASE, page, visit_of
from server.scheduler import store
from server.scheduler import workday_keeping as keeping
from server.scheduler.filing import PENDING, RequestState
from server.scheduler.store.workdays import load_workdays
from server.street import store as street

SHOWN_STATES = (SessionState.OPEN, SessionState.SCHEDULED)


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
        reasons={r.id: speak(r.reason, visit_of(http).language) for r in requests if r.reason},
        waiting=waiting,
        plans=login.role in PLANNERS,
        stranded=stranded,
    )


ROUTES = [
    web.get("/sessions", show_sessions, name="sessions"),
]
