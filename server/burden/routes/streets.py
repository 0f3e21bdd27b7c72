"""Comparing streets: what others have handed over, beside our own month."""

from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_request import FileField

from server.auth.guard import login_of, role_of
from server.auth.permissions import ROUTES, may_use
from server.burden import service, store
from server.burden.export import make_csv, make_workbook
from server.burden.periods import Chosen, Kind, around, parse
from server.burden.report import About, Subject
from server.burden.routes.files import XLSX, about_lines, attachment
from server.burden.routes.reports import Asked, read, today_of
from server.burden.rows import streets_sheet
from server.burden.service import Shown
from server.burden.streets import StreetFigures
from server.domain.errors import DomainError
from server.i18n.catalogue import say
from server.i18n.dates import site_date
from server.pages.context import (
    CLOCK,
    DATABASE,
    PAPER,
    RENDERER,
    id_of,
    page,
    redirect,
    visit_of,
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Our own figures of a period, and those of other streets with their ids."""

    chosen: Chosen
    shown: Shown
    own: StreetFigures
    others: list[tuple[int, StreetFigures]]

    @property
    def streets(self) -> list[StreetFigures]:
        """All of them, our own first."""
        return [self.own, *(figures for _, figures in self.others)]

    def file_name(self, ending: str) -> str:
        """Return what a file of them is called."""
        return f"{self.shown.audit_number}-streets-{self.chosen.key}.{ending}"


async def _compare(http: web.Request, form: str) -> Compared:
    """Return the comparison of the address; that it was read in this form is recorded first."""
    today = today_of(http)
    last_month = around(Kind.MONTH, today).moved(-1)
    chosen = parse(http.query["period"], today) if "period" in http.query else last_month
    shown = await read(http, Asked(About(Subject.STREET), chosen), form)
    now = http.app[CLOCK].now()
    own = service.figures_of(shown.report, visit_of(http).street, login_of(http).display_name, now)
    async with http.app[DATABASE].view() as tx:
        others = await store.load_streets(tx, chosen.key)
    return Compared(chosen, shown, own, others)


async def show_streets(http: web.Request) -> web.Response:
    """Show our own figures of a period beside those of other streets."""
    found, today = await _compare(http, "page"), today_of(http)
    async with http.app[DATABASE].view() as tx:
        periods = await store.load_street_periods(tx)
    return page(
        http,
        "burden/streets.html",
        chosen=found.chosen,
        own=found.own,
        others=found.others,
        periods=[parse(key, today) for key in periods if key != found.chosen.key],
        may_add=may_use(ROUTES["reports.streets.post"], role_of(http)),
    )


async def download_csv(http: web.Request) -> web.Response:
    """Answer with one row for each street."""
    found = await _compare(http, "csv")
    sheet = streets_sheet(found.streets, visit_of(http).language)
    rows = [[f"{c:.2f}" if isinstance(c, float) else c for c in row] for row in sheet.rows]
    return attachment(await make_csv([sheet.head, *rows]), found.file_name("csv"), "text/csv")


async def download_workbook(http: web.Request) -> web.Response:
    """Answer with the streets as a table with a chart, behind our own figures."""
    found, visit = await _compare(http, "xlsx"), visit_of(http)
    about = about_lines(found.shown, visit.street, visit.language, http.app[CLOCK].now())
    sheets = [streets_sheet(found.streets, visit.language)]
    body = await make_workbook(say(visit.language, "report_sheet.about"), about, sheets)
    return attachment(body, found.file_name("xlsx"), XLSX)


async def download_pdf(http: web.Request) -> web.Response:
    """Answer with the comparison laid out for A4, signed with the server's seal."""
    http.app[PAPER].prepare()
    found, made_at = await _compare(http, "pdf"), http.app[CLOCK].now()
    values = {
        "shown": found.shown,
        "chosen": found.chosen,
        "streets": found.streets,
        "street": visit_of(http).street,
        "made_at": made_at,
        "made_year": site_date(made_at).year,
    }
    language = visit_of(http).language
    html = http.app[RENDERER].render("burden/streets_paper.html", language, values)
    pdf = await http.app[PAPER].print_page(html, made_at)
    return attachment(pdf, found.file_name("pdf"), "application/pdf")


async def add_street(http: web.Request) -> web.Response:
    """Take in a file of another street."""
    posted = await http.post()
    upload = posted.get("figures")
    if not isinstance(upload, FileField):
        raise DomainError("figures_unreadable")
    figures = await service.add_street(
        http.app[DATABASE],
        http.app[CLOCK],
        login_of(http),
        upload.file.read(),
        visit_of(http).street,
    )
    return redirect(f"/reports/streets?period={figures.period}")


async def remove_street(http: web.Request) -> web.Response:
    """Take out the figures of a street."""
    period = await service.remove_street(
        http.app[DATABASE], http.app[CLOCK], login_of(http), id_of(http, "figures")
    )
    return redirect(f"/reports/streets?period={period}" if period else "/reports/streets")
