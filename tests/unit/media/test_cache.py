from hypothesis import given
from hypothesis import strategies as st

from server.media.cache import Missing, SentRing


def test_a_sent_packet_is_found_until_256_later_ones() -> None:
    ring = SentRing()
    ring.put((65_535, b"head", b"rest"))
    assert ring.get(65_535) == (65_535, b"head", b"rest")
    assert ring.get(255) is None
    for seq in range(256):
        ring.put((seq, b"", b""))
    assert ring.get(65_535) is None


def test_a_gap_is_asked_for_after_the_time_that_overtaking_takes() -> None:
    missing = Missing()
    missing.receive(0.0, 65_534)
    missing.receive(0.0, 1)
    assert missing.waiting()
    assert missing.due(0.005) == []
    assert missing.due(0.02) == [65_535, 0]
    assert missing.due(0.03) == []
    assert missing.due(0.1) == [65_535, 0]


def test_what_arrives_late_is_not_asked_for_and_was_not_lost() -> None:
    missing = Missing()
    missing.receive(0.0, 10)
    missing.receive(0.0, 12)
    assert missing.lost == missing.gaps == 1
    assert missing.receive(0.0, 11) == (0x1_0000 + 11, True)
    assert missing.due(1.0) == []
    assert missing.lost == missing.gaps == 0


def test_what_is_repaired_was_lost_by_the_line() -> None:
    missing = Missing()
    missing.receive(0.0, 10)
    missing.receive(0.0, 12)
    missing.receive(0.1, 11, repaired=True)
    assert (missing.lost, missing.gaps) == (0, 1)


def test_asking_ends_after_six_times() -> None:
    missing = Missing()
    missing.receive(0.0, 10)
    missing.receive(0.0, 12)
    asked = sum(len(missing.due(0.1 * turn)) for turn in range(1, 30))
    assert asked == Missing.GIVE_UP_AFTER
    assert not missing.waiting()


def test_a_large_gap_is_not_asked_for() -> None:
    missing = Missing()
    missing.receive(0.0, 10)
    missing.receive(0.0, 10 + 200)
    assert not missing.waiting()
    assert missing.lost == 199


def test_a_repeat_is_not_new() -> None:
    missing = Missing()
    assert missing.receive(0.0, 10)[1]
    assert not missing.receive(0.0, 10)[1]
    missing.receive(0.0, 1000)
    assert not missing.receive(0.0, 10)[1]


@given(st.lists(st.integers(0, 0xFFFF), max_size=200))
def test_counters_never_go_wrong(numbers: list[int]) -> None:
    missing = Missing()
    new = sum(missing.receive(0.0, seq)[1] for seq in numbers)
    assert missing.received == new
    assert missing.gaps == missing.lost
