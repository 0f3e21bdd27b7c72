"""Turns rows of the working-day table into a value and back."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from server.db.engine import Tx
from server.scheduler.tables import WorkdayHeadRow, WorkdayRow, WorkdayYearRow
from server.scheduler.workday_seed import seed_whole_table
from server.scheduler.workdays import Mark, WorkdayTable, is_usual

_ONE = 1


async def load_version(tx: Tx) -> int:
    """Return how often the working days have been stored; 0 before the first time."""
    return await tx.scalar(select(WorkdayHeadRow.version)) or 0


async def load_workdays(tx: Tx) -> WorkdayTable:
    """Return the working days; what the package knows while nothing has been stored."""
    version = await load_version(tx)
    if not version:
        return seed_whole_table()
    row = WorkdayRow
    found = (await tx.execute(select(row.day, row.working, row.name))).all()
    marks = {day: Mark(working, name) for day, working, name in found}
    return WorkdayTable(
        exceptions={day: m.working for day, m in marks.items() if not is_usual(day, m.working)},
        decreed=frozenset(await tx.scalars(select(WorkdayYearRow.year))),
        version=version,
        names={day: mark.name for day, mark in marks.items() if mark.name},
    )


async def lock_workdays(tx: Tx) -> None:
    """Let nobody else change the table until the transaction ends.

    The head is entered first, with version 0, so that even the first two processes queue at it.
    """
    is_sqlite = tx.get_bind().dialect.name == "sqlite"
    head = (sqlite if is_sqlite else postgresql).insert(WorkdayHeadRow)
    await tx.execute(head.values(id=_ONE, version=0).on_conflict_do_nothing())
    await tx.get(WorkdayHeadRow, _ONE, with_for_update=True)


async def save_workdays(
    tx: Tx, marks: Mapping[date, Mark], *, decreed: frozenset[int], version: int
) -> None:
    """Enter what is said of some days, the years known for sure, and the version; once locked.

    A day that is as its weekday says and belongs to no holiday needs no row.
    """
    await tx.execute(delete(WorkdayRow).where(WorkdayRow.day.in_(list(marks))))
    rows = [
        {"day": day, "working": mark.working, "name": mark.name}
        for day, mark in sorted(marks.items())
        if mark.name or not is_usual(day, mark.working)
    ]
    if rows:
        await tx.execute(insert(WorkdayRow), rows)
    known = set(await tx.scalars(select(WorkdayYearRow.year)))
    await tx.execute(delete(WorkdayYearRow).where(WorkdayYearRow.year.in_(known - decreed)))
    tx.add_all(WorkdayYearRow(year=year) for year in sorted(decreed - known))
    await tx.execute(update(WorkdayHeadRow).values(version=version))
    await tx.flush()
