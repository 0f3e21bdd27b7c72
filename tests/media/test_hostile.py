"""Junk from strangers and from a venue's own address; the numbers come from a fixed seed."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator

import pylibsrtp
import pytest
from OpenSSL import SSL

from server.media.client import MediaClient
from server.media.model import Choice
from server.media.rtp import HEADER
from tests.media.callers import Caller, until
from tests.media.conftest import CallerMaker

HELLO = b"\x16\xfe\xff\0\0" + bytes(8) + b"\1" + bytes(11) + b"\xfe\xfd" + bytes(range(32)) + b"\0"
STUN = b"\0\1\0\x08\x21\x12\xa4\x42" + bytes(12) + b"\0\x06\0\x04a:b\0"
JUNK = [
    b"",
    b"\0",
    b"\x80",
    STUN[:10],
    STUN[:21],
    STUN,
    STUN[:20] + b"\0\x20\0\x02ab",
    STUN[:20] + b"\x80\x28\0\0",
    b"\x15\xfe\xfd\0\0" + bytes(7) + b"\2\2\x28",
    HELLO,
    b"\x80\x60" + bytes(40),
    b"\x80\xc8" + bytes(40),
    b"\xff" * 1400,
    bytes(2048),
]


class Meeting:
    """A venue that publishes and a viewer that must go on seeing and hearing it."""

    def __init__(self, venue: Caller, viewer: Caller) -> None:
        self.venue = venue
        self.viewer = viewer

    async def goes_on(self) -> None:
        before = [ear.frames for ear in self.viewer.ears]
        await until(
            lambda: all(
                ear.frames > was + 15 for ear, was in zip(self.viewer.ears, before, strict=True)
            )
        )


@pytest.fixture
async def meeting(caller: CallerMaker) -> Meeting:
    venue = await caller("12").publish(shade=200, hertz=440).join()
    viewer = await caller("1").watch(video=1, audio=1).join({0: Choice("12")})
    return Meeting(venue, viewer)


@pytest.fixture
async def stranger(media: MediaClient) -> AsyncIterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", media.udp_port))
        yield sock


def own_sender(caller: Caller) -> asyncio.DatagramTransport:
    """The socket from which a caller's media come."""
    [transport] = [
        protocol.transport
        for protocol in caller.transport.transport._connection._protocols
        if protocol.transport.get_extra_info("sockname")[0] == "127.0.0.1"
    ]
    return transport  # type: ignore[no-any-return]


async def test_a_strangers_junk_stops_nobody(
    media: MediaClient, meeting: Meeting, stranger: socket.socket
) -> None:
    for _ in range(20):
        for junk in JUNK:
            stranger.send(junk)
    await meeting.goes_on()
    drops = (await media.stats()).drops
    assert drops["junk"] > 0
    assert drops["stranger"] > 0
    assert drops["stun"] > 0


async def test_junk_from_a_venues_own_address_stops_nobody(
    media: MediaClient, meeting: Meeting
) -> None:
    sender = own_sender(meeting.venue)
    for _ in range(10):
        for junk in JUNK:
            sender.sendto(junk, ("127.0.0.1", media.udp_port))
    await meeting.goes_on()


async def test_a_false_hello_before_the_true_one_stops_nobody(
    media: MediaClient, caller: CallerMaker, stranger: socket.socket
) -> None:
    venue = caller("12").publish(hertz=440)
    joining = asyncio.create_task(venue.join())
    while not joining.done():
        stranger.send(HELLO)
        await asyncio.sleep(0.005)
    await joining


def client_hello() -> bytes:
    """Return a first DTLS flight as OpenSSL makes it, with random octets of its own."""
    line = SSL.Connection(SSL.Context(SSL.DTLS_METHOD))
    line.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        line.do_handshake()
    return line.bio_read(1500)


async def test_a_whole_false_hello_from_a_venues_own_address_costs_that_connection_at_most(
    meeting: Meeting, caller: CallerMaker
) -> None:
    venue = caller("13").publish(hertz=440)
    line = venue.transport.transport
    send, told = line._send, asyncio.Event()

    async def send_a_false_hello_first(data: bytes) -> None:
        if not told.is_set():
            told.set()
            await send(client_hello())
        await send(data)

    line._send = send_a_false_hello_first
    joining = asyncio.create_task(venue.join())
    await told.wait()
    # the answer to the false hello may well make the true client give up: its page comes again
    await caller("14").publish(hertz=440).join()
    joining.cancel()
    await meeting.goes_on()


async def test_a_hundred_thousand_mutated_packets_stop_nobody(
    media: MediaClient, meeting: Meeting, stranger: socket.socket
) -> None:
    draw = random.Random(20261124)  # noqa: S311 (a failure must be repeatable)
    sender = own_sender(meeting.venue)
    seeds = [*JUNK, HEADER.pack(0x90, 96, 1, 2, 3) + bytes(200)]
    for count in range(100_000):
        packet = bytearray(draw.choice(seeds) or b"\x80")
        for _ in range(draw.randint(1, 4)):
            packet[draw.randrange(len(packet))] = draw.randrange(256)
        if count % 50 == 0:
            sender.sendto(
                bytes(packet[: draw.randint(0, len(packet))]), ("127.0.0.1", media.udp_port)
            )
        else:
            stranger.send(packet)
        if count % 500 == 0:
            await asyncio.sleep(0.001)
    await meeting.goes_on()


async def test_mutated_plaintext_of_an_authentic_venue_stops_nobody(
    media: MediaClient, meeting: Meeting, caller: CallerMaker
) -> None:
    """RTP and RTCP that decrypt well and mean nothing."""
    other = await caller("13").publish(hertz=700).watch(video=1).join({0: Choice("12")})
    draw = random.Random(7)  # noqa: S311 (a failure must be repeatable)
    compound = bytes.fromhex("80c90001000000018fcd0003000000010000000200640003")
    seeds = [HEADER.pack(0x90, 97, 1, 2, 3) + bytes(60), HEADER.pack(0xB0, 96, 9, 2, 4) + bytes(9)]
    for count in range(2_000):
        packet = bytearray(draw.choice([*seeds, compound]))
        for _ in range(draw.randint(1, 5)):
            packet[draw.randrange(1, len(packet))] = draw.randrange(256)
        with contextlib.suppress(pylibsrtp.Error):
            await other.transport._send_rtp(bytes(packet))
        if count % 20 == 0:
            await asyncio.sleep(0.005)
    await meeting.goes_on()
    assert other.pc.connectionState == "connected"


async def test_a_flooding_venue_is_limited_to_itself(
    media: MediaClient, meeting: Meeting, caller: CallerMaker
) -> None:
    flooder = await caller("13").publish(hertz=700).join()
    packet = HEADER.pack(0x80, 96, 1, 2, 99) + bytes(1000)
    secret = flooder.transport._tx_srtp.protect(packet)
    sender = own_sender(flooder)
    for count in range(30_000):
        sender.sendto(secret, ("127.0.0.1", media.udp_port))
        if count % 200 == 0:
            await asyncio.sleep(0.002)
    await meeting.goes_on()
    assert (await media.stats()).drops["flood"] > 10_000


async def test_media_from_an_address_that_was_not_checked_are_dropped(
    media: MediaClient, meeting: Meeting, stranger: socket.socket
) -> None:
    """Even when they are encrypted with the venue's own keys."""
    before = (await media.stats()).drops.get("stranger", 0)
    stranger.send(meeting.venue.transport._tx_srtp.protect(HEADER.pack(0x80, 96, 1, 2, 3) + b"x"))
    await asyncio.sleep(0.1)
    assert (await media.stats()).drops["stranger"] == before + 1
