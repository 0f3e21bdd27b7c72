"""The table to download (XLSX): its head, what is there now, and how to fill it in.

Every cell is text or a number, whatever it begins with; what is written here is read again without
a change.
"""

import io
from collections.abc import Mapping, Sequence

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

Cell = str | int
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LAST = 4999
"""The last row that a choice is offered in; longer tables are refused anyway."""


def render_template(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    names: Sequence[str],
    explained: Sequence[str],
    choices: Mapping[int, Sequence[str]],
) -> bytes:
    """Return the workbook.

    Args:
        head: names of the columns.
        rows: what is there now.
        names: of the sheet that is filled in, and of the one that explains.
        explained: lines of the second sheet.
        choices: words to choose from, by column counted from 0.
    """
    out = io.BytesIO()
    with Workbook(out, _OPTIONS) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF7", "text_wrap": True})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        table, words = (book.add_worksheet(name[:31]) for name in names)
        for column, word in enumerate(head):
            table.write_string(0, column, word, bold)
        for number, row in enumerate(rows, start=1):
            _write(table, number, row)
        for column, allowed in choices.items():
            # a wrong word is refused with its row when the table is taken in, so none is forced
            told = {"validate": "list", "source": list(allowed), "error_type": "information"}
            table.data_validation(1, column, _LAST, column, told)
        table.set_column(0, len(head) - 1, 16)
        table.freeze_panes(1, 0)
        words.set_column(0, 0, 90)
        for number, line in enumerate(explained):
            words.write_string(number, 0, line, plain)
    return out.getvalue()


def _write(sheet: Worksheet, number: int, row: Sequence[Cell]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell)
        elif cell:
            sheet.write_string(number, column, cell)
