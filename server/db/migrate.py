"""Brings a database to the schema of this release, by Alembic, without its configuration file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

from server.db.engine import driver_url, prepare_sqlite

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every missing migration in one transaction; does nothing when there is none.

    Args:
        url: as for ``Database``.
        revision: where to stop; tests climb from older releases.
    """
    engine = create_engine(driver_url(url, is_async=False))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare_sqlite)
        event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def standing(url: str) -> tuple[str | None, str | None]:
    """Return the database's revision and this release's; a new database has None.

    Nothing is made or changed: an SQLite file that does not exist stays away.

    Args:
        url: as for ``Database``.

    Raises:
        Exception: the driver's own, when the database cannot be reached.
    """
    release = ScriptDirectory(str(SCRIPTS)).get_current_head()
    address = driver_url(url, is_async=False)
    file = address.database
    if address.get_backend_name() == "sqlite" and not (file and Path(file).exists()):
        return None, release
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision(), release
    finally:
        engine.dispose()
