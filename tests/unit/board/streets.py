"""Small streets for tests of the board: facts, and what they are after a plan was published."""

from dataclasses import replace
from datetime import date
from typing import Any

from server.board.model import Facts, Working
from server.board.problem import lay_ground
from server.board.publication import Publication
from server.board.working import Board, lay_out_board
from server.domain.session import Session
from server.merging.verdict.check import Verdict, check
from server.scheduler.exceptions import SignedException
from server.scheduler.filing import Approval, FiledRequest, RequestState
from tests.unit.scheduler.test_problem import a_situation, filed

WEDNESDAY = date(2026, 11, 25)
THURSDAY = date(2026, 11, 26)
FRIDAY = date(2026, 11, 27)

__all__ = ["a_board", "a_request", "after_publishing", "some_facts", "verdict_of"]


def a_request(number: int, **changes: Any) -> FiledRequest:
    """Return a request that waits and may call people."""
    return replace(filed(number, **changes), approval=Approval.GRANTED)


def some_facts(
    *requests: FiledRequest,
    sessions: tuple[Session, ...] = (),
    exceptions: tuple[SignedException, ...] = (),
    **changes: Any,
) -> Facts:
    """Return a street of three committees, today being Tuesday."""
    return Facts(a_situation(*sessions, **changes), requests, exceptions)


def a_board(facts: Facts, working: Working | None = None) -> Board:
    """Return the board of what was kept."""
    return lay_out_board(lay_ground(facts), working)


def verdict_of(board: Board) -> Verdict:
    """Judge the working plan by the rules alone."""
    return check(board.instance, board.plan)


def after_publishing(facts: Facts, publication: Publication) -> Facts:
    """Return the facts as the database has them after a publication."""
    sessions = {session.id: session for session in facts.situation.sessions}
    numbers = {request.id: request for request in facts.requests}
    for entry in publication.entries:
        if entry.now is None:
            assert entry.was is not None
            del sessions[entry.was.id]
            continue
        key = entry.now.id or max([100, *sessions]) + 1
        sessions[key] = replace(entry.now, id=key)
    home = {i.request_id: s.id for s in sessions.values() for i in s.items if i.request_id}
    for outcome in publication.outcomes:
        old = numbers[outcome.request.id]
        filing = old.filing
        if outcome.state is RequestState.IN_DIGEST:
            filing = replace(filing, read_only=True)
        numbers[old.id] = replace(
            old,
            state=outcome.state,
            filing=filing,
            digest_on=outcome.digest_on,
            session_id=home.get(old.id),
            reason=outcome.reason,
        )
    for request in list(numbers.values()):
        if request.state is RequestState.PLACED:
            numbers[request.id] = replace(request, session_id=home.get(request.id))
    situation = replace(
        facts.situation, sessions=sorted(sessions.values(), key=lambda s: (s.starts_at, s.id))
    )
    return replace(facts, situation=situation, requests=tuple(numbers.values()))
