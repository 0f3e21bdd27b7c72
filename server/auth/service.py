"""Signing in and out, one use case per function."""

import asyncio
import hashlib
import secrets
from collections.abc import Container
from datetime import datetime, timedelta

from server.audit.service import record
from server.auth import store
from server.auth.model import (
    Account,
    Login,
    NewAccount,
    Role,
    check_account_name,
    check_belonging,
)
from server.auth.passwords import NOBODY, hash_password, password_matches
from server.auth.throttle import (
    ADDRESS_FACTOR,
    ALLOWED_FAILURES,
    WAIT,
    Failures,
    after_failure,
    tries_left,
    wait_left,
)
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError, ForbiddenError, NotFoundError
from server.domain.events import EventKind, Payload

IDLE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=5)
_NAME_LENGTH = 12
_HASHING = asyncio.Semaphore(2)
"""Two hashes at a time: each takes 19 MiB and a core, and the packets need the other one."""
_PROVING = asyncio.Lock()
"""One password is tried at a time, so that guesses sent all at once find the door closed."""


def digest_of(cookie: str) -> str:
    """Return what the store keeps instead of a secret cookie or token."""
    return hashlib.sha256(cookie.encode()).hexdigest()


async def _limits(tx: Tx, name: str, address: str) -> list[tuple[str, Failures, int]]:
    keys = (
        (f"name:{name[:64]}", ALLOWED_FAILURES),
        (f"addr:{address}", ALLOWED_FAILURES * ADDRESS_FACTOR),
    )
    return [(key, await store.load_failures(tx, key), allowed) for key, allowed in keys]


async def sign_in(db: Database, clock: Clock, name: str, password: str, address: str) -> str:
    """Check name and password and open a login.

    Args:
        db: the database.
        clock: gives the time.
        name: the account's name as typed.
        password: the password as typed.
        address: where the request came from, for throttling.

    Returns:
        The cookie value of the new login, 43 characters; only its digest is stored.

    Raises:
        DomainError: ``login_wait`` (minutes) while the door is closed, ``login_wrong`` (left: tries
            before it closes) for a wrong name or password: which of the two is not told.
        ConflictError: ``account_disabled``, only to who knows the password.
    """
    account = await _prove(db, clock, name, password, address)
    if isinstance(account, int):
        raise DomainError("login_wrong", left=account)
    if account.disabled:
        raise ConflictError("account_disabled")
    return await open_login(db, clock, account, address)


async def _prove(
    db: Database, clock: Clock, name: str, password: str, address: str
) -> Account | int:
    """Return the account when the password is its own, else how many tries are left.

    Raises:
        DomainError: ``login_wait`` (minutes).
    """
    async with _PROVING:
        async with db.view() as tx:
            account = await store.load_account(tx, name)
            limits = await _limits(tx, name, address)
        now = clock.now()
        wait = max(wait_left(failures, now, allowed) for _, failures, allowed in limits)
        if wait:
            raise DomainError("login_wait", minutes=-(-int(wait.total_seconds()) // 60))
        stored = account.password_hash if account else ""
        async with _HASHING:
            right = await asyncio.to_thread(password_matches, stored or NOBODY, password)
        if account is not None and stored and right:
            return account
        return await _count_failure(db, clock, name, address)


async def _count_failure(db: Database, clock: Clock, name: str, address: str) -> int:
    """Count a wrong password and return how many tries are left before the door closes.

    Raises:
        DomainError: ``login_wait`` when it closes now.
    """
    async with db.tx() as tx:
        left = ALLOWED_FAILURES
        for key, failures, allowed in await _limits(tx, name, address):
            counted = after_failure(failures, clock.now())
            await store.save_failures(tx, key, counted)
            left = min(left, tries_left(counted, allowed))
        payload: Payload = {"name": name[:64], "address": address}
        await record(tx, clock, EventKind.LOGIN_FAILED, actor="visitor", payload=payload)
    if left == 0:
        raise DomainError("login_wait", minutes=5)
    return left


async def open_login(db: Database, clock: Clock, account: Account, address: str) -> str:
    """Open and record a login for somebody who has proved who they are; return its cookie value.

    What other logins and failures have left behind is swept up with it.

    Args:
        db: the database.
        clock: gives the time.
        account: whose login it is.
        address: where the request came from.
    """
    cookie = secrets.token_urlsafe(32)
    async with db.tx() as tx:
        now = clock.now()
        await store.delete_stale(tx, idle_since=now - IDLE, failed_until=now - WAIT)
        await store.save_failures(tx, f"name:{account.name[:64]}", Failures())
        await store.save_login(tx, digest_of(cookie), account.id, now)
        payload: Payload = {"name": account.name, "address": address}
        actor = f"login:{account.id}"
        await record(tx, clock, EventKind.LOGIN_SUCCEEDED, actor=actor, payload=payload)
    return cookie


async def find_login(db: Database, clock: Clock, cookie: str) -> Login | None:
    """Return the login of a cookie, or None; an idle one has ended after 12 hours."""
    digest, now = digest_of(cookie), clock.now()
    async with db.view() as tx:
        login = await store.load_login(tx, digest, now, IDLE)
        stale = await store.load_login(tx, digest, now, TOUCH_EVERY) is None
    if login is not None and stale:
        async with db.tx() as tx:
            await store.touch_login(tx, digest, now)
    return login


def name_of(cookie: str) -> str:
    """Return twelve hexadecimal digits that name the login of a cookie and open nothing."""
    return digest_of(cookie)[:_NAME_LENGTH]


async def load_login_names(tx: Tx, now: datetime, roles: Container[str]) -> set[str]:
    """Return the names (``name_of``) of the logins in force of accounts with these roles."""
    logins = await store.load_logins(tx, now, IDLE)
    return {digest[:_NAME_LENGTH] for digest, role in logins.items() if role in roles}


async def sign_out(db: Database, clock: Clock, login: Login, cookie: str) -> None:
    """End the login of a cookie."""
    async with db.tx() as tx:
        await store.delete_login(tx, digest_of(cookie))
        actor = f"login:{login.account_id}"
        await record(tx, clock, EventKind.LOGIN_ENDED, actor=actor)


async def hashed_password(password: str) -> str:
    """Return a new salted hash of the password; at most two are made at a time."""
    async with _HASHING:
        return await asyncio.to_thread(hash_password, password)


async def enter_account(tx: Tx, clock: Clock, account: NewAccount, *, actor: str) -> Account:
    """Add an account and record it, inside the caller's transaction.

    Raises:
        DomainError: ``account_taken`` when the name is in use.
    """
    if await store.load_account(tx, account.name) is not None:
        raise DomainError("account_taken", name=account.name)
    made = await store.save_account(
        tx,
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        password_hash=account.password_hash,
        department_id=account.department_id,
        committee_id=account.committee_id,
        email=account.email,
        language=account.language,
    )
    payload: Payload = {
        "account_id": made.id,
        "name": made.name,
        "display_name": made.display_name,
        "role": str(made.role),
        "department_id": made.department_id,
        "committee_id": made.committee_id,
        "email": made.email,
        "language": made.language,
    }
    await record(tx, clock, EventKind.ACCOUNT_CREATED, actor=actor, payload=payload)
    return made


async def create_account(db: Database, clock: Clock, account: NewAccount, *, actor: str) -> Account:
    """Add an account in a transaction of its own.

    Raises:
        DomainError: ``account_name_bad``, ``account_needs_department``,
            ``account_needs_committee`` or ``account_taken``.
    """
    check_account_name(account.name)
    check_belonging(account.role, account.department_id, account.committee_id)
    async with db.tx() as tx:
        return await enter_account(tx, clock, account, actor=actor)


async def reset_password(
    db: Database, clock: Clock, account_id: int, password: str, *, actor: str
) -> Account:
    """Give an account a new password; whoever is signed in with the old one is signed out.

    The caller has checked the password.

    Raises:
        NotFoundError: ``no_such_account``.
    """
    hashed = await hashed_password(password)
    async with db.tx() as tx:
        account = await store.load_account_by_id(tx, account_id)
        if account is None:
            raise NotFoundError("no_such_account")
        await enter_password(tx, clock, account, hashed, by="administrator", actor=actor)
    return account


async def change_own_password(
    db: Database, clock: Clock, cookie: str, old: str, new: str, *, address: str
) -> None:
    """Give the owner of a login a new password; every other login of the account ends.

    The caller has checked the new password.

    Args:
        db: the database.
        clock: the time.
        cookie: of the login that asks, and stays.
        old: the password in force as typed; wrong ones are counted as at the login page.
        new: the new one.
        address: where the request came from.

    Raises:
        ForbiddenError: ``sign_in_first`` when the login has just ended.
        DomainError: ``password_wrong`` (left), ``login_wait`` (minutes).
    """
    login = await find_login(db, clock, cookie)
    if login is None:
        raise ForbiddenError("sign_in_first")
    account = await _prove(db, clock, login.name, old, address)
    if isinstance(account, int):
        raise DomainError("password_wrong", left=account)
    hashed, keep = await hashed_password(new), digest_of(cookie)
    actor = f"login:{account.id}"
    async with db.tx() as tx:
        await enter_password(tx, clock, account, hashed, by="owner", actor=actor, keep=keep)


async def enter_password(
    tx: Tx,
    clock: Clock,
    account: Account,
    hashed: str,
    *,
    by: str,
    actor: str,
    keep: str = "",
) -> None:
    """Save a new password and record it, inside the caller's transaction.

    Args:
        tx: the transaction.
        clock: the time.
        account: whose.
        hashed: the new one, hashed.
        by: how it came about: ``administrator``, ``owner`` or ``link``.
        actor: who does it.
        keep: the digest of the login that stays, empty for none.
    """
    await store.save_password(tx, account.id, hashed, keep=keep)
    await store.save_failures(tx, f"name:{account.name[:64]}", Failures())
    payload: Payload = {"account_id": account.id, "name": account.name, "by": by}
    kind = EventKind.ACCOUNT_PASSWORD_CHANGED
    await record(tx, clock, kind, actor=actor, payload=payload)


async def add_account(
    tx: Tx,
    *,
    name: str,
    display_name: str,
    role: Role,
    password: str,
    department_id: int | None = None,
    committee_id: int | None = None,
) -> Account:
    """Add an account with a freshly hashed password, inside the caller's transaction.

    Raises:
        DomainError: ``account_taken`` when the name is in use.
    """
    if await store.load_account(tx, name) is not None:
        raise DomainError("account_taken", name=name)
    hashed = await hashed_password(password)
    return await store.save_account(
        tx,
        name=name,
        display_name=display_name,
        role=role,
        password_hash=hashed,
        department_id=department_id,
        committee_id=committee_id,
    )
