"""The database as one file and back: SQLite by its own online copy, PostgreSQL by its own tools."""

import gzip
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from server.backup.model import BackupError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_PIECE = 1 << 20
_PAGES = 2000
"""Pages of SQLite copied at a stretch; writers go on between two stretches."""
_INSTALLED = Path("/usr/lib/postgresql")


def kind_of(url: str) -> str:
    """Return the kind of a database URL."""
    return SQLITE if url.startswith(SQLITE) else POSTGRESQL


def sqlite_file(url: str) -> Path:
    """Return the file of an SQLite URL, ``sqlite:///FILE``."""
    return Path(unquote(urlsplit(url).path.removeprefix("/")))


def dump(url: str, target: Path) -> None:
    """Write one consistent picture of the database to ``target``, compressed, while it is in use.

    Raises:
        BackupError: ``no_tool``, ``database``.
    """
    loose = target.with_suffix(".loose")
    try:
        if kind_of(url) == SQLITE:
            _copy_sqlite(sqlite_file(url), loose)
        else:
            _call("pg_dump", url, ["--format=custom", "--compress=0", f"--file={loose}"])
        with loose.open("rb") as source, gzip.open(target, "wb", compresslevel=1) as out:
            shutil.copyfileobj(source, out, _PIECE)
    finally:
        loose.unlink(missing_ok=True)


def _copy_sqlite(file: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy, pages=_PAGES)
    except sqlite3.Error as error:
        raise BackupError("database", reason=str(error)) from error


def load(source: Path, url: str) -> None:
    """Put a dump back into a database that is not there yet, or is empty.

    Raises:
        BackupError: ``no_tool``, ``database``.
    """
    loose = source.with_suffix(".loose")
    try:
        with gzip.open(source, "rb") as packed, loose.open("wb") as out:
            shutil.copyfileobj(packed, out, _PIECE)
        if kind_of(url) == SQLITE:
            file = sqlite_file(url)
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy_sqlite(loose, file)
            file.chmod(0o600)
        else:
            words = ["--no-owner", "--exit-on-error", "--single-transaction", str(loose)]
            _call("pg_restore", url, words)
    finally:
        loose.unlink(missing_ok=True)


def _call(tool: str, url: str, words: Sequence[str]) -> None:
    """Run one of PostgreSQL's tools on a database; its password stays off the command line."""
    bare, secret = without_password(url)
    told: Mapping[str, str] = os.environ | ({"PGPASSWORD": secret} if secret else {})
    line = [find_tool(tool), f"--dbname={bare}", *words]
    done = subprocess.run(line, env=told, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [tool]
        raise BackupError("database", reason=reason[0])


def without_password(url: str) -> tuple[str, str]:
    """Return a database URL without its password, and the password (empty for none)."""
    parts = urlsplit(url)
    if not parts.password:
        return url, ""
    place = f"{parts.username or ''}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place)), unquote(parts.password)


def find_tool(name: str) -> str:
    """Return the path of one of PostgreSQL's tools, the newest where several are installed.

    Raises:
        BackupError: ``no_tool``.
    """
    installed = sorted(
        _INSTALLED.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    found = str(installed[0]) if installed else shutil.which(name)
    if not found:
        raise BackupError("no_tool", name=name)
    return found
