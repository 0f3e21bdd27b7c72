"""The sound of a simulated venue: babble with the rhythm and the pitch of speech, but no words.

Pure arithmetic on samples. Each beat of the voice adds one short grain, a sum of damped sines at
the formants of a vowel (the method is known as FOF synthesis); pitch runs in four contours like
the tones of Mandarin, and phrases are parted by pauses. No two venues have the same voice.
"""

import math
import random
from array import array

RATE = 16_000
"""Samples per second, one channel, signed 16 bits."""
PACKET_SAMPLES = RATE // 50
"""Samples in the 20 ms of one Opus packet."""
SILENT_LEVEL = 127
"""The audio level of RFC 6464 that means digital silence."""
_GRAIN = RATE // 70
_VOWELS = (
    (780, 1250, 2600),
    (300, 2250, 3000),
    (340, 780, 2500),
    (500, 1700, 2500),
    (480, 880, 2550),
    (300, 1850, 2350),
)
_BANDWIDTHS, _STRENGTHS = (80, 110, 160), (1.0, 0.55, 0.25)
_CONTOURS = ((1.12, 1.12, 1.12), (0.92, 0.98, 1.18), (0.9, 0.76, 0.96), (1.22, 1.0, 0.74))
"""Pitch at the start, middle and end of a syllable, relative to the voice: level to falling."""


def babble(number: int, seconds: float) -> "array[int]":
    """Return the speech of one venue, the same each time, as samples at ``RATE``.

    The length is a whole number of packets, rounded down; start and end are silent, so that the
    loop closes without a click. The loudest sample is half of full scale.
    """
    dice = random.Random(number)  # noqa: S311 - a voice has nothing to hide
    length = int(seconds * RATE) // PACKET_SAMPLES * PACKET_SAMPLES
    line = [0.0] * length
    voice = 105 + number * 37 % 120
    position = int(0.2 * RATE)
    while position < length - int(1.2 * RATE):
        for _ in range(dice.randint(4, 8)):
            if position >= length - int(0.6 * RATE):
                break
            position = _add_syllable(line, position, voice, dice)
        position += int(dice.uniform(0.25, 0.5) * RATE)
    peak = max(1e-9, *line, *(-value for value in line))
    return array("h", [round(value / peak * 16_000) for value in line])


def level(samples: "array[int]") -> int:
    """Return the loudness of one packet as RFC 6464 §3 has it: minus dBov, 0 loud to 127 silent."""
    power = sum(value * value for value in samples) / max(1, len(samples))
    if power == 0:
        return SILENT_LEVEL
    return min(SILENT_LEVEL, max(0, round(-10 * math.log10(power / 32_768**2))))


def _add_syllable(line: list[float], start: int, voice: float, dice: random.Random) -> int:
    """Add one syllable: a breath of noise, then a vowel; return where the next one begins."""
    vowel = dice.choice(_VOWELS)
    contour = dice.choice(_CONTOURS)
    length = int(dice.uniform(0.16, 0.26) * RATE)
    breath = int(dice.uniform(0.01, 0.05) * RATE)
    for i in range(start, start + breath):
        line[i] += dice.uniform(-0.12, 0.12)
    grain = _grain(vowel)
    position = float(start + breath)
    while (part := (position - start) / length) < 1:
        loudness = math.sin(math.pi * part) ** 0.6
        at = int(position)
        line[at : at + _GRAIN] = [
            old + loudness * new for old, new in zip(line[at : at + _GRAIN], grain, strict=False)
        ]
        position += RATE / (voice * _contour(contour, part) * dice.uniform(0.985, 1.015))
    return start + length


def _contour(points: tuple[float, float, float], part: float) -> float:
    """Return the pitch factor at ``part`` of a syllable, by straight lines between points."""
    first, middle, last = points
    if part < 0.5:
        return first + (middle - first) * part * 2
    return middle + (last - middle) * (part * 2 - 1)


def _grain(vowel: tuple[int, int, int]) -> list[float]:
    """Return one beat of a vowel: damped sines at its formants, faded in and out."""
    samples = []
    for i in range(_GRAIN):
        t = i / RATE
        value = sum(
            strength * math.exp(-math.pi * width * t) * math.sin(2 * math.pi * formant * t)
            for formant, width, strength in zip(vowel, _BANDWIDTHS, _STRENGTHS, strict=True)
        )
        samples.append(value * min(1.0, i / 16) * min(1.0, (_GRAIN - i) / 48))
    return samples
