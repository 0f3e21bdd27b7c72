"""What the merging rules speak of: an instance (who asks, where, when) and a plan (who goes where).

Values only. The file format is in ``formats``, the hard rules in ``rules``, the price in
``objective``. Times of day are minutes since midnight at the site; dates are the site's dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Priority(IntEnum):
    """How pressing a meeting request is; the smaller, the more."""

    URGENT = 1
    HIGH = 2
    NORMAL = 3


class Mode(StrEnum):
    """How a request wants to be held: people in a room, by video, or either."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    EITHER = "either"


class HallKind(StrEnum):
    """Whether people travel to the hall or sit in their branch venues."""

    ROOM = "room"
    VIDEO = "video"


class Overflow(StrEnum):
    """What happens above a quota: refused, or priced and put before a leader."""

    REJECT = "reject"
    ESCALATE = "escalate"


class Cell(NamedTuple):
    """Where one session may be: a working day, a half-day name such as ``AM``, a hall's id."""

    date: date
    half: str
    hall: str


@dataclass(frozen=True, slots=True)
class Half:
    """A half-day: its name and the minutes of day ``[start, end]`` a session must lie in."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """A working day of the horizon with its ISO week (``2026-W45``) and month (``2026-11``)."""

    date: date
    week: str
    month: str
    weekday: int
    makeup: bool


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is called: some committees, or all when ``committees`` is None, and their roles."""

    committees: tuple[str, ...] | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CalledCommittee:
    """A committee (居委会) as the instance knows it; ``unit`` is its street."""

    id: str
    unit: str
    name: str


@dataclass(frozen=True, slots=True)
class CallingDepartment:
    """A department (科室); an ``exempt`` one may call people without the leader's approval."""

    id: str
    name: str
    unit: str
    exempt: bool


@dataclass(frozen=True, slots=True)
class Hall:
    """A bookable place of the street office (会议室) that holds ``capacity`` people."""

    id: str
    unit: str
    kind: HallKind
    capacity: int
    name: str


@dataclass(frozen=True, slots=True)
class StandingMeeting:
    """A recurring meeting (固定例会) that others may share; it keeps its cell and speaks first.

    ``own_minutes`` is its own part, ``max_minutes`` the whole session with its guests.
    """

    id: str
    title: str
    department: str
    unit: str
    cell: Cell
    start: int
    own_minutes: int
    max_minutes: int
    audience: Audience


@dataclass(frozen=True, slots=True)
class Block:
    """A half-day on which a committee's people cannot come; empty ``roles`` means all of them."""

    committee: str
    date: date
    half: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quota:
    """How often people may be called (限额); None or a role not named is without limit.

    ``counts`` are the roles whose being called uses a committee's quota. ``used`` is what was
    spent before, keyed ``C001|2026-W45`` (committee) or ``C001|director|2026-W45`` (role).
    """

    committee_week: int | None
    committee_month: int | None
    role_week: Mapping[str, int]
    role_month: Mapping[str, int]
    counts: tuple[str, ...]
    soft_week_target: int | None
    overflow: Overflow
    used: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preference:
    """Weekdays (1 = Monday) and half-days a request would like; an empty one is no wish."""

    weekdays: tuple[int, ...] = ()
    halves: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """The part of a cell that an official has fixed; None leaves that part open."""

    day: date | None = None
    half: str | None = None
    hall: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """Where a published plan had the request; a ``frozen`` one may not move."""

    cell: Cell
    frozen: bool


@dataclass(frozen=True, slots=True)
class MeetingRequest:
    """What a department asks for (会议申请).

    ``earliest`` and ``deadline`` are both inside the window. ``time_window`` is the clock window
    ``(from, to)`` in minutes of day. ``read_only`` ones go to the weekly digest.
    """

    id: str
    department: str
    unit: str
    topic: str
    minutes: int
    audience: Audience
    earliest: date
    deadline: date
    filed: date
    priority: Priority
    mode: Mode
    read_only: bool
    approved: bool
    prefer: Preference = Preference()
    time_window: tuple[int, int] | None = None
    must: bool = False
    pin: Pin | None = None
    published: Published | None = None

    @property
    def mandatory(self) -> bool:
        """Whether the request may not be left out: it is a must, pinned, or frozen."""
        frozen = self.published is not None and self.published.frozen
        return self.must or self.pin is not None or frozen


@dataclass(frozen=True, slots=True)
class Weights:
    """The price of each term, in points; ``unscheduled`` and ``delay`` are by priority 1, 2, 3."""

    unscheduled: tuple[int, int, int] = (10_000, 5_000, 3_000)
    over_quota: int = 4_000
    trip_room: int = 1_000
    trip_video: int = 700
    person: int = 100
    session: int = 500
    pref: int = 200
    soft_target: int = 150
    dept_fair: int = 1_500
    delay: tuple[int, int, int] = (100, 20, 5)
    move_per_committee: int = 200
    waste_minute: int = 1


@dataclass(frozen=True, slots=True)
class Instance:
    """One merging problem. Tuples keep the file's order; ``days`` ascend.

    ``meta`` is carried and never read: JSON text of an object.
    """

    name: str
    days: tuple[WorkingDay, ...]
    digest_days: tuple[date, ...]
    halves: tuple[Half, ...]
    granularity: int
    max_session: int
    max_items: int
    roles: tuple[str, ...]
    committees: tuple[CalledCommittee, ...]
    departments: tuple[CallingDepartment, ...]
    halls: tuple[Hall, ...]
    standing: tuple[StandingMeeting, ...]
    blocked: tuple[Block, ...]
    quota: Quota
    requests: tuple[MeetingRequest, ...]
    weights: Weights = Weights()
    meta: str = "{}"


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """An agenda item (议题) of a planned session: a request's or standing meeting's id."""

    request: str
    start: int
    minutes: int


@dataclass(frozen=True, slots=True)
class PlannedSession:
    """A session (会议) of a plan; ``standing`` is the id of the meeting whose ride it is."""

    id: str
    standing: str | None
    cell: Cell
    start: int
    items: tuple[PlannedItem, ...]


@dataclass(frozen=True, slots=True)
class DigestDay:
    """The requests that the weekly digest (每周工作提示) of that day carries."""

    date: date
    requests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A request without a place: the rules that kept it out, and the next step, as codes."""

    request: str
    reason: str
    action: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request is where it is: the catalogue's key and the sentence's values.

    ``details`` are further sentences, the weightiest first; ``action`` is the key of the next
    step, empty when nothing is to be done.
    """

    request: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    details: tuple["Reason", ...] = ()
    action: str = ""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """A plan (拼会方案): every request of the instance is in exactly one of the three lists."""

    instance: str
    sessions: tuple[PlannedSession, ...]
    digest: tuple[DigestDay, ...]
    left_out: tuple[LeftOut, ...]
    reasons: tuple[Reason, ...] = ()
    bound: int | None = None
    stats: str = "{}"


@dataclass(frozen=True, slots=True)
class Infeasible:
    """The answer that no plan exists: the names of rules that cannot all hold, sorted."""

    conflict: tuple[str, ...]
