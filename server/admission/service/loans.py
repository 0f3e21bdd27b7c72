"""Lending the leader's word to somebody for some days, and taking it back (委托)."""

from datetime import date

from server.admission import store as admission
from server.admission.model import Delegation, require_loan, spoken_for
from server.admission.service.desk import Desk
from server.audit.service import record
from server.auth import store as accounts
from server.auth.model import Role
from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload

TAKERS = (Role.LEADER, Role.OFFICE)
"""Roles to which a leader may lend the word."""


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
