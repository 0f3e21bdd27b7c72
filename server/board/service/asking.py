"""A leader is asked to sign calls above quotas for places on the board; asking can be taken back.

Who signs is the business of ``admission``; until then nothing has changed but that it is asked.
"""

import asyncio
from collections.abc import Collection, Sequence

from server.audit.service import record
from server.auth.model import Login
from server.board import store
from server.board.escalation import Ask, ask_for
from server.board.model import places_asked
from server.board.service.keeping import lay_board, load_asked, load_facts
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload
from server.merging.instance.model import Cell
from server.scheduler.filing import require_remark
from server.scheduler.overruns import OverrunLine, OverrunState
from server.scheduler.service import actor_of
from server.scheduler.store.overruns import decide_overrun, lock_overrun, save_overrun


async def ask(
    db: Database,
    clock: Clock,
    login: Login,
    *,
    version: int,
    wanted: Sequence[tuple[str, Cell]],
    why: str,
) -> tuple[int, ...]:
    """Put a list of places before a leader; return what it is known by, for taking it back.

    Args:
        db: the database.
        clock: the time.
        login: who asks.
        version: of the working plan that was looked at.
        wanted: requests with their half-days.
        why: the reason, for the leader to read.

    Raises:
        DomainError: ``remark_missing`` without a reason.
        ConflictError: ``board_changed`` when somebody was faster; what ``ask_for`` refuses.
        NotFoundError: ``no_such_request``.
    """
    require_remark(why)
    async with db.view() as tx:
        facts = await load_facts(tx, clock)
        seen, working = await store.load_working(tx)
        asked = await load_asked(tx, facts)
    if seen != version:
        raise ConflictError("board_changed")
    board = await asyncio.to_thread(lay_board, facts, working)
    asks = await asyncio.to_thread(ask_for, board, wanted, places_asked(asked))
    async with db.tx() as tx:
        now, _ = await store.lock_working(tx)
        if now != version or await load_asked(tx, facts) != asked:
            raise ConflictError("board_changed")
        return tuple([await _enter(tx, clock, login, one, why) for one in asks])


async def _enter(tx: Tx, clock: Clock, login: Login, asked: Ask, why: str) -> int:
    lines = [
        OverrunLine(int(one.committee[1:]), one.used, one.limit, one.role, one.period)
        for one in asked.calls
    ]
    spot = asked.cell.date, asked.cell.half
    overrun_id = await save_overrun(
        tx, int(asked.request[1:]), spot=spot, lines=lines, why=why, made_at=clock.now()
    )
    payload: Payload = {
        "request": asked.request,
        "overrun": overrun_id,
        "day": asked.cell.date.isoformat(),
        "half": asked.cell.half,
        "committees": list(dict.fromkeys(line.committee_id for line in lines)),
        "remark": why,
    }
    await record(tx, clock, EventKind.OVERRUN_ASKED, actor=actor_of(login), payload=payload)
    return overrun_id


async def take_back(db: Database, clock: Clock, login: Login, overrun_ids: Collection[int]) -> None:
    """Ask no more for what no leader has decided on yet.

    Raises:
        NotFoundError: ``no_such_overrun``.
        ConflictError: ``request_decided`` when a leader was faster; then all stays as it is.
    """
    async with db.tx() as tx:
        for overrun_id in sorted(set(overrun_ids)):
            overrun = await lock_overrun(tx, overrun_id)
            if overrun.state is not OverrunState.PENDING:
                raise ConflictError("request_decided")
            await decide_overrun(tx, overrun_id, OverrunState.WITHDRAWN)
            payload: Payload = {"request": overrun.number, "overrun": overrun_id}
            await record(
                tx, clock, EventKind.OVERRUN_WITHDRAWN, actor=actor_of(login), payload=payload
            )
