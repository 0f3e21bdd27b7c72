"""The log on both databases: appended with the change, by many writers, and by adding only."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from server.audit import canonical, service, store, verify
from server.audit.chain import GENESIS
from server.audit.checking import Fault
from server.db.engine import Database
from server.domain.events import SYSTEM, EventKind
from tests.fakes import FakeClock


async def connected(db: Database, clock: FakeClock, venue: int, session: int | None = 7) -> int:
    async with db.tx() as tx:
        event = await service.record(
            tx,
            clock,
            EventKind.VENUE_CONNECTED,
            actor=f"venue:{venue}",
            payload={"venue_id": venue, "peer": f"p{venue}"},
            session_id=session,
        )
    return event.sequence


async def fault_of(db: Database, head: str | None = None) -> Fault | None:
    async with db.view() as tx:
        return (await service.check(tx, head=head)).fault


async def head_of(db: Database) -> tuple[int, str]:
    async with db.view() as tx:
        return await store.load_head(tx)


async def test_an_empty_log_holds_and_its_head_is_nothing(db: Database) -> None:
    assert await head_of(db) == (0, GENESIS)
    assert await fault_of(db) is None


async def test_events_come_back_as_they_were_recorded(db: Database, clock: FakeClock) -> None:
    await connected(db, clock, 3)
    clock.advance(seconds=1)
    async with db.tx() as tx:
        await service.record(tx, clock, EventKind.SYSTEM_OUTAGE_STARTED, actor=SYSTEM)
        await service.record(tx, clock, EventKind.SYSTEM_STARTED, actor=SYSTEM)
    await connected(db, clock, 4, session=8)
    async with db.view() as tx:
        everything = await store.load_recorded(tx)
        mine = await store.load_recorded(
            tx, session_id=7, and_system_kinds=[EventKind.SYSTEM_OUTAGE_STARTED]
        )
        started = await store.load_recorded(tx, kinds=[EventKind.SYSTEM_STARTED])
        assert len(await store.load_hashes(tx, 7, 4)) == 1
    assert [event.sequence for event in everything] == [1, 2, 3, 4]
    assert [event.sequence for event in mine] == [1, 2]
    assert [event.sequence for event in started] == [3]
    assert mine[0].payload == {"venue_id": 3, "peer": "p3"}
    assert mine[0].actor == "venue:3"
    assert mine[1].at == clock.now()
    assert await fault_of(db) is None


async def test_an_event_goes_with_the_change_it_tells_of(db: Database, clock: FakeClock) -> None:
    async def change_that_fails() -> None:
        async with db.tx() as tx:
            await service.record(tx, clock, EventKind.MUTE_ALL, actor=SYSTEM, session_id=7)
            raise RuntimeError("after recording")

    with pytest.raises(RuntimeError):
        await change_that_fails()
    assert await head_of(db) == (0, GENESIS)


async def test_a_payload_without_a_canonical_form_is_refused(
    db: Database, clock: FakeClock
) -> None:
    async def careless() -> None:
        async with db.tx() as tx:
            await service.record(
                tx, clock, EventKind.MUTE_ALL, actor=SYSTEM, payload={"share": 0.5}
            )

    with pytest.raises(canonical.CanonicalError):
        await careless()


async def test_many_writers_make_one_chain_without_holes(db: Database, clock: FakeClock) -> None:
    async def write(writer: int) -> list[int]:
        return [await connected(db, clock, writer) for _ in range(6)]

    sequences = await asyncio.gather(*(write(writer) for writer in range(5)))
    assert sorted(n for mine in sequences for n in mine) == list(range(1, 31))
    assert all(mine == sorted(mine) for mine in sequences)
    assert await fault_of(db) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET actor = 'venue:9' WHERE sequence = 2",
        "UPDATE audit_events SET at = '2026-11-24T04:00:00.000001Z' WHERE sequence = 2",
        "UPDATE audit_events SET session_id = NULL, actor = NULL, data = NULL, salt = NULL",
        "UPDATE audit_events SET data = NULL WHERE sequence = 2",
        "UPDATE audit_events SET sequence = 9, actor = NULL, data = NULL, salt = NULL"
        " WHERE sequence = 2",
        "DELETE FROM audit_events WHERE sequence = 2",
        "DELETE FROM audit_events",
        "UPDATE audit_head SET sequence = 1",
        "UPDATE audit_head SET sequence = sequence + 2",
        "DELETE FROM audit_head",
        "INSERT INTO audit_head (id, sequence, hash) VALUES (2, 0, 'x')",
        "INSERT INTO audit_events SELECT sequence + 1, version, at, kind, session_id, algorithm,"
        " previous, body, 'x', actor, data, salt FROM audit_events WHERE sequence = 3",
        "INSERT INTO audit_events SELECT 9, version, at, kind, session_id, algorithm,"
        " hash, body, 'x', actor, data, salt FROM audit_events WHERE sequence = 3",
    ],
)
async def test_the_database_itself_refuses_anything_but_adding(
    db: Database, clock: FakeClock, statement: str
) -> None:
    for venue in (1, 2, 3):
        await connected(db, clock, venue)

    async def tamper() -> None:
        async with db.tx() as tx:
            await tx.execute(text(statement))

    with pytest.raises(Exception, match=r"can only grow|UNIQUE|unique|CHECK|check"):
        await tamper()
    assert await fault_of(db) is None


async def test_replacing_an_event_on_sqlite_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    from server.db.migrate import upgrade

    url = f"sqlite:///{tmp_path / 'one.db'}"
    upgrade(url)
    database = Database(url)
    await connected(database, clock, 1)

    async def tamper() -> None:
        async with database.tx() as tx:
            await tx.execute(text("INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events"))

    with pytest.raises(Exception, match="can only grow"):
        await tamper()
    await database.close()


async def without_guards(db: Database, statement: str) -> None:
    """Do to the log what only somebody who owns the database file could do."""
    async with db.tx() as tx:
        if (await tx.connection()).dialect.name == "sqlite":
            for name in ("append", "keep", "stay"):
                await tx.execute(text(f"DROP TRIGGER audit_events_{name}"))
            await tx.execute(text("DROP TRIGGER audit_head_grow"))
        else:
            for table in ("audit_events", "audit_head"):
                await tx.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        await tx.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_events SET actor = 'venue:9' WHERE sequence = 2", Fault(2, "body_changed")),
        ("UPDATE audit_events SET data = 'x' WHERE sequence = 2", Fault(2, "malformed")),
        ("UPDATE audit_events SET kind = 'mute.all' WHERE sequence = 2", Fault(2, "hash_wrong")),
        ("DELETE FROM audit_events WHERE sequence = 2", Fault(2, "missing")),
        ("DELETE FROM audit_events WHERE sequence = 4", Fault(4, "head_not_found")),
        (
            "UPDATE audit_events SET actor = NULL, data = NULL, salt = NULL WHERE sequence = 3",
            Fault(3, "erased_without_account"),
        ),
    ],
)
async def test_what_a_forger_does_behind_our_back_is_found(
    db: Database, clock: FakeClock, statement: str, fault: Fault
) -> None:
    for venue in (1, 2, 3, 4):
        await connected(db, clock, venue)
    await without_guards(db, statement)
    assert await fault_of(db) == fault


async def test_a_forger_who_also_moves_the_head_is_found_by_the_printed_hash(
    db: Database, clock: FakeClock
) -> None:
    for venue in (1, 2, 3):
        await connected(db, clock, venue)
    _, printed = await head_of(db)
    await without_guards(db, "DELETE FROM audit_events WHERE sequence = 3")
    async with db.tx() as tx:
        await tx.execute(
            text(
                "UPDATE audit_head SET sequence = 2,"
                " hash = (SELECT hash FROM audit_events WHERE sequence = 2)"
            )
        )
    assert await fault_of(db) is None
    assert await fault_of(db, printed) == Fault(3, "head_not_found")


async def test_an_erased_body_is_gone_accounted_for_and_the_chain_holds(
    db: Database, clock: FakeClock
) -> None:
    for venue in (1, 2, 3):
        await connected(db, clock, venue)
    async with db.tx() as tx:
        await service.erase(tx, clock, [2], actor="login:1", reason="保存期满")
    async with db.view() as tx:
        events = await store.load_recorded(tx)
        finding = await service.check(tx)
    assert (events[1].actor, events[1].payload) == ("", {})
    assert events[3].payload == {"sequences": [2], "reason": "保存期满"}
    assert (finding.fault, finding.erased, finding.last) == (None, 1, 4)


@pytest.mark.parametrize("sequences", [[], [0], [2]])
async def test_only_existing_events_can_be_erased(
    db: Database, clock: FakeClock, sequences: list[int]
) -> None:
    await connected(db, clock, 1)

    async def erase() -> None:
        async with db.tx() as tx:
            await service.erase(tx, clock, sequences, actor="login:1", reason="保存期满")

    with pytest.raises(ValueError, match="existing"):
        await erase()


async def test_the_algorithm_is_that_of_the_event_before_until_it_is_changed(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    await connected(db, clock, 1)
    assert not await service.use_algorithm(db, clock, "sha256")
    assert await service.use_algorithm(db, clock, "sm3")
    assert not await service.use_algorithm(db, clock, "sm3")
    await connected(db, clock, 2)
    with pytest.raises(ValueError, match="md5"):
        await service.use_algorithm(db, clock, "md5")
    async with db.view() as tx:
        entries = [entry async for entry in store.load_entries(tx)]
        changed = (await store.load_recorded(tx, kinds=[EventKind.SETTING_CHANGED]))[0]
    assert [entry.algorithm for entry in entries] == ["sha256", "sm3", "sm3"]
    assert changed.payload == {"name": "audit_algorithm", "before": "sha256", "after": "sm3"}
    file = tmp_path / "log.jsonl"
    await service.write_export(db, clock, file, actor="login:1", street="青禾街道")
    assert verify.main([str(file), "--lang", "en"]) == 0


async def test_a_closed_session_is_sealed_over_its_own_events(
    db: Database, clock: FakeClock
) -> None:
    for venue, session in ((1, 7), (2, 8), (3, 7)):
        await connected(db, clock, venue, session)
    async with db.tx() as tx:
        made = await service.seal_session(tx, clock, 7, title="例会", starts_at=clock.now())
    async with db.view() as tx:
        assert await service.load_seals(tx) == [made]
        assert await service.load_seals(tx, session_id=8) == []
        assert await service.session_root(tx, 7, made.up_to) == made.root
    assert (made.up_to, made.events) == (3, 2)


async def test_an_export_is_read_by_the_verifier_and_holds_its_own_event(
    db: Database, clock: FakeClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for venue in range(1, 8):
        await connected(db, clock, venue)
    _, printed = await head_of(db)
    file = tmp_path / "log.jsonl"
    last = await service.write_export(db, clock, file, actor="login:1", street="青禾街道")
    assert last == 8
    assert verify.main([str(file), "--lang", "zh", "--head", printed]) == 0
    assert "第 7 条的校验值，之后又加了 1 条" in capsys.readouterr().out
    with pytest.raises(FileExistsError):
        await service.write_export(db, clock, file, actor="login:1", street="青禾街道")


async def test_an_export_may_begin_later_and_withhold_contents(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    for venue in range(1, 8):
        await connected(db, clock, venue)
    file = tmp_path / "part.jsonl"
    async with db.view() as tx:
        lines = service.export_lines(tx, clock, street="青禾街道", first=5, bodies_withheld=True)
        file.write_bytes(b"".join([line async for line in lines]))
        with pytest.raises(ValueError, match="no event 9"):
            _ = [line async for line in service.export_lines(tx, clock, street="", first=9)]
    assert b"venue:" not in file.read_bytes()
    assert verify.main([str(file), "--lang", "en"]) == 0


async def test_the_verifier_reads_our_database_file(
    tmp_path: Path, clock: FakeClock, capsys: pytest.CaptureFixture[str]
) -> None:
    from server.db.migrate import upgrade

    path = tmp_path / "ours.db"
    upgrade(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    for venue in (1, 2, 3):
        await connected(database, clock, venue)
    assert verify.main([str(path), "--lang", "zh"]) == 0
    assert "3 条记录一条不少" in capsys.readouterr().out
    await database.close()
    assert verify.main([str(path), "--lang", "zh"]) == 0
