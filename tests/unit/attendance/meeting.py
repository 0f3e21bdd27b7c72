"""A session told as events: the Tuesday of the design, 14:00 to 14:50, closed at 14:52."""

from datetime import UTC, datetime, timedelta
from typing import Any

from server.domain.events import EventKind, Recorded, time_text
from server.domain.opening import AttendanceRules, Expected, Opening, opening_payload
from server.domain.session import AgendaItem

TWO = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SESSION = 7
ITEMS = (
    AgendaItem(1, 1, "自治金使用说明", "自治办", 20),
    AgendaItem(2, 2, "岁末消防检查部署", "平安办", 20),
    AgendaItem(3, 3, "助餐点意见征集", "服务办", 10),
)


def at(minute: float) -> datetime:
    """Return the moment so many minutes after 14:00."""
    return TWO + timedelta(minutes=minute)


class Meeting:
    """Events of one session in the making; minutes count from 14:00."""

    def __init__(self, venues: int = 3, opened: float = -10, **rules: int) -> None:
        self.events: list[Recorded] = []
        opening = Opening(
            session_id=SESSION,
            title="主任工作例会",
            starts_at=TWO,
            ends_at=at(50),
            items=ITEMS,
            roster=tuple(Expected(n, n, f"居委会{n}") for n in range(1, venues + 1)),
            rules=AttendanceRules(**rules),
        )
        self.tell(opened, EventKind.SESSION_OPENED, **opening_payload(opening))

    def tell(
        self, minute: float, kind: EventKind, *, session: int | None = SESSION, **payload: Any
    ) -> "Meeting":
        event = Recorded(len(self.events) + 1, at(minute), kind, session, "system", payload)
        self.events.append(event)
        return self

    def join(self, minute: float, venue: int = 1, peer: str = "p") -> "Meeting":
        return self.tell(minute, EventKind.VENUE_CONNECTED, venue_id=venue, peer=peer)

    def leave(
        self, minute: float, venue: int = 1, peer: str = "p", reason: str = "left"
    ) -> "Meeting":
        return self.tell(
            minute,
            EventKind.VENUE_DISCONNECTED,
            venue_id=venue,
            peer=peer,
            reason=reason,
            last_packet_at=time_text(at(minute)),
        )

    def lose(self, minute: float, venue: int = 1, peer: str = "p", noticed: float = 0) -> "Meeting":
        return self.tell(
            minute + noticed,
            EventKind.VENUE_DISCONNECTED,
            venue_id=venue,
            peer=peer,
            reason="lost",
            last_packet_at=time_text(at(minute)),
        )

    def outage(self, since: float, until: float | None = None) -> "Meeting":
        """Tell of an outage that is noticed when it is over, or is not over yet."""
        when = since if until is None else until
        self.tell(when, EventKind.SYSTEM_OUTAGE_STARTED, session=None, since=time_text(at(since)))
        if until is not None:
            self.tell(
                until, EventKind.SYSTEM_OUTAGE_ENDED, session=None, until=time_text(at(until))
            )
        return self

    def close(self, minute: float = 52) -> "Meeting":
        return self.tell(minute, EventKind.SESSION_CLOSED)
