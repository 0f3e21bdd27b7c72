"""A room without a socket for tests: packets and the time in, packets out."""

import random

from server.media import rtcp
from server.media.core.model import Core, Send
from server.media.rooms import Member
from server.media.router import Router
from server.media.rtp import HEADER, Packet, parse_rtp
from server.media.sdp import parse_offer
from server.media.timeline import Timeline
from tests.unit.media.offers import camera, microphone, offer, screen, speaker

KEY = b"\0\0\0\x9d\x01\x2a"
WIDTHS = {"l": 320, "h": 1280}


class House:
    """A router, its clock, and short words for what happens in it."""

    def __init__(self, core: Core) -> None:
        self.now = 100.0
        self.core = core
        draw = random.Random(7)  # noqa: S311 (a test wants the same numbers)
        self.router = Router(Timeline(0.0, 1_000_000.0), draw.getrandbits, core)

    def publisher(self, peer: str, *, source: str = "", room: str = "r") -> Member:
        text = offer(microphone(), camera(simulcast=True))
        return self._add(peer, text, source or peer, room)

    def viewer(
        self, peer: str, *, video: int = 1, audio: int = 0, source: str = "", room: str = "r"
    ) -> Member:
        text = offer(*[screen()] * video, *[speaker()] * audio)
        return self._add(peer, text, source or peer, room)

    def _add(self, peer: str, text: str, source: str, room: str) -> Member:
        return self.router.add_peer(
            peer, parse_offer(text), room=room, source=source, to=self.core.target(peer)
        )

    def video(
        self, member: Member, seq: int, *, rid: str = "h", key: bool = False, **more: int
    ) -> list[tuple[str, Packet]]:
        """Send one picture of one packet on a layer; return what goes out, read again."""
        ssrc = more.get("ssrc", 1000 + "lh".index(rid))
        body = KEY + WIDTHS[rid].to_bytes(2, "little") if key else b"\1more"
        tid = more.get("tid", 0)
        descriptor = bytes(
            (0x90, 0xE0, 0x80 | seq >> 8 & 0x7F, seq & 255, seq & 255, tid << 6 | 32)
        )
        extension = bytes.fromhex("bede0001") + bytes((10 << 4, ord(rid), 0, 0))
        head = HEADER.pack(0x90, 0x80 | 96, seq, more.get("ts", seq * 3000), ssrc)
        return self.take(member, head + extension + descriptor + body)

    def audio(self, member: Member, seq: int, *, level: int = 30) -> list[tuple[str, Packet]]:
        extension = bytes.fromhex("bede0001") + bytes((1 << 4, level, 0, 0))
        ssrc = 2000 + sum(member.peer.encode())
        head = HEADER.pack(0x90, 111, seq, seq * 960, ssrc)
        return self.take(member, head + extension + b"sound")

    def take(self, member: Member, data: bytes) -> list[tuple[str, Packet]]:
        self.router.handle_rtp(self.now, member, data)
        return read(self.core.take())

    def asked(self) -> list[tuple[str, rtcp.Message]]:
        taken, self.router.rtcp = self.router.rtcp, []
        return [(to.name, message) for to, data in taken for message in rtcp.parse(data)]

    def later(self, seconds: float) -> None:
        self.now += seconds


def read(sends: list[Send]) -> list[tuple[str, Packet]]:
    return [(to.name, parse_rtp(head + rest)) for to, head, rest in sends]
