"""Random "we are here" prompts (随机点到) out of the log: how many reached a venue, and answers.

When to ask, whom, and which answers are taken is ``server/domain/prompting.py``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from server.domain.events import EventKind, Recorded
from server.domain.timespan import Span


@dataclass(slots=True)
class PromptAsked:
    """One prompt: whom it went to, until when it could be answered, and who answered."""

    at: datetime
    until: datetime
    venues: frozenset[int]
    answered: set[int] = field(default_factory=set)


def fold_prompts(events: Iterable[Recorded]) -> list[PromptAsked]:
    """Return the prompts in order; an answer belongs to the last prompt that went to its venue.

    Args:
        events: of the session, in order of sequence.
    """
    asked: list[PromptAsked] = []
    for event in events:
        if event.kind == EventKind.PROMPT_ASKED and event.payload:
            until = event.at + timedelta(seconds=event.payload["seconds"])
            venues = frozenset(event.payload["venue_ids"])
            asked.append(PromptAsked(event.at, until, venues))
        elif event.kind == EventKind.PROMPT_ANSWERED and event.payload:
            _answer(asked, event.payload["venue_id"], event.at)
    return asked


def _answer(asked: Sequence[PromptAsked], venue_id: int, at: datetime) -> None:
    mine = next((p for p in reversed(asked) if venue_id in p.venues), None)
    # whether it was in time was judged when it came, which is before it was written down
    if mine is not None and mine.at <= at:
        mine.answered.add(venue_id)


def count_prompts(
    prompts: Iterable[PromptAsked], venue_id: int, presence: Sequence[Span]
) -> tuple[int, int]:
    """Return how many prompts a venue could answer, and how many it did; the first is the whole.

    One during which its line was down and which it did not answer asked nothing of it.
    """
    reached = answered = 0
    for prompt in prompts:
        if venue_id not in prompt.venues:
            continue
        if venue_id in prompt.answered:
            answered += 1
        elif not any(s.start <= prompt.at and prompt.until <= s.end for s in presence):
            continue
        reached += 1
    return reached, answered
