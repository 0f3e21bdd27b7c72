"""Loops: within their rates, readable in every frame, kept from run to run."""

import io
from pathlib import Path

import av
import pytest
from PIL import Image

from server.simulator import loops
from server.simulator.loops import (
    FRAMES,
    KEY_EVERY,
    SPEECH_SECONDS,
    VenueLoop,
    load_loops,
    loop_path,
    make_and_save,
    make_loop,
    pack_loop,
    unpack_loop,
)
from server.simulator.mark import Mark, read
from server.simulator.pictures import FontMissingError, RoomPainter, find_font, wall_colour
from server.simulator.sounds import PACKET_SAMPLES, RATE, SILENT_LEVEL, babble, level
from server.simulator.watcher import luma


@pytest.fixture(scope="module")
def loop() -> VenueLoop:
    return make_loop(9, "枫林坊居委会")


def marks_of(frames: tuple[bytes, ...] | list[bytes]) -> list[Mark | None]:
    decoder = av.CodecContext.create("vp8", "r")
    return [read(luma(picture)) for frame in frames for picture in decoder.decode(av.Packet(frame))]


def test_both_layers_have_key_frames_at_the_same_places_and_nowhere_else(loop: VenueLoop) -> None:
    for layer in loop.layers:
        keys = [index for index, frame in enumerate(layer.frames) if not frame[0] & 1]
        assert keys == list(range(0, FRAMES, KEY_EVERY))


def test_every_frame_of_both_layers_shows_its_venue_and_its_number(loop: VenueLoop) -> None:
    for layer in loop.layers:
        assert marks_of(layer.frames) == [Mark(9, index) for index in range(FRAMES)]


def test_the_base_temporal_layer_is_decodable_alone_and_much_smaller(loop: VenueLoop) -> None:
    low = loop.layers[0]
    base = low.frames[::2]
    assert marks_of(base) == [Mark(9, index) for index in range(0, FRAMES, 2)]
    assert sum(map(len, base)) < 0.8 * sum(map(len, low.frames))


def test_an_upper_frame_needs_nothing_but_the_base_layer(loop: VenueLoop) -> None:
    frames = loop.layers[0].frames
    whole, joining = (av.CodecContext.create("vp8", "r") for _ in range(2))
    last = None
    for frame in frames[:12]:
        last = whole.decode(av.Packet(frame))[0]
    seen = None
    for frame in [*frames[:11:2], frames[11]]:
        seen = joining.decode(av.Packet(frame))[0]
    assert last is not None
    assert seen is not None
    assert bytes(seen.planes[0]) == bytes(last.planes[0])


def test_layers_stay_within_their_rates(loop: VenueLoop) -> None:
    rates = [sum(map(len, layer.frames)) * 8 / 8.0 for layer in loop.layers]
    assert rates[0] <= 120_000
    assert rates[1] <= 450_000
    assert [(layer.width, layer.height) for layer in loop.layers] == [(320, 180), (640, 360)]


def test_speech_is_opus_of_20_ms_with_a_level_for_each_packet(loop: VenueLoop) -> None:
    assert len(loop.speech) == len(loop.levels) == SPEECH_SECONDS * 50
    decoder = av.CodecContext.create("libopus", "r")
    samples = [frame.samples for one in loop.speech for frame in decoder.decode(av.Packet(one))]
    assert set(samples) == {960}
    assert len(loop.silence) < 20


def test_babble_is_speech_like_and_differs_by_venue() -> None:
    samples = babble(3, 4.0)
    assert samples == babble(3, 4.0)
    assert samples != babble(4, 4.0)
    assert len(samples) == 4 * RATE
    assert max(abs(value) for value in samples) == 16_000
    levels = [level(samples[i : i + PACKET_SAMPLES]) for i in range(0, len(samples), 320)]
    assert levels[0] == levels[-1] == SILENT_LEVEL
    talking = sum(one < 40 for one in levels) / len(levels)
    assert 0.3 < talking < 0.95


def test_levels_are_minus_decibels_of_full_scale() -> None:
    full = babble(3, 1.0)[:0]
    full.extend([32_767, -32_768] * 160)
    assert level(full) == 0
    half = babble(3, 1.0)[:0]
    half.extend([16_384, -16_384] * 160)
    assert level(half) == 6
    assert level(full[:0]) == SILENT_LEVEL


def test_a_loop_is_read_as_it_was_packed(loop: VenueLoop) -> None:
    assert unpack_loop(pack_loop(loop)) == loop


def test_loops_are_made_once_and_then_read(
    tmp_path: Path, loop: VenueLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "make_loop", lambda number, name: loop)
    make_and_save(tmp_path, 9, "枫林坊居委会")
    said: list[str] = []
    assert load_loops(tmp_path, [(9, "枫林坊居委会")], say=said.append) == {9: loop}
    assert said == []
    assert [path.suffix for path in tmp_path.iterdir()] == [".loop"]


def test_another_name_is_another_loop(tmp_path: Path) -> None:
    assert loop_path(tmp_path, 9, "a") != loop_path(tmp_path, 9, "b")
    assert loop_path(tmp_path, 8, "a") != loop_path(tmp_path, 9, "a")


def test_missing_loops_are_drawn_by_child_processes_with_words(tmp_path: Path) -> None:
    said: list[str] = []
    made = load_loops(tmp_path / "new", [(1, "一"), (2, "二")], say=said.append, workers=2)
    assert sorted(made) == [1, 2]
    assert said[-1] == "All 2 rooms are ready."


def test_a_missing_font_is_told_with_the_package_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError, match="fonts-noto-cjk"):
        find_font((tmp_path / "no-such-font.ttc",))


def test_a_long_name_stays_clear_of_the_mark() -> None:
    painter = RoomPainter(200, "彭浦新村街道第三居民区联合委员会第二会议室")
    assert read(painter.paint(119, FRAMES)) == Mark(200, 119)
    strip = painter.paint(0, FRAMES).crop((300, 296, 330, 360)).convert("L")
    assert max(strip.tobytes()) < 60


def test_neighbours_have_different_walls_and_pictures_are_whole_files() -> None:
    assert wall_colour(1) != wall_colour(2)
    file = io.BytesIO()
    RoomPainter(0, "主会场").paint(5, FRAMES).save(file, "PNG")
    assert Image.open(file).size == (640, 360)
