"""What a venue counts, reports and puts together from what it receives."""

from struct import pack, unpack

from hypothesis import given
from hypothesis import strategies as st

from server.simulator.packets import PictureNumbers, read_rtcp, vp8_payloads
from server.simulator.receiving import FrameBuilder, KeyFrameBuilder, Slot, ask_again


def rtp(sequence: int, payload: bytes = b"x", *, marker: bool = True, rtp_time: int = 0) -> bytes:
    return pack("!BBHII", 0x80, marker << 7 | 96, sequence & 0xFFFF, rtp_time, 5) + payload


def slot(kind: str = "video") -> Slot:
    return Slot("0", kind, 5, 90_000)


def test_a_gap_is_told_once_and_counted_as_lost() -> None:
    one = slot()
    assert one.take(0.0, rtp(65_534)) == []
    assert one.take(0.1, rtp(1)) == [65_535, 0]
    assert one.take(0.2, rtp(2)) == []
    assert one.lost == 2
    assert one.take(0.3, rtp(65_535)) == []
    assert one.lost == 1


def test_a_very_large_gap_is_not_asked_for() -> None:
    one = slot()
    one.take(0.0, rtp(0))
    assert one.take(0.1, rtp(100)) == []
    assert one.lost == 99


def test_a_report_tells_the_share_lost_since_the_last_one() -> None:
    one = slot()
    assert one.report_block(0.0) is None
    for sequence in (10, 11, 13, 14):
        one.take(0.0, rtp(sequence))
    one.note_report(1.0, 0xABCD)
    ssrc, loss, highest, _, last, delay = unpack("!IIIIII", one.report_block(1.5) or b"")
    assert (ssrc, loss >> 24, loss & 0xFFFFFF, highest) == (5, 256 // 5, 1, 14)
    assert (last, delay) == (0xABCD, 32_768)
    one.take(2.0, rtp(15))
    loss = unpack("!IIIIII", one.report_block(2.0) or b"")[1]
    assert (loss >> 24, loss & 0xFFFFFF) == (0, 1)


def test_a_report_older_than_the_last_packet_taken_in_tells_no_negative_delay() -> None:
    one = slot()
    one.take(2.0, rtp(1))
    one.note_report(2.0, 0xABCD)
    assert unpack("!IIIIII", one.report_block(1.99) or b"")[5] == 0


def test_only_video_is_asked_for_again() -> None:
    assert ask_again(1, slot("audio"), [4]) is None
    assert ask_again(1, slot(), []) is None
    assert read_rtcp(ask_again(1, slot(), [4, 6]) or b"").missing == [(5, [4, 6])]


KEY, DELTA = b"\x00key" * 700, b"\x01delta"


def packets_of(frames: list[bytes], sequence: int) -> list[bytes]:
    packets = []
    for picture, frame in enumerate(frames):
        payloads = vp8_payloads(frame, PictureNumbers(picture, 0, upper=False))
        for payload in payloads:
            packets.append(rtp(sequence, payload, marker=payload is payloads[-1]))
            sequence += 1
    return packets


@given(st.integers(0, 65_535))
def test_frames_are_put_together_from_the_first_key_frame_on(sequence: int) -> None:
    builder = FrameBuilder()
    packets = packets_of([DELTA, KEY, DELTA, DELTA], sequence)
    built = [frame for packet in packets if (frame := builder.add(packet)) is not None]
    assert built == [KEY, DELTA, DELTA]
    assert not builder.broken


def test_after_a_gap_everything_up_to_the_next_key_frame_is_left_out() -> None:
    builder = FrameBuilder()
    packets = packets_of([KEY, DELTA, DELTA, KEY, DELTA], 65_533)
    del packets[3]
    built = [frame for packet in packets if (frame := builder.add(packet)) is not None]
    assert built == [KEY, KEY, DELTA]


def test_a_repeated_packet_changes_nothing() -> None:
    builder = FrameBuilder()
    packets = packets_of([KEY, DELTA], 1)
    doubled = [packet for packet in packets for _ in range(2)]
    built = [frame for packet in doubled if (frame := builder.add(packet)) is not None]
    assert built == [KEY, DELTA]


@given(st.integers(0, 65_535))
def test_a_glance_takes_only_whole_key_frames(sequence: int) -> None:
    builder = KeyFrameBuilder()
    packets = packets_of([DELTA, KEY, DELTA, KEY, KEY, DELTA], sequence)
    del packets[6]  # one of the second key frame's
    built = [frame for packet in packets if (frame := builder.add(packet)) is not None]
    assert built == [KEY, KEY]
