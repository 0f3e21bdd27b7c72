"""A PostgreSQL of the tests' own, on a free port: a database for each test, gone when it ends."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.patience import PATIENCE_S
from tests.ports import free_port

_SHORT_LIVED = (
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=128MB",
)
"""Nothing of these databases outlives a test: the server takes no care of its files."""

_MEMORY, _ENOUGH = Path("/dev/shm"), 2 * 2**30
"""A database is three hundred files: where memory has room, none of them touches a disk."""


class Postgres:
    """A running server; every database in it is made, and dropped, here."""

    def __init__(self, url: str, log: Path) -> None:
        self._url, self._log = url, log

    def create(self, template: str = "template1") -> str:
        """Return the URL of a new database, a copy of another one."""
        name = f"t{os.urandom(6).hex()}"
        self._command(f"CREATE DATABASE {name} TEMPLATE {template}")
        return f"{self._url}/{name}"

    def drop(self, url: str) -> None:
        """Remove a database that `create` made, whoever is still connected to it."""
        self._command(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def _command(self, words: str) -> None:
        try:
            with psycopg.connect(f"{self._url}/postgres", autocommit=True) as admin:
                admin.execute(words)  # type: ignore[call-overload]  # all words are ours
        except psycopg.OperationalError as error:
            last = self._log.read_text("utf-8", errors="replace")[-2000:]
            free = shutil.disk_usage(self._log.parent).free // 2**20
            pytest.exit(f"PostgreSQL is gone ({error}); {free} MB of disk are free.\n{last}", 1)


def _folder() -> Path:
    """Make a folder for a server; not below pytest's, which every run closes to other users."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH
    return Path(tempfile.mkdtemp(prefix="pinhui-postgres-", dir=_MEMORY if roomy else None))


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is missing: apt install postgresql")
    return found[-1].parent


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server in a folder of its own; as root it runs as Debian's user for it."""
    programs, port, folder = _programs(), free_port(), _folder()
    owner, as_user = pwd.getpwuid(os.getuid()).pw_name, []
    if os.geteuid() == 0:
        owner = "postgres"
        as_user = ["setpriv", f"--reuid={owner}", f"--regid={owner}", "--clear-groups"]
        shutil.chown(folder, owner)
    data, log = folder / "data", folder / "log"
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", owner, "-A", "trust", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb, "--no-sync"], check=True, capture_output=True)
    options = ["-D", str(data), "-p", str(port), "-k", str(folder)]
    for setting in ("listen_addresses=127.0.0.1", *_SHORT_LIVED):
        options += ["-c", setting]
    with log.open("wb") as written:
        server = subprocess.Popen(
            [*as_user, str(programs / "postgres"), *options], stdout=written, stderr=written
        )
    try:
        url = f"postgresql://{owner}@127.0.0.1:{port}"
        _wait_until_it_lets_in(f"{url}/postgres", server)
        yield Postgres(url, log)
    finally:
        server.terminate()
        server.wait(PATIENCE_S)
        shutil.rmtree(folder)


def _wait_until_it_lets_in(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Wait until it lets somebody in: its port is open for a while before that."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("PostgreSQL did not start")
