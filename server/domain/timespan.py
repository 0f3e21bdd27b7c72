"""Half-open spans of time and their sums, the arithmetic under presence and agendas."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

_start = attrgetter("start")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open span ``[start, end)`` of aware datetimes; empty when start equals end.

    Raises:
        ValueError: when the end comes before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a span cannot end before it starts")

    @property
    def length(self) -> timedelta:
        """How long the span lasts; zero when it is empty."""
        return self.end - self.start

    def clipped_to(self, frame: "Span") -> "Span | None":
        """Return the part inside ``frame``, or None when they share no moment."""
        start, end = max(self.start, frame.start), min(self.end, frame.end)
        return Span(start, end) if start < end else None


def union(spans: Iterable[Span]) -> list[Span]:
    """Join spans that touch or overlap.

    Returns:
        Disjoint spans in order of time; empty spans vanish. Overlaps count once.
    """
    joined: list[Span] = []
    for span in sorted(spans, key=_start):
        if span.start == span.end:
            continue
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def total(spans: Iterable[Span]) -> timedelta:
    """Return the length of the union of ``spans``; zero for none."""
    return sum((span.length for span in union(spans)), timedelta())


def without(frame: Span, spans: Iterable[Span]) -> list[Span]:
    """Return the parts of ``frame`` that no span covers, disjoint and in order of time.

    Worked: 0–10 without 2–4 and 3–6 is 0–2 and 6–10.
    """
    left: list[Span] = []
    start = frame.start
    for span in union(s for s in spans if s.start < frame.end and s.end > frame.start):
        if span.start > start:
            left.append(Span(start, span.start))
        start = max(start, span.end)
    if start < frame.end:
        left.append(Span(start, frame.end))
    return left
