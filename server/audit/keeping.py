"""Looks what the retention policy would erase, and erases it with an account."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import TypeAlias

from server.audit import store
from server.audit.retention import Counted, Due, Group, Old, Policy, due_of, old_of
from server.audit.service import erase
from server.db.engine import Database, Tx
from server.domain.clock import Clock

BATCH = 1000
"""Sequences that one account of erasure names at most."""
NeverHeld: TypeAlias = Callable[[Tx, datetime], Awaitable[Collection[int]]]
"""Returns the sessions that were planned for before a moment and never opened."""


async def _old_of(
    tx: Tx, group: Group, policy: Policy, now: datetime, never_held: NeverHeld
) -> Old | None:
    limit = policy.limit_of(group, now)
    return old_of(group, policy, now, await never_held(tx, limit)) if limit else None


async def load_due(tx: Tx, clock: Clock, policy: Policy, never_held: NeverHeld) -> list[Due]:
    """Return what is due in each group; nothing is changed."""
    now = clock.now()
    found = []
    for group in Group:
        old = await _old_of(tx, group, policy, now, never_held)
        rows = await store.load_old(tx, old) if old else []
        found.append(due_of(group, policy, now, rows))
    return found


async def count_due(tx: Tx, clock: Clock, policy: Policy, never_held: NeverHeld) -> list[Counted]:
    """Return how much is due in each group; counted by the database, nothing is changed."""
    now = clock.now()
    found = []
    for group in Group:
        old = await _old_of(tx, group, policy, now, never_held)
        kinds = await store.count_old(tx, old) if old else {}
        limit = policy.limit_of(group, now)
        found.append(Counted(group, policy.days_of(group), limit, kinds))
    return found


async def erase_due(
    db: Database, clock: Clock, policy: Policy, never_held: NeverHeld, *, actor: str
) -> dict[Group, int]:
    """Erase what is due, each batch with its account; return how many bodies of each group."""
    async with db.view() as tx:
        due = await load_due(tx, clock, policy, never_held)
    for one in due:
        for start in range(0, len(one.sequences), BATCH):
            batch = one.sequences[start : start + BATCH]
            reason = f"retention:{one.group}:{one.days}"
            async with db.tx() as tx:
                await erase(tx, clock, batch, actor=actor, reason=reason)
    return {one.group: len(one.sequences) for one in due}
