"""From what a page measured to a finding in words: the limits of each part. Pure.

The page measures and shows; what that means is decided here, once for the venue and the office.
"""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from server.devicecheck.model import Finding, Grade, Part
from server.domain.errors import DomainError

Label = Annotated[str, Meta(max_length=120)]
Share = Annotated[float, Meta(ge=0, le=1)]

TROUBLES = frozenset({"refused", "missing", "taken", "insecure", "lost"})
"""Why a camera or microphone cannot be had, as ``lib/devices.js`` names it."""

WEAK_LOSS, WEAK_RTT_MS = 0.02, 150
POOR_LOSS, POOR_RTT_MS = 0.10, 400
"""From these on the picture gets smaller, and then there is only sound."""
BLACK, DARK, BRIGHT = 6, 45, 225
"""Mean luma of a picture, 0 to 255."""
STILL_FPS = 4
SILENT_DB, QUIET_DB, LOUD_DB = -60, -38, -1
"""The loudest moment while somebody speaks, in decibels below full scale."""


class _Measured(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page measured of one part."""


class Network(_Measured, frozen=True):
    """``connected`` is whether sound and picture went over UDP; the rest is 0 without.

    ``up_loss`` and ``down_loss`` are shares of packets, ``seconds`` how long it was looked at.
    """

    connected: bool
    rtt_ms: Annotated[int, Meta(ge=0, le=60_000)] = 0
    up_loss: Share = 0.0
    down_loss: Share = 0.0
    breaks: Annotated[int, Meta(ge=0, le=100)] = 0
    seconds: Annotated[int, Meta(ge=0, le=600)] = 0


class Camera(_Measured, frozen=True):
    """``luma`` is the picture's mean, 0 to 255; ``fps`` how often the picture was a new one."""

    trouble: Label = ""
    label: Label = ""
    width: Annotated[int, Meta(ge=0, le=10_000)] = 0
    height: Annotated[int, Meta(ge=0, le=10_000)] = 0
    luma: Annotated[int, Meta(ge=0, le=255)] = 0
    fps: Annotated[int, Meta(ge=0, le=240)] = 0


class Microphone(_Measured, frozen=True):
    """``peak_db`` is the loudest moment, 0 for full scale and -100 for nothing."""

    trouble: Label = ""
    label: Label = ""
    peak_db: Annotated[int, Meta(ge=-100, le=0)] = -100


class Loudspeaker(_Measured, frozen=True):
    """``heard``: ``back`` by the microphone, ``yes`` or ``no`` by a person, ``nobody`` answered."""

    heard: Label


class Main(_Measured, frozen=True):
    """Nothing: what the main venue would get is the server's own count."""


_SHAPES: dict[Part, type[_Measured]] = {
    Part.NETWORK: Network,
    Part.CAMERA: Camera,
    Part.MICROPHONE: Microphone,
    Part.LOUDSPEAKER: Loudspeaker,
    Part.MAIN: Main,
}


def judge(part: Part, body: bytes, *, seen: bool, heard: bool) -> Finding:
    """Return the finding of a part.

    Args:
        part: what was measured.
        body: the JSON object that the page sent.
        seen: whether the media worker receives the venue's picture now.
        heard: whether it receives its sound.

    Raises:
        DomainError: ``check_unreadable`` when the page sent something else.
    """
    try:
        measured = msgspec.json.decode(body, type=_SHAPES[part])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DomainError("check_unreadable") from error
    match measured:
        case Network():
            return _network(measured)
        case Camera():
            return _camera(measured)
        case Microphone():
            return _microphone(measured)
        case Loudspeaker():
            return _loudspeaker(measured)
        case _:
            return _main(seen=seen, heard=heard)


def _finding(
    part: Part, grade: Grade, code: str, params: Mapping[str, int | str] | None = None
) -> Finding:
    return Finding(part, grade, code, params or {})


def _network(measured: Network) -> Finding:
    loss = max(measured.up_loss, measured.down_loss)
    params = {"rtt": measured.rtt_ms, "loss": round(loss * 100), "breaks": measured.breaks}
    if not measured.connected:
        return _finding(Part.NETWORK, Grade.BAD, "closed")
    if measured.breaks:
        return _finding(Part.NETWORK, Grade.BAD, "breaks", params)
    if loss >= POOR_LOSS or measured.rtt_ms >= POOR_RTT_MS:
        return _finding(Part.NETWORK, Grade.BAD, "poor", params)
    if loss >= WEAK_LOSS or measured.rtt_ms >= WEAK_RTT_MS:
        return _finding(Part.NETWORK, Grade.WARN, "weak", params)
    return _finding(Part.NETWORK, Grade.OK, "good" if round(loss * 100) else "clean", params)


def _trouble(part: Part, trouble: str) -> Finding | None:
    if not trouble:
        return None
    return _finding(part, Grade.BAD, trouble if trouble in TROUBLES else "taken")


def _camera(measured: Camera) -> Finding:
    if (trouble := _trouble(Part.CAMERA, measured.trouble)) is not None:
        return trouble
    size = {"width": measured.width, "height": measured.height}
    if measured.luma < BLACK:
        return _finding(Part.CAMERA, Grade.BAD, "black")
    if measured.fps < STILL_FPS:
        return _finding(Part.CAMERA, Grade.BAD, "still")
    if measured.luma < DARK:
        return _finding(Part.CAMERA, Grade.WARN, "dark")
    if measured.luma > BRIGHT:
        return _finding(Part.CAMERA, Grade.WARN, "bright")
    return _finding(Part.CAMERA, Grade.OK, "good", {"label": measured.label, **size})


def _microphone(measured: Microphone) -> Finding:
    if (trouble := _trouble(Part.MICROPHONE, measured.trouble)) is not None:
        return trouble
    if measured.peak_db < SILENT_DB:
        return _finding(Part.MICROPHONE, Grade.BAD, "silent")
    if measured.peak_db < QUIET_DB:
        return _finding(Part.MICROPHONE, Grade.WARN, "quiet")
    if measured.peak_db > LOUD_DB:
        return _finding(Part.MICROPHONE, Grade.WARN, "loud")
    return _finding(Part.MICROPHONE, Grade.OK, "good", {"label": measured.label})


def _loudspeaker(measured: Loudspeaker) -> Finding:
    match measured.heard:
        case "back":
            return _finding(Part.LOUDSPEAKER, Grade.OK, "back")
        case "yes":
            return _finding(Part.LOUDSPEAKER, Grade.OK, "yes")
        case "no":
            return _finding(Part.LOUDSPEAKER, Grade.BAD, "no")
        case "nobody":
            return _finding(Part.LOUDSPEAKER, Grade.WARN, "nobody")
        case _:
            raise DomainError("check_unreadable")


def _main(*, seen: bool, heard: bool) -> Finding:
    if seen and heard:
        return _finding(Part.MAIN, Grade.OK, "good")
    code = "unheard" if seen else ("unseen" if heard else "nothing")
    return _finding(Part.MAIN, Grade.BAD, code)
