"""What reports over many sessions are made of: a session that was held, and each venue's share.

All lengths are whole minutes, each rounded by itself, so that anyone can add up a printed column.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from server.domain.clock import SITE_ZONE
from server.domain.places import Post

OVERRUN_MINUTES = 5
"""An item that took so many minutes more than planned, or more, has overrun."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One agenda item (议题) of a session that was held.

    ``minutes`` is how long it really took, None when it was not called up. ``called`` counts the
    venues that it called. ``guest`` is what was merged (拼会) into the session by a request.
    """

    topic: str
    department: str
    planned: int
    minutes: int | None
    called: int
    guest: bool

    @property
    def has_overrun(self) -> bool:
        """Whether it took longer than planned by what is worth telling."""
        return self.minutes is not None and self.minutes - self.planned >= OVERRUN_MINUTES


class Share(NamedTuple):
    """One expected venue's share of a session; a year has 20,000 of them.

    Attributes:
        venue_id: the branch venue; ``number`` and ``name`` are those of that day.
        verdict: as in its attendance report, by name.
        minutes: how long it was in the session.
        spare: how long items ran that did not call it: it need not have been there.
        waited: how long of that it was there nevertheless.
        items: how many items called it; each would have been a meeting of its own.
        posts: who of its committee was called.
        heads: the highest head-count given, 0 for none.
        by_post: of each of ``posts`` the items that called it, and what was ``spare`` and
            ``waited`` for it; empty where all of that is the venue's.
    """

    venue_id: int
    number: int
    name: str
    verdict: str
    minutes: int
    spare: int
    waited: int
    items: int
    posts: tuple[Post, ...]
    heads: int
    by_post: tuple[tuple[int, int, int], ...] = ()

    @property
    def was_there(self) -> bool:
        """Whether it counts as present, be it late or leaving early."""
        return self.verdict in {"PRESENT", "LATE", "LEFT_EARLY"}


@dataclass(frozen=True, slots=True)
class Held:
    """A session that was held and is over; ``shares`` are in order of number.

    ``minutes`` is how long it lasted; ``items`` are in the order of the agenda.
    """

    session_id: int
    audit_number: str
    title: str
    starts_at: datetime
    minutes: int
    items: tuple[HeldItem, ...]
    shares: tuple[Share, ...]

    @property
    def day(self) -> date:
        """The day at the site."""
        return self.starts_at.astimezone(SITE_ZONE).date()

    @property
    def lead(self) -> str:
        """The department whose meeting it was: the first of the agenda; empty without one."""
        return self.items[0].department if self.items else ""
