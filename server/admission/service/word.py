"""The leader's word on a request that waits for it, and all that waits for one."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from server.admission import store as admission
from server.admission.model import is_coordinated, spoken_for, waits_for_word
from server.admission.service.desk import Desk
from server.admission.service.riding import place, suggestions_for
from server.admission.telling import tell_department
from server.audit.service import record
from server.auth.model import Role
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload
from server.merging.instance.model import Overflow
from server.scheduler import store
from server.scheduler.filing import PENDING, Approval, FiledRequest, require_remark
from server.scheduler.overruns import Overrun, still_asked
from server.scheduler.states import Step, Word, after_step, after_word
from server.scheduler.store.overruns import load_overruns
from server.street import store as street


class Choice(StrEnum):
    """What a leader can make of a request: a ride, a session of its own, the digest, or no."""

    RIDE = "ride"
    GRANT = "grant"
    DIGEST = "digest"
    REFUSE = "refuse"


async def voice_of(tx: Tx, desk: Desk) -> Payload:
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
        voice = await voice_of(tx, desk)
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
        await tell_department(tx, desk.teller, now, str(choice), remark=remark, event=done.sequence)
    return done.sequence


_WORDS = {
    Choice.RIDE: Word.GRANT,
    Choice.GRANT: Word.GRANT,
    Choice.DIGEST: Word.WAIVE,
    Choice.REFUSE: Word.REFUSE,
}


async def _place_ride(tx: Tx, desk: Desk, request: FiledRequest) -> None:
    ride = next((s for s in await suggestions_for(tx, desk, request) if s.at_once), None)
    if ride is None:
        raise ConflictError("spot_taken")
    await place(tx, desk, request, (ride.date, ride.half), Overflow.REJECT)


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


async def load_docket(tx: Tx, today: date) -> Docket:
    """Return what waits for a word on a day at the site."""
    names = {d.id: d.name for d in await street.load_departments(tx)}
    pending = await store.load_requests(tx, names, states=PENDING)
    asked = await load_overruns(tx)
    oldest = sorted(pending, key=lambda request: (request.filed_at, request.id))
    return Docket(
        waiting=tuple(r for r in oldest if waits_for_word(r)),
        coordinated=tuple(r for r in oldest if is_coordinated(r)),
        overruns=tuple(still_asked(asked, (r.id for r in pending), today)),
    )
