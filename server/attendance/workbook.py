"""A session's attendance as a workbook (XLSX): figures with a chart, and a row for each venue.

Text is written as text whatever it begins with: no cell is ever a formula or a link.
"""

import io
from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from server.attendance.report import Figures, Report

Cell = str | int
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_MINUTES = 9
"""The column of minutes in session, counted from 0."""
_RED, _AMBER, _GREEN = "#F4C7C3", "#FCE8B2", "#B7E1CD"


def render_workbook(
    report: Report, head: Sequence[str], rows: Sequence[Sequence[Cell]], words: Sequence[str]
) -> bytes:
    """Return the workbook of one session.

    Args:
        report: the figures.
        head: names of the columns of ``rows``.
        rows: one for each expected venue, as in the CSV.
        words: names of the two sheets, then of what stands in the first: audit number, session, the
            seven figures, minutes of the session.
    """
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True}),
            "big": book.add_format({"bold": True, "font_size": 14}),
        }
        first, second = (book.add_worksheet(name[:31]) for name in words[:2])
        _summary(book, first, report, words[2:], formats=formats)
        _details(second, head, rows, formats)
        _chart_of_minutes(book, first, second.get_name(), len(rows), title=head[_MINUTES])
    return out.getvalue()


def _counts(figures: Figures) -> list[int]:
    return [
        figures.expected,
        figures.present,
        figures.late,
        figures.left_early,
        figures.excused,
        figures.absent,
        figures.head_count,
        figures.session_minutes,
    ]


def _summary(
    book: Workbook, sheet: Worksheet, report: Report, words: Sequence[str], *, formats: Any
) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 14)
    texts = (report.audit_number, report.attendance.opening.title)
    for row, (word, text) in enumerate(zip(words, texts, strict=False)):
        sheet.write_string(row, 0, word, formats["head"])
        sheet.write_string(row, 1, text, formats["big"])
    for row, (word, number) in enumerate(
        zip(words[2:], _counts(report.figures), strict=True), start=3
    ):
        sheet.write_string(row, 0, word, formats["head"])
        sheet.write_number(row, 1, number)
    chart = book.add_chart({"type": "bar"})
    name = sheet.get_name()
    chart.add_series(
        {
            "categories": [name, 3, 0, 8, 0],
            "values": [name, 3, 1, 8, 1],
            "data_labels": {"value": True},
            "fill": {"color": "#3B6FB6"},
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": report.audit_number, "overlay": False})
    chart.set_y_axis({"reverse": True})
    sheet.insert_chart(2, 3, chart)


def _details(
    sheet: Worksheet, head: Sequence[str], rows: Sequence[Sequence[Cell]], formats: Any
) -> None:
    for column, word in enumerate(head):
        sheet.write_string(0, column, word, formats["head"])
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(number, column, cell)
            else:
                sheet.write_string(number, column, cell)
    last = max(len(rows), 1)
    sheet.set_column(0, len(head) - 1, 12)
    sheet.freeze_panes(1, 5)
    sheet.autofilter(0, 0, last, len(head) - 1)
    scale = {"min_color": _RED, "mid_color": _AMBER, "max_color": _GREEN}
    sheet.conditional_format(1, _MINUTES, last, _MINUTES, {"type": "3_color_scale", **scale})


def _chart_of_minutes(
    book: Workbook, sheet: Worksheet, details: str, count: int, *, title: str
) -> None:
    """Add a column for each venue's minutes, drawn by the spreadsheet itself."""
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "categories": [details, 1, 4, max(count, 1), 4],
            "values": [details, 1, _MINUTES, max(count, 1), _MINUTES],
            "fill": {"color": "#2E7D4F"},
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": title})
    chart.set_size({"width": 900, "height": 300})
    sheet.insert_chart(19, 0, chart)
