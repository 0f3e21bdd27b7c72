"""Turns rows of sessions into values and back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.session import AgendaItem, Session, SessionState
from server.scheduler.tables import AgendaItemRow, RosterRow, SessionRow


async def _sessions(tx: Tx, rows: Sequence[SessionRow]) -> list[Session]:
    ids = [row.id for row in rows]
    items: dict[int, list[AgendaItem]] = defaultdict(list)
    agenda = select(AgendaItemRow).where(AgendaItemRow.session_id.in_(ids))
    for row in await tx.scalars(agenda.order_by(AgendaItemRow.session_id, AgendaItemRow.position)):
        items[row.session_id].append(
            AgendaItem(row.id, row.position, row.topic, row.department, row.minutes)
        )
    venues: dict[int, list[int]] = defaultdict(list)
    roster = select(RosterRow).where(RosterRow.session_id.in_(ids)).order_by(RosterRow.venue_id)
    for place in await tx.scalars(roster):
        venues[place.session_id].append(place.venue_id)
    return [
        Session(
            id=row.id,
            title=row.title,
            state=SessionState(row.state),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            hall=row.hall,
            items=tuple(items[row.id]),
            venue_ids=tuple(venues[row.id]),
        )
        for row in rows
    ]


async def load_session(tx: Tx, session_id: int) -> Session:
    """Return one session.

    Raises:
        NotFoundError: ``no_such_session``.
    """
    row = await tx.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError("no_such_session")
    return (await _sessions(tx, [row]))[0]


async def load_sessions(
    tx: Tx, *, states: Iterable[SessionState], since: datetime | None = None
) -> list[Session]:
    """Return the sessions in some states by start, if told only those that end after ``since``."""
    query = select(SessionRow).where(SessionRow.state.in_([str(s) for s in states]))
    if since is not None:
        query = query.where(SessionRow.ends_at > since)
    rows = (await tx.scalars(query.order_by(SessionRow.starts_at, SessionRow.id))).all()
    return await _sessions(tx, rows)


async def save_session(
    tx: Tx,
    *,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    hall: str,
    items: Iterable[tuple[str, str, int]],
    venue_ids: Iterable[int],
    state: SessionState = SessionState.SCHEDULED,
) -> int:
    """Enter a session and return its id.

    Args:
        tx: the transaction.
        title: what the session is called.
        starts_at: planned start, aware.
        ends_at: planned end, aware.
        hall: the hall of the main venue.
        items: (topic, department, minutes) in order.
        venue_ids: the roster.
        state: PROPOSED or SCHEDULED.
    """
    row = SessionRow(title=title, state=state, starts_at=starts_at, ends_at=ends_at, hall=hall)
    tx.add(row)
    await tx.flush()
    for position, (topic, department, minutes) in enumerate(items, 1):
        tx.add(
            AgendaItemRow(
                session_id=row.id,
                position=position,
                topic=topic,
                department=department,
                minutes=minutes,
            )
        )
    for venue_id in sorted(set(venue_ids)):
        tx.add(RosterRow(session_id=row.id, venue_id=venue_id))
    await tx.flush()
    return row.id


async def set_state(tx: Tx, session_id: int, state: SessionState, now: datetime) -> None:
    """Move a session on; opening and closing are stamped with the time."""
    row = await tx.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError("no_such_session")
    row.state = state
    if state is SessionState.OPEN:
        row.opened_at = now
    if state is SessionState.CLOSED:
        row.closed_at = now
    await tx.flush()


async def load_open_times(tx: Tx, session_id: int) -> tuple[datetime | None, datetime | None]:
    """Return when the session was really opened and closed; None for what has not happened."""
    row = await tx.get(SessionRow, session_id)
    return (row.opened_at, row.closed_at) if row else (None, None)
