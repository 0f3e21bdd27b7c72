"""What is said in writing during a session, as frozen values: a question, a ballot.

Their rules are in ``questions`` and ``ballots``; the banner, a mere text, has its in ``banner``.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A short question of a venue to the chair (提问); ``number`` counts from 1 in its session."""

    number: int
    venue: int
    text: str
    at: datetime
    done: bool = False


@dataclass(frozen=True, slots=True)
class Ballot:
    """A quick poll or vote (表决) of the branches, one voice each.

    Attributes:
        number: counts from 1 in its session.
        text: what is asked.
        choices: two to six.
        secret: nobody learns, now or later, who chose what.
        at: when it was opened.
        voices: (venue, index of its choice) in order of coming; the index is -1 in a secret one.
        counts: by choice: of an open one as they come, of a secret one once it is closed.
        closed: no voice counts any more.
    """

    number: int
    text: str
    choices: tuple[str, ...]
    secret: bool
    at: datetime
    voices: tuple[tuple[int, int], ...] = ()
    counts: tuple[int, ...] = ()
    closed: bool = False
