"""When sessions open and close by themselves: pure, recomputed from the tables at any time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.session import Session, SessionState

OPEN_BEFORE = timedelta(minutes=10)
"""Venues may come in this long before the start."""
CLOSE_AFTER = timedelta(minutes=30)
"""A session that nobody ended is closed this long after its planned end."""


class Action(StrEnum):
    """What a timer does to a session."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class TimedAction:
    """One thing to do at one moment; ``key`` names it, so that it is never planned twice."""

    action: Action
    session_id: int
    at: datetime

    @property
    def key(self) -> str:
        """The job's id, e.g. ``open:12``."""
        return f"{self.action}:{self.session_id}"


def timed_actions(sessions: Iterable[Session]) -> list[TimedAction]:
    """Return what is to be done by itself, in order of time; moments may lie in the past.

    A scheduled session opens ten minutes before its start; an open
    one closes half an hour after its planned end.
    """
    found: list[TimedAction] = []
    for session in sessions:
        if session.state is SessionState.SCHEDULED:
            found.append(TimedAction(Action.OPEN, session.id, session.starts_at - OPEN_BEFORE))
        elif session.state is SessionState.OPEN:
            found.append(TimedAction(Action.CLOSE, session.id, session.ends_at + CLOSE_AFTER))
    return sorted(found, key=lambda action: (action.at, action.key))
