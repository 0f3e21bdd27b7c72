"""Real video files, made when a test wants one."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

CODECS = {"webm": ("libvpx", "libopus"), "mp4": ("libx264", "aac")}


def make_video(
    path: Path,
    seconds: int = 4,
    *,
    size: tuple[int, int] = (160, 90),
    picture: str = "",
    sound: bool = True,
    per_second: int = 10,
) -> Path:
    """Write a video with a key frame each second, whose grey tells the second; return its path."""
    kind = path.suffix[1:]
    with av.open(str(path), "w", format=kind) as film:
        film.metadata["location"] = "+31.2304+121.4737/"
        pictures = film.add_stream(picture or CODECS[kind][0], rate=per_second)
        assert isinstance(pictures, av.VideoStream)
        pictures.width, pictures.height = size
        pictures.pix_fmt = "yuv420p"
        pictures.codec_context.gop_size = per_second
        sounds = film.add_stream(CODECS[kind][1], rate=48_000) if sound else None
        for number in range(seconds * per_second):
            grey = np.full((size[1], size[0], 3), 20 * (number // per_second) % 240, np.uint8)
            grey[:, : number % size[0]] = 200
            frame = av.VideoFrame.from_ndarray(grey, "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, per_second)
            film.mux(pictures.encode(frame))
        film.mux(pictures.encode(None))
        if isinstance(sounds, av.AudioStream):
            for number in range(seconds * 50):
                heard = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), "fltp", "stereo")
                heard.sample_rate, heard.pts = 48_000, number * 960
                heard.time_base = Fraction(1, 48_000)
                film.mux(sounds.encode(heard))
            film.mux(sounds.encode(None))
    return path


def turn_upright(path: Path) -> Path:
    """Say of an MP4 that it is shown turned to the right by 90°, as a telephone held upright does.

    The matrix stands in the box ``tkhd`` (ISO/IEC 14496-12 §8.3.2), in numbers of 16.16 and 2.30.
    """
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    matrix = (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    data[at : at + 36] = b"".join(number.to_bytes(4, "big", signed=True) for number in matrix)
    path.write_bytes(data)
    return path


def make_sound(path: Path) -> Path:
    """Write a file with sound and no picture; return its path."""
    with av.open(str(path), "w", format=path.suffix[1:]) as film:
        sounds = film.add_stream(CODECS[path.suffix[1:]][1], rate=48_000)
        assert isinstance(sounds, av.AudioStream)
        for number in range(50):
            heard = av.AudioFrame.from_ndarray(np.zeros((2, 960), np.float32), "fltp", "stereo")
            heard.sample_rate, heard.pts = 48_000, number * 960
            heard.time_base = Fraction(1, 48_000)
            film.mux(sounds.encode(heard))
        film.mux(sounds.encode(None))
    return path


def length_of(path: Path) -> float:
    """Return how many seconds a file says that it has."""
    with av.open(str(path)) as film:
        return (film.duration or 0) / 1_000_000


def first_grey(path: Path) -> int:
    """Return the grey of a film's first picture at its lower right: it tells its second."""
    with av.open(str(path)) as film:
        picture = next(film.decode(video=0)).to_ndarray(format="gray")
    return int(picture[-1, -1])
