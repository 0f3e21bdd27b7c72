"""A mosaic: every picture of a recording side by side in one film, made in a child process.

It decodes, composes and encodes, which takes long and much: the child is of the lowest priority,
has a limit of memory, and tells how far it is. ``python -m server.recording.mosaic FOLDER FILE``.
"""

import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from server.children.child import Teller, stay_within
from server.children.parent import Hear, module, wait_for
from server.recording.film import Shot
from server.recording.filming import MOST_MEMORY, NOTHING, PRIORITY
from server.recording.reel import Key, Reel, load_reel
from server.recording.shots import load_shots

WIDTH, HEIGHT = 1280, 720
PER_SECOND = 5
_BIT_RATE = 1_200_000
_DARK = 24


class MosaicError(Exception):
    """The child failed; the text is its last line."""


def make_mosaic(folder: Path, path: Path, tell: Hear) -> None:
    """Make a mosaic of the recording in a folder; ``tell`` hears how far it is, in percent.

    Raises:
        ValueError: when there is nothing to be seen.
        MosaicError: when it cannot be made.
    """
    command = module("server.recording.mosaic", folder.absolute(), path.absolute())
    ended = wait_for(command, tell)
    if ended.status == NOTHING:
        raise ValueError("no picture was recorded")
    if ended.status:
        path.with_suffix(".half").unlink(missing_ok=True)
        raise MosaicError(ended.last_line)
    tell(100)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source's picture is in the mosaic, in pixels; all are even."""

    left: int
    top: int
    width: int
    height: int


def places(count: int) -> list[Place]:
    """Return the places of so many pictures, row by row: as large as they can be at 16 to 9."""
    if count == 0:
        return []
    columns = math.ceil(math.sqrt(count))
    width = WIDTH // columns & ~1
    height = width * 9 // 16 & ~1
    rows = math.ceil(count / columns)
    top = (HEIGHT - rows * height) // 2 & ~1
    return [
        Place(index % columns * width, top + index // columns * height, width, height)
        for index in range(count)
    ]


class Canvas:
    """One picture in planes of brightness and colour, and the pictures put into it."""

    def __init__(self, sources: list[str]) -> None:
        self._places = dict(zip(sources, places(len(sources)), strict=True))
        self._planes = [
            np.full((HEIGHT, WIDTH), _DARK, np.uint8),
            np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8),
            np.full((HEIGHT // 2, WIDTH // 2), 128, np.uint8),
        ]
        self._scalers: dict[str, VideoReformatter] = {}

    def put(self, source: str, picture: av.VideoFrame) -> None:
        """Put a source's picture into its place."""
        place = self._places[source]
        scaler = self._scalers.setdefault(source, VideoReformatter())
        sized = scaler.reformat(picture, place.width, place.height, "yuv420p")
        for index, plane in enumerate(_planes(sized)):
            part = 1 if index == 0 else 2
            top, left = place.top // part, place.left // part
            self._planes[index][top : top + plane.shape[0], left : left + plane.shape[1]] = plane

    def picture(self) -> av.VideoFrame:
        """Return what the canvas shows now."""
        flat = np.concatenate([plane.reshape(-1) for plane in self._planes])
        return av.VideoFrame.from_ndarray(flat.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")


def _planes(picture: av.VideoFrame) -> Iterator[NDArray[np.uint8]]:
    for plane in picture.planes:
        octets = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        yield octets[: plane.height, : plane.width]


class Decoders:
    """One decoder a track; what cannot be decoded is left out until the next key frame."""

    def __init__(self) -> None:
        self._decoders: dict[Key, VideoCodecContext] = {}

    def decode(self, shot: Shot) -> av.VideoFrame | None:
        """Return the picture of a frame, None where there is none."""
        decoder = self._decoders.get(shot.key)
        if decoder is None:
            decoder = self._decoders[shot.key] = _decoder()
        try:
            frames = decoder.decode(av.Packet(shot.frame.data))
        except av.FFmpegError:
            return None
        return frames[-1] if frames else None


def _decoder() -> VideoCodecContext:
    decoder = av.CodecContext.create("vp8", "r")
    if not isinstance(decoder, VideoCodecContext):
        raise TypeError("vp8 is not a codec of pictures")
    decoder.thread_count = 1
    return decoder


def compose(shots: Iterable[Shot], reel: Reel, sources: list[str]) -> Iterator[av.VideoFrame]:
    """Yield a picture every fifth of a second, from the recording's beginning on."""
    canvas, decoders = Canvas(sources), Decoders()
    number = 0
    for shot in shots:
        passed = (shot.at_us - reel.begun_us) * PER_SECOND // 1_000_000
        while number < passed:
            picture = canvas.picture()
            picture.pts, picture.time_base = number, Fraction(1, PER_SECOND)
            yield picture
            number += 1
        decoded = decoders.decode(shot)
        if decoded is not None:
            canvas.put(reel.tracks[shot.key].source, decoded)


def _write(folder: Path, path: Path) -> int:
    """Make the film, telling how far it is; return the exit status."""
    reel = load_reel(folder)
    tracks = [track for track in reel.tracks.values() if track.kind == "video"]
    sources = sorted({track.source for track in tracks}, key=lambda name: (len(name), name))
    until = max((done.until_us for done in reel.done.values()), default=reel.begun_us)
    total = (until - reel.begun_us) * PER_SECOND // 1_000_000
    shots = load_shots(folder, reel, frozenset(track.key for track in tracks))
    pictures = compose(shots, reel, sources)
    first = list(islice(pictures, 1))
    if not first:
        return NOTHING
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half, teller = path.with_suffix(".half"), Teller(total)
    with av.open(str(half), "w", format="webm") as container:
        stream = _stream(container)
        for number, picture in enumerate(chain(first, pictures)):
            container.mux(stream.encode(picture))
            teller(number)
        container.mux(stream.encode(None))
    half.replace(path)
    return 0


def _stream(container: OutputContainer) -> av.VideoStream:
    stream = container.add_stream("libvpx", rate=PER_SECOND)
    if not isinstance(stream, av.VideoStream):
        raise TypeError("libvpx is not a codec of pictures")
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    stream.bit_rate = _BIT_RATE
    stream.options = {"deadline": "realtime", "cpu-used": "8"}
    stream.codec_context.gop_size = 10 * PER_SECOND
    return stream


def main() -> None:
    """Be the child."""
    stay_within(memory=MOST_MEMORY, nice=PRIORITY)
    sys.exit(_write(Path(sys.argv[1]), Path(sys.argv[2])))


if __name__ == "__main__":
    main()
