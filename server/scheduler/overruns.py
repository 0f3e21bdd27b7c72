"""Calls above quotas that a leader is asked to sign as a list (超限审批). Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from server.domain.errors import DomainError
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import request_number


class OverrunState(StrEnum):
    """Where a list of calls above quotas stands."""

    PENDING = "PENDING"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class OverrunLine:
    """One quota that would be exceeded: ``used`` counts the new call, of ``limit``.

    ``role`` is the post whose quota it is, empty for the committee's own; ``period`` its ISO week
    or month, empty where that was not kept.
    """

    committee_id: int
    used: int
    limit: int
    role: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Overrun:
    """What a leader is asked (超限审批): a request, its half-day, and whose quotas it breaks."""

    id: int
    request_id: int
    state: OverrunState
    day: date
    half: str
    lines: tuple[OverrunLine, ...]
    why: str
    made_at: datetime

    @property
    def number(self) -> str:
        """The request's number, such as ``R007``."""
        return request_number(self.request_id)

    @property
    def cell(self) -> tuple[date, str]:
        """The day and the half-day that are asked for."""
        return self.day, self.half

    @property
    def committees(self) -> dict[int, list[OverrunLine]]:
        """The quotas that would be exceeded, by committee, in their order."""
        found: dict[int, list[OverrunLine]] = {}
        for line in self.lines:
            found.setdefault(line.committee_id, []).append(line)
        return found


def left_after_striking(
    audience: Iterable[int], lines: Iterable[OverrunLine], agreed: Iterable[int]
) -> tuple[int, ...]:
    """Return the committees that are called once those are struck that were not agreed to.

    Raises:
        DomainError: ``overrun_nobody`` when nobody is left.
    """
    struck = {line.committee_id for line in lines} - set(agreed)
    left = tuple(c for c in audience if c not in struck)
    if not left:
        raise DomainError("overrun_nobody")
    return left


def still_asked(overruns: Iterable[Overrun], waiting: Iterable[int], today: date) -> list[Overrun]:
    """Return those on which a leader can still say something.

    What has found another place since, or whose day has come, asks for nothing any more.

    Args:
        overruns: what nobody has decided on.
        waiting: the ids of the requests without a place.
        today: at the site.
    """
    open_ = set(waiting)
    return [one for one in overruns if one.request_id in open_ and one.day > today]


def signed_for(overrun: Overrun, agreed: Collection[int], *, by: str) -> list[SignedException]:
    """Return what a leader signs with a list: its lines but for those who were struck.

    Lines of which the period was not kept say too little and are left out.
    """
    return [
        SignedException(
            request=request_number(overrun.request_id),
            date=overrun.day,
            half=overrun.half,
            committee=f"C{line.committee_id}",
            role=line.role,
            period=line.period,
            used=line.used,
            limit=line.limit,
            by=by,
        )
        for line in overrun.lines
        if line.committee_id in agreed and line.period
    ]
