"""The loops a simulated venue sends: two VP8 layers, Opus speech with its levels, and silence.

Made once with libvpx and libopus in child processes, then kept in a folder under a key of what
went into them. Pictures and samples come from ``pictures`` and ``sounds``.
"""

import hashlib
import json
import multiprocessing
import multiprocessing.connection
import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import VideoReformatter

from server.simulator.pictures import HEIGHT, WIDTH, RoomPainter, find_font
from server.simulator.sounds import PACKET_SAMPLES, RATE, babble, level

VERSION = 1
"""Raised whenever pictures, sounds or coding change, so that old files are made anew."""
FRAMES_PER_SECOND = 15
FRAMES = 120
"""Pictures in a loop: eight seconds."""
KEY_EVERY = 12
"""A key frame each 0.8 s; even, because pictures alternate between two temporal layers."""
SPEECH_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class LayerLoop:
    """One simulcast layer (分层): ``frames`` are VP8 frames, each ``KEY_EVERY``-th a key frame.

    Frames of odd index are the upper temporal layer: nothing is predicted from them, so a
    receiver may be spared them.
    """

    rid: str
    width: int
    height: int
    frames: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class VenueLoop:
    """All that one venue sends.

    Attributes:
        layers: low first, then high, as browsers list their encodings.
        speech: Opus packets of 20 ms.
        levels: one audio level of RFC 6464 for each speech packet.
        silence: the Opus packet of a quiet room.
    """

    layers: tuple[LayerLoop, ...]
    speech: tuple[bytes, ...]
    levels: bytes
    silence: bytes


LAYERS = (("l", 320, 180, 96_000), ("h", 640, 360, 380_000))
"""RID, width, height and bits per second of each layer."""


def loop_path(folder: Path, number: int, name: str) -> Path:
    """Return the file of a venue's loop; another name, number or version is another file."""
    key = hashlib.sha256(f"{VERSION}\n{number}\n{name}".encode()).hexdigest()[:24]
    return folder / f"{key}.loop"


def load_loops(
    folder: Path,
    venues: Sequence[tuple[int, str]],
    *,
    say: Callable[[str], None],
    workers: int | None = None,
) -> dict[int, VenueLoop]:
    """Return the loops of ``venues`` (number and name) by number; missing ones are made.

    Args:
        folder: the cache; created when it does not exist.
        venues: numbers and names.
        say: is given a line for people each time some more loops are ready.
        workers: child processes; as many as there are processors when not said.

    Raises:
        FontMissingError: when pictures must be painted and there is no Chinese font.
        RuntimeError: when a child process failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [venue for venue in venues if not loop_path(folder, *venue).exists()]
    if missing:
        find_font()
        _make_all(folder, missing, say, workers or os.cpu_count() or 1)
    return {number: read_loop(loop_path(folder, number, name)) for number, name in venues}


def _make_all(
    folder: Path,
    missing: Sequence[tuple[int, str]],
    say: Callable[[str], None],
    workers: int,
) -> None:
    """Share the missing loops out to child processes and wait for them.

    Each child has its share from the start and waits for nobody: should this process be killed,
    they finish and are gone. Spawned, not forked, because the caller may run threads.
    """
    say(f"Drawing the rooms of {len(missing)} simulated venues; this is done once.")
    context = multiprocessing.get_context("spawn")
    shares = [missing[start::workers] for start in range(min(workers, len(missing)))]
    children = [
        context.Process(target=_make_share, args=(folder, share), daemon=True) for share in shares
    ]
    for child in children:
        child.start()
    told = 0
    try:
        while running := [child.sentinel for child in children if child.exitcode is None]:
            multiprocessing.connection.wait(running, timeout=0.5)
            done = sum(loop_path(folder, *venue).exists() for venue in missing)
            if done >= told + 8:
                told = done
                say(f"{done} of {len(missing)} rooms are ready.")
            if any(child.exitcode for child in children):
                raise RuntimeError("a room could not be drawn; the lines above say why")
    finally:
        for child in children:
            child.terminate()
    say(f"All {len(missing)} rooms are ready.")


def _make_share(folder: Path, share: Sequence[tuple[int, str]]) -> None:
    os.nice(5)
    for number, name in share:
        make_and_save(folder, number, name)


def make_and_save(folder: Path, number: int, name: str) -> None:
    """Make one loop and put its file in place in one step, so that no reader sees half of it."""
    path = loop_path(folder, number, name)
    half = path.with_suffix(f".{os.getpid()}.half")
    half.write_bytes(pack_loop(make_loop(number, name)))
    half.replace(path)


def make_loop(number: int, name: str) -> VenueLoop:
    """Draw, babble and code the loop of one venue; about a second of one processor."""
    samples = babble(number, SPEECH_SECONDS)
    packets = [samples[i : i + PACKET_SAMPLES] for i in range(0, len(samples), PACKET_SAMPLES)]
    quiet = array("h", bytes(2 * PACKET_SAMPLES))
    return VenueLoop(
        layers=_code_pictures(RoomPainter(number, name)),
        speech=_code_sound(packets),
        levels=bytes(map(level, packets)),
        silence=_code_sound([quiet] * 10)[-1],
    )


def _code_pictures(painter: RoomPainter) -> tuple[LayerLoop, ...]:
    coders = [_picture_coder(width, height, rate) for _, width, height, rate in LAYERS]
    coded: list[list[bytes]] = [[] for _ in LAYERS]
    # Kept from frame to frame: setting up a conversion costs more than the conversion.
    to_yuv, *scalers = (VideoReformatter() for _ in range(1 + len(LAYERS)))
    for index in range(FRAMES):
        frame = av.VideoFrame(WIDTH, HEIGHT, "rgb24")
        frame.planes[0].update(painter.paint(index, FRAMES).tobytes())
        full = to_yuv.reformat(frame, WIDTH, HEIGHT, "yuv420p")
        parts = zip(LAYERS, scalers, coders, coded, strict=True)
        for (_, width, height, _), scaler, coder, out in parts:
            sized = scaler.reformat(full, width, height, "yuv420p", interpolation="AREA")
            sized.pts, sized.time_base = index, Fraction(1, FRAMES_PER_SECOND)
            out.extend(bytes(packet) for packet in coder.encode(sized))
    for coder, out in zip(coders, coded, strict=True):
        out.extend(bytes(packet) for packet in coder.encode(None))
    return tuple(
        LayerLoop(rid, width, height, tuple(frames))
        for (rid, width, height, _), frames in zip(LAYERS, coded, strict=True)
    )


def _picture_coder(width: int, height: int, rate_bps: int) -> av.VideoCodecContext:
    """Return a VP8 coder with fixed key frames and two temporal layers, at a constant rate.

    ``error-resilient`` keeps the probabilities of one picture out of the next: without it the
    lower temporal layer cannot be decoded alone.
    """
    coder = av.CodecContext.create("libvpx", "w")
    if not isinstance(coder, av.VideoCodecContext):
        raise TypeError("libvpx is not a picture coder")
    coder.width, coder.height, coder.pix_fmt = width, height, "yuv420p"
    coder.time_base = Fraction(1, FRAMES_PER_SECOND)
    coder.framerate = Fraction(FRAMES_PER_SECOND)
    coder.bit_rate, coder.gop_size, coder.thread_count = rate_bps, KEY_EVERY, 1
    rate = str(rate_bps)
    coder.options = {
        "deadline": "realtime",
        "cpu-used": "-8",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
        "error-resilient": "default",
        "keyint_min": str(KEY_EVERY),
        "minrate": rate,
        "maxrate": rate,
        "bufsize": rate,
        "undershoot-pct": "95",
        "qmin": "4",
        "qmax": "52",
        "ts-parameters": "ts_number_layers=2:ts_rate_decimator=2,1:ts_periodicity=2:"
        "ts_layer_id=0,1:ts_layering_mode=2:"
        f"ts_target_bitrate={rate_bps * 6 // 10_000},{rate_bps // 1000}",
    }
    return coder


def _code_sound(packets: Iterable["array[int]"]) -> tuple[bytes, ...]:
    """Return one Opus packet (RFC 6716) for each 20 ms of samples, in order."""
    coder = av.CodecContext.create("libopus", "w")
    if not isinstance(coder, av.AudioCodecContext):
        raise TypeError("libopus is not a sound coder")
    coder.sample_rate, coder.layout, coder.format = RATE, "mono", "s16"
    coder.bit_rate = 24_000
    coder.options = {"application": "voip", "frame_duration": "20"}
    coded: list[bytes] = []
    count = 0
    for samples in packets:
        frame = av.AudioFrame(format="s16", layout="mono", samples=PACKET_SAMPLES)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts = RATE, count * PACKET_SAMPLES
        coded.extend(bytes(packet) for packet in coder.encode(frame))
        count += 1
    coded.extend(bytes(packet) for packet in coder.encode(None))
    return tuple(coded[:count])


def pack_loop(loop: VenueLoop) -> bytes:
    """Return the file of a loop: one line of JSON with all lengths, then the bytes in order."""
    head = {
        "version": VERSION,
        "layers": [
            {"rid": la.rid, "width": la.width, "height": la.height, "sizes": _sizes(la.frames)}
            for la in loop.layers
        ],
        "speech": _sizes(loop.speech),
        "silence": len(loop.silence),
    }
    frames = [frame for layer in loop.layers for frame in layer.frames]
    body = b"".join([*frames, *loop.speech, loop.levels, loop.silence])
    return json.dumps(head).encode() + b"\n" + body


def unpack_loop(data: bytes) -> VenueLoop:
    """Return the loop of a file's bytes; the inverse of ``pack_loop``."""
    line, _, body = data.partition(b"\n")
    head = json.loads(line)
    position = 0

    def take(size: int) -> bytes:
        nonlocal position
        position += size
        return body[position - size : position]

    layers = tuple(
        LayerLoop(la["rid"], la["width"], la["height"], tuple(take(size) for size in la["sizes"]))
        for la in head["layers"]
    )
    speech = tuple(take(size) for size in head["speech"])
    return VenueLoop(layers, speech, take(len(speech)), take(head["silence"]))


def read_loop(path: Path) -> VenueLoop:
    """Return the loop in a file."""
    return unpack_loop(path.read_bytes())


def _sizes(parts: Iterable[bytes]) -> list[int]:
    return [len(part) for part in parts]
