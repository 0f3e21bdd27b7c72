"""Files of a request, and the leader's word lent to somebody. Pure values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from server.auth.model import Login, Role
from server.domain.errors import DomainError, ForbiddenError
from server.scheduler.filing import PENDING, Approval, FiledRequest


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a meeting request; ``digest`` is the SHA-256 of its bytes, ``size`` their count."""

    id: int
    request_id: int
    name: str
    digest: str
    size: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Delegation:
    """The leader's word lent to another account (委托) from ``first`` to ``last``, both included.

    ``ended_at`` is set when it was taken back earlier.
    """

    id: int
    giver_id: int
    taker_id: int
    first: date
    last: date
    ended_at: datetime | None

    def holds(self, today: date) -> bool:
        """Tell whether the word is lent on that day."""
        return self.ended_at is None and self.first <= today <= self.last


def spoken_for(login: Login, delegations: Iterable[Delegation], today: date) -> int:
    """Return the account in whose name a login decides: its own, or that of who lent the word.

    Raises:
        ForbiddenError: ``word_not_yours`` for somebody who is no leader and was lent nothing.
    """
    if login.role is Role.LEADER:
        return login.account_id
    for delegation in delegations:
        if delegation.taker_id == login.account_id and delegation.holds(today):
            return delegation.giver_id
    raise ForbiddenError("word_not_yours")


LONGEST_LOAN_DAYS = 92


def require_loan(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """Return the days of a delegation.

    Raises:
        DomainError: ``delegation_days`` when they lie in the past, are the wrong way round or more
            than three months.
    """
    if first is None or last is None or not today <= last or not first <= last:
        raise DomainError("delegation_days")
    if (last - first).days > LONGEST_LOAN_DAYS:
        raise DomainError("delegation_days")
    return first, last


def waits_for_word(request: FiledRequest) -> bool:
    """Tell whether a request waits for the leader: coordinated in vain, or urgent."""
    waits = request.state in PENDING and request.approval is Approval.PENDING
    return waits and (request.referred or request.filing.urgent)


def is_coordinated(request: FiledRequest) -> bool:
    """Tell whether the meeting office still looks for a ride for a request that needs a word."""
    waits = request.state in PENDING and request.approval is Approval.PENDING
    return waits and not waits_for_word(request)
