"""Keeping quotas: what is granted, changed and taken back, and the ledger out of the database."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from server.audit.service import record
from server.audit.store import load_event
from server.audit.undo import require_undoable
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import ConflictError, DomainError
from server.domain.events import EventKind, Payload
from server.domain.places import Committee
from server.scheduler import store
from server.scheduler.quota_ledger import (
    COUNTED_STATES,
    Called,
    LedgerLine,
    Overrun,
    calls_of,
    compute_line,
    find_overruns,
)
from server.scheduler.quota_rules import (
    FIRST_VERSION,
    QuotaRule,
    QuotaVersion,
    earliest_start,
    require_sound,
    version_for,
    week_period,
)
from server.scheduler.store import quotas as rows
from server.scheduler.store.exceptions import load_exceptions
from server.scheduler.workday_keeping import actor_of
from server.street import store as street

UNDOABLE = frozenset({EventKind.QUOTA_CHANGED})


def site_day(now: datetime) -> date:
    """Return the day at the site."""
    return now.astimezone(SITE_ZONE).date()


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """What every figure of quotas is folded from; ``calls`` are by time."""

    today: date
    versions: list[QuotaVersion]
    committees: list[Committee]
    calls: list[Called]

    @property
    def newest(self) -> QuotaVersion:
        """The version entered last."""
        return self.versions[-1] if self.versions else FIRST_VERSION

    def week_of(self, committee_id: int | None, day: date) -> LedgerLine | None:
        """Return a committee's line of the week of a day; None for one that does not exist."""
        week = week_period(day)
        rule = version_for(self.versions, week).rule
        own = (c for c in self.committees if c.id == committee_id)
        return next((compute_line(c, week, rule, self.calls) for c in own), None)

    @property
    def overruns(self) -> list[Overrun]:
        """Where the published plan calls somebody too often."""
        return find_overruns(self.today, self.versions, self.committees, self.calls)


async def load_facts(tx: Tx, now: datetime, *, first: date | None = None) -> QuotaFacts:
    """Load the sessions from ``first`` on, and always those of the present week and month."""
    today = site_day(now)
    since = min(first or today, earliest_start(today))
    midnight = datetime.combine(since, time(), SITE_ZONE)
    sessions = await store.load_sessions(
        tx, states=COUNTED_STATES, since=midnight - timedelta(microseconds=1)
    )
    return QuotaFacts(
        today=today,
        versions=await rows.load_quotas(tx),
        committees=await street.load_committees(tx),
        calls=calls_of(
            sessions,
            await street.load_venues(tx),
            await store.load_called_posts(tx),
            await load_exceptions(tx),
            await store.load_callings(tx),
        ),
    )


async def change_quota(
    db: Database,
    clock: Clock,
    login: Login,
    rule: QuotaRule,
    *,
    valid_from: date,
    reason: str,
) -> int:
    """Grant other amounts for the weeks and months that begin from a day on.

    Returns:
        The event's sequence; 0 when the newest version says the same.

    Raises:
        DomainError: ``quota_counts``, ``quota_amount``, ``quota_reason``, ``quota_from`` or
            ``quota_committee``.
    """
    async with db.tx() as tx:
        await street.lock_office(tx)
        return await enter_quota(tx, clock, login, rule, valid_from=valid_from, reason=reason)


async def enter_quota(
    tx: Tx, clock: Clock, login: Login, rule: QuotaRule, *, valid_from: date, reason: str
) -> int:
    """Grant other amounts within a transaction that has locked the office: as ``change_quota``."""
    now = clock.now()
    require_sound(rule, reason, valid_from, site_day(now))
    known = {committee.id for committee in await street.load_committees(tx)}
    if not known.issuperset(rule.own):
        raise DomainError("quota_committee")
    versions = await rows.load_quotas(tx)
    before = versions[-1] if versions else FIRST_VERSION
    if (before.rule, before.valid_from) == (rule, valid_from):
        return 0
    number = await rows.save_quota_version(
        tx, rule, valid_from=valid_from, reason=reason, by=login.display_name, at=now
    )
    payload: Payload = {
        "number": number,
        "valid_from": valid_from.isoformat(),
        "reason": reason,
        "by": login.display_name,
        "before": before.rule.to_payload(),
        "after": rule.to_payload(),
    }
    kind = EventKind.QUOTA_CHANGED
    return (await record(tx, clock, kind, actor=actor_of(login), payload=payload)).sequence


async def undo(db: Database, clock: Clock, login: Login, sequence: int) -> None:
    """Withdraw the version that the login has just entered.

    Raises:
        ConflictError: ``undo_gone`` when it is not the login's or too long ago,
            ``undo_overtaken`` when another version has followed.
    """
    async with db.tx() as tx:
        found = await load_event(tx, sequence)
        event = require_undoable(found, UNDOABLE, actor=actor_of(login), now=clock.now())
        await enter_withdrawn(tx, clock, login, int(event.payload["number"]))


async def enter_withdrawn(tx: Tx, clock: Clock, login: Login, number: int) -> None:
    """Withdraw a version within a transaction.

    Raises:
        ConflictError: ``undo_overtaken`` when another version has followed.
    """
    if not await rows.withdraw_quota_version(tx, number, clock.now()):
        raise ConflictError("undo_overtaken")
    payload: Payload = {"number": number, "by": login.display_name}
    kind = EventKind.QUOTA_WITHDRAWN
    await record(tx, clock, kind, actor=actor_of(login), payload=payload)
