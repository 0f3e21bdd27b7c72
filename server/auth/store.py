"""Turns account, login and failure rows into values and back."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from server.auth.model import Account, Login, Role
from server.auth.tables import AccountRow, FailureRow, LoginRow
from server.auth.throttle import Failures
from server.db.engine import Tx


def _account(row: AccountRow) -> Account:
    return Account(
        id=row.id,
        name=row.name,
        display_name=row.display_name,
        role=Role(row.role),
        password_hash=row.password_hash,
        department_id=row.department_id,
        committee_id=row.committee_id,
    )


async def load_account(tx: Tx, name: str) -> Account | None:
    """Return the account of that name, or None."""
    row = await tx.scalar(select(AccountRow).where(AccountRow.name == name))
    return _account(row) if row else None


async def load_account_by_id(tx: Tx, account_id: int) -> Account | None:
    """Return the account of that id, or None."""
    row = await tx.get(AccountRow, account_id)
    return _account(row) if row else None


async def load_accounts(tx: Tx) -> list[Account]:
    """Return all accounts in the order they were made."""
    return [_account(row) for row in await tx.scalars(select(AccountRow).order_by(AccountRow.id))]


async def save_password(tx: Tx, account_id: int, password_hash: str) -> None:
    """Give an account a new password and end its logins."""
    row = await tx.get_one(AccountRow, account_id)
    row.password_hash = password_hash
    await tx.execute(delete(LoginRow).where(LoginRow.account_id == account_id))
    await tx.flush()


async def count_accounts(tx: Tx) -> int:
    """Return how many accounts there are; zero means a new installation."""
    return await tx.scalar(select(func.count()).select_from(AccountRow)) or 0


async def save_account(
    tx: Tx,
    *,
    name: str,
    display_name: str,
    role: Role,
    password_hash: str,
    department_id: int | None = None,
    committee_id: int | None = None,
) -> Account:
    """Add an account and return it with its id."""
    row = AccountRow(
        name=name,
        display_name=display_name,
        role=role,
        password_hash=password_hash,
        department_id=department_id,
        committee_id=committee_id,
    )
    tx.add(row)
    await tx.flush()
    return _account(row)


async def save_login(tx: Tx, digest: str, account_id: int, now: datetime) -> None:
    """Keep a new login under the digest of its cookie."""
    tx.add(LoginRow(digest=digest, account_id=account_id, since=now, seen_at=now))


async def load_login(tx: Tx, digest: str, now: datetime, idle: timedelta) -> Login | None:
    """Return the login of a cookie's digest, or None when unknown or idle for too long."""
    found = (
        await tx.execute(
            select(LoginRow, AccountRow)
            .join(AccountRow, AccountRow.id == LoginRow.account_id)
            .where(LoginRow.digest == digest, LoginRow.seen_at > now - idle)
        )
    ).one_or_none()
    if found is None:
        return None
    login, account = found
    return Login(
        account_id=account.id,
        name=account.name,
        display_name=account.display_name,
        role=Role(account.role),
        department_id=account.department_id,
        committee_id=account.committee_id,
        since=login.since,
    )


async def touch_login(tx: Tx, digest: str, now: datetime) -> None:
    """Note that the login is still in use."""
    row = await tx.get(LoginRow, digest)
    if row is not None:
        row.seen_at = now


async def delete_login(tx: Tx, digest: str) -> None:
    """Forget a login."""
    await tx.execute(delete(LoginRow).where(LoginRow.digest == digest))


async def load_failures(tx: Tx, key: str) -> Failures:
    """Return the wrong passwords in a row counted under ``key``."""
    row = await tx.get(FailureRow, key)
    return Failures(row.count, row.last_at) if row else Failures()


async def save_failures(tx: Tx, key: str, failures: Failures) -> None:
    """Keep the count; one without a time is forgotten."""
    await tx.execute(delete(FailureRow).where(FailureRow.key == key))
    if failures.last_at is not None:
        tx.add(FailureRow(key=key, count=failures.count, last_at=failures.last_at))
        await tx.flush()
