"""Proof packages from both databases: what is written is what verify.py accepts."""

import io
import json
import zipfile
from pathlib import Path

from server.audit import packing, service, verify
from server.audit.package import Subject
from server.db.engine import Database
from server.domain.events import EventKind
from tests.fakes import FakeClock


async def test_a_package_holds_its_session_and_only_digests_of_others(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    for number in range(12):
        async with db.tx() as tx:
            await service.record(
                tx,
                clock,
                EventKind.VENUE_CONNECTED,
                actor=f"venue:{number}",
                payload={"venue_id": number, "peer": "mine" if number % 2 else "other"},
                session_id=7 if number % 2 else 8,
            )
    async with db.tx() as tx:
        seal = await service.seal_session(tx, clock, 7, title="例会", starts_at=clock.now())
        await service.erase(tx, clock, [4, 5], actor="login:1", reason="保存期满")
    out = io.BytesIO()
    sequence, value = await packing.write_package(
        db,
        clock,
        out,
        subjects=[Subject(7, "PH-2026-1124-07", 2, 13)],
        papers={"PH-2026-1124-07.pdf": b"%PDF"},
        actor="login:1",
        street="青禾街道",
    )
    path = tmp_path / "proof.zip"
    path.write_bytes(out.getvalue())
    found = verify.check_package(path, root=seal.root)
    assert (found.roots, found.files, found.made, found.made_hash) == (1, 5, sequence, value)
    with zipfile.ZipFile(path) as archive:
        events = archive.read("events.jsonl").decode()
        told = json.loads(archive.read("roots.json"))["sessions"][0]
    assert "mine" in events
    assert "other" not in events
    assert json.loads(events.splitlines()[0])["erased"] == [4]
    assert (told["root"], len(told["paths"])) == (seal.root, 6)
    async with db.view() as tx:
        assert (await service.check(tx)).fault is None


async def test_a_period_has_the_paths_of_first_and_last_events_only(
    db: Database, clock: FakeClock, tmp_path: Path
) -> None:
    for session in (7, 8):
        async with db.tx() as tx:
            for _ in range(4):
                kind = EventKind.MUTE_ALL
                await service.record(tx, clock, kind, actor="login:1", session_id=session)
            await service.seal_session(tx, clock, session, title="例会", starts_at=clock.now())
    subjects = [Subject(7, "PH-7", 1, 5), Subject(8, "PH-8", 6, 10)]
    with (tmp_path / "period.zip").open("wb") as out:
        await packing.write_package(
            db, clock, out, subjects=subjects, papers={}, actor="login:1", street="青禾街道"
        )
    assert verify.check_package(tmp_path / "period.zip").roots == 2
    with zipfile.ZipFile(tmp_path / "period.zip") as archive:
        told = json.loads(archive.read("roots.json"))["sessions"]
    assert [[step["sequence"] for step in one["paths"]] for one in told] == [[1, 4], [6, 9]]
