"""Filing requests, proposing a merge, publishing it: one use case per function."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.audit.service import record
from server.auth.model import Login, Role
from server.db.engine import Database, Tx
from server.domain.clock import SITE_ZONE, Clock
from server.domain.errors import ConflictError, NotFoundError
from server.domain.events import EventKind, Payload, time_text
from server.domain.places import Department
from server.domain.session import SessionState
from server.scheduler import store
from server.scheduler.check import Baseline, Verdict, check_with, compute_baseline
from server.scheduler.filing import (
    PENDING,
    Approval,
    FiledRequest,
    Filing,
    RequestState,
    only_serving,
    request_number,
    require_sound,
)
from server.scheduler.formats import parse_instance, parse_plan
from server.scheduler.lookup import look_up
from server.scheduler.merge import merge
from server.scheduler.model import Infeasible, Instance, MergePlan
from server.scheduler.problem import Situation, compose_instance
from server.scheduler.publishing import Entry, entries_of, outcomes_of, still_holds
from server.scheduler.store.quotas import load_quotas
from server.scheduler.store.workdays import load_workdays
from server.scheduler.suggest import Suggestion, suggest
from server.scheduler.writing import serialise_instance, serialise_plan
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


async def find_suggestions(db: Database, clock: Clock, filing: Filing) -> list[Suggestion]:
    """Return which sessions could take a request that has not been filed yet.

    Raises:
        DomainError: when the filing cannot be meant.
    """
    require_sound(filing)
    async with db.view() as tx:
        situation = await load_situation(tx, clock.now())
    draft = FiledRequest(
        id=0,
        filing=filing,
        department="",
        state=RequestState.DRAFT,
        approval=Approval.PENDING,
        filed_at=clock.now(),
        session_id=None,
        digest_on=None,
        reason=None,
    )
    return suggest(compose_instance(situation, [draft]))


def require_serving(departments: Iterable[Department], department_id: int) -> None:
    """Refuse to let a retired department file.

    Raises:
        ConflictError: ``department_retired`` (name).
    """
    for department in departments:
        if department.id == department_id and department.retired:
            raise ConflictError("department_retired", name=department.name)


async def file_request(db: Database, clock: Clock, login: Login, filing: Filing) -> int:
    """File a request and return its id.

    An exempt department's needs no approval, nor does what is only to be made known.

    Raises:
        DomainError: when the filing cannot be meant.
        NotFoundError: ``no_such_department``, when the department is not the login's to file for.
        ConflictError: ``department_retired`` (name).
    """
    require_sound(filing)
    if login.role is not Role.OFFICE and login.department_id != filing.department_id:
        raise NotFoundError("no_such_department")
    async with db.tx() as tx:
        departments = await street.load_departments(tx)
        require_serving(departments, filing.department_id)
        department = next((d for d in departments if d.id == filing.department_id), None)
        if department is None:
            raise NotFoundError("no_such_department")
        free = department.exempt or filing.read_only
        approval = Approval.NOT_NEEDED if free else Approval.PENDING
        request_id = await store.save_request(tx, filing, approval=approval, filed_at=clock.now())
        payload: Payload = {
            "request": request_number(request_id),
            "department": department.name,
            "topic": filing.topic,
            "minutes": filing.minutes,
        }
        await record(tx, clock, EventKind.REQUEST_SUBMITTED, actor=actor_of(login), payload=payload)
    return request_id


async def decide_approval(
    db: Database, clock: Clock, login: Login, request_id: int, *, granted: bool
) -> None:
    """Enter the leader's word on a request that waits for it.

    Raises:
        NotFoundError: ``no_such_request``.
        ConflictError: ``request_decided`` when nobody waits for a word on it.
    """
    async with db.tx() as tx:
        request = await store.load_request(tx, request_id)
        if request.approval is not Approval.PENDING or request.state not in PENDING:
            raise ConflictError("request_decided")
        word = Approval.GRANTED if granted else Approval.REFUSED
        await store.save_approval(tx, request_id, word)
        kind = EventKind.REQUEST_GRANTED if granted else EventKind.REQUEST_REFUSED
        payload: Payload = {"request": request.number}
        await record(tx, clock, kind, actor=actor_of(login), payload=payload)


async def withdraw_request(db: Database, clock: Clock, login: Login, request_id: int) -> None:
    """Take back a request that has no place yet.

    Raises:
        NotFoundError: ``no_such_request``, also when it is another department's.
        ConflictError: ``request_placed`` when it has a place already.
    """
    async with db.tx() as tx:
        request = await store.load_request(tx, request_id)
        own = request.filing.department_id == login.department_id
        if login.role is not Role.OFFICE and not own:
            raise NotFoundError("no_such_request")
        if request.state not in PENDING:
            raise ConflictError("request_placed")
        await store.save_state(tx, request_id, RequestState.WITHDRAWN)
        payload: Payload = {"request": request.number}
        await record(tx, clock, EventKind.REQUEST_WITHDRAWN, actor=actor_of(login), payload=payload)


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
        requests = {request.number: request for request in pending}
        everybody = frozenset(committee.id for committee in situation.committees)
        placed: dict[str, int] = {}
        for entry in entries_of(proposal.plan, requests, everybody):
            session_id = await _enter(tx, situation, entry)
            placed |= {request.number: session_id for request in entry.requests}
            await _record_entry(tx, clock, login, entry, session_id)
        for outcome in outcomes_of(proposal.plan, requests):
            await store.save_outcome(tx, outcome, placed.get(outcome.request.number))
        await store.decide_plan(tx, plan_id, "ACCEPTED")
        payload: Payload = {"plan": plan_id, "sessions": sorted(set(placed.values()))}
        await record(tx, clock, EventKind.PLAN_ACCEPTED, actor=actor_of(login), payload=payload)
    return sorted(set(placed.values()))


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
