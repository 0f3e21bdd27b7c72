"""What a tape takes of a room, and what it does when the disk cannot follow."""

from collections import Counter

import pytest

from server.media import rtcp
from server.media.core.plain import PlainCore
from server.media.model import RecordingPlan
from server.media.recording.journal import Gap, Line, TrackBegan, TrackEnded, Wanted
from server.media.recording.segments import Block, clock_of, packets_of
from server.media.recording.tape import Missed, Report, Space, Tape, Trouble
from server.media.timeline import ntp_from_unix
from tests.unit.media.house import House

ALL = RecordingPlan(None, None)
PROGRAMME = RecordingPlan(("1",), (), voices=True, shown="1")


class Basket:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.behind = False
        self.blocks: list[Block] = []
        self.lines: list[Line] = []
        self.cuts: list[int] = []
        self.ended = ""
        self.says: list[Report] = []

    def is_behind(self) -> bool:
        return self.behind

    def put(self, blocks: list[Block], lines: list[Line]) -> None:
        self.blocks += blocks
        self.lines += lines

    def cut(self, at_us: int) -> None:
        self.cuts.append(at_us)

    def end(self, at_us: int, why: str) -> None:
        self.ended = why

    def reports(self) -> list[Report]:
        said, self.says = self.says, []
        return said


class Studio(House):
    """A room that is recorded into a basket."""

    def __init__(self) -> None:
        super().__init__(PlainCore())
        self.basket = Basket()
        self.tape = Tape(self.router.room("r"), self.basket, lambda now: int(now * 1e6))

    def record(self, plan: RecordingPlan) -> None:
        self.router.record(self.now, self.tape, plan)

    def collect(self) -> Counter[str]:
        """Return how many packets of each source and layer have come to the basket so far."""
        self.tape.collect(self.now)
        names = {one.track: one.source + one.rid for one in self.tracks()}
        return Counter(
            names[block.track] for block in self.basket.blocks for _ in packets_of(block)
        )

    def tracks(self) -> list[TrackBegan]:
        return [line for line in self.basket.lines if isinstance(line, TrackBegan)]

    def gaps(self) -> list[Gap]:
        return [line for line in self.basket.lines if isinstance(line, Gap)]


@pytest.fixture
def studio() -> Studio:
    return Studio()


def test_everything_is_the_best_layer_and_the_sound_of_everybody_in_it(studio: Studio) -> None:
    one, two = studio.publisher("1"), studio.publisher("2")
    studio.record(ALL)
    counts = []
    for seq in range(30):
        studio.video(one, seq, rid="l", key=seq == 0)
        studio.video(one, seq, rid="h", key=seq == 0)
        studio.audio(two, seq)
        studio.router.adjust(studio.now)
        counts.append(studio.collect())
        studio.later(0.2)
    # the better layer is taken once it has come for a second, the other lingers for three
    first = next(turn for turn, count in enumerate(counts) if "1h" in count)
    assert first == 6
    assert counts[-1] == {"1h": 30 - first, "1l": 21, "2": 30}


def test_a_new_picture_is_asked_for_a_key_frame_again_until_it_comes(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.video(one, 1)
    studio.asked()
    studio.record(ALL)
    assert [type(message) for _, message in studio.asked()] == [rtcp.PictureLoss]
    studio.later(0.6)
    studio.router.repair(studio.now)
    assert [type(message) for _, message in studio.asked()] == [rtcp.PictureLoss]
    studio.video(one, 2, key=True)
    studio.later(0.6)
    studio.router.repair(studio.now)
    assert studio.asked() == []


def test_a_key_frame_is_asked_for_when_the_last_is_long_ago(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.video(one, 1, key=True)
    studio.asked()
    studio.later(14.9)
    studio.video(one, 2)
    studio.router.adjust(studio.now)
    assert studio.asked() == []
    studio.later(0.2)
    studio.router.adjust(studio.now)
    assert [type(message) for _, message in studio.asked()] == [rtcp.PictureLoss]


def test_who_is_muted_is_not_recorded_from_the_next_packet_on(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.audio(one, 1)
    studio.router.set_audible(studio.now, "r", frozenset())
    studio.audio(one, 2)
    studio.router.set_audible(studio.now, "r", frozenset({"1"}))
    studio.audio(one, 3)
    assert studio.collect() == {"1": 2}
    assert len(studio.tracks()) == 2


def test_the_programme_is_the_picture_shown_and_the_three_voices(studio: Studio) -> None:
    members = [studio.publisher(str(number)) for number in range(1, 6)]
    studio.record(PROGRAMME)
    for seq in range(2):
        for number, member in enumerate(members):
            studio.audio(member, seq, level=20 + 20 * number)
            studio.video(member, seq, key=seq == 0)
    studio.router.adjust(studio.now)
    found = studio.collect()
    assert found["1h"] == 2
    assert sorted(name for name in found if not name.endswith("h")) == ["1", "2", "3"]


def test_a_picture_that_is_switched_away_from_goes_on_until_the_next_can_begin(
    studio: Studio,
) -> None:
    one, two = studio.publisher("1"), studio.publisher("2")
    studio.record(PROGRAMME)
    studio.video(one, 1, key=True)
    studio.video(two, 1, key=True, ssrc=3000)
    studio.record(RecordingPlan(("2",), (), voices=True, shown="2"))
    studio.video(one, 2)
    studio.video(two, 2, ssrc=3000)
    assert studio.collect() == {"1h": 2, "2h": 1}
    studio.later(3.1)
    studio.router.adjust(studio.now)
    studio.router.adjust(studio.now)
    studio.video(one, 3)
    assert studio.collect()["1h"] == 2
    shown = [line.shown for line in studio.basket.lines if isinstance(line, Wanted)]
    assert shown == ["1", "2"]


def test_a_repeat_is_kept_once_and_a_packet_without_its_extension(
    studio: Studio,
) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.video(one, 1, key=True)
    studio.video(one, 1, key=True)
    assert studio.collect() == {"1h": 1}
    [taken] = packets_of(studio.basket.blocks[0])
    assert taken.packet[0] == 0x80
    assert len(taken.packet) == 12 + 6 + 8


def test_sender_reports_place_both_kinds_on_one_clock(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.video(one, 1, key=True, ts=9_000)
    report = rtcp.SenderReport(1001, ntp_from_unix(55.0), 9_000, 1, 1)
    studio.router.handle_rtcp(studio.now, one, rtcp.write_sender_report(report, "x"))
    studio.collect()
    [(ts, moment)] = [note for block in studio.basket.blocks for note in clock_of(block)]
    assert ts == 9_000
    assert abs(moment - 1_000_100_000_000) <= 2


def test_a_track_ends_with_its_connection_and_another_begins_with_the_next(
    studio: Studio,
) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.audio(one, 1)
    studio.router.remove_peer(studio.now, "1")
    studio.audio(studio.publisher("1b", source="1"), 1)
    studio.collect()
    assert [one.peer for one in studio.tracks()] == ["1", "1b"]
    assert [line.track for line in studio.basket.lines if isinstance(line, TrackEnded)] == [0]


def test_segments_are_cut_about_every_two_seconds(studio: Studio) -> None:
    for _ in range(50):
        studio.collect()
        studio.later(0.24)
    spans = [b - a for a, b in zip(studio.basket.cuts, studio.basket.cuts[1:], strict=False)]
    assert all(abs(span - 1_920_000) < 10 for span in spans)


def test_what_the_disk_cannot_take_is_left_out_to_the_end_of_a_segment(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    kept = 0
    for turn in range(26):
        studio.audio(one, turn)
        studio.basket.behind = turn in (3, 4)
        kept = studio.collect()["1"]
        studio.later(0.24)
    assert studio.tape.state == "writing"
    [gap] = studio.gaps()
    assert gap.why == "disk"
    assert gap == studio.tape.gaps[0]
    assert kept == 26 - round((gap.until_us - gap.from_us) / 240_000) - 1


def test_recording_rests_while_the_disk_is_full_and_goes_on_by_itself(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.basket.says = [Space(4, 100)]
    studio.audio(one, 1)
    assert studio.collect() == {}
    assert studio.tape.state == "full"
    studio.later(2.0)
    studio.basket.says = [Space(5, 100)]
    studio.collect()
    assert studio.tape.state == "full"
    studio.later(2.0)
    studio.basket.says = [Space(50, 100)]
    studio.audio(one, 2)
    assert studio.collect()["1"] == 1
    assert [(gap.until_us - gap.from_us, gap.why) for gap in studio.gaps()] == [(4_000_000, "full")]


def test_a_disk_that_fails_is_tried_again_and_the_gap_begins_where_it_failed(
    studio: Studio,
) -> None:
    studio.record(ALL)
    studio.basket.says = [Trouble("input/output error", 99_000_000)]
    studio.collect()
    assert studio.tape.state == "failed"
    studio.basket.says = [Space(50, 100)]
    studio.later(2.0)
    studio.collect()
    assert [(gap.from_us, gap.why) for gap in studio.gaps()] == [(99_000_000, "failed")]


def test_what_is_missing_from_before_is_told_once(studio: Studio) -> None:
    studio.record(ALL)
    studio.basket.says = [Missed(1, 2)]
    studio.collect()
    assert studio.tape.gaps == [Gap(1, 2, "restart")]
    assert studio.gaps() == []


def test_the_end_hands_over_everything(studio: Studio) -> None:
    one = studio.publisher("1")
    studio.record(ALL)
    studio.audio(one, 1)
    studio.router.end_recording(studio.now, "r", "stopped")
    assert sum(len(list(packets_of(block))) for block in studio.basket.blocks) == 1
    assert studio.basket.ended == "stopped"
    studio.audio(one, 2)
    assert [s.track for p in one.publications for s in p.streams] == [None]


def test_a_recording_that_ends_in_a_gap_says_so(studio: Studio) -> None:
    studio.record(ALL)
    studio.basket.says = [Space(1, 100)]
    studio.collect()
    studio.later(5.0)
    studio.router.end_recording(studio.now, "r", "closed")
    assert [gap.why for gap in studio.gaps()] == ["full"]
