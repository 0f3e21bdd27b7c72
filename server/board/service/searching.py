"""The one search of this process: started, watched, stopped, its find taken or thrown away.

It belongs to the process and not to a page, so that a page may be loaded anew. Its children stand
back for everything else, and end with the process.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from server.board.search import Found, find_plan
from server.board.working import Board
from server.domain.clock import Clock, SystemClock
from server.domain.errors import ConflictError
from server.merging.instance.lookup import look_up
from server.merging.search.ground import survey
from server.merging.search.prices import draft_of
from server.merging.search.solver import Budget, Progress, Tally, tally_of

NICENESS = 15
"""How far the children stand back, so that a session that is live is not disturbed."""
SECONDS, MOST_SECONDS = 30, 600
"""How long a search lasts unless it is told otherwise, and at most."""
HEARTBEAT_S = 15.0
"""After so long without news a watcher is told the same again, so that the line stays open."""
MOST_POINTS = 600


@dataclass(frozen=True, slots=True)
class Run:
    """A search: the version of the working plan that it began from, and how it went.

    ``before`` is what that plan comes to, ``best`` the best one so far.
    """

    version: int
    before: Tally
    points: tuple[tuple[float, int, int | None], ...] = ()
    found: Found | None = None
    best: Tally | None = None

    def at(self, progress: Progress) -> "Run":
        """Return the run with one more point."""
        point = (round(progress.seconds, 1), progress.best, progress.bound)
        points = (*self.points, point)[-MOST_POINTS:]
        return replace(self, points=points, best=progress.tally or self.best)

    @property
    def gain(self) -> dict[str, int] | None:
        """What the best plan so far has before the one that it began from."""
        if self.found is not None:
            return {name: self.found.gain[name] for name in ("trips", "sessions", "placed")}
        if self.best is None:
            return None
        return {
            "trips": self.before.trips - self.best.trips,
            "sessions": self.before.sessions - self.best.sessions,
            "placed": self.before.waiting - self.best.waiting,
        }


class Solver:
    """Searches in child processes, one search at a time.

    Args:
        clock: how the seconds of a search are counted: a computer's own, whatever the date is.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._run: Run | None = None
        self._task: asyncio.Task[None] | None = None
        self._stop = threading.Event()
        self._news = asyncio.Event()
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether a search is under way."""
        return self._task is not None and not self._task.done()

    @property
    def run(self) -> Run | None:
        """The search that is under way, or the last one as long as its find is kept."""
        return self._run

    def start(
        self,
        board: Board,
        version: int,
        *,
        seconds: float = SECONDS,
        proving: bool = True,
        then: Callable[[Found], Awaitable[None]] | None = None,
        keep: Callable[[Found], Awaitable[None]] | None = None,
    ) -> None:
        """Begin a search.

        Args:
            board: the working plan from which it begins.
            version: of that plan.
            seconds: how long.
            proving: whether bounds are proven beside it.
            then: what is done with the find; without it the find waits to be taken.
            keep: keeps a find that waits, so that it outlives the process.

        Raises:
            ConflictError: ``board_searching`` while another is under way.
        """
        if self.running or self._closed:
            raise ConflictError("board_searching")
        self._stop.clear()
        self._run = Run(version, _tally(board))
        budget = Budget(seconds=min(seconds, MOST_SECONDS), niceness=NICENESS)
        self._task = asyncio.create_task(
            self._search(board, budget, proving=proving, then=then, keep=keep)
        )
        self._tell()

    async def _search(
        self,
        board: Board,
        budget: Budget,
        *,
        proving: bool,
        then: Callable[[Found], Awaitable[None]] | None,
        keep: Callable[[Found], Awaitable[None]] | None,
    ) -> None:
        loop = asyncio.get_running_loop()

        def note(progress: Progress) -> None:
            if self._run is not None:
                self._run = self._run.at(progress)
                self._tell()

        def on_progress(progress: Progress) -> None:
            loop.call_soon_threadsafe(note, progress)

        try:
            found = await asyncio.to_thread(
                find_plan,
                board,
                budget=budget,
                clock=self._clock,
                on_progress=on_progress,
                stop=self._stop.is_set,
                proving=proving,
            )
            if then is not None:
                await then(found)
                self._run = None
            elif self._run is not None:
                self._run = replace(self._run, found=found)
                if keep is not None:
                    await keep(found)
        finally:
            loop.call_soon(self._tell)

    def stop(self) -> None:
        """End the search soon; what it has found stays."""
        self._stop.set()

    def drop(self) -> None:
        """End the search and throw away what was found."""
        self._stop.set()
        self._run = None
        self._tell()

    def restore(self, board: Board, version: int, found: Found) -> None:
        """Have a find again that was kept before this process began; anything newer stays."""
        if not self.running and self._run is None:
            self._run = Run(version, _tally(board), found=found)

    def found(self, version: int) -> Found:
        """Return what was found for a version of the working plan.

        Raises:
            ConflictError: ``board_searching`` while it is under way, ``board_nothing_found``, or
                ``board_changed`` when the plan has been changed since.
        """
        if self.running:
            raise ConflictError("board_searching")
        if self._run is None or self._run.found is None:
            raise ConflictError("board_nothing_found")
        if self._run.version != version:
            raise ConflictError("board_changed")
        return self._run.found

    def progress(self) -> dict[str, Any]:
        """Return how far the search is, in the shape of docs/board.md."""
        run = self._run
        points = run.points if run else ()
        seconds, best, bound = points[-1] if points else (0.0, None, None)
        gap = None
        if best and bound is not None:
            gap = round(max(0.0, 100 * (best - bound) / best), 1)
        return {
            "running": self.running and run is not None,
            "seconds": seconds,
            "best": best,
            "bound": bound,
            "gap": gap,
            "points": [list(point) for point in points],
            "found": _told(run.found) if run and run.found else None,
            "version": run.version if run else None,
            "gain": run.gain if run else None,
        }

    async def watch(self) -> AsyncIterator[dict[str, Any]]:
        """Yield the progress now and whenever it changes, until the process ends."""
        while not self._closed:
            news = self._news
            yield self.progress()
            try:
                async with asyncio.timeout(HEARTBEAT_S):
                    await news.wait()
            except TimeoutError:
                continue

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def close(self) -> None:
        """End the search and its children, and let go of those who watch."""
        self._closed = True
        self._stop.set()
        self._tell()
        if self._task is not None:
            await asyncio.wait([self._task])


def _tally(board: Board) -> Tally:
    return tally_of(draft_of(survey(look_up(board.instance)), board.plan))


def _told(found: Found) -> dict[str, Any]:
    return {
        "better": found.better,
        "sessions": found.sessions,
        "trips": found.trips,
        "over": found.over,
        "waiting": found.waiting,
        **{f"gain_{name}": count for name, count in found.gain.items()},
    }
