"""Turns rows of device checks into values and back."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from server.db.engine import Tx
from server.devicecheck.model import DeviceCheck, Finding, Grade, Part, Reason
from server.devicecheck.tables import DeviceCheckRow
from server.domain.errors import NotFoundError

KEPT = 200
"""Checks of a venue that are kept; older ones go when a new one begins."""


def _check(row: DeviceCheckRow) -> DeviceCheck:
    findings = tuple(
        Finding(Part(f["part"]), Grade(f["grade"]), f["code"], f["params"]) for f in row.findings
    )
    mended = frozenset(Part(part) for part in row.mended)
    return DeviceCheck(row.id, row.venue_id, row.started_at, Reason(row.reason), findings, mended)


def _findings(check: DeviceCheck) -> list[dict[str, Any]]:
    return [
        {"part": f.part, "grade": f.grade, "code": f.code, "params": dict(f.params)}
        for f in check.findings
    ]


async def add_check(tx: Tx, venue_id: int, reason: Reason, at: datetime) -> DeviceCheck:
    """Enter a check that begins, and forget those beyond the last ``KEPT`` of its venue."""
    row = DeviceCheckRow(venue_id=venue_id, started_at=at, reason=reason, findings=[], mended=[])
    tx.add(row)
    await tx.flush()
    newest = (
        select(DeviceCheckRow.id)
        .where(DeviceCheckRow.venue_id == venue_id)
        .order_by(DeviceCheckRow.id.desc())
        .limit(KEPT)
    )
    kept = list(await tx.scalars(newest))
    await tx.execute(
        delete(DeviceCheckRow).where(
            DeviceCheckRow.venue_id == venue_id, DeviceCheckRow.id < kept[-1]
        )
    )
    return _check(row)


async def load_check(tx: Tx, check_id: int, venue_id: int, *, lock: bool = False) -> DeviceCheck:
    """Return a check of a venue, if told locked until the transaction ends.

    Raises:
        NotFoundError: ``no_such_check``, also for another venue's.
    """
    row = await tx.get(DeviceCheckRow, check_id, with_for_update=lock)
    if row is None or row.venue_id != venue_id:
        raise NotFoundError("no_such_check")
    return _check(row)


async def save_check(tx: Tx, check: DeviceCheck) -> None:
    """Write what was found."""
    row = await tx.get_one(DeviceCheckRow, check.id)
    row.findings = _findings(check)
    row.mended = sorted(check.mended)
    await tx.flush()


async def load_checks_of(tx: Tx, venue_id: int, most: int) -> list[DeviceCheck]:
    """Return a venue's checks in which anything was found, the latest first."""
    query = (
        select(DeviceCheckRow)
        .where(DeviceCheckRow.venue_id == venue_id)
        .order_by(DeviceCheckRow.id.desc())
        .limit(KEPT)
    )
    found = [_check(row) for row in await tx.scalars(query)]
    return [check for check in found if check.findings][:most]


async def load_latest(tx: Tx) -> dict[int, DeviceCheck]:
    """Return every venue's latest check by the venue's id."""
    newest = select(func.max(DeviceCheckRow.id)).group_by(DeviceCheckRow.venue_id)
    rows = await tx.scalars(select(DeviceCheckRow).where(DeviceCheckRow.id.in_(newest)))
    return {row.venue_id: _check(row) for row in rows}
