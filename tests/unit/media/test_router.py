"""Whole rooms without a socket: packets and the time in, packets out."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.media import rtcp
from server.media.model import Choice, Layer
from server.media.rtp import HEADER, Packet, WireError
from server.media.sdp import parse_offer
from server.media.timeline import ntp_from_unix
from tests.unit.media.cores import CORES, make_core
from tests.unit.media.house import House, read
from tests.unit.media.offers import offer, speaker


@pytest.fixture(params=CORES)
def house(request: pytest.FixtureRequest) -> House:
    return House(make_core(request.param))


def shown(sends: list[tuple[str, Packet]]) -> list[str]:
    return [to for to, _ in sends]


def test_a_slot_starts_at_a_key_frame_which_is_asked_for(house: House) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1")
    house.video(sender, 10)
    house.router.choose(house.now, "1", {0: Choice("12")})
    assert (("12"), rtcp.PictureLoss(1, 1001)) in house.asked()
    assert house.video(sender, 11) == []
    [(to, packet)] = house.video(sender, 12, key=True)
    assert (to, packet.ssrc, packet.payload_type) == ("1", viewer.slots[0].ssrc, 96)
    assert len(packet.extension_value(2) or b"") == 3
    [(_, following)] = house.video(sender, 13)
    assert following.seq == (packet.seq + 1) & 0xFFFF


@pytest.mark.parametrize(("layer", "rid"), [("high", "h"), ("low", "l")])
def test_the_layer_wished_for_is_shown(house: House, layer: Layer, rid: str) -> None:
    sender = house.publisher("12")
    house.viewer("1")
    for name in "lh":
        house.video(sender, 1, rid=name, key=True)
    house.later(1.2)
    for name in "lh":
        house.video(sender, 2, rid=name)
    house.router.choose(house.now, "1", {0: Choice("12", layer)})
    for name in "lh":
        assert bool(house.video(sender, 3, rid=name, key=True)) is (name == rid)


def test_a_layer_that_falls_silent_is_replaced_and_taken_again(house: House) -> None:
    sender = house.publisher("12")
    house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    for name in "lh":
        house.video(sender, 1, rid=name, key=True)
    house.later(0.3)
    house.video(sender, 2, rid="l")
    house.later(0.3)
    house.video(sender, 3, rid="l")
    house.router.adjust(house.now)
    assert shown(house.video(sender, 4, rid="l", key=True)) == ["1"]
    for turn in range(12):
        house.later(0.1)
        house.video(sender, 2 + turn, rid="h")
        assert shown(house.video(sender, 5 + turn, rid="l")) == ["1"]
    house.router.adjust(house.now)
    assert shown(house.video(sender, 14, rid="h", key=True)) == ["1"]
    assert house.video(sender, 30, rid="l") == []


def test_a_switch_between_publishers_continues_every_number(house: House) -> None:
    one, two = house.publisher("12"), house.publisher("13")
    house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    [(_, a)] = house.video(one, 500, key=True)
    house.video(two, 9, key=True)
    house.router.choose(house.now, "1", {0: Choice("13")})
    [(_, b)] = house.video(one, 501)
    house.later(0.5)
    [(_, c)] = house.video(two, 10, key=True)
    assert house.video(one, 502) == []
    assert [(p.seq - a.seq) & 0xFFFF for p in (a, b, c)] == [0, 1, 2]
    assert (c.ts - b.ts) & 0xFFFFFFFF == 45_000
    pictures = [int.from_bytes(p.payload[2:4], "big") & 0x7FFF for p in (a, b, c)]
    assert [(p - pictures[0]) & 0x7FFF for p in pictures] == [0, 1, 2]
    assert [(p.payload[4] - a.payload[4]) & 0xFF for p in (a, b, c)] == [0, 1, 2]


def test_padding_takes_no_number(house: House) -> None:
    sender = house.publisher("12")
    house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    [(_, first)] = house.video(sender, 1, key=True)
    padding = HEADER.pack(0xA0, 96, 2, 0, 1001) + bytes(3) + b"\4"
    assert house.take(sender, padding) == []
    [(_, second)] = house.video(sender, 3)
    assert (second.seq - first.seq) & 0xFFFF == 1


def test_retransmissions_come_back_into_their_stream_and_probes_go_nowhere(house: House) -> None:
    sender = house.publisher("12")
    house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    [(_, first)] = house.video(sender, 1, key=True)
    [(_, third)] = house.video(sender, 3)
    house.asked()
    house.later(0.02)
    house.router.repair(house.now)
    assert ("12", rtcp.Nack(1, 1001, (2,))) in house.asked()
    extension = bytes.fromhex("bede0001") + bytes((11 << 4, ord("h"), 0, 0))
    head = HEADER.pack(0x90, 97, 70, 6000, 5000) + extension
    assert house.take(sender, head) == []
    lost = b"\0\2" + bytes((0x90, 0xE0, 0x80, 2, 2, 32)) + b"\1late"
    [(_, second)] = house.take(sender, head + lost)
    assert [(p.seq - first.seq) & 0xFFFF for p in (second, third)] == [1, 2]
    assert house.take(sender, head + lost) == []


def test_a_viewers_loss_is_sent_again_as_it_was(house: House) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    [(_, packet)] = house.video(sender, 1, key=True)
    nack = rtcp.write_nack(
        rtcp.Nack(9, viewer.slots[0].ssrc, (packet.seq, packet.seq + 1 & 0xFFFF))
    )
    house.router.handle_rtcp(house.now, viewer, nack)
    [(to, again)] = read(house.core.take())
    assert to == "1"
    assert (again.seq, again.ts, again.payload) == (packet.seq, packet.ts, packet.payload)
    stranger = rtcp.write_nack(rtcp.Nack(9, 12345, (packet.seq,)))
    house.router.handle_rtcp(house.now, viewer, stranger)
    assert house.core.take() == []


def test_a_viewers_wish_for_a_key_frame_reaches_the_publisher_at_most_twice_a_second(
    house: House,
) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    house.video(sender, 1, key=True)
    house.asked()
    house.later(1.0)
    loss = rtcp.write_picture_loss(rtcp.PictureLoss(9, viewer.slots[0].ssrc))
    for _ in range(5):
        house.router.handle_rtcp(house.now, viewer, loss)
    assert house.asked() == [("12", rtcp.PictureLoss(1, 1001))]
    house.later(0.5)
    house.router.repair(house.now)
    assert house.asked() == [("12", rtcp.PictureLoss(1, 1001))]


def test_voices_are_the_three_loudest_and_never_ones_own(house: House) -> None:
    members = [house.publisher(str(number)) for number in range(5)]
    house.viewer("v", video=0, audio=3)
    for turn in range(20):
        for number, member in enumerate(members):
            house.audio(member, turn, level=20 * (number + 1))
    house.later(3.0)
    for turn in range(20, 40):
        for number, member in enumerate(members):
            house.audio(member, turn, level=20 * (number + 1))
        house.router.adjust(house.now)
    heard = [bool(house.audio(member, 41)) for member in members]
    assert heard == [True, True, True, False, False]
    talker = house.router.add_peer(
        "0b",
        parse_offer(offer(speaker(), speaker())),
        room="r",
        source="0",
        to=house.core.target("0b"),
    )
    house.router.adjust(house.now)
    assert "0b" not in shown(house.audio(members[0], 42))
    assert "0b" in shown(house.audio(members[1], 42))
    assert len(talker.slots) == 2


def test_who_is_called_in_a_roll_call_is_told_as_a_voice_only_once_it_speaks(house: House) -> None:
    quiet, main = house.publisher("12"), house.publisher("0")
    house.router.set_audible(house.now, "r", frozenset({"0"}))
    for turn in range(10):
        house.audio(quiet, turn, level=20)
        house.audio(main, turn, level=20)
    house.router.adjust(house.now)
    [room] = house.router.voices_changed
    assert room.speaking == ("0",)
    house.router.set_audible(house.now, "r", frozenset({"0", "12"}))
    assert room.voices.places == ("0", "12")
    assert room.speaking == ("0",), "what it said before it was called is no answer"
    for turn in range(10, 20):
        house.audio(quiet, turn, level=127)
    house.router.adjust(house.now)
    assert room.speaking == ("0",)
    for turn in range(20, 25):
        house.audio(quiet, turn, level=30)
    house.router.adjust(house.now)
    assert room.speaking == ("0", "12")
    house.later(2.0)
    house.router.adjust(house.now)
    assert room.speaking == ()


def test_who_is_given_the_floor_is_heard_with_the_next_packet_though_others_are_loud(
    house: House,
) -> None:
    members = [house.publisher(str(number)) for number in range(4)]
    house.viewer("v", video=0, audio=3)
    heard = frozenset({"0", "1", "2"})
    house.router.set_audible(house.now, "r", heard)
    for turn in range(10):
        for member in members:
            house.audio(member, turn, level=20)
    house.router.adjust(house.now)
    assert shown(house.audio(members[2], 11)) == ["v"]
    house.router.set_audible(house.now, "r", heard | {"3"}, frozenset({"3"}))
    assert shown(house.audio(members[3], 11)) == ["v"]


def test_a_muted_source_is_silent_with_the_next_packet_even_when_chosen(house: House) -> None:
    sender = house.publisher("12")
    house.viewer("1", video=0, audio=2)
    house.audio(sender, 1)
    house.router.choose(house.now, "1", {1: Choice("12")})
    assert len(house.audio(sender, 2)) == 2
    house.router.set_audible(house.now, "r", frozenset())
    assert house.audio(sender, 3) == []
    house.router.choose(house.now, "1", {1: Choice("12")})
    assert house.audio(sender, 4) == []
    house.router.set_audible(house.now, "r", frozenset({"12"}))
    assert len(house.audio(sender, 5)) == 2


def test_the_newest_publisher_of_a_name_counts_and_the_older_is_the_reserve(house: House) -> None:
    old = house.publisher("old", source="12")
    house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    assert shown(house.video(old, 1, key=True)) == ["1"]
    new = house.publisher("new", source="12")
    assert shown(house.video(old, 2)) == ["1"]
    assert shown(house.video(new, 1, key=True)) == ["1"]
    assert house.video(old, 3, key=True) == []
    house.router.remove_peer(house.now, "new")
    assert shown(house.video(old, 4, key=True)) == ["1"]


def test_rooms_are_apart(house: House) -> None:
    sender = house.publisher("12", room="north")
    house.viewer("1", audio=1, room="south")
    house.router.choose(house.now, "1", {0: Choice("12"), 1: Choice("12")})
    assert house.video(sender, 1, key=True) == []
    assert house.audio(sender, 1) == []


def test_a_slot_that_is_not_there_changes_nothing(house: House) -> None:
    sender = house.publisher("12")
    house.viewer("1")
    with pytest.raises(IndexError):
        house.router.choose(house.now, "1", {0: Choice("12"), 3: Choice("12")})
    assert house.video(sender, 1, key=True) == []


def test_sender_reports_are_told_on_the_servers_clock(house: House) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    [(_, packet)] = house.video(sender, 1, key=True, ts=9_000)
    house.asked()
    report = rtcp.SenderReport(1001, ntp_from_unix(55.0), 9_000, 1, 1)
    house.router.handle_rtcp(house.now, sender, rtcp.write_sender_report(report, "x"))
    [(to, told)] = house.asked()
    assert isinstance(told, rtcp.SenderReport)
    assert (to, told.ssrc, told.ts) == ("1", viewer.slots[0].ssrc, packet.ts)
    assert abs(told.ntp - ntp_from_unix(1_000_100.0)) < 2**20


def test_a_publisher_is_told_what_arrives_and_what_it_may_send(house: House) -> None:
    sender = house.publisher("12")
    for seq in (1, 2, 4):
        house.video(sender, seq)
    [health] = house.router.report(house.now)
    told = house.asked()
    [report] = [m for _, m in told if isinstance(m, rtcp.ReceiverReport)]
    [remb] = [m for _, m in told if isinstance(m, rtcp.Remb)]
    assert report.reports[0].lost == 1
    assert remb.ssrcs == (1001,)
    assert (health.source, health.fps, health.loss_percent) == ("12", 3.0, 25.0)


def test_a_lossy_viewer_is_served_lower_layers_and_at_last_sound_only(house: House) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1", audio=1)
    house.router.choose(house.now, "1", {0: Choice("12")})
    ssrc = viewer.slots[0].ssrc
    highest = lost = 0
    seen = []
    for seq in range(1, 40):
        for part in range(4):
            house.later(0.25)
            for name in "lh":
                house.video(sender, 8 * seq + part, rid=name)
        house.router.adjust(house.now)
        keys = [house.video(sender, 8 * seq + 4, rid=name, key=True) for name in "lh"]
        seen.append([name for name, sends in zip("lh", keys, strict=True) if sends])
        house.audio(sender, seq)
        highest, lost = highest + 100, lost + 40
        block = rtcp.ReportBlock(ssrc, 0, lost, highest, 0, 0, 0)
        data = rtcp.write_receiver_report(rtcp.ReceiverReport(9, (block,)))
        house.router.handle_rtcp(house.now, viewer, data)
        house.router.report(house.now)
    assert seen[2] == ["h"]
    assert ["l"] in seen
    assert seen[-1] == []
    assert shown(house.audio(sender, 41)) == ["1"]


def test_the_upper_temporal_layer_can_be_left_out_without_a_hole(house: House) -> None:
    sender, viewer = house.publisher("12"), house.viewer("1")
    house.router.choose(house.now, "1", {0: Choice("12")})
    house.video(sender, 1, key=True)
    viewer.ladder.rung = 3
    house.router.adjust(house.now)
    out = [house.video(sender, seq, tid=seq & 1) for seq in range(2, 12)]
    seqs = [packet.seq for sends in out for _, packet in sends]
    assert len(seqs) == 5
    assert [(b - a) & 0xFFFF for a, b in itertools.pairwise(seqs)] == [1] * 4


def test_a_peer_may_only_learn_the_server_its_own_layers(house: House) -> None:
    sender = house.publisher("12")
    assert house.video(sender, 1, rid="h", ssrc=1) == []
    assert house.video(sender, 2, rid="h", ssrc=2) == []
    assert list(sender.ingress.streams) == [2]
    with pytest.raises(WireError):
        house.take(sender, b"\x80")


@pytest.mark.parametrize("name", CORES)
@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 2**32), st.sampled_from([96, 97, 111]))
def test_junk_payloads_raise_nothing_but_wire_errors(
    name: str, rest: bytes, salt: int, kind: int
) -> None:
    house = House(make_core(name))
    sender, viewer = house.publisher("12"), house.viewer("1", audio=1)
    house.router.choose(house.now, "1", {0: Choice("12")})
    house.video(sender, 1, key=True)
    for ssrc in (1001, 1000, salt & 0xFFFFFFFF):
        for first in (0x80, 0x90, 0xB0):
            try:
                house.take(sender, HEADER.pack(first, kind, salt & 0xFFFF, 0, ssrc) + rest)
            except WireError:
                continue
    house.router.handle_rtcp(house.now, viewer, rest)
    house.router.repair(house.now + 1)
    house.router.adjust(house.now + 1)
    house.router.report(house.now + 1)
