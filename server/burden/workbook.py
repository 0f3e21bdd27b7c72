"""The child process that writes a report's workbook (XLSX): JSON on stdin, the file on stdout.

Tables of 20,000 rows take seconds; here they neither hold up a meeting nor take more memory than
they are given. Text is written as text whatever it begins with: no cell is a formula or a link.
"""

import io
import json
import sys
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from server.children.child import stay_within

MEMORY_BYTES = 512 * 1024 * 1024
CPU_SECONDS = 60
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_SCALE = {"type": "3_color_scale", "min_color": "#EDF2F3", "mid_color": "#9FC6D2"}
_MOST_CHARTED = 60


def render_workbook(told: dict[str, Any]) -> bytes:
    """Return the workbook of a report.

    Args:
        told: ``about``, lines of two cells for the first sheet, ``title`` its name, and ``sheets``
            as ``rows.Sheet`` has them.
    """
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E1EFF4", "text_wrap": True}),
            "big": book.add_format({"bold": True, "font_size": 16}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        first = book.add_worksheet(told["title"][:31])
        _front(first, told, formats)
        row = len(told["about"]) + 3
        for table in told["sheets"]:
            sheet = book.add_worksheet(table["name"][:31])
            _table(sheet, table, formats)
            if table["charted"] is not None and table["rows"]:
                _chart(book, first, table, row)
                row += 17
    return out.getvalue()


def _front(sheet: Worksheet, told: dict[str, Any], formats: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 70)
    sheet.write_string(0, 0, told["title"], formats["big"])
    for row, (word, value) in enumerate(told["about"], start=1):
        sheet.write_string(row, 0, word, formats["head"])
        _write(sheet, row, 1, value, formats["wrap"])


def _write(sheet: Worksheet, row: int, column: int, value: Any, style: Any = None) -> None:
    if isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, value, style)


def _table(sheet: Worksheet, table: dict[str, Any], formats: dict[str, Any]) -> None:
    for column, word in enumerate(table["head"]):
        sheet.write_string(0, column, word, formats["head"])
    for number, row in enumerate(table["rows"], start=1):
        for column, cell in enumerate(row):
            _write(sheet, number, column, cell)
    last = max(len(table["rows"]), 1)
    sheet.set_column(0, len(table["head"]) - 1, 13)
    sheet.freeze_panes(1, table["named"] + 1)
    sheet.autofilter(0, 0, last, len(table["head"]) - 1)
    for column in table["scaled"]:
        scale = _SCALE | {"max_color": "#2A7690"}
        sheet.conditional_format(1, column, last, column, scale)


def _chart(book: Workbook, sheet: Worksheet, table: dict[str, Any], row: int) -> None:
    """Draw a column of a table as bars, by the spreadsheet itself."""
    name, column, named = table["name"][:31], table["charted"], table["named"]
    last = min(len(table["rows"]), _MOST_CHARTED)
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": [name, 0, column],
            "categories": [name, 1, named, last, named],
            "values": [name, 1, column, last, column],
            "fill": {"color": "#0D5870"},
            "data_labels": {"value": True},
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": table["head"][column]})
    chart.set_size({"width": 1080, "height": 320})
    sheet.insert_chart(row, 0, chart)


def main() -> int:
    """Write what comes in; the exit status is 0 when the file is whole."""
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS)
    sys.stdout.buffer.write(render_workbook(json.load(sys.stdin.buffer)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
