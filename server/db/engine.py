"""Opens the database by URL and hands out transactions: SQLite by default, PostgreSQL if asked.

SQLite runs in WAL mode with ``synchronous=FULL``: what was acknowledged survives a power cut.
Every writing transaction begins ``IMMEDIATE``, so that two writers queue and none fails half way.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from sqlalchemy import Connection, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from server.db import sqlite

Tx = AsyncSession
"""One transaction: the handle that ``store`` functions take. Never called a session here."""

AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
"""What a transaction raises while the database is away, locked for too long, or its disk full."""

_READ_ONLY = "pinhui_read_only"
_BUSY_MS = 15_000


def driver_url(url: str, *, is_async: bool) -> URL:
    """Return ``url`` with our driver named: aiosqlite or sqlite3, psycopg for PostgreSQL.

    Args:
        url: ``sqlite:///file`` or ``postgresql://user@host/name``.
        is_async: whether the asyncio flavour is wanted (psycopg has one name for both).

    Raises:
        ValueError: for any other kind of database.
    """
    parsed = make_url(url)
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return parsed.set(drivername="sqlite+aiosqlite" if is_async else "sqlite")
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    raise ValueError(f"neither SQLite nor PostgreSQL: {kind}")


def prepare_sqlite(dbapi_connection: Any, _record: Any = None) -> None:
    """Set a fresh SQLite connection to our mode: WAL, full sync, foreign keys, explicit BEGIN."""
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def begin_sqlite(connection: Connection) -> None:
    """Open the transaction ourselves: the driver's own way would let two writers collide."""
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


class Database:
    """An open database.

    Args:
        url: ``sqlite:///file`` or ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        address = driver_url(url, is_async=True)
        is_sqlite = address.get_backend_name() == "sqlite"
        self._engine = create_async_engine(
            address,
            connect_args={"async_creator_fn": sqlite.connect} if is_sqlite else {},
            # a server may have gone away since the last transaction, a file has not
            pool_pre_ping=not is_sqlite,
            json_deserializer=msgspec.json.decode,
        )
        if is_sqlite:
            event.listen(self._engine.sync_engine, "connect", prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", begin_sqlite)

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """Open a writing transaction: committed at the end of the block, undone on any error."""
        async with AsyncSession(self._engine, expire_on_commit=False) as handle, handle.begin():
            yield handle

    @asynccontextmanager
    async def view(self) -> AsyncIterator[Tx]:
        """Open a reading transaction: one consistent picture that never waits for a writer."""
        async with AsyncSession(self._engine, expire_on_commit=False) as handle:
            await handle.connection(execution_options={_READ_ONLY: True})
            try:
                yield handle
            finally:
                await handle.rollback()

    async def ping(self) -> None:
        """Ask the database for one row; raises its own error when it is away."""
        async with self.view() as tx:
            await (await tx.connection()).exec_driver_sql("SELECT 1")

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
