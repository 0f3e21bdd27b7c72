"""What leaves the house with a report: its QR code, and its workbook made beside the loop."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

import segno

from server.attendance.report import Report
from server.attendance.workbook import Cell, render_workbook


@lru_cache(maxsize=64)
def qr_path(text: str) -> tuple[str, int]:
    """Return the dark modules of a QR code as an SVG path, and the width in modules."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = "".join(
        f"M{x} {y}h{width}v1h-{width}z"
        for y, row in enumerate(matrix)
        for x, width in _dark_runs(row)
    )
    return path, len(matrix)


def _dark_runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Return where dark modules of a row begin that stand beside each other, and how many."""
    runs: list[tuple[int, int]] = []
    x = 0
    for is_dark, modules in groupby(row, bool):
        width = len(list(modules))
        if is_dark:
            runs.append((x, width))
        x += width
    return runs


async def make_workbook(
    report: Report, head: Sequence[str], rows: Sequence[Sequence[Cell]], words: Sequence[str]
) -> bytes:
    """Return a report's workbook, made beside the loop: see ``render_workbook``."""
    return await asyncio.to_thread(render_workbook, report, head, rows, words)
