"""The child process that reads an uploaded workbook (XLSX): bytes on stdin, JSON on stdout.

A workbook comes from outside and may be anything. Its archive is looked through before any of it is
parsed: what would unpack into too much, runs, links, or hides cells behind others is refused with
a code. Parsing then happens here, where neither time nor memory can be taken from a meeting.
"""

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, load_workbook

from server.children.child import stay_within

MOST_ROWS = 5000
MOST_COLUMNS = 60
MOST_FILES = 300
MOST_BYTES = 40 * 1024 * 1024
"""Of all files of the archive together once they are unpacked; 5000 rows take a tenth of it."""
MEMORY_BYTES = 768 * 1024 * 1024
CPU_SECONDS = 10
_CHUNK = 1 << 16
_REFUSED_NAMES = {
    "vbaproject.bin": "workbook_macros",
    "externallinks/": "workbook_links",
    "activex/": "workbook_macros",
    "embeddings/": "workbook_macros",
}
_REFUSED_WORDS = (
    (re.compile(rb"<(?:\w+:)?f[ />]"), "workbook_formula"),
    (re.compile(rb"<(?:\w+:)?mergeCell[ />]"), "workbook_merged"),
    (re.compile(rb"<!(?:DOCTYPE|ENTITY)"), "workbook_broken"),
)
_LONGEST_WORD = 64
"""A word may lie across two chunks: so much of one is looked at again with the next."""


class WorkbookError(Exception):
    """The workbook is refused; ``code`` is that of the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_archive(content: bytes) -> None:
    """Refuse a workbook that is none, is too much, or holds what a table does not need.

    Raises:
        WorkbookError: ``workbook_broken``, ``workbook_too_big``, ``workbook_macros``,
            ``workbook_links``, ``workbook_formula`` or ``workbook_merged``.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_files(archive)
    # zipfile says NotImplementedError of a way of packing that it does not know, and RuntimeError
    # of a file behind a password: no table for us either
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise WorkbookError("workbook_broken") from error


def _check_files(archive: zipfile.ZipFile) -> None:
    files = archive.infolist()
    if len(files) > MOST_FILES or sum(file.file_size for file in files) > MOST_BYTES:
        raise WorkbookError("workbook_too_big")
    names = [file.filename.lower() for file in files]
    if "xl/workbook.xml" not in names:
        raise WorkbookError("workbook_broken")
    for part, code in _REFUSED_NAMES.items():
        if any(part in name for name in names):
            raise WorkbookError(code)
    left = MOST_BYTES
    for file in files:
        left = _check_words(archive, file, left)


def _check_words(archive: zipfile.ZipFile, file: zipfile.ZipInfo, left: int) -> int:
    """Look one file through; return how many bytes may still be unpacked.

    What the directory says of sizes is not believed.
    """
    is_sheet = "worksheets/" in file.filename.lower()
    words = _REFUSED_WORDS if is_sheet else _REFUSED_WORDS[-1:]
    before = b""
    with archive.open(file) as unpacked:
        while chunk := unpacked.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise WorkbookError("workbook_too_big")
            seen = before + chunk
            for word, code in words:
                if word.search(seen):
                    raise WorkbookError(code)
            before = seen[-_LONGEST_WORD:]
    return left


def read_text(content: bytes) -> str:
    """Return the first sheet as rows of tab-separated cells.

    Raises:
        WorkbookError: as ``check_archive``, and ``workbook_too_long`` for too many rows or columns.
    """
    check_archive(content)
    try:
        sheet = load_workbook(io.BytesIO(content)).get_sheet_by_index(0)
        height, width = sheet.end or (0, 0)
        if height >= MOST_ROWS or width >= MOST_COLUMNS:
            raise WorkbookError("workbook_too_long")
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError) as error:
        raise WorkbookError("workbook_broken") from error
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerows(_texts(row) for row in rows)
    return out.getvalue()


def _texts(row: Iterable[Any]) -> list[str]:
    return [text_of(cell) for cell in row]


def text_of(cell: Any) -> str:
    """Return a cell as somebody would type it: ``3`` for 3.0, an ISO day for a day at midnight."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def main() -> int:
    """Read what comes in; the answer has ``text`` or the ``code`` of a refusal."""
    stay_within(memory=MEMORY_BYTES, seconds=CPU_SECONDS)
    try:
        answer = {"text": read_text(sys.stdin.buffer.read())}
    except WorkbookError as error:
        answer = {"code": error.code}
    except MemoryError:
        answer = {"code": "workbook_too_big"}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
