"""The shared meeting (会议/场次) as every feature sees it: its times, items and roster."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SessionState(StrEnum):
    """Where a session stands: PROPOSED → SCHEDULED → OPEN → CLOSED → ARCHIVED, or CANCELLED."""

    PROPOSED = "PROPOSED"
    SCHEDULED = "SCHEDULED"
    OPEN = "OPEN"
    CLOSED = "CLOSED"
    ARCHIVED = "ARCHIVED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One request's part of a session (议题): who presents what, in how many minutes.

    ``request_id`` is the meeting request it is, None for a session's own item.
    """

    id: int
    position: int
    topic: str
    department: str
    minutes: int
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A shared meeting (会议). ``starts_at`` and ``ends_at`` are the planned times in UTC."""

    id: int
    title: str
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    hall: str
    items: tuple[AgendaItem, ...]
    venue_ids: tuple[int, ...]
