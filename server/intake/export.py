"""The table to download, made beside the loop."""

import asyncio
from collections.abc import Mapping, Sequence

from server.intake.workbook import Cell, render_template


async def make_template(
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    *,
    names: Sequence[str],
    explained: Sequence[str],
    choices: Mapping[int, Sequence[str]],
) -> bytes:
    """Return the workbook: see ``render_template``."""
    return await asyncio.to_thread(
        render_template, head, rows, names=names, explained=explained, choices=choices
    )
