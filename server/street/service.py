"""Setting a new street up, step by step and then at once; and renewing a venue's link."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from server.audit.service import record
from server.auth import service as auth
from server.auth import store as accounts
from server.auth.model import Account, NewAccount, Role, check_account_name
from server.auth.passwords import check_password
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind
from server.domain.places import Venue, VenueKind
from server.street import store
from server.street.committee_table import read_committees
from server.street.setup import (
    AccountDraft,
    Draft,
    Step,
    check_words,
    first_open_step,
    read_departments,
)
from server.street.tokens import is_former_token

ACTOR = "setup"
"""Who acts in the audit log while nobody has an account: whoever holds the one-time link."""
MAIN_VENUE = "主会场"
_FINISHING = asyncio.Lock()


async def needs_setup(db: Database) -> bool:
    """Tell whether this is a new installation: nobody has an account yet."""
    async with db.view() as tx:
        return await accounts.count_accounts(tx) == 0


def _read(file: Path) -> Draft:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Draft)
    except FileNotFoundError:
        return Draft()


def _write(file: Path, draft: Draft) -> None:
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.encode(draft))
    fresh.replace(file)


async def load_draft(file: Path) -> Draft:
    """Return what the wizard was told so far; an empty draft at the start."""
    return await asyncio.to_thread(_read, file)


async def save_draft(file: Path, draft: Draft) -> None:
    """Keep what the wizard was told, readable by the server's own user only."""
    await asyncio.to_thread(_write, file, draft)


async def draft_account(
    old: AccountDraft, values: Mapping[str, str]
) -> tuple[AccountDraft, dict[str, DomainError]]:
    """Return an account's draft after its fields were typed, and what is wrong by field.

    An empty password keeps the one that was set before; a good one is kept as a hash even when
    another field is wrong, so that it need not be typed again.

    Args:
        old: the draft so far.
        values: ``name``, ``shown``, ``password``, ``again``.
    """
    draft = replace(old, name=values["name"], shown=values["shown"])
    errors = check_words(values, ("name", "shown"))
    if "name" not in errors:
        try:
            check_account_name(draft.name)
        except DomainError as error:
            errors["name"] = error
    password = values["password"]
    if password:
        try:
            check_password(password, values["again"], draft.name)
        except DomainError as error:
            errors["password"] = error
        else:
            draft = replace(draft, password_hash=await auth.hashed_password(password))
    elif not draft.password_hash:
        errors["password"] = DomainError("field_missing")
    return draft, errors


async def _enter_committees(tx: Tx, secret: bytes, draft: Draft) -> dict[str, int]:
    """Enter committees with people and branch venues; return what was counted."""
    sheet = read_committees(draft.committees)
    for committee in sheet.committees:
        name, number = committee.name, committee.number
        committee_id = await store.save_committee(tx, number, name, committee.email)
        for person in committee.people:
            await store.save_person(tx, committee_id, person.name, person.post, person.line)
        await store.save_venue(
            tx,
            secret,
            number=number,
            name=committee.venue or name,
            kind=VenueKind.BRANCH,
            committee_id=committee_id,
        )
    return {"committees": len(sheet.committees), "people": sheet.people_count}


async def _enter_street(tx: Tx, clock: Clock, secret: bytes, draft: Draft) -> Account:
    departments, _ = read_departments(draft.departments)
    await store.save_office(tx, name=draft.name, phone=draft.phone, hall=draft.hall)
    for name in departments:
        await store.save_department(tx, name, exempt=name in draft.exempt)
    await store.save_venue(
        tx, secret, number=0, name=MAIN_VENUE, kind=VenueKind.MAIN, committee_id=None
    )
    counted = await _enter_committees(tx, secret, draft)
    payload = {"street": draft.name, "departments": len(departments), **counted}
    await record(tx, clock, EventKind.STREET_IMPORTED, actor=ACTOR, payload=payload)
    made = [
        await auth.enter_account(
            tx, clock, NewAccount(told.name, told.shown, role, told.password_hash), actor=ACTOR
        )
        for told, role in ((draft.admin, Role.ADMIN), (draft.office, Role.OFFICE))
    ]
    return made[0]


async def finish_setup(db: Database, clock: Clock, secret: bytes, file: Path) -> Account:
    """Enter everything the wizard was told in one transaction, and forget the draft.

    Returns:
        The administrator's account.

    Raises:
        NotFoundError: ``setup_link_gone`` when somebody has an account already.
        DomainError: ``setup_unfinished`` when a step is open; ``account_taken`` when both
            accounts have one name.
    """
    async with _FINISHING:
        draft = await load_draft(file)
        if not await needs_setup(db):
            raise NotFoundError("setup_link_gone")
        if first_open_step(draft) is not Step.REVIEW:
            raise DomainError("setup_unfinished")
        async with db.tx() as tx:
            admin = await _enter_street(tx, clock, secret, draft)
        await asyncio.to_thread(file.unlink, missing_ok=True)
    return admin


async def find_venue(tx: Tx, secret: bytes, token: str) -> Venue:
    """Return the venue of a link.

    Raises:
        NotFoundError: ``venue_retired`` for the link of a retired committee's venue,
            ``venue_link_renewed`` for a link that was a venue's before it was renewed,
            ``no_such_venue_link`` for any other.
    """
    venue = await store.load_venue_by_token(tx, token)
    if venue is not None:
        return venue
    if await store.is_retired_token(tx, token):
        raise NotFoundError("venue_retired")
    if is_former_token(secret, await store.load_token_versions(tx), token):
        raise NotFoundError("venue_link_renewed")
    raise NotFoundError("no_such_venue_link")


async def renew_link(
    db: Database, clock: Clock, secret: bytes, venue_id: int, *, actor: str
) -> None:
    """Give a venue a new link; the old one opens nothing from now on and says so.

    Raises:
        NotFoundError: ``no_such_venue``.
    """
    async with db.tx() as tx:
        version = await store.renew_token(tx, secret, venue_id)
        if version is None:
            raise NotFoundError("no_such_venue")
        payload = {"venue_id": venue_id, "version": version}
        await record(tx, clock, EventKind.VENUE_LINK_ISSUED, actor=actor, payload=payload)
