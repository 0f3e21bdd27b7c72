"""The trial of a core before it is trusted.

It must send the same packets as the core in Python, byte for byte, and bring a train of them
through encryption and a socket.
"""

import secrets
import socket
from collections import Counter
from collections.abc import Callable
from typing import Any

from pylibsrtp import Policy, Session

from server.media.codec import parse_vp8
from server.media.core.model import Core
from server.media.core.plain import PlainCore
from server.media.dtls import Srtp
from server.media.lanes import CLOSED, OPENING, LaneStart
from server.media.rtp import Packet

_PICTURES = (
    b"\x90\xe0\x80\x07\x07\x20\0",  # picture id, TL0PICIDX, layer 0
    b"\x80\xe0\x80\x08\x07\x60\1",  # upper layer without a layer sync
    b"\x90\xe0\x80\x08\x07\x60\1",  # upper layer that is one
    b"\x90\x80\x09\1",  # a short picture id alone
    b"\x90\x40\x0a\1",  # TL0PICIDX alone
    b"\x10\1",  # no extension
    b"\x80\x10\x02\1",  # KEYIDX alone
)
_TRAIN = (900, 900, 900, 400, 1100)


class _Slot:
    def __init__(self, lane: Any) -> None:
        self.lane = lane


class _Stream:
    def __init__(self, lanes: list[Any]) -> None:
        self.slots = [_Slot(lane) for lane in lanes]
        self.fan: Any = None


def _packet(seq: int, payload: bytes) -> Packet:
    return Packet(96, marker=128 * (seq & 1), seq=seq, ts=seq * 3000, ssrc=9, payload=payload)


def _play(core: Core) -> list[tuple[str, bytes]]:
    """Let a core do everything once; return the plain packets and to whom they go."""
    near, far = core.target("near"), core.target("far")
    lanes: list[Any] = [
        core.lane(near, LaneStart("video", 1 << 31, 96, 3, seq=65_534, ts=0xFFFF_FF00, tl0=255)),
        core.lane(far, LaneStart("video", 77, 127, 0, seq=5, ts=7, picture_id=0x7FFF, tl0=3)),
    ]
    voice: Any = core.lane(near, LaneStart("audio", 78, 111, 3, seq=1, ts=2))
    pictures: Any = _Stream(lanes)
    sound: Any = _Stream([voice])
    for now, start in ((10.0, 70_000), (10.5, 900_000)):
        for lane in (*lanes, voice):
            lane.switch(now, 90_000, seq=start, ts=start & 0xFFFF)
            lane.switch_pictures(picture_id=start, tl0=start & 0xFF)
        for step in (0, 1, 3, 2, 2, *range(5, 40)):
            number = start + step
            body = _PICTURES[step % len(_PICTURES)]
            packet = _packet(number & 0xFFFF, body + bytes([step]) * (40 * step))
            if step == 9:
                for lane in lanes:
                    lane.skip(number)
                continue
            lanes[0].gate = {12: CLOSED, 20: OPENING}.get(step, lanes[0].gate)
            core.forward_audio(now, sound, packet, number)
            core.forward_video(
                now,
                pictures,
                packet,
                number,
                parse_vp8(packet.payload),
                picture=number if step % 7 < 4 else -1,
                send_time=step << 10,
            )
    for seq in (0, 5, 65_534, 65_535):
        core.resend(lanes[0], seq)
        core.resend(lanes[1], seq)
        core.resend(voice, seq)
    return [(to.name, head + rest) for to, head, rest in core.take()]


def _session(key: bytes, kind: int) -> Session:
    return Session(
        Policy(key=key, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    )


def _read_train(core: Core, receiver: socket.socket, arrived: Session) -> list[int]:
    """Return the sizes of the plain packets as they come."""
    sizes: list[int] = []
    drops: Counter[str] = Counter()
    while len(sizes) < len(_TRAIN):
        # a core takes what is there and never waits, so the waiting is done here
        receiver.settimeout(1.0)
        receiver.recv(1, socket.MSG_PEEK)
        receiver.setblocking(False)
        before = len(sizes)
        for scratch, size, _ in core.receive(receiver, drops):
            sizes.append(len(arrived.unprotect(bytes(scratch.view[:size]))))
        if before == len(sizes):
            break
    return sizes


def _send_train(core: Core) -> str:
    """Send packets of several sizes to a socket of our own; return what went wrong, or nothing."""
    key = secrets.token_bytes(44)
    out = Srtp(_session(key, Policy.SSRC_ANY_INBOUND), _session(key, Policy.SSRC_ANY_OUTBOUND))
    arrived = _session(key, Policy.SSRC_ANY_INBOUND)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
    ):
        for sock in (sender, receiver):
            sock.bind(("127.0.0.1", 0))
        target = core.target("self")
        target.arm(out)
        target.aim(sender, receiver.getsockname())
        lane: Any = core.lane(target, LaneStart("audio", 5, 111, 0, seq=1, ts=2))
        sound: Any = _Stream([lane])
        for place, size in enumerate(_TRAIN):
            core.forward_audio(1.0, sound, _packet(place, bytes(size)), 65_536 + place)
        core.ship()
        if core.sent != len(_TRAIN) or core.lost():
            return f"{core.sent} packets sent, {dict(core.lost())} lost"
        sizes = _read_train(core, receiver, arrived)
        core.forget(target)
    expected = [12 + size for size in _TRAIN]
    return "" if sizes == expected else f"sizes {sizes} instead of {expected}"


def find_fault(make: Callable[[], Core]) -> str | None:
    """Return what is wrong with a core, None when nothing is.

    Args:
        make: makes one; it is called twice.
    """
    if _play(make()) != _play(PlainCore()):
        return "it does not send what the core in Python sends"
    try:
        return _send_train(make()) or None
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
