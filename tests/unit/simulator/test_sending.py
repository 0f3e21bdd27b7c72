"""What leaves a venue and when: steps of time in, RTP packets out."""

import random
from itertools import pairwise
from struct import unpack_from

import pytest

from server.simulator.loops import LayerLoop, VenueLoop
from server.simulator.packets import ABS_SEND_TIME, AUDIO_LEVEL, MID, RID, read_extension, vp8_body
from server.simulator.sdp import Section
from server.simulator.sending import RING, Camera, Microphone, Stream, open_stream

EXTENSIONS = {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, MID: 4, RID: 10}
VIDEO = Section("video", "1", accepted=True, payload_type=96, extensions=EXTENSIONS)
AUDIO = Section("audio", "0", accepted=True, payload_type=111, extensions=EXTENSIONS)
LOW, HIGH = 1001, 1002


def frames(size: int) -> tuple[bytes, ...]:
    """Frames that carry their index; each twelfth begins like a key frame."""
    return tuple(bytes([index % 12 != 0, index]) + bytes(size) for index in range(24))


def camera(now: float = 0.0, start: int = 0) -> tuple[Camera, list[Stream]]:
    dice = random.Random(1)  # noqa: S311
    streams = [
        open_stream(VIDEO, LOW, 90_000, "l", dice),
        open_stream(VIDEO, HIGH, 90_000, "h", dice),
    ]
    layers = [LayerLoop("l", 320, 180, frames(10)), LayerLoop("h", 640, 360, frames(2000))]
    return Camera(list(zip(layers, streams, strict=True)), VIDEO, start=start, now=now), streams


def microphone(now: float = 0.0) -> tuple[Microphone, Stream]:
    stream = open_stream(AUDIO, 7, 48_000, None, random.Random(1))  # noqa: S311
    loop = VenueLoop((), (b"one", b"two", b"three"), bytes([10, 20, 60]), b"hush")
    return Microphone(loop, stream, AUDIO, now=now), stream


def shown(packets: list[bytes], ssrc: int) -> list[int]:
    """Return the frame indices that the packets of one SSRC begin."""
    found = []
    for packet in packets:
        start, body = vp8_body(packet[read_extension(packet)[1] :])
        if start and unpack_from("!I", packet, 8)[0] == ssrc:
            found.append(body[1])
    return found


def run(device: Camera | Microphone, start: float, end: float) -> list[bytes]:
    packets: list[bytes] = []
    for step in range(round(start * 50), round(end * 50)):
        packets += device.due(step / 50)
    return packets


def test_both_layers_show_fifteen_frames_a_second_in_step() -> None:
    packets = run(camera()[0], 0.0, 1.0)
    assert shown(packets, LOW) == shown(packets, HIGH) == list(range(15))


def test_the_loop_closes_into_itself() -> None:
    assert shown(run(camera()[0], 0.0, 2.0), LOW) == [*range(24), *range(6)]


def test_a_loop_begins_at_a_key_frame() -> None:
    assert shown(run(camera(start=20)[0], 0.0, 0.1), LOW)[0] == 12


def test_timestamps_follow_the_frames_and_sequence_numbers_have_no_holes() -> None:
    packets = [p for p in run(camera()[0], 0.0, 2.0) if unpack_from("!I", p, 8)[0] == HIGH]
    sequences = [unpack_from("!H", p, 2)[0] for p in packets]
    assert sequences == list(range(sequences[0], sequences[0] + len(packets)))
    times = sorted({unpack_from("!I", p, 4)[0] for p in packets})
    assert {b - a for a, b in pairwise(times)} == {6000}


def test_the_marker_stands_on_the_last_packet_of_each_frame() -> None:
    packets = [p for p in run(camera()[0], 0.0, 0.2) if unpack_from("!I", p, 8)[0] == HIGH]
    assert [p[1] >> 7 for p in packets] == [0, 1] * 3


def test_a_key_frame_wanted_moves_both_layers_on_to_the_next_one() -> None:
    device, _ = camera()
    run(device, 0.0, 0.4)
    device.want_key_frame()
    packets = run(device, 0.4, 0.7)
    assert shown(packets, LOW)[0] == shown(packets, HIGH)[0] == 12


def test_a_key_frame_wanted_again_within_a_moment_waits() -> None:
    device, _ = camera()
    run(device, 0.0, 0.1)
    device.want_key_frame()
    assert 12 not in shown(run(device, 0.1, 0.28), LOW)
    assert 12 in shown(run(device, 0.28, 0.5), LOW)


def test_a_key_frame_wanted_just_before_one_comes_costs_no_frame() -> None:
    device, _ = camera()
    run(device, 0.0, 0.8)
    device.want_key_frame()
    assert shown(run(device, 0.8, 1.0), LOW) == [12, 13, 14]


def test_a_camera_that_was_held_up_leaves_frames_out_instead_of_bursting() -> None:
    device, _ = camera()
    run(device, 0.0, 0.1)
    late = list(device.due(5.0))
    assert len(shown(late, LOW)) == 1


def test_packets_carry_names_until_they_are_known_and_always_their_time() -> None:
    device, streams = camera()
    first = run(device, 0.0, 0.02)[0]
    assert read_extension(first)[0] == {4: b"1", 10: b"l", 2: b"\0\0\0"}
    streams[0].names = []
    assert set(read_extension(run(device, 0.06, 0.1)[0])[0]) == {2}


def test_the_ring_keeps_the_latest_packets_only() -> None:
    stream = open_stream(VIDEO, LOW, 90_000, "l", random.Random(1))  # noqa: S311
    for _ in range(RING + 5):
        stream.packet(b"x", 0, [], marker=False)
    assert len(stream.ring) == RING
    assert stream.packets == RING + 5
    assert next(iter(stream.ring)) == next(iter(stream.ring.keys()))


def test_sequence_numbers_wrap() -> None:
    stream = Stream(1, 96, 90_000, [], sequence=0xFFFF, rtp_start=0)
    packets = [stream.packet(b"x", 0, [], marker=False) for _ in range(2)]
    assert [unpack_from("!H", p, 2)[0] for p in packets] == [0xFFFF, 0]


def test_a_quiet_room_sends_a_packet_each_400_ms() -> None:
    packets = run(microphone()[0], 0.0, 2.0)
    assert len(packets) == 5
    assert {read_extension(p)[0][1] for p in packets} == {bytes([127])}


def test_speech_goes_out_each_20_ms_with_its_levels_and_one_marker() -> None:
    device, _ = microphone()
    run(device, 0.0, 0.5)
    device.speaking = True
    packets = run(device, 0.5, 0.62)
    bodies = [p[read_extension(p)[1] :] for p in packets]
    assert bodies == [b"one", b"two", b"three"] * 2
    assert [read_extension(p)[0][1][0] for p in packets[:3]] == [0x80 | 10, 0x80 | 20, 60]
    assert [p[1] >> 7 for p in packets] == [1, 0, 0, 0, 0, 0]
    times = [unpack_from("!I", p, 4)[0] for p in packets]
    assert {b - a for a, b in pairwise(times)} == {960}


def test_who_begins_to_speak_begins_with_a_word() -> None:
    stream = open_stream(AUDIO, 7, 48_000, None, random.Random(1))  # noqa: S311
    loop = VenueLoop((), (b"pause", b"pause", b"word", b"word"), bytes([127, 90, 20, 10]), b"hush")
    device = Microphone(loop, stream, AUDIO, now=0.0)
    device.speaking = True
    bodies = [p[read_extension(p)[1] :] for p in run(device, 0.0, 0.08)]
    assert bodies == [b"word", b"word", b"pause", b"pause"]


@pytest.mark.parametrize("speaking", [True, False])
def test_a_microphone_that_was_held_up_does_not_burst(speaking: bool) -> None:
    device, _ = microphone()
    device.speaking = speaking
    run(device, 0.0, 0.1)
    assert len(list(device.due(30.0))) <= 1
