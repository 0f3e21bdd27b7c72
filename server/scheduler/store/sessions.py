"""Turns rows of sessions, their agendas and rosters into values and back."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select, update

from server.db.engine import Tx
from server.domain.errors import NotFoundError
from server.domain.places import Post
from server.domain.session import AgendaItem, Session, SessionState
from server.scheduler.audiences import Calling
from server.scheduler.filing import Approval, RequestState
from server.scheduler.states import Step, after_step
from server.scheduler.tables import (
    AgendaItemRow,
    MeetingRequestRow,
    RosterRow,
    SessionRow,
)


async def sessions_of(tx: Tx, rows: Sequence[SessionRow]) -> list[Session]:
    """Return sessions with their agenda and roster, in the order of their rows."""
    ids = [row.id for row in rows]
    items: dict[int, list[AgendaItem]] = defaultdict(list)
    agenda = select(AgendaItemRow).where(AgendaItemRow.session_id.in_(ids))
    for row in await tx.scalars(agenda.order_by(AgendaItemRow.session_id, AgendaItemRow.position)):
        items[row.session_id].append(
            AgendaItem(
                id=row.id,
                position=row.position,
                topic=row.topic,
                department=row.department,
                minutes=row.minutes,
                request_id=row.request_id,
            )
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
            posts=tuple(Post(post) for post in row.posts),
            longest=row.longest,
            fixed=row.fixed_at is not None,
            own_committee_ids=tuple(row.committee_ids),
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
    return (await sessions_of(tx, [row]))[0]


async def load_sessions(
    tx: Tx, *, states: Iterable[SessionState], since: datetime | None = None
) -> list[Session]:
    """Return the sessions in some states by start, if told only those that end after ``since``."""
    query = select(SessionRow).where(SessionRow.state.in_([str(s) for s in states]))
    if since is not None:
        query = query.where(SessionRow.ends_at > since)
    rows = (await tx.scalars(query.order_by(SessionRow.starts_at, SessionRow.id))).all()
    return await sessions_of(tx, rows)


async def load_over(tx: Tx, since: datetime, until: datetime) -> dict[int, datetime]:
    """Return the sessions that are over and were planned to start in a span, with when they ended.

    They are in order of time; one that is archived without having been closed ends as planned.
    """
    row = SessionRow
    states = [str(SessionState.CLOSED), str(SessionState.ARCHIVED)]
    query = select(row.id, row.closed_at, row.ends_at).where(
        row.state.in_(states), row.starts_at >= since, row.starts_at < until
    )
    found = (await tx.execute(query.order_by(row.starts_at, row.id))).all()
    return {id_: closed_at or ends_at for id_, closed_at, ends_at in found}


async def load_never_held(tx: Tx, before: datetime) -> set[int]:
    """Return the sessions that were to end before a moment and were never opened."""
    row, states = SessionRow, [str(SessionState.PROPOSED), str(SessionState.SCHEDULED)]
    query = select(row.id).where(row.state.in_(states), row.ends_at < before)
    return set(await tx.scalars(query))


async def load_expecting(tx: Tx, venue_ids: Collection[int]) -> list[Session]:
    """Return the sessions, open or to come, whose roster has one of these venues, by start."""
    states = [str(SessionState.OPEN), str(SessionState.SCHEDULED)]
    called = select(RosterRow.session_id).where(RosterRow.venue_id.in_(venue_ids))
    query = select(SessionRow).where(SessionRow.state.in_(states), SessionRow.id.in_(called))
    rows = (await tx.scalars(query.order_by(SessionRow.starts_at, SessionRow.id))).all()
    return await sessions_of(tx, rows)


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
    """Move a session on; opening and closing are stamped, and what it had placed is then held."""
    row = await tx.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError("no_such_session")
    row.state = state
    if state is SessionState.OPEN:
        row.opened_at = now
    if state is SessionState.CLOSED:
        row.closed_at = now
        placed = MeetingRequestRow.state == str(RequestState.PLACED)
        await tx.execute(
            update(MeetingRequestRow)
            .where(MeetingRequestRow.session_id == session_id, placed)
            .values(state=str(after_step(RequestState.PLACED, Step.HOLD)))
        )
    await tx.flush()


async def load_open_times(tx: Tx, session_id: int) -> tuple[datetime | None, datetime | None]:
    """Return when the session was really opened and closed; None for what has not happened."""
    row = await tx.get(SessionRow, session_id)
    return (row.opened_at, row.closed_at) if row else (None, None)


async def extend_session(
    tx: Tx,
    session_id: int,
    *,
    ends_at: datetime,
    items: Iterable[tuple[str, str, int]],
    venue_ids: Iterable[int],
) -> None:
    """Add items to the end of a scheduled session, and venues to its roster.

    Args:
        tx: the transaction.
        session_id: a session that exists.
        ends_at: its new planned end, aware.
        items: (topic, department, minutes) in order.
        venue_ids: venues that come; those on the roster already are not added again.
    """
    row = await tx.get(SessionRow, session_id)
    if row is None:
        raise NotFoundError("no_such_session")
    row.ends_at = ends_at
    last = select(func.max(AgendaItemRow.position)).where(AgendaItemRow.session_id == session_id)
    position = await tx.scalar(last) or 0
    for topic, department, minutes in items:
        position += 1
        tx.add(
            AgendaItemRow(
                session_id=session_id,
                position=position,
                topic=topic,
                department=department,
                minutes=minutes,
            )
        )
    roster = select(RosterRow.venue_id).where(RosterRow.session_id == session_id)
    known = set(await tx.scalars(roster))
    for venue_id in sorted(set(venue_ids) - known):
        tx.add(RosterRow(session_id=session_id, venue_id=venue_id))
    await tx.flush()


async def rewrite_session(tx: Tx, session: Session) -> None:
    """Enter a scheduled session as it is now: its title, times, agenda and roster.

    Raises:
        NotFoundError: ``no_such_session``.
    """
    row = await tx.get(SessionRow, session.id, with_for_update=True)
    if row is None:
        raise NotFoundError("no_such_session")
    row.title, row.starts_at, row.ends_at = session.title, session.starts_at, session.ends_at
    await tx.execute(delete(AgendaItemRow).where(AgendaItemRow.session_id == session.id))
    await tx.execute(delete(RosterRow).where(RosterRow.session_id == session.id))
    await tx.flush()
    for item in session.items:
        tx.add(
            AgendaItemRow(
                session_id=session.id,
                position=item.position,
                topic=item.topic,
                department=item.department,
                minutes=item.minutes,
                request_id=item.request_id,
            )
        )
    for venue_id in sorted(set(session.venue_ids)):
        tx.add(RosterRow(session_id=session.id, venue_id=venue_id))
    await tx.flush()


async def link_items(tx: Tx, session_id: int, request_ids: Sequence[int]) -> None:
    """Note which requests the last items of a session's agenda are, in their order."""
    query = select(AgendaItemRow).where(AgendaItemRow.session_id == session_id)
    rows = (await tx.scalars(query.order_by(AgendaItemRow.position))).all()
    for row, request_id in zip(rows[len(rows) - len(request_ids) :], request_ids, strict=True):
        row.request_id = request_id
    await tx.flush()


async def remove_item(tx: Tx, session_id: int, request_id: int) -> int:
    """Take a request's item out of a scheduled session, which ends earlier; return what is left.

    The items after it move up; the roster is let be.
    """
    session = await tx.get(SessionRow, session_id, with_for_update=True)
    if session is None:
        raise NotFoundError("no_such_session")
    query = select(AgendaItemRow).where(AgendaItemRow.session_id == session_id)
    rows = (await tx.scalars(query.order_by(AgendaItemRow.position))).all()
    for row in [row for row in rows if row.request_id == request_id]:
        session.ends_at -= timedelta(minutes=row.minutes)
        await tx.delete(row)
    await tx.flush()
    left = [row for row in rows if row.request_id != request_id]
    for position, row in enumerate(left, 1):
        row.position = position
        await tx.flush()
    return len(left)


async def narrow_session(
    tx: Tx, session_id: int, *, title: str, gone_venue_ids: Collection[int]
) -> None:
    """Give a scheduled session the title of what is left of it, and call some venues no more."""
    row = await tx.get_one(SessionRow, session_id)
    row.title = title
    mine = RosterRow.session_id == session_id
    await tx.execute(delete(RosterRow).where(mine, RosterRow.venue_id.in_(list(gone_venue_ids))))
    await tx.flush()


async def load_called_posts(tx: Tx) -> dict[int, tuple[Post, ...]]:
    """Return, by session, the posts that it calls itself and those of its requests, sorted.

    Of requests only those count that may call somebody. A session of which neither says anything
    is left out.
    """
    rows = await tx.scalars(_calling_requests())
    called: dict[int, set[Post]] = defaultdict(set)
    for session_id, posts in await tx.execute(select(SessionRow.id, SessionRow.posts)):
        if posts:
            called[session_id] |= {Post(post) for post in posts}
    for row in rows:
        if row.session_id is not None:
            called[row.session_id] |= {Post(post) for post in row.posts}
    return {key: tuple(sorted(posts)) for key, posts in called.items()}


async def load_callings(tx: Tx) -> dict[int, tuple[Calling, ...]]:
    """Return, by session, what its own items and each of its requests call.

    A session that is left out says too little: own items that name no posts call everybody. Of
    requests only those count that may call somebody.
    """
    own = select(AgendaItemRow.session_id).where(AgendaItemRow.request_id.is_(None)).distinct()
    with_own = set(await tx.scalars(own))
    found: dict[int, list[Calling]] = defaultdict(list)
    silent = set()
    whole = select(SessionRow.id, SessionRow.posts, SessionRow.committee_ids)
    for session_id, posts, committee_ids in await tx.execute(whole):
        if session_id not in with_own:
            continue
        if posts:
            words = tuple(committee_ids), tuple(Post(post) for post in posts)
            found[session_id].append(Calling(*words))
        else:
            silent.add(session_id)
    for row in await tx.scalars(_calling_requests()):
        if row.session_id is not None:
            called = tuple(Post(post) for post in row.posts)
            found[row.session_id].append(Calling(tuple(row.committee_ids), called))
    return {key: tuple(callings) for key, callings in found.items() if key not in silent}


def _calling_requests() -> Select[MeetingRequestRow]:
    return (
        select(MeetingRequestRow)
        .where(
            MeetingRequestRow.session_id.is_not(None),
            MeetingRequestRow.approval.in_([str(Approval.GRANTED), str(Approval.NOT_NEEDED)]),
        )
        .order_by(MeetingRequestRow.id)
    )
