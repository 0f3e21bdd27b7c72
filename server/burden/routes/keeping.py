"""What is entered beside reports: the baseline with its source, and saved filters."""

from datetime import date

from aiohttp import web

from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES, may_use
from server.burden import service
from server.burden.baseline import Baseline
from server.burden.periods import Kind, parse
from server.burden.report import parse_about
from server.burden.routes.reports import address, resolve, today_of
from server.domain.errors import DomainError, NotFoundError
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    page,
    redirect,
    whole_number,
)
from server.street import store as street


async def show_baseline(http: web.Request) -> web.Response:
    """Show the baseline that holds, and the form for another."""
    baseline = await service.load_baseline(http.app[DATABASE])
    async with http.app[DATABASE].view() as tx:
        departments = [d.name for d in await street.load_departments(tx) if not d.retired]
        committees = sum(not c.retired for c in await street.load_committees(tx))
    return page(
        http,
        "burden/baseline.html",
        baseline=baseline,
        past=await service.load_past(http.app[DATABASE]),
        departments=departments,
        committees=committees,
        may_enter=may_use(ROUTES["reports.baseline.post"], role_of(http)),
    )


async def enter_baseline(http: web.Request) -> web.Response:
    """Enter a baseline, or state the sums of past meetings that were imported."""
    told = await form_values(http)
    if told.get("what") == "past":
        return await _state_past(http)
    calls = {
        name.removeprefix("department-"): whole_number(value)
        for name, value in told.items()
        if name.startswith("department-") and whole_number(value)
    }
    hours = whole_number(told.get("hours", ""))
    meetings = whole_number(told.get("meetings", ""))
    words = Baseline(
        first=_day(told.get("first", "")),
        last=_day(told.get("last", "")),
        workdays=0,
        committees=whole_number(told.get("committees", "")),
        calls=whole_number(told.get("calls", "")),
        minutes=60 * hours if hours else None,
        meetings=meetings or None,
        source=told.get("source", ""),
        departments=calls,
    )
    await service.enter_baseline(http.app[DATABASE], http.app[CLOCK], login_of(http), words)
    return redirect("/reports")


async def _state_past(http: web.Request) -> web.Response:
    db = http.app[DATABASE]
    past = await service.load_past(db)
    if past is None:
        raise DomainError("baseline_no_past")
    await service.enter_baseline(db, http.app[CLOCK], login_of(http), past, imported=True)
    return redirect("/reports")


def _day(text: str) -> date:
    """Return the day that a field says.

    Raises:
        DomainError: ``baseline_days``.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise DomainError("baseline_days") from error
    if not 2000 <= found.year <= 2100:
        raise DomainError("baseline_days")
    return found


async def keep_filter(http: web.Request) -> web.Response:
    """Save what is looked at."""
    told, login = await form_values(http), login_of(http)
    about = parse_about(told.get("about", "street"))
    if about is None:
        raise NotFoundError("no_such_page")
    period = told.get("period", "")
    if period not in {kind.value for kind in Kind if kind is not Kind.OWN}:
        period = parse(period, today_of(http)).key
    await service.keep_filter(http.app[DATABASE], login, about, period)
    return redirect(address(about, resolve(period, today_of(http)).key))


async def change_filter(http: web.Request) -> web.Response:
    """Forget a saved filter, or ask for its letter each month, or for none."""
    told, login, number = await form_values(http), login_of(http), id_of(http, "filter")
    db, clock = http.app[DATABASE], http.app[CLOCK]
    if told.get("what") == "forget":
        await service.forget_filter(db, login, number)
    else:
        monthly = told.get("what") == "mail"
        await service.ask_monthly(db, clock, login, number, monthly=monthly)
    return redirect("/reports")
