"""A session held on Tuesday as the design draws it, written into a database event by event."""

from datetime import datetime, timedelta
from typing import Any

from server.attendance.accounting import OUTAGE_KINDS
from server.audit import service as audit
from server.db.engine import Database
from server.domain.events import SYSTEM, EventKind, Payload, time_text
from server.domain.opening import AttendanceRules, opening_of, opening_payload
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock

TWO = NOON_TUESDAY + timedelta(hours=2)
ITEMS = [
    ("自治金使用说明", "自治办", 20),
    ("岁末消防检查部署", "平安办", 20),
    ("助餐点意见征集", "服务办", 10),
]


class Held:
    """A session and its telling; minutes count from 14:00, nothing is stored before ``write``."""

    def __init__(self, db: Database, session_id: int, venues: dict[int, int]) -> None:
        self.db, self.id, self._venues = db, session_id, venues
        self._told: list[tuple[datetime, EventKind, str, Payload]] = []

    def tell(
        self,
        minute: float,
        kind: EventKind,
        *,
        number: int | None = None,
        actor: str = SYSTEM,
        **payload: Any,
    ) -> None:
        """Tell of one event; ``number`` is the venue's."""
        at = TWO + timedelta(minutes=minute)
        if number is not None:
            payload["venue_id"] = self._venues[number]
            actor = f"venue:{payload['venue_id']}"
        if kind is EventKind.VENUE_DISCONNECTED:
            payload |= {"last_packet_at": time_text(at), "peer": "p"}
        if kind is EventKind.VENUE_CONNECTED:
            payload["peer"] = "p"
        self._told.append((at, kind, actor, payload))

    async def write(self) -> "Held":
        """Record in one transaction what has been told."""
        async with self.db.tx() as tx:
            for at, kind, actor, payload in self._told:
                session = None if kind in OUTAGE_KINDS else self.id
                await audit.record(
                    tx, FakeClock(at), kind, actor=actor, payload=payload, session_id=session
                )
        self._told.clear()
        return self


async def begin(db: Database, *, title: str = "主任工作例会") -> Held:
    """Enter the session and open it at 13:50, with no grace for coming late."""
    async with db.tx() as tx:
        venues = await street.load_venues(tx)
        session_id = await sessions.save_session(
            tx,
            title=title,
            starts_at=TWO,
            ends_at=TWO + timedelta(minutes=50),
            hall="三楼会议室",
            items=ITEMS,
            venue_ids=[venue.id for venue in venues],
        )
        await sessions.set_state(tx, session_id, SessionState.OPEN, TWO)
        session = await sessions.load_session(tx, session_id)
    held = Held(db, session_id, {venue.number: venue.id for venue in venues})
    opening = opening_of(session, venues, AttendanceRules(grace_minutes=0))
    held.tell(-10, EventKind.SESSION_OPENED, **opening_payload(opening))
    return await held.write()


async def hold_tuesday(db: Database) -> Held:
    """Hold the whole session: 33 expected, 31 present, 1 excused, 1 absent, closed at 14:52."""
    held = await begin(db)
    async with db.view() as tx:
        items = (await sessions.load_session(tx, held.id)).items
    held.tell(-40, EventKind.LEAVE_GRANTED, number=30, reason="寒潮值班")
    here = [n for n in range(1, 34) if n not in {26, 30}]
    joins = sorted((({4: 2, 21: 6}.get(n) or -1 - n * 7 % 9), n) for n in here)
    steps: list[tuple[float, int, EventKind, dict[str, Any]]] = []
    for minute, number in joins:
        steps.append((minute, number, EventKind.VENUE_CONNECTED, {}))
        count = 5 + number * 5 % 4
        steps.append((max(minute, 0) + 1, number, EventKind.VENUE_HEAD_COUNT, {"count": count}))
        steps.append((11, number, EventKind.ROLL_ANSWERED, {}))
    lost, left = {"reason": "lost"}, {"reason": "left"}
    steps += [(26, 17, EventKind.VENUE_DISCONNECTED, lost), (30, 17, EventKind.VENUE_CONNECTED, {})]
    steps += [(29, 8, EventKind.VENUE_DISCONNECTED, lost), (31, 8, EventKind.VENUE_CONNECTED, {})]
    steps += [(42, 13, EventKind.VENUE_DISCONNECTED, left)]
    for minute, number, kind, payload in sorted(steps, key=lambda step: step[0]):
        held.tell(minute, kind, number=number, **payload)
    for minute, item in zip((0, 20, 42), items, strict=True):
        held.tell(minute, EventKind.AGENDA_ITEM_STARTED, item_id=item.id)
    held.tell(10, EventKind.ROLL_STARTED)
    held.tell(52, EventKind.SESSION_CLOSED, actor="login:1")
    await held.write()
    async with db.tx() as tx:
        end = TWO + timedelta(minutes=52)
        await sessions.set_state(tx, held.id, SessionState.CLOSED, end)
        title = "主任工作例会"
        await audit.seal_session(tx, FakeClock(end), held.id, title=title, starts_at=TWO)
    kind = EventKind.ATTENDANCE_CORRECTED
    why = "有 1 人晚签到，会场登记本为证"
    held.tell(142, kind, number=7, field="head_count", value=9, reason=why)
    return await held.write()
