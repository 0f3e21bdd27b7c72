"""What a search finds is an offer and never a change: looked for, kept, taken, thrown away."""

import asyncio

from server.board import store
from server.board.changes import Changed
from server.board.model import Offer, Working
from server.board.search import Found, compare, with_places
from server.board.service.keeping import Shown, lay_board, load_facts
from server.board.service.searching import Solver
from server.board.working import Board
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.errors import ConflictError
from server.merging.instance.lookup import look_up

NIGHT_SECONDS = 60


async def improve(
    db: Database, clock: Clock, solver: Solver, *, seconds: float = NIGHT_SECONDS
) -> None:
    """Begin to look for a better plan, and keep what is found as an offer.

    Whatever has a place pays for leaving it, so that nobody is moved for next to nothing. It
    returns at once; when somebody else searches, it is tried at the next look.
    """
    if solver.running:
        return
    async with db.view() as tx:
        facts = await load_facts(tx, clock)
        version, working = await store.load_working(tx)
    board = await asyncio.to_thread(lay_board, facts, working)

    async def keep(found: Found) -> None:
        gain = {"better": int(found.better), **found.gain}
        async with db.tx() as tx:
            await store.save_offer(tx, Offer(version, found.plan, clock.now(), gain))

    solver.start(board, version, seconds=seconds, proving=False, then=keep)


def take(offer: Offer | None, board: Board) -> Changed:
    """Return the change that makes an offer the working plan.

    Raises:
        ConflictError: ``board_nothing_found`` when there is none for the plan as it is.
    """
    if offer is None:
        raise ConflictError("board_nothing_found")
    return Changed(Working(offer.plan, board.marks, board.ground.places))


async def drop(db: Database, kept: store.Kept = store.Kept.NIGHT) -> None:
    """Throw an offer away."""
    async with db.tx() as tx:
        await store.drop_offer(tx, kept)


async def keep(db: Database, clock: Clock, version: int, found: Found) -> None:
    """Keep what was searched for by day, so that it is not lost with the process."""
    gain = {"better": int(found.better), **found.gain}
    async with db.tx() as tx:
        await store.save_offer(tx, Offer(version, found.plan, clock.now(), gain), store.Kept.DAY)


def find_again(solver: Solver, shown: Shown) -> None:
    """Have the solver of a new process know what was found before it began."""
    if shown.find is None or solver.run is not None or solver.running:
        return
    lookup = look_up(with_places(shown.board))
    solver.restore(shown.board, shown.version, compare(lookup, shown.board, shown.find.plan))
