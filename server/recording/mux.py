"""Films: WebM files of VP8 and Opus made from a recording's packets, pictures never coded anew.

VP8 may change its size at a key frame and a cut begins at one, so one line of pictures can follow
the programme from venue to venue. Chapters are in the file, banners in a ``.vtt`` beside it.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer

from server.recording.film import Cutter, Shot, SoundLine, Wish
from server.recording.mixing import Voices
from server.recording.reel import Reel
from server.recording.shots import load_shots
from server.recording.story import Story, vtt

_MICROS = Fraction(1, 1_000_000)


@dataclass(frozen=True, slots=True)
class Made:
    """A film: its file, its pictures and packets of sound, how long it is."""

    path: Path
    pictures: int
    sounds: int
    length_us: int


@dataclass(frozen=True, slots=True)
class _Bit:
    """A packet of the film: its stream, when it is shown or heard, its octets."""

    is_picture: bool
    at_us: int
    data: bytes
    is_key: bool


def make_film(
    folder: Path,
    reel: Reel,
    wish: Wish,
    path: Path,
    story: Story,
    *,
    tell: Callable[[int], None] = lambda _: None,
) -> Made:
    """Make a film from the recording in a folder; its path ends in ``.webm``.

    Its captions lie beside it under the same name, where there are any. ``tell`` hears of every
    packet how many microseconds from the beginning it is.

    Raises:
        ValueError: when there is nothing to be seen or heard.
    """
    bits = _bits(load_shots(folder, reel, wish.pictures | wish.sounds), reel, wish)
    first, bits = _until_a_picture(_telling(bits, tell))
    if not first:
        raise ValueError("nothing was recorded of this")
    half = path.with_suffix(".half")
    with av.open(str(half), "w", format="webm") as container:
        made = _write(container, path, chain(first, bits), _size_of(first), story, reel.begun_us)
    half.replace(path)
    text = vtt(story, reel.begun_us, reel.begun_us + made.length_us)
    if "-->" in text:
        path.with_suffix(".vtt").write_text(text, encoding="utf-8")
    return made


def _bits(shots: Iterable[Shot], reel: Reel, wish: Wish) -> Iterator[_Bit]:
    """Yield what the film is made of, in about the order of time."""
    cutter = Cutter(reel, wish.shown)
    line = SoundLine(reel.begun_us)
    last = -1
    for shot in _with_one_sound(shots, wish):
        if shot.key not in wish.pictures:
            yield from (_Bit(False, at, data, True) for at, data in line.add(shot))
        elif cutter.take(shot):
            # no two pictures at one moment: files count milliseconds
            last = max(last + 1_000, shot.at_us - reel.begun_us)
            yield from (_Bit(False, at, data, True) for at, data in line.fill(last - 2_000_000))
            yield _Bit(True, last, shot.frame.data, shot.frame.is_key)


def _telling(bits: Iterable[_Bit], tell: Callable[[int], None]) -> Iterator[_Bit]:
    for bit in bits:
        tell(bit.at_us)
        yield bit


def _with_one_sound(shots: Iterable[Shot], wish: Wish) -> Iterator[Shot]:
    """Yield pictures as they are and all sound as one line."""
    voices = Voices()
    for shot in shots:
        if shot.key in wish.pictures:
            yield from voices.pass_to(shot.at_us)
            yield shot
        else:
            yield from voices.take(shot)
    yield from voices.rest()


def _until_a_picture(bits: Iterator[_Bit]) -> tuple[list[_Bit], Iterator[_Bit]]:
    """Return what comes before the first picture, that one included, and the rest."""
    first: list[_Bit] = []
    for bit in bits:
        first.append(bit)
        if bit.is_picture:
            break
    return first, bits


def _size_of(first: Sequence[_Bit]) -> tuple[int, int]:
    """Return width and height of the first picture (RFC 6386 §9.1), zeros where there is none."""
    if not first or not first[-1].is_picture:
        return 0, 0
    width, height = struct.unpack_from("<HH", first[-1].data, 6)
    return width & 0x3FFF, height & 0x3FFF


def _write(
    container: OutputContainer,
    path: Path,
    bits: Iterable[_Bit],
    size: tuple[int, int],
    story: Story,
    start_us: int,
) -> Made:
    container.metadata["title"] = story.title or path.stem
    streams = _streams(container, size)
    counts, length = [0, 0], 0
    _set_chapters(container, story, start_us)
    for bit in bits:
        packet = av.Packet(bit.data)
        packet.stream = streams[bit.is_picture]
        packet.time_base = _MICROS
        packet.pts = packet.dts = bit.at_us
        packet.is_keyframe = bit.is_key
        container.mux_one(packet)
        counts[bit.is_picture] += 1
        length = max(length, bit.at_us)
    return Made(path, counts[1], counts[0], length)


def _streams(container: OutputContainer, size: tuple[int, int]) -> dict[bool, Any]:
    """Return the streams of sound and picture; that of pictures is missing where there are none."""
    streams: dict[bool, Any] = {}
    if size[0]:
        streams[True] = container.add_mux_stream("vp8", width=size[0], height=size[1])
        streams[True].time_base = _MICROS
    # the coder is never used, but it writes the head that Opus has in a file (RFC 7845 §5.1)
    streams[False] = container.add_stream("libopus", rate=48_000, layout="stereo")
    return streams


def _set_chapters(container: OutputContainer, story: Story, start_us: int) -> None:
    """Write the agenda into the file; an item that began before the recording begins with it."""
    starts = [chapter.at_us for chapter in story.chapters]
    ends = [*starts[1:], story.until_us]
    container.set_chapters(
        [
            {
                "id": number,
                "start": max(0, chapter.at_us - start_us),
                "end": end - start_us,
                "time_base": _MICROS,
                "metadata": {"title": f"{chapter.department}：{chapter.topic}"},
            }
            for number, (chapter, end) in enumerate(zip(story.chapters, ends, strict=False), 1)
            if end > start_us
        ]
    )
