"""A meeting request as it is filed (会议申请): what may be asked, its states, and its approval."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from server.domain.errors import DomainError
from server.domain.events import Payload
from server.domain.places import Post
from server.merging.instance.model import Half, Mode, Priority, Reason

LONGEST_TOPIC = 60
LONGEST_TEXT = 1000
"""Letters of what is only to be made known."""
LONGEST_WORDS = 200
"""Letters of a justification, and of a leader's or the office's remark."""
HALVES = (Half("AM", 9 * 60, 11 * 60 + 30), Half("PM", 13 * 60 + 30, 17 * 60))
"""The half-days of the street office, in minutes of day."""
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


NOBODY = (0,)
"""The committees of a draft in which none was ticked; no ids at all would mean all of them."""
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

    ``earliest`` and ``deadline`` are both inside the window; ``hours`` is the clock window in
    minutes of day, None for any. ``why`` justifies an urgent request. ``text`` is what is made
    known, in paragraphs, and ``due_on`` the last day to do what it asks of committees, if anything.
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
    mode: Mode = Mode.EITHER
    hours: tuple[int, int] | None = None
    why: str = ""
    text: str = ""
    due_on: date | None = None

    @property
    def urgent(self) -> bool:
        """Whether it takes the shorter chain."""
        return self.priority is Priority.URGENT


@dataclass(frozen=True, slots=True)
class FiledRequest:
    """A filed request with what became of it.

    ``version`` counts changes. ``author_id`` is the account that wrote it. ``remark`` is the last
    word of the office or the leader. ``referred`` ones have been put before the leader by the
    meeting office; ``replan`` ones were amended after they had been placed. ``wish_id`` is the
    session that the department would like to ride on. ``issued_at`` is when the weekly digest that
    it is in was issued.
    """

    id: int
    filing: Filing
    department: str
    state: RequestState
    approval: Approval
    filed_at: datetime
    session_id: int | None
    digest_on: date | None
    reason: Reason | None
    version: int = 1
    author_id: int | None = None
    remark: str = ""
    referred: bool = False
    replan: bool = False
    wish_id: int | None = None
    issued_at: datetime | None = None

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
        DomainError: the first of ``faults_of``.
    """
    for fault in faults_of(filing).values():
        raise fault


def faults_of(filing: Filing) -> dict[str, DomainError]:
    """Return what is wrong with a filing, by the field of the form; empty when nothing is."""
    faults: dict[str, DomainError] = {}
    if not 1 <= len(filing.topic) <= LONGEST_TOPIC:
        faults["topic"] = DomainError("request_topic", most=LONGEST_TOPIC)
    if not SHORTEST <= filing.minutes <= LONGEST or filing.minutes % STEP:
        faults["minutes"] = DomainError("request_minutes", least=SHORTEST, most=LONGEST, step=STEP)
    if not filing.posts or filing.committee_ids == NOBODY:
        faults["audience"] = DomainError("request_audience")
    if not filing.earliest <= filing.deadline <= filing.earliest + FARTHEST:
        faults["deadline"] = DomainError("request_deadline")
    if filing.hours is not None and not _fits_a_half(filing.hours, filing.minutes):
        faults["hours"] = DomainError("request_hours")
    if len(filing.text) > LONGEST_TEXT:
        faults["text"] = DomainError("request_text", most=LONGEST_TEXT)
    if filing.due_on is not None and filing.due_on < filing.earliest:
        faults["due"] = DomainError("request_due")
    if len(filing.why) > LONGEST_WORDS or (filing.urgent and not filing.why):
        faults["why"] = DomainError("request_why", most=LONGEST_WORDS)
    return faults


def _fits_a_half(hours: tuple[int, int], minutes: int) -> bool:
    """Tell whether a clock window lies in one half-day and has room for the item."""
    first, last = hours
    inside = any(half.start <= first and last <= half.end for half in HALVES)
    return inside and first % STEP == last % STEP == 0 and first + minutes <= last


def require_remark(remark: str) -> None:
    """Refuse a decision that has to say why and does not.

    Raises:
        DomainError: ``remark_missing`` (most).
    """
    if not 1 <= len(remark) <= LONGEST_WORDS:
        raise DomainError("remark_missing", most=LONGEST_WORDS)


def facts_of(filing: Filing) -> Payload:
    """Return what the audit log says of what is asked for."""
    return {
        "topic": filing.topic,
        "minutes": filing.minutes,
        "read_only": filing.read_only,
        "posts": [str(post) for post in filing.posts],
        "committees": list(filing.committee_ids),
        "earliest": filing.earliest.isoformat(),
        "deadline": filing.deadline.isoformat(),
        "hours": list(filing.hours or ()),
        "mode": str(filing.mode),
        "urgent": filing.urgent,
        "why": filing.why,
        "text": filing.text,
        "due_on": filing.due_on.isoformat() if filing.due_on else "",
    }
