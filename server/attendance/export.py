"""A report as PDF, by a child process, and as CSV that no spreadsheet will run as a formula."""

import asyncio
import csv
import io
import logging
import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta

import segno

log = logging.getLogger("pinhui.attendance")

_TIMEOUT = timedelta(seconds=60)
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_COMMAND = (sys.executable, "-m", "server.attendance.paper")


class PaperError(Exception):
    """The child process did not make a PDF; its last words are the text."""


class PaperMaker:
    """Makes PDFs one after the other: a second one waits rather than take the other core."""

    def __init__(self, command: Sequence[str] = _COMMAND, timeout: timedelta = _TIMEOUT) -> None:
        self._command = tuple(command)
        self._timeout = timeout
        self._one_at_a_time = asyncio.Semaphore(1)

    async def make(self, html: str) -> bytes:
        """Return the PDF of a printable page.

        Raises:
            PaperError: when the child fails, or takes longer than it may.
        """
        async with self._one_at_a_time:
            child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    made, words = await child.communicate(html.encode())
            except TimeoutError as error:
                raise PaperError("took too long") from error
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
        if child.returncode != 0 or not made.startswith(b"%PDF"):
            raise PaperError(words.decode(errors="replace").strip()[-500:])
        return made


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


def qr_path(text: str) -> tuple[str, int]:
    """Return the dark modules of a QR code as an SVG path, and the width in modules."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, module in enumerate(row)
        if module
    )
    return path, len(matrix)
