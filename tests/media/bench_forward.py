"""CPU time per forwarded packet: ``python -m tests.media.bench_forward [packets] [octets]``.

One publisher, 33 viewers, one picture stream, AES-256-GCM, loopback; the kernel's part is in it.
"""

import logging
import os
import random
import socket
import sys
import time
from typing import Any

from pylibsrtp import Policy, Session

from server.media.dtls import Srtp
from server.media.model import Choice
from server.media.router import Router
from server.media.rtp import HEADER
from server.media.sdp import parse_offer
from server.media.timeline import Timeline
from server.media.transport import Transport, bind_all
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

    def __init__(self, sock: socket.socket, address: Any, keys: tuple[bytes, bytes]) -> None:
        self.srtp = Srtp(
            session(keys[0], Policy.SSRC_ANY_INBOUND), session(keys[1], Policy.SSRC_ANY_OUTBOUND)
        )
        self.sending = self.srtp.sending
        self.sendto = sock.sendto
        self.address = address
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


def main() -> None:
    count, octets = (int(value) for value in (*sys.argv[1:], "2000", "1000")[:2])
    log = logging.getLogger("bench")
    draw = random.Random(1)  # noqa: S311 (no secret)
    router = Router(Timeline(0.0, 0.0), draw.getrandbits)
    places = bind_all(["127.0.0.1"], 0, log)
    transport = Transport(places, router, time.monotonic, log)
    server = places[0]
    source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    source.bind(("127.0.0.1", 0))
    keys = (os.urandom(44), os.urandom(44))
    sender = Wire(server.sock, source.getsockname(), keys)
    sender.member = router.add_peer(
        "p", parse_offer(offer(camera(ssrc=11))), room="r", source="p", to=sender
    )
    server.paths[source.getsockname()] = sender  # type: ignore[assignment]
    sinks = []
    for number in range(VIEWERS):
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sink.bind(("127.0.0.1", 0))
        sinks.append(sink)
        wire = Wire(server.sock, sink.getsockname(), (os.urandom(44), os.urandom(44)))
        router.add_peer(str(number), parse_offer(offer(screen())), room="r", source="", to=wire)
        router.choose(0.0, str(number), {0: Choice("p")})
    encrypt = session(keys[0], Policy.SSRC_ANY_OUTBOUND)
    secrets = [encrypt.protect(packet(seq, octets)) for seq in range(count)]
    spent = 0.0
    for start in range(0, count, BURST):
        for secret in secrets[start : start + BURST]:
            source.sendto(secret, ("127.0.0.1", transport.port))
        before = time.process_time()
        transport._drain(server)
        spent += time.process_time() - before
    out = transport.packets_out
    print(f"{out} packets of {octets} octets out: {spent / out * 1e6:.2f} us each")  # noqa: T201
    for sock in (source, server.sock, *sinks):
        sock.close()


if __name__ == "__main__":
    main()
