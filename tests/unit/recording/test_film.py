"""From packets to films: frames, clocks, cuts and sound, without a file."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.recording.journal import (
    Began,
    Ended,
    Gap,
    Line,
    SegmentDone,
    TrackBegan,
    TrackEnded,
    Wanted,
)
from server.media.recording.segments import Taken
from server.media.rtp import HEADER
from server.recording.clocks import TrackClock
from server.recording.film import (
    SILENCE,
    Cutter,
    Shot,
    SoundLine,
    in_order,
    of_programme,
    of_source,
    packet_us,
)
from server.recording.frames import Frame, Pictures, Sounds
from server.recording.reel import Key, Reel, wind

KEY_BODY = b"\0\0\0\x9d\x01\x2a\x80\x02\x68\x01"


def picture(seq: int, *, tl0: int, key: bool = False, upper: bool = False) -> list[Taken]:
    """Return a picture of two packets, numbers ``2 * seq`` and the next."""
    body = KEY_BODY if key else b"\1delta"
    out = []
    for part in (0, 1):
        descriptor = bytes((0x90 if part == 0 else 0x80, 0xE0, 0x80, seq & 255, tl0 & 255))
        descriptor += bytes((0x60 if upper else 0x20,))
        number = 2 * seq + part
        head = HEADER.pack(0x80, (0x80 if part else 0) | 96, number & 0xFFFF, seq * 6_000, 7)
        payload = descriptor + (body if part == 0 else b"rest")
        out.append(Taken(number * 1_000, head + payload))
    return out


def sound(seq: int, payload: bytes = b"\x78sound", level: int = 30) -> Taken:
    head = HEADER.pack(0x80, 111, seq & 0xFFFF, seq * 960 & 0xFFFF_FFFF, 9)
    return Taken(seq * 20_000, head + payload, level)


def run(line: Pictures | Sounds, packets: Sequence[Taken]) -> list[Frame]:
    return [frame for taken in packets for frame in line.take(taken)] + line.rest()


def test_pictures_are_put_together_from_their_packets() -> None:
    packets = [*picture(1, tl0=1, key=True), *picture(2, tl0=2)]
    first, second = run(Pictures(), packets)
    assert first.data == KEY_BODY + b"rest"
    assert (first.is_key, second.is_key) == (True, False)
    assert second.ts - first.ts == 6_000


@given(st.permutations(range(8)))
def test_packets_may_come_in_any_order_and_twice(order: Sequence[int]) -> None:
    packets = [p for n in range(1, 6) for p in picture(n, tl0=n, key=n == 1)]
    mixed = packets[:1] + [packets[1 + place] for place in order] + packets[9:] + packets[3:5]
    assert run(Pictures(), mixed) == run(Pictures(), packets)


def test_a_film_begins_at_a_key_frame() -> None:
    packets = [*picture(1, tl0=1), *picture(2, tl0=2, key=True), *picture(3, tl0=3)]
    assert [frame.ts >> 32 for frame in run(Pictures(), packets)] == [1, 1]


def test_what_builds_on_a_lost_picture_is_left_out_until_a_key_frame() -> None:
    whole = [picture(n, tl0=n, key=n in (1, 6)) for n in range(1, 9)]
    packets = [p for n, two in enumerate(whole, 1) for p in (two[:1] if n == 3 else two)]
    assert len(run(Pictures(), packets)) == 2 + 3


def test_a_lost_upper_layer_costs_nothing_else() -> None:
    pictures = [picture(n, tl0=n // 2, upper=n % 2 == 1, key=n == 2) for n in range(2, 10)]
    packets = [p for n, two in enumerate(pictures, 2) for p in two if n != 5]
    assert len(run(Pictures(), packets)) == 7


def test_a_lost_end_of_a_base_picture_is_seen_by_its_number() -> None:
    pictures = [picture(n, tl0=n // 2, upper=n % 2 == 1, key=n == 2) for n in range(2, 10)]
    packets = [p for n, two in enumerate(pictures, 2) for p in (two[:1] if n == 4 else two)]
    assert len(run(Pictures(), packets)) == 2


@given(st.lists(st.binary(min_size=12, max_size=40), max_size=20))
def test_junk_makes_no_frame_and_raises_nothing(junk: list[bytes]) -> None:
    run(Pictures(), [Taken(0, data) for data in junk])
    run(Sounds(), [Taken(0, data) for data in junk])


def test_sound_comes_out_in_order_across_the_end_of_its_numbers() -> None:
    packets = [sound(65_534 + n) for n in (0, 2, 1, 3)]
    frames = run(Sounds(), packets)
    assert [frame.ts - frames[0].ts for frame in frames] == [0, 960, 1920, 2880]
    assert frames[0].level == 30


def test_moments_come_from_reports_and_else_from_arrival() -> None:
    clock = TrackClock(90_000)
    assert clock.moment((1 << 32) + 9_000, 2_000_000) == 2_000_000
    assert clock.moment((1 << 32) + 18_000, 2_500_000) == 2_100_000
    clock.note(9_000, 1_900_000)
    assert clock.moment((1 << 32) + 18_000, 2_150_000) == 2_000_000
    clock.note(90_000, 2_800_500)
    assert clock.moment((1 << 32) + 99_000, 2_950_000) == 2_900_500
    assert clock.moment((1 << 32) + 18_000, 2_150_000) == 2_000_000


def test_a_report_far_from_the_truth_is_not_believed() -> None:
    clock = TrackClock(48_000)
    clock.note(0, 900_000_000)
    assert clock.moment(1 << 32, 1_000_000) == 1_000_000


def test_timestamps_may_turn_over_between_reports() -> None:
    clock = TrackClock(48_000)
    clock.note(0xFFFF_FFFF - 47_999, 1_000_000)
    assert clock.moment((2 << 32) + 48_000, 3_000_000) == 3_000_000


TRACKS: list[Line] = [
    Began(0, 0, "12"),
    Wanted(0, ["1"], [], True, "1"),
    TrackBegan(0, 0, "1", "p1", "video", "vp8", 90_000, "l"),
    TrackBegan(5, 1, "1", "p1", "video", "vp8", 90_000, "h"),
    TrackBegan(5, 2, "1", "p1", "audio", "opus", 48_000, ""),
    TrackBegan(6, 3, "2", "p2", "video", "vp8", 90_000, "h"),
    SegmentDone(0, 0, 2_000_000, 100, "00"),
    Wanted(2_000_000, ["2"], [], True, "2"),
    TrackEnded(3_000_000, 3),
    Gap(3_000_000, 9_000_000, "restart"),
    Began(9_000_000, 4, "12"),
    TrackBegan(9_000_000, 0, "2", "p2", "audio", "opus", 48_000, ""),
    Ended(10_000_000, "stopped"),
]


@pytest.fixture
def reel() -> Reel:
    return wind(TRACKS)


def test_a_reel_knows_tracks_by_their_part(reel: Reel) -> None:
    assert list(reel.tracks) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]
    assert [reel.part_of(number) for number in (0, 3, 4, 9)] == [0, 0, 1, 1]
    assert reel.tracks[0, 3].until_us == 3_000_000
    assert reel.sources() == ["1", "2"]
    assert (reel.ended, reel.room, len(reel.gaps)) == (True, "12", 1)
    assert wind([]) == Reel()


def test_films_are_of_a_venue_or_of_what_was_shown(reel: Reel) -> None:
    own = of_source(reel, "2")
    assert (own.pictures, own.sounds) == ({(0, 3)}, {(1, 0)})
    programme = of_programme(reel)
    assert programme.shown == ((0, "1"), (2_000_000, "2"))
    assert programme.pictures == {(0, 0), (0, 1), (0, 3)}
    assert programme.sounds == {(0, 2), (1, 0)}


def shot(at_us: int, key: Key, *, is_key: bool = False) -> Shot:
    return Shot(at_us, key, Frame(0, at_us, b"\x78x", is_key))


def test_a_cut_waits_for_the_key_frame_of_the_next_picture(reel: Reel) -> None:
    cutter = Cutter(reel, of_programme(reel).shown)
    low, high, other = (0, 0), (0, 1), (0, 3)
    shots = [
        (shot(1, low), False),
        (shot(2, low, is_key=True), True),
        (shot(3, other, is_key=True), False),
        (shot(4, high), False),
        (shot(5, low), True),
        (shot(6, high, is_key=True), True),
        (shot(7, low, is_key=True), False),
        (shot(2_000_001, other), False),
        (shot(2_000_002, high), True),
        (shot(2_000_003, other, is_key=True), True),
        (shot(2_000_004, high, is_key=True), False),
    ]
    assert [cutter.take(one) for one, _ in shots] == [taken for _, taken in shots]


def test_shots_a_little_out_of_order_are_put_in_order() -> None:
    pieces = [
        [shot(5_000_000, (0, 0)), shot(4_500_000, (0, 1))],
        [shot(4_900_000, (0, 1))],
        [],
        [shot(9_000_000, (0, 0))],
    ]
    assert [one.at_us for one in in_order(pieces)] == [4_500_000, 4_900_000, 5_000_000, 9_000_000]


def test_a_line_of_sound_has_no_hole_and_no_overlap() -> None:
    line = SoundLine(1_000_000)
    out = line.add(shot(1_055_000, (0, 2)))
    assert [at for at, _ in out] == [0, 20_000, 40_000]
    assert [data for _, data in out] == [SILENCE, SILENCE, b"\x78x"]
    assert line.add(shot(1_020_000, (0, 2))) == []
    [(at, _)] = line.add(shot(1_061_000, (0, 2)))
    assert at == 60_000
    assert [at for at, _ in line.fill(125_000)] == [80_000, 100_000]


@pytest.mark.parametrize(
    ("packet", "length"),
    [
        (SILENCE, 20_000),
        (b"\x78x", 20_000),
        (b"\x00x", 10_000),
        (b"\x18x", 60_000),
        (b"\x69x", 40_000),
        (b"\x83\x02", 5_000),
        (b"\x83", 2_500),
        (b"\xfb\x3f", 120_000),
    ],
)
def test_an_opus_packet_says_how_long_it_is_heard(packet: bytes, length: int) -> None:
    assert packet_us(packet) == length
