"""How a session and its items are told: planned ones, and what the plan leaves alone. Pure."""

from collections.abc import Iterable
from typing import Any

from server.board.model import cell_key
from server.board.problem import half_day_of, own_items
from server.board.view.sight import Sight
from server.domain.clock import SITE_ZONE
from server.domain.places import Post
from server.domain.session import AgendaItem, Session
from server.merging.instance.model import PlannedItem, PlannedSession
from server.merging.verdict.facts import SessionFacts, work_out
from server.scheduler.publishing import title_of


def tell_planned(sight: Sight, planned: PlannedSession) -> dict[str, Any]:
    """Return a session of the working plan."""
    facts = work_out(sight.lookup, planned)
    session = _session_behind(sight, planned)
    spot = sight.spots[planned.cell]
    filling, place = sight.draft.fillings[spot], sight.draft.ground.spots[spot]
    frozen = planned.cell in sight.board.marks.frozen
    return {
        "key": cell_key(planned.cell),
        "id": session.id if session else None,
        "start": _clock(planned.start),
        "minutes": facts.minutes,
        "title": _title(sight, planned, session),
        "posts_words": _posts(sight, facts),
        "committees": facts.committees.bit_count(),
        "standing": planned.standing is not None,
        "state": "scheduled" if session else "planned",
        "frozen": frozen,
        "changed": planned.cell in sight.changed,
        "free_minutes": place.minutes - filling.minutes,
        "items": [
            said for item in planned.items for said in _items(sight, item, planned, frozen=frozen)
        ],
    }


def _session_behind(sight: Sight, planned: PlannedSession) -> Session | None:
    if planned.standing is not None:
        return sight.sessions[int(planned.standing[1:])]
    return sight.board.ground.movable.get(planned.cell)


def _title(sight: Sight, planned: PlannedSession, session: Session | None) -> str:
    if session is not None and (planned.standing or planned.cell not in sight.changed):
        return session.title
    requests = sight.board.ground.requests
    return title_of(tuple(requests[item.request] for item in planned.items))


def _posts(sight: Sight, facts: SessionFacts) -> str:
    called = [post for post in Post if sight.lookup.people.in_role(facts.crowd, post)]
    return sight.joined(sight.say(f"post.{post}") for post in called)


def _items(
    sight: Sight, item: PlannedItem, planned: PlannedSession, *, frozen: bool
) -> list[dict[str, Any]]:
    if item.request == planned.standing:
        session = sight.sessions[int(item.request[1:])]
        movable = session.id in {s.id for s in sight.board.ground.movable.values()}
        own = own_items(session) if movable else session.items
        return _own(own, item.start)
    request = sight.board.ground.requests[item.request]
    pinned = item.request in sight.board.marks.pins
    said = _item(request.filing.topic, request.department, item.minutes, start=item.start)
    number = {"request": request.id, "number": request.number}
    return [said | number | {"pinned": pinned, "movable": not frozen, "host": False}]


def tell_outside(sight: Sight, session: Session, state: str) -> dict[str, Any]:
    """Return a session that the plan leaves alone: open, over, or not of its making."""
    start = session.starts_at.astimezone(SITE_ZONE)
    minutes = int((session.ends_at - session.starts_at).total_seconds()) // 60
    posts = sight.board.ground.facts.situation.called.get(session.id, tuple(Post))
    return {
        "key": f"session-{session.id}",
        "id": session.id,
        "start": f"{start:%H:%M}",
        "minutes": minutes,
        "title": session.title,
        "posts_words": sight.joined(sight.say(f"post.{post}") for post in posts),
        "committees": len(session.venue_ids),
        "standing": bool(own_items(session)),
        "state": state,
        "frozen": half_day_of(session) is not None,
        "changed": False,
        "free_minutes": 0,
        "items": _own(session.items, start.hour * 60 + start.minute),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _item(topic: str, department: str, minutes: int, *, start: int) -> dict[str, Any]:
    return {
        "request": None,
        "number": "",
        "topic": topic,
        "department": department,
        "minutes": minutes,
        "start": _clock(start),
        "pinned": False,
        "movable": False,
        "host": True,
    }


def _own(items: Iterable[AgendaItem], start: int) -> list[dict[str, Any]]:
    """Return the items of a session that no request of the board stands behind."""
    found = []
    for item in items:
        said = _item(item.topic, item.department, item.minutes, start=start)
        found.append(said | {"request": item.request_id, "host": item.request_id is None})
        start += item.minutes
    return found
