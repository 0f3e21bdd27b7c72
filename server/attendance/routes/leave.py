"""The page of leave: a committee asks on it, the office and leaders answer, auditors read."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from server.attendance import leave_keeping as keeping
from server.attendance.leave import LONGEST_REASON, LeaveState
from server.auth.guard import login_of
from server.auth.model import Role
from server.domain.errors import DomainError, NotFoundError
from server.pages.context import (
    CLOCK,
    DATABASE,
    LANGUAGE,
    form_values,
    many,
    page,
    pressed,
    redirect,
)

Tell = Callable[[int], Awaitable[None]]
LEAVE_CHANGED: web.AppKey[Tell] = web.AppKey("leave_changed", Callable)  # type: ignore[arg-type]
"""Lets the run of a session know that leave for it was granted, refused or withdrawn."""

_WORDS = {"grant": LeaveState.GRANTED, "refuse": LeaveState.REFUSED}
STATES = {
    "ASKED": "state.leave.ASKED",
    "GRANTED": "state.leave.GRANTED",
    "REFUSED": "state.leave.REFUSED",
    "WITHDRAWN": "state.leave.WITHDRAWN",
}
"""State → the code of its word."""


async def _leave_page(http: web.Request, refusal: DomainError | None = None) -> web.Response:
    login = login_of(http)
    async with http.app[DATABASE].view() as tx:
        desk = await keeping.load_desk(tx, http.app[CLOCK], login)
    values = await form_values(http) if refusal else {}
    return page(
        http,
        "attendance/leave.html",
        status=422 if refusal else 200,
        desk=desk,
        refusal=refusal,
        values=values,
        decides=login.role in {Role.OFFICE, Role.LEADER},
        asks=login.role is Role.SECRETARY,
        now=http.app[CLOCK].now(),
        states=STATES,
        longest=LONGEST_REASON,
        longest_remark=keeping.LONGEST_REMARK,
    )


async def show_leave(http: web.Request) -> web.Response:
    """Show what waits for a word, what became of the rest, and where to ask."""
    return await _leave_page(http)


async def handle_ask(http: web.Request) -> web.Response:
    """Ask for leave; what is refused is shown again as it was filled in."""
    values = await form_values(http)
    session = many([values.get("session", "")])
    person = many([values.get("person", "")])
    try:
        if not session:
            raise NotFoundError("no_such_session")
        await keeping.ask(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http),
            session[0],
            person_id=person[0] if person else None,
            reason=values.get("reason", ""),
        )
    except DomainError as refusal:
        return await _leave_page(http, refusal)
    return redirect("/leave")


def _sequence(http: web.Request) -> int:
    return next(iter(many([http.match_info["leave"]])), 0)


async def handle_decide(http: web.Request) -> web.Response:
    """Grant or refuse a leave."""
    values = await form_values(http)
    try:
        session_id = await keeping.decide(
            http.app[DATABASE],
            http.app[CLOCK],
            login_of(http),
            _sequence(http),
            state=pressed(values, _WORDS),
            remark=values.get("remark", ""),
            language=http.app[LANGUAGE],
        )
    except DomainError as refusal:
        return await _leave_page(http, refusal)
    await http.app[LEAVE_CHANGED](session_id)
    return redirect("/leave")


async def handle_withdraw(http: web.Request) -> web.Response:
    """Withdraw a leave of one's own committee."""
    login = login_of(http)
    clock = http.app[CLOCK]
    session_id = await keeping.withdraw(http.app[DATABASE], clock, login, _sequence(http))
    await http.app[LEAVE_CHANGED](session_id)
    return redirect("/leave")


ROUTES = [
    web.get("/leave", show_leave, name="leave"),
    web.post("/leave", handle_ask, name="leave.post"),
    web.post("/leave/{leave}/decide", handle_decide, name="leave.decide.post"),
    web.post("/leave/{leave}/withdraw", handle_withdraw, name="leave.withdraw.post"),
]
