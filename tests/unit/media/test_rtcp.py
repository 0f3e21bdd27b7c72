import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media import rtcp
from server.media.rtp import WireError

U32 = st.integers(0, 0xFFFF_FFFF)
blocks = st.builds(
    rtcp.ReportBlock,
    ssrc=U32,
    fraction=st.integers(0, 255),
    lost=st.integers(-0x80_0000, 0x7F_FFFF),
    highest=U32,
    jitter=U32,
    last_sr=U32,
    delay=U32,
)


@given(U32, st.lists(blocks, max_size=31))
def test_receiver_reports_read_back_the_same(ssrc: int, reports: list[rtcp.ReportBlock]) -> None:
    report = rtcp.ReceiverReport(ssrc, tuple(reports))
    assert rtcp.parse(rtcp.write_receiver_report(report)) == [report]


@given(U32, st.integers(0, 2**64 - 1), U32, U32, U32)
def test_sender_reports_read_back_the_same(
    ssrc: int, ntp: int, ts: int, packets: int, octets: int
) -> None:
    report = rtcp.SenderReport(ssrc, ntp, ts, packets, octets)
    compound = rtcp.write_sender_report(report, "name")
    assert rtcp.parse(compound) == [report]
    assert [kind for kind, _, _ in rtcp.split(compound)] == [rtcp.SR, rtcp.SDES]
    assert len(compound) % 4 == 0


@given(U32, U32, st.integers(0, 0xFFFF), st.lists(st.integers(1, 40), max_size=50))
def test_nacks_read_back_the_same(sender: int, media: int, first: int, steps: list[int]) -> None:
    lost = [first]
    for step in steps:
        lost.append((lost[-1] + step) & 0xFFFF)
    nack = rtcp.Nack(sender, media, tuple(lost))
    assert rtcp.parse(rtcp.write_nack(nack)) == [nack]


def test_numbers_within_sixteen_share_a_word() -> None:
    data = rtcp.write_nack(rtcp.Nack(1, 2, (100, 101, 116, 117)))
    assert data[12:] == struct.pack("!HHHH", 100, 0x8001, 117, 0)


@given(U32, st.integers(0, 2**40), st.lists(U32, max_size=31))
def test_remb_reads_back_but_for_its_last_bits(sender: int, bps: int, ssrcs: list[int]) -> None:
    [read] = rtcp.parse(rtcp.write_remb(rtcp.Remb(sender, bps, tuple(ssrcs))))
    assert isinstance(read, rtcp.Remb)
    assert (read.sender, read.ssrcs) == (sender, tuple(ssrcs))
    assert bps * (1 - 2**-17) <= read.bps <= bps


def test_a_picture_loss_reads_back_the_same() -> None:
    loss = rtcp.PictureLoss(1, 0xFFFF_FFFF)
    assert rtcp.parse(rtcp.write_picture_loss(loss)) == [loss]


def test_a_full_intra_request_is_a_picture_loss() -> None:
    body = struct.pack("!IIIBBH", 9, 0, 77, 1, 0, 0)
    assert rtcp.parse(struct.pack("!BBH", 0x84, 206, 4) + body) == [rtcp.PictureLoss(9, 77)]


def test_padded_transport_feedback_costs_nothing_else_its_place() -> None:
    """aiortc 1.16 drops the whole compound for it."""
    report = rtcp.ReceiverReport(5, ())
    feedback = struct.pack("!BBHIIHHI", 0x80 | 0x20 | 15, 205, 4, 1, 2, 1, 3, 0)[:16] + b"\0\0\0\3"
    after = rtcp.PictureLoss(1, 2)
    compound = rtcp.write_receiver_report(report) + feedback + rtcp.write_picture_loss(after)
    assert rtcp.parse(compound) == [report, after]


def test_transport_feedback_is_never_taken_for_lost_numbers() -> None:
    data = struct.pack("!BBHIIHH", 0x80 | 15, 205, 3, 1, 2, 100, 3)
    assert rtcp.parse(data) == []


@pytest.mark.parametrize("data", [b"\x80", b"\x40\xc8\0\0", b"\x80\xc9\0\x05", b"\xa0\xc9\0\0\xff"])
def test_what_is_no_compound_is_refused(data: bytes) -> None:
    with pytest.raises(WireError):
        list(rtcp.split(data))


@given(st.binary(max_size=120))
def test_junk_raises_nothing(data: bytes) -> None:
    rtcp.parse(data)


@given(st.binary(max_size=60), st.integers(200, 206), st.integers(0, 31))
def test_junk_of_a_known_type_raises_nothing(body: bytes, kind: int, count: int) -> None:
    body += b"\0" * (-len(body) % 4)
    rtcp.parse(struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body)
