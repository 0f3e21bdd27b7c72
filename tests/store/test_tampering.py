"""Whatever is done to any event of a session's log is found, and every way of checking agrees."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import text

from server.audit import service, store, verify
from server.audit.chain import GENESIS, Entry, seal
from server.audit.checking import Fault
from server.db.engine import Database, Tx
from server.domain.events import EventKind, Payload
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.store.test_audit import without_guards

MINE, OTHER = 7, 8
EVENTS = (MINE, OTHER, MINE, MINE, OTHER, MINE)
Way = Callable[[Tx, int], Awaitable[None]]


async def hold(db: Database) -> int:
    """Hold a session beside another, with a leave long before it, its root, and a correction."""
    clock = FakeClock(NOON_TUESDAY)

    async def tell(kind: EventKind, session: int | None, **payload: Any) -> None:
        clock.advance(seconds=1)
        async with db.tx() as tx:
            await service.record(
                tx, clock, kind, actor="venue:1", payload=payload, session_id=session
            )

    await tell(EventKind.LEAVE_ASKED, MINE, venue_id=1, reason="住院")
    await tell(EventKind.LOGIN_SUCCEEDED, None, name="clerk")
    await tell(EventKind.LEAVE_GRANTED, MINE, venue_id=1, asked=1)
    await tell(EventKind.SESSION_OPENED, OTHER, title="另一场")
    await tell(EventKind.SESSION_OPENED, MINE, title="例会")
    for number, session in enumerate(EVENTS):
        await tell(EventKind.VENUE_CONNECTED, session, venue_id=number, peer=f"p{number}")
    async with db.tx() as tx:
        kind = EventKind.SESSION_CLOSED
        await service.record(tx, clock, kind, actor="login:1", session_id=MINE)
        await service.seal_session(tx, clock, MINE, title="例会", starts_at=NOON_TUESDAY)
    await tell(EventKind.VENUE_CONNECTED, OTHER, venue_id=99, peer="q")
    await tell(EventKind.ATTENDANCE_CORRECTED, MINE, venue_id=1, field="head_count", value=9)
    async with db.view() as tx:
        return (await store.load_head(tx))[0]


def statement(words: str) -> Way:
    """Return a way of tampering that is one statement; ``:n`` stands for the event."""

    async def do(tx: Tx, n: int) -> None:
        await tx.execute(text(words), {"n": n} if ":n" in words else {})

    return do


async def insert(tx: Tx, n: int) -> None:
    """Put an event before another, well made by itself, and count all later ones anew."""
    entries = await entries_of(tx)
    later = [replace(e, sequence=e.sequence + 1) for e in entries[n - 1 :]]
    await write(tx, [*remade([*entries[: n - 1], replace(entries[n - 1], salt="aa" * 16)]), *later])


async def swap(tx: Tx, n: int) -> None:
    """Let two neighbours change places."""
    entries = await entries_of(tx)
    n = min(n, len(entries) - 1)
    one, other = entries[n - 1], entries[n]
    entries[n - 1 : n + 1] = [replace(other, sequence=n), replace(one, sequence=n + 1)]
    await write(tx, entries)


async def cut(tx: Tx, n: int) -> None:
    """Cut the log off before an event, and let the head row say so."""
    await write(tx, (await entries_of(tx))[: n - 1])


async def make_anew(tx: Tx, n: int) -> None:
    """Take an event out and make every later hash anew, as one who knows the format can."""
    entries = await entries_of(tx)
    await write(tx, remade([*entries[: n - 1], *entries[n:]]))


async def change_and_make_anew(tx: Tx, n: int) -> None:
    """Change what an event says and make every later hash anew."""
    entries = await entries_of(tx)
    changed: Payload = {**(entries[n - 1].data or {}), "venue_id": 12345}
    entries[n - 1] = replace(entries[n - 1], data=changed)
    await write(tx, remade(entries))


def remade(entries: list[Entry]) -> list[Entry]:
    """Return a chain of the same words that holds in itself."""
    made: list[Entry] = []
    for entry in entries:
        words = {name: getattr(entry, name) for name in ("at", "kind", "session", "actor", "salt")}
        before = made[-1] if made else None
        made.append(seal(before, **words, data=entry.data or {}, algorithm=entry.algorithm))
    return made


async def entries_of(tx: Tx) -> list[Entry]:
    return [entry async for entry in store.load_entries(tx)]


async def write(tx: Tx, entries: list[Entry]) -> None:
    """Put entries in the place of all there are, with the head row that belongs to them."""
    await tx.execute(text("DELETE FROM audit_events"))
    for entry in entries:
        await store.append(tx, entry)


SIMPLE: dict[str, Way] = {
    "change what was said": statement(
        r"""UPDATE audit_events SET data = '{"venue_id"\:12345}' WHERE sequence = :n"""
    ),
    "make it unreadable": statement("UPDATE audit_events SET data = '{' WHERE sequence = :n"),
    "change who": statement("UPDATE audit_events SET actor = 'login:99' WHERE sequence = :n"),
    "change when": statement(
        "UPDATE audit_events SET at = '2026-11-23T00:00:00.000000Z' WHERE sequence = :n"
    ),
    "change what": statement("UPDATE audit_events SET kind = 'login.ended' WHERE sequence = :n"),
    "move it to another session": statement(
        "UPDATE audit_events SET session_id = 99 WHERE sequence = :n"
    ),
    "erase it without account": statement(
        "UPDATE audit_events SET actor = NULL, data = NULL, salt = NULL WHERE sequence = :n"
    ),
    "delete it": statement("DELETE FROM audit_events WHERE sequence = :n"),
    "insert one": insert,
    "swap two": swap,
    "cut off the end": cut,
}
FORGED: dict[str, Way] = {"take out": make_anew, "change": change_and_make_anew}


async def answers(tx: Tx, printed: str | None, last: int) -> tuple[Any, Any, Any]:
    """Return what the server's whole check, the stand-alone program and the report's say."""
    whole = (await service.check(tx, head=printed)).fault
    newest = (await store.load_bounds(tx, MINE))[1]
    mine = await service.check_session(tx, MINE, max(last, newest))
    sequence, head = await store.load_head(tx)
    header = {"first": 1, "previous": GENESIS, "bodies": "included"}
    header |= {"last": sequence, "head": head, "end_code": "head_row"}
    rows: list[Any] = []
    for number in await stored(tx):
        try:
            found = [e async for e in store.load_entries(tx, first=number, last=number)]
            rows += [asdict(entry) for entry in found]
        except ValueError:
            rows.append(None)
    try:
        verify.check(verify.Source(header, rows), printed)
        program = None
    except verify.BrokenError as error:
        program = (error.sequence, error.code)
    return None if whole is None else (whole.sequence, whole.code), program, mine


async def stored(tx: Tx) -> list[int]:
    return list(await tx.scalars(text("SELECT sequence FROM audit_events ORDER BY sequence")))


async def tampered(
    db: Database, way: Way, n: int, last: int, *, printed: str
) -> tuple[Any, Any, Any]:
    """Return what is said after an event was tampered with; nothing of it stays."""
    found: list[tuple[Any, Any, Any]] = []

    async def do() -> None:
        async with db.tx() as tx:
            await way(tx, n)
            found.append(await answers(tx, printed or None, last))
            raise RuntimeError("as it was")

    with pytest.raises(RuntimeError, match="as it was"):
        await do()
    return found[0]


@pytest.mark.parametrize("name", SIMPLE)
async def test_whatever_is_done_to_any_event_every_check_finds(db: Database, name: str) -> None:
    last = await hold(db)
    await without_guards(db, "SELECT 1")
    async with db.view() as tx:
        printed = await store.load_hash(tx, last) or ""
        assert await answers(tx, printed, last) == (None, None, None)
        own = {*(await store.load_hashes(tx, MINE, last))}
    for n in range(1, last + 1):
        whole, program, mine = await tampered(db, SIMPLE[name], n, last, printed=printed)
        assert whole is not None, n
        assert program is not None, n
        assert whole[0] == program[0], n
        if n in own or (name in {"delete it", "insert one", "cut off the end"} and n >= 5):
            assert mine is not None, n


@pytest.mark.parametrize("name", FORGED)
async def test_who_makes_all_hashes_anew_is_found_by_the_root_of_the_session(
    db: Database, name: str
) -> None:
    last = await hold(db)
    await without_guards(db, "SELECT 1")
    async with db.view() as tx:
        own = await store.load_hashes(tx, MINE, last)
        sealed = await store.find_first(tx, MINE, EventKind.SESSION_SEALED)
    gone = 1 if name == "take out" else 0
    for n in own:
        if n < sealed:
            whole, program, mine = await tampered(db, FORGED[name], n, last - gone, printed="")
            assert whole == program == (sealed - gone, "root_wrong"), n
            assert mine == Fault(sealed - gone, "root_wrong"), n
