"""Filing requests, proposing a merge, publishing it: one use case per function."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from server.audit.service import record
from server.auth.model import Login
from server.db.engine import Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, time_text
from server.domain.session import SessionState
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    MergePlan,
    Overflow,
    PlannedSession,
)
from server.merging.verdict.check import check_with
from server.scheduler import store
from server.scheduler.exceptions import SignedException, as_granted, exceptions_of
from server.scheduler.filing import FiledRequest
from server.scheduler.placing import plan_alone
from server.scheduler.problem import Situation, compose_instance
from server.scheduler.publishing import Entry, entries_of, outcomes_of
from server.scheduler.store.exceptions import save_exceptions
from server.scheduler.store.quotas import load_quotas
from server.scheduler.store.workdays import load_workdays
from server.street import store as street

REMEMBERED = timedelta(days=40)
"""How far back sessions are looked at for what they used of a month's quota."""


def actor_of(login: Login) -> str:
    """Return how the audit log names a login."""
    return f"login:{login.account_id}"


async def load_situation(tx: Tx, now: datetime) -> Situation:
    """Return what is known of the street now."""
    today = now.astimezone(SITE_ZONE).date()
    held = [state for state in SessionState if state is not SessionState.CANCELLED]
    return Situation(
        today=today,
        hall=await street.load_hall(tx),
        committees=[c for c in await street.load_committees(tx) if not c.retired],
        departments=await street.load_departments(tx),
        venues=await street.load_venues(tx),
        sessions=await store.load_sessions(tx, states=held, since=now - REMEMBERED),
        called=await store.load_called_posts(tx),
        callings=await store.load_callings(tx),
        workdays=await load_workdays(tx),
        quotas=await load_quotas(tx),
    )


async def place_at_once(
    tx: Tx,
    clock: Clock,
    login: Login,
    request: FiledRequest,
    *,
    spot: tuple[date, str],
    overflow: Overflow,
    signed: Collection[SignedException] = (),
) -> int:
    """Place one request in a half-day at once and return its session's id.

    Args:
        tx: the transaction.
        clock: the time.
        login: who decided.
        request: it waits for a place.
        spot: the day and the half-day.
        overflow: ESCALATE when a leader has signed the calls above quotas, else REJECT.
        signed: the calls that were put before the leader. They are kept beside those that are above
            quotas already, for what the working plan has beside it is not in the calendar yet.

    Raises:
        ConflictError: ``spot_taken`` when it does not fit there, or not any more.
    """
    situation = await load_situation(tx, clock.now())
    composed = compose_instance(situation, [request])
    plan = plan_alone(composed, spot, overflow)
    if plan is None:
        raise ConflictError("spot_taken")
    placed = await _carry_out(tx, clock, login, (situation, [request], plan))
    if overflow is Overflow.ESCALATE:
        above = _exceeded(look_up(composed), plan, request.number, by=login.display_name)
        found = {one.key: as_granted(situation.quotas, one) for one in above}
        kept = found | {one.key: one for one in signed}
        await save_exceptions(tx, request.id, kept.values(), clock.now())
    return placed[request.number]


def _exceeded(lookup: Lookup, plan: MergePlan, number: str, *, by: str) -> list[SignedException]:
    """Return which quotas of those whom a request calls are exceeded in its week and month."""
    facts = next(f for f in check_with(lookup, plan).sessions if number in _numbers(f.session))
    called = lookup.crowds[number]
    people = set(lookup.people.names(called))
    own = {committee for committee, _ in people}
    lines = [
        line
        for line in check_with(lookup, plan).ledger
        if line.period in (facts.day.week, facts.day.month)
        and (line.committee in own if not line.role else (line.committee, line.role) in people)
    ]
    return exceptions_of(number, facts.session.cell, lines, by=by)


def _numbers(session: PlannedSession) -> set[str]:
    return {item.request for item in session.items}


async def _carry_out(
    tx: Tx,
    clock: Clock,
    login: Login,
    decided: tuple[Situation, list[FiledRequest], MergePlan],
) -> dict[str, int]:
    """Enter the sessions and outcomes of a plan; return each placed request's session."""
    situation, pending, plan = decided
    requests = {request.number: request for request in pending}
    everybody = frozenset(committee.id for committee in situation.committees)
    placed: dict[str, int] = {}
    for entry in entries_of(plan, requests, everybody):
        session_id = await _enter(tx, situation, entry)
        await store.link_items(tx, session_id, [request.id for request in entry.requests])
        placed |= {request.number: session_id for request in entry.requests}
        await _record_entry(tx, clock, login, entry, session_id)
    for outcome in outcomes_of(plan, requests):
        await store.save_outcome(tx, outcome, placed.get(outcome.request.number))
    return placed


async def _enter(tx: Tx, situation: Situation, entry: Entry) -> int:
    """Enter a new session, or add to a scheduled one; return its id."""
    items = [(r.filing.topic, r.department, r.filing.minutes) for r in entry.requests]
    venues = [venue.id for venue in situation.venues if venue.committee_id in entry.committee_ids]
    if entry.session_id is not None:
        await store.extend_session(
            tx, entry.session_id, ends_at=entry.ends_at, items=items, venue_ids=venues
        )
        return entry.session_id
    return await store.save_session(
        tx,
        title=entry.title,
        starts_at=entry.starts_at,
        ends_at=entry.ends_at,
        hall=situation.hall,
        items=items,
        venue_ids=venues,
    )


async def _record_entry(tx: Tx, clock: Clock, login: Login, entry: Entry, session_id: int) -> None:
    changed = entry.session_id is not None
    payload: Payload = {
        "requests": [request.number for request in entry.requests],
        "ends_at": time_text(entry.ends_at),
    }
    if not changed:
        payload |= {"title": entry.title, "starts_at": time_text(entry.starts_at)}
    await record(
        tx,
        clock,
        EventKind.SESSION_CHANGED if changed else EventKind.SESSION_SCHEDULED,
        actor=actor_of(login),
        payload=payload,
        session_id=session_id,
    )
