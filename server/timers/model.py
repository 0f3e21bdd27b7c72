"""What a timed job is, which jobs are due, and who may run them. Pure.

A feature never stores its jobs: it tells from its own tables, at any moment, what is to be done
and when. Only that a job was done is stored, under its key.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from server.db.engine import Tx

LONGEST_KEY = 120
LEASE = timedelta(seconds=150)
"""How long a process that has gone silent keeps the timers from another; two looks and a half."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done once, from ``at`` on (定时任务).

    ``key`` names it for ever, e.g. ``digest:2026-W41``; at most 120 characters. ``run`` works in
    the transaction in which the job is noted as done, so that both happen or neither. A job whose
    ``until`` has passed is not done any more: last month's letter is no news.
    """

    key: str
    at: datetime
    run: Callable[[Tx], Awaitable[None]]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Nudge:
    """A call to a service from ``at`` on, as often as its source still names it.

    For work that cannot be part of one transaction. The service must see from its own tables
    that there is nothing left to do.
    """

    key: str
    at: datetime
    run: Callable[[], Awaitable[None]]


Timed: TypeAlias = Job | Nudge
Source: TypeAlias = Callable[[Tx, datetime], Awaitable[Sequence[Timed]]]
"""Tells from the tables what is to be done: given a reading transaction and the time now."""


def plan_timers(
    timed: Iterable[Timed], done: Collection[str], now: datetime
) -> tuple[list[Timed], datetime | None]:
    """Return what is due now, in order of time, and the next moment at which something will be.

    Args:
        timed: from all sources; of two with one key the first counts.
        done: keys of the jobs that were done already.
        now: a job at this very moment is due.
    """
    wanted: dict[str, Timed] = {}
    for job in timed:
        over = isinstance(job, Job) and (
            job.key in done or (job.until is not None and job.until <= now)
        )
        if not over:
            wanted.setdefault(job.key, job)
    due = sorted((j for j in wanted.values() if j.at <= now), key=lambda j: (j.at, j.key))
    return due, min((j.at for j in wanted.values() if j.at > now), default=None)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who runs the timers of this database, and until when unless it says so again."""

    holder: str
    until: datetime


def may_lead(lease: Lease, holder: str, now: datetime) -> bool:
    """Say whether ``holder`` may run the timers: nobody else does, or the other has gone silent.

    A lease that reaches further than any process would write it was written before the clock was
    set back, and binds nobody.
    """
    if lease.holder == holder:
        return True
    return not now < lease.until <= now + LEASE


def holds(lease: Lease, holder: str, now: datetime) -> bool:
    """Say whether the lease is this process's and has not run out."""
    return lease.holder == holder and now < lease.until <= now + LEASE
