"""Puts a backup back into an empty place, once every part of it has proved to be whole."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from server.backup.archive import Places, check_archive
from server.backup.dump import SQLITE, kind_of, load, sqlite_file
from server.backup.model import DATA, DATABASE, RECORDINGS, BackupError, Contents
from server.db.migrate import standing

_PIECE = 1 << 20


def restore(file: Path, places: Places) -> Contents:
    """Put an installation back; return what the backup says of itself.

    Nothing is put in its place before the whole backup has been read and found to be right.

    Raises:
        BackupError: ``not_empty``, ``not_ours``, ``damaged``, ``other_kind``, ``no_tool``,
            ``database``, ``cannot_read``, ``cannot_write``.
    """
    _need_empty(places)
    try:
        places.data_dir.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=places.data_dir.parent, prefix=".restoring-"
        ) as folder:
            contents = check_archive(file, _Taking(Path(folder)).take)
            if contents.kind != kind_of(places.database):
                wanted = kind_of(places.database)
                raise BackupError("other_kind", kind=contents.kind, wanted=wanted)
            load(Path(folder) / DATABASE, places.database)
            _move(Path(folder) / DATA, places.data_dir)
            _move(Path(folder) / RECORDINGS, places.recordings)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BackupError("cannot_write", path=str(places.data_dir), reason=reason) from error
    return contents


def _need_empty(places: Places) -> None:
    for folder in (places.data_dir, places.recordings):
        if folder.is_dir() and any(_but(folder.iterdir(), places.backups)):
            raise BackupError("not_empty", path=str(folder))
    if kind_of(places.database) == SQLITE:
        if sqlite_file(places.database).exists():
            raise BackupError("not_empty", path=str(sqlite_file(places.database)))
        return
    try:
        revision, _ = standing(places.database)
    except Exception as error:  # the driver's own, of any kind
        raise BackupError("database", reason=str(error).splitlines()[0]) from error
    if revision is not None:
        raise BackupError("not_empty", path="PostgreSQL")


def _but(found: Iterable[Path], backups: Path) -> Iterable[Path]:
    return (path for path in found if path != backups)


class _Taking:
    """Writes parts below a folder, readable by their owner only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, name: str, body: IO[bytes]) -> None:
        """Write one part; its name is known to be safe."""
        target = self._folder / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with target.open("xb") as out:
            shutil.copyfileobj(body, out, _PIECE)
        target.chmod(0o600)


def _move(source: Path, target: Path) -> None:
    """Move what is below ``source`` to ``target``, which may be on another disk."""
    if not source.is_dir():
        return
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        shutil.move(path, target / path.name)
