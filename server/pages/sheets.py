"""Tables for spreadsheets: CSV that opens in Chinese and that no spreadsheet runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def safe_cell(value: str | int) -> str:
    """Return a cell's text, with an apostrophe before what a spreadsheet might run."""
    text = str(value)
    return "'" + text if text.startswith(_FORMULA_STARTS) else text


def render_csv(rows: Iterable[Sequence[str | int]]) -> bytes:
    """Return CSV (RFC 4180) in UTF-8 behind a byte order mark, as spreadsheets here expect it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
    return (_BYTE_ORDER_MARK + buffer.getvalue()).encode()
