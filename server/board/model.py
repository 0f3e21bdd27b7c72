"""What the board works with: the street's facts, the working plan, and what was fixed by hand.

The working plan (工作方案) is what the next version will be. Nobody is told of it before it is
published. Values only; cells are those of ``pinhui-sched/1``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from server.merging.instance.model import Cell, MergePlan
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import FiledRequest
from server.scheduler.overruns import Overrun
from server.scheduler.problem import MAIN_HALL, Situation

Places = Mapping[str, Cell]
"""Where requests are, by number; who waits or is in a digest is not in it."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database says.

    ``requests`` wait for a place, are placed in a session to come, or wait for their digest.
    ``exceptions`` are the calls above quotas that a leader has signed.
    """

    situation: Situation
    requests: tuple[FiledRequest, ...]
    exceptions: tuple[SignedException, ...] = ()

    @property
    def today(self) -> date:
        """The day at the site."""
        return self.situation.today


@dataclass(frozen=True, slots=True)
class Marks:
    """What was fixed by hand: pinned requests, frozen sessions, requests sent to the digest."""

    pins: Places = field(default_factory=dict)
    frozen: frozenset[Cell] = frozenset()
    digest: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Working:
    """A working plan as it is kept.

    ``base`` is where the database had each request when it was kept: what has changed there since
    overrules the plan.
    """

    plan: MergePlan
    marks: Marks = Marks()
    base: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A request that has lost its place, and the rule that took it (``reasons.RULES``)."""

    request: str
    rule: str


@dataclass(frozen=True, slots=True)
class Step:
    """A change that can be undone: its words' key, their values, and the plan before it.

    ``before`` is None when nothing had been changed then.
    """

    code: str
    params: Mapping[str, str | int]
    before: Working | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What the night found: a plan for one version of the working plan, and what it gains.

    ``gain`` has ``trips``, ``sessions``, ``placed`` and ``moved``.
    """

    version: int
    plan: MergePlan
    found_at: datetime
    gain: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Version:
    """A published plan: immutable, counted from 1. Texts are ``pinhui-sched/1``."""

    number: int
    at: datetime
    by: str
    instance: str
    plan: str
    before: str
    told: int
    totals: Mapping[str, Any]


def cell_of(day: date, half: str) -> Cell:
    """Return the cell of a half-day: the street has one main venue."""
    return Cell(day, half, MAIN_HALL)


def cell_key(cell: Cell) -> str:
    """Return the text of a cell, ``2026-11-25-AM``."""
    return f"{cell.date.isoformat()}-{cell.half}"


def parse_cell(text: str) -> Cell:
    """Return the cell of ``cell_key``.

    Raises:
        ValueError: when the text is none.
    """
    day, _, half = text.rpartition("-")
    return cell_of(date.fromisoformat(day), half)


def places_asked(asked: Iterable[Overrun]) -> dict[str, Cell]:
    """Return the half-days that a leader is asked for, by request."""
    return {one.number: cell_of(one.day, one.half) for one in asked}


def places_of(plan: MergePlan) -> dict[str, Cell]:
    """Return where a plan has its requests; standing meetings are not among them."""
    return {
        item.request: session.cell
        for session in plan.sessions
        for item in session.items
        if item.request != session.standing
    }
