"""CPU time per forwarded packet: ``python -m tests.media.bench_forward [packets] [octets]``.

One publisher, 33 viewers, one picture stream, AES-256-GCM, loopback; the kernel's part is in it.
Both cores take turns in one run, so that the ratio means something on a machine that is shared.
"""

import logging
import os
import random
import socket
import sys
import time
from typing import Any

from pylibsrtp import Policy, Session

from server.media.core.model import Core
from server.media.dtls import Srtp
from server.media.model import Choice
from server.media.router import Router
from server.media.rtp import HEADER
from server.media.sdp import parse_offer
from server.media.timeline import Timeline
from server.media.transport import Transport, bind_all
from tests.unit.media.cores import CORES, make_core
from tests.unit.media.offers import camera, offer, screen

VIEWERS = 33
BURST = 16


def session(key: bytes, kind: int) -> Session:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy)


class Wire:
    """As much of a connection as the packet path touches."""

    def __init__(
        self, core: Core, sock: socket.socket, address: Any, keys: tuple[bytes, bytes]
    ) -> None:
        self.target = core.target("")
        self.target.arm(
            Srtp(
                session(keys[0], Policy.SSRC_ANY_INBOUND),
                session(keys[1], Policy.SSRC_ANY_OUTBOUND),
            )
        )
        self.target.aim(sock, address)
        self.allowance = 1e9
        self.known_ssrcs: set[int] = set()
        self.octets_in = 0
        self.last_at = 0.0
        self.member: Any = None


def packet(seq: int, octets: int) -> bytes:
    descriptor = bytes((0x90, 0xE0, 0x80 | seq >> 8 & 0x7F, seq & 255, seq & 255, 0x20))
    body = b"\0\0\0\x9d\x01\x2a\x80\x02" if seq == 0 else b"\1"
    head = HEADER.pack(0x80, 0x80 | 96, seq, seq * 3000, 11)
    return head + descriptor + body + bytes(octets - 18 - len(body))


class Run:
    """One core at work; ``turn`` lets it forward a burst and adds up what that cost."""

    def __init__(self, core: Core, count: int, octets: int) -> None:
        log = logging.getLogger("bench")
        draw = random.Random(1)  # noqa: S311 (no secret)
        self.core = core
        self.spent = 0.0
        router = Router(Timeline(0.0, 0.0), draw.getrandbits, core)
        [self.server] = bind_all(["127.0.0.1"], 0, log)
        self.transport = Transport([self.server], router, time.monotonic, log)
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.bind(("127.0.0.1", 0))
        keys = (os.urandom(44), os.urandom(44))
        sender = Wire(core, self.server.sock, self.source.getsockname(), keys)
        sender.member = router.add_peer(
            "p", parse_offer(offer(camera(ssrc=11))), room="r", source="p", to=sender.target
        )
        self.server.paths[self.source.getsockname()] = sender  # type: ignore[assignment]
        self.sinks = []
        for number in range(VIEWERS):
            sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sink.bind(("127.0.0.1", 0))
            self.sinks.append(sink)
            ends = (os.urandom(44), os.urandom(44))
            wire = Wire(core, self.server.sock, sink.getsockname(), ends)
            screens = parse_offer(offer(screen()))
            router.add_peer(str(number), screens, room="r", source="", to=wire.target)
            router.choose(0.0, str(number), {0: Choice("p")})
        encrypt = session(keys[0], Policy.SSRC_ANY_OUTBOUND)
        self.secrets = [encrypt.protect(packet(seq, octets)) for seq in range(count)]

    def turn(self, start: int, burst: int) -> None:
        for secret in self.secrets[start : start + burst]:
            self.source.sendto(secret, ("127.0.0.1", self.transport.port))
        before = time.process_time()
        self.transport._drain(self.server)
        self.spent += time.process_time() - before

    def close(self) -> float:
        """Return the microseconds of a packet."""
        for sock in (self.source, self.server.sock, *self.sinks):
            sock.close()
        return self.spent / self.transport.packets_out * 1e6


def main() -> None:
    count, octets = (int(value) for value in (*sys.argv[1:], "2000", "1000")[:2])
    for burst in (1, 16):
        runs = [Run(make_core(name), count, octets) for name in CORES]
        for start in range(0, count, burst):
            for run in runs:
                run.turn(start, burst)
        plain, native = (run.close() for run in runs)
        print(  # noqa: T201
            f"{octets} octets, {burst} at a time, to {VIEWERS} viewers: Python {plain:.2f} us, "
            f"C {native:.2f} us a packet ({native / plain:.2f})"
        )


if __name__ == "__main__":
    main()
