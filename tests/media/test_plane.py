"""A worker's inside without the process: real sockets, a clock that moves only when told."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aioice import stun

from server.media import control
from server.media.journal import Journal
from server.media.model import MediaEvent, PeerDisconnected
from server.media.plane import Plane
from server.media.transport import bind_all
from tests.unit.media.cores import CORES, make_core
from tests.unit.media.offers import microphone, offer

LOG = logging.getLogger("test")


class Clock:
    def __init__(self) -> None:
        self.steady = 1_000.0

    def wall(self) -> float:
        return self.steady + 1_000_000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=CORES)
async def plane(
    clock: Clock, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Plane]:
    plane = Plane(
        bind_all(["127.0.0.1"], 0, LOG),
        (),
        steady=lambda: clock.steady,
        wall=clock.wall,
        core=make_core(request.param),
        log=LOG,
        journal=Journal(tmp_path / "worker-0.journal", round(clock.wall() * 1000)),
    )
    plane.transport.start()
    yield plane
    plane.close()
    plane.transport.close()


@pytest.fixture
def ports(plane: Plane) -> Iterator[list[socket.socket]]:
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for sock in socks:
        sock.connect(("127.0.0.1", plane.transport.port))
        sock.settimeout(0.2)
    yield socks
    for sock in socks:
        sock.close()


def join(plane: Plane, peer: str) -> dict[str, str]:
    answer = plane.connect(control.Connect(peer, offer(microphone()), "r", "12", {}))
    values = [line[2:].partition(":") for line in answer.split("\r\n") if line.startswith("a=")]
    return {name: value for name, _, value in values}


async def checked(
    sock: socket.socket, answer: dict[str, str], *, nominates: bool = False, key: str = ""
) -> bool:
    """Send a connectivity check; say whether it was answered."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = answer["ice-ufrag"] + ":them"
    if nominates:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity((key or answer["ice-pwd"]).encode())
    sock.send(bytes(message))
    await asyncio.sleep(0.02)
    try:
        return stun.parse_message(sock.recv(2048)).transaction_id == message.transaction_id
    except TimeoutError:
        return False


async def test_a_new_address_is_used_when_it_is_nominated(
    plane: Plane, ports: list[socket.socket]
) -> None:
    answer = join(plane, "p")
    connection = plane.connection("p")
    assert connection is not None
    first, second = ports
    assert await checked(first, answer, nominates=True)
    assert connection.target.address == first.getsockname()
    assert await checked(second, answer)
    assert connection.target.address == first.getsockname()
    assert await checked(second, answer, nominates=True)
    assert connection.target.address == second.getsockname()


async def test_a_wrong_password_gets_no_answer_and_no_belief(
    plane: Plane, ports: list[socket.socket]
) -> None:
    answer = join(plane, "p")
    assert not await checked(ports[0], answer, nominates=True, key="guessed")
    connection = plane.connection("p")
    assert connection is not None
    assert connection.target.sendto is None


async def test_an_address_taken_over_by_a_newer_peer_belongs_to_it_alone(
    plane: Plane, ports: list[socket.socket]
) -> None:
    old, new = join(plane, "old"), join(plane, "new")
    assert await checked(ports[0], old, nominates=True)
    assert await checked(ports[0], new, nominates=True)
    before, after = plane.connection("old"), plane.connection("new")
    assert before is not None
    assert after is not None
    assert before.target.sendto is None
    assert after.target.address == ports[0].getsockname()


async def test_a_silent_peer_left_with_its_last_authenticated_packet(
    plane: Plane, ports: list[socket.socket], clock: Clock
) -> None:
    events: list[MediaEvent] = []
    plane.notify = events.append
    answer = join(plane, "p")
    assert await checked(ports[0], answer, nominates=True)
    connection = plane.connection("p")
    assert connection is not None
    plane.note_connected(connection)
    clock.steady += 7
    assert await checked(ports[0], answer)
    last_ms = plane.now_ms()
    clock.steady += 14
    plane.each_second()
    assert plane.connection("p") is connection
    clock.steady += 2
    plane.each_second()
    assert plane.connection("p") is None
    gone = events[-1]
    assert isinstance(gone, PeerDisconnected)
    assert (gone.reason, gone.at_ms) == ("silent", last_ms)
    assert plane.journal.kept[-1] == gone


async def test_a_peer_that_never_connects_is_forgotten_without_an_event(
    plane: Plane, clock: Clock
) -> None:
    join(plane, "p")
    clock.steady += 21
    plane.each_second()
    assert plane.connection("p") is None
    assert plane.journal.kept == ()
