"""Brings a database to the schema of this release, by Alembic, without its configuration file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event

from server.db.engine import driver_url, prepare_sqlite

_SCRIPTS = Path(__file__).parent / "migrations"


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
    config.set_main_option("script_location", str(_SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
