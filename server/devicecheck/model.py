"""What a device check finds out, part by part, and when it is due. Pure; times are aware UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum

from server.domain.clock import SITE_ZONE
from server.scheduler.workdays import WorkdayTable, shifted

AT = time(16)
"""When a page that waits checks itself, in the site's zone, on the working day before a session."""
APART = timedelta(seconds=20)
"""Venues begin so far apart, in order of number: each has the line to itself."""
TOO_LATE = timedelta(minutes=15)
"""So shortly before a session nothing is checked by itself any more: the page is about to join."""


class Part(StrEnum):
    """What is looked at, in the order of the page."""

    NETWORK = "network"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    LOUDSPEAKER = "loudspeaker"
    MAIN = "main"


class Grade(StrEnum):
    """How good a part is: fit for a session, fit with something to mend, unfit."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


_WORSE = {Grade.OK: 0, Grade.WARN: 1, Grade.BAD: 2}


class Reason(StrEnum):
    """Why a check was run: somebody at the venue, the office, or the page by itself."""

    HAND = "hand"
    OFFICE = "office"
    TIMER = "timer"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part.

    ``code`` names its sentences in the catalogue, ``check.<part>.<code>`` and the line below it,
    ``check.<part>.<code>.note``; ``params`` fill them.
    """

    part: Part
    grade: Grade
    code: str
    params: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """One check of one venue; ``findings`` are in the order of ``Part``, missing ones not reached.

    ``mended`` are the parts that were found worse earlier in the same check.
    """

    id: int
    venue_id: int
    started_at: datetime
    reason: Reason
    findings: tuple[Finding, ...] = ()
    mended: frozenset[Part] = frozenset()

    @property
    def complete(self) -> bool:
        """Whether every part was looked at."""
        return len(self.findings) == len(Part)

    @property
    def worst(self) -> Finding | None:
        """The worst finding, the first of equal ones; None before there is any."""
        return max(self.findings, key=lambda f: _WORSE[f.grade], default=None)


def with_finding(check: DeviceCheck, finding: Finding) -> DeviceCheck:
    """Return the check with a part's finding entered; a later one replaces an earlier one."""
    found = {f.part: f for f in check.findings}
    before = found.get(finding.part)
    found[finding.part] = finding
    mended = check.mended
    if before is not None and _WORSE[before.grade] > _WORSE[finding.grade]:
        mended |= {finding.part}
    ordered = tuple(found[part] for part in Part if part in found)
    return DeviceCheck(check.id, check.venue_id, check.started_at, check.reason, ordered, mended)


def due_at(
    session_starts: datetime,
    *,
    number: int,
    last: datetime | None,
    now: datetime,
    table: WorkdayTable,
) -> datetime | None:
    """Return when a waiting page shall check itself before a session; None when it need not.

    On the working day before the session's at 16:00, venues one after another; a page that was not
    open then does so as soon as it is. A check from that day's noon on is good enough.

    Args:
        session_starts: the venue's next session.
        number: the venue's.
        last: when its last complete check began, None without one.
        now: the present.
        table: the working days.
    """
    day = shifted(table, session_starts.astimezone(SITE_ZONE).date(), -1)
    noon = datetime.combine(day, time(12), SITE_ZONE)
    if last is not None and last >= noon:
        return None
    due = max(datetime.combine(day, AT, SITE_ZONE) + number * APART, now)
    return due if due < session_starts - TOO_LATE else None
