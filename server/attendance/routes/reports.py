"""Pages of attendance: the list, a session's report as page, PDF and CSV, and checking one."""

from pathlib import Path

from aiohttp import web

from server.attendance import service
from server.attendance.export import qr_path
from server.attendance.report import Line, Report, session_of
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
from server.pages.sheets import render_csv

VERDICTS = {
    "PRESENT": "verdict.PRESENT",
    "LATE": "verdict.LATE",
    "LEFT_EARLY": "verdict.LEFT_EARLY",
    "EXCUSED": "verdict.EXCUSED",
    "ABSENT": "verdict.ABSENT",
}
"""Verdict → the code of its word."""
FAULTS = {
    "malformed": "reason.malformed",
    "missing": "reason.missing",
    "out_of_order": "reason.out_of_order",
    "broken_link": "reason.broken_link",
    "body_changed": "reason.body_changed",
    "hash_wrong": "reason.hash_wrong",
    "erased_without_account": "reason.erased_without_account",
    "head_not_found": "reason.head_not_found",
}
"""Fault of the chain → the code of its sentence."""


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


async def _read(http: web.Request, form: str) -> service.Shown:
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
    shown = await _read(http, "page")
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
    )


async def download_pdf(http: web.Request) -> web.Response:
    """Answer with the report laid out for A4."""
    shown = await _read(http, "pdf")
    check_url = str(http.url.origin().with_path("/verify"))
    number, value = shown.report.audit_number, shown.proof.value
    path, size = qr_path(f"{check_url}?number={number}&value={value}")
    visit, made_at = visit_of(http), http.app[CLOCK].now()
    html = http.app[RENDERER].render(
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
            "check_url": check_url,
            "verdicts": VERDICTS,
        },
    )
    pdf = await http.app[PAPER].print_page(html)
    return _attachment(pdf, f"{shown.report.audit_number}.pdf", "application/pdf")


async def download_csv(http: web.Request) -> web.Response:
    """Answer with one row for each expected venue, for spreadsheets."""
    shown = await _read(http, "csv")
    language = visit_of(http).language
    head = http.app[RENDERER].render("attendance/columns.html", language, {}).split("\n")
    rows = [_csv_row(line, shown.report, language) for line in shown.report.lines]
    body = render_csv([[word for word in head if word], *rows])
    return _attachment(body, f"{shown.report.audit_number}.csv", "text/csv")


def _csv_row(line: Line, report: Report, language: str) -> list[str | int]:
    venue = line.venue
    attendance = report.attendance
    return [
        report.audit_number,
        site_date(attendance.opening.starts_at).isoformat(),
        attendance.opening.title,
        f"{venue.expected.number:02d}",
        venue.expected.name,
        catalogue.say(language, VERDICTS[venue.verdict]),
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


async def show_verify(http: web.Request) -> web.Response:
    """Check one session's events by audit number and, when given, the value on its report.

    A number can be guessed, so it alone brings the verdict and nothing of the session. What the log
    says is shown to whoever holds the report, which its value proves, or may read reports anyway.
    """
    number = http.query.get("number", "").strip()
    value = "".join(http.query.get("value", "").split()).lower()
    checked = None
    if number:
        session_id = session_of(number)
        if session_id is None or len(value) > 64:
            raise NotFoundError("no_such_audit_number")
        checked = await service.check_session(
            http.app[DATABASE], http.app[CLOCK], session_id, value
        )
        if checked.report.audit_number != number.upper():
            raise NotFoundError("no_such_audit_number")
    return page(
        http,
        "attendance/verify.html",
        number=number,
        value=value,
        checked=checked,
        holds_report=bool(checked and checked.value_at is not None)
        or may_use(ROUTES_TABLE["attendance.session"], role_of(http)),
        faults=FAULTS,
        key_events=service.KEY_EVENTS,
    )


async def download_verifier(_: web.Request) -> web.Response:
    """Answer with the stand-alone program that checks an exported log."""
    source = Path(verify.__file__).read_bytes()  # noqa: ASYNC240 - twenty kilobytes, once in a while
    return _attachment(source, "verify.py", "text/x-python")


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


def _attachment(body: bytes, name: str, content_type: str) -> web.Response:
    answer = web.Response(body=body, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


ROUTES = [
    web.get("/attendance", show_list, name="attendance"),
    web.get("/attendance/{session}", show_session, name="attendance.session"),
    web.get("/attendance/{session}/report.pdf", download_pdf, name="attendance.pdf"),
    web.get("/attendance/{session}/report.csv", download_csv, name="attendance.csv"),
    web.get("/verify", show_verify, name="verify"),
    web.get("/verify/verify.py", download_verifier, name="verify.program"),
    web.get("/verify/log.jsonl", download_log, name="verify.log"),
]
