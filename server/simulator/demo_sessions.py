"""The demo's sessions: one that is live whenever the demo is, and the next working days' plan."""

from datetime import timedelta

from server.conference.live import Conference
from server.conference.service.running import Conferences
from server.db.engine import Database
from server.domain.clock import Clock
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.street import store as street

LIVE_TITLE = "主任工作例会"
LIVE_ITEMS = (
    ("自治金使用说明", "自治办", 20),
    ("岁末消防检查部署", "平安办", 20),
    ("助餐点意见征集", "服务办", 10),
)
LIVE_FOR = timedelta(hours=2)


async def open_live_session(db: Database, clock: Clock, conferences: Conferences) -> Conference:
    """Return the conference of a session that is live now: the one of before, else a new one."""
    if conferences.running:
        return conferences.running[-1]
    now = clock.now().replace(second=0, microsecond=0)
    async with db.tx() as tx:
        venues = await street.load_venues(tx)
        session_id = await sessions.save_session(
            tx,
            title=LIVE_TITLE,
            starts_at=now,
            ends_at=now + LIVE_FOR,
            hall=await street.load_hall(tx),
            items=LIVE_ITEMS,
            venue_ids=[v.id for v in venues if v.number],
            state=SessionState.SCHEDULED,
        )
    return await conferences.open_session(session_id)
