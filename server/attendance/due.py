"""For which part of a session somebody was called: before it nobody is late, after it none early.

A venue's page says the same while the session runs: that its items are over and it may leave, or
that people are to come in for the next one (``agenda.called_in``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from server.domain.timespan import Span


@dataclass(frozen=True, slots=True)
class Part:
    """One item of the agenda, and whether it calls somebody.

    ``ran`` is None where it did not. ``undone`` are its beginnings that were taken back at the
    controls, each from then to the undo: meanwhile pages told whose items were over.
    """

    ran: Span | None
    calls: bool
    undone: tuple[Span, ...] = ()


def due_span(frame: Span, parts: Sequence[Part], left_at: datetime | None = None) -> Span | None:
    """Return the part of a session for which somebody was called; None while it has not come.

    It begins with the first item that calls and ran, and ends when an item after the last that
    calls has begun. Whom every item calls, or none, is due for the whole session, and so is
    everybody where no item ran at all. Worked: items at 14:00, 14:20 and 14:40, a session until
    15:00, and a venue that only the second calls, is due from 14:20 to 14:40; had the third never
    begun, until 15:00; had the second never begun, not at all.

    Args:
        frame: the session.
        parts: its items in order.
        left_at: when somebody said good-bye. Who was told meanwhile that it may leave was due until
            then, though that beginning was taken back afterwards.
    """
    calling = [place for place, part in enumerate(parts) if part.calls]
    if not calling or len(calling) == len(parts) or not any(part.ran for part in parts):
        return frame
    first = next((place for place in calling if parts[place].ran), None)
    if first is None:
        return None
    begins = frame.start if first == 0 else _begin(parts[first], frame)
    after = parts[calling[-1] + 1 :]
    told = [u.start for p in after for u in p.undone if left_at and u.start <= left_at <= u.end]
    ends = min([*told, *(_begin(part, frame) for part in after if part.ran)], default=frame.end)
    return Span(begins, max(begins, ends)).clipped_to(frame) or frame


def _begin(part: Part, frame: Span) -> datetime:
    return part.ran.start if part.ran else frame.start
