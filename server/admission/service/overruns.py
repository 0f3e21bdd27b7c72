"""Calls above quotas, which a leader signs as a list (超限审批)."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from server.admission.service.desk import Desk
from server.admission.service.riding import place, suggestions_for
from server.admission.service.word import voice_of
from server.admission.telling import tell_departments
from server.audit.service import record
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload
from server.merging.instance.model import Overflow
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, require_remark
from server.scheduler.overruns import (
    Overrun,
    OverrunLine,
    OverrunState,
    left_after_striking,
    signed_for,
    still_asked,
)
from server.scheduler.states import Word, after_word
from server.scheduler.store.overruns import (
    decide_overrun,
    load_overruns,
    lock_overrun,
    save_overrun,
)
from server.street import store as street


async def ask_overrun(desk: Desk, request_id: int, why: str) -> int:
    """Ask a leader to let a request exceed quotas; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        DomainError: ``remark_missing`` without a reason.
        ConflictError: ``overrun_waits`` when it has been asked; ``overrun_none`` when no half-day
            of its window is free but for quotas, or one is free without exceeding them.
    """
    require_remark(why)
    async with desk.db.tx() as tx:
        request = await store.load_request(tx, request_id)
        asked = [o for o in await load_overruns(tx, request_id) if _open(o)]
        today = desk.clock.now().astimezone(SITE_ZONE).date()
        if still_asked(asked, [request_id], today) or request.state not in PENDING:
            raise ConflictError("overrun_waits")
        found = [s for s in await suggestions_for(tx, desk, request) if s.strains and not s.rides]
        if not found:
            raise ConflictError("overrun_none")
        best = found[0]
        lines = [
            OverrunLine(int(s.committee[1:]), s.used, s.limit, s.role, s.period)
            for s in best.strains
        ]
        spot = (best.date, best.half)
        overrun_id = await save_overrun(
            tx, request_id, spot=spot, lines=lines, why=why, made_at=desk.clock.now()
        )
        payload: Payload = {
            "request": request.number,
            "overrun": overrun_id,
            "day": best.date.isoformat(),
            "half": best.half,
            "committees": list(dict.fromkeys(line.committee_id for line in lines)),
            "remark": why,
        }
        done = await record(
            tx, desk.clock, EventKind.OVERRUN_ASKED, actor=desk.actor, payload=payload
        )
    return done.sequence


def _open(overrun: Overrun) -> bool:
    return overrun.state is OverrunState.PENDING


async def sign_overruns(desk: Desk, agreed: Mapping[int, Collection[int]]) -> int:
    """Sign a list of calls above quotas: each request is placed at once where it was asked for.

    Args:
        desk: who signs.
        agreed: for each item of the list, the committees that are not struck.

    Returns:
        The event's sequence.

    Raises:
        ForbiddenError: ``word_not_yours``.
        NotFoundError: ``no_such_overrun``.
        ConflictError: ``request_decided``, or ``spot_taken``; then nothing is signed.
        DomainError: ``overrun_nobody`` when everybody of a request was struck.
    """
    async with desk.db.tx() as tx:
        voice = await voice_of(tx, desk)
        told = [
            await _sign(tx, desk, await _waiting(tx, overrun_id), committees)
            for overrun_id, committees in sorted(agreed.items())
        ]
        if not told:
            raise NotFoundError("no_such_overrun")
        payload: Payload = {"overruns": told, **voice}
        done = await record(
            tx, desk.clock, EventKind.OVERRUN_GRANTED, actor=desk.actor, payload=payload
        )
        numbers = [one["request"] for one in told]
        await tell_departments(tx, desk.teller, numbers, "signed", event=done.sequence)
    return done.sequence


async def _waiting(tx: Tx, overrun_id: int) -> Overrun:
    overrun = await lock_overrun(tx, overrun_id)
    if overrun.state is not OverrunState.PENDING:
        raise ConflictError("request_decided")
    return overrun


async def _sign(tx: Tx, desk: Desk, overrun: Overrun, agreed: Collection[int]) -> Payload:
    request = await store.load_request(tx, overrun.request_id)
    if request.state not in PENDING:
        raise ConflictError("request_decided")
    named = request.filing.committee_ids
    everybody = [c.id for c in await street.load_committees(tx) if not c.retired]
    left = left_after_striking(named or everybody, overrun.lines, agreed)
    struck = sorted({line.committee_id for line in overrun.lines} - set(agreed))
    filing = replace(request.filing, committee_ids=left if struck else named)
    granted = replace(request, filing=filing, approval=_granted(request.approval))
    await store.save_filed(tx, granted)
    signed = signed_for(overrun, agreed, by=desk.login.display_name)
    await place(tx, desk, granted, overrun.cell, Overflow.ESCALATE, signed=signed)
    await decide_overrun(tx, overrun.id, OverrunState.GRANTED)
    return {
        "overrun": overrun.id,
        "request": request.number,
        "struck": struck,
        "committees": list(named),
        "approval": str(request.approval),
    }


def _granted(approval: Approval) -> Approval:
    """Return the word of who signs: a list above quotas is signed for the request too."""
    if approval in (Approval.NOT_NEEDED, Approval.GRANTED):
        return approval
    return after_word(after_word(approval, Word.ASK), Word.GRANT)


async def refuse_overruns(desk: Desk, overrun_ids: Collection[int], remark: str) -> int:
    """Refuse a whole list with a reason; return the event's sequence.

    Raises:
        DomainError: ``remark_missing``.
        ForbiddenError: ``word_not_yours``.
        NotFoundError: ``no_such_overrun``.
        ConflictError: ``request_decided``.
    """
    require_remark(remark)
    async with desk.db.tx() as tx:
        voice = await voice_of(tx, desk)
        numbers = []
        for overrun_id in sorted(overrun_ids):
            overrun = await _waiting(tx, overrun_id)
            await decide_overrun(tx, overrun.id, OverrunState.REFUSED)
            request = await store.load_request(tx, overrun.request_id)
            await store.save_filed(tx, replace(request, remark=remark))
            numbers.append(request.number)
        if not numbers:
            raise NotFoundError("no_such_overrun")
        payload: Payload = {"requests": numbers, "remark": remark, **voice}
        done = await record(
            tx, desk.clock, EventKind.OVERRUN_REFUSED, actor=desk.actor, payload=payload
        )
        await tell_departments(
            tx, desk.teller, numbers, "unsigned", event=done.sequence, remark=remark
        )
    return done.sequence
