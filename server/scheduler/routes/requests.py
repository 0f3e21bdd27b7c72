"""The page of sessions: the list with where requests went."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.auth.permissions import PLANNERS
from server.domain.places import Venue
from server.domain.session import Session, SessionState
from server.merging.words.wording import speak
from server.pages.context import CLOCK, DATABASE, page, visit_of
from server.scheduler import store
from server.scheduler import workday_keeping as keeping
from server.scheduler.filing import PENDING, RequestState
from server.scheduler.store.workdays import load_workdays
from server.street import store as street

SHOWN_STATES = (SessionState.OPEN, SessionState.SCHEDULED)
HELD_STATES = (SessionState.CLOSED, SessionState.ARCHIVED)
HELD_WITHIN = timedelta(days=30)
"""For how long a session that is over stands on the page, with the way to its materials."""


def _sees_materials(
    login: Login, venues: Sequence[Venue], department: str, session: Session
) -> bool:
    """Tell whether the way to a session's materials is shown; whoever opens it is asked again."""
    if login.role is Role.CLERK:
        return any(item.department == department for item in session.items)
    if login.role is Role.SECRETARY:
        own = {v.id for v in venues if v.committee_id == login.committee_id}
        return bool(own & set(session.venue_ids))
    return login.role is not Role.ADMIN


async def show_sessions(http: web.Request) -> web.Response:
    """Show the coming sessions, and the requests the login may see, each with its reason."""
    login, now = login_of(http), http.app[CLOCK].now()
    clerk = login.role is Role.CLERK
    async with http.app[DATABASE].view() as tx:
        sessions = await store.load_sessions(tx, states=SHOWN_STATES, since=now)
        over = await store.load_sessions(tx, states=HELD_STATES, since=now - HELD_WITHIN)
        venues = await street.load_venues(tx)
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
    own = names.get(login.department_id or 0, "")
    sees = partial(_sees_materials, login, venues, own)
    return page(
        http,
        "scheduler/sessions.html",
        login=login,
        sessions=sessions,
        sees=sees,
        held=[session for session in reversed(over) if sees(session)],
        requests=requests,
        reasons={r.id: speak(r.reason, visit_of(http).language) for r in requests if r.reason},
        waiting=waiting,
        plans=login.role in PLANNERS,
        stranded=stranded,
    )


ROUTES = [
    web.get("/sessions", show_sessions, name="sessions"),
]
