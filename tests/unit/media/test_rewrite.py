"""The numbering of a slot, by the Python core's splicer and by the C core's lane."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.lanes import LaneStart
from server.media.rewrite import Splicer
from tests.unit.media.cores import build_core

MakeSplicer = Callable[..., Any]


def make_native(*, seq: int, ts: int, picture_id: int = 0, tl0: int = 0) -> Any:
    build_core()
    from server.media.core.native import NativeLane

    return NativeLane(0, LaneStart("video", 1, 96, 0, seq, ts, picture_id, tl0))


both = pytest.mark.parametrize("make", [Splicer, make_native], ids=["python", "c"])


def started(make: MakeSplicer, seq: int = 10_000, *, at: int = 70_000, ts: int = 0) -> Any:
    splicer = make(seq=seq, ts=500)
    splicer.switch(1.0, 90_000, seq=at, ts=ts)
    return splicer


@both
def test_the_worked_example_holds(make: MakeSplicer) -> None:
    splicer = started(make)
    assert splicer.forward(1.0, 70_000, 0) == 10_000
    assert splicer.forward(1.0, 70_001, 0) == 10_001
    splicer.skip(70_002)
    assert splicer.forward(1.0, 70_003, 0) == 10_002
    assert splicer.forward(1.0, 70_001, 0) == 10_001
    assert splicer.forward(1.0, 70_002, 0) == -1
    assert splicer.forward(1.0, 69_999, 0) == -1


@both
def test_a_switch_continues_the_numbers_and_lets_the_pause_pass(make: MakeSplicer) -> None:
    splicer = started(make)
    splicer.forward(1.0, 70_000, 3_000)
    first_ts = (3_000 + splicer.ts_offset) & 0xFFFFFFFF
    splicer.switch(1.5, 90_000, seq=5, ts=1_000_000)
    assert splicer.forward(1.5, 5, 1_000_000) == 10_001
    assert (1_000_000 + splicer.ts_offset) & 0xFFFFFFFF == first_ts + 45_000


@both
def test_a_switch_at_the_same_moment_steps_by_one_tick(make: MakeSplicer) -> None:
    splicer = started(make)
    splicer.forward(1.0, 70_000, 0)
    before = splicer.ts_offset
    splicer.switch(1.0, 90_000, seq=9, ts=0)
    assert (splicer.ts_offset - before) & 0xFFFFFFFF == 1


def pictures(splicer: Any, picture_id: int, tl0: int) -> tuple[int, int]:
    return (picture_id + splicer.picture_offset) & 0x7FFF, (tl0 + splicer.tl0_offset) & 0xFF


@both
def test_the_first_packet_goes_out_with_the_numbers_drawn(make: MakeSplicer) -> None:
    splicer = make(seq=65_535, ts=0xFFFFFFFF, picture_id=0x7FFF, tl0=255)
    splicer.switch(3.0, 48_000, seq=1 << 16, ts=77)
    splicer.switch_pictures(picture_id=12, tl0=3)
    assert splicer.forward(3.0, 1 << 16, 77, 12, 3) == 65_535
    assert (77 + splicer.ts_offset) & 0xFFFFFFFF == 0xFFFFFFFF
    assert pictures(splicer, 12, 3) == (0x7FFF, 255)
    assert splicer.forward(3.0, (1 << 16) + 1, 78, 13, 4) == 0
    assert pictures(splicer, 13, 4) == (0, 0)


@both
def test_pictures_go_on_after_a_switch_and_a_late_one_does_not_turn_them_back(
    make: MakeSplicer,
) -> None:
    splicer = make(seq=0, ts=0, picture_id=100, tl0=50)
    splicer.switch(1.0, 90_000, seq=1 << 16, ts=0)
    splicer.switch_pictures(picture_id=7, tl0=9)
    assert pictures(splicer, 7, 9) == (100, 50)
    for step, (picture_id, tl0) in enumerate([(7, 9), (9, 10), (8, 9)]):
        splicer.forward(1.0, (1 << 16) + step, 0, picture_id, tl0)
    assert pictures(splicer, 9, 10) == (102, 51)
    splicer.switch(1.0, 90_000, seq=1 << 20, ts=0)
    splicer.switch_pictures(picture_id=30_000, tl0=200)
    assert pictures(splicer, 30_000, 200) == (103, 52)


@both
@given(
    st.integers(0, 0xFFFF),
    st.integers(1 << 16, 1 << 20),
    st.lists(st.booleans(), min_size=1, max_size=300),
)
def test_without_loss_the_numbers_have_no_holes_and_no_repeats(
    make: MakeSplicer, seq: int, start: int, skipped: list[bool]
) -> None:
    splicer = started(make, seq, at=start)
    out = []
    for place, skip in enumerate(skipped):
        if skip:
            splicer.skip(start + place)
        else:
            out.append(splicer.forward(1.0, start + place, 0))
    assert out == [(seq + place) & 0xFFFF for place in range(len(out))]


@both
@given(st.data())
def test_packets_out_of_order_keep_their_places_and_nothing_is_sent_twice(
    make: MakeSplicer, data: st.DataObject
) -> None:
    """Packets overtake each other by up to 8 places; some are padding, which arrives in order."""
    count = data.draw(st.integers(1, 120))
    start = data.draw(st.integers(1 << 16, 1 << 20))
    seq = data.draw(st.integers(0, 0xFFFF))
    delays = data.draw(st.lists(st.integers(0, 8), min_size=count, max_size=count))
    padding = data.draw(st.sets(st.integers(0, count - 1)))
    splicer = started(make, seq, at=start)
    order = sorted(range(count), key=lambda place: (place + delays[place], place))
    sent: dict[int, int] = {}
    newest = -1
    given_up = set()
    for place in order:
        if place in padding:
            if place > newest:
                given_up.add(place)
            splicer.skip(start + place)
        else:
            out = splicer.forward(1.0, start + place, 0)
            if out >= 0:
                sent[place] = out
        newest = max(newest, place)
    assert len(set(sent.values())) == len(sent)
    places = sorted(sent)
    for earlier, later in itertools.pairwise(places):
        between = sum(earlier < place < later for place in given_up)
        assert (sent[later] - sent[earlier]) & 0xFFFF == later - earlier - between


@both
@given(st.lists(st.tuples(st.integers(1 << 16, 1 << 30), st.integers(1, 40)), max_size=20))
def test_switches_leave_no_hole_either(make: MakeSplicer, streams: list[tuple[int, int]]) -> None:
    splicer = make(seq=65_500, ts=0)
    out = []
    for start, count in streams:
        splicer.switch(2.0, 90_000, seq=start, ts=0)
        out += [splicer.forward(2.0, start + place, 0) for place in range(count)]
    assert out == [(65_500 + place) & 0xFFFF for place in range(len(out))]
