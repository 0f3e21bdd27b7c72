"""``pinhui backup`` and ``pinhui restore``: everything into one file, and back."""

import argparse
import sys
from pathlib import Path

from server.audit import verify
from server.backup.archive import Places, check_archive
from server.backup.dump import SQLITE, kind_of, sqlite_file
from server.backup.model import BackupError, Contents
from server.backup.restoring import restore
from server.backup.service import back_up
from server.backup.words import words_of
from server.db.engine import Database
from server.domain.clock import SITE_ZONE, SystemClock


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of ``pinhui backup``."""
    _add_places(parser)
    parser.add_argument("--to", type=Path, help="folder of the backups; else that of the settings")
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--with-recordings", dest="recordings", action="store_const", const=True)
    chosen.add_argument(
        "--without-recordings", dest="recordings", action="store_const", const=False
    )
    parser.add_argument("--check", type=Path, metavar="FILE", help="only prove that one is whole")


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of ``pinhui restore``."""
    _add_places(parser)
    parser.add_argument("file", type=Path, help="the backup")


def _add_places(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="TOML file with settings, as for serve")
    parser.add_argument("--data-dir", help="folder of the installation")
    parser.add_argument("--database-url", help="as for serve")


async def run_backup(check: Path | None, places: Places, *, recordings: bool, keep: int) -> int:
    """Make a backup, or prove that one is whole; return the exit status."""
    try:
        if check is not None:
            _say(*_told(check_archive(check)))
            return 0
        if kind_of(places.database) == SQLITE and not sqlite_file(places.database).is_file():
            raise BackupError("nothing_there", path=str(places.data_dir))
        made = await _back_up(places, recordings=recordings, keep=keep)
        _say(*_told(check_archive(made)))
    except BackupError as error:
        return _refuse(error)
    size = -(-made.stat().st_size // 10**6)
    _say(
        f"已备份到 {made}（{size} MB），并读回核对过", f"Backed up to {made} ({size} MB), read back"
    )
    return 0


async def _back_up(places: Places, *, recordings: bool, keep: int) -> Path:
    db, last = Database(places.database), -1

    def step(done: int, total: int) -> None:
        nonlocal last
        if sys.stderr.isatty() and (percent := 100 * done // max(total, 1)) != last:
            last = percent
            sys.stderr.write(f"\r{percent} %" if percent < 100 else "\r     \r")
            sys.stderr.flush()

    try:
        return await back_up(
            db,
            SystemClock(),
            places,
            recordings=recordings,
            keep=keep,
            actor="command line",
            step=step,
        )
    finally:
        await db.close()


def run_restore(file: Path, places: Places) -> int:
    """Put a backup back and check the log in it; return the exit status."""
    try:
        contents = restore(file, places)
    except BackupError as error:
        return _refuse(error)
    _say(*_told(contents), f"已恢复到 {places.data_dir}", f"Restored to {places.data_dir}")
    if kind_of(places.database) != SQLITE:
        _say(
            "请校验记录：pinhui audit export，再 pinhui audit verify。",
            "Check the log: pinhui audit export, then pinhui audit verify.",
        )
        return 0
    words = argparse.Namespace(file=sqlite_file(places.database), head=None, root=None, lang=None)
    return verify.run(words)


def _told(contents: Contents) -> tuple[str, str]:
    at = f"{contents.made_at.astimezone(SITE_ZONE):%Y-%m-%d %H:%M}"
    size, count = -(-contents.octets // 10**6), len(contents.parts)
    films = ("含录像", "with recordings")
    if not contents.has_recordings:
        films = ("不含录像", "without recordings")
    return (
        f"备份于 {at}，{count} 个文件，{size} MB，{films[0]}，每个文件都核对无误",
        f"Backup of {at}: {count} files, {size} MB, {films[1]}; every file is as it was written",
    )


def _refuse(error: BackupError) -> int:
    sys.stderr.write("\n".join(words_of(error.code, error.params)) + "\n")
    return 1


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
