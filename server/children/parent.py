"""A child process at work, as its parent has it: told, listened to, ended with whoever waits."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from server.children.child import MARK

log = logging.getLogger("pinhui.children")

Key = TypeVar("Key", bound=Hashable)
Hear = Callable[[int], None]
"""Hears how far the work is: a percentage, or pages."""

_CODE = Path(__file__).parents[2]
_LAST_WORDS = 4000
_MARK = MARK.encode()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended.

    Attributes:
        status: its exit status; a negative one is the signal that ended it.
        made: what it answered.
        words: its last words, without how far it was.
    """

    status: int
    made: bytes
    words: str

    @property
    def last_line(self) -> str:
        """The last of its last words: what a trace ends with."""
        return self.words.rpartition("\n")[2]


def module(name: str, *words: object) -> tuple[str, ...]:
    """Return the command that runs a module of ours."""
    return (sys.executable, "-m", name, *map(str, words))


async def begin(command: Sequence[str]) -> Process:
    """Return a child that has begun, in a process group of its own."""
    return await asyncio.create_subprocess_exec(
        *command, cwd=_CODE, stdin=PIPE, stdout=PIPE, stderr=PIPE, start_new_session=True
    )


async def end(child: Process) -> None:
    """End a child, and what it started, unless it has ended."""
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        await child.wait()


async def finish(
    child: Process, told: bytes = b"", *, within: timedelta | None = None, hear: Hear | None = None
) -> Ended:
    """Tell a child what it works on and wait for its answer; it ends with this.

    Args:
        child: one that has begun.
        told: what it reads.
        within: how long it may take.
        hear: hears how far it is.

    Raises:
        TimeoutError: when it takes longer than it may.
    """
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ValueError("a child without pipes")
    try:
        async with asyncio.timeout(None if within is None else within.total_seconds()):
            _, made, words = await asyncio.gather(
                _say(child.stdin, told), child.stdout.read(), _listen(child.stderr, hear)
            )
            status = await child.wait()
    finally:
        await end(child)
    return Ended(status, made, words.decode(errors="replace").strip())


async def run(
    command: Sequence[str],
    told: bytes = b"",
    *,
    within: timedelta | None = None,
    hear: Hear | None = None,
) -> Ended:
    """Let a child begin and finish; arguments and errors are those of ``finish``."""
    return await finish(await begin(command), told, within=within, hear=hear)


def wait_for(command: Sequence[str], hear: Hear) -> Ended:
    """Run a child from where nothing else goes on: a command."""
    return asyncio.run(run(command, hear=hear))


async def _say(pipe: asyncio.StreamWriter, told: bytes) -> None:
    # a child that has ended says why by its last words
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(told)
        await pipe.drain()
    pipe.close()


async def _listen(pipe: asyncio.StreamReader, hear: Hear | None) -> bytes:
    """Return a child's last words; what it tells of its progress is heard on the way."""
    last = begun = b""
    while chunk := await pipe.read(_LAST_WORDS):
        *lines, begun = (begun + chunk).split(b"\n")
        begun = begun[-_LAST_WORDS:]
        for line in lines:
            number = line.removeprefix(_MARK)
            if number == line or not number.isdigit():
                last = (last + line + b"\n")[-_LAST_WORDS:]
            elif hear is not None:
                hear(int(number))
    return (last + begun)[-_LAST_WORDS:]


class Works(Generic[Key]):
    """Pieces of work for children, done one after the other; each is known by a key."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._percents: dict[Key, int] = {}

    def look(self, key: Key) -> int | None:
        """Return the percentage of a piece that waits or is under way, None for any other."""
        return self._percents.get(key, 0) if key in self._tasks else None

    def before(self, key: Key) -> int:
        """Return how many pieces are done before this one, which waits or is under way."""
        return list(self._tasks).index(key)

    def begin(self, key: Key, make: Callable[[Hear], Awaitable[None]]) -> asyncio.Task[None]:
        """Let a piece be done after those that wait; what it raises is in the log.

        Args:
            key: what it is known by; none of it is under way.
            make: does it, and tells how far it is.

        Returns:
            What ends with it.
        """
        task = self._tasks[key] = asyncio.create_task(self._make(key, make))
        task.add_done_callback(partial(self._done, key))
        return task

    async def drop(self, *keys: Key) -> None:
        """End pieces that wait or are under way, and wait for their end."""
        await self._end([self._tasks[key] for key in keys if key in self._tasks])

    async def close(self) -> None:
        """End everything."""
        await self._end(list(self._tasks.values()))

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _make(self, key: Key, make: Callable[[Hear], Awaitable[None]]) -> None:
        def hear(percent: int) -> None:
            self._percents[key] = percent

        async with self._one:
            await make(hear)

    def _done(self, key: Key, task: asyncio.Task[None]) -> None:
        del self._tasks[key]
        self._percents.pop(key, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work on %s broke off", key, exc_info=error)
