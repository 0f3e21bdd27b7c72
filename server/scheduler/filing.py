"""A meeting request as it is filed (会议申请): what may be asked, its states, and its approval."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.domain.errors import DomainError
from server.domain.places import Post
from server.scheduler.model import Priority, Reason

LONGEST_TOPIC = 60
SHORTEST, LONGEST, STEP = 5, 60, 5
"""Minutes that may be asked for."""
FARTHEST = timedelta(days=92)


class RequestState(StrEnum):
    """Where a request stands; ``PLACED`` becomes ``HELD`` when its session has been held."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    PLACED = "PLACED"
    IN_DIGEST = "IN_DIGEST"
    LEFT_OUT = "LEFT_OUT"
    RETURNED = "RETURNED"
    HELD = "HELD"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"


PENDING = (RequestState.SUBMITTED, RequestState.LEFT_OUT)
"""States of requests that the next merge tries to place."""


class Approval(StrEnum):
    """The leader's word on a request (审批), beside its state."""

    NOT_NEEDED = "NOT_NEEDED"
    PENDING = "PENDING"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Filing:
    """What a department asks for. ``committee_ids`` is empty for all committees.

    ``earliest`` and ``deadline`` are both inside the window.
    """

    department_id: int
    topic: str
    minutes: int
    read_only: bool
    posts: tuple[Post, ...]
    committee_ids: tuple[int, ...]
    earliest: date
    deadline: date
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class FiledRequest:
    """A filed request with what became of it."""

    id: int
    filing: Filing
    department: str
    state: RequestState
    approval: Approval
    filed_at: datetime
    session_id: int | None
    digest_on: date | None
    reason: Reason | None

    @property
    def number(self) -> str:
        """The request's number on screens and in plans, ``R007``."""
        return request_number(self.id)


def request_number(request_id: int) -> str:
    """Return the number of a request on screens and in plans."""
    return f"R{request_id:03}"


def only_serving(request: FiledRequest, committee_ids: Collection[int]) -> FiledRequest | None:
    """Return a request without the committees that were retired since it was filed.

    Args:
        request: as it was filed.
        committee_ids: the committees that may be called.

    Returns:
        None when it named only committees that are retired: there is nobody to call.
    """
    named = request.filing.committee_ids
    left = tuple(c for c in named if c in committee_ids)
    if named and not left:
        return None
    return replace(request, filing=replace(request.filing, committee_ids=left))


def require_sound(filing: Filing) -> None:
    """Refuse a filing that cannot be meant.

    Raises:
        DomainError: ``request_topic``, ``request_minutes``, ``request_audience`` or
            ``request_deadline``.
    """
    if not 1 <= len(filing.topic) <= LONGEST_TOPIC:
        raise DomainError("request_topic", most=LONGEST_TOPIC)
    if not SHORTEST <= filing.minutes <= LONGEST or filing.minutes % STEP:
        raise DomainError("request_minutes", least=SHORTEST, most=LONGEST, step=STEP)
    if not filing.posts:
        raise DomainError("request_audience")
    if not filing.earliest <= filing.deadline <= filing.earliest + FARTHEST:
        raise DomainError("request_deadline")
