"""The first screen of each role: the answer first, then the one main button."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from server.admission.history import HistoryStep, history_of, names_request
from server.admission.service.desk import may_see
from server.admission.service.word import Docket, load_docket
from server.audit.store import load_recorded
from server.auth import store as accounts
from server.auth.guard import login_of, role_of
from server.auth.model import Login, Role
from server.auth.routes.sign_in import own_path
from server.backup.service import load_standing
from server.backup.words import words_of
from server.conference.routes import CONFERENCES
from server.db.engine import Tx
from server.digest.views import load_own
from server.domain.errors import NotFoundError
from server.domain.events import EventKind, Recorded
from server.domain.places import Department
from server.domain.session import Session, SessionState
from server.i18n.dates import site_date
from server.mail import service as mail
from server.mail import store as letters
from server.mail.jobs import Postman
from server.mail.model import LetterState
from server.mail.receiving import Collector
from server.pages.context import CLOCK, DATABASE, many, page, redirect
from server.portal.guides import guide, guide_of
from server.portal.home import live_now, week_of, with_room
from server.scheduler import store as scheduler
from server.scheduler.filing import PENDING, FiledRequest, RequestState
from server.scheduler.quota_keeping import load_facts
from server.scheduler.store.workdays import load_workdays
from server.standing.service.calls import Asked, load_asked
from server.street import store as street

POSTMAN: web.AppKey[Postman] = web.AppKey("postman", Postman)
COLLECTOR: web.AppKey[Collector | None] = web.AppKey("collector", Collector)
"""Reads the mailbox that answers come to, None while none is set."""
LETTER_DAYS: web.AppKey[int] = web.AppKey("letter_days", int)

BACKS_UP: web.AppKey[bool] = web.AppKey("backs_up", bool)
"""Whether backups are made by themselves."""

STUCK = (LetterState.FAILED, LetterState.UNSURE)
ANSWERS = (
    EventKind.REQUEST_GRANTED,
    EventKind.REQUEST_REFUSED,
    EventKind.REQUEST_RETURNED,
    EventKind.OVERRUN_GRANTED,
    EventKind.OVERRUN_REFUSED,
)
ANSWERED_WITHIN, MOST_ANSWERS = timedelta(days=7), 4
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
    docket: Docket
    answers: list[tuple[FiledRequest, HistoryStep]]

    @property
    def waiting(self) -> list[FiledRequest]:
        """Requests that the next merge tries to place."""
        return [r for r in self.requests if r.state in PENDING]


async def _facts(http: web.Request, login: Login) -> _Facts:
    only = (login.department_id or 0) if login.role is Role.CLERK else None
    async with http.app[DATABASE].view() as tx:
        departments = {d.id: d for d in await street.load_departments(tx)}
        names = {d.id: d.name for d in departments.values()}
        seen = await scheduler.load_requests(tx, names, department_id=only)
        requests = [request for request in seen if may_see(login, request)]
        return _Facts(
            coming=await scheduler.load_sessions(tx, states=COMING, since=http.app[CLOCK].now()),
            held=(await scheduler.load_sessions(tx, states=[SessionState.CLOSED]))[-6:][::-1],
            requests=requests,
            departments=departments,
            docket=await load_docket(tx, site_date(http.app[CLOCK].now())),
            answers=await _answers(tx, login, requests, http.app[CLOCK].now()),
        )


async def _answers(
    tx: Tx, login: Login, requests: list[FiledRequest], now: datetime
) -> list[tuple[FiledRequest, HistoryStep]]:
    """Return what leaders and the office have lately said of a clerk's requests, latest first."""
    if login.role is not Role.CLERK:
        return []
    events = await load_recorded(tx, kinds=ANSWERS)
    late = [event for event in events if now - event.at <= ANSWERED_WITHIN]
    names = {a.id: a.display_name for a in await accounts.load_accounts(tx)}
    found = [
        (request, step)
        for request in requests
        for step in history_of(request.number, _naming(request, late), names)
    ]
    return sorted(found, key=lambda answer: answer[1].at, reverse=True)[:MOST_ANSWERS]


def _naming(request: FiledRequest, events: list[Recorded]) -> list[Recorded]:
    return [event for event in events if names_request(event.payload, request.number)]


async def show_home(http: web.Request) -> web.Response:
    """Show what matters now to the role of the login."""
    login, now = login_of(http), http.app[CLOCK].now()
    facts = await _facts(http, login)
    async with http.app[DATABASE].view() as tx:
        venues = await street.load_venues(tx)
        table = await load_workdays(tx)
        quotas = await load_facts(tx, now) if login.role is Role.SECRETARY else None
        lately = await scheduler.load_sessions(
            tx, states=[SessionState.CLOSED], since=now - timedelta(days=7)
        )
        digest = await load_own(tx, login, now) if login.role is Role.SECRETARY else None
        clerk = login.role is Role.CLERK
        asked = await load_asked(tx, login.department_id, now) if clerk else Asked((), ())
        backup = await load_standing(tx) if login.role is Role.ADMIN else None
    own = next((v for v in venues if v.committee_id and v.committee_id == login.committee_id), None)
    conferences = http.app[CONFERENCES].running
    open_ids = [conference.state.session_id for conference in conferences]
    scheduled = [s for s in facts.coming if s.state is SessionState.SCHEDULED]
    week = week_of([*lately, *facts.coming], own, site_date(now), table)
    return page(
        http,
        _TEMPLATES[login.role],
        now=now,
        coming=facts.coming,
        scheduled=scheduled,
        opened=[s for s in facts.coming if s.id in open_ids],
        live=live_now(conferences[-1].state) if conferences else None,
        held=facts.held,
        requests=[r for r in facts.requests if r.state is not RequestState.DRAFT][:8],
        drafts=[r for r in facts.requests if r.state is RequestState.DRAFT],
        waiting=facts.waiting,
        docket=facts.docket,
        answers=facts.answers,
        asked=asked,
        backup=backup,
        backs_up=http.app[BACKS_UP],
        backup_failed=words_of(backup.failed, backup.params or {}) if backup else None,
        own_department=login.department_id,
        shared=with_room(scheduled),
        week=week,
        quota=quotas.week_of(login.committee_id, week[0].on) if quotas else None,
        digest=digest,
        own=own,
        next_own=next((s for s in facts.coming if own and own.id in s.venue_ids), None),
    )


async def show_letters(http: web.Request) -> web.Response:
    """Show whether letters go out, those that are stuck, and the latest."""
    async with http.app[DATABASE].view() as tx:
        counts = await letters.count_letters(tx)
        stuck = await letters.load_letters(tx, states=STUCK)
        latest = await letters.load_letters(tx, states=tuple(LetterState), limit=50)
    return page(
        http,
        "portal/letters.html",
        server=http.app[POSTMAN].server,
        trouble=http.app[POSTMAN].trouble,
        collector=http.app[COLLECTOR],
        kept_days=http.app[LETTER_DAYS],
        counts=counts,
        stuck=stuck,
        latest=latest,
        is_again="again" in http.query,
    )


async def handle_again(http: web.Request) -> web.Response:
    """Let a letter that is stuck go out again."""
    found = many([http.match_info["letter"]])
    if not found:
        raise NotFoundError("no_such_page")
    await mail.send_again(http.app[DATABASE], http.app[CLOCK], found[0])
    return redirect("/admin/letters?again")


async def show_help(http: web.Request) -> web.Response:
    """List the guides; the one written for the login's role is marked."""
    return page(http, "portal/help.html", own=guide_of(role_of(http)))


async def show_guide(http: web.Request) -> web.Response:
    """Show one guide."""
    name = http.match_info["guide"]
    return page(http, "portal/guide.html", name=name, body=guide(name))


async def show_browser(http: web.Request) -> web.Response:
    """Show in pictures how a browser that cannot take part is changed for one that can.

    Whoever is sent here may see nothing but plain HTML: no script and no stylesheet of ours works
    in a browser of before 2015.
    """
    return page(http, "portal/browser.html", back=own_path(http.query.get("next", "/")))


ROUTES = [
    web.get("/browser", show_browser, name="browser"),
    web.get("/", show_home, name="home"),
    web.get("/admin/letters", show_letters, name="letters"),
    web.post("/admin/letters/{letter}/again", handle_again, name="letters.again.post"),
    web.get("/help", show_help, name="help"),
    web.get("/help/{guide}", show_guide, name="help.guide"),
]
