"""The machine-readable mark in every simulated picture: which venue, which frame of its loop.

Anyone who has a decoded picture, of whatever size, can tell whose it is and when it was drawn;
``tests/browser/mark.js`` reads the same mark from a browser's pixels.

Geometry. The frame is cut into cells one fortieth of its width wide and 2/45 of its height high:
8 by 8 pixels in 320x180, 16 by 16 in 640x360, so that a cell covers whole transform blocks of VP8.
The mark is 18 cells wide and 2 high. It leaves one cell free at the right edge of the frame and
one at the bottom:

    row 0   dark   V7 V6 ... V0    F15 F14 ... F8   light
    row 1   light  F7 F6 ... F0    C7  C6  ... C0   dark

V is the venue's number, F the frame count, C the CRC-8 of the three bytes before it (polynomial
0x07, start 0xFF, so that an even surface is never a mark). A set bit is light. The four corner
cells tell the reader what dark and light are after coding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

COLUMNS, ROWS = 18, 2
DATA_BITS = 16
"""Data bits in each row, between the two reference cells."""
DARK, LIGHT = 24, 232
"""Luma of the two kinds of cell, inside the range that video levels keep apart."""
LEAST_CONTRAST = 48
"""Luma steps between the corner cells below which there is no mark."""
_FINE = 4
"""Samples per cell and direction; the outer ring is left out because coding smears edges."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a picture says of itself: ``venue`` 0 to 255 and ``frame`` 0 to 65535."""

    venue: int
    frame: int


def crc8(data: bytes) -> int:
    """Return the CRC-8 of ``data`` (polynomial 0x07, start 0xFF); 0xFF for no bytes."""
    remainder = 0xFF
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ (0x07 if remainder & 0x80 else 0)) & 0xFF
    return remainder


def box(width: int, height: int) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the mark in a frame, in pixels."""
    cell_width, cell_height = width / 40, height * 2 / 45
    return (
        width - (COLUMNS + 1) * cell_width,
        height - (ROWS + 1) * cell_height,
        width - cell_width,
        height - cell_height,
    )


def cells(mark: Mark) -> list[list[bool]]:
    """Return the two rows of cells from left to right, True where a cell is light.

    Raises:
        ValueError: when the venue or the frame does not fit its bits.
    """
    if not (0 <= mark.venue <= 0xFF and 0 <= mark.frame <= 0xFFFF):
        raise ValueError(f"{mark} does not fit into the mark")
    data = bytes([mark.venue, mark.frame >> 8, mark.frame & 0xFF])
    data += bytes([crc8(data)])
    rows = []
    for row in range(ROWS):
        word = int.from_bytes(data[2 * row : 2 * row + 2])
        bits = [bool(word >> shift & 1) for shift in range(DATA_BITS - 1, -1, -1)]
        rows.append([row == 1, *bits, row == 0])
    return rows


def draw(image: Image.Image, mark: Mark) -> None:
    """Paint ``mark`` into an image of mode L or RGB, in place; edges fall on whole pixels."""
    left, top, right, bottom = box(*image.size)
    pen = ImageDraw.Draw(image)
    cell_width, cell_height = (right - left) / COLUMNS, (bottom - top) / ROWS
    for y, row in enumerate(cells(mark)):
        for x, light in enumerate(row):
            shade = LIGHT if light else DARK
            pen.rectangle(
                (
                    round(left + x * cell_width),
                    round(top + y * cell_height),
                    round(left + (x + 1) * cell_width) - 1,
                    round(top + (y + 1) * cell_height) - 1,
                ),
                fill=shade if image.mode == "L" else (shade,) * 3,
            )


def read(image: Image.Image) -> Mark | None:
    """Return the mark of a decoded picture of any size and mode, or None when there is none."""
    luma = image if image.mode == "L" else image.convert("L")
    fine = luma.resize(
        (COLUMNS * _FINE, ROWS * _FINE), Image.Resampling.BOX, box=box(*image.size)
    ).tobytes()
    return decode([[_cell(fine, x, y) for x in range(COLUMNS)] for y in range(ROWS)])


def decode(lumas: Sequence[Sequence[float]]) -> Mark | None:
    """Return the mark that two rows of 18 cell brightnesses spell, or None.

    The corner cells are the reference: a bit is set when it is brighter than half-way.
    """
    dark = max(lumas[0][0], lumas[1][-1])
    light = min(lumas[0][-1], lumas[1][0])
    if light - dark < LEAST_CONTRAST:
        return None
    middle = (light + dark) / 2
    word = 0
    for row in lumas:
        for value in row[1:-1]:
            word = word << 1 | (value > middle)
    data = word.to_bytes(4)
    if crc8(data[:3]) != data[3]:
        return None
    return Mark(venue=data[0], frame=data[1] << 8 | data[2])


def _cell(fine: bytes, x: int, y: int) -> float:
    """Return the mean of the inner samples of one cell."""
    stride = COLUMNS * _FINE
    inner = range(1, _FINE - 1)
    samples = [fine[(y * _FINE + dy) * stride + x * _FINE + dx] for dy in inner for dx in inner]
    return sum(samples) / len(samples)
