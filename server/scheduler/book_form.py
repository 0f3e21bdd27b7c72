"""The booking form: text fields in, a filing out. Pure; what the filing may be is ``filing``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.domain.places import Post
from server.scheduler.filing import Filing
from server.scheduler.model import Priority

USUAL_MINUTES = 15
USUAL_DAYS = 14
POSTS = (Post.SECRETARY, Post.DIRECTOR, Post.DEPUTY, Post.SOCIAL_WORKER)


@dataclass(frozen=True, slots=True)
class BookForm:
    """What stands in the form. ``deadline`` is None when no date was typed.

    ``committee_ids`` are those ticked, never empty for all: all are ticked.
    """

    topic: str
    minutes: int
    read_only: bool
    urgent: bool
    posts: tuple[Post, ...]
    committee_ids: tuple[int, ...]
    deadline: date | None
    department_id: int

    def filing(self, earliest: date, everybody: Sequence[int]) -> Filing:
        """Return the filing; a deadline that was not typed is the first day.

        Args:
            earliest: the first day on which something new may be held.
            everybody: the ids of all committees; when all are ticked, none are named.
        """
        everyone = set(self.committee_ids) >= set(everybody)
        return Filing(
            department_id=self.department_id,
            topic=self.topic,
            minutes=self.minutes,
            read_only=self.read_only,
            posts=self.posts if self.committee_ids else (),
            committee_ids=() if everyone else self.committee_ids,
            earliest=earliest,
            deadline=self.deadline or earliest,
            priority=Priority.URGENT if self.urgent else Priority.NORMAL,
        )


def empty_form(first: date, everybody: Sequence[int], department_id: int) -> BookForm:
    """Return the form before anything was typed: directors of all committees, 15 minutes."""
    return BookForm(
        topic="",
        minutes=USUAL_MINUTES,
        read_only=False,
        urgent=False,
        posts=(Post.DIRECTOR,),
        committee_ids=tuple(everybody),
        deadline=first + timedelta(days=USUAL_DAYS),
        department_id=department_id,
    )


def read_form(
    texts: Mapping[str, str],
    *,
    posts: Sequence[str],
    committees: Sequence[int],
    everybody: Sequence[int],
    department_id: int | None,
) -> BookForm:
    """Return the form as it was sent; what cannot be read is empty or 0 and refused later.

    Args:
        texts: the single fields by name.
        posts: the ticked posts as sent.
        committees: the ticked committees as sent; strangers are dropped.
        everybody: the ids of all committees.
        department_id: the login's own department, or None when it chooses in the form.
    """
    return BookForm(
        topic=texts.get("topic", "").strip(),
        minutes=_number(texts.get("minutes", "")),
        read_only=texts.get("kind") == "known",
        urgent=texts.get("urgent") == "1",
        posts=tuple(post for post in POSTS if post in posts),
        committee_ids=tuple(c for c in everybody if c in set(committees)),
        deadline=_day(texts.get("deadline", "")),
        department_id=department_id or _number(texts.get("department", "")),
    )


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
