"""Filing requests, proposing a merge, publishing it: one use case per function."""

import asyncio
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from server.audit.service import record
from server.auth.model import Login
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, time_text
from server.domain.session import SessionState
from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.instance.lookup import Lookup, look_up
from server.merging.instance.model import (
    Infeasible,
    Instance,
    MergePlan,
    Overflow,
    Pin,
    PlannedSession,
)
from server.merging.instance.writing import serialise_instance, serialise_plan
from server.merging.search.merge import merge
from server.merging.verdict.check import Baseline, Verdict, check_with, compute_baseline
from server.scheduler import store
from server.scheduler.exceptions import SignedException, exceptions_of
from server.scheduler.filing import PENDING, FiledRequest, only_serving
from server.scheduler.problem import Situation, compose_instance
from server.scheduler.publishing import Entry, entries_of, outcomes_of, still_holds
from server.scheduler.quota_rules import granted_to, parse_period
from server.scheduler.store.exceptions import save_exceptions
from server.scheduler.store.quotas import load_quotas
from server.scheduler.store.workdays import load_workdays
from server.street import store as street

REMEMBERED = timedelta(days=40)
"""How far back sessions are looked at for what they used of a month's quota."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stored plan with the verdict on it and the picture before merging."""

    id: int
    state: str
    made_at: datetime
    instance: Instance
    plan: MergePlan
    verdict: Verdict
    before: Baseline


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
        workdays=await load_workdays(tx),
        quotas=await load_quotas(tx),
    )


async def _pending(tx: Tx, situation: Situation) -> list[FiledRequest]:
    names = {d.id: d.name for d in situation.departments}
    filed = await store.load_requests(tx, names, states=PENDING)
    serving = [committee.id for committee in situation.committees]
    requests = [r for f in filed if (r := only_serving(f, serving)) is not None]
    return sorted((r for r in requests if r.filing.deadline > situation.today), key=lambda r: r.id)


async def propose_plan(db: Database, clock: Clock, login: Login) -> int:
    """Merge everything that waits for a place into a proposal, and return its id.

    Raises:
        ConflictError: ``nothing_to_merge``.
    """
    async with db.view() as tx:
        situation = await load_situation(tx, clock.now())
        requests = await _pending(tx, situation)
    if not requests:
        raise ConflictError("nothing_to_merge")
    instance = compose_instance(situation, requests)
    plan = await asyncio.to_thread(merge, instance)
    async with db.tx() as tx:
        plan_id = await store.save_plan(
            tx,
            made_at=clock.now(),
            instance=serialise_instance(instance),
            plan=serialise_plan(plan),
        )
        payload: Payload = {
            "plan": plan_id,
            "requests": [request.number for request in requests],
            "left_out": [out.request for out in plan.left_out],
        }
        await record(tx, clock, EventKind.PLAN_PROPOSED, actor=actor_of(login), payload=payload)
    return plan_id


async def load_proposal(tx: Tx, plan_id: int) -> Proposal:
    """Return a stored plan, judged again.

    Raises:
        NotFoundError: ``no_such_plan``.
    """
    state, made_at, instance_text, plan_text = await store.load_plan(tx, plan_id)
    instance, plan = parse_instance(instance_text), parse_plan(plan_text)
    if isinstance(plan, Infeasible):
        raise NotFoundError("no_such_plan")
    lookup = look_up(instance)
    verdict = check_with(lookup, plan)
    return Proposal(plan_id, state, made_at, instance, plan, verdict, compute_baseline(lookup))


async def discard_plan(db: Database, clock: Clock, login: Login, plan_id: int) -> None:
    """Put a proposal aside; the requests wait for the next merge.

    Raises:
        NotFoundError: ``no_such_plan``.
        ConflictError: ``plan_decided``.
    """
    async with db.tx() as tx:
        await _require_open(tx, plan_id)
        await store.decide_plan(tx, plan_id, "DISCARDED")
        payload: Payload = {"plan": plan_id}
        await record(tx, clock, EventKind.PLAN_DISCARDED, actor=actor_of(login), payload=payload)


async def _require_open(tx: Tx, plan_id: int) -> Proposal:
    await store.lock_plan(tx, plan_id)
    proposal = await load_proposal(tx, plan_id)
    if proposal.state != "PROPOSED":
        raise ConflictError("plan_decided")
    return proposal


async def publish_plan(db: Database, clock: Clock, login: Login, plan_id: int) -> list[int]:
    """Enter a proposal's sessions, rosters and outcomes, and return the sessions' ids.

    Raises:
        NotFoundError: ``no_such_plan``.
        ConflictError: ``plan_decided``; ``plan_outdated`` when requests or sessions have changed
            since it was made, or it breaks a hard rule.
    """
    async with db.tx() as tx:
        proposal = await _require_open(tx, plan_id)
        situation = await load_situation(tx, clock.now())
        pending = await _pending(tx, situation)
        today = compose_instance(situation, pending)
        sound = proposal.verdict.valid and still_holds(proposal.instance, today, proposal.plan)
        if not sound:
            raise ConflictError("plan_outdated")
        placed = await _carry_out(tx, clock, login, (situation, pending, proposal.plan))
        await store.decide_plan(tx, plan_id, "ACCEPTED")
        payload: Payload = {
            "plan": plan_id,
            "sessions": sorted(set(placed.values())),
            "digest": [number for day in proposal.plan.digest for number in day.requests],
            "left_out": [out.request for out in proposal.plan.left_out],
        }
        await record(tx, clock, EventKind.PLAN_ACCEPTED, actor=actor_of(login), payload=payload)
    return sorted(set(placed.values()))


async def place_at_once(
    tx: Tx,
    clock: Clock,
    login: Login,
    request: FiledRequest,
    *,
    spot: tuple[date, str],
    overflow: Overflow,
) -> int:
    """Place one request in a half-day at once and return its session's id.

    Args:
        tx: the transaction.
        clock: the time.
        login: who decided.
        request: it waits for a place.
        spot: the day and the half-day.
        overflow: ESCALATE when a leader has signed the calls above quotas, else REJECT.

    Raises:
        ConflictError: ``spot_taken`` when it does not fit there, or not any more.
    """
    situation = await load_situation(tx, clock.now())
    composed = compose_instance(situation, [request])
    pinned = [replace(r, pin=Pin(*spot)) for r in composed.requests]
    quota = replace(composed.quota, overflow=overflow)
    plan = merge(replace(composed, requests=tuple(pinned), quota=quota))
    if plan.left_out or spot[0] not in {day.date for day in composed.days}:
        raise ConflictError("spot_taken")
    placed = await _carry_out(tx, clock, login, (situation, [request], plan))
    if overflow is Overflow.ESCALATE:
        signed = _exceeded(look_up(composed), plan, request.number, by=login.display_name)
        kept = [_as_granted(situation, one) for one in signed]
        await save_exceptions(tx, request.id, kept, clock.now())
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


def _as_granted(situation: Situation, one: SignedException) -> SignedException:
    """Return an exception with what is really granted: an instance has one amount for all."""
    period = parse_period(one.period)
    if period is None:
        return one
    granted = granted_to(situation.quotas, int(one.committee[1:]), one.role, period)
    if granted is None:
        return one
    return replace(one, used=one.used - (one.limit - granted), limit=granted)


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
