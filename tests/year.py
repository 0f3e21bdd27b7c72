"""A year of a street, made up: sessions that were held, written into the log as they happened."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from server.audit import store
from server.audit.chain import SALT_BYTES, Entry, seal
from server.db.engine import Database, Tx
from server.domain.events import SYSTEM, EventKind, Payload, time_text
from server.domain.opening import AttendanceRules, ItemCall, opening_of, opening_payload
from server.domain.places import Post, Venue, VenueKind
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.street import store as street

SEED = 20261124
_TITLES = ("主任工作例会", "平安建设推进会", "垃圾分类调度会", "消防安全部署会", "民生服务例会")
_POSTS = ((), (Post.SOCIAL_WORKER,), (Post.DIRECTOR, Post.SOCIAL_WORKER))


async def enter_year(
    db: Database, last: datetime, count: int, *, days: int = 364, busy: float = 1.0
) -> list[int]:
    """Write sessions that were held into a database with a street; return their ids.

    Args:
        db: with the made-up street.
        last: the start of the last one; the others lie evenly in the days before.
        count: how many.
        days: over how many days.
        busy: the share of branch venues that each calls.
    """
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    async with db.view() as tx:
        venues = await street.load_venues(tx)
        departments = [d.name for d in await street.load_departments(tx)]
    found = []
    for number in range(count):
        at = last - timedelta(days=days * (count - 1 - number) / max(count - 1, 1))
        start = at.replace(hour=(1, 3, 6, 7)[number % 4], minute=0, second=0, microsecond=0)
        while start.isoweekday() > 5:
            start -= timedelta(days=1)
        async with db.tx() as tx:
            found.append(await _hold(tx, start, venues, departments, chance, busy))
    return found


async def _hold(
    tx: Tx,
    start: datetime,
    venues: Sequence[Venue],
    departments: Sequence[str],
    chance: random.Random,
    busy: float,
) -> int:
    branches = [v for v in venues if v.kind is VenueKind.BRANCH]
    called = [v for v in branches if busy >= 1 or chance.random() < busy] or branches[:1]
    items = [
        (f"第 {n + 1} 项", chance.choice(departments), chance.choice((10, 15, 20)))
        for n in range(chance.randint(1, 4))
    ]
    length = sum(minutes for _, _, minutes in items)
    session_id = await sessions.save_session(
        tx,
        title=chance.choice(_TITLES),
        starts_at=start,
        ends_at=start + timedelta(minutes=length),
        hall="三楼会议室",
        items=items,
        venue_ids=[v.id for v in called],
    )
    session = await sessions.load_session(tx, session_id)
    calls = []
    for place, item in enumerate(session.items):
        some = [v.id for v in called if place == 0 or chance.random() < 0.7] or [called[0].id]
        calls.append(ItemCall(item.id, chance.choice(_POSTS), tuple(some)))
    opening = opening_of(session, venues, AttendanceRules(), calls)
    told: list[tuple[float, EventKind, Payload]] = [
        (-10, EventKind.SESSION_OPENED, opening_payload(opening))
    ]
    for venue in called:
        if chance.random() < 0.97:
            own = {"venue_id": venue.id}
            told.append((chance.uniform(-9, 7), EventKind.VENUE_CONNECTED, {**own, "peer": "a"}))
            if chance.random() < 0.1:
                away = chance.uniform(9, length - 1)
                lost = time_text(start + timedelta(minutes=away))
                gone = {**own, "peer": "a", "reason": "lost", "last_packet_at": lost}
                told.append((away, EventKind.VENUE_DISCONNECTED, gone))
                told.append((away + 2, EventKind.VENUE_CONNECTED, {**own, "peer": "b"}))
    minute = 0.0
    for item in session.items:
        told.append((minute, EventKind.AGENDA_ITEM_STARTED, {"item_id": item.id}))
        minute += item.minutes + chance.choice((0, 0, 1, 6))
    told.append((minute, EventKind.SESSION_CLOSED, {}))
    await _record(tx, start, sorted(told, key=lambda one: one[0]), session_id)
    await sessions.set_state(tx, session_id, SessionState.CLOSED, start + timedelta(minutes=minute))
    return session_id


async def _record(
    tx: Tx, start: datetime, told: Sequence[tuple[float, EventKind, Payload]], session_id: int
) -> None:
    """Append a session's events as ``audit.record`` would, with half of its statements."""
    sequence, head, _ = await store.lock_head(tx)
    previous: Entry | tuple[int, str] = (sequence, head)
    for when, kind, payload in told:
        venue_id = payload.get("venue_id")
        previous = seal(
            previous,
            at=time_text(start + timedelta(minutes=when)),
            kind=str(kind),
            session=session_id,
            actor=f"venue:{venue_id}" if venue_id else SYSTEM,
            data=payload,
            salt="00" * SALT_BYTES,
        )
        await store.append(tx, previous)
