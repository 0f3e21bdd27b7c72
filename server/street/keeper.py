"""Who changes the street after its set-up: what every change needs, and how it is noted.

Nothing is deleted: what is gone is retired, and comes back when it is asked to. Each change is
recorded in its own transaction with what was and what is, and returns the sequence of its event,
by which the page that follows tells of it and offers to take it back.
"""

from collections.abc import Awaitable, Callable, Collection

from server.audit.service import record
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.events import EventKind, Payload
from server.domain.session import Session

LoadExpecting = Callable[[Tx, Collection[int]], Awaitable[list[Session]]]
"""Loads the sessions open or to come that expect one of some venues."""
FollowHall = Callable[[Tx, str, str, str], Awaitable[None]]
"""Lets sessions follow the hall: (tx, actor, what it was called, what it is called)."""


class Keeper:
    """Who changes the street: database, clock, and the actor for the log.

    Args:
        db: the database.
        clock: the time.
        expecting: loads the sessions that expect venues; they are the scheduler's.
        follow_hall: what lets scheduled sessions follow the hall; they are the scheduler's.
        actor: ``login:7``.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        expecting: LoadExpecting,
        follow_hall: FollowHall,
        *,
        actor: str,
    ) -> None:
        self.db, self.clock, self.actor = db, clock, actor
        self.expecting, self.follow_hall = expecting, follow_hall

    async def note(self, tx: Tx, kind: EventKind, payload: Payload) -> int:
        """Record a change and return its sequence."""
        done = await record(tx, self.clock, kind, actor=self.actor, payload=payload)
        return done.sequence
