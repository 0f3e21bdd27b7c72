"""When a random "we are here" prompt (随机点到) is due, whom it asks, what answers count. Pure.

The chair switches it on for a session; the conference asks and takes answers, attendance counts.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.domain.errors import ConflictError, DomainError

SHORTEST_MINUTES, LONGEST_MINUTES = 5, 120


@dataclass(frozen=True, slots=True)
class Prompting:
    """What a session knows of its prompts.

    ``every_minutes`` is 0 while they are off. ``due_at`` is when the next is asked, None while they
    are off. ``asked_at`` and ``venue_ids`` are of the last one, ``answered`` who has answered it;
    it is taken for ``seconds``.
    """

    every_minutes: int = 0
    due_at: datetime | None = None
    asked_at: datetime | None = None
    venue_ids: frozenset[int] = frozenset()
    answered: frozenset[int] = frozenset()
    seconds: int = 120


def require_pace(every_minutes: int) -> int:
    """Return how often to ask, 0 for no more.

    Raises:
        DomainError: ``prompt_pace`` with ``least`` and ``most`` for anything else.
    """
    if every_minutes and not SHORTEST_MINUTES <= every_minutes <= LONGEST_MINUTES:
        raise DomainError("prompt_pace", least=SHORTEST_MINUTES, most=LONGEST_MINUTES)
    return every_minutes


def next_due(
    since: datetime, every_minutes: int, chance: float, *, seconds: int
) -> datetime | None:
    """Return when to ask next: between half and one and a half of the pace after ``since``.

    Args:
        since: when it was switched on, or last asked.
        every_minutes: the pace; 0 gives None.
        chance: drawn by the caller, from 0 to 1, so that nobody can know beforehand.
        seconds: how long the last one is answered; the next never comes before that is over.
    """
    if every_minutes == 0:
        return None
    wait = timedelta(minutes=every_minutes) * (0.5 + chance)
    return since + max(wait, timedelta(seconds=seconds))


def whom_to_ask(connected: Collection[int], floor: int | None) -> tuple[int, ...]:
    """Return the venues to ask, sorted: those connected, but not the one that is speaking."""
    return tuple(sorted(set(connected) - {floor}))


def is_due(prompting: Prompting, now: datetime) -> bool:
    """Tell whether a prompt is to be asked now."""
    return prompting.due_at is not None and prompting.due_at <= now


def require_answerable(prompting: Prompting, venue_id: int, now: datetime, *, seconds: int) -> None:
    """Refuse an answer that nobody waits for.

    Args:
        prompting: what is known of the session's prompts.
        venue_id: the branch venue that says it is here.
        now: the time.
        seconds: how long an answer is taken: ``AttendanceRules.answer_seconds``.

    Raises:
        ConflictError: ``prompt_not_asked`` or ``prompt_over``.
    """
    if prompting.asked_at is None or venue_id not in prompting.venue_ids:
        raise ConflictError("prompt_not_asked")
    if now - prompting.asked_at > timedelta(seconds=seconds):
        raise ConflictError("prompt_over")
