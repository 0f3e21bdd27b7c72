"""A backup as a file: written beside its place and renamed when whole, checked, and put back.

It is a plain tar, so that in need it opens without us; its last part lists all others with their
digests. What it holds is secret: it is readable by its owner only.
"""

import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from server import __version__
from server.backup.dump import dump, kind_of
from server.backup.model import (
    CONTENTS,
    DATA,
    DATABASE,
    RECORDINGS,
    BackupError,
    Contents,
    Part,
    is_left_out,
    is_safe,
    name_of,
    read_contents,
    room_needed,
    write_contents,
)

SPARE = 0.05
"""The share of a disk that a backup leaves free: recordings stop below it."""
LIBRARY = "library"
"""The folder of experience videos beside the recordings; they are small, and always go in."""
_PIECE = 1 << 20
_MOST_CONTENTS = 256 << 20

Step = Callable[[int, int], None]
"""Told after each piece how many octets are written and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where an installation keeps what: the data folder, the database, recordings, backups."""

    data_dir: Path
    database: str
    recordings: Path
    backups: Path

    def without(self) -> list[PurePosixPath]:
        """Return the folders within the data folder that are no part of it."""
        inside = [p for p in (self.recordings, self.backups) if p.is_relative_to(self.data_dir)]
        return [PurePosixPath(path.relative_to(self.data_dir)) for path in inside]


def _files(places: Places, *, recordings: bool) -> Iterator[tuple[str, Path]]:
    """Find what goes into a backup beside the database, as (name inside, file)."""
    others = places.without()
    for path in sorted(places.data_dir.rglob("*")):
        within = PurePosixPath(path.relative_to(places.data_dir))
        if path.is_file() and not path.is_symlink() and not is_left_out(within, others):
            yield f"{DATA}/{within}", path
    folder = places.recordings if recordings else places.recordings / LIBRARY
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{RECORDINGS}/{path.relative_to(places.recordings).as_posix()}", path


def _need_room(folder: Path, sizes: list[int]) -> None:
    disk, needed = shutil.disk_usage(folder), room_needed(sizes)
    free = max(disk.free - int(disk.total * SPARE), 0)
    if needed > free:
        raise BackupError("no_room", needed=-(-needed // 10**6), free=free // 10**6)


class _Reading(io.RawIOBase):
    """Reads exactly so many octets of a file that may grow, and digests them on the way."""

    def __init__(self, file: IO[bytes], name: str, octets: int, tell: Callable[[int], None]):
        self._file, self._name, self._left, self._tell = file, name, octets, tell
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(min(size if size >= 0 else self._left, self._left))
        if not piece and self._left:
            raise BackupError("changed", path=self._name)
        self._left -= len(piece)
        self.digest.update(piece)
        self._tell(len(piece))
        return piece


def write_archive(
    places: Places, now: datetime, *, recordings: bool, step: Step = lambda _done, _all: None
) -> Path:
    """Back up a running installation; return the file.

    Args:
        places: what to back up, and where to.
        now: names the file.
        recordings: whether recordings go in too.
        step: told how far it is.

    Raises:
        BackupError: ``no_room``, ``cannot_write``, ``cannot_read``, ``changed``, ``no_tool``,
            ``database``; nothing is left of it then.
    """
    target = places.backups / name_of(now)
    try:
        places.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=places.backups, prefix=".making-") as folder:
            copy = Path(folder) / DATABASE
            dump(places.database, copy)
            found = [(DATABASE, copy), *_files(places, recordings=recordings)]
            made = Path(folder) / target.name
            _write(made, found, _describe(places, now, recordings=recordings), step)
            made.rename(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BackupError("cannot_write", path=str(places.backups), reason=reason) from error
    return target


def _describe(
    places: Places, now: datetime, *, recordings: bool
) -> Callable[[tuple[Part, ...]], Contents]:
    kind = kind_of(places.database)
    return lambda parts: Contents(now, __version__, kind, recordings, parts)


def _write(
    made: Path,
    found: list[tuple[str, Path]],
    describe: Callable[[tuple[Part, ...]], Contents],
    step: Step,
) -> None:
    sizes = [path.stat().st_size for _, path in found]
    _need_room(made.parent, sizes)
    written, total, parts = 0, sum(sizes), []

    def tell(octets: int) -> None:
        nonlocal written
        written += octets
        step(written, total)

    made.touch(0o600)
    with made.open("wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, path in found:
                if (part := _add(tar, name, path, tell)) is not None:
                    parts.append(part)
            body = write_contents(describe(tuple(parts)))
            tar.addfile(_entry(CONTENTS, len(body)), io.BytesIO(body))
        out.flush()
        os.fsync(out.fileno())


def _entry(name: str, octets: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = octets, 0o600
    return entry


def _add(tar: tarfile.TarFile, name: str, path: Path, tell: Callable[[int], None]) -> Part | None:
    """Add a file as it is now; None for one that was deleted meanwhile."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise BackupError("cannot_read", path=str(path), reason=reason) from error
    with file:
        octets = os.fstat(file.fileno()).st_size
        reading = _Reading(file, str(path), octets, tell)
        tar.addfile(_entry(name, octets), reading)
    return Part(name, octets, reading.digest.hexdigest())


def check_archive(file: Path, take: Callable[[str, IO[bytes]], None] | None = None) -> Contents:
    """Read a backup to its end and compare every part with its digest.

    Args:
        file: the backup.
        take: given each part but the last as it is read, to put it somewhere; what it has taken
            is only known to be right when this returns.

    Raises:
        BackupError: ``not_ours``, ``damaged``, ``cannot_read``.
    """
    found: dict[str, Part] = {}
    contents: Contents | None = None
    try:
        with tarfile.open(file, "r:") as tar:
            for entry in tar:
                body = tar.extractfile(entry) if entry.isreg() else None
                if body is None or contents is not None or entry.name in found:
                    raise BackupError("damaged", name=entry.name)
                if entry.name == CONTENTS and entry.size <= _MOST_CONTENTS:
                    contents = read_contents(body.read())
                elif not is_safe(entry.name):
                    raise BackupError("damaged", name=entry.name)
                else:
                    found[entry.name] = _follow(entry.name, body, take)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError("not_ours") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BackupError("cannot_read", path=str(file), reason=reason) from error
    if contents is None:
        raise BackupError("not_ours")
    told = {part.name: part for part in contents.parts}
    for name in (*told, *found):
        if told.get(name) != found.get(name):
            raise BackupError("damaged", name=name)
    return contents


class _Digesting(io.RawIOBase):
    """Passes on what is read of a part, and digests it."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body, self.octets, self.digest = body, 0, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._body.read(size)
        self.octets += len(piece)
        self.digest.update(piece)
        return piece


def _follow(name: str, body: IO[bytes], take: Callable[[str, IO[bytes]], None] | None) -> Part:
    reading = _Digesting(body)
    if take is not None:
        take(name, reading)  # type: ignore[arg-type]
    while reading.read(_PIECE):
        pass
    return Part(name, reading.octets, reading.digest.hexdigest())
