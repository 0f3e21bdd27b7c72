"""Digests, receipts and corrections as they are kept, on both databases."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from server.db.engine import Database
from server.digest import store
from server.digest.format import serialise_digest
from server.digest.model import DigestEntry, WeeklyDigest
from server.digest.receipts import Receipt, Way

AT = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)
DIGEST = WeeklyDigest(
    week="2026-W48",
    day=date(2026, 11, 23),
    issued_at=AT,
    committee_ids=(1, 2),
    entries=(DigestEntry(1, "医保", 4, "服务办", due_on=date(2026, 12, 20)),),
)


async def save(db: Database, digest: WeeklyDigest = DIGEST) -> None:
    async with db.tx() as tx:
        await store.save_digest(tx, digest, serialise_digest(digest))


async def test_a_digest_is_loaded_as_it_was_issued_and_there_is_one_a_week(db: Database) -> None:
    later = replace(DIGEST, week="2026-W49", day=date(2026, 11, 30))
    await save(db)
    await save(db, later)
    with pytest.raises(IntegrityError):
        await save(db)
    async with db.view() as tx:
        assert await store.load_digest(tx, "2026-W48") == DIGEST
        assert await store.load_digest(tx, "2026-W47") is None
        assert await store.load_digests(tx) == [later, DIGEST]
        assert await store.load_digests(tx, since=later.day) == [later]
        assert await store.load_digests(tx, most=1) == [later]


async def test_the_reminder_is_noted_and_taken_back(db: Database) -> None:
    await save(db)
    async with db.tx() as tx:
        await store.set_reminded(tx, "2026-W48", AT)
        assert await store.load_digest(tx, "2026-W48", lock=True) == replace(DIGEST, reminded_at=AT)
        await store.set_reminded(tx, "2026-W48", None)
        assert await store.load_digest(tx, "2026-W48") == DIGEST


async def test_something_is_read_for_the_first_time_once(db: Database) -> None:
    await save(db)
    first = Receipt("2026-W48", 1, 2, "account:5", Way.PAGE, AT)
    again = replace(first, way=Way.LINK, at=AT + timedelta(hours=1))
    other = replace(again, reader="venue:12")
    async with db.tx() as tx:
        assert await store.save_receipts(tx, [first]) == [1]
        assert await store.save_receipts(tx, [again, other]) == [1]
        assert await store.load_receipts(tx, ["2026-W48"]) == [first, other]
        assert await store.load_receipts(tx, []) == []


async def test_a_correction_waits_until_it_is_issued_or_taken_back(db: Database) -> None:
    await save(db)
    async with db.tx() as tx:
        one, two = [
            await store.save_correction(tx, "2026-W48", 1, text=t, account_id=5, made_at=AT)
            for t in ("一", "二")
        ]
        assert [c.text for c in await store.load_corrections(tx)] == ["一", "二"]
        assert await store.withdraw_correction(tx, one, AT)
        assert not await store.withdraw_correction(tx, one, AT)
        await store.save_corrections_issued(tx, [two], "2026-W49")
        assert not await store.withdraw_correction(tx, two, AT)
        assert await store.load_corrections(tx) == []
        (kept,) = await store.load_corrections(tx, week="2026-W48")
    assert (kept.text, kept.issued_week) == ("二", "2026-W49")
