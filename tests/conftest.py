"""Fixtures for every kind of test: databases of both kinds, started here, and a made-up street."""

import gc
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher

from server.auth import passwords
from server.db.engine import Database
from server.db.migrate import upgrade
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S

# Machines differ and are shared: no example fails for being slow. `make quick` tries fewer of them.
hypothesis.settings.register_profile("all", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "all"))

SECRET = b"a secret of thirty-two bytes ...."


def pytest_collection_finish() -> None:
    """Leave out of every later collection of garbage what stays to the end anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Hash passwords at the least cost there is; `test_passwords` looks at what the street pays."""
    with pytest.MonkeyPatch.context() as patch:
        least = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", least)
        yield


def free_port() -> int:
    """Return a TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


_SHORT_LIVED = ("fsync=off", "full_page_writes=off", "autovacuum=off", "max_wal_size=4GB")
"""Nothing of these databases outlives a test, so the server takes no care of its files."""


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is missing: apt install postgresql")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL of our own on a free port; yields a URL without a database name."""
    programs, folder = _postgres_programs(), tmp_path_factory.mktemp("postgres")
    data, port = folder / "data", free_port()
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(folder, "postgres")
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and parent != Path("/tmp") and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o055)
    owner = "postgres" if as_user else pwd.getpwuid(os.getuid()).pw_name
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", owner, "-A", "trust", "-E", "UTF8"]
    subprocess.run([*as_user, *initdb, "--no-sync"], check=True, capture_output=True)
    options = ["-D", str(data), "-p", str(port), "-k", str(folder)]
    for setting in ("listen_addresses=127.0.0.1", *_SHORT_LIVED):
        options += ["-c", setting]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*as_user, str(programs / "postgres"), *options], stdout=log, stderr=log
        )
    try:
        _wait_for_database(f"postgresql://{owner}@127.0.0.1:{port}/postgres", server)
        yield f"postgresql://{owner}@127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _wait_for_database(url: str, server: "subprocess.Popen[bytes]") -> None:
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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a fresh, empty database: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return _create(request.getfixturevalue("postgres_server"), "template1")


def _create(server: str, template: str) -> str:
    """Make a PostgreSQL database as a copy of another; return its URL."""
    name = f"t{os.urandom(6).hex()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        # both names are ours
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")  # type: ignore[call-overload]
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with our schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> str:
    """The name of an empty PostgreSQL database with our schema, to be copied."""
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
        admin.execute("CREATE DATABASE migrated")
    upgrade(f"{postgres_server}/migrated")
    return "migrated"


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a fresh database with our schema: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
        return f"sqlite:///{tmp_path / 'test.db'}"
    server = request.getfixturevalue("postgres_server")
    return _create(server, request.getfixturevalue("migrated_template"))


@pytest.fixture
async def db(migrated_url: str) -> AsyncIterator[Database]:
    """Yield a migrated database, on either kind."""
    database = Database(migrated_url)
    yield database
    await database.close()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands at Tuesday noon until it is moved."""
    return FakeClock()
