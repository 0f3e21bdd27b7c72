"""Pages of reports beyond one session, in files by what they decide."""

from aiohttp import web

from server.burden.routes import files, keeping, reports, streets
from server.burden.routes.files import PRESS

ROUTES = [
    web.get("/reports", reports.show_report, name="reports"),
    web.get("/reports/report.csv", files.download_csv, name="reports.csv"),
    web.get("/reports/report.xlsx", files.download_workbook, name="reports.xlsx"),
    web.get("/reports/report.json", files.download_figures, name="reports.json"),
    web.post("/reports/make", files.begin_pdf, name="reports.make.post"),
    web.get("/reports/making/{key}", files.show_making, name="reports.making"),
    web.get("/reports/making/{key}/report.pdf", files.download_pdf, name="reports.pdf"),
    web.get("/reports/baseline", keeping.show_baseline, name="reports.baseline"),
    web.post("/reports/baseline", keeping.enter_baseline, name="reports.baseline.post"),
    web.post("/reports/filters", keeping.keep_filter, name="reports.filters.post"),
    web.post("/reports/filters/{filter}", keeping.change_filter, name="reports.filter.post"),
    web.get("/reports/streets", streets.show_streets, name="reports.streets"),
    web.get("/reports/streets/report.csv", streets.download_csv, name="reports.streets.csv"),
    web.get("/reports/streets/report.xlsx", streets.download_workbook, name="reports.streets.xlsx"),
    web.get("/reports/streets/report.pdf", streets.download_pdf, name="reports.streets.pdf"),
    web.post("/reports/streets", streets.add_street, name="reports.streets.post"),
    web.post("/reports/streets/{figures}", streets.remove_street, name="reports.street.post"),
]

__all__ = ["PRESS", "ROUTES"]
