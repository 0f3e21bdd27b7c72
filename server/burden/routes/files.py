"""A report as a file: CSV, workbook, PDF in the making, and figures for other streets."""

import json
from datetime import datetime

from aiohttp import web

from server.auth.guard import login_of
from server.burden import service
from server.burden.export import Making, Press, Stage, make_csv, make_workbook
from server.burden.paper import paper_values
from server.burden.routes.reports import Asked, asked_of, read
from server.burden.rows import Cell, csv_rows, sheets_of
from server.burden.service import Shown
from server.burden.streets import figures_payload
from server.domain.errors import NotFoundError
from server.i18n.catalogue import say
from server.i18n.dates import clock_time, site_date
from server.pages.context import CLOCK, PAPER, RENDERER, form_values, page, redirect, visit_of

PRESS: web.AppKey[Press] = web.AppKey("press", Press)
"""Makes PDFs that take their time."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def attachment(body: bytes, name: str, content_type: str) -> web.Response:
    """Return a file to be saved; its name is ASCII."""
    return web.Response(
        body=body,
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def file_name(shown: Shown, ending: str) -> str:
    """Return what a report's file is called, such as ``PH-R-000123-street-2026-11.pdf``."""
    report = shown.report
    return f"{shown.audit_number}-{report.about.key}-{report.chosen.key}.{ending}"


async def download_csv(http: web.Request) -> web.Response:
    """Answer with one row for each venue in each session."""
    shown = await read(http, asked_of(http), "csv")
    rows = csv_rows(shown.report, visit_of(http).language)
    body = await make_csv(rows)
    return attachment(body, file_name(shown, "csv"), "text/csv")


async def download_workbook(http: web.Request) -> web.Response:
    """Answer with all tables, charts and colour scales."""
    shown, language = await read(http, asked_of(http), "xlsx"), visit_of(http).language
    about = about_lines(shown, visit_of(http).street, language, http.app[CLOCK].now())
    title = say(language, "report_sheet.about")
    body = await make_workbook(title, about, sheets_of(shown.report, language))
    return attachment(body, file_name(shown, "xlsx"), XLSX)


def about_lines(shown: Shown, street: str, language: str, at: datetime) -> list[tuple[str, Cell]]:
    """Return what stands on the first sheet: whose figures, of which days, out of what."""
    report, total = shown.report, shown.report.total

    def word(code: str) -> str:
        return say(language, f"report_about.{code}")

    lines: list[tuple[str, Cell]] = [
        (word("street"), street),
        (word("name"), report.name or street),
        (word("days"), f"{report.chosen.first.isoformat()} – {report.upto.isoformat()}"),
        (word("workdays"), report.workdays),
        (word("committees"), report.committees),
        (word("sessions"), len(report.sessions)),
        (word("calls"), total.calls),
        (word("minutes"), total.minutes),
        (word("present"), total.present),
        (word("merged"), total.merged),
        (word("by_video"), total.by_video),
        (word("waited"), total.waited),
        (word("saved"), total.saved),
    ]
    if report.comparison is not None:
        base = report.comparison.baseline
        lines += [
            (word("before"), report.comparison.before),
            (word("fewer"), report.comparison.fewer),
            (word("baseline_days"), f"{base.first.isoformat()} – {base.last.isoformat()}"),
            (word("baseline_calls"), base.calls),
            (word("baseline_source"), base.source),
        ]
    moment = f"{site_date(at).isoformat()} {clock_time(at)}"
    return [
        *lines,
        (word("audit_number"), shown.audit_number),
        (word("digest"), shown.digest),
        (word("made_at"), moment),
    ]


async def download_figures(http: web.Request) -> web.Response:
    """Answer with the figures that another street can compare itself with."""
    login, asked = login_of(http), asked_of(http)
    if asked.about.key != "street":
        raise NotFoundError("no_such_page")
    shown = await read(http, asked, "json")
    figures = service.figures_of(
        shown.report, visit_of(http).street, login.display_name, http.app[CLOCK].now()
    )
    text = json.dumps(figures_payload(figures), ensure_ascii=False, indent=1)
    return attachment(text.encode(), file_name(shown, "json"), "application/json")


async def begin_pdf(http: web.Request) -> web.Response:
    """Begin to make the PDF of a report, and lead to where it can be seen coming."""
    asked = asked_of(http, await form_values(http))
    http.app[PAPER].prepare()
    shown = await read(http, asked, "pdf")
    html = http.app[RENDERER].render(
        "burden/paper.html",
        visit_of(http).language,
        paper_values(shown, visit_of(http).street, str(http.url.origin()), http.app[CLOCK].now()),
    )
    making = http.app[PRESS].begin(html, file_name(shown, "pdf"), login_of(http).account_id)
    return redirect(f"/reports/making/{making.key}?{_back(asked)}")


def _back(asked: Asked) -> str:
    return f"about={asked.about.key}&period={asked.chosen.key}"


def _making(http: web.Request) -> Making:
    key, account = http.match_info["key"], login_of(http).account_id
    found = http.app[PRESS].find(key, account)
    if found is None:
        raise NotFoundError("no_such_making")
    return found


async def show_making(http: web.Request) -> web.Response:
    """Show how far a PDF is; the page looks again by itself until it is there."""
    making, asked = _making(http), asked_of(http)
    answer = page(
        http,
        "burden/making.html",
        making=making,
        seconds=int((http.app[CLOCK].now() - making.asked_at).total_seconds()),
        back=f"/reports?{_back(asked)}",
    )
    if making.stage is Stage.WAITING:
        answer.headers["Refresh"] = "1"
    return answer


async def download_pdf(http: web.Request) -> web.Response:
    """Answer with a PDF that was made."""
    making = _making(http)
    if making.stage is not Stage.READY:
        raise NotFoundError("no_such_making")
    return attachment(making.pdf, making.name, "application/pdf")
