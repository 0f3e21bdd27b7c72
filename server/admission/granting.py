"""The leader's word on requests, lent or spoken, and taken back: one use case per function."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from server.admission import store as admission
from server.admission.model import (
    Delegation,
    Overrun,
    OverrunLine,
    OverrunState,
    is_coordinated,
    left_after_striking,
    require_loan,
    spoken_for,
    waits_for_word,
)
from server.admission.service import Desk, leave_session
from server.admission.telling import tell_department, untell
from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.auth import store as accounts
from server.auth.model import Role
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError, DomainError, NotFoundError
from server.domain.events import EventKind, Payload, Recorded
from server.merging.instance.model import Overflow
from server.scheduler import service as merging
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest, require_remark
from server.scheduler.problem import compose_instance
from server.scheduler.states import Step, Word, after_step, after_word, may_step
from server.scheduler.suggest import Suggestion, advise
from server.street import store as street

UNDOABLE = (EventKind.REQUEST_GRANTED, EventKind.REQUEST_REFUSED, EventKind.OVERRUN_GRANTED)


class Choice(StrEnum):
    """What a leader can make of a request: a ride, a session of its own, the digest, or no."""

    RIDE = "ride"
    GRANT = "grant"
    DIGEST = "digest"
    REFUSE = "refuse"


async def _voice(tx: Tx, desk: Desk) -> Payload:
    """Return what an event says of in whose name it was decided; empty for one's own.

    Raises:
        ForbiddenError: ``word_not_yours``.
    """
    today = desk.clock.now().astimezone(SITE_ZONE).date()
    loans = await admission.load_delegations(tx, today)
    giver = spoken_for(desk.login, loans, today)
    return {} if giver == desk.login.account_id else {"for_account": giver}


async def may_decide(tx: Tx, desk: Desk) -> bool:
    """Tell whether the login has a word on requests today."""
    today = desk.clock.now().astimezone(SITE_ZONE).date()
    loans = await admission.load_delegations(tx, today)
    lent = any(d.taker_id == desk.login.account_id and d.holds(today) for d in loans)
    return desk.login.role is Role.LEADER or lent


async def decide(desk: Desk, request_id: int, choice: Choice, remark: str = "") -> int:
    """Enter the leader's word on a request that waits for it; return the event's sequence.

    Raises:
        NotFoundError: ``no_such_request``.
        ForbiddenError: ``word_not_yours``.
        ConflictError: ``request_decided`` when nobody waits for a word on it; ``spot_taken`` when
            the ride is gone.
        DomainError: ``remark_missing`` for a refusal without a reason.
    """
    if choice is Choice.REFUSE:
        require_remark(remark)
    async with desk.db.tx() as tx:
        voice = await _voice(tx, desk)
        request = await store.load_request(tx, request_id)
        if request.approval is not Approval.PENDING or request.state not in PENDING:
            raise ConflictError("request_decided")
        now = replace(request, remark=remark, approval=after_word(request.approval, _WORDS[choice]))
        if choice is Choice.DIGEST:
            filing = replace(request.filing, read_only=True)
            now = replace(now, filing=filing, state=after_step(request.state, Step.AMEND))
        await store.save_filed(tx, now)
        if choice is Choice.RIDE:
            await _place_ride(tx, desk, now)
        payload: Payload = {
            "request": request.number,
            "choice": str(choice),
            "remark": remark,
            "was": str(request.state),
            **voice,
        }
        kind = EventKind.REQUEST_GRANTED
        if choice is Choice.REFUSE:
            kind = EventKind.REQUEST_REFUSED
        done = await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
        await tell_department(tx, desk.clock, now, str(choice), remark=remark, event=done.sequence)
    return done.sequence


_WORDS = {
    Choice.RIDE: Word.GRANT,
    Choice.GRANT: Word.GRANT,
    Choice.DIGEST: Word.WAIVE,
    Choice.REFUSE: Word.REFUSE,
}


async def _place_ride(tx: Tx, desk: Desk, request: FiledRequest) -> None:
    ride = next((s for s in await _suggestions(tx, desk, request) if s.at_once), None)
    if ride is None:
        raise ConflictError("spot_taken")
    await _place(tx, desk, request, (ride.date, ride.half), Overflow.REJECT)


async def _suggestions(tx: Tx, desk: Desk, request: FiledRequest) -> tuple[Suggestion, ...]:
    situation = await merging.load_situation(tx, desk.clock.now())
    return advise(compose_instance(situation, [request])).suggestions


async def _place(
    tx: Tx, desk: Desk, request: FiledRequest, spot: tuple[date, str], overflow: Overflow
) -> None:
    names = {d.id: d.name for d in await street.load_departments(tx)}
    named = replace(request, department=names[request.filing.department_id])
    await merging.place_at_once(tx, desk.clock, desk.login, named, spot=spot, overflow=overflow)


# --- undo --------------------------------------------------------------------------------------


async def undo(desk: Desk, sequence: int) -> int:
    """Take back what the login has just decided; return the sequence of the event of it.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago, ``undo_overtaken``
            when something has become of the request since.
    """
    async with desk.db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=desk.actor, now=desk.clock.now())
        if event.kind == EventKind.OVERRUN_GRANTED:
            told = await _unsign(tx, desk, event)
        else:
            told = await _undecide(tx, desk, event)
        done = await record(
            tx, desk.clock, EventKind.REQUEST_UNDECIDED, actor=desk.actor, payload=told
        )
        if not await untell(tx, sequence):
            numbers = [told["request"]] if "request" in told else told["requests"]
            await _tell(tx, desk, numbers, "undone", event=done.sequence)
    return done.sequence


async def _tell(
    tx: Tx, desk: Desk, numbers: list[str], answer: str, *, event: int, remark: str = ""
) -> None:
    for number in numbers:
        request = await store.load_request(tx, int(number[1:]))
        await tell_department(tx, desk.clock, request, answer, remark=remark, event=event)


async def _undecide(tx: Tx, desk: Desk, event: Recorded) -> Payload:
    number: str = event.payload["request"]
    request = await store.load_request(tx, int(number[1:]))
    choice = Choice(event.payload["choice"])
    if choice is Choice.DIGEST:
        if not (request.filing.read_only and request.state in PENDING):
            raise ConflictError("undo_overtaken")
        filing = replace(request.filing, read_only=False)
        request = replace(request, filing=filing, approval=after_word(request.approval, Word.ASK))
    else:
        request = await _unplaced(tx, desk, request) if choice is Choice.RIDE else request
        if request.state not in PENDING or request.approval not in _DECIDED:
            raise ConflictError("undo_overtaken")
        back = after_word(request.approval, Word.TAKE_BACK)
        request = replace(request, approval=back)
    await store.save_filed(tx, replace(request, remark=""))
    return {"request": number}


_DECIDED = (Approval.GRANTED, Approval.REFUSED)


async def _unplaced(tx: Tx, desk: Desk, request: FiledRequest) -> FiledRequest:
    if not may_step(request.state, Step.TAKE_OUT):
        raise ConflictError("undo_overtaken")
    await leave_session(tx, desk, request)
    state = after_step(request.state, Step.TAKE_OUT)
    return replace(request, state=state, session_id=None, digest_on=None)


# --- lending the word --------------------------------------------------------------------------


async def lend(desk: Desk, taker_id: int, first: date | None, last: date | None) -> int:
    """Lend the leader's word to another account for some days; return the event's sequence.

    Raises:
        ForbiddenError: ``word_not_yours`` for anybody but a leader.
        DomainError: ``delegation_days``, ``delegation_taker``.
    """
    now = desk.clock.now()
    days = require_loan(first, last, now.astimezone(SITE_ZONE).date())
    async with desk.db.tx() as tx:
        spoken_for(desk.login, (), days[0])
        taker = await accounts.load_account_by_id(tx, taker_id)
        usable = taker is not None and not taker.disabled and taker.id != desk.login.account_id
        if taker is None or not usable or taker.role not in TAKERS:
            raise DomainError("delegation_taker")
        await admission.save_delegation(tx, desk.login.account_id, taker_id, days=days, made_at=now)
        payload: Payload = {
            "account_id": taker_id,
            "name": taker.display_name,
            "first": days[0].isoformat(),
            "last": days[1].isoformat(),
        }
        done = await record(
            tx, desk.clock, EventKind.APPROVAL_LENT, actor=desk.actor, payload=payload
        )
    return done.sequence


TAKERS = (Role.LEADER, Role.OFFICE)
"""Roles to which a leader may lend the word."""


async def take_back(desk: Desk, delegation_id: int) -> Delegation:
    """Take back the word before its last day.

    Raises:
        NotFoundError: ``no_such_delegation``, also when it is somebody else's or over.
    """
    async with desk.db.tx() as tx:
        loan = await admission.end_delegation(
            tx, delegation_id, desk.login.account_id, desk.clock.now()
        )
        payload: Payload = {"account_id": loan.taker_id}
        await record(tx, desk.clock, EventKind.APPROVAL_ENDED, actor=desk.actor, payload=payload)
    return loan


# --- calls above quotas ------------------------------------------------------------------------


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
        waiting = [o for o in await admission.load_overruns(tx, request_id) if _open(o)]
        if waiting or request.state not in PENDING:
            raise ConflictError("overrun_waits")
        found = [s for s in await _suggestions(tx, desk, request) if s.strains and not s.rides]
        if not found:
            raise ConflictError("overrun_none")
        best = found[0]
        lines = [OverrunLine(int(s.committee[1:]), s.used, s.limit) for s in best.strains]
        spot = (best.date, best.half)
        overrun_id = await admission.save_overrun(
            tx, request_id, spot=spot, lines=lines, why=why, made_at=desk.clock.now()
        )
        payload: Payload = {
            "request": request.number,
            "overrun": overrun_id,
            "day": best.date.isoformat(),
            "half": best.half,
            "committees": [line.committee_id for line in lines],
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
        voice = await _voice(tx, desk)
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
        await _tell(tx, desk, numbers, "signed", event=done.sequence)
    return done.sequence


async def _waiting(tx: Tx, overrun_id: int) -> Overrun:
    overrun = await admission.lock_overrun(tx, overrun_id)
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
    await _place(tx, desk, granted, (overrun.day, overrun.half), Overflow.ESCALATE)
    await admission.decide_overrun(tx, overrun.id, OverrunState.GRANTED)
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


async def _unsign(tx: Tx, desk: Desk, event: Recorded) -> Payload:
    for told in event.payload["overruns"]:
        request = await store.load_request(tx, int(told["request"][1:]))
        request = await _unplaced(tx, desk, request)
        filing = replace(request.filing, committee_ids=tuple(told["committees"]))
        back = replace(request, filing=filing, approval=Approval(told["approval"]))
        await store.save_filed(tx, back)
        await admission.decide_overrun(tx, told["overrun"], OverrunState.PENDING)
    return {"requests": [told["request"] for told in event.payload["overruns"]]}


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
        voice = await _voice(tx, desk)
        numbers = []
        for overrun_id in sorted(overrun_ids):
            overrun = await _waiting(tx, overrun_id)
            await admission.decide_overrun(tx, overrun.id, OverrunState.REFUSED)
            request = await store.load_request(tx, overrun.request_id)
            await store.save_filed(tx, replace(request, remark=remark))
            numbers.append(request.number)
        if not numbers:
            raise NotFoundError("no_such_overrun")
        payload: Payload = {"requests": numbers, "remark": remark, **voice}
        done = await record(
            tx, desk.clock, EventKind.OVERRUN_REFUSED, actor=desk.actor, payload=payload
        )
        await _tell(tx, desk, numbers, "unsigned", event=done.sequence, remark=remark)
    return done.sequence


@dataclass(frozen=True, slots=True)
class Docket:
    """What waits for a leader, the oldest first, and what is still being coordinated."""

    waiting: tuple[FiledRequest, ...]
    coordinated: tuple[FiledRequest, ...]
    overruns: tuple[Overrun, ...]

    @property
    def count(self) -> int:
        """How many things wait for a word."""
        return len(self.waiting) + len(self.overruns)


async def load_docket(tx: Tx) -> Docket:
    """Return what waits for a word."""
    names = {d.id: d.name for d in await street.load_departments(tx)}
    pending = await store.load_requests(tx, names, states=PENDING)
    oldest = sorted(pending, key=lambda request: (request.filed_at, request.id))
    return Docket(
        waiting=tuple(r for r in oldest if waits_for_word(r)),
        coordinated=tuple(r for r in oldest if is_coordinated(r)),
        overruns=tuple(await admission.load_overruns(tx)),
    )
