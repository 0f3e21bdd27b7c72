"""One trip to SQLite's thread for a statement with all of its rows, where its driver makes four.

Each trip is two changes of thread. On a machine with nothing to spare each of them waits for its
turn, and what the chair does waits for all of them: a transaction of the log made fifteen trips.
SQLAlchemy reads every row at once anyway; here that happens in the thread where they are.
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

from aiosqlite import Connection

_AT_ONCE = 64


class Cursor:
    """One statement's outcome, as SQLAlchemy's adapter for aiosqlite wants it (PEP 249).

    Attributes:
        description: of the columns; None for a statement without rows.
        rowcount: how many rows were changed; -1 where that means nothing.
        lastrowid: of the last row that was inserted, if any.
        arraysize: kept for the adapter, which takes all rows.
    """

    def __init__(self, connection: "OneTripConnection") -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Self:
        """Run a statement and take its rows; raises what ``sqlite3`` raises."""
        await self._connection.do(self._run, sqlite3.Cursor.execute, statement, parameters)
        return self

    async def executemany(self, statement: str, parameters: Sequence[Sequence[Any]]) -> Self:
        """Run a statement for each of several sets of parameters."""
        await self._connection.do(self._run, sqlite3.Cursor.executemany, statement, parameters)
        return self

    def _run(self, how: Any, statement: str, parameters: Sequence[Any]) -> None:
        cursor = self._connection.plain.cursor()
        try:
            how(cursor, statement, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> list[Any]:
        """Return the rows that have not been asked for yet."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """Let the rows go."""
        self._rows = []


class OneTripConnection(Connection):
    """A connection whose cursors are those above."""

    _in_use = False

    @property
    def plain(self) -> sqlite3.Connection:
        """The driver's connection, for use in its thread."""
        return self._conn

    async def do(self, function: Any, *arguments: Any) -> None:
        """Call a function in the connection's thread."""
        self._in_use = True
        await self._execute(function, *arguments)  # type: ignore[no-untyped-call]

    def cursor(self) -> Any:
        """Return a new cursor, without a trip."""
        return Cursor(self)

    async def commit(self) -> None:
        """Commit; until then, and if this is broken off, there is something to roll back."""
        await super().commit()
        self._in_use = False

    async def rollback(self) -> None:
        """Roll back; without a trip when nothing was asked for since the last end."""
        if self._in_use:
            await super().rollback()
            self._in_use = False


def connect(file: str, **how: Any) -> OneTripConnection:
    """Return a connection that opens when it is awaited; ``how`` is for ``sqlite3.connect``."""
    connection = OneTripConnection(partial(sqlite3.connect, file, **how), _AT_ONCE)
    # a process that ends does not wait for it
    connection._thread.daemon = True
    return connection
