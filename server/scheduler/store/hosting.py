"""Rows of sessions that a series keeps: its own items, whom they call, its agenda closed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from server.db.engine import Tx
from server.domain.places import Post
from server.domain.session import Session, SessionState
from server.scheduler.filing import FiledRequest
from server.scheduler.store.requests import filed_of
from server.scheduler.store.sessions import save_session, sessions_of
from server.scheduler.tables import AgendaItemRow, MeetingRequestRow, RosterRow, SessionRow

_ASIDE = 1000
"""Positions that no agenda reaches: where items wait while an agenda is put in order."""


@dataclass(frozen=True, slots=True)
class HostWords:
    """What a series says of a session: ``items`` are (topic, department, minutes) in order.

    ``posts`` and ``committee_ids`` are whom they call, the latter empty for all; ``longest`` is the
    minutes with all guests, ``hall`` where it is held, empty for where it is held already.
    """

    title: str
    starts_at: datetime
    items: tuple[tuple[str, str, int], ...]
    posts: tuple[Post, ...]
    longest: int
    committee_ids: tuple[int, ...] = ()
    hall: str = ""

    @property
    def ends_at(self) -> datetime:
        """The end of its own items."""
        return self.starts_at + timedelta(minutes=sum(minutes for _, _, minutes in self.items))


async def save_hosted(tx: Tx, words: HostWords, *, venue_ids: Collection[int]) -> int:
    """Enter a scheduled session of a series and return its id."""
    session_id = await save_session(
        tx,
        title=words.title,
        starts_at=words.starts_at,
        ends_at=words.ends_at,
        hall=words.hall,
        items=words.items,
        venue_ids=venue_ids,
    )
    row = await tx.get_one(SessionRow, session_id)
    _enter_words(row, words)
    await tx.flush()
    return session_id


def _enter_words(row: SessionRow, words: HostWords) -> None:
    row.posts, row.longest = [str(post) for post in words.posts], words.longest
    row.committee_ids, row.hall = list(words.committee_ids), words.hall or row.hall


async def rewrite_hosted(
    tx: Tx, session_id: int, words: HostWords, *, venue_ids: Collection[int] | None
) -> None:
    """Let a session be what its series says now, scheduled and with an open agenda.

    Its guests stay behind its own items.

    Args:
        tx: the transaction.
        session_id: a session that has not begun.
        words: what it becomes.
        venue_ids: the new roster, None when that stays.
    """
    row = await tx.get_one(SessionRow, session_id, with_for_update=True)
    agenda = await _agenda(tx, session_id)
    for item in [item for item in agenda if item.request_id is None]:
        await tx.delete(item)
    guests = [item for item in agenda if item.request_id is not None]
    await _put_in_order(tx, guests, after=len(words.items))
    for position, (topic, department, minutes) in enumerate(words.items, 1):
        tx.add(
            AgendaItemRow(
                session_id=session_id,
                position=position,
                topic=topic,
                department=department,
                minutes=minutes,
            )
        )
    row.title, row.starts_at, row.state = words.title, words.starts_at, SessionState.SCHEDULED
    row.ends_at = words.ends_at + timedelta(minutes=sum(item.minutes for item in guests))
    row.fixed_at = None
    _enter_words(row, words)
    if venue_ids is not None:
        await _save_roster(tx, session_id, venue_ids)
    await tx.flush()


async def save_hall(tx: Tx, session_id: int, hall: str) -> None:
    """Enter that a session is held in another hall; all else of it stays."""
    row = await tx.get_one(SessionRow, session_id, with_for_update=True)
    row.hall = hall
    await tx.flush()


async def _agenda(tx: Tx, session_id: int) -> Sequence[AgendaItemRow]:
    query = select(AgendaItemRow).where(AgendaItemRow.session_id == session_id)
    return (await tx.scalars(query.order_by(AgendaItemRow.position))).all()


async def _put_in_order(tx: Tx, items: Sequence[AgendaItemRow], *, after: int = 0) -> None:
    """Give items the positions after a number; no two of them have the same one in between."""
    for offset, item in enumerate(items, 1):
        item.position = _ASIDE + offset
    await tx.flush()
    for offset, item in enumerate(items, 1):
        item.position = after + offset
    await tx.flush()


async def _save_roster(tx: Tx, session_id: int, venue_ids: Collection[int]) -> None:
    query = select(RosterRow).where(RosterRow.session_id == session_id)
    known = {row.venue_id: row for row in await tx.scalars(query)}
    for venue_id in sorted(set(known) - set(venue_ids)):
        await tx.delete(known[venue_id])
    tx.add_all(
        RosterRow(session_id=session_id, venue_id=v) for v in sorted(set(venue_ids) - set(known))
    )


async def fix_agenda(tx: Tx, session_id: int, item_ids: Sequence[int], at: datetime) -> None:
    """Put a session's items into this order, which nobody adds to any more."""
    row = await tx.get_one(SessionRow, session_id, with_for_update=True)
    items = {item.id: item for item in await _agenda(tx, session_id)}
    await _put_in_order(tx, [items[item_id] for item_id in item_ids])
    row.fixed_at = at
    await tx.flush()


async def load_some(tx: Tx, session_ids: Collection[int]) -> dict[int, Session]:
    """Return sessions by id, as they are in the database now."""
    query = select(SessionRow).where(SessionRow.id.in_(list(session_ids)))
    return {s.id: s for s in await sessions_of(tx, (await tx.scalars(query)).all())}


async def load_about(
    tx: Tx, departments: Mapping[int, str], session_ids: Collection[int]
) -> list[FiledRequest]:
    """Return the requests that are placed in some sessions or would like to be, by id.

    Args:
        tx: the transaction.
        departments: names of departments by id.
        session_ids: the sessions.
    """
    ids = list(session_ids)
    row = MeetingRequestRow
    query = select(row).where(or_(row.session_id.in_(ids), row.wish_id.in_(ids))).order_by(row.id)
    return [filed_of(r, departments.get(r.department_id, "")) for r in await tx.scalars(query)]
