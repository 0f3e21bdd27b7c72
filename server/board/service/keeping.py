"""The working plan in the database: looked at, changed step by step, undone."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from server.board import store
from server.board.changes import Changed
from server.board.model import Facts, Offer, Step, Working
from server.board.problem import lay_ground
from server.board.working import Board, lay_out_board
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError
from server.scheduler import service as scheduler
from server.scheduler import store as sessions
from server.scheduler.filing import PENDING, RequestState
from server.scheduler.overruns import Overrun, still_asked
from server.scheduler.store.exceptions import load_exceptions
from server.scheduler.store.overruns import load_overruns

OPEN_STATES = (
    RequestState.SUBMITTED,
    RequestState.LEFT_OUT,
    RequestState.PLACED,
    RequestState.IN_DIGEST,
)
"""States of requests of which the board may dispose."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The board as a page needs it.

    ``version`` is that of the working plan, ``published`` the number of the latest published
    version. ``last`` is the step that would be undone, ``asked`` what waits for a signature,
    ``find`` what was searched for by day and kept.
    """

    board: Board
    version: int
    published: int | None
    last: Step | None
    offer: Offer | None = None
    asked: tuple[Overrun, ...] = ()
    find: Offer | None = None


async def load_facts(tx: Tx, clock: Clock) -> Facts:
    """Return what the database says of requests and sessions now."""
    situation = await scheduler.load_situation(tx, clock.now())
    names = {d.id: d.name for d in situation.departments}
    requests = await sessions.load_requests(tx, names, states=OPEN_STATES)
    return Facts(
        situation=situation,
        requests=tuple(sorted(requests, key=lambda request: request.id)),
        exceptions=tuple(await load_exceptions(tx)),
    )


async def load_asked(tx: Tx, facts: Facts) -> tuple[Overrun, ...]:
    """Return the places above quotas that a leader is asked for, of those who still wait."""
    waiting = [r.id for r in facts.requests if r.state in PENDING]
    return tuple(still_asked(await load_overruns(tx), waiting, facts.today))


async def look(db: Database, clock: Clock) -> Shown:
    """Return the board as it is now."""
    async with db.view() as tx:
        facts = await load_facts(tx, clock)
        version, working = await store.load_working(tx)
        published = await store.latest_version(tx)
        last, offer = await store.load_last_step(tx), await store.load_offer(tx)
        asked = await load_asked(tx, facts)
        find = await store.load_offer(tx, store.Kept.DAY)
    board = await asyncio.to_thread(lay_board, facts, working)
    stands = offer is not None and offer.version == version and offer.gain.get("better")
    return Shown(
        board=board,
        version=version,
        published=published,
        last=last,
        offer=offer if stands else None,
        asked=asked,
        find=find if find is not None and find.version == version else None,
    )


class _Memory:
    """The board that was laid last: a page asks for it again and again while nothing changes."""

    def __init__(self) -> None:
        self._last: tuple[Facts, Working | None, Board] | None = None

    def lay(self, facts: Facts, working: Working | None) -> Board:
        """Return the board, laid anew when anything is different."""
        last = self._last
        if last is not None and last[:2] == (facts, working):
            return last[2]
        board = lay_out_board(lay_ground(facts), working)
        self._last = (facts, working, board)
        return board


_MEMORY = _Memory()


def lay_board(facts: Facts, working: Working | None) -> Board:
    """Return the board of what was kept over today's facts."""
    return _MEMORY.lay(facts, working)


async def change(
    db: Database,
    clock: Clock,
    author: str,
    *,
    version: int,
    code: str,
    act: Callable[[Board], Changed],
    params: dict[str, str | int] | None = None,
) -> tuple[str, ...]:
    """Make one change of the working plan and note it as a step; return what else it moved.

    The plan is worked out before anything is locked: somebody who was faster is found by the
    version.

    Args:
        db: the database.
        clock: the time.
        author: who makes it, a person's name.
        version: of the working plan that the change was made on.
        code: the step's words in the catalogue.
        act: makes the change.
        params: the words' values.

    Raises:
        ConflictError: ``board_changed`` when somebody was faster; what ``act`` refuses.
    """
    async with db.view() as tx:
        facts = await load_facts(tx, clock)
        seen, working = await store.load_working(tx)
    if seen != version:
        raise ConflictError("board_changed")
    board = await asyncio.to_thread(lay_board, facts, working)
    changed = await asyncio.to_thread(act, board)
    async with db.tx() as tx:
        now, before = await store.lock_working(tx)
        if now != version:
            raise ConflictError("board_changed")
        step = Step(code, params or {}, before)
        await store.save_step(tx, step, author=author, at=clock.now())
        await store.save_working(tx, changed.working)
    return changed.moved


async def undo(db: Database, *, version: int) -> None:
    """Return to the working plan before the last step.

    Raises:
        ConflictError: ``board_changed`` when somebody was faster, ``board_nothing_to_undo``.
    """
    async with db.tx() as tx:
        now, _ = await store.lock_working(tx)
        if now != version:
            raise ConflictError("board_changed")
        last = await store.load_last_step(tx)
        if last is None:
            raise ConflictError("board_nothing_to_undo")
        await store.drop_last_step(tx)
        await store.save_working(tx, last.before)
