from server.media.reports import (
    PublisherClock,
    ReceptionReports,
    StreamClock,
    ViewerLoss,
    round_trip_ms,
    sender_report,
)
from server.media.rtcp import ReportBlock, SenderReport
from server.media.timeline import Timeline, ntp_from_unix, unix_from_ntp


def block(*, ssrc: int = 1, highest: int = 0, lost: int = 0, **more: int) -> ReportBlock:
    return ReportBlock(ssrc, 0, lost, highest, 0, more.get("last_sr", 0), more.get("delay", 0))


def test_the_worked_example_of_a_streams_clock_holds() -> None:
    clock, stream = PublisherClock(), StreamClock(90_000)
    assert stream.timestamp_at(150.1, clock) is None
    clock.note(150.0, 100.0)
    stream.note(0.0, SenderReport(1, ntp_from_unix(100.0), 9_000, 0, 0))
    assert stream.timestamp_at(150.1, clock) == 18_000


def test_sound_and_picture_of_a_publisher_stay_together_on_the_servers_clock() -> None:
    """The reports of sound and picture took different times to arrive; the offset is one."""
    clock, sound, picture = PublisherClock(), StreamClock(48_000), StreamClock(90_000)
    clock.note(1_000.030, 5.0)
    sound.note(0.0, SenderReport(1, ntp_from_unix(5.0), 0, 0, 0))
    clock.note(1_000.110, 5.1)
    picture.note(0.0, SenderReport(2, ntp_from_unix(5.1), 900_000, 0, 0))
    at = 1_001.010
    heard = sound.timestamp_at(at, clock)
    seen = picture.timestamp_at(at, clock)
    assert heard is not None
    assert seen is not None
    captured_sound = 5.0 + heard / 48_000
    captured_picture = 5.1 + (seen - 900_000) / 90_000
    assert abs(captured_sound - captured_picture) < 0.0001


def test_a_publishers_clock_follows_the_quickest_report_and_a_jump() -> None:
    clock = PublisherClock()
    clock.note(100.5, 50.0)
    clock.note(101.2, 51.0)
    assert clock.offset is not None
    assert abs(clock.offset - 50.2) < 0.001
    clock.note(102.9, 52.0)
    assert abs(clock.offset - 50.2) < 0.001
    clock.note(200.0, 90.0)
    assert clock.offset == 110.0


def test_a_report_block_tells_the_share_since_the_last() -> None:
    reports, clock = ReceptionReports(), StreamClock(90_000)
    first = reports.block(1.0, ssrc=9, received=90, gaps=10, newest=70_000, clock=clock)
    assert (first.fraction, first.lost, first.highest, first.delay) == (25, 10, 70_000, 0)
    clock.note(1.0, SenderReport(9, 0x1_2345_0000_0000, 0, 0, 0))
    second = reports.block(1.5, ssrc=9, received=190, gaps=10, newest=70_100, clock=clock)
    assert (second.fraction, second.last_sr, second.delay) == (0, 0x2345_0000, 32_768)


def test_the_round_trip_is_what_is_left_of_the_way_and_back() -> None:
    sent = 1_000_000.25
    last_sr = ntp_from_unix(sent) >> 16 & 0xFFFF_FFFF
    answered = block(last_sr=last_sr, delay=32_768)
    assert round_trip_ms(sent + 0.58, answered) == 80
    assert round_trip_ms(sent + 0.40, answered) == 0
    assert round_trip_ms(sent + 60, answered) is None
    assert round_trip_ms(sent, block()) is None


def test_a_slots_report_is_on_the_servers_clock() -> None:
    report = sender_report(ssrc=4, server_unix=1_000.5, ts=77, packets=2**32 + 1, octets=9)
    assert abs(unix_from_ntp(report.ntp) - 1_000.5) < 1e-6
    assert (report.ssrc, report.ts, report.packets, report.octets) == (4, 77, 1, 9)


def test_a_viewers_loss_is_the_share_over_all_its_slots() -> None:
    loss = ViewerLoss()
    assert loss.take() is None
    loss.note(block(highest=100))
    loss.note(block(ssrc=2, highest=0xFFFF_FFF0))
    loss.note(block(highest=160, lost=6))
    loss.note(block(ssrc=2, highest=0x20, lost=0))
    assert loss.take() == 6 / (60 + 48)
    assert loss.take() is None


def test_the_timeline_never_jumps_and_never_runs_backwards() -> None:
    timeline = Timeline(100.0, 1_000.0)
    assert timeline.unix_ms(100.5) == 1_000_500
    timeline.follow(101.0, 991.0)
    assert abs(timeline.unix(101.0) - 1_000.95) < 1e-9
    before = timeline.unix(101.0)
    for second in range(102, 400):
        timeline.follow(float(second), 890.0 + second)
        assert timeline.unix(float(second)) > before
        before = timeline.unix(float(second))
    assert abs(before - 1_289.0) < 1e-6
