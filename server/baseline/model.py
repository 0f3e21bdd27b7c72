"""A past meeting (以往会议) as the office enters it from its own books. Pure.

Nobody measured these meetings: they are what a street's notices and registers say of the time
before, and ``source`` says which. Every comparison with them prints that source and how many
meetings, of which days, it rests on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.domain.places import Post

Key = tuple[date, str, str]
"""Day, department and title: two meetings never have the same."""


@dataclass(frozen=True, slots=True)
class PastMeeting:
    """One meeting that committees were called to before the system was there.

    ``department`` is the name it had then, which may be that of none of today's departments.
    ``minutes`` is how long it lasted by the register, without the way. ``committee_ids`` are those
    that were called, in order, never none. ``posts`` are those called of each, empty when the
    register does not say.
    """

    day: date
    title: str
    department: str
    minutes: int
    committee_ids: tuple[int, ...]
    source: str
    posts: tuple[Post, ...] = ()

    @property
    def key(self) -> Key:
        """Return what it is known by."""
        return self.day, self.department, self.title

    def to_payload(self) -> dict[str, Any]:
        """Return the meeting as the log keeps it."""
        return {
            "day": self.day.isoformat(),
            "title": self.title,
            "department": self.department,
            "minutes": self.minutes,
            "committee_ids": list(self.committee_ids),
            "source": self.source,
            "posts": [str(post) for post in self.posts],
        }

    @staticmethod
    def from_payload(payload: Mapping[str, Any]) -> "PastMeeting":
        """Return the meeting that ``to_payload`` wrote."""
        return PastMeeting(
            day=date.fromisoformat(payload["day"]),
            title=payload["title"],
            department=payload["department"],
            minutes=payload["minutes"],
            committee_ids=tuple(payload["committee_ids"]),
            source=payload["source"],
            posts=tuple(Post(post) for post in payload["posts"]),
        )
