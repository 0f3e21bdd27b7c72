"""Spans: overlaps count once, empty spans vanish, clipping stays inside the frame."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.timespan import Span, total, union, without

ORIGIN = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def span(start: int, end: int) -> Span:
    return Span(ORIGIN + timedelta(minutes=start), ORIGIN + timedelta(minutes=end))


SPANS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 60)).map(lambda p: span(p[0], p[0] + p[1]))
)


def test_overlapping_spans_count_once() -> None:
    assert total([span(0, 10), span(5, 15), span(20, 25)]) == timedelta(minutes=20)


def test_spans_that_touch_become_one() -> None:
    assert union([span(10, 20), span(0, 10)]) == [span(0, 20)]


def test_a_span_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="cannot end"):
        span(5, 4)


def test_a_span_outside_the_frame_is_clipped_to_nothing() -> None:
    assert span(0, 5).clipped_to(span(5, 9)) is None
    assert span(0, 7).clipped_to(span(5, 9)) == span(5, 7)


@given(SPANS)
def test_the_union_is_disjoint_ordered_and_as_long_as_the_minutes_it_covers(
    spans: list[Span],
) -> None:
    joined = union(spans)
    assert all(a.end < b.start for a, b in pairwise(joined))
    minutes = {
        m
        for s in spans
        for m in range(
            int((s.start - ORIGIN).total_seconds() // 60),
            int((s.end - ORIGIN).total_seconds() // 60),
        )
    }
    assert total(spans) == timedelta(minutes=len(minutes))


@given(SPANS, SPANS)
def test_what_is_left_of_a_frame_and_what_was_covered_make_the_frame(
    spans: list[Span], frames: list[Span]
) -> None:
    for frame in frames:
        left = without(frame, spans)
        covered = [part for s in spans if (part := s.clipped_to(frame))]
        assert total(left) + total(covered) == frame.length
        assert all(a.end < b.start for a, b in pairwise(left))
        assert all(part.clipped_to(s) is None for part in left for s in spans)
