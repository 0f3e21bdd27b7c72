"""Reads reports over many sessions out of the log, keeps baselines and filters, and records both.

A session that is over is folded once; the copy is folded anew when the log says more of it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from server.attendance.accounting import OUTAGE_KINDS, compute_attendance
from server.audit import service as audit
from server.audit import store as log
from server.auth.model import Login, Role
from server.baseline.store import load_past_meetings
from server.burden import store
from server.burden.baseline import Baseline, from_past, require_sound
from server.burden.folding import held_of
from server.burden.model import Held
from server.burden.periods import Chosen, Kind, around, own
from server.burden.report import About, BurdenReport, Facts, QuotaView, Subject, calls_with, compose
from server.burden.store import SavedFilter
from server.burden.streets import StreetFigures, read_figures
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import DomainError, NotFoundError
from server.domain.events import EventKind, Payload, parse_time
from server.domain.session import SessionState
from server.scheduler import store as sessions
from server.scheduler.quota_keeping import load_facts
from server.scheduler.store.workdays import load_workdays
from server.scheduler.workdays import month_of, working_days
from server.street import store as street

_READING = (EventKind.REPORT_VIEWED, EventKind.REPORT_DOWNLOADED)
_BEFORE = timedelta(days=1)
"""An outage noticed later may reach into sessions that ended so long before it began."""
_TAIL = 2000
"""After so many events it is noted that sessions need not be looked at up to there."""
_AT_ONCE = 20
MOST_FILTERS = 12
PREFIX = "PH-R"
"""What the audit numbers of these reports begin with; the number is that of their event."""


def actor_of(login: Login) -> str:
    """Return how the log names who is at work."""
    return f"login:{login.account_id}"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SITE_ZONE)


# --- sessions out of the log ---------------------------------------------------------------------


async def load_held(db: Database, chosen: Chosen) -> tuple[list[Held], int]:
    """Return the sessions of some days that are over, by time; what is new of them is folded.

    The number is of those of which the log says nothing: never opened, or erased by now.
    """
    async with db.view() as tx:
        over = await sessions.load_over(
            tx, _midnight(chosen.first), _midnight(chosen.last + timedelta(days=1))
        )
        kept = await store.load_folded(tx, list(over))
        head, _ = await log.load_head(tx)
        stale = await _stale(tx, over, {id_: up_to for id_, (up_to, _) in kept.items()})
        folded = {id_: await fold(tx, id_) for id_ in stale}
    fresh = {id_: held for id_, held in folded.items() if held is not None}
    found = {id_: held for id_, (_, held) in kept.items()} | fresh
    low = min((up_to for up_to, _ in kept.values()), default=head)
    if fresh or head - low > _TAIL:
        async with db.tx() as tx:
            if head - low > _TAIL:
                await store.move_on(tx, list(kept), head)
            if fresh:
                await store.save_folded(tx, list(fresh.values()), head)
    known = [found[id_] for id_ in over if id_ in found]
    return known, len(over) - len(known)


async def fold(tx: Tx, session_id: int) -> Held | None:
    """Return a session folded from its events; None when the log does not tell of it."""
    events = await log.load_recorded(tx, session_id=session_id, and_system_kinds=OUTAGE_KINDS)
    opened = [e for e in events if e.kind == EventKind.SESSION_OPENED and e.payload]
    # a closed session ends where it was closed, whatever the time is
    return held_of(compute_attendance(events, events[-1].at)) if opened else None


async def forget_erased(db: Database) -> None:
    """Delete the copies of sessions whose contents were erased from the log."""
    async with db.view() as tx:
        gone = await load_erased(tx)
    if gone:
        async with db.tx() as tx:
            await store.delete_folded(tx, gone)


async def load_erased(tx: Tx) -> set[int]:
    """Return the sessions of which a copy is kept, though their contents were erased."""
    return await log.load_erased_sessions(tx) & await store.load_folded_ids(tx)


async def fold_ahead(db: Database) -> None:
    """Fold some sessions that are over and were not folded yet, so that no report waits for it."""
    async with db.view() as tx:
        wanted = await missing(tx)
        head, _ = await log.load_head(tx)
        folded = [await fold(tx, id_) for id_ in wanted[:_AT_ONCE]]
    fresh = [held for held in folded if held is not None]
    if fresh:
        async with db.tx() as tx:
            await store.save_folded(tx, fresh, head)


async def missing(tx: Tx) -> list[int]:
    """Return the sessions that are over and of which no copy is kept, the latest first."""
    over = await sessions.load_over(tx, _midnight(date(2000, 1, 1)), _midnight(date(2100, 1, 1)))
    known = await store.load_folded_ids(tx) | await log.load_erased_sessions(tx)
    return [id_ for id_ in reversed(over) if id_ not in known]


async def _stale(tx: Tx, over: Mapping[int, datetime], kept: Mapping[int, int]) -> list[int]:
    """Return the sessions of which nothing is kept, or of which the log says more since."""
    low = min(kept.values(), default=0)
    latest = await log.load_latest(tx, above=low, but_kinds=_READING) if kept else {}
    outages = await log.load_above(tx, above=low, kinds=OUTAGE_KINDS) if kept else []
    reach = [
        (event.sequence, parse_time(event.payload[name]) - _BEFORE)
        for event in outages
        for name in ("since", "until")
        if name in event.payload
    ]

    def is_stale(id_: int, ended: datetime) -> bool:
        up_to = kept.get(id_)
        if up_to is None or latest.get(id_, 0) > up_to:
            return True
        return any(sequence > up_to and ended >= since for sequence, since in reach)

    return [id_ for id_, ended in over.items() if is_stale(id_, ended)]


# --- a report ------------------------------------------------------------------------------------


def require_allowed(about: About, login: Login) -> None:
    """Let committees and departments see their own only.

    Raises:
        NotFoundError: ``no_such_page``.
    """
    if login.role is Role.SECRETARY:
        good = about == About(Subject.COMMITTEE, login.committee_id or 0)
    elif login.role is Role.CLERK:
        good = about == About(Subject.DEPARTMENT, login.department_id or 0)
    else:
        good = True
    if not good:
        raise NotFoundError("no_such_page")


def own_subject(login: Login) -> About:
    """Return what a login sees first: its own committee or department, or the street."""
    if login.role is Role.SECRETARY:
        return About(Subject.COMMITTEE, login.committee_id or 0)
    if login.role is Role.CLERK:
        return About(Subject.DEPARTMENT, login.department_id or 0)
    return About(Subject.STREET)


async def load_report(db: Database, clock: Clock, about: About, chosen: Chosen) -> BurdenReport:
    """Return a report.

    Raises:
        NotFoundError: ``no_such_page`` for a committee or a department that does not exist.
    """
    months = own(chosen.first.replace(day=1), around(Kind.MONTH, chosen.last).last)
    around_, _ = await load_held(db, months)
    held = [one for one in around_ if chosen.has(one.day)]
    async with db.view() as tx:
        committees = await street.load_committees(tx)
        names = {c.id: c.name for c in committees}
        departments = {d.id: d.name for d in await street.load_departments(tx)}
        known = {Subject.COMMITTEE: names, Subject.DEPARTMENT: departments}
        if about.subject is not Subject.STREET and about.id not in known[about.subject]:
            raise NotFoundError("no_such_page")
        quota = await load_facts(tx, clock.now())
        venues = await street.load_venues(tx)
        committee_of = {v.id: v.committee_id for v in venues if v.committee_id is not None}
        over = await sessions.load_over(
            tx, _midnight(chosen.first), _midnight(chosen.last + timedelta(days=1))
        )
        open_ = await sessions.load_sessions(tx, states=[SessionState.OPEN])
        facts = Facts(
            sessions=held,
            missing=len(over) - len(held),
            open=sum(chosen.has(s.starts_at.astimezone(SITE_ZONE).date()) for s in open_),
            committees=committees,
            venue_of={v.committee_id: v.id for v in venues if v.committee_id is not None},
            quota=QuotaView(
                quota.today, quota.versions, calls_with(quota.calls, around_, committee_of)
            ),
            workdays=await load_workdays(tx),
            baseline=await store.load_baseline(tx),
        )
    name = known[about.subject][about.id] if about.subject is not Subject.STREET else ""
    return compose(about, name, chosen, facts)


@dataclass(frozen=True, slots=True)
class Shown:
    """A report with the event that says that it was read; ``digest`` is of its figures.

    ``value`` is that event's hash, which a printed report carries.
    """

    report: BurdenReport
    sequence: int
    value: str
    digest: str

    @property
    def audit_number(self) -> str:
        """The audit number (审计编号): that of the event which has the digest of its figures."""
        return f"{PREFIX}-{self.sequence:06d}"


async def read_report(
    db: Database, clock: Clock, about: About, chosen: Chosen, *, actor: str, name: str, form: str
) -> Shown:
    """Return a report; that it was read is recorded before it is shown.

    Args:
        db: the database.
        clock: the time.
        about: whom it is about.
        chosen: the days.
        actor: who asks, as the log names him.
        name: as later readers know him.
        form: ``page``, ``pdf``, ``xlsx``, ``csv``, ``json`` or ``mail``.

    Raises:
        NotFoundError: ``no_such_page``.
    """
    report = await load_report(db, clock, about, chosen)
    digest = digest_of(report)
    kind = EventKind.REPORT_VIEWED if form == "page" else EventKind.REPORT_DOWNLOADED
    payload: Payload = {"format": form, "by": name, "about": about.key, "period": chosen.key}
    payload["digest"] = digest
    async with db.tx() as tx:
        event = await audit.record(
            tx, clock, kind, actor=actor, payload=payload | {"digest": digest}
        )
        value = await log.load_hash(tx, event.sequence)
    return Shown(report, event.sequence, value or "", digest)


def digest_of(report: BurdenReport) -> str:
    """Return the SHA-256 of a report's figures: each session with what it adds up to."""
    rows = [
        [one.audit_number, *(getattr(report.sums[one.session_id], n) for n in _DIGESTED)]
        for one in report.sessions
    ]
    text = json.dumps([report.about.key, report.chosen.key, rows], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_DIGESTED = ("calls", "minutes", "present", "excused", "absent", "in_session", "items", "waited")


# --- the baseline --------------------------------------------------------------------------------


async def load_baseline(db: Database) -> Baseline | None:
    """Return the baseline that holds."""
    async with db.view() as tx:
        return await store.load_baseline(tx)


async def load_past(db: Database) -> Baseline | None:
    """Return what the imported past meetings add up to, as a baseline that could be stated."""
    async with db.view() as tx:
        return from_past(await load_past_meetings(tx))


async def enter_baseline(
    db: Database, clock: Clock, login: Login, words: Baseline, *, imported: bool = False
) -> None:
    """Enter a baseline; its working days are counted from the table of working days.

    One of ``imported`` meetings may name departments that the street had then.

    Raises:
        DomainError: see ``baseline.require_sound``; ``baseline_departments`` also for a department
            that the street does not have.
    """
    async with db.tx() as tx:
        table = await load_workdays(tx)
        known = {department.name for department in await street.load_departments(tx)}
        days = len(working_days(table, words.first, words.last))
        baseline = require_sound(replace(words, workdays=days))
        if not imported and not known.issuperset(baseline.departments):
            raise DomainError("baseline_departments")
        await store.save_baseline(tx, baseline, login.display_name, clock.now())
        payload: Payload = {
            "first": baseline.first.isoformat(),
            "last": baseline.last.isoformat(),
            "workdays": days,
            "committees": baseline.committees,
            "calls": baseline.calls,
            "minutes": baseline.minutes,
            "meetings": baseline.meetings,
            "source": baseline.source,
            "by": login.display_name,
        }
        await audit.record(
            tx, clock, EventKind.BASELINE_STATED, actor=actor_of(login), payload=payload
        )


# --- saved filters -------------------------------------------------------------------------------


async def load_filters(db: Database, login: Login) -> list[SavedFilter]:
    """Return what a login's account has saved."""
    async with db.view() as tx:
        return await store.load_filters(tx, login.account_id)


async def keep_filter(db: Database, login: Login, about: About, period: str) -> None:
    """Save what is looked at; the same is not saved twice.

    Raises:
        DomainError: ``too_many_filters``.
    """
    require_allowed(about, login)
    async with db.tx() as tx:
        known = await store.load_filters(tx, login.account_id)
        if any((one.about, one.period) == (about.key, period) for one in known):
            return
        if len(known) >= MOST_FILTERS:
            raise DomainError("too_many_filters", most=MOST_FILTERS)
        await store.save_filter(tx, login.account_id, about.key, period)


async def forget_filter(db: Database, login: Login, filter_id: int) -> None:
    """Delete a saved filter of a login's account, and with it its letters."""
    async with db.tx() as tx:
        await store.delete_filter(tx, login.account_id, filter_id)


async def ask_monthly(
    db: Database, clock: Clock, login: Login, filter_id: int, *, monthly: bool
) -> None:
    """Ask for a letter each month, the first next month, or for none any more."""
    this_month = month_of(clock.now().astimezone(SITE_ZONE).date())
    async with db.tx() as tx:
        await store.set_monthly(tx, login.account_id, filter_id, monthly=monthly, mailed=this_month)


# --- other streets -------------------------------------------------------------------------------


def figures_of(report: BurdenReport, street_name: str, made_by: str, at: datetime) -> StreetFigures:
    """Return what this street hands to others."""
    total = report.total
    return StreetFigures(
        street=street_name,
        period=report.chosen.key,
        first=report.chosen.first,
        last=report.upto,
        workdays=report.workdays,
        committees=report.committees,
        sessions=len(report.sessions),
        calls=total.calls,
        minutes=total.minutes,
        present=total.present,
        items=total.items,
        spare=total.spare,
        waited=total.waited,
        made_by=made_by,
        made_at=at,
    )


async def add_street(
    db: Database, clock: Clock, login: Login, data: bytes, own: str
) -> StreetFigures:
    """Take in the figures of another street, in place of those it had for that period.

    Raises:
        DomainError: see ``streets.read_figures``.
    """
    figures = read_figures(data, own)
    async with db.tx() as tx:
        await store.save_street(tx, figures, login.display_name, clock.now())
        payload: Payload = {
            "street": figures.street,
            "period": figures.period,
            "made_by": figures.made_by,
            "sha256": hashlib.sha256(data).hexdigest(),
            "by": login.display_name,
        }
        await audit.record(
            tx, clock, EventKind.FIGURES_ADDED, actor=actor_of(login), payload=payload
        )
    return figures


async def remove_street(db: Database, clock: Clock, login: Login, figures_id: int) -> str:
    """Take out the figures of a street; return the period they were of, empty for none."""
    async with db.tx() as tx:
        found = await store.delete_street(tx, figures_id)
        if found is None:
            return ""
        payload: Payload = {"street": found.street, "period": found.period}
        await audit.record(
            tx,
            clock,
            EventKind.FIGURES_REMOVED,
            actor=actor_of(login),
            payload=payload | {"by": login.display_name},
        )
    return found.period
