"""The first screen of each role: the answer first, then the one main button."""

from dataclasses import dataclass

from aiohttp import web

from server.auth.guard import login_of, role_of
from server.auth.model import Login, Role
from server.conference.routes import CONFERENCES
from server.domain.places import Department
from server.domain.session import Session, SessionState
from server.i18n.dates import site_date
from server.pages.context import CLOCK, DATABASE, page
from server.portal.guides import guide, guide_of
from server.portal.home import live_now, week_of, with_room
from server.scheduler import store as scheduler
from server.scheduler.filing import PENDING, Approval, FiledRequest
from server.street import store as street

COMING = (SessionState.OPEN, SessionState.SCHEDULED)
_TEMPLATES = {
    Role.OFFICE: "portal/home_office.html",
    Role.LEADER: "portal/home_leader.html",
    Role.CLERK: "portal/home_clerk.html",
    Role.SECRETARY: "portal/home_secretary.html",
    Role.AUDITOR: "portal/home_auditor.html",
    Role.ADMIN: "portal/home_admin.html",
}


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the first screens are made of."""

    coming: list[Session]
    held: list[Session]
    requests: list[FiledRequest]
    departments: dict[int, Department]

    @property
    def waiting(self) -> list[FiledRequest]:
        """Requests that the next merge tries to place."""
        return [r for r in self.requests if r.state in PENDING]


async def _facts(http: web.Request, login: Login) -> _Facts:
    only = (login.department_id or 0) if login.role is Role.CLERK else None
    async with http.app[DATABASE].view() as tx:
        departments = {d.id: d for d in await street.load_departments(tx)}
        names = {d.id: d.name for d in departments.values()}
        return _Facts(
            coming=await scheduler.load_sessions(tx, states=COMING, since=http.app[CLOCK].now()),
            held=(await scheduler.load_sessions(tx, states=[SessionState.CLOSED]))[-6:][::-1],
            requests=await scheduler.load_requests(tx, names, department_id=only),
            departments=departments,
        )


async def show_home(http: web.Request) -> web.Response:
    """Show what matters now to the role of the login."""
    login, now = login_of(http), http.app[CLOCK].now()
    facts = await _facts(http, login)
    async with http.app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
    own = next((v for v in venues if v.committee_id and v.committee_id == login.committee_id), None)
    conferences = http.app[CONFERENCES].running
    open_ids = [conference.state.session_id for conference in conferences]
    scheduled = [s for s in facts.coming if s.state is SessionState.SCHEDULED]
    return page(
        http,
        _TEMPLATES[login.role],
        now=now,
        coming=facts.coming,
        scheduled=scheduled,
        opened=[s for s in facts.coming if s.id in open_ids],
        live=live_now(conferences[-1].state) if conferences else None,
        held=facts.held,
        requests=facts.requests[:8],
        waiting=facts.waiting,
        undecided=[r for r in facts.waiting if r.approval is Approval.PENDING],
        shared=with_room(scheduled),
        week=week_of(facts.coming, own, site_date(now)),
        own=own,
        next_own=next((s for s in facts.coming if own and own.id in s.venue_ids), None),
    )


async def show_help(http: web.Request) -> web.Response:
    """List the guides; the one written for the login's role is marked."""
    return page(http, "portal/help.html", own=guide_of(role_of(http)))


async def show_guide(http: web.Request) -> web.Response:
    """Show one guide."""
    name = http.match_info["guide"]
    return page(http, "portal/guide.html", name=name, body=guide(name))


ROUTES = [
    web.get("/", show_home, name="home"),
    web.get("/help", show_help, name="help"),
    web.get("/help/{guide}", show_guide, name="help.guide"),
]
