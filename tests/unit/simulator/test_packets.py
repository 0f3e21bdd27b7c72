"""RTP, RTCP and VP8 payloads: what is written is read, junk raises nothing but ValueError."""

import contextlib

import pytest
from aiortc.rtp import (
    HeaderExtensionsMap,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from server.simulator import packets
from server.simulator.packets import (
    PAYLOAD_ROOM,
    PictureNumbers,
    extension,
    read_extension,
    read_rtcp,
    vp8_body,
    vp8_payloads,
)

HEADER = bytes([0x80, 96]) + bytes(10)
WITH_EXTENSION = bytes([0x90, 96]) + bytes(10)


@given(st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6))
def test_header_extensions_are_read_as_written(elements: dict[int, bytes]) -> None:
    block = extension(elements.items())
    head = WITH_EXTENSION if block else HEADER
    assert read_extension(head + block + b"payload") == (elements, 12 + len(block))


def test_aiortc_reads_a_packet_with_our_extensions() -> None:
    data = WITH_EXTENSION + extension([(4, b"1"), (10, b"h"), (2, b"\1\2\3")]) + b"payload"
    packet = RtpPacket.parse(data, HeaderExtensionsMap())
    assert packet.payload == b"payload"


@given(st.binary(max_size=60))
def test_a_junk_packet_raises_only_value_errors(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        read_extension(data)
    with contextlib.suppress(ValueError):
        read_rtcp(data)
    with contextlib.suppress(ValueError):
        vp8_body(data)


@given(st.binary(min_size=1, max_size=9000), st.integers(0, 0x7FFF), st.booleans())
def test_a_frame_cut_into_payloads_is_whole_again(frame: bytes, picture: int, upper: bool) -> None:
    payloads = vp8_payloads(frame, PictureNumbers(picture, 7, upper))
    parts = [vp8_body(payload) for payload in payloads]
    assert b"".join(body for _, body in parts) == frame
    assert [start for start, _ in parts] == [True] + [False] * (len(parts) - 1)
    assert max(len(body) for _, body in parts) <= PAYLOAD_ROOM


def test_a_descriptor_has_the_bytes_of_rfc_7741() -> None:
    assert vp8_payloads(b"\0", PictureNumbers(0x1234, 9, upper=True))[0] == bytes(
        [0x90, 0xE0, 0x92, 0x34, 9, 0x60, 0]
    )


def test_abs_send_time_wraps_after_64_seconds() -> None:
    assert packets.abs_send_time(1.0) == packets.abs_send_time(65.0) == b"\x04\x00\x00"


def test_aiortc_reads_our_sender_report() -> None:
    data = packets.sender_report(
        7, ntp=packets.ntp_time(0.5), rtp_time=9, packets=3, octets=4, cname=b"abcd"
    )
    report = RtcpPacket.parse(data)[0]
    assert isinstance(report, RtcpSrPacket)
    assert report.ssrc == 7
    assert report.sender_info.ntp_timestamp == 2_208_988_800 << 32 | 1 << 31
    assert (report.sender_info.packet_count, report.sender_info.octet_count) == (3, 4)


def test_aiortc_reads_our_feedback() -> None:
    data = packets.receiver_report(1, [], b"abcd")
    data += packets.picture_loss(1, 2)
    data += packets.negative_acknowledgement(1, 2, [65_535, 0, 3, 40])
    data += packets.bandwidth_estimate(1, 1_000_000, [2, 3])
    report, _, pli, nack, remb = RtcpPacket.parse(data)
    assert isinstance(report, RtcpRrPacket)
    assert isinstance(pli, RtcpPsfbPacket)
    assert (pli.fmt, pli.media_ssrc) == (1, 2)
    assert isinstance(nack, RtcpRtpfbPacket)
    # aiortc 1.16.0 does not wrap the numbers of the mask.
    assert [number & 0xFFFF for number in nack.lost] == [65_535, 0, 3, 40]
    assert isinstance(remb, RtcpPsfbPacket)
    bitrate, ssrcs = unpack_remb_fci(remb.fci)
    assert ssrcs == [2, 3]
    assert bitrate == pytest.approx(1_000_000, rel=0.001)


@given(st.lists(st.integers(0, 65_535), min_size=1, max_size=20, unique=True).map(sorted))
def test_what_is_asked_for_again_is_read_as_written(missing: list[int]) -> None:
    control = read_rtcp(packets.negative_acknowledgement(1, 2, missing))
    assert control.missing == [(2, missing)]


def test_a_full_intra_request_names_every_stream() -> None:
    body = bytes(8) + (5).to_bytes(4) + bytes(4) + (6).to_bytes(4) + bytes(4)
    data = bytes([0x84, 206, 0, len(body) // 4]) + body
    assert read_rtcp(data).key_frames == {5, 6}


def test_a_goodbye_and_reports_are_read() -> None:
    block = (9).to_bytes(4) + bytes(20)
    goodbye = bytes([0x81, 203, 0, 1]) + (8).to_bytes(4)
    control = read_rtcp(packets.receiver_report(1, [block], b"abcd") + goodbye)
    assert control.reported == {9}
    assert control.ended == {8}
