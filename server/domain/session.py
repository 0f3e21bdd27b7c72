"""The shared meeting (会议/场次) as every feature sees it: its times, items and roster."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.domain.places import Post


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
    """A shared meeting (会议). ``starts_at`` and ``ends_at`` are the planned times in UTC.

    ``posts`` are whom its own items call, empty for everybody; its guests' requests name their own.
    ``longest`` is how many minutes it may last with its guests, None for the usual limit. Once its
    agenda is ``fixed`` nothing is added to it. ``own_committee_ids`` are the committees that its
    own items call, empty for its whole roster.
    """

    id: int
    title: str
    state: SessionState
    starts_at: datetime
    ends_at: datetime
    hall: str
    items: tuple[AgendaItem, ...]
    venue_ids: tuple[int, ...]
    posts: tuple[Post, ...] = ()
    longest: int | None = None
    fixed: bool = False
    own_committee_ids: tuple[int, ...] = ()

    @property
    def own_items(self) -> tuple[AgendaItem, ...]:
        """The items that are nobody's request: a standing meeting's own."""
        return tuple(item for item in self.items if item.request_id is None)
