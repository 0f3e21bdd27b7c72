import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.rtp import HEADER, WireError, extend, parse_rtp


def packet(
    *, first: int = 0x80, second: int = 0x60, seq: int = 7, rest: bytes = b"payload"
) -> bytes:
    return HEADER.pack(first, second, seq, 1000, 0xABCD) + rest


def test_a_plain_packet_is_read() -> None:
    read = parse_rtp(packet(second=0xE0))
    assert (read.payload_type, read.marker, read.seq, read.ts, read.ssrc) == (
        0x60,
        0x80,
        7,
        1000,
        0xABCD,
    )
    assert read.payload == b"payload"


def test_padding_is_taken_off_and_padding_alone_is_an_empty_payload() -> None:
    assert parse_rtp(packet(first=0xA0, rest=b"ab\0\0\3")).payload == b"ab"
    assert parse_rtp(packet(first=0xA0, rest=b"\0\0\3")).payload == b""


def test_extensions_of_both_forms_are_found() -> None:
    one = bytes.fromhex("bede0002") + b"\x10\x2a\0\x52abc"
    read = parse_rtp(packet(first=0x90, rest=one + b"x"))
    assert read.extension_value(1) == b"\x2a"
    assert read.extension_value(5) == b"abc"
    assert read.extension_value(2) is None
    two = bytes.fromhex("10000002") + b"\x01\x01\x2a\0\x05\x02ab"
    read = parse_rtp(packet(first=0x90, rest=two + b"x"))
    assert read.extension_value(1) == b"\x2a"
    assert read.extension_value(5) == b"ab"


def test_contributing_sources_are_skipped() -> None:
    assert parse_rtp(packet(first=0x82, rest=b"\0" * 8 + b"x")).payload == b"x"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        packet()[:11],
        packet(first=0x40),
        packet(first=0x8F, rest=b""),
        packet(first=0x90, rest=b"\xbe\xde"),
        packet(first=0x90, rest=b"\xbe\xde\0\x05abcd"),
        packet(first=0xA0, rest=b"abc\0"),
        packet(first=0xA0, rest=b"abc\x09"),
    ],
)
def test_nonsense_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        parse_rtp(data)


@given(st.binary(max_size=80), st.integers(0, 255))
def test_junk_raises_nothing_but_its_own_error(data: bytes, number: int) -> None:
    try:
        read = parse_rtp(data)
    except WireError:
        return
    read.extension_value(number)


@pytest.mark.parametrize(
    ("newest", "value", "number"),
    [
        (65_534, 2, 65_538),
        (65_534, 65_530, 65_530),
        (65_538, 65_530, 65_530),
        (65_538, 3, 65_539),
        (70_000, 4_464, 70_000),
        (65_536, 32_768, 32_768),
        (65_536, 32_767, 98_303),
    ],
)
def test_numbers_are_extended_to_the_nearest(newest: int, value: int, number: int) -> None:
    assert extend(newest, value) == number


@given(st.integers(1 << 16, 1 << 40), st.integers(-32_768, 32_767))
def test_extending_undoes_the_wrap(newest: int, step: int) -> None:
    assert extend(newest, (newest + step) & 0xFFFF) == newest + step
