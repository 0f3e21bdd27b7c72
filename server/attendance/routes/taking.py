"""What is taken away of a session's attendance: a workbook, and a proof package."""

import tempfile
from typing import BinaryIO

from aiohttp import web

from server.attendance.export import make_workbook
from server.attendance.routes.reports import attachment, csv_row, paper_of, read, words_of
from server.audit.package import Subject
from server.audit.packing import write_package
from server.auth.guard import login_of
from server.pages.context import CLOCK, DATABASE, PAPER, visit_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PART = 1 << 18


async def download_workbook(http: web.Request) -> web.Response:
    """Answer with a workbook: the figures with charts, and a row for each expected venue."""
    shown = await read(http, "xlsx")
    head = words_of(http, "attendance/columns.html")
    words = words_of(http, "attendance/workbook.html")
    language = visit_of(http).language
    rows = [csv_row(line, shown.report, language) for line in shown.report.lines]
    body = await make_workbook(shown.report, head, rows, words)
    return attachment(body, f"{shown.report.audit_number}.xlsx", XLSX)


async def download_proof(http: web.Request) -> web.StreamResponse:
    """Answer with a session's proof package: events, root, paths, signed report, verifier.

    That it was taken is in the log twice: as a download of the report, and as ``proof.made`` with
    the digest of every file.
    """
    http.app[PAPER].prepare()
    shown, made_at = await read(http, "proof"), http.app[CLOCK].now()
    attendance, number = shown.report.attendance, shown.report.audit_number
    pdf = await http.app[PAPER].print_page(paper_of(http, shown, made_at), made_at)
    subject = Subject(shown.session.id, number, attendance.first_sequence, attendance.last_sequence)
    with tempfile.TemporaryFile(prefix="pinhui-proof-") as out:
        await write_package(
            http.app[DATABASE],
            http.app[CLOCK],
            out,
            subjects=[subject],
            papers={f"{number}.pdf": pdf},
            actor=f"login:{login_of(http).account_id}",
            street=visit_of(http).street,
        )
        return await _send(http, out, f"{number}-proof.zip")


async def _send(http: web.Request, file: BinaryIO, name: str) -> web.StreamResponse:
    """Answer with a file part by part: an archive of hours is never in memory as a whole."""
    answer = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
    answer.content_type, answer.content_length = "application/zip", file.tell()
    await answer.prepare(http)
    file.seek(0)
    while part := file.read(_PART):
        await answer.write(part)
    await answer.write_eof()
    return answer


ROUTES = [
    web.get("/attendance/{session}/report.xlsx", download_workbook, name="attendance.xlsx"),
    web.get("/attendance/{session}/proof.zip", download_proof, name="attendance.proof"),
]
