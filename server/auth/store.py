"""Turns account, login and failure rows into values and back."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from server.auth.model import Account, AccountWords, Login, Role
from server.auth.tables import AccountRow, FailureRow, LoginRow, PasswordLinkRow
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
        disabled=row.disabled_at is not None,
        version=row.version,
        email=row.email,
        language=row.language,
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


async def lock_account(tx: Tx, account_id: int) -> Account | None:
    """Return the account of that id, which nobody else changes until the transaction ends."""
    row = await tx.get(AccountRow, account_id, with_for_update=True)
    return _account(row) if row else None


async def lock_administrators(tx: Tx) -> list[int]:
    """Return the ids of the administrators who can sign in; they stay so until the end."""
    query = select(AccountRow.id).where(
        AccountRow.role == str(Role.ADMIN), AccountRow.disabled_at.is_(None)
    )
    return list(await tx.scalars(query.order_by(AccountRow.id).with_for_update()))


async def save_words(tx: Tx, account_id: int, words: AccountWords) -> None:
    """Change what an account is called, what it may do and where it belongs."""
    row = await tx.get_one(AccountRow, account_id)
    row.name, row.display_name, row.role = words.name, words.display_name, words.role
    row.department_id, row.committee_id = words.department_id, words.committee_id
    row.email, row.language = words.email, words.language
    row.version += 1
    await tx.flush()


async def save_disabled(tx: Tx, account_id: int, disabled_at: datetime | None) -> None:
    """Disable an account, which ends its logins and its link; or enable it again with None."""
    row = await tx.get_one(AccountRow, account_id)
    row.disabled_at = disabled_at
    row.version += 1
    if disabled_at is not None:
        await end_logins(tx, account_id)
        await delete_password_link(tx, account_id)
    await tx.flush()


async def end_logins(tx: Tx, account_id: int, *, but: str = "") -> None:
    """Forget an account's logins, all but the one whose digest is named."""
    mine = LoginRow.account_id == account_id
    await tx.execute(delete(LoginRow).where(mine, LoginRow.digest != but))


async def save_password(tx: Tx, account_id: int, password_hash: str, *, keep: str = "") -> None:
    """Give an account a new password, and end its link and its logins but one.

    Args:
        tx: the transaction.
        account_id: whose.
        password_hash: the new one, hashed.
        keep: the digest of the login that stays, empty for none.
    """
    row = await tx.get_one(AccountRow, account_id)
    row.password_hash = password_hash
    await end_logins(tx, account_id, but=keep)
    await delete_password_link(tx, account_id)
    await tx.flush()


async def save_password_link(tx: Tx, account_id: int, digest: str, until: datetime) -> None:
    """Keep a new link, which ends the former one."""
    await delete_password_link(tx, account_id)
    tx.add(PasswordLinkRow(account_id=account_id, digest=digest, until=until))
    await tx.flush()


async def load_by_password_link(tx: Tx, digest: str, now: datetime) -> Account | None:
    """Return the account whose link is in force and carries this digest, or None."""
    row = await tx.scalar(
        select(AccountRow)
        .join(PasswordLinkRow, PasswordLinkRow.account_id == AccountRow.id)
        .where(PasswordLinkRow.digest == digest, PasswordLinkRow.until > now)
    )
    return _account(row) if row else None


async def load_linked(tx: Tx, now: datetime) -> set[int]:
    """Return the ids of the accounts that have a link in force."""
    query = select(PasswordLinkRow.account_id).where(PasswordLinkRow.until > now)
    return set(await tx.scalars(query))


async def delete_password_link(tx: Tx, account_id: int) -> None:
    """Forget an account's link; does nothing when there is none."""
    await tx.execute(delete(PasswordLinkRow).where(PasswordLinkRow.account_id == account_id))


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
    email: str = "",
    language: str = "",
) -> Account:
    """Add an account and return it with its id."""
    row = AccountRow(
        name=name,
        display_name=display_name,
        role=role,
        password_hash=password_hash,
        department_id=department_id,
        committee_id=committee_id,
        email=email,
        language=language,
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
            .where(
                LoginRow.digest == digest,
                LoginRow.seen_at > now - idle,
                AccountRow.disabled_at.is_(None),
            )
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


async def load_logins(tx: Tx, now: datetime, idle: timedelta) -> dict[str, Role]:
    """Return the digests of the logins in force, each with the role of its account."""
    query = (
        select(LoginRow.digest, AccountRow.role)
        .join(AccountRow, AccountRow.id == LoginRow.account_id)
        .where(LoginRow.seen_at > now - idle, AccountRow.disabled_at.is_(None))
    )
    return {digest: Role(role) for digest, role in await tx.execute(query)}


async def touch_login(tx: Tx, digest: str, now: datetime) -> None:
    """Note that the login is still in use."""
    row = await tx.get(LoginRow, digest)
    if row is not None:
        row.seen_at = now


async def delete_login(tx: Tx, digest: str) -> None:
    """Forget a login."""
    await tx.execute(delete(LoginRow).where(LoginRow.digest == digest))


async def delete_stale(tx: Tx, *, idle_since: datetime, failed_until: datetime) -> None:
    """Forget logins not seen after ``idle_since``, and failures that count no more."""
    await tx.execute(delete(LoginRow).where(LoginRow.seen_at <= idle_since))
    await tx.execute(delete(FailureRow).where(FailureRow.last_at <= failed_until))


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
