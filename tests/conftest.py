"""Fixtures for every kind of test: databases of both kinds, started here, and a made-up street."""

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from argon2 import PasswordHasher

from server.auth import passwords
from server.db.engine import Database
from server.db.migrate import upgrade
from tests.fakes import FakeClock
from tests.postgres import Postgres, running

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run a PostgreSQL for as long as these tests last."""
    with running() as server:
        yield server


def _on_postgres(server: Postgres, template: str = "template1") -> Iterator[str]:
    url = server.create(template)
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a fresh, empty database: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        yield from _on_postgres(request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with our schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgres: Postgres) -> str:
    """The name of an empty PostgreSQL database with our schema, to be copied."""
    url = postgres.create()
    upgrade(url)
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the URL of a fresh database with our schema: once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
    else:
        template = request.getfixturevalue("migrated_template")
        yield from _on_postgres(request.getfixturevalue("postgres"), template)


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
