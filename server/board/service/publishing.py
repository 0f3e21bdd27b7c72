"""Publishes the working plan: one transaction, an immutable version, an event for each session."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from server.audit.service import record
from server.auth.model import Login
from server.board import store
from server.board.entries import Entry
from server.board.figures import totals_of
from server.board.model import Version, Working
from server.board.problem import database_plan
from server.board.publication import Publication, marks_after, plan_publication
from server.board.service.keeping import lay_board, load_facts
from server.board.working import Board
from server.db.engine import Database, Tx
from server.domain.clock import Clock
from server.domain.errors import ConflictError
from server.domain.events import EventKind, Payload, time_text
from server.domain.session import Session, SessionState
from server.merging.instance.lookup import look_up
from server.merging.instance.writing import serialise_instance, serialise_plan
from server.scheduler import store as sessions
from server.scheduler.filing import RequestState
from server.scheduler.publishing import Outcome
from server.scheduler.service import actor_of
from server.scheduler.states import Word, after_word
from server.scheduler.store.exceptions import note_version


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did: the version's number, how many are told, and the sessions' ids."""

    number: int
    told: int
    sessions: tuple[int, ...]


async def publish(
    db: Database,
    clock: Clock,
    login: Login,
    *,
    version: int,
    weeks: Collection[str] | None = None,
) -> Published:
    """Enter the working plan into the calendar, all of it or that of some ISO weeks.

    Raises:
        ConflictError: ``board_changed`` when somebody was faster, also in the database below;
            ``board_nothing_to_publish``.
    """
    async with db.view() as tx:
        facts = await load_facts(tx, clock)
        seen, working = await store.load_working(tx)
    board = await asyncio.to_thread(lay_board, facts, working)
    publication = await asyncio.to_thread(plan_publication, board, weeks)
    if seen != version:
        raise ConflictError("board_changed")
    if not publication.changes_anything:
        raise ConflictError("board_nothing_to_publish")
    async with db.tx() as tx:
        now, _ = await store.lock_working(tx)
        if now != version or await load_facts(tx, clock) != facts:
            raise ConflictError("board_changed")
        return await _enter_all(tx, clock, login, board, publication)


async def _enter_all(
    tx: Tx, clock: Clock, login: Login, board: Board, publication: Publication
) -> Published:
    number = (await store.latest_version(tx) or 0) + 1
    at: dict[str, int] = {}
    touched = []
    for entry in publication.entries:
        session_id = await _enter(tx, clock.now(), entry)
        touched.append(session_id)
        at |= dict.fromkeys(_requests_of(board, entry.now), session_id)
        await _record(tx, clock, login, entry, session_id)
    for outcome in publication.outcomes:
        await _decide(tx, board, outcome, at)
    told = len(publication.told) + len(publication.departments)
    placed = [o.request.id for o in publication.outcomes if o.state is RequestState.PLACED]
    signed = {one.request for one in board.ground.facts.exceptions}
    here = [board.ground.requests[n].id for n in signed if n in board.places]
    await note_version(tx, [*placed, *here], number)
    await store.save_version(tx, _version(board, publication, number, login, clock.now()))
    await store.drop_steps(tx)
    await store.drop_offer(tx)
    await store.drop_offer(tx, store.Kept.DAY)
    await _keep_rest(tx, clock, board, publication)
    payload: Payload = {
        "version": number,
        "sessions": touched,
        "digest": _numbers(publication, RequestState.IN_DIGEST),
        "left_out": _numbers(publication, RequestState.LEFT_OUT),
        "told": told,
    }
    await record(tx, clock, EventKind.PLAN_ACCEPTED, actor=actor_of(login), payload=payload)
    return Published(number, told, tuple(touched))


def _requests_of(board: Board, session: Session | None) -> list[str]:
    numbers = {r.id: r.number for r in board.ground.requests.values()}
    items = session.items if session is not None else ()
    return [numbers[i.request_id] for i in items if i.request_id in numbers]


def _numbers(publication: Publication, state: RequestState) -> list[str]:
    return [o.request.number for o in publication.outcomes if o.state is state]


async def _enter(tx: Tx, at: datetime, entry: Entry) -> int:
    """Enter one session; return its id."""
    was, now = entry.was, entry.now
    if now is None:
        if was is None:
            raise AssertionError("an entry about nothing")
        await sessions.set_state(tx, was.id, SessionState.CANCELLED, at)
        return was.id
    if was is not None:
        await sessions.rewrite_session(tx, now)
        return was.id
    session_id = await sessions.save_session(
        tx,
        title=now.title,
        starts_at=now.starts_at,
        ends_at=now.ends_at,
        hall=now.hall,
        items=[(i.topic, i.department, i.minutes) for i in now.items],
        venue_ids=now.venue_ids,
    )
    requests = [item.request_id for item in now.items if item.request_id is not None]
    await sessions.link_items(tx, session_id, requests)
    return session_id


async def _record(tx: Tx, clock: Clock, login: Login, entry: Entry, session_id: int) -> None:
    kind, payload = EventKind.SESSION_CHANGED, {}
    if entry.now is None:
        kind = EventKind.SESSION_CANCELLED
    else:
        payload = {"requests": list(entry.added), "ends_at": time_text(entry.now.ends_at)}
        if entry.was is None or entry.was.starts_at != entry.now.starts_at:
            payload |= {"title": entry.now.title, "starts_at": time_text(entry.now.starts_at)}
        if entry.was is None:
            kind = EventKind.SESSION_SCHEDULED
    if entry.removed:
        payload["removed"] = list(entry.removed)
    actor = actor_of(login)
    await record(tx, clock, kind, actor=actor, payload=payload, session_id=session_id)


async def _decide(tx: Tx, board: Board, outcome: Outcome, at: Mapping[str, int]) -> None:
    """Enter what became of a request; one that is only made known needs nobody's word any more."""
    request = outcome.request
    if request.number in board.marks.digest and outcome.state is RequestState.IN_DIGEST:
        filing = replace(request.filing, read_only=True)
        approval = after_word(request.approval, Word.WAIVE)
        await sessions.save_filed(tx, replace(request, filing=filing, approval=approval))
    await sessions.save_outcome(tx, outcome, at.get(request.number))


def _version(
    board: Board, publication: Publication, number: int, login: Login, at: datetime
) -> Version:
    lookup = look_up(board.instance)
    return Version(
        number=number,
        at=at,
        by=login.display_name,
        instance=serialise_instance(board.instance),
        plan=serialise_plan(board.plan),
        before=serialise_plan(database_plan(board.ground, board.instance)),
        told=len(publication.told) + len(publication.departments),
        totals=_totals(board, publication) | totals_of(lookup, board.plan),
    )


def _totals(board: Board, publication: Publication) -> dict[str, Any]:
    """Return how many sessions and requests a version touched, and whom it told."""
    entries = publication.entries
    return {
        "made": sum(entry.was is None for entry in entries),
        "cancelled": sum(entry.now is None for entry in entries),
        "changed": sum(entry.was is not None and entry.now is not None for entry in entries),
        "placed": len(_numbers(publication, RequestState.PLACED)),
        "waiting": len(board.plan.left_out),
        "committees": sorted(publication.told),
        "departments": sorted(publication.departments),
    }


async def _keep_rest(tx: Tx, clock: Clock, board: Board, publication: Publication) -> None:
    """Keep what was not published, and the marks, over the database as it is now."""
    rest = Working(board.plan, marks_after(board.marks, publication), board.ground.places)
    await store.save_working(tx, rest)
