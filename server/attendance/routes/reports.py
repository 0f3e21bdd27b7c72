"""Pages of attendance: the list, a session's report as page, PDF and CSV, and checking one."""

from datetime import datetime
from pathlib import Path

from aiohttp import web

from server.attendance import service
from server.attendance.export import qr_path
from server.attendance.report import Line, Report, session_of, whole_minutes
from server.attendance.timeline import bars, marks, scale_of
from server.audit import service as audit
from server.audit import verify
from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES as ROUTES_TABLE
from server.auth.permissions import may_use
from server.domain.errors import NotFoundError
from server.i18n import catalogue
from server.i18n.dates import clock_time, site_date
from server.pages.context import CLOCK, DATABASE, PAPER, RENDERER, page, visit_of
from server.pages.export import READING
from server.pages.sheets import render_csv

VERDICTS = {
    "PRESENT": "verdict.PRESENT",
    "LATE": "verdict.LATE",
    "LEFT_EARLY": "verdict.LEFT_EARLY",
    "EXCUSED": "verdict.EXCUSED",
    "ABSENT": "verdict.ABSENT",
}
"""Verdict → the code of its word."""
EXCUSES = {
    "LEAVE": "excuse.LEAVE",
    "OUTAGE": "excuse.OUTAGE",
    "LINE": "excuse.LINE",
    "NOT_REACHED": "excuse.NOT_REACHED",
}
"""Excuse → the code of its word, which says more than that somebody is excused."""
FAULTS = {
    "malformed": "reason.malformed",
    "missing": "reason.missing",
    "out_of_order": "reason.out_of_order",
    "broken_link": "reason.broken_link",
    "body_changed": "reason.body_changed",
    "hash_wrong": "reason.hash_wrong",
    "root_wrong": "reason.root_wrong",
    "erased_without_account": "reason.erased_without_account",
    "head_not_found": "reason.head_not_found",
}
"""Fault of the chain → the code of its sentence."""


TURNSTILE: web.AppKey[service.Turnstile] = web.AppKey("turnstile", service.Turnstile)
"""Where visitors wait whose checks anybody may ask for."""


async def show_list(http: web.Request) -> web.Response:
    """Show the sessions that have a report, the latest first."""
    held = await service.load_held_sessions(http.app[DATABASE])
    return page(http, "attendance/list.html", sessions=held)


def _session_id(http: web.Request) -> int:
    """Return the session id of the address.

    Raises:
        NotFoundError: ``no_such_session``.
    """
    text = http.match_info["session"]
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise NotFoundError("no_such_session")
    return int(text)


async def read(http: web.Request, form: str) -> service.Shown:
    """Return the report of the address; that it was read in this form is recorded first."""
    login = login_of(http)
    return await service.read_report(
        http.app[DATABASE],
        http.app[CLOCK],
        _session_id(http),
        reader=service.Reader(f"login:{login.account_id}", login.display_name),
        form=form,
    )


async def show_session(http: web.Request) -> web.Response:
    """Show a session's report with its timeline, proof, corrections and readers."""
    shown = await read(http, "page")
    http.app[PAPER].prepare(READING)
    scale = scale_of(shown.report.attendance)
    return page(
        http,
        "attendance/session.html",
        shown=shown,
        report=shown.report,
        attendance=shown.report.attendance,
        figures=shown.report.figures,
        lines=[(line, bars(line.venue, scale)) for line in shown.report.notable_first],
        marks=marks(shown.report.attendance, scale),
        scale=scale,
        faults=FAULTS,
        verdicts=VERDICTS,
        qr=qr_path(_check_address(http, shown)),
    )


async def show_items(http: web.Request) -> web.Response:
    """Show who was there at each agenda item that called them."""
    shown = await read(http, "items")
    attendance = shown.report.attendance
    cells = {
        (item.item.id, line.venue.venue_id): line
        for item in attendance.items
        for line in item.lines
    }
    return page(
        http,
        "attendance/items.html",
        course=await service.load_course(http.app[DATABASE], shown.report),
        shown=shown,
        report=shown.report,
        attendance=attendance,
        cells=cells,
        called={
            item.item.id: set(attendance.opening.venues_of(item.item.id))
            for item in attendance.items
        },
        whole_minutes=whole_minutes,
    )


async def show_people(http: web.Request) -> web.Response:
    """Show who of the people called by name signed in, and who signed in unasked."""
    shown = await read(http, "people")
    attendance = shown.report.attendance
    return page(
        http,
        "attendance/people.html",
        shown=shown,
        report=shown.report,
        attendance=attendance,
        figures=shown.report.people,
        venues={line.expected.venue_id: line for line in attendance.venues},
        whole_minutes=whole_minutes,
    )


def _check_address(http: web.Request, shown: service.Shown) -> str:
    """Return where a report can be checked, with its number, chain value and root."""
    query = {"number": shown.report.audit_number, "value": shown.proof.value}
    if shown.proof.seal is not None:
        query["root"] = shown.proof.seal.root
    return str(http.url.origin().with_path("/verify").with_query(query))


def paper_of(http: web.Request, shown: service.Shown, made_at: datetime) -> str:
    """Return a report laid out for A4, with the code that leads to its check."""
    path, size = qr_path(_check_address(http, shown))
    visit = visit_of(http)
    return http.app[RENDERER].render(
        "attendance/paper.html",
        visit.language,
        {
            "visit": visit,
            "shown": shown,
            "report": shown.report,
            "attendance": shown.report.attendance,
            "figures": shown.report.figures,
            "made_at": made_at,
            "made_year": site_date(made_at).year,
            "year": site_date(shown.report.attendance.opening.starts_at).year,
            "qr": path,
            "qr_size": size,
            "check_url": str(http.url.origin().with_path("/verify")),
            "verdicts": VERDICTS,
        },
    )


async def download_pdf(http: web.Request) -> web.Response:
    """Answer with the report laid out for A4, signed with the server's seal."""
    http.app[PAPER].prepare()
    shown, made_at = await read(http, "pdf"), http.app[CLOCK].now()
    pdf = await http.app[PAPER].print_page(paper_of(http, shown, made_at), made_at)
    return attachment(pdf, f"{shown.report.audit_number}.pdf", "application/pdf")


async def download_csv(http: web.Request) -> web.Response:
    """Answer with one row for each expected venue, for spreadsheets."""
    shown = await read(http, "csv")
    language = visit_of(http).language
    rows = [csv_row(line, shown.report, language) for line in shown.report.lines]
    body = render_csv([words_of(http, "attendance/columns.html"), *rows])
    return attachment(body, f"{shown.report.audit_number}.csv", "text/csv")


def words_of(http: web.Request, template: str) -> list[str]:
    """Return the words of a template that has one a line."""
    text = http.app[RENDERER].render(template, visit_of(http).language, {})
    return [word for word in text.split("\n") if word]


def csv_row(line: Line, report: Report, language: str) -> list[str | int]:
    """Return a venue's row for spreadsheets, in the order of ``attendance/columns.html``."""
    venue = line.venue
    attendance = report.attendance
    return [
        report.audit_number,
        site_date(attendance.opening.starts_at).isoformat(),
        attendance.opening.title,
        f"{venue.expected.number:02d}",
        venue.expected.name,
        catalogue.say(language, EXCUSES[venue.excuse] if venue.excuse else VERDICTS[venue.verdict]),
        "" if venue.head_count_max is None else venue.head_count_max,
        clock_time(venue.first_join) if venue.first_join else "",
        _left(line, report),
        line.minutes,
        report.figures.session_minutes,
        line.late_minutes,
        line.early_minutes,
        line.line_breaks,
        line.line_minutes,
        line.outage_minutes,
        len(venue.answered_at),
        venue.leave.reason if venue.leave else "",
    ]


def _left(line: Line, report: Report) -> str:
    """Return when a venue left: with the session if its connection stood until the end."""
    venue, closed_at = line.venue, report.attendance.closed_at
    if venue.last_leave is not None:
        return clock_time(venue.last_leave)
    return clock_time(closed_at) if closed_at and venue.presence else ""


async def _check(http: web.Request, session_id: int, value: str, root: str) -> service.Checked:
    """Check a session's events; visitors wait for each other."""
    db, clock = http.app[DATABASE], http.app[CLOCK]
    if visit_of(http).who is not None:
        return await service.check_session(db, clock, session_id, value, root=root)
    async with http.app[TURNSTILE]:
        return await service.check_session(db, clock, session_id, value, root=root)


async def show_verify(http: web.Request) -> web.Response:
    """Check one session's events by audit number and, when given, the value on its report.

    A number can be guessed, and every committee knows every root, so these alone bring the verdict
    and nothing of the session. What the log says is shown to whoever holds the report, which its
    chain value proves, or may read reports anyway;
    that it was shown is on record.
    """
    number = http.query.get("number", "").strip()
    value, root = ("".join(http.query.get(name, "").split()).lower() for name in ("value", "root"))
    checked = None
    if number:
        session_id = session_of(number)
        if session_id is None or len(value) > 64 or len(root) > 64:
            raise NotFoundError("no_such_audit_number")
        checked = await _check(http, session_id, value, root)
        if checked.audit_number != number.upper():
            raise NotFoundError("no_such_audit_number")
    shown = bool(checked and checked.is_held) or may_use(
        ROUTES_TABLE["attendance.session"], role_of(http)
    )
    if checked and shown:
        login = visit_of(http).who
        reader = service.Reader(
            f"login:{login.account_id}" if login else "visitor",
            login.display_name if login else "",
        )
        await service.record_reading(
            http.app[DATABASE], http.app[CLOCK], checked.session.id, reader=reader, form="verify"
        )
    return page(
        http,
        "attendance/verify.html",
        number=number,
        value=value,
        root=root,
        checked=checked,
        holds_report=shown,
        faults=FAULTS,
        key_events=service.KEY_EVENTS,
    )


async def download_verifier(_: web.Request) -> web.Response:
    """Answer with the stand-alone program that checks an exported log."""
    source = Path(verify.__file__).read_bytes()  # noqa: ASYNC240 - twenty kilobytes, once in a while
    return attachment(source, "verify.py", "text/x-python")


async def download_log(http: web.Request) -> web.StreamResponse:
    """Answer with the exported log without contents: enough to check, nothing to read.

    That it was taken is itself in the log, and so in the export.
    """
    db, clock, actor = http.app[DATABASE], http.app[CLOCK], f"login:{login_of(http).account_id}"
    await audit.record_export(db, clock, actor=actor, bodies_withheld=True)
    answer = web.StreamResponse(
        headers={"Content-Disposition": 'attachment; filename="pinhui-log.jsonl"'}
    )
    answer.content_type = "application/jsonl"
    await answer.prepare(http)
    async with db.view() as tx:
        lines = audit.export_lines(tx, clock, street=visit_of(http).street, bodies_withheld=True)
        async for line in lines:
            await answer.write(line)
    await answer.write_eof()
    return answer


def attachment(body: bytes, name: str, content_type: str) -> web.Response:
    """Return an answer that browsers keep as a file."""
    answer = web.Response(body=body, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


ROUTES = [
    web.get("/attendance", show_list, name="attendance"),
    web.get("/attendance/{session}", show_session, name="attendance.session"),
    web.get("/attendance/{session}/items", show_items, name="attendance.items"),
    web.get("/attendance/{session}/people", show_people, name="attendance.people"),
    web.get("/attendance/{session}/report.pdf", download_pdf, name="attendance.pdf"),
    web.get("/attendance/{session}/report.csv", download_csv, name="attendance.csv"),
    web.get("/verify", show_verify, name="verify"),
    web.get("/verify/verify.py", download_verifier, name="verify.program"),
    web.get("/verify/log.jsonl", download_log, name="verify.log"),
]
