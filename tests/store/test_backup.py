"""A backup brings back what there was, on either database; what was tampered with is refused."""

import sqlite3
import tarfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from server.audit.service import record
from server.audit.store import load_recorded
from server.backup import archive
from server.backup.archive import Places, check_archive, write_archive
from server.backup.jobs import Nightly
from server.backup.model import BackupError, made_at
from server.backup.restoring import restore
from server.backup.service import KINDS, back_up, load_standing
from server.db.engine import Database
from server.domain.events import EventKind
from tests.fakes import FakeClock


@pytest.fixture
def places(tmp_path: Path, migrated_url: str) -> Places:
    data = tmp_path / "data"
    (data / "tls").mkdir(parents=True)
    (data / "run").mkdir()
    (data / "secret").write_bytes(b"s" * 32)
    (data / "tls" / "ca-key.pem").write_text("key")
    (data / "run" / "left").write_text("of a run")
    segment = data / "recordings" / "2026" / "11" / "5" / "000001.seg"
    segment.parent.mkdir(parents=True)
    segment.write_bytes(bytes(range(256)) * 9000)
    return Places(data, migrated_url, data / "recordings", data / "backups")


def elsewhere(places: Places, tmp_path: Path) -> Places:
    """An empty place beside the first, with an empty database of the same kind."""
    data, url = tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'pinhui.db'}"
    if places.database.startswith("postgresql"):
        server, _, name = places.database.rpartition("/")
        with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}new")
        url = f"{places.database}new"
    return Places(data, url, tmp_path / "films", data / "backups")


async def note(db: Database, clock: FakeClock, name: str) -> None:
    async with db.tx() as tx:
        await record(tx, clock, EventKind.STREET_CHANGED, actor="test", payload={"name": name})


async def test_all_is_back_as_it_was(
    db: Database, clock: FakeClock, places: Places, tmp_path: Path
) -> None:
    await note(db, clock, "before")
    told: list[tuple[int, int]] = []
    made = await back_up(
        db,
        clock,
        places,
        recordings=True,
        keep=0,
        actor="test",
        step=lambda done, total: told.append((done, total)),
    )
    assert told[-1][0] == told[-1][1] > 0
    assert made.stat().st_mode & 0o777 == 0o600
    await note(db, clock, "after")
    new = elsewhere(places, tmp_path)
    contents = restore(made, new)
    assert [part.name for part in contents.parts] == [
        "database.gz",
        "data/secret",
        "data/tls/ca-key.pem",
        "recordings/2026/11/5/000001.seg",
    ]
    assert (new.data_dir / "secret").read_bytes() == b"s" * 32
    assert (new.data_dir / "tls" / "ca-key.pem").stat().st_mode & 0o777 == 0o600
    film = new.recordings / "2026" / "11" / "5" / "000001.seg"
    assert film.read_bytes() == bytes(range(256)) * 9000
    other = Database(new.database)
    async with other.view() as tx:
        names = [e.payload["name"] for e in await load_recorded(tx, kinds=["street.changed"])]
    await other.close()
    assert names == ["before"]
    with pytest.raises(BackupError) as refused:
        restore(made, new)
    assert refused.value.code == "not_empty"


@pytest.fixture
def small(tmp_path: Path) -> Places:
    data = tmp_path / "data"
    data.mkdir()
    (data / "secret").write_bytes(b"s" * 32)
    with closing(sqlite3.connect(data / "pinhui.db")) as made:
        made.execute("CREATE TABLE t (x)")
    return Places(
        data, f"sqlite:///{data / 'pinhui.db'}", data / "recordings", tmp_path / "backups"
    )


def test_recordings_stay_out_unless_wanted_but_experience_videos_go_in(
    places: Places, clock: FakeClock
) -> None:
    video = places.recordings / "library" / "7" / "video.webm"
    video.parent.mkdir(parents=True)
    video.write_bytes(b"v" * 99)
    made = write_archive(places, clock.now(), recordings=False)
    contents = check_archive(made)
    assert not contents.has_recordings
    films = [part.name for part in contents.parts if part.name.startswith("recordings/")]
    assert films == ["recordings/library/7/video.webm"]


def test_every_change_of_a_backup_is_found_and_nothing_is_restored(
    small: Places, clock: FakeClock, tmp_path: Path
) -> None:
    made = write_archive(small, clock.now(), recordings=True)
    whole = made.read_bytes()
    new = Places(
        tmp_path / "n", f"sqlite:///{tmp_path}/n/pinhui.db", tmp_path / "f", tmp_path / "b"
    )
    with tarfile.open(made) as tar:
        bodies = [(e.offset_data, e.size) for e in tar]
    spoiled = [whole[: bodies[-1][0] + 10], whole[: bodies[-1][0]], b"", b"x" * 2000]
    for start, size in bodies:
        for at in (start, start + size // 2):
            spoiled.append(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
    for body in spoiled:
        made.write_bytes(body)
        with pytest.raises(BackupError):
            restore(made, new)
        assert not new.data_dir.exists()
    made.write_bytes(whole)
    restore(made, new)


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "data/../../escaped"])
def test_a_hostile_archive_writes_nowhere(
    small: Places, clock: FakeClock, tmp_path: Path, name: str
) -> None:
    made = write_archive(small, clock.now(), recordings=False)
    with tarfile.open(made, "a") as tar:
        entry = archive._entry(name, 0)
        tar.addfile(entry)
    new = Places(
        tmp_path / "n", f"sqlite:///{tmp_path}/n/pinhui.db", tmp_path / "f", tmp_path / "b"
    )
    with pytest.raises(BackupError, match="damaged"):
        restore(made, new)
    assert not list(tmp_path.rglob("escaped"))


def test_a_full_disk_is_told_before_anything_is_written(
    small: Places, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "SPARE", 1.0)
    with pytest.raises(BackupError) as refused:
        write_archive(small, clock.now(), recordings=False)
    assert refused.value.code == "no_room"
    assert list(small.backups.iterdir()) == []


async def test_a_night_is_tried_once_and_only_the_newest_few_stay(
    db: Database, clock: FakeClock, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = True
    nightly = Nightly(db, clock, places, recordings=False, keep=2, is_busy=lambda: busy)
    await nightly.run_due()
    assert not places.backups.exists()
    busy = False
    for _ in range(4):
        await nightly.run_due()
        await nightly.run_due()
        clock.advance(days=1)
    kept = sorted(path.name for path in places.backups.iterdir())
    assert [made_at(name) for name in kept] == [
        clock.now().replace(microsecond=0) - timedelta(days=n) for n in (2, 1)
    ]
    monkeypatch.setattr(archive, "SPARE", 1.0)
    await nightly.run_due()
    await nightly.run_due()
    async with db.view() as tx:
        standing = await load_standing(tx)
        events = await load_recorded(tx, kinds=KINDS)
    assert [event.kind for event in events] == [EventKind.BACKUP_MADE] * 4 + [
        EventKind.BACKUP_FAILED
    ]
    assert standing.made_at == clock.now() - timedelta(days=1)
    assert (standing.failed_at, standing.failed) == (clock.now(), "no_room")
