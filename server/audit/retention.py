"""How long the bodies of events are kept, and which are due to be erased (保存期限). Pure.

An erased body leaves its event as a tombstone: digests, time and kind stay, and the chain holds.
What the street must account for in any case is in no group and is kept for ever; so is whatever
proves the log itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.events import EventKind

LEAST_SECURITY_DAYS = 183
"""Six months: what the law on network security asks for (网络安全法 第二十一条)."""
LEAST_ATTENDANCE_DAYS = 366
"""A year: what the figures of a year are made of must last until they are made."""


class Group(StrEnum):
    """Events that are kept equally long; the word on screen is ``retention.<group>``."""

    SECURITY = "security"
    ATTENDANCE = "attendance"


_GROUP_OF = {
    "login": Group.SECURITY,
    "venue": Group.ATTENDANCE,
    "observer": Group.ATTENDANCE,
    "session": Group.ATTENDANCE,
    "roll": Group.ATTENDANCE,
    "floor": Group.ATTENDANCE,
    "leave": Group.ATTENDANCE,
    "attendance": Group.ATTENDANCE,
    "correction": Group.ATTENDANCE,
    "prompt": Group.ATTENDANCE,
    "recording": Group.ATTENDANCE,
    "report": Group.ATTENDANCE,
    "video": Group.ATTENDANCE,
}
_KEPT = frozenset(
    {
        EventKind.SESSION_SEALED,
        EventKind.VENUE_LINK_ISSUED,
        EventKind.RECORDING_SEALED,
        EventKind.RECORDING_HELD,
        EventKind.RECORDING_RELEASED,
        EventKind.RECORDING_DELETED,
        *(kind for kind in EventKind if kind.startswith("video.")),
    }
    - {EventKind.VIDEO_WATCHED}
)
"""Kinds of a group's family that are never erased."""
_ENDS = frozenset({EventKind.SESSION_CLOSED, EventKind.SESSION_CANCELLED})
"""What a session has ended with."""
_ALONE = frozenset(
    {
        EventKind.REPORT_VIEWED,
        EventKind.REPORT_DOWNLOADED,
        EventKind.RECORDING_DOWNLOADED,
        EventKind.VIDEO_WATCHED,
    }
)
"""Kinds that no report is folded from: who looks at a session does not prolong its keeping."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Days that bodies are kept, by group; 0 means for ever."""

    security_days: int = 183
    attendance_days: int = 1827

    def days_of(self, group: Group) -> int:
        """Return how many days the bodies of a group are kept."""
        return self.security_days if group is Group.SECURITY else self.attendance_days

    def limit_of(self, group: Group, now: datetime) -> datetime | None:
        """Return the moment before which bodies of a group are due; None when they never are."""
        days = self.days_of(group)
        return now - timedelta(days=days) if days else None


def check_policy(policy: Policy) -> Policy:
    """Return the policy.

    Raises:
        ValueError: when security logs would be kept for less than six months, or attendance for
            less than a year.
    """
    if 0 < policy.security_days < LEAST_SECURITY_DAYS:
        raise ValueError(f"keep_security_days cannot be less than {LEAST_SECURITY_DAYS}")
    if 0 < policy.attendance_days < LEAST_ATTENDANCE_DAYS:
        raise ValueError(f"keep_attendance_days cannot be less than {LEAST_ATTENDANCE_DAYS}")
    if min(policy.security_days, policy.attendance_days) < 0:
        raise ValueError("days cannot be negative")
    return policy


def kinds_of(group: Group) -> tuple[str, ...]:
    """Return the kinds of a group, in their order."""
    return tuple(
        str(kind)
        for kind in EventKind
        if _GROUP_OF.get(kind.partition(".")[0]) is group and kind not in _KEPT
    )


@dataclass(frozen=True, slots=True)
class Old:
    """Which events are old: of ``kinds``, before ``limit``.

    With ``ends``, what belongs to a session is old only as a whole: when the session has one of
    these kinds, and nothing of it came since the limit; ``alone`` are kinds that are old by
    themselves. A leave is older than its session: without it, an excused venue would be absent.
    ``never_held`` are sessions that never came about and need no end.
    """

    limit: datetime
    kinds: tuple[str, ...]
    ends: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()
    never_held: frozenset[int] = frozenset()


def old_of(
    group: Group, policy: Policy, now: datetime, never_held: Iterable[int] = ()
) -> Old | None:
    """Return which events of a group are old; None when it is kept for ever.

    Args:
        group: the group.
        policy: the policy in force.
        now: the time.
        never_held: the sessions planned for before the group's limit that were never opened.
    """
    limit = policy.limit_of(group, now)
    if limit is None:
        return None
    if group is Group.SECURITY:
        return Old(limit, kinds_of(group))
    return Old(
        limit,
        kinds_of(group),
        frozenset(map(str, _ENDS)),
        frozenset(map(str, _ALONE)),
        frozenset(never_held),
    )


@dataclass(frozen=True, slots=True)
class Counted:
    """How much is due in one group, by kind, and the limit; None when it is kept for ever."""

    group: Group
    days: int
    limit: datetime | None
    kinds: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many bodies are due."""
        return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Due:
    """What is due in one group: sequences, the kinds with their counts, and the limit.

    ``limit`` is None when the group is kept for ever. Openings of sessions come first, the rest in
    order: a session without its opening has no report, so that an erasure which is broken off
    leaves none that is wrong.
    """

    group: Group
    days: int
    limit: datetime | None
    sequences: tuple[int, ...]
    kinds: Mapping[str, int]


def due_of(group: Group, policy: Policy, now: datetime, found: Iterable[tuple[int, str]]) -> Due:
    """Return what is due in a group.

    Args:
        group: the group.
        policy: the policy in force.
        now: the time.
        found: sequence and kind of its old events that still have bodies, in order.
    """
    openings, others, kinds = list[int](), list[int](), dict[str, int]()
    for sequence, kind in found:
        (openings if kind == EventKind.SESSION_OPENED else others).append(sequence)
        kinds[kind] = kinds.get(kind, 0) + 1
    limit = policy.limit_of(group, now)
    return Due(group, policy.days_of(group), limit, (*openings, *others), kinds)
