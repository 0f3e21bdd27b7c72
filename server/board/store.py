"""Turns rows of the working plan, its steps, versions and offers into values and back."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import delete, func, select

from server.board.model import Marks, Offer, Step, Version, Working, cell_key, parse_cell
from server.board.tables import PlanOfferRow, PlanStepRow, PlanVersionRow, WorkingPlanRow
from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.merging.instance.formats import parse_plan
from server.merging.instance.model import MergePlan
from server.merging.instance.writing import serialise_plan

ONLY = 1
"""The id of the one working plan."""


class Kept(IntEnum):
    """Which of the finds that are kept: the night's offer, or what was searched for by day."""

    NIGHT = 1
    DAY = 2


def _marks_json(marks: Marks) -> dict[str, Any]:
    return {
        "pins": {number: cell_key(cell) for number, cell in sorted(marks.pins.items())},
        "frozen": sorted(cell_key(cell) for cell in marks.frozen),
        "digest": sorted(marks.digest),
    }


def _marks(kept: Mapping[str, Any]) -> Marks:
    return Marks(
        pins={number: parse_cell(text) for number, text in kept["pins"].items()},
        frozen=frozenset(parse_cell(text) for text in kept["frozen"]),
        digest=frozenset(kept["digest"]),
    )


def _plan(text: str) -> MergePlan:
    plan = parse_plan(text)
    if not isinstance(plan, MergePlan):
        raise TypeError("what was kept is no plan")
    return plan


def _working(row: WorkingPlanRow | PlanStepRow) -> Working | None:
    """Return a kept plan; None where none was, before the first change."""
    return Working(_plan(row.plan), _marks(row.marks), dict(row.base)) if row.plan else None


async def load_working(tx: Tx) -> tuple[int, Working | None]:
    """Return the version of the working plan, 0 before the first change, and the plan itself."""
    row = await tx.get(WorkingPlanRow, ONLY)
    return (row.version, _working(row)) if row else (0, None)


async def lock_working(tx: Tx) -> tuple[int, Working | None]:
    """The same, and let nobody else change it until the transaction ends."""
    if await tx.get(WorkingPlanRow, ONLY) is None:
        tx.add(WorkingPlanRow(id=ONLY, version=0, plan="", marks=_marks_json(Marks()), base={}))
        await tx.flush()
    row = await tx.get_one(WorkingPlanRow, ONLY, with_for_update=True, populate_existing=True)
    return row.version, _working(row)


async def save_working(tx: Tx, working: Working | None) -> int:
    """Keep the working plan, or none; return its new version. It was locked before."""
    row = await tx.get_one(WorkingPlanRow, ONLY)
    row.version += 1
    row.plan = serialise_plan(working.plan) if working else ""
    row.marks = _marks_json(working.marks if working else Marks())
    row.base = dict(working.base) if working else {}
    await tx.flush()
    return row.version


# --- steps -------------------------------------------------------------------------------------


async def save_step(tx: Tx, step: Step, *, author: str, at: datetime) -> None:
    """Note a change, so that it can be undone."""
    before = step.before
    row = PlanStepRow(
        code=step.code,
        params=dict(step.params),
        plan=serialise_plan(before.plan) if before else "",
        marks=_marks_json(before.marks if before else Marks()),
        base=dict(before.base) if before else {},
        author=author,
        at=at,
    )
    tx.add(row)
    await tx.flush()


async def load_last_step(tx: Tx) -> Step | None:
    """Return the last change that was not undone."""
    row = await tx.scalar(select(PlanStepRow).order_by(PlanStepRow.id.desc()).limit(1))
    return Step(row.code, row.params, _working(row)) if row else None


async def drop_last_step(tx: Tx) -> None:
    """Forget the last change."""
    last = await tx.scalar(select(func.max(PlanStepRow.id)))
    await tx.execute(delete(PlanStepRow).where(PlanStepRow.id == last))


async def drop_steps(tx: Tx) -> None:
    """Forget every change: what has been published is not undone step by step."""
    await tx.execute(delete(PlanStepRow))


# --- versions ----------------------------------------------------------------------------------


def _version(row: PlanVersionRow) -> Version:
    return Version(
        number=row.number,
        at=row.at,
        by=row.author,
        instance=row.instance,
        plan=row.plan,
        before=row.before,
        told=row.told,
        totals=row.totals,
    )


async def save_version(tx: Tx, version: Version) -> None:
    """Keep a published version for ever."""
    row = PlanVersionRow(
        number=version.number,
        at=version.at,
        author=version.by,
        instance=version.instance,
        plan=version.plan,
        before=version.before,
        told=version.told,
        totals=dict(version.totals),
    )
    tx.add(row)
    await tx.flush()


async def latest_version(tx: Tx) -> int | None:
    """Return the number of the latest published version, None before the first."""
    return await tx.scalar(select(func.max(PlanVersionRow.number)))


async def load_version(tx: Tx, number: int) -> Version:
    """Return a published version.

    Raises:
        NotFoundError: ``no_such_version``.
    """
    row = await tx.get(PlanVersionRow, number)
    if row is None:
        raise NotFoundError("no_such_version")
    return _version(row)


async def load_versions(tx: Tx) -> list[Version]:
    """Return every published version, the latest first."""
    rows = await tx.scalars(select(PlanVersionRow).order_by(PlanVersionRow.number.desc()))
    return [_version(row) for row in rows]


# --- what was found ----------------------------------------------------------------------------


async def save_offer(tx: Tx, offer: Offer, kept: Kept = Kept.NIGHT) -> None:
    """Keep what was found instead of what was found before."""
    await drop_offer(tx, kept)
    row = PlanOfferRow(
        id=kept,
        version=offer.version,
        plan=serialise_plan(offer.plan),
        found_at=offer.found_at,
        gain=dict(offer.gain),
    )
    tx.add(row)
    await tx.flush()


async def load_offer(tx: Tx, kept: Kept = Kept.NIGHT) -> Offer | None:
    """Return what was found, None when nothing was or it was taken."""
    row = await tx.get(PlanOfferRow, kept)
    return Offer(row.version, _plan(row.plan), row.found_at, row.gain) if row else None


async def drop_offer(tx: Tx, kept: Kept = Kept.NIGHT) -> None:
    """Forget what was found."""
    await tx.execute(delete(PlanOfferRow).where(PlanOfferRow.id == kept))
