"""What an administrator does with accounts that exist, one use case per function.

Each change is recorded in its own transaction and returns the sequence of its event, by which the
page that follows tells of it and offers to take it back.
"""

import secrets
from dataclasses import asdict, replace
from datetime import timedelta

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import difference, require_unchanged, require_undoable
from server.auth import service, store
from server.auth.model import Account, AccountWords, Role, check_account_name, check_belonging
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind, Payload
from server.i18n.catalogue import LANGUAGES

LINK_LASTS = timedelta(days=3)
"""How long somebody has to open the link with which a password is set."""

UNDOABLE = (EventKind.ACCOUNT_CHANGED, EventKind.ACCOUNT_LOCKED, EventKind.ACCOUNT_UNLOCKED)


def words_of(account: Account) -> AccountWords:
    """Return what may be changed of an account, as it stands."""
    return AccountWords(
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        department_id=account.department_id,
        committee_id=account.committee_id,
        email=account.email,
        language=account.language,
    )


def _facts(words: AccountWords) -> Payload:
    return asdict(words) | {"role": str(words.role)}


async def _locked(tx: Tx, account_id: int, version: int | None = None) -> Account:
    """Return the account for changing it; with ``version``, only when nobody has changed it since.

    Raises:
        NotFoundError: ``no_such_account``.
        ConflictError: ``changed_meanwhile``.
    """
    # administrators first and always in this order: two of them may disable each other at once
    await store.lock_administrators(tx)
    account = await store.lock_account(tx, account_id)
    if account is None:
        raise NotFoundError("no_such_account")
    if version not in {None, account.version}:
        raise ConflictError("changed_meanwhile", name=account.name)
    return account


async def _require_another_administrator(tx: Tx, account: Account) -> None:
    others = set(await store.lock_administrators(tx)) - {account.id}
    if account.role is Role.ADMIN and not account.disabled and not others:
        raise ConflictError("account_last_administrator")


async def _enter(tx: Tx, clock: Clock, account: Account, words: AccountWords, actor: str) -> int:
    """Save changed words and record them; return the event's sequence, 0 when nothing differs."""
    changed = difference(_facts(words_of(account)), _facts(words))
    if not changed:
        return 0
    check_account_name(words.name)
    check_belonging(words.role, words.department_id, words.committee_id)
    if words.role is not account.role:
        if actor == f"login:{account.id}":
            raise ConflictError("account_own_role")
        await _require_another_administrator(tx, account)
    holder = await store.load_account(tx, words.name)
    if holder is not None and holder.id != account.id:
        raise DomainError("account_taken", name=words.name)
    await store.save_words(tx, account.id, words)
    payload: Payload = {"account_id": account.id, "name": account.name, **changed}
    done = await record(tx, clock, EventKind.ACCOUNT_CHANGED, actor=actor, payload=payload)
    return done.sequence


async def change_account(
    db: Database, clock: Clock, account_id: int, words: AccountWords, *, version: int, actor: str
) -> int:
    """Change an account's names, role or place.

    Args:
        db: the database.
        clock: the time.
        account_id: whose.
        words: how it shall be.
        version: the one that was on the page.
        actor: who does it.

    Returns:
        The sequence of the event; 0 when nothing differs.

    Raises:
        NotFoundError: ``no_such_account``.
        ConflictError: ``changed_meanwhile``, ``account_own_role``, ``account_last_administrator``.
        DomainError: ``account_name_bad``, ``account_needs_department``,
            ``account_needs_committee`` or ``account_taken``.
    """
    async with db.tx() as tx:
        account = await _locked(tx, account_id, version)
        return await _enter(tx, clock, account, words, actor)


async def choose_language(db: Database, clock: Clock, account_id: int, language: str) -> None:
    """Let an account's owner choose what letters to it are written in; empty for the usual.

    Raises:
        NotFoundError: ``no_such_account``; ``no_such_page`` for a language there is not.
    """
    if language and language not in LANGUAGES:
        raise NotFoundError("no_such_page")
    async with db.tx() as tx:
        account = await _locked(tx, account_id)
        words = replace(words_of(account), language=language)
        await _enter(tx, clock, account, words, f"login:{account_id}")


async def _disable(tx: Tx, clock: Clock, account: Account, actor: str) -> int:
    if actor == f"login:{account.id}":
        raise ConflictError("account_own")
    await _require_another_administrator(tx, account)
    await store.save_disabled(tx, account.id, clock.now())
    return await _record(tx, clock, EventKind.ACCOUNT_LOCKED, account, actor)


async def _enable(tx: Tx, clock: Clock, account: Account, actor: str) -> int:
    await store.save_disabled(tx, account.id, None)
    return await _record(tx, clock, EventKind.ACCOUNT_UNLOCKED, account, actor)


async def _record(tx: Tx, clock: Clock, kind: EventKind, account: Account, actor: str) -> int:
    payload: Payload = {"account_id": account.id, "name": account.name}
    return (await record(tx, clock, kind, actor=actor, payload=payload)).sequence


async def disable_account(db: Database, clock: Clock, account_id: int, *, actor: str) -> int:
    """Let an account sign in no more; its logins and its password link end at once.

    Returns:
        The sequence of the event; 0 when it was disabled already.

    Raises:
        NotFoundError: ``no_such_account``.
        ConflictError: ``account_own``; ``account_last_administrator``.
    """
    async with db.tx() as tx:
        account = await _locked(tx, account_id)
        return 0 if account.disabled else await _disable(tx, clock, account, actor)


async def enable_account(db: Database, clock: Clock, account_id: int, *, actor: str) -> int:
    """Let a disabled account sign in again, with the password it had.

    Returns:
        The sequence of the event; 0 when it was enabled already.

    Raises:
        NotFoundError: ``no_such_account``.
    """
    async with db.tx() as tx:
        account = await _locked(tx, account_id)
        return await _enable(tx, clock, account, actor) if account.disabled else 0


async def undo(db: Database, clock: Clock, sequence: int, *, actor: str) -> tuple[int, int]:
    """Take back what the actor has just done to an account.

    Returns:
        The account's id, and the sequence of the event that tells of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the actor's or too long ago, ``undo_overtaken``
            when somebody has changed it since; or what forbids the change back.
    """
    async with db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=actor, now=clock.now())
        account = await _locked(tx, event.payload["account_id"])
        if event.kind == EventKind.ACCOUNT_CHANGED:
            facts = _facts(words_of(account))
            require_unchanged(event, facts)
            facts |= event.payload["before"]
            words = AccountWords(**(facts | {"role": Role(facts["role"])}))
            return account.id, await _enter(tx, clock, account, words, actor)
        if account.disabled != (event.kind == EventKind.ACCOUNT_LOCKED):
            raise ConflictError("undo_overtaken")
        back = _enable if account.disabled else _disable
        return account.id, await back(tx, clock, account, actor)


# --- password links ----------------------------------------------------------------------------


async def issue_link(db: Database, clock: Clock, account_id: int, *, actor: str) -> str:
    """Make the link with which the account's owner sets a password; a former one ends.

    The password in force stays until the link is used.

    Returns:
        The token of the link, 32 characters, which is shown once and not kept.

    Raises:
        NotFoundError: ``no_such_account``.
        ConflictError: ``account_disabled``.
    """
    token = secrets.token_urlsafe(24)
    async with db.tx() as tx:
        account = await _locked(tx, account_id)
        if account.disabled:
            raise ConflictError("account_disabled")
        until = clock.now() + LINK_LASTS
        await store.save_password_link(tx, account.id, service.digest_of(token), until)
        await _record(tx, clock, EventKind.ACCOUNT_LINK_ISSUED, account, actor)
    return token


async def account_of_link(db: Database, clock: Clock, token: str) -> Account:
    """Return whose password a link sets.

    Raises:
        NotFoundError: ``password_link_gone`` for one that was used, replaced or is too old.
    """
    async with db.view() as tx:
        account = await store.load_by_password_link(tx, service.digest_of(token), clock.now())
    if account is None or account.disabled:
        raise NotFoundError("password_link_gone")
    return account


async def use_link(db: Database, clock: Clock, token: str, password: str) -> Account:
    """Set a password by a link, which ends with it, as does whoever is signed in.

    The caller has checked the password.

    Raises:
        NotFoundError: ``password_link_gone``.
    """
    hashed = await service.hashed_password(password)
    async with db.tx() as tx:
        found = await store.load_by_password_link(tx, service.digest_of(token), clock.now())
        account = await store.lock_account(tx, found.id) if found else None
        if account is None or account.disabled:
            raise NotFoundError("password_link_gone")
        await service.enter_password(tx, clock, account, hashed, by="link", actor="visitor")
    return account
