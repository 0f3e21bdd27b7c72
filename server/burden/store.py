"""Turns rows of folded sessions, baselines, filters and other streets into values and back."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from server.burden.baseline import Baseline
from server.burden.folding import SHAPE, held_from_payload, held_payload
from server.burden.model import Held
from server.burden.streets import StreetFigures, figures_from_payload, figures_payload
from server.burden.tables import (
    BaselineTotalsRow,
    FoldedSessionRow,
    SavedFilterRow,
    StreetFiguresRow,
)
from server.db.engine import Tx


async def load_folded(tx: Tx, session_ids: Collection[int]) -> dict[int, tuple[int, Held]]:
    """Return what is kept of some sessions, with the event up to which each was folded."""
    table = FoldedSessionRow.__table__
    query = select(table.c.session_id, table.c.up_to, table.c.body).where(
        table.c.session_id.in_(list(session_ids)), table.c.shape == SHAPE
    )
    rows = (await tx.execute(query)).all()
    return {id_: (up_to, held_from_payload(id_, body)) for id_, up_to, body in rows}


async def load_folded_ids(tx: Tx) -> set[int]:
    """Return the sessions of which something is kept in the present shape."""
    query = select(FoldedSessionRow.session_id).where(FoldedSessionRow.shape == SHAPE)
    return set(await tx.scalars(query))


async def save_folded(tx: Tx, sessions: Collection[Held], up_to: int) -> None:
    """Keep sessions that were folded up to an event, in place of what was kept of them."""
    ids = [held.session_id for held in sessions]
    await tx.execute(delete(FoldedSessionRow).where(FoldedSessionRow.session_id.in_(ids)))
    for held in sessions:
        body = held_payload(held)
        tx.add(FoldedSessionRow(session_id=held.session_id, up_to=up_to, shape=SHAPE, body=body))
    await tx.flush()


async def delete_folded(tx: Tx, session_ids: Collection[int]) -> None:
    """Delete what is kept of some sessions."""
    row = FoldedSessionRow
    await tx.execute(delete(row).where(row.session_id.in_(list(session_ids))))


async def move_on(tx: Tx, session_ids: Collection[int], up_to: int) -> None:
    """Note that up to an event nothing new was said of some sessions."""
    query = update(FoldedSessionRow).where(FoldedSessionRow.session_id.in_(list(session_ids)))
    await tx.execute(query.values(up_to=up_to))


# --- the baseline --------------------------------------------------------------------------------


async def load_baseline(tx: Tx) -> Baseline | None:
    """Return the baseline entered last, or None."""
    row = await tx.scalar(select(BaselineTotalsRow).order_by(BaselineTotalsRow.id.desc()).limit(1))
    if row is None:
        return None
    return Baseline(
        first=row.first,
        last=row.last,
        workdays=row.workdays,
        committees=row.committees,
        calls=row.calls,
        minutes=row.minutes,
        meetings=row.meetings,
        source=row.source,
        departments=row.departments,
        by=row.by,
        at=row.at,
    )


async def save_baseline(tx: Tx, baseline: Baseline, by: str, at: datetime) -> None:
    """Enter a baseline; those before it stay."""
    tx.add(
        BaselineTotalsRow(
            first=baseline.first,
            last=baseline.last,
            workdays=baseline.workdays,
            committees=baseline.committees,
            calls=baseline.calls,
            minutes=baseline.minutes,
            meetings=baseline.meetings,
            source=baseline.source,
            departments=dict(baseline.departments),
            by=by,
            at=at,
        )
    )
    await tx.flush()


# --- saved filters -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """What an account looks at often; see ``SavedFilterRow``."""

    id: int
    account_id: int
    about: str
    period: str
    monthly: bool
    mailed: str


def _filter(row: SavedFilterRow) -> SavedFilter:
    return SavedFilter(row.id, row.account_id, row.about, row.period, row.monthly, row.mailed)


async def load_filters(tx: Tx, account_id: int) -> list[SavedFilter]:
    """Return the filters of an account in the order they were saved."""
    query = select(SavedFilterRow).where(SavedFilterRow.account_id == account_id)
    return [_filter(row) for row in await tx.scalars(query.order_by(SavedFilterRow.id))]


async def load_monthly(tx: Tx, month: str) -> list[SavedFilter]:
    """Return the filters of which a letter is wanted and was not written in a month yet."""
    row = SavedFilterRow
    query = select(row).where(row.monthly, row.mailed != month).order_by(row.id)
    return [_filter(found) for found in await tx.scalars(query)]


async def save_filter(tx: Tx, account_id: int, about: str, period: str) -> None:
    """Enter a filter."""
    tx.add(SavedFilterRow(account_id=account_id, about=about, period=period))
    await tx.flush()


async def delete_filter(tx: Tx, account_id: int, filter_id: int) -> None:
    """Delete a filter of an account; one that is another's is let be."""
    row = SavedFilterRow
    await tx.execute(delete(row).where(row.id == filter_id, row.account_id == account_id))


async def set_monthly(
    tx: Tx, account_id: int, filter_id: int, *, monthly: bool, mailed: str
) -> None:
    """Ask for a monthly letter of an account's filter, or no more; ``mailed``: not this month."""
    row = SavedFilterRow
    mine = update(row).where(row.id == filter_id, row.account_id == account_id)
    await tx.execute(mine.values(monthly=monthly, mailed=mailed))


# --- other streets -------------------------------------------------------------------------------


async def load_streets(tx: Tx, period: str) -> list[tuple[int, StreetFigures]]:
    """Return the figures of other streets for a period with their ids, by name."""
    row = StreetFiguresRow
    query = select(row).where(row.period == period).order_by(row.street, row.id)
    return [(found.id, figures_from_payload(found.body)) for found in await tx.scalars(query)]


async def load_street_periods(tx: Tx) -> list[str]:
    """Return the periods for which there are figures of other streets, the latest first."""
    query = select(StreetFiguresRow.period).distinct().order_by(StreetFiguresRow.period.desc())
    return list(await tx.scalars(query))


async def save_street(tx: Tx, figures: StreetFigures, by: str, at: datetime) -> None:
    """Enter the figures of a street in place of those it had for that period."""
    row = StreetFiguresRow
    same = (row.street == figures.street, row.period == figures.period)
    await tx.execute(delete(row).where(*same))
    body: Mapping[str, Any] = figures_payload(figures)
    tx.add(row(street=figures.street, period=figures.period, body=body, added_by=by, added_at=at))
    await tx.flush()


async def delete_street(tx: Tx, figures_id: int) -> StreetFigures | None:
    """Delete the figures of a street and return them; None when there are none."""
    row = await tx.get(StreetFiguresRow, figures_id)
    if row is None:
        return None
    found = figures_from_payload(row.body)
    await tx.delete(row)
    await tx.flush()
    return found
