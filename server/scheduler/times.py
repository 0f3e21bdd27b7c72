"""Who of a session comes when: each committee's posts, each department, by the items they attend.

People may come late and leave early, so an invitation names one's own time. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.places import Post
from server.domain.session import AgendaItem, Session
from server.scheduler.filing import FiledRequest

ALL_POSTS = tuple(Post)


@dataclass(frozen=True, slots=True)
class Part:
    """An item as it runs, ``[start, end)``, and whom it calls.

    ``posts`` is in the order of ``Post``. ``committee_ids`` is empty for all on the roster.
    """

    item: AgendaItem
    start: datetime
    end: datetime
    posts: tuple[Post, ...]
    committee_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class OwnTime:
    """When some posts of a committee, or a department, come and leave, and for which items."""

    start: datetime
    end: datetime
    posts: tuple[Post, ...]
    parts: tuple[Part, ...]


def parts_of(session: Session, requests: Iterable[FiledRequest]) -> tuple[Part, ...]:
    """Return a session's items back to back from its start, each with whom it calls.

    An item that no request stands behind, such as a standing meeting's own, calls the session's
    own posts and committees, or every post and the whole roster when it names none.

    Args:
        session: the session.
        requests: those that were placed in it.
    """
    known = {request.id: request for request in requests}
    parts, clock = [], session.starts_at
    for item in session.items:
        end = clock + timedelta(minutes=item.minutes)
        request = known.get(item.request_id or 0)
        if request is None:
            own = session.own_committee_ids if item.request_id is None else ()
            parts.append(Part(item, clock, end, session.posts or ALL_POSTS, frozenset(own)))
        else:
            posts = tuple(post for post in ALL_POSTS if post in request.filing.posts)
            called = frozenset(request.filing.committee_ids)
            parts.append(Part(item, clock, end, posts, called))
        clock = end
    return tuple(parts)


def times_of_committee(parts: Sequence[Part], committee_id: int) -> list[OwnTime]:
    """Return when a committee's posts come and leave, those with the same time together.

    Groups are in the order of their first post; nobody is in two, and one who attends nothing is
    in none.
    """
    attended: dict[Post, tuple[Part, ...]] = {}
    for post in ALL_POSTS:
        mine = tuple(part for part in parts if _calls(part, post, committee_id))
        if mine:
            attended[post] = mine
    groups: dict[tuple[datetime, datetime], list[Post]] = {}
    for post, mine in attended.items():
        groups.setdefault((mine[0].start, mine[-1].end), []).append(post)
    return [_group(span, posts, attended) for span, posts in groups.items()]


def _calls(part: Part, post: Post, committee_id: int) -> bool:
    return post in part.posts and (not part.committee_ids or committee_id in part.committee_ids)


def _group(
    span: tuple[datetime, datetime],
    posts: Sequence[Post],
    attended: Mapping[Post, tuple[Part, ...]],
) -> OwnTime:
    together = {part.item.position: part for post in posts for part in attended[post]}
    return OwnTime(*span, tuple(posts), tuple(together[at] for at in sorted(together)))


def time_of_department(parts: Sequence[Part], department: str) -> OwnTime | None:
    """Return when a department presents, from its first item to its last, None when it does not."""
    mine = tuple(part for part in parts if part.item.department == department)
    return OwnTime(mine[0].start, mine[-1].end, (), mine) if mine else None
