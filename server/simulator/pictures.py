"""The pictures of a simulated venue: a calm drawn meeting room that a wall of 33 can bear.

Pure drawing with Pillow: a wall in the venue's own colour, a red banner, a table, six or seven
seated people who sway and nod, the venue's name, the frame count and the mark of ``mark.py``.
What stands still is painted once; a frame is a copy of it with the people pasted in.
"""

import colorsys
import math
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from server.simulator.mark import Mark, draw

WIDTH, HEIGHT = 640, 360
FONTS = (
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
)
SIMPLIFIED_CHINESE = 2
"""The face of Simplified Chinese inside the Noto collection."""
_FINE = 3
"""How much larger shapes are painted before they are scaled down, for smooth edges."""
_SKINS = ((240, 205, 175), (229, 190, 158), (214, 172, 140), (246, 214, 188))
_HAIRS = ((38, 34, 36), (58, 48, 44), (82, 80, 84), (128, 126, 130))
_CLOTHES = (
    (62, 84, 122),
    (120, 66, 70),
    (70, 104, 92),
    (96, 92, 130),
    (150, 122, 82),
    (74, 78, 90),
    (134, 96, 118),
)
Colour = tuple[int, int, int]
Moving = tuple[Image.Image, int, int, Callable[[float], tuple[int, int]]]
"""A picture of something that moves: its place at rest and its offset at a phase of the loop."""


class FontMissingError(RuntimeError):
    """No Chinese font was found; the message says which package brings one."""


def find_font(candidates: tuple[Path, ...] = FONTS) -> Path:
    """Return the first font file that exists.

    Raises:
        FontMissingError: when there is none.
    """
    for path in candidates:
        if path.exists():
            return path
    raise FontMissingError(
        "No Chinese font for the simulated venues: install the package fonts-noto-cjk "
        f"(looked for {', '.join(map(str, candidates))})."
    )


class RoomPainter:
    """Paints the pictures of one venue's room, 640 by 360 in RGB.

    Args:
        number: the venue's number; it chooses the colours, the people and the mark.
        name: the venue's name as it stands in the picture; shrunk to fit.
        banner: the words on the red banner (横幅).

    Raises:
        FontMissingError: when no Chinese font is installed.
    """

    def __init__(self, number: int, name: str, banner: str = "街道视频会议") -> None:
        self._number = number
        self._font = str(find_font())
        self._small = self._face(15)
        self._room = _paint_room(number)
        self._write_words(name, banner)
        self._people = _seat_people(number)
        self._table = _paint_table(number)

    def paint(self, index: int, count: int) -> Image.Image:
        """Return frame ``index`` of a loop of ``count``; the movement closes into itself."""
        picture = self._room.copy()
        phase = 2 * math.pi * index / count
        for sprite, x, y, offset in self._people:
            dx, dy = offset(phase)
            picture.paste(sprite, (x + dx, y + dy), sprite)
        picture.paste(self._table, (0, 0), self._table)
        pen = ImageDraw.Draw(picture)
        pen.text((228, 327), f"{index:04d}", font=self._small, fill=(190, 205, 220))
        draw(picture, Mark(self._number, index))
        return picture

    def _face(self, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(self._font, size, index=SIMPLIFIED_CHINESE)

    def _write_words(self, name: str, banner: str) -> None:
        pen = ImageDraw.Draw(self._room)
        pen.text((WIDTH / 2, 33), banner, font=self._face(26), fill=(255, 236, 170), anchor="mm")
        size = 26
        while size > 12 and pen.textlength(name, font=self._face(size)) > 270:
            size -= 1
        pen.text((16, 313), name, font=self._face(size), fill=(255, 255, 255), anchor="lm")
        words = f"分会场 {self._number} 号" if self._number else "主会场"
        pen.text((16, 327), words, font=self._small, fill=(190, 205, 220))


def wall_colour(number: int) -> Colour:
    """Return a soft wall colour; neighbours in number are far apart on the colour circle."""
    hue = number * 0.381966 % 1
    red, green, blue = colorsys.hls_to_rgb(hue, 0.80, 0.32)
    return round(red * 255), round(green * 255), round(blue * 255)


def _shade(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


def _fine_canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (width * _FINE, height * _FINE), (0, 0, 0, 0))
    return image, ImageDraw.Draw(image)


def _scaled(*values: float) -> list[float]:
    return [value * _FINE for value in values]


def _reduced(image: Image.Image) -> Image.Image:
    return image.reduce(_FINE)


def _paint_room(number: int) -> Image.Image:
    """Return the empty room: wall, skirting, banner, a window or a board, the strip below."""
    wall = wall_colour(number)
    image, pen = _fine_canvas(WIDTH, HEIGHT)
    pen.rectangle(_scaled(0, 0, WIDTH, HEIGHT), fill=wall)
    pen.rectangle(_scaled(0, 196, WIDTH, HEIGHT), fill=_shade(wall, 0.86))
    pen.rectangle(_scaled(0, 193, WIDTH, 197), fill=_shade(wall, 0.72))
    if number % 2:
        _paint_window(pen, 34 if number % 4 == 1 else 486)
    else:
        _paint_board(pen, 486 if number % 4 == 0 else 34, wall)
    _paint_plant(pen, 596 if number % 3 else 44)
    pen.rectangle(_scaled(60, 12, WIDTH - 60, 54), fill=(190, 36, 34))
    pen.rectangle(_scaled(60, 51, WIDTH - 60, 54), fill=(158, 26, 26))
    pen.rectangle(_scaled(0, 296, WIDTH, HEIGHT), fill=(30, 38, 50))
    return _reduced(image).convert("RGB")


def _paint_window(pen: ImageDraw.ImageDraw, left: float) -> None:
    pen.rectangle(_scaled(left, 74, left + 120, 170), fill=(250, 250, 248))
    for column in range(2):
        x = left + 6 + column * 56
        pen.rectangle(_scaled(x, 80, x + 52, 164), fill=(198, 224, 240))
        pen.polygon(
            _scaled(x, 164, x, 138, x + 20, 122, x + 38, 140, x + 52, 130, x + 52, 164),
            fill=(158, 196, 168),
        )


def _paint_board(pen: ImageDraw.ImageDraw, left: float, wall: Colour) -> None:
    pen.rectangle(_scaled(left, 78, left + 120, 166), fill=_shade(wall, 0.62))
    pen.rectangle(_scaled(left + 4, 82, left + 116, 162), fill=(246, 244, 236))
    for row in range(4):
        end = left + (104, 92, 98, 70)[row]
        pen.rectangle(_scaled(left + 14, 94 + row * 16, end, 98 + row * 16), fill=(178, 186, 196))


def _paint_plant(pen: ImageDraw.ImageDraw, x: float) -> None:
    for dx, dy in ((-20, -34), (18, -38), (0, -52), (-10, -20), (12, -22)):
        pen.ellipse(_scaled(x + dx - 12, 214 + dy, x + dx + 12, 252 + dy), fill=(92, 142, 98))
    pen.polygon(_scaled(x - 16, 230, x + 16, 230, x + 11, 268, x - 11, 268), fill=(168, 112, 84))


def _paint_table(number: int) -> Image.Image:
    """Return the table with cups and papers as one transparent layer over the people."""
    image, pen = _fine_canvas(WIDTH, HEIGHT)
    wood = ((156, 108, 72), (140, 98, 70), (168, 122, 84))[number % 3]
    pen.polygon(_scaled(52, 236, 588, 236, 632, 276, 8, 276), fill=wood)
    pen.rectangle(_scaled(8, 276, 632, 296), fill=_shade(wood, 0.78))
    for seat in range(_people_count(number)):
        x = _seat_x(number, seat)
        pen.polygon(
            _scaled(x - 16, 260, x + 10, 260, x + 8, 248, x - 12, 248), fill=(244, 243, 238)
        )
        pen.rounded_rectangle(_scaled(x + 18, 240, x + 29, 256), _FINE * 3, fill=(228, 236, 240))
        pen.ellipse(_scaled(x + 18, 238, x + 29, 243), fill=(206, 216, 222))
    strip = ImageDraw.Draw(image)
    strip.rectangle(_scaled(0, 296, WIDTH, HEIGHT), fill=(0, 0, 0, 0))
    return _reduced(image)


def _people_count(number: int) -> int:
    return 6 + number % 2


def _seat_x(number: int, seat: int) -> float:
    count = _people_count(number)
    return 92 + seat * (456 / (count - 1))


def _seat_people(number: int) -> list[Moving]:
    """Return the moving pictures of all people, bodies before heads."""
    bodies: list[Moving] = []
    heads: list[Moving] = []
    for seat in range(_people_count(number)):
        x = round(_seat_x(number, seat))
        key = number * 3 + seat * 5
        clothes = _CLOTHES[key % len(_CLOTHES)]
        speed, start = 1 + (key // 3) % 2, key * 1.3
        bodies.append((_paint_body(clothes), x - 36, 172, _sway(3.0, 1.0, speed, start)))
        head = _paint_head(_SKINS[key % 4], _HAIRS[(key // 2) % 4], long_hair=key % 3 == 0)
        heads.append((head, x - 24, 122 + key % 6, _sway(5.0, 2.5, speed, start)))
    return bodies + heads


def _sway(
    across: float, down: float, speed: int, start: float
) -> Callable[[float], tuple[int, int]]:
    """Return offsets in pixels by phase: a slow sway with a nod twice as fast."""

    def offset(phase: float) -> tuple[int, int]:
        angle = phase * speed + start
        return round(across * math.sin(angle)), round(down * math.sin(2 * angle + start))

    return offset


def _paint_body(clothes: Colour) -> Image.Image:
    image, pen = _fine_canvas(72, 84)
    pen.rounded_rectangle(_scaled(4, 8, 68, 110), _FINE * 24, fill=clothes)
    pen.polygon(_scaled(28, 8, 44, 8, 36, 28), fill=(244, 244, 242))
    pen.line(_scaled(16, 40, 16, 84), fill=_shade(clothes, 0.8), width=_FINE * 2)
    pen.line(_scaled(56, 40, 56, 84), fill=_shade(clothes, 0.8), width=_FINE * 2)
    return _reduced(image)


def _paint_head(skin: Colour, hair: Colour, *, long_hair: bool) -> Image.Image:
    image, pen = _fine_canvas(48, 66)
    if long_hair:
        pen.rounded_rectangle(_scaled(5, 10, 43, 56), _FINE * 14, fill=hair)
    pen.rectangle(_scaled(18, 46, 30, 62), fill=_shade(skin, 0.9))
    pen.ellipse(_scaled(8, 8, 40, 54), fill=skin)
    pen.pieslice(_scaled(6, 4, 42, 46), 180, 360, fill=hair)
    pen.ellipse(_scaled(10, 14, 38, 32), fill=hair)
    pen.ellipse(_scaled(11, 22, 37, 52), fill=skin)
    for x in (18, 30):
        pen.ellipse(_scaled(x - 1.6, 33, x + 1.6, 37), fill=(44, 40, 42))
    pen.arc(_scaled(19, 36, 29, 46), 25, 155, fill=(168, 92, 84), width=_FINE)
    return _reduced(image)
