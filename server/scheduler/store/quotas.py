"""Turns rows of what is granted into versions and back."""

from datetime import date, datetime

from sqlalchemy import func, select

from server.db.engine import Tx
from server.scheduler.quota_rules import QuotaRule, QuotaVersion
from server.scheduler.tables import QuotaVersionRow


async def load_quota_versions(
    tx: Tx, *, with_withdrawn: bool = False
) -> list[tuple[QuotaVersion, bool]]:
    """Return the versions, oldest first, each with whether it was withdrawn."""
    query = select(QuotaVersionRow).order_by(QuotaVersionRow.number)
    if not with_withdrawn:
        query = query.where(QuotaVersionRow.withdrawn_at.is_(None))
    return [(_version(row), row.withdrawn_at is not None) for row in await tx.scalars(query)]


async def load_quotas(tx: Tx) -> list[QuotaVersion]:
    """Return the versions that hold, oldest first; none before the preset was ever changed."""
    return [version for version, _ in await load_quota_versions(tx)]


def _version(row: QuotaVersionRow) -> QuotaVersion:
    rule = QuotaRule.from_payload(row.rule)
    return QuotaVersion(row.number, row.valid_from, rule, row.reason, row.author, row.at)


async def save_quota_version(
    tx: Tx, rule: QuotaRule, *, valid_from: date, reason: str, by: str, at: datetime
) -> int:
    """Enter a version and return its number; two at once cannot have the same."""
    number = (await tx.scalar(select(func.max(QuotaVersionRow.number))) or 0) + 1
    tx.add(
        QuotaVersionRow(
            number=number,
            valid_from=valid_from,
            rule=rule.to_payload(),
            reason=reason,
            author=by,
            at=at,
        )
    )
    await tx.flush()
    return number


async def withdraw_quota_version(tx: Tx, number: int, at: datetime) -> bool:
    """Withdraw the newest version that holds; False when it is another."""
    holding = QuotaVersionRow.withdrawn_at.is_(None)
    newest = await tx.scalar(select(func.max(QuotaVersionRow.number)).where(holding))
    row = await tx.get(QuotaVersionRow, number, with_for_update=True)
    if row is None or newest != number:
        return False
    row.withdrawn_at = at
    await tx.flush()
    return True
