"""What attendance is made of: connections, presence, gaps, verdicts and their corrections."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.opening import Expected, Opening
from server.domain.session import AgendaItem
from server.domain.timespan import Span


class Verdict(StrEnum):
    """The attendance (出席) of one venue; never shown without its facts."""

    PRESENT = "PRESENT"
    LATE = "LATE"
    LEFT_EARLY = "LEFT_EARLY"
    EXCUSED = "EXCUSED"
    ABSENT = "ABSENT"


class Excuse(StrEnum):
    """Why an absence is excused: a leave (请假) was granted, service was out, the line was lost."""

    LEAVE = "LEAVE"
    OUTAGE = "OUTAGE"
    LINE = "LINE"


class Cause(StrEnum):
    """Why a venue was not there for a while.

    ``OUTAGE`` 系统中断 is ours, ``LINE`` 断线 the network's, ``AWAY`` 离开 the venue's own doing.
    """

    OUTAGE = "OUTAGE"
    LINE = "LINE"
    AWAY = "AWAY"


class Ending(StrEnum):
    """How a connection ended; ``STANDING``: with the session, or not yet."""

    LEFT = "LEFT"
    LOST = "LOST"
    STANDING = "STANDING"


@dataclass(frozen=True, slots=True)
class Connection:
    """One media connection of a venue, from its event to its last authenticated packet."""

    span: Span
    ending: Ending


@dataclass(frozen=True, slots=True)
class Gap:
    """A span of the session in which a venue that belongs there was not connected."""

    span: Span
    cause: Cause


@dataclass(frozen=True, slots=True)
class LeaveNote:
    """A leave (请假) that was granted: why, and by whom."""

    reason: str
    granted_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction: appended later, with its reason; what it replaces is kept.

    ``field`` is ``head_count`` or ``verdict``; ``before`` and ``after`` are their texts, ``""`` for
    a head-count that was never given.
    """

    sequence: int
    at: datetime
    actor: str
    venue: Expected
    field: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class VenueAttendance:
    """One line of the report: what is known of one expected venue.

    Attributes:
        expected: the venue as it stood on the roster.
        verdict: what follows from the facts, or the last correction of it.
        presence: presence (在会时段) inside the session, disjoint, in order.
        waiting: when it was connected before the session, disjoint, in order; counts for nothing.
        gaps: when it was missing between joining and the end, and why, in order.
        first_join: when it first connected, which may be before the session; None if never.
        last_leave: when its last connection ended; None if never, or while it stands.
        in_session: the sum of presence (在会时长).
        late_by: how late it came, outages taken off.
        early_by: how early it left of its own doing, outages taken off.
        head_count: the last head-count (到会人数) given, or corrected; None if none.
        head_count_max: the highest; None if none.
        answered_at: its answers to roll calls (点名), in order.
        excuse: why an ``EXCUSED`` is excused.
        leave: the leave granted, if any.
        came_back: False when its line was lost and never came back.
    """

    expected: Expected
    verdict: Verdict
    presence: tuple[Span, ...]
    waiting: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    first_join: datetime | None
    last_leave: datetime | None
    in_session: timedelta
    late_by: timedelta
    early_by: timedelta
    head_count: int | None
    head_count_max: int | None
    answered_at: tuple[datetime, ...]
    excuse: Excuse | None
    leave: LeaveNote | None
    came_back: bool

    @property
    def was_there(self) -> bool:
        """Whether it counts as present (实到), be it late or leaving early."""
        return self.verdict in {Verdict.PRESENT, Verdict.LATE, Verdict.LEFT_EARLY}

    def gaps_by(self, cause: Cause) -> list[Span]:
        """Return the gaps of one cause."""
        return [gap.span for gap in self.gaps if gap.cause is cause]


@dataclass(frozen=True, slots=True)
class ItemAttendance:
    """One agenda item (议题): planned and real time, and how many expected venues saw any of it.

    ``actual`` is None while it has not begun, ``venues`` then 0.
    """

    item: AgendaItem
    planned: Span
    actual: Span | None
    venues: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """The attendance of one session, folded from its events.

    ``frame`` is what presence is measured against: from the planned start, or the opening if that
    was later, to the closing, or the moment asked for while the session is open. ``events`` counts
    the session's own events that were folded, ``first_sequence`` and ``last_sequence`` are the ends
    of them; looking at a report is an event too, but not one of these.
    """

    opening: Opening
    opened_at: datetime
    closed_at: datetime | None
    frame: Span
    venues: tuple[VenueAttendance, ...]
    items: tuple[ItemAttendance, ...]
    outages: tuple[Span, ...]
    corrections: tuple[Correction, ...]
    events: int
    first_sequence: int
    last_sequence: int
