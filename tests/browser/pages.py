"""Every page with who may see it; pictures and accessibility are looked at page by page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, BrowserContext, Page

from server.auth.permissions import ROUTES, may_use
from server.domain.clock import SystemClock
from server.i18n.dates import site_date
from server.portal.guides import GUIDES, guide_of
from server.scheduler.workdays import week_of
from server.simulator.demo import PASSWORD
from server.simulator.demo_street import ACCOUNTS
from tests.browser.chromium import new_context, sign_in, visit
from tests.browser.servers import Demo

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
VISITOR = "visitor"
VENUE_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Stop:
    """One page: its route's name, its path, and what stands on it once it is ready."""

    route: str
    path: str
    ready: str = "main"


def stops(session: int, account: str) -> list[Stop]:
    """Return every page that an account may see, with the ids of a demo in their paths.

    Args:
        session: the open one.
        account: its name; that of nobody for a visitor.
    """
    role = {name: role for name, _, role, *_ in ACCOUNTS}.get(account)
    found = [
        Stop("home", "/"),
        Stop("home", "/no-such-page"),
        Stop("book", "/book"),
        Stop("requests", "/requests"),
        Stop("requests", "/requests?show=waiting&q=%E7%94%B5"),
        Stop("request", "/requests/21"),
        Stop("request", "/requests/1"),
        Stop("request.edit", "/requests/21/edit"),
        Stop("approve", "/approve"),
        Stop("sessions", "/sessions"),
        Stop("standing", "/standing"),
        Stop("standing.new", "/standing/new"),
        Stop("standing.meeting", "/standing/1"),
        Stop("standing.move", "/standing/1/sessions/1"),
        Stop("calls", "/calls"),
        Stop("call", "/calls/1"),
        Stop("digest", "/digest"),
        Stop("digest.week", f"/digest/{week_of(site_date(SystemClock().now()))}"),
        Stop("board", "/board", "body[data-ready]"),
        Stop("board", "/board?weeks=5", "body[data-ready]"),
        Stop("board.versions", "/board/versions"),
        Stop("board.version", "/board/versions/1"),
        Stop("board.diff", "/board/versions/1/1"),
        Stop("quota", "/quota"),
        Stop("quota.committee", f"/quota/committees/{VENUE_SHOWN}"),
        Stop("quota.rules", "/quota/rules"),
        Stop("workdays", "/workdays"),
        Stop("workdays.year", "/workdays/2027"),
        Stop("workdays.history", "/workdays/history"),
        Stop("attendance", "/attendance"),
        Stop("attendance.session", f"/attendance/{session}"),
        Stop("attendance.items", f"/attendance/{session}/items"),
        Stop("attendance.people", f"/attendance/{session}/people"),
        Stop("attendance.rules", "/attendance/rules"),
        Stop("leave", "/leave"),
        Stop("attendance.own", "/attendance/mine"),
        Stop("corrections", f"/attendance/{session}/corrections"),
        Stop("reports", "/reports"),
        Stop("reports.baseline", "/reports/baseline"),
        Stop("reports.streets", "/reports/streets"),
        Stop("verify", "/verify"),
        Stop("browser", "/browser", "[role=main]"),
        Stop("help", "/help"),
        Stop("help.guide", f"/help/{guide_of(role) or GUIDES[-1]}"),
        Stop("street", "/street"),
        Stop("links", "/street/links"),
        Stop("checks", "/checks"),
        Stop("desk", "/admin/street"),
        Stop("desk.office", "/admin/street/office"),
        Stop("desk.department", "/admin/street/departments/4"),
        Stop("desk.committee", "/admin/street/committees/12"),
        Stop("desk.committee", "/admin/street/committees/new"),
        Stop("accounts", "/admin/accounts"),
        Stop("accounts.edit", "/admin/accounts/3"),
        Stop("accounts.password", "/admin/accounts/1/password"),
        Stop("account", "/account"),
        Stop("letters", "/admin/letters"),
        Stop("retention", "/admin/retention"),
        Stop("intake", "/admin/import"),
        Stop("intake.kind", "/admin/import/past"),
        Stop("calendars", "/calendar"),
        Stop("materials", f"/sessions/{session}/materials"),
        Stop("materials.file", f"/sessions/{session}/materials/m1"),
        Stop("session.invitations", f"/sessions/{session}/invitations"),
        Stop("recordings", "/recordings"),
        Stop("recordings.keep", "/recordings/keep"),
        Stop("recording", f"/recordings/{session}"),
        Stop("recording.films", f"/recordings/{session}/films"),
        Stop("library", "/library"),
        Stop("library", "/library?q=%E7%94%B5%E6%A2%AF"),
        Stop("library.new", "/library/new"),
        Stop("library.video", "/library/1"),
        Stop("library.video", "/library/3"),
        Stop("library.edit", "/library/3/edit"),
        Stop("library.keep", "/library/keep"),
        Stop("live", f"/live/{session}", "[data-view=hall]:not([hidden]) venue-tile .venue"),
        Stop("live.screen", f"/live/{session}/screen", "[data-view=hall]:not([hidden]) .big"),
        Stop("live.screen", f"/live/{session}/screen?show=tiles", "venue-tile .venue"),
        Stop("observers", f"/live/{session}/observers"),
    ]
    allowed = [stop for stop in found if may_use(ROUTES[stop.route], role)]
    return allowed if role else [Stop("login", "/login"), *allowed]


NOT_PAGES = frozenset(
    {
        *(
            "board.state",
            "board.prices",
            "board.events",
            "board.found",
            "board.escalated",
            "board.ask",
        ),
        *("digest.file", "digest.link.file", "digest.pdf", "digest.link.pdf"),
        *("materials.list", "materials.about", "materials.page", "materials.original"),
        *("venue.materials", "venue.materials.about", "venue.materials.page"),
        "venue.materials.original",
        *("health", "static", "authority", "calendar", "ws", "join", "setup", "setup.template"),
        *(
            "request.file",
            "reports.csv",
            "reports.xlsx",
            "reports.json",
            *("reports.streets.csv", "reports.streets.xlsx", "reports.streets.pdf"),
            "reports.making",
            "reports.pdf",
            "attendance.pdf",
            "attendance.csv",
            "branch.sign",
            "attendance.own.person",
            "attendance.xlsx",
            "attendance.proof",
            "intake.template",
            "quota.csv",
            "recording.state",
            "recording.film",
            "recording.banners",
            "recording.download",
            "recording.films.state",
            "library.state",
            "library.film",
            "library.frame",
            "verify.program",
            "verify.log",
        ),
    }
)
"""Routes that answer a GET with something else than a page for people, or lead on to one."""


@asynccontextmanager
async def signed_in(
    browser: Browser, demo: Demo, account: str, language: str, **more: object
) -> AsyncIterator[BrowserContext]:
    """Give a fresh context in which `account` has signed in; nobody has for the visitor."""
    context = await new_context(browser, LANGUAGES[language], **more)
    try:
        if account != VISITOR:
            page = await context.new_page()
            await sign_in(page, demo.base, account, PASSWORD)
            await page.close()
        yield context
    finally:
        await context.close()


async def arrive(page: Page, url: str, ready: str) -> None:
    """Open a page and wait until what makes it ready is there."""
    await visit(page, url)
    await page.wait_for_selector(ready)
    await page.evaluate("document.fonts.ready.then(() => true)")
