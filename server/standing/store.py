"""Turns rows of standing meetings and their occurrences into values and back."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.session import Session
from server.scheduler.store import hosting
from server.standing.model import (
    Cancelled,
    Occurrence,
    Plan,
    SeriesState,
    StandingMeeting,
    Written,
    facts_of,
    plan_of,
)
from server.standing.tables import OccurrenceRow, StandingMeetingRow


def _meeting(row: StandingMeetingRow) -> StandingMeeting:
    return StandingMeeting(row.id, plan_of(row.plan), SeriesState(row.state), row.version)


async def save_meeting(tx: Tx, plan: Plan, made_at: datetime) -> int:
    """Enter a standing meeting and return its id."""
    row = StandingMeetingRow(
        state=SeriesState.ACTIVE, plan=facts_of(plan), made_at=made_at, version=1
    )
    tx.add(row)
    await tx.flush()
    return row.id


async def update_meeting(tx: Tx, meeting: StandingMeeting) -> None:
    """Enter a standing meeting as it is now; its version grows by one."""
    row = await tx.get_one(StandingMeetingRow, meeting.id)
    row.state, row.plan = meeting.state, facts_of(meeting.plan)
    row.version += 1
    await tx.flush()


async def load_meetings(tx: Tx) -> list[StandingMeeting]:
    """Return every standing meeting, also those that have ended, in the order of their making."""
    rows = await tx.scalars(select(StandingMeetingRow).order_by(StandingMeetingRow.id))
    return [_meeting(row) for row in rows]


async def load_meeting(tx: Tx, meeting_id: int) -> StandingMeeting:
    """Return one standing meeting.

    Raises:
        NotFoundError: ``no_such_standing``.
    """
    row = await tx.get(StandingMeetingRow, meeting_id)
    if row is None:
        raise NotFoundError("no_such_standing")
    return _meeting(row)


async def lock_meeting(tx: Tx, meeting_id: int) -> StandingMeeting:
    """Return one standing meeting, which nobody else touches until the transaction ends.

    Its occurrences and their agendas are held with it.

    Raises:
        NotFoundError: ``no_such_standing``.
    """
    row = await tx.get(StandingMeetingRow, meeting_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError("no_such_standing")
    return _meeting(row)


async def load_occurrences(
    tx: Tx, *, meeting_id: int | None = None, session_ids: Collection[int] | None = None
) -> list[Occurrence]:
    """Return occurrences with their sessions, by start.

    Args:
        tx: the transaction.
        meeting_id: only those of one series.
        session_ids: only those whose session is one of these.
    """
    query = select(OccurrenceRow)
    if meeting_id is not None:
        query = query.where(OccurrenceRow.meeting_id == meeting_id)
    if session_ids is not None:
        query = query.where(OccurrenceRow.session_id.in_(list(session_ids)))
    rows = (await tx.scalars(query)).all()
    sessions = await hosting.load_some(tx, [row.session_id for row in rows])
    found = [_occurrence(row, sessions[row.session_id]) for row in rows]
    return sorted(found, key=lambda o: (o.session.starts_at, o.session.id))


def _occurrence(row: OccurrenceRow, session: Session) -> Occurrence:
    written = Written.from_payload(row.written)
    return Occurrence(
        meeting_id=row.meeting_id,
        key=row.key,
        session=session,
        # one that was written before halls were kept has the hall that it has
        written=written if written.hall else replace(written, hall=session.hall),
        cancelled=Cancelled(row.cancelled),
    )


async def load_occurrence(tx: Tx, session_id: int) -> Occurrence:
    """Return the occurrence whose session it is.

    Raises:
        NotFoundError: ``no_such_call``.
    """
    found = await load_occurrences(tx, session_ids=[session_id])
    if not found:
        raise NotFoundError("no_such_call")
    return found[0]


async def save_occurrence(
    tx: Tx, meeting_id: int, key: str, session_id: int, written: Written
) -> None:
    """Enter a new occurrence; the key of a series is there once."""
    row = OccurrenceRow(
        meeting_id=meeting_id,
        key=key,
        session_id=session_id,
        written=written.to_payload(),
        cancelled="",
    )
    tx.add(row)
    await tx.flush()


async def mark_occurrence(
    tx: Tx, occurrence: Occurrence, cancelled: Cancelled, written: Written | None = None
) -> None:
    """Enter that an occurrence was called off or takes place, and what the series wrote."""
    row = await tx.get_one(OccurrenceRow, (occurrence.meeting_id, occurrence.key))
    row.cancelled = cancelled
    if written is not None:
        row.written = written.to_payload()
    await tx.flush()
