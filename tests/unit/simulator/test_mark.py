"""The mark: read back at every size and after coding, never seen where there is none."""

import json
import random
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from server.simulator.mark import Mark, box, cells, crc8, decode, draw, read

MARKS = st.builds(Mark, st.integers(0, 255), st.integers(0, 65_535))
SIZES = ((640, 360), (320, 180), (160, 90), (213, 120), (1280, 720), (427, 240))
READER = Path(__file__).parents[1] / "js" / "read_marks.mjs"


def picture(mark: Mark, size: tuple[int, int], ground: int = 128) -> Image.Image:
    image = Image.new("RGB", size, (ground, ground, ground))
    draw(image, mark)
    return image


@given(MARKS, st.sampled_from(SIZES), st.integers(0, 255))
def test_what_is_drawn_is_read(mark: Mark, size: tuple[int, int], ground: int) -> None:
    assert read(picture(mark, size, ground)) == mark


@given(MARKS, st.sampled_from(SIZES))
@settings(max_examples=40)
def test_a_picture_of_another_size_is_read_as_well(mark: Mark, size: tuple[int, int]) -> None:
    assert read(picture(mark, (640, 360)).resize(size)) == mark


@given(MARKS, st.integers(0, 35))
def test_one_wrong_cell_is_never_believed(mark: Mark, cell: int) -> None:
    lumas = [[240.0 if x else 10.0 for x in row] for row in cells(mark)]
    lumas[cell // 18][cell % 18] = 250.0 - lumas[cell // 18][cell % 18]
    assert decode(lumas) is None


@pytest.mark.parametrize("ground", [0, 100, 255])
def test_an_even_surface_carries_no_mark(ground: int) -> None:
    assert read(Image.new("L", (320, 180), ground)) is None


def test_noise_is_hardly_ever_taken_for_a_mark() -> None:
    dice = random.Random(1)  # noqa: S311
    found = [
        decode([[dice.uniform(0, 255) for _ in range(18)] for _ in range(2)]) for _ in range(4000)
    ]
    assert sum(mark is not None for mark in found) <= 4


def test_a_mark_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        draw(Image.new("L", (320, 180)), Mark(256, 0))


def test_the_checksum_of_nothing_is_its_start_value() -> None:
    assert crc8(b"") == 0xFF


def test_cells_fall_on_whole_blocks_of_both_layers() -> None:
    assert box(320, 180) == (168.0, 156.0, 312.0, 172.0)
    assert box(640, 360) == (336.0, 312.0, 624.0, 344.0)


def test_every_mark_survives_vp8_at_100_kbit_per_second() -> None:
    coder = av.CodecContext.create("libvpx", "w")
    coder.width, coder.height, coder.pix_fmt = 320, 180, "yuv420p"
    coder.time_base, coder.framerate, coder.bit_rate = Fraction(1, 15), Fraction(15), 100_000
    coder.options = {"deadline": "realtime", "lag-in-frames": "0", "maxrate": "100000"}
    decoder = av.CodecContext.create("vp8", "r")
    dice = random.Random(2)  # noqa: S311
    marks = [Mark(dice.randrange(256), dice.randrange(65_536)) for _ in range(60)]
    seen = []
    for index, mark in enumerate(marks):
        noise = Image.effect_noise((320, 180), 40).convert("RGB")
        draw(noise, mark)
        frame = av.VideoFrame.from_image(noise).reformat(format="yuv420p")
        frame.pts = index
        for packet in coder.encode(frame):
            seen += [read(decoded.to_image()) for decoded in decoder.decode(packet)]
    assert seen == marks


def test_the_browsers_reader_agrees(tmp_path: Path) -> None:
    dice = random.Random(3)  # noqa: S311
    marks = [Mark(dice.randrange(256), dice.randrange(65_536)) for _ in SIZES]
    words = []
    for mark, (width, height) in zip(marks, SIZES, strict=True):
        file = tmp_path / f"{width}.rgba"
        file.write_bytes(picture(mark, (width, height)).convert("RGBA").tobytes())
        words.append(f"{file}:{width}:{height}")
    blank = tmp_path / "blank.rgba"
    blank.write_bytes(bytes(320 * 180 * 4))
    output = subprocess.run(
        ["node", str(READER), *words, f"{blank}:320:180"], check=True, capture_output=True
    ).stdout
    expected = [{"venue": mark.venue, "frame": mark.frame} for mark in marks]
    assert json.loads(output) == [*expected, None]
