"""Pages of calls for items: what is asked, “give us ten minutes”, and what became of it."""

from aiohttp import web

from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.domain.errors import DomainError
from server.domain.places import Department
from server.i18n.catalogue import say
from server.pages.context import (
    CLOCK,
    DATABASE,
    form_values,
    id_of,
    page,
    redirect,
    visit_of,
    whole_number,
)
from server.scheduler.filing import LONGEST_TOPIC, FiledRequest
from server.standing.meeting_form import number
from server.standing.routes.desk import desk_of, told_event
from server.standing.service import answering
from server.standing.service.calls import PRESET_MINUTES, Call, load_asked, load_call
from server.standing.service.desk import load_street

ANSWERERS = (Role.CLERK, Role.OFFICE)
TYPED = frozenset({"call_full", "request_topic", "request_minutes", "request_why"})
"""Refusals of what was typed: the form is shown again as it was."""


async def show_calls(http: web.Request) -> web.Response:
    """Show every call for items, the open ones first."""
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        asked = await load_asked(tx, login.department_id, http.app[CLOCK].now())
        event = await told_event(tx, http)
        names = (await load_street(tx)).names
    return page(
        http,
        "standing/calls.html",
        login=login,
        asked=asked,
        event=event,
        names=names,
        answers=login.role in ANSWERERS,
    )


async def _call_page(
    http: web.Request,
    *,
    values: dict[str, str] | None = None,
    refusal: DomainError | None = None,
) -> web.Response:
    login, now = login_of(http), http.app[CLOCK].now()
    async with http.app[DATABASE].view() as tx:
        call = await load_call(tx, id_of(http, "session"), now)
        event = await told_event(tx, http)
        street = await load_street(tx)
    own = call.of_department(login.department_id)
    departments = [d for d in street.departments.values() if not d.retired]
    preset = {
        "topic": _preset_topic(http, street.names.get(login.department_id or 0, "")),
        "minutes": str(call.offer),
        "department": "",
        "why": "",
    }
    return page(
        http,
        "standing/call.html",
        status=422 if refusal else 200,
        login=login,
        call=call,
        own=own,
        names=street.names,
        departments=_choices(login, call, departments),
        answers=login.role in ANSWERERS,
        values=_values_of(own[0]) if own and values is None else preset | (values or {}),
        refusal=refusal,
        event=event,
        longest=LONGEST_TOPIC,
    )


def _choices(login: Login, call: Call, departments: list[Department]) -> list[Department]:
    """Return for whom the meeting office may ask; nobody when the login has a department."""
    if login.role is not Role.OFFICE or login.department_id is not None:
        return []
    asked = {bid.filing.department_id for bid in call.bids}
    return [d for d in departments if d.id not in asked]


def _values_of(request: FiledRequest) -> dict[str, str]:
    filing = request.filing
    return {
        "topic": filing.topic,
        "minutes": str(filing.minutes),
        "department": str(filing.department_id),
        "why": filing.why,
    }


def _preset_topic(http: web.Request, department: str) -> str:
    """Return what stands for a topic that nobody has typed yet; it can be changed until closing."""
    return say(visit_of(http).language, "standing.preset_topic", department=department)


async def show_call(http: web.Request) -> web.Response:
    """Show one call, and the form of what the login's department asks."""
    return await _call_page(http)


async def handle_give(http: web.Request) -> web.Response:
    """Ask for minutes; without any words it is the preset topic and ten minutes."""
    values, login = await form_values(http), login_of(http)
    session_id = id_of(http, "session")
    department = login.department_id or whole_number(values.get("department", ""))
    async with http.app[DATABASE].view() as tx:
        name = (await load_street(tx)).names.get(department, "")
    minutes = values.get("minutes", str(PRESET_MINUTES))
    try:
        done = await answering.give_minutes(
            desk_of(http),
            session_id,
            department,
            values.get("topic") or _preset_topic(http, name)[:LONGEST_TOPIC],
            number(minutes),
            why=values.get("why", "") if values.get("urgent") else "",
        )
    except DomainError as refusal:
        if refusal.code not in TYPED:
            raise
        return await _call_page(http, values=values, refusal=refusal)
    return _to_call(session_id, done)


def _to_call(session_id: int, sequence: int) -> web.Response:
    return redirect(f"/calls/{session_id}" + (f"?event={sequence}" if sequence else ""))


async def handle_change(http: web.Request) -> web.Response:
    """Change topic or minutes of what was asked."""
    values, session_id = await form_values(http), id_of(http, "session")
    try:
        done = await answering.change_minutes(
            desk_of(http),
            id_of(http, "request"),
            values.get("topic", ""),
            number(values.get("minutes", "")),
            version=whole_number(values.get("version", "")),
        )
    except DomainError as refusal:
        if refusal.code not in TYPED:
            raise
        return await _call_page(http, values=values, refusal=refusal)
    return _to_call(session_id, done)


async def handle_back(http: web.Request) -> web.Response:
    """Give one's minutes back."""
    done = await answering.give_back(desk_of(http), id_of(http, "request"))
    return redirect(f"/calls?event={done}")


async def handle_on(http: web.Request) -> web.Response:
    """Ask for the next meeting instead."""
    session_id = id_of(http, "session")
    done = await answering.move_on(desk_of(http), id_of(http, "request"), session_id)
    return _to_call(session_id, done)


async def handle_undo(http: web.Request) -> web.Response:
    """Take back what was just done."""
    wanted = whole_number((await form_values(http)).get("event", ""))
    await answering.undo(desk_of(http), wanted)
    return redirect("/calls")


ROUTES = [
    web.get("/calls", show_calls, name="calls"),
    web.post("/calls/undo", handle_undo, name="calls.undo.post"),
    web.get("/calls/{session}", show_call, name="call"),
    web.post("/calls/{session}", handle_give, name="call.give.post"),
    web.post("/calls/{session}/items/{request}", handle_change, name="call.change.post"),
    web.post("/calls/{session}/items/{request}/back", handle_back, name="call.back.post"),
    web.post("/calls/{session}/items/{request}/on", handle_on, name="call.on.post"),
]
