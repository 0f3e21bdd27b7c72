"""The booking form: text fields in, a filing out, and back. Pure; what it may say is ``filing``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from server.domain.errors import DomainError
from server.domain.places import Post
from server.merging.instance.model import Mode, Priority
from server.scheduler.filing import HALVES, NOBODY, FiledRequest, Filing, faults_of

USUAL_MINUTES = 15
USUAL_DAYS = 14
POSTS = (Post.SECRETARY, Post.DIRECTOR, Post.DEPUTY, Post.SOCIAL_WORKER)
LONGEST_READ = 2000
"""Letters of what is made known that are looked at."""
LONGEST_TEXT = 1000
"""Letters of a field that are looked at; far more than any of them may have."""


@dataclass(frozen=True, slots=True)
class BookForm:
    """What stands in the form. Dates are None when none was typed.

    ``committee_ids`` are those ticked, never empty for all: all are ticked. ``since`` and ``till``
    are the clock window as typed, ``09:30``. ``version`` is that of the request which is amended.
    """

    topic: str
    minutes: int
    read_only: bool
    urgent: bool
    posts: tuple[Post, ...]
    committee_ids: tuple[int, ...]
    deadline: date | None
    department_id: int
    earliest: date | None = None
    since: str = ""
    till: str = ""
    mode: Mode = Mode.EITHER
    why: str = ""
    text: str = ""
    due_on: date | None = None
    wish_id: int | None = None
    version: int = 0

    def filing(self, first: date, everybody: Sequence[int]) -> Filing:
        """Return the filing; a deadline that was not typed is the first day.

        Args:
            first: the first day on which something new may be held; earlier wishes become it.
            everybody: the ids of all committees; when all are ticked, none are named.
        """
        everyone = set(self.committee_ids) >= set(everybody)
        earliest = max(self.earliest or first, first)
        return Filing(
            department_id=self.department_id,
            topic=self.topic,
            minutes=self.minutes,
            read_only=self.read_only,
            posts=self.posts,
            committee_ids=() if everyone else self.committee_ids or NOBODY,
            earliest=earliest,
            deadline=self.deadline or earliest,
            priority=Priority.URGENT if self.urgent else Priority.NORMAL,
            mode=self.mode,
            hours=_hours(self.since, self.till),
            why=self.why,
            text=self.text if self.read_only else "",
            due_on=self.due_on if self.read_only else None,
        )

    def faults(self, first: date, everybody: Sequence[int]) -> dict[str, DomainError]:
        """Return what is wrong with it, by field: what is asked for, and a deadline not typed."""
        found = faults_of(self.filing(first, everybody))
        if self.deadline is None and not self.read_only:
            found["deadline"] = DomainError("request_deadline")
        return found


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


def form_of(request: FiledRequest, everybody: Sequence[int]) -> BookForm:
    """Return the form of a request as it stands."""
    filing = request.filing
    since, till = filing.hours or (None, None)
    named = filing.committee_ids
    return BookForm(
        topic=filing.topic,
        minutes=filing.minutes,
        read_only=filing.read_only,
        urgent=filing.urgent,
        posts=filing.posts,
        committee_ids=tuple(c for c in everybody if not named or c in named),
        deadline=filing.deadline,
        department_id=filing.department_id,
        earliest=filing.earliest,
        since=_clock(since),
        till=_clock(till),
        mode=filing.mode,
        why=filing.why,
        text=filing.text,
        due_on=filing.due_on,
        wish_id=request.wish_id,
        version=request.version,
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
        topic=texts.get("topic", "").strip()[:LONGEST_TEXT],
        minutes=_number(texts.get("minutes", "")),
        read_only=texts.get("kind") == "known",
        urgent=texts.get("urgent") == "1",
        posts=tuple(post for post in POSTS if post in posts),
        committee_ids=tuple(c for c in everybody if c in set(committees)),
        deadline=_day(texts.get("deadline", "")),
        department_id=department_id or _number(texts.get("department", "")),
        earliest=_day(texts.get("earliest", "")),
        since=texts.get("since", "").strip()[:LONGEST_TEXT],
        till=texts.get("till", "").strip()[:LONGEST_TEXT],
        mode=next((mode for mode in Mode if mode == texts.get("mode")), Mode.EITHER),
        why=" ".join(texts.get("why", "").split())[:LONGEST_TEXT],
        text=_paragraphs(texts.get("text", ""))[:LONGEST_READ],
        due_on=_day(texts.get("due", "")),
        wish_id=_number(texts.get("wish", "")) or None,
        version=_number(texts.get("version", "")),
    )


def _paragraphs(text: str) -> str:
    """Return the lines that say anything, each without needless spaces."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _hours(since: str, till: str) -> tuple[int, int] | None:
    """Return the clock window in minutes of day; None for none, and one that fits nowhere if bad.

    A window with one end is cut to the half-day in which that end lies.
    """
    if not since and not till:
        return None
    first, last = _minute(since) if since else None, _minute(till) if till else None
    for half in HALVES:
        if first is None and last is not None and half.start < last <= half.end:
            return half.start, last
        if last is None and first is not None and half.start <= first < half.end:
            return first, half.end
    return -1 if first is None else first, -1 if last is None else last


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if not (hours.isdigit() and minutes.isdigit() and len(text) == len("09:30")):
        return -1
    return int(hours) * 60 + int(minutes)


def _clock(minute: int | None) -> str:
    return "" if minute is None or minute < 0 else f"{minute // 60:02}:{minute % 60:02}"
