"""Whom a session calls, item by item: not every committee of it is called for every post. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from server.domain.places import Post


@dataclass(frozen=True, slots=True)
class Calling:
    """One item's call: some posts of some committees, of all on the roster when none are named."""

    committee_ids: tuple[int, ...]
    posts: tuple[Post, ...]


def posts_called(callings: Iterable[Calling], committee_id: int) -> frozenset[Post]:
    """Return which posts of a committee are called by any of these."""
    return frozenset(
        post
        for calling in callings
        if not calling.committee_ids or committee_id in calling.committee_ids
        for post in calling.posts
    )
