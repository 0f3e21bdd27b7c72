"""Whose own times are others once the plan is published: they are told, nobody else is. Pure."""

from collections.abc import Collection, Iterable
from datetime import datetime

from server.board.working import Board
from server.domain.places import Post
from server.domain.session import Session
from server.scheduler.filing import FiledRequest
from server.scheduler.times import parts_of, time_of_department, times_of_committee

Times = frozenset[tuple[datetime, datetime, tuple[Post, ...]]]


def affected_by(
    board: Board, before: Iterable[Session], after: Iterable[Session]
) -> tuple[frozenset[int], frozenset[str]]:
    """Return the committees and the departments whose own times are others afterwards."""
    was, now = list(before), list(after)
    requests = board.ground.requests.values()
    committees = frozenset(
        committee.id
        for committee in board.ground.facts.situation.committees
        if _times(board, was, requests, committee.id) != _times(board, now, requests, committee.id)
    )
    names = {item.department for session in (*was, *now) for item in session.items}
    departments = frozenset(
        name for name in names if _presents(was, requests, name) != _presents(now, requests, name)
    )
    return committees, departments


def _times(
    board: Board, sessions: Iterable[Session], requests: Collection[FiledRequest], committee_id: int
) -> Times:
    owners = {v.id: v.committee_id for v in board.ground.facts.situation.venues}
    return frozenset(
        (own.start, own.end, own.posts)
        for session in sessions
        if committee_id in {owners.get(venue) for venue in session.venue_ids}
        for own in times_of_committee(parts_of(session, requests), committee_id)
    )


def _presents(
    sessions: Iterable[Session], requests: Collection[FiledRequest], name: str
) -> frozenset[tuple[datetime, datetime]]:
    found = (time_of_department(parts_of(session, requests), name) for session in sessions)
    return frozenset((own.start, own.end) for own in found if own is not None)
