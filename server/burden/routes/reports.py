"""The page of a report: whom it is about, which days, and what is saved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from aiohttp import web

from server.auth.guard import login_of, role_of
from server.auth.model import Login, Role
from server.auth.permissions import ROUTES, may_use
from server.burden import service
from server.burden.periods import Chosen, Kind, around, own, parse
from server.burden.report import About, BurdenReport, Subject, parse_about
from server.burden.service import Shown
from server.burden.store import SavedFilter
from server.domain.errors import NotFoundError
from server.domain.places import Post
from server.i18n.catalogue import say
from server.i18n.dates import site_date
from server.pages.context import CLOCK, DATABASE, page, visit_of
from server.street import store as street

_READERS = frozenset({Role.OFFICE, Role.LEADER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for."""

    about: About
    chosen: Chosen


def asked_of(http: web.Request, told: dict[str, str] | None = None) -> Asked:
    """Read what is asked for, and let committees and departments see their own only.

    Args:
        http: whose address it is.
        told: a posted form instead of the address.

    Raises:
        NotFoundError: ``no_such_page``.
    """
    login, today = login_of(http), today_of(http)
    query = dict(http.query) if told is None else told
    about = parse_about(query["about"]) if "about" in query else service.own_subject(login)
    if about is None:
        raise NotFoundError("no_such_page")
    service.require_allowed(about, login)
    if query.get("from") and query.get("to"):
        chosen = parse(f"{query['from']}--{query['to']}", today)
    else:
        chosen = parse(query.get("period", ""), today)
    return Asked(about, chosen)


def today_of(http: web.Request) -> date:
    """Return the day at the site."""
    return site_date(http.app[CLOCK].now())


async def read(http: web.Request, asked: Asked, form: str) -> Shown:
    """Return a report; that it was read in this form is recorded first."""
    login = login_of(http)
    return await service.read_report(
        http.app[DATABASE],
        http.app[CLOCK],
        asked.about,
        asked.chosen,
        actor=service.actor_of(login),
        name=login.display_name,
        form=form,
    )


@dataclass(frozen=True, slots=True)
class View:
    """What stands around a report's figures: other days, other subjects, and who may what."""

    asked: Asked
    kinds: list[tuple[str, str]]
    subjects: list[tuple[str, str]]
    committee_links: dict[int, str]
    department_links: dict[str, str]
    may_open: bool
    may_enter: bool
    may_compare: bool

    def address(self, period: str, path: str = "/reports") -> str:
        """Return the address of the same for other days."""
        return address(self.asked.about, period, path)

    @property
    def saved_period(self) -> str:
        """How these days are saved: a kind that moves with today, or days of one's own."""
        chosen = self.asked.chosen
        return chosen.key if chosen.kind is Kind.OWN else chosen.kind.value


def address(about: About, period: str, path: str = "/reports") -> str:
    """Return the address of a report."""
    return f"{path}?{urlencode({'about': about.key, 'period': period})}"


async def show_report(http: web.Request) -> web.Response:
    """Show a report."""
    asked, login = asked_of(http), login_of(http)
    shown = await read(http, asked, "page")
    kept = await service.load_filters(http.app[DATABASE], login)
    subjects = await _subjects(http, login)
    return page(
        http,
        "burden/report.html",
        report=shown.report,
        posts=list(Post),
        view=_view(http, asked, subjects, shown.report),
        filters=_filters(http, kept, dict(subjects)),
    )


async def _subjects(http: web.Request, login: Login) -> list[tuple[str, str]]:
    """Return whom a login may look at, by key and name; the street's name is empty."""
    if login.role not in _READERS:
        return [(service.own_subject(login).key, login.display_name)]
    async with http.app[DATABASE].view() as tx:
        committees = await street.load_committees(tx)
        departments = await street.load_departments(tx)
    return [
        ("street", ""),
        *((f"committee-{c.id}", f"{c.number:02d} {c.name}") for c in committees),
        *((f"department-{d.id}", d.name) for d in departments),
    ]


def _view(
    http: web.Request, asked: Asked, subjects: list[tuple[str, str]], report: BurdenReport
) -> View:
    role, chosen = role_of(http), asked.chosen
    day = min(chosen.last, today_of(http))
    others = [(about, name) for key, name in subjects if (about := parse_about(key)) is not None]
    return View(
        asked=asked,
        kinds=[(k.value, around(k, day).key) for k in Kind if k is not Kind.OWN],
        subjects=subjects,
        committee_links={
            report.venue_of[about.id]: address(about, chosen.key)
            for about, _ in others
            if about.subject is Subject.COMMITTEE and about.id in report.venue_of
        },
        department_links={
            name: address(about, chosen.key)
            for about, name in others
            if about.subject is Subject.DEPARTMENT
        },
        may_open=may_use(ROUTES["attendance.session"], role),
        may_enter=may_use(ROUTES["reports.baseline.post"], role),
        may_compare=may_use(ROUTES["reports.streets"], role),
    )


@dataclass(frozen=True, slots=True)
class FilterShown:
    """A saved filter as the page shows it."""

    id: int
    name: str
    period: str
    address: str
    monthly: bool


def _filters(
    http: web.Request, kept: Iterable[SavedFilter], names: dict[str, str]
) -> list[FilterShown]:
    language, today = visit_of(http).language, today_of(http)
    found = []
    for one in kept:
        about = parse_about(one.about)
        if about is None or one.about not in names:
            continue
        chosen = resolve(one.period, today)
        days = f"{chosen.first.isoformat()} – {chosen.last.isoformat()}"
        words = days if chosen.kind is Kind.OWN else say(language, f"report_period.{chosen.kind}")
        found.append(
            FilterShown(
                id=one.id,
                name=names[one.about],
                period=words,
                address=address(about, chosen.key),
                monthly=one.monthly,
            )
        )
    return found


def resolve(period: str, today: date) -> Chosen:
    """Return the days that a saved period means today."""
    if period in {kind.value for kind in Kind if kind is not Kind.OWN}:
        return around(Kind(period), today)
    chosen = parse(period, today)
    return own(chosen.first, chosen.last)
