"""Folds a session's attendance into what reports over many sessions need, and keeps it. Pure.

What is kept is a copy for speed: it can be folded again from the log at any time, and is whenever
the log says more of the session.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from server.attendance.model import Attendance, ItemAttendance, VenueAttendance
from server.attendance.report import PREFIX, audit_number, whole_minutes
from server.burden.model import Held, HeldItem, Share
from server.domain.events import Payload, parse_time, time_text
from server.domain.places import Post
from server.domain.timespan import Span, total, union, without

SHAPE = 2
"""Grows when what is kept changes its shape: older copies are folded again."""


def held_of(attendance: Attendance) -> Held:
    """Return what a session was, once it is over."""
    opening = attendance.opening
    return Held(
        session_id=opening.session_id,
        audit_number=audit_number(attendance, PREFIX),
        title=opening.title,
        starts_at=opening.starts_at,
        minutes=whole_minutes(attendance.frame.length),
        items=tuple(_item(item) for item in attendance.items),
        shares=tuple(_share(venue, attendance) for venue in attendance.venues),
    )


def _item(found: ItemAttendance) -> HeldItem:
    return HeldItem(
        topic=found.item.topic,
        department=found.item.department,
        planned=found.item.minutes,
        minutes=whole_minutes(found.actual.length) if found.actual else None,
        called=found.called,
        guest=found.item.request_id is not None,
    )


def _share(venue: VenueAttendance, attendance: Attendance) -> Share:
    expected, opening = venue.expected, attendance.opening
    calling = {i.id for i in opening.items if expected.venue_id in opening.venues_of(i.id)}
    items, spare, waited = _counts(venue, attendance, calling)
    called: dict[Post, set[int]] = {post: set() for post in Post}
    for call in opening.calls:
        for post in call.posts or tuple(Post):
            called[post] |= {call.item_id} & calling
    posts = tuple(post for post in Post if called[post]) or tuple(Post)
    differ = any(called[post] and called[post] != calling for post in posts)
    return Share(
        venue_id=expected.venue_id,
        number=expected.number,
        name=expected.name,
        verdict=str(venue.verdict),
        minutes=whole_minutes(venue.in_session),
        spare=spare,
        waited=waited,
        items=items,
        posts=posts,
        heads=(venue.head_count_max or 0) if venue.was_there else 0,
        by_post=tuple(_counts(venue, attendance, called[p]) for p in posts) if differ else (),
    )


def _counts(
    venue: VenueAttendance, attendance: Attendance, calling: set[int]
) -> tuple[int, int, int]:
    """Return how many items called, and the minutes that were spare and waited through."""
    spare = _spare(attendance, calling)
    waited = (part for span in venue.presence for s in spare if (part := span.clipped_to(s)))
    return max(1, len(calling)), whole_minutes(total(spare)), whole_minutes(total(waited))


def _spare(attendance: Attendance, calling: set[int]) -> list[Span]:
    """Return when only items ran that did not call a venue; greetings and breaks are everybody's.

    A venue that no item calls came for the session itself: nothing of it is spare.
    """
    if not calling:
        return []
    spans = [(i.item.id in calling, i.actual) for i in attendance.items if i.actual is not None]
    own = [span for mine, span in spans if mine]
    others = union(span for mine, span in spans if not mine)
    return [part for span in others for part in without(span, own)]


def held_payload(held: Held) -> Payload:
    """Return a session as it is kept."""
    return {
        "audit_number": held.audit_number,
        "title": held.title,
        "starts_at": time_text(held.starts_at),
        "minutes": held.minutes,
        "items": [
            [i.topic, i.department, i.planned, i.minutes, i.called, i.guest] for i in held.items
        ],
        "shares": [
            [
                *(s.venue_id, s.number, s.name, s.verdict, s.minutes, s.spare, s.waited, s.items),
                *("".join(str(_POSTS.index(p)) for p in s.posts), s.heads, s.by_post),
            ]
            for s in held.shares
        ],
    }


_POSTS = tuple(Post)


def held_from_payload(session_id: int, payload: Payload) -> Held:
    """Return the session that ``held_payload`` wrote.

    Raises:
        KeyError: when the payload is none of these.
    """
    return Held(
        session_id=session_id,
        audit_number=payload["audit_number"],
        title=payload["title"],
        starts_at=parse_time(payload["starts_at"]),
        minutes=payload["minutes"],
        items=tuple(HeldItem(*item) for item in payload["items"]),
        shares=tuple(_kept_share(row) for row in payload["shares"]),
    )


@cache
def _posts(digits: str) -> tuple[Post, ...]:
    return tuple(_POSTS[int(digit)] for digit in digits)


def _kept_share(row: Sequence[Any]) -> Share:
    *plain, posts, heads, by_post = row
    return Share._make((*plain, _posts(posts), heads, tuple(map(tuple, by_post))))
