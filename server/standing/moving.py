"""Where one occurrence of a standing meeting can be moved to, and what forbids it. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.domain.clock import SITE_ZONE
from server.domain.errors import DomainError
from server.domain.session import Session
from server.scheduler.filing import FARTHEST, HALVES
from server.scheduler.publishing import moment_of
from server.scheduler.workdays import WorkdayTable, is_working
from server.standing.model import LONGEST_HALL, Written
from server.standing.occurring import Cell, cell_of, cells_of

NEARBY = timedelta(days=7)
"""How long before and after its day free half-days are offered."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an occurrence is to be: ``day`` is None when it could not be read."""

    day: date | None
    half: str
    hall: str


def start_in(session: Session, cell: Cell) -> datetime:
    """Return when a session begins in a half-day: at its own time, or as the half-day begins.

    A meeting at 14:00 that goes to another afternoon begins at 14:00, in a morning at 9:00.
    """
    day, name = cell
    local = session.starts_at.astimezone(SITE_ZONE)
    if cell_of(session.starts_at)[1] == name:
        return moment_of(day, local.hour * 60 + local.minute)
    return moment_of(day, next(half.start for half in HALVES if half.name == name))


def faults_of_move(
    session: Session,
    spot: Spot,
    table: WorkdayTable,
    others: Collection[Session],
    now: datetime,
) -> dict[str, DomainError]:
    """Return what forbids a move, by the field of the form; empty when it can be.

    Args:
        session: the occurrence as it is.
        spot: where it is to be.
        table: the working days.
        others: every session scheduled or open, this one among them.
        now: the moment.
    """
    faults: dict[str, DomainError] = {}
    if len(spot.hall) > LONGEST_HALL:
        faults["hall"] = DomainError("standing_hall", most=LONGEST_HALL)
    if spot.day is None or spot.half not in {half.name for half in HALVES}:
        return {"day": DomainError("move_unread")} | faults
    fault = _fault_of_cell(session, (spot.day, spot.half), table, others, now)
    return faults if fault is None else {"day": fault} | faults


def _fault_of_cell(
    session: Session,
    cell: Cell,
    table: WorkdayTable,
    others: Collection[Session],
    now: datetime,
) -> DomainError | None:
    today = now.astimezone(SITE_ZONE).date()
    if cell[0] > today + FARTHEST:
        return DomainError("move_far", days=FARTHEST.days)
    if cell[0] < today or start_in(session, cell) <= now:
        return DomainError("move_past")
    if not is_working(table, cell[0]):
        return DomainError("move_day_off")
    taken = next((s for s in others if s.id != session.id and cell in cells_of(s)), None)
    return DomainError("move_taken", title=taken.title) if taken else None


def free_nearby(
    session: Session, table: WorkdayTable, others: Collection[Session], now: datetime
) -> list[tuple[Cell, datetime]]:
    """Return the free half-days around a session's own, and when it would begin, in order."""
    return [
        (cell, start_in(session, cell))
        for cell in _around(session)
        if _fault_of_cell(session, cell, table, others, now) is None
    ]


def _around(session: Session) -> Iterator[Cell]:
    own = cell_of(session.starts_at)
    for offset in range(-NEARBY.days, NEARBY.days + 1):
        for half in HALVES:
            cell = own[0] + timedelta(days=offset), half.name
            if cell != own:
                yield cell


def moved_words(session: Session, starts_at: datetime, hall: str) -> Written:
    """Return what a session becomes elsewhere: all its own as it was, but day and hall."""
    return Written(
        title=session.title,
        starts_at=starts_at,
        items=tuple((i.topic, i.department, i.minutes) for i in session.own_items),
        posts=session.posts,
        committee_ids=session.own_committee_ids,
        longest=session.longest or sum(item.minutes for item in session.items),
        hall=hall,
    )
