"""Turns rows of past meetings into values and back."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import select

from server.baseline.model import Key, PastMeeting
from server.baseline.tables import PastMeetingRow
from server.db.engine import Tx
from server.domain.places import Post


async def load_past_meetings(
    tx: Tx, *, first: date | None = None, last: date | None = None
) -> list[PastMeeting]:
    """Return the past meetings by day, department and title.

    Args:
        tx: the transaction.
        first: no earlier ones than of this day; None for all.
        last: no later ones than of this day; None for all.
    """
    query = select(PastMeetingRow)
    if first is not None:
        query = query.where(PastMeetingRow.day >= first)
    if last is not None:
        query = query.where(PastMeetingRow.day <= last)
    return sorted((_meeting(row) for row in await tx.scalars(query)), key=lambda m: m.key)


def _meeting(row: PastMeetingRow) -> PastMeeting:
    return PastMeeting(
        day=row.day,
        title=row.title,
        department=row.department,
        minutes=row.minutes,
        committee_ids=tuple(row.committee_ids),
        source=row.source,
        posts=tuple(Post(post) for post in row.posts),
    )


async def _rows(tx: Tx, keys: Iterable[Key]) -> dict[Key, PastMeetingRow]:
    wanted = set(keys)
    if not wanted:
        return {}
    days = [day for day, _, _ in wanted]
    near = select(PastMeetingRow).where(PastMeetingRow.day.between(min(days), max(days)))
    rows = {(row.day, row.department, row.title): row for row in await tx.scalars(near)}
    return {key: row for key, row in rows.items() if key in wanted}


async def save_past_meetings(tx: Tx, meetings: Iterable[PastMeeting]) -> None:
    """Enter meetings; one that is known by its key takes the new figures."""
    wanted = {meeting.key: meeting for meeting in meetings}
    rows = await _rows(tx, wanted)
    for key, meeting in wanted.items():
        row = rows.get(key)
        if row is None:
            row = PastMeetingRow(
                day=meeting.day, title=meeting.title, department=meeting.department
            )
            tx.add(row)
        row.minutes, row.source = meeting.minutes, meeting.source
        row.committee_ids = list(meeting.committee_ids)
        row.posts = [str(post) for post in meeting.posts]
    await tx.flush()


async def remove_past_meetings(tx: Tx, keys: Iterable[Key]) -> None:
    """Take meetings out again; the log still tells of them."""
    for row in (await _rows(tx, keys)).values():
        await tx.delete(row)
    await tx.flush()
