"""What was pasted from a spreadsheet, or uploaded from one, as rows of tidy cells. Pure."""

import csv
import io
import re
import unicodedata

from server.domain.errors import DomainError

MOST_ROWS = 5000
MOST_LETTERS = 40
_FORMULA = tuple("=+-@＝＋－＠")
"""What a spreadsheet takes for the start of a formula, full-width forms too."""
_MARKUP = re.compile(r"</?[a-zA-Z!?]|&#?\w+;")
"""What a page would take for markup: no name of a person, place or meeting has it."""
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|table|meta|style|script|\?xml)", re.I)
_BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[ \u3000\u00a0]+(?=[\u4e00-\u9fff])")


def decode_upload(content: bytes) -> str:
    """Return the text of an uploaded CSV file: UTF-8 or UTF-16 by its mark, UTF-8, else GB18030.

    Raises:
        DomainError: ``file_is_workbook`` for a workbook, ``file_is_page`` for a web page, which
            some programs write under the name of a table, ``file_not_text`` for anything else.
    """
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DomainError("file_is_workbook")
    marks = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    encodings = [marks[content[:2]]] if content[:2] in marks else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _PAGE.match(text):
            raise DomainError("file_is_page")
        if not any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text):
            return text
    raise DomainError("file_not_text")


def clean(text: str) -> str:
    """Return typed words without outer space and invisible marks."""
    return "".join(c for c in text if unicodedata.category(c) != "Cf").strip()


def tidy(text: str) -> str:
    """Return a pasted cell cleaned, and without the gaps that widen two-character names."""
    return _BETWEEN_CHINESE.sub("", clean(text))


def fault_of(text: str, most: int = MOST_LETTERS) -> str:
    """Return what is wrong with a tidied piece of text, the end of a code; empty when nothing is.

    ``formula``: a spreadsheet would run it. ``markup``: a page would. ``broken``: it holds a line
    break or a control character. ``long``: it has more than ``most`` characters.
    """
    if text.startswith(_FORMULA):
        return "formula"
    if _MARKUP.search(text):
        return "markup"
    if any(unicodedata.category(c) in {"Cc", "Cs", "Co", "Zl", "Zp"} for c in text):
        return "broken"
    return "long" if len(text) > most else ""


def _delimiter(text: str) -> str:
    first = next((line for line in text.split("\n") if line.strip()), "")
    return max("\t,;，", key=lambda mark: (mark == "\t" and mark in first, first.count(mark)))


def read_rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the rows of pasted text with their line numbers; empty rows are left out.

    Cells are separated by tabs when the first row has one, else by the commonest of comma,
    semicolon and Chinese comma; a quoted cell may hold anything.

    Raises:
        DomainError: ``sheet_too_long``, or ``row_broken`` where a quote is never closed.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if plain.strip("\n").count("\n") >= MOST_ROWS:
        raise DomainError("sheet_too_long", most=MOST_ROWS)
    reader = csv.reader(io.StringIO(plain, newline=""), delimiter=_delimiter(plain))
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for cells in reader:
            tidied = [tidy(cell) for cell in cells]
            if any(tidied):
                rows.append((start, tidied))
            start = reader.line_num + 1
    except csv.Error:
        raise DomainError("row_broken", row=start) from None
    return rows
