import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.codec import Vp8, frame_width, is_key_frame, parse_vp8, write_vp8
from server.media.rtp import WireError

CHROMIUM = bytes.fromhex("90e0") + b"\x92\x34\x05\x60"
"""Chromium 156: picture id 0x1234, TL0PICIDX 5, TID 1, layer sync."""


def test_a_browsers_descriptor_is_read() -> None:
    read = parse_vp8(CHROMIUM + b"\0")
    assert (read.picture_id, read.picture_bits, read.tl0, read.tail) == (0x1234, 15, 5, 0x60)
    assert read.length == 6
    assert read.starts_frame
    assert read.temporal_layer == 1


def test_a_descriptor_of_one_octet_is_read() -> None:
    read = parse_vp8(b"\x10\0")
    assert (read.picture_id, read.tl0, read.tail, read.length) == (-1, -1, -1, 1)


def test_a_short_picture_id_becomes_a_long_one() -> None:
    read = parse_vp8(b"\x90\x80\x05rest")
    assert (read.picture_id, read.picture_bits, read.length) == (5, 7, 3)
    assert write_vp8(read, picture_id=5, tl0=0) == b"\x90\x80\x80\x05"


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\x10\x00\0\0\x9d\x01\x2a\x80\x02", True),
        (b"\x10\x01\0\0\x9d\x01\x2a\x80\x02", False),
        (b"\x00\x00\0\0\x9d\x01\x2a\x80\x02", False),
        (b"\x11\x00\0\0\x9d\x01\x2a\x80\x02", False),
        (b"\x10", False),
    ],
)
def test_key_frames_are_known_by_their_first_packet(payload: bytes, key: bool) -> None:
    assert is_key_frame(payload, parse_vp8(payload)) is key


def test_the_width_stands_in_a_key_frame() -> None:
    payload = b"\x10\x00\0\0\x9d\x01\x2a\x80\x42\x68\x01"
    assert frame_width(payload, parse_vp8(payload)) == 640
    assert frame_width(b"\x10\x00\0\0", parse_vp8(b"\x10")) == 0


descriptors = st.builds(
    lambda first, tk, picture_id, tl0, tail: Vp8(
        first & 0x3F,
        tk if picture_id >= 0 or tl0 >= 0 or tk else 0,
        picture_id,
        15 if picture_id >= 0 else 0,
        tl0,
        tail if tk else -1,
        0,
    ),
    st.integers(0, 63),
    st.sampled_from([0, 0x10, 0x20, 0x30]),
    st.integers(-1, 0x7FFF),
    st.integers(-1, 255),
    st.integers(0, 255),
)


@given(descriptors)
def test_what_is_written_reads_back_the_same(descriptor: Vp8) -> None:
    octets = write_vp8(descriptor, picture_id=descriptor.picture_id, tl0=descriptor.tl0)
    assert parse_vp8(octets + b"x") == descriptor._replace(length=len(octets))


@given(st.binary(max_size=12))
def test_junk_raises_nothing_but_its_own_error(payload: bytes) -> None:
    try:
        descriptor = parse_vp8(payload)
    except WireError:
        return
    is_key_frame(payload, descriptor)
    frame_width(payload, descriptor)
