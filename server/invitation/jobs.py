"""Tells the timer when somebody has to be told of their own times: as soon as it is found."""

from collections.abc import Sequence
from datetime import datetime

from server.db.engine import Tx
from server.invitation.service import Inviter, invite_due, is_anything_due
from server.timers.model import Nudge, Source, Timed


def invitation_jobs(inviter: Inviter) -> Source:
    """Return the source of jobs that puts what is due into the outbox.

    Args:
        inviter: what invitations are made with.
    """

    async def invite() -> None:
        await invite_due(inviter)

    async def found(tx: Tx, now: datetime) -> Sequence[Timed]:
        return [Nudge("invite", now, invite)] if await is_anything_due(tx, inviter) else []

    return found
