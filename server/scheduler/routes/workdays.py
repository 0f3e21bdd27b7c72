"""Pages of the working days: a year as a calendar, one click a day, a pasted list, the history."""

from datetime import date

from aiohttp import web

from server.audit.store import load_event, load_recorded
from server.auth.guard import login_of
from server.auth.permissions import KEEPERS
from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    page,
    redirect,
    whole_number,
)
from server.scheduler import workday_keeping as keeping
from server.scheduler.notice import parse_notice
from server.scheduler.store import workdays as rows
from server.scheduler.workdays import (
    FIRST_YEAR,
    LAST_YEAR,
    DayChange,
    calendar_of,
)

MOST_SHOWN = 200
_HISTORY = (
    EventKind.WORKDAYS_SEEDED,
    EventKind.WORKDAYS_CHANGED,
    EventKind.WORKDAYS_IMPORTED,
)


def _today(http: web.Request) -> date:
    return http.app[CLOCK].now().astimezone(SITE_ZONE).date()


def _year(http: web.Request) -> int:
    """Return the year of the address, the present one when there is none.

    Raises:
        DomainError: ``workday_year``.
    """
    text = http.match_info.get("year")
    if text is None:
        return _today(http).year
    year = whole_number(text)
    keeping.require_year(year)
    return year


async def _calendar_page(
    http: web.Request, *, pasted: str = "", refusal: DomainError | None = None
) -> web.Response:
    year, login = _year(http), login_of(http)
    sequence = whole_number(http.query.get("event", ""))
    async with http.app[DATABASE].view() as tx:
        table = await rows.load_workdays(tx)
        stranded = await keeping.find_stranded(tx, table, http.app[CLOCK].now())
        event = await load_event(tx, sequence) if sequence else None
    months = calendar_of(table, year)
    return page(
        http,
        "scheduler/workdays.html",
        status=422 if refusal else 200,
        login=login,
        year=year,
        earlier=year - 1 if year > FIRST_YEAR else None,
        later=year + 1 if year < LAST_YEAR else None,
        months=months,
        worked=sum(month.working_days for month in months),
        today=_today(http),
        table=table,
        stranded=stranded,
        keeps=login.role in KEEPERS,
        pasted=pasted,
        refusal=refusal,
        event=event if event and _is_own(event, keeping.actor_of(login)) else None,
    )


def _is_own(event: Recorded, actor: str) -> bool:
    return event.actor == actor and event.kind in keeping.UNDOABLE


async def show_workdays(http: web.Request) -> web.Response:
    """Show a year; each day is a button for those who keep the table."""
    return await _calendar_page(http)


async def handle_day(http: web.Request) -> web.Response:
    """Make one day a working day or a day off: ``day`` is ``2026-10-01:work`` or ``…:off``."""
    text, _, word = (await form_values(http)).get("day", "").partition(":")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DomainError("workday_day") from None
    if word not in {"work", "off"}:
        raise DomainError("workday_day")
    sequence = await keeping.change_day(
        http.app[DATABASE], http.app[CLOCK], login_of(http), day, working=word == "work"
    )
    return redirect(f"/workdays/{day.year}?event={sequence}#d{day.isoformat()}")


async def handle_import(http: web.Request) -> web.Response:
    """Enter a pasted list; one that cannot be read is shown again with what is wrong."""
    year, pasted = _year(http), (await form_values(http)).get("list", "")
    try:
        marks = parse_notice(pasted, year)
    except DomainError as refusal:
        return await _calendar_page(http, pasted=pasted, refusal=refusal)
    db, clock = http.app[DATABASE], http.app[CLOCK]
    sequence = await keeping.import_year(db, clock, login_of(http), year, marks)
    return redirect(f"/workdays/{year}?event={sequence}")


async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just done."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    db, clock = http.app[DATABASE], http.app[CLOCK]
    year, _ = await keeping.undo(db, clock, login_of(http), wanted)
    return redirect(f"/workdays/{year}")


async def show_history(http: web.Request) -> web.Response:
    """Show who changed what and when, the latest first."""
    async with http.app[DATABASE].view() as tx:
        events = await load_recorded(tx, kinds=_HISTORY)
        table = await rows.load_workdays(tx)
    shown = events[::-1][:MOST_SHOWN]
    changes = {
        event.sequence: [DayChange.from_payload(d) for d in event.payload.get("days", [])]
        for event in shown
    }
    return page(
        http,
        "scheduler/workdays_history.html",
        table=table,
        events=shown,
        older=len(events) - len(shown),
        changes=changes,
    )


ROUTES = [
    web.get("/workdays", show_workdays, name="workdays"),
    web.get("/workdays/history", show_history, name="workdays.history"),
    web.post("/workdays/undo", handle_undo, name="workdays.undo.post"),
    web.post("/workdays/day", handle_day, name="workdays.day.post"),
    web.get("/workdays/{year}", show_workdays, name="workdays.year"),
    web.post("/workdays/{year}", handle_import, name="workdays.year.post"),
]
