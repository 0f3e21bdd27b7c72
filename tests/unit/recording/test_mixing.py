"""Several voices on one line: untouched where one speaks, added up where two do."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from server.recording.film import Shot
from server.recording.frames import Frame
from server.recording.mixing import RATE, Voices, _decoder, _encoder
from server.recording.reel import Key

ONE, TWO = (0, 1), (0, 2)
LOUD, QUIET = 20, 100
MIXED = (-1, -1)


def tone(hz: int, seconds: float, *, silent: float = 0.0) -> list[bytes]:
    """Return a tone in packets of 20 ms, after some silence."""
    count = round(seconds * RATE)
    wave = np.sin(np.arange(count) * 2 * np.pi * hz / RATE) * 9_000
    wave[: round(silent * RATE)] = 0
    frame = av.AudioFrame.from_ndarray(
        wave.astype(np.int16).reshape(1, -1), format="s16", layout="mono"
    )
    frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
    return [bytes(packet) for packet in _encoder().encode(frame)]


def shots(key: Key, packets: list[bytes], level: int = LOUD, start: float = 0.0) -> list[Shot]:
    times = [round((start + n / 50) * 1e6) for n in range(len(packets))]
    return [
        Shot(at, key, Frame(0, at, packet, True, level))
        for at, packet in zip(times, packets, strict=True)
    ]


def mixed(*voices: list[Shot]) -> list[Shot]:
    line = Voices()
    given = sorted((shot for voice in voices for shot in voice), key=lambda shot: shot.at_us)
    return [shot for one in given for shot in line.take(one)] + line.rest()


def heard(line: list[Shot]) -> NDArray[np.float32]:
    """Decode a line to samples."""
    decoder = _decoder()
    parts = [f.to_ndarray()[0] for s in line for f in decoder.decode(av.Packet(s.frame.data))]
    return np.concatenate(parts)


def strength(samples: NDArray[np.float32], hz: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(spectrum[round(hz * len(samples) / RATE)] / spectrum.sum())


def test_one_voice_goes_through_as_it_is_and_rooms_are_not_added() -> None:
    voice = shots(ONE, tone(440, 2))
    room = shots(TWO, tone(900, 2), QUIET)
    assert mixed(voice, room) == voice


def test_where_nobody_speaks_it_stays_with_who_spoke_last() -> None:
    first = shots(ONE, tone(440, 1)) + shots(ONE, tone(440, 2), QUIET, 1.0)
    other = shots(TWO, tone(900, 3), QUIET)
    line = mixed(first, other)
    assert {shot.key for shot in line} == {ONE}
    assert len(line) == len(first)


def test_two_voices_at_once_are_both_heard() -> None:
    line = mixed(shots(ONE, tone(440, 2)), shots(TWO, tone(1_000, 2)))
    assert {shot.key for shot in line} == {MIXED}
    samples = heard(line)[RATE // 2 : RATE + RATE // 2]
    assert strength(samples, 440) > 0.05
    assert strength(samples, 1_000) > 0.05
    assert strength(samples, 700) < 0.01


def test_a_mix_is_where_its_voices_were() -> None:
    line = mixed(shots(ONE, tone(440, 2, silent=1.0), start=3.0), shots(TWO, tone(9, 2), start=3.0))
    samples = np.abs(heard(line))
    onset = int(np.argmax(samples > 0.1)) / RATE + line[0].at_us / 1e6
    assert onset == pytest.approx(4.0, abs=0.03)


def test_a_mix_ends_where_one_voice_goes_on_alone() -> None:
    both = shots(ONE, tone(440, 4))
    line = mixed(both, shots(TWO, tone(1_000, 1), start=1.0))
    keys = [shot.key for shot in line]
    assert keys[0] == keys[-1] == ONE
    assert MIXED in keys
    times = [shot.at_us for shot in line]
    assert all(0 < b - a <= 60_000 for a, b in pairwise(times))


def test_a_packet_that_says_nothing_is_left_out() -> None:
    assert mixed(shots(ONE, [b"\x78", b"\xf8\xff\xfe"])) == []
