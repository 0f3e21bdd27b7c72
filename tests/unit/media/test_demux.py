import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.demux import Arrival, classify, client_random, is_plain_alert, ssrc_of

STUN = b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)
HELLO = b"\x16\xfe\xff\0\0" + bytes(8) + b"\1" + bytes(11) + b"\xfe\xfd" + bytes(range(32)) + b"\0"


@pytest.mark.parametrize(
    ("data", "arrival"),
    [
        (b"", Arrival.JUNK),
        (b"\x80", Arrival.JUNK),
        (STUN, Arrival.STUN),
        (STUN[:19], Arrival.JUNK),
        (b"\0\1\0\0" + bytes(16), Arrival.JUNK),
        (HELLO, Arrival.DTLS),
        (b"\x80\x60" + bytes(20), Arrival.RTP),
        (b"\x80\xe0" + bytes(20), Arrival.RTP),
        (b"\x80\xbf" + bytes(20), Arrival.RTP),
        (b"\x80\xc0" + bytes(20), Arrival.RTCP),
        (b"\x80\xc8" + bytes(20), Arrival.RTCP),
        (b"\x80\xdf" + bytes(20), Arrival.RTCP),
        (b"\x10" + bytes(20), Arrival.JUNK),
        (b"\x40" + bytes(20), Arrival.JUNK),
        (b"\xc0" + bytes(20), Arrival.JUNK),
    ],
)
def test_first_octets_tell_the_protocol(data: bytes, arrival: Arrival) -> None:
    assert classify(data, len(data)) is arrival


@given(st.binary(max_size=40))
def test_junk_raises_nothing(data: bytes) -> None:
    classify(data, len(data))
    is_plain_alert(data)
    client_random(data)


def test_a_client_hello_is_known_by_its_random_octets() -> None:
    assert client_random(HELLO) == bytes(range(32))
    assert client_random(HELLO[:58]) is None
    second_fragment = HELLO[:19] + b"\0\4\x80" + HELLO[22:]
    assert client_random(second_fragment) is None
    assert client_random(b"\x16\xfe\xfd\0\1" + HELLO[5:]) is None
    assert client_random(HELLO[:13] + b"\x02" + HELLO[14:]) is None


def test_only_alerts_that_nothing_protects_are_plain() -> None:
    assert is_plain_alert(b"\x15\xfe\xfd\0\0" + bytes(8) + b"\2\x28")
    assert not is_plain_alert(b"\x15\xfe\xfd\0\1" + bytes(8) + b"\2\x28")
    assert not is_plain_alert(HELLO)


def test_the_ssrc_is_read_from_an_encrypted_packet() -> None:
    assert ssrc_of(bytearray(b"\x80\x60" + bytes(6) + b"\0\0\1\2more")) == 258
