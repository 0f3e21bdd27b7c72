"""The page of a session's corrections: both sides see them, one asks, another confirms."""

from collections import defaultdict
from collections.abc import Awaitable, Collection

from aiohttp import web

from server.attendance import correction_keeping as keeping
from server.attendance.correcting import LONGEST_WORDS, MOST_HEADS, Wish, may_comment
from server.attendance.model import Attendance, PersonAttendance, Verdict
from server.attendance.report import PREFIX, audit_number
from server.attendance.routes.reports import VERDICTS
from server.attendance.service import Reader, record_reading
from server.auth.guard import login_of
from server.auth.model import Login, Role
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import DomainError, NotFoundError
from server.pages.context import CLOCK, DATABASE, form_values, many, page, pressed, redirect
from server.scheduler.workday_keeping import actor_of

_WORDS = {"confirm": keeping.confirm, "refuse": keeping.refuse}
"""Button → what it says on a correction."""
STATES = {
    "WAITING": "state.correction.WAITING",
    "CONFIRMED": "state.correction.CONFIRMED",
    "REFUSED": "state.correction.REFUSED",
}
"""State → the code of its word."""


def _number(http: web.Request, name: str, code: str) -> int:
    found = many([http.match_info[name]])
    if not found:
        raise NotFoundError(code)
    return found[0]


def _session_id(http: web.Request) -> int:
    return _number(http, "session", "no_such_session")


async def _corrections_page(http: web.Request, refusal: DomainError | None = None) -> web.Response:
    """Show the page, with a refusal where there is one: both times it is read, and recorded."""
    login, clock, session_id = login_of(http), http.app[CLOCK], _session_id(http)
    async with http.app[DATABASE].view() as tx:
        sheet = await keeping.load_sheet(tx, clock, login, session_id)
    reader = Reader(actor_of(login), login.display_name)
    await record_reading(http.app[DATABASE], clock, session_id, reader=reader, form="corrections")
    attendance = sheet.attendance
    speaks = login.role in {Role.SECRETARY, Role.OFFICE, Role.LEADER}
    return page(
        http,
        "attendance/corrections.html",
        status=422 if refusal else 200,
        sheet=sheet,
        attendance=attendance,
        session_id=session_id,
        number=audit_number(attendance, PREFIX),
        refusal=refusal,
        values=await form_values(http) if refusal else dict(http.query),
        lines=[v for v in attendance.venues if v.expected.venue_id in sheet.venue_ids],
        people=people_at(attendance, sheet.venue_ids),
        actor=actor_of(login),
        speaks=speaks,
        decides=login.role in {Role.OFFICE, Role.LEADER},
        reads=login.role is not Role.SECRETARY,
        open_for={c.sequence for c in sheet.corrections if may_comment(attendance, c, clock.now())},
        verdicts=VERDICTS,
        choices_of=list(Verdict),
        states=STATES,
        longest=LONGEST_WORDS,
        most=MOST_HEADS,
    )


def people_at(
    attendance: Attendance, venue_ids: Collection[int]
) -> dict[int, list[PersonAttendance]]:
    """Return who is known of by name at some venues, by venue."""
    found: dict[int, list[PersonAttendance]] = defaultdict(list)
    for person in attendance.people:
        if person.person.venue_id in venue_ids:
            found[person.person.venue_id].append(person)
    return found


async def show_corrections(http: web.Request) -> web.Response:
    """Show what was asked for, by whom, what became of it, and where to ask."""
    return await _corrections_page(http)


async def _answer(http: web.Request, word: Awaitable[object]) -> web.Response:
    """Say a word on a session's corrections; what is refused is shown again as it was filled in."""
    try:
        await word
    except DomainError as refusal:
        return await _corrections_page(http, refusal)
    return redirect(f"/attendance/{_session_id(http)}/corrections")


async def handle_ask(http: web.Request) -> web.Response:
    """Ask for a correction."""
    values = await form_values(http)
    field = values.get("field", "")
    # "venue" or "venue-person": one choice, so that nobody is asked of a venue that is not his
    venue, _, person = values.get("about", "").partition("-")
    wish = Wish(
        venue_id=next(iter(many([venue])), 0),
        field=field,
        value=values.get(field, ""),
        person_id=next(iter(many([person])), 0) if person else None,
    )
    asked = keeping.ask(*_place(http), wish=wish, reason=values.get("reason", ""))
    return await _answer(http, asked)


async def handle_decide(http: web.Request) -> web.Response:
    """Confirm or refuse a correction."""
    values = await form_values(http)
    say, words = pressed(values, _WORDS), values.get("words", "")
    return await _answer(http, say(*_place(http), _correction(http), words))


async def handle_comment(http: web.Request) -> web.Response:
    """Take a word of either side on a correction."""
    values = await form_values(http)
    said = keeping.comment(*_place(http), _correction(http), values.get("words", ""))
    return await _answer(http, said)


def _place(http: web.Request) -> tuple[Database, Clock, Login, int]:
    """Return where, when, by whom and on which session a word is said."""
    return http.app[DATABASE], http.app[CLOCK], login_of(http), _session_id(http)


def _correction(http: web.Request) -> int:
    return _number(http, "correction", "no_such_correction")


_AT = "/attendance/{session}/corrections"
ROUTES = [
    web.get(_AT, show_corrections, name="corrections"),
    web.post(_AT, handle_ask, name="corrections.post"),
    web.post(_AT + "/{correction}/decide", handle_decide, name="corrections.decide.post"),
    web.post(_AT + "/{correction}/comment", handle_comment, name="corrections.comment.post"),
]
