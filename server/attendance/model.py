"""What attendance is made of: connections, presence, gaps, verdicts and their corrections."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.opening import Expected, ExpectedPerson, Opening
from server.domain.places import Post
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
    """Why an absence is excused.

    A leave (请假) was granted, service was out, the line was lost, no item that calls ever began.
    """

    LEAVE = "LEAVE"
    OUTAGE = "OUTAGE"
    LINE = "LINE"
    NOT_REACHED = "NOT_REACHED"


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
    """A leave (请假) that was granted: why, and by whom, by name; empty in logs of before."""

    reason: str
    granted_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SignIn:
    """A named sign-in (签到) that was not withdrawn; ``way`` is ``phone`` or ``screen``."""

    venue_id: int
    person_id: int
    name: str
    post: Post
    at: datetime
    way: str


class CorrectionState(StrEnum):
    """Where a correction stands: nobody confirms his own."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Comment:
    """A word of either side on a correction, within the hours that the rules give."""

    at: datetime
    actor: str
    by: str
    words: str


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction: appended later, with its reason; what it replaces is kept.

    Attributes:
        sequence: of the event that asked for it, by which it is known; of the correction itself
            where none asked.
        at: when it was asked for.
        actor: who asked for it, by actor and, in ``by``, by name.
        venue: whose line it corrects.
        field: ``head_count`` or ``verdict``.
        person: whose verdict it corrects; None for the venue's own line.
        before: the text of what it replaces, or would; ``""`` for a head-count never given.
        after: the text of what it says.
        reason: why.
        state: only a ``CONFIRMED`` one changes the report.
        decided_by: the name of who confirmed or refused it, ``""`` while it waits.
        decided_at: when; None while it waits.
        comments: of both sides, in order.
    """

    sequence: int
    at: datetime
    actor: str
    venue: Expected
    field: str
    before: str
    after: str
    reason: str
    by: str = ""
    state: CorrectionState = CorrectionState.CONFIRMED
    decided_by: str = ""
    decided_at: datetime | None = None
    comments: tuple[Comment, ...] = ()
    person: ExpectedPerson | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether it changes the report."""
        return self.state is CorrectionState.CONFIRMED


@dataclass(frozen=True, slots=True)
class Judged:
    """What follows from a venue's connections within one frame: a session, or an item of it.

    ``presence`` is disjoint and in order; ``late_by`` and ``early_by`` are free of outages and lost
    lines; ``came_back`` is False when its line was lost and never came back while it was due.
    """

    presence: tuple[Span, ...]
    gaps: tuple[Gap, ...]
    late_by: timedelta
    early_by: timedelta
    came_back: bool
    verdict: Verdict
    excuse: Excuse | None


@dataclass(frozen=True, slots=True)
class PersonAttendance:
    """What is known of one person (个人出席): expected by name, or signed in unasked.

    Attributes:
        person: by name and post of that day.
        called: whether an item calls this person; ``verdict`` is None for others.
        verdict: None also where the venue used no named sign-in: then nothing is known.
        excuse: why an ``EXCUSED`` is excused.
        signed_at: when the person signed in; None if not.
        late_by: how late, outages and the venue's broken line taken off.
        early_by: how early the venue left, and the person with it.
        leave: the leave granted to the person or the venue, if any.
        watched: how much of the recording the person watched later (补看); changes no verdict.
    """

    person: ExpectedPerson
    called: bool
    verdict: Verdict | None
    excuse: Excuse | None
    signed_at: datetime | None
    late_by: timedelta
    early_by: timedelta
    leave: LeaveNote | None
    watched: timedelta = timedelta()

    @property
    def was_there(self) -> bool:
        """Whether the person counts as present, be it late or leaving early."""
        return self.verdict in THERE


THERE = frozenset({Verdict.PRESENT, Verdict.LATE, Verdict.LEFT_EARLY})
"""Verdicts of who counts as present (实到)."""


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
        prompts: the "we are here" prompts that reached it, and how many of those it answered.
        signed_in: how many people signed in by name.
        watched: how much of the recording was watched there later (补看); changes no verdict.
        excuse: why an ``EXCUSED`` is excused.
        leave: the leave granted, if any.
        came_back: False when its line was lost and never came back while it was due.
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
    prompts: tuple[int, int] = (0, 0)
    signed_in: int = 0
    watched: timedelta = timedelta()

    @property
    def was_there(self) -> bool:
        """Whether it counts as present (实到), be it late or leaving early."""
        return self.verdict in THERE

    def gaps_by(self, cause: Cause) -> list[Span]:
        """Return the gaps of one cause."""
        return [gap.span for gap in self.gaps if gap.cause is cause]


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One venue at one item that calls it; ``in_item`` is the sum of its presence in it."""

    venue: Expected
    verdict: Verdict
    excuse: Excuse | None
    in_item: timedelta
    late_by: timedelta
    early_by: timedelta


@dataclass(frozen=True, slots=True)
class ItemAttendance:
    """One agenda item (议题): planned and real time, and who of those it calls was there.

    ``actual`` is None while it has not begun: then there are no ``lines``. ``called`` counts the
    venues it calls. ``people_called`` are the people it calls at venues that used named sign-in,
    ``people_there`` those of them who were there.
    """

    item: AgendaItem
    planned: Span
    actual: Span | None
    called: int
    lines: tuple[ItemLine, ...]
    people_called: int
    people_there: int

    def count(self, verdict: Verdict) -> int:
        """Return how many lines have a verdict."""
        return sum(line.verdict is verdict for line in self.lines)

    @property
    def there(self) -> int:
        """How many venues were there, be it late or leaving early; the denominator is called."""
        return sum(line.verdict in THERE for line in self.lines)


@dataclass(frozen=True, slots=True)
class Attendance:
    """The attendance of one session, folded from its events.

    ``frame`` is what presence is measured against: from the planned start, or the opening if that
    was later, to the closing, or the moment asked for while the session is open. ``events`` counts
    the session's own events that were folded, ``first_sequence`` and ``last_sequence`` are the ends
    of them; looking at a report is an event too, but not one of these. ``corrections`` are all that
    were asked for, in order; only confirmed ones changed a line. ``people`` are who was called by
    name, in order of the roster, and after them who signed in unasked.
    """

    opening: Opening
    opened_at: datetime
    closed_at: datetime | None
    frame: Span
    venues: tuple[VenueAttendance, ...]
    items: tuple[ItemAttendance, ...]
    outages: tuple[Span, ...]
    corrections: tuple[Correction, ...]
    people: tuple[PersonAttendance, ...]
    events: int
    first_sequence: int
    last_sequence: int
