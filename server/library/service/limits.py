"""How large and how long a video may be: set by the office, kept nowhere but in the log."""

from collections.abc import Mapping
from dataclasses import asdict

from server.audit.service import record
from server.audit.store import load_recorded
from server.db.engine import Tx
from server.domain.events import EventKind, Payload
from server.library.model import Limits, read_limits
from server.library.service.desk import Desk
from server.street import store as street


async def load_limits(tx: Tx) -> Limits:
    """Return the limits in force."""
    events = await load_recorded(tx, kinds=[EventKind.VIDEO_LIMITED])
    return Limits(**events[-1].payload["after"]) if events else Limits()


async def change_limits(desk: Desk, values: Mapping[str, str]) -> None:
    """Set other limits for what is sent from now on; what is there already stays.

    Args:
        desk: where the login works.
        values: one text for each limit, as filled in.

    Raises:
        DomainError: as ``read_limits``.
    """
    limits = read_limits(values)
    async with desk.db.tx() as tx:
        await street.lock_office(tx)
        before = await load_limits(tx)
        if before == limits:
            return
        payload: Payload = {
            "by": desk.login.display_name,
            "before": asdict(before),
            "after": asdict(limits),
        }
        kind = EventKind.VIDEO_LIMITED
        await record(tx, desk.clock, kind, actor=desk.actor, payload=payload)
