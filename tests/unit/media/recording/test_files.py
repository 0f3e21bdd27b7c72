"""The files of a recording: what is written is read, and what a kill tore is left out."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.recording.disk import is_full
from server.media.recording.journal import (
    Began,
    Ended,
    Gap,
    Line,
    SegmentDone,
    TrackBegan,
    TrackEnded,
    Wanted,
    read_journal,
    write_lines,
)
from server.media.recording.reading import last_moment, load_segments, next_number
from server.media.recording.segments import (
    CLOCK,
    CLOCK_NOTE,
    PACKET_HEAD,
    PACKETS,
    Block,
    SegmentError,
    clock_of,
    packets_of,
    read_segment,
    segment_name,
    write_blocks,
    write_head,
)

LINES: list[Line] = [
    Began(1, 0, "12"),
    Wanted(2, ["0", "5c"], None, True, "5c"),
    TrackBegan(3, 0, "5", "12.5.x", "video", "vp8", 90_000, "h"),
    SegmentDone(0, 1, 2_000_000, 24, "ab" * 32),
    Gap(4, 9, "disk"),
    TrackEnded(10, 0),
    Ended(11, "stopped"),
]
blocks = st.builds(
    Block,
    st.integers(1, 3),
    st.integers(0, 65_535),
    st.integers(0, 2**53),
    st.binary(max_size=60),
)


def packet(seq: int, passed_us: int, payload: bytes = b"sound") -> bytes:
    return (
        PACKET_HEAD.pack(12 + len(payload), passed_us, 40, 0x80, 111, seq, 960 * seq, 7) + payload
    )


@given(st.lists(blocks, max_size=6), st.data())
def test_a_segment_is_read_up_to_the_block_that_is_torn(
    given_blocks: list[Block], data: st.DataObject
) -> None:
    whole = write_head(3, 77) + write_blocks(given_blocks)
    segment = read_segment(whole)
    assert (segment.number, segment.start_us, segment.octets) == (3, 77, len(whole))
    assert list(segment.blocks) == given_blocks
    cut = data.draw(st.integers(24, len(whole)))
    torn = read_segment(whole[:cut])
    assert list(torn.blocks) == given_blocks[: len(torn.blocks)]
    assert torn.octets <= cut
    assert read_segment(whole[: torn.octets]) == torn


@given(st.binary(max_size=200))
def test_junk_is_no_segment_and_raises_nothing_else(junk: bytes) -> None:
    with pytest.raises(SegmentError):
        read_segment(junk)
    whole = write_head(0, 0)
    assert read_segment(whole + junk).octets >= len(whole)
    for kind in (PACKETS, CLOCK):
        block = Block(kind, 1, 5, junk)
        assert all(taken.at_us >= 5 for taken in packets_of(block))
        assert len(clock_of(block)) <= len(junk) // CLOCK_NOTE.size


def test_a_changed_octet_ends_a_segment_where_it_is() -> None:
    first, second = Block(PACKETS, 1, 9, b"one"), Block(PACKETS, 2, 9, b"two")
    whole = bytearray(write_head(0, 9) + write_blocks([first, second]))
    whole[-1] ^= 1
    assert read_segment(bytes(whole)).blocks == (first,)
    whole[3] ^= 1
    with pytest.raises(SegmentError):
        read_segment(bytes(whole))


def test_packets_and_clocks_come_out_with_their_moments() -> None:
    block = Block(PACKETS, 4, 1_000_000, packet(1, 0) + packet(2, 20_000, b""))
    first, second = packets_of(block)
    assert (first.at_us, second.at_us) == (1_000_000, 1_020_000)
    assert first.level == 40
    assert first.packet[12:] == b"sound"
    assert len(second.packet) == 12
    clock = Block(CLOCK, 4, 0, CLOCK_NOTE.pack(960, 5_000_000) + b"torn")
    assert clock_of(clock) == [(960, 5_000_000)]
    assert not list(packets_of(clock))
    assert not clock_of(block)


@given(st.integers(0, 2_000))
def test_a_journal_is_read_up_to_the_line_that_is_torn(cut: int) -> None:
    whole = write_lines(LINES)
    assert read_journal(whole) == (LINES, len(whole))
    lines, octets = read_journal(whole[:cut])
    assert lines == LINES[: len(lines)]
    assert octets <= cut
    assert write_lines(lines) == whole[:octets]


@pytest.mark.parametrize("junk", [b"\n", b"x {}\n", b"00000000 {}\n", write_lines([LINES[0]])[1:]])
def test_a_line_that_is_none_ends_the_journal(junk: bytes) -> None:
    assert read_journal(junk + write_lines(LINES)) == ([], 0)


def test_a_line_of_a_kind_that_is_unknown_ends_the_journal() -> None:
    import zlib

    text = b'{"type":"other"}'
    assert read_journal(b"%08x %s\n" % (zlib.crc32(text), text))[0] == []


def test_a_folder_tells_where_it_left_off(tmp_path: Path) -> None:
    assert (next_number(tmp_path), last_moment(tmp_path, [])) == (0, 0)
    block = Block(PACKETS, 0, 5_000_000, packet(1, 250_000))
    (tmp_path / segment_name(7)).write_bytes(write_head(7, 4_000_000) + write_blocks([block]))
    (tmp_path / segment_name(8)).write_bytes(b"torn")
    assert next_number(tmp_path) == 9
    assert [segment.number for segment in load_segments(tmp_path)] == [7]
    assert last_moment(tmp_path, LINES[:2]) == 5_250_000


@pytest.mark.parametrize(
    ("free", "was_full", "full"),
    [(4, False, True), (5, False, False), (5, True, True), (6, True, False), (0, True, True)],
)
def test_a_disk_is_full_at_five_percent_and_has_room_again_at_six(
    free: int, was_full: bool, full: bool
) -> None:
    assert is_full(free, 100, was_full=was_full) is full
    assert not is_full(0, 0, was_full=was_full)
