"""Simulated venues through the product's own media worker: seen, heard, and journals that agree."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from server.domain.clock import SystemClock
from server.media.client import MediaClient, WorkerUnavailable
from server.media.model import Choice, MediaEvent, PeerConnected, PeerDisconnected
from server.simulator.journal import Event, read_journal
from server.simulator.loops import VenueLoop, make_loop
from server.simulator.street import Street, StreetConfig
from server.simulator.venue import Identity, Venue
from server.simulator.watcher import Watcher
from tests.media.callers import until
from tests.media.test_simulated_venue import leave

TOKENS = {"secret-1": 1, "secret-2": 2}
ROOM = "r"


class Doors:
    """WHIP and WHEP in front of a media client; venue 1 sees 2 and the other way round."""

    def __init__(self, media: MediaClient) -> None:
        self.media = media
        self.app = web.Application()
        self.app.add_routes(
            [
                web.post("/{kind:whip|whep}", self.post),
                web.delete("/rtc/{peer}", self.delete),
                web.get("/ws", self.ws),
            ]
        )
        self.sockets: dict[int, web.WebSocketResponse] = {}

    async def post(self, http: web.Request) -> web.Response:
        number = TOKENS[http.headers["Authorization"].removeprefix("Bearer ")]
        other = str(3 - number)
        slots = {0: Choice(other, "high"), 1: Choice(other, "low")}
        peer = f"{http.match_info['kind']}-{number}-{secrets.token_hex(3)}"
        try:
            answer = await self.media.connect(
                peer,
                await http.text(),
                room=ROOM,
                source=str(number),
                slots=slots if http.match_info["kind"] == "whep" else None,
            )
        except WorkerUnavailable:
            return web.Response(status=503)
        headers = {"Location": f"/rtc/{peer}"}
        return web.Response(
            status=201, text=answer, content_type="application/sdp", headers=headers
        )

    async def delete(self, http: web.Request) -> web.Response:
        await self.media.disconnect(http.match_info["peer"], "left")
        return web.Response()

    async def ws(self, http: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(http)
        hello = await ws.receive_json()
        self.sockets[TOKENS[hello["token"]]] = ws
        await ws.send_json({"type": "welcome"})
        async for _ in ws:
            pass
        return ws


@pytest.fixture(scope="module")
def two_loops() -> dict[int, VenueLoop]:
    return {1: make_loop(1, "云杉苑居委会"), 2: make_loop(2, "松涛里居委会")}


@pytest.fixture
async def doors(media: MediaClient) -> AsyncIterator[tuple[Doors, str]]:
    here = Doors(media)
    runner = web.AppRunner(here.app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield here, f"http://127.0.0.1:{runner.addresses[0][1]}"
    for socket in here.sockets.values():
        await socket.close()
    await runner.cleanup()


@pytest.fixture
async def venues(
    doors: tuple[Doors, str], two_loops: dict[int, VenueLoop], tmp_path: Path
) -> AsyncIterator[list[Venue]]:
    who = tuple(Identity(number, f"第{number}", token) for token, number in TOKENS.items())
    config = StreetConfig(doors[1], tmp_path, tmp_path, who)
    async with aiohttp.ClientSession() as http:
        street = Street(config, two_loops, clock=SystemClock(), http=http)
        running = asyncio.create_task(street.run())
        await until(lambda: all(v.is_publishing and v.is_watching for v in street.venues))
        yield street.venues
        await leave(running)


def watch(venue: Venue, slot: int) -> Watcher:
    assert venue.receiver is not None
    return Watcher(venue.receiver, slot)


async def test_each_venue_sees_the_other_in_both_sizes_with_frames_in_order(
    venues: list[Venue],
) -> None:
    for venue, other in ((venues[0], 2), (venues[1], 1)):
        for slot, width in ((0, 640), (1, 320)):
            seen = watch(venue, slot).sightings
            # A slot may open with the layer that was there first.
            await until(lambda: len([s for s in seen if s.width == width]) > 30)  # noqa: B023
            assert {s.width for s in seen[-20:]} == {width}
            assert {s.mark.venue if s.mark else None for s in seen} == {other}
            frames = [s.mark.frame for s in seen[-20:] if s.mark]
            assert all(0 < (b - a) % 120 <= 12 for a, b in pairwise(frames))


async def test_speech_reaches_the_other_venue(
    venues: list[Venue], doors: tuple[Doors, str]
) -> None:
    receiver = venues[0].receiver
    assert receiver is not None
    await until(lambda: 2 in doors[0].sockets)
    await doors[0].sockets[2].send_json({"type": "state", "session": 1, "floor": 2})
    voices = [slot for slot in receiver.slots if slot.kind == "audio"]
    await until(lambda: sum(slot.packets for slot in voices) > 60)
    assert all(slot.lost == 0 for slot in receiver.slots)


async def test_the_venues_journal_and_the_workers_agree_to_a_second(
    venues: list[Venue], doors: tuple[Doors, str], events: list[MediaEvent], tmp_path: Path
) -> None:
    await doors[0].sockets[1].send_json({"type": "replaced"})
    await until(lambda: not venues[0].is_publishing)

    def gone() -> list[PeerDisconnected]:
        return [e for e in events if isinstance(e, PeerDisconnected) and "whip-1" in e.peer]

    await until(lambda: len(gone()) == 1)
    came = next(e for e in events if isinstance(e, PeerConnected) and "whip-1" in e.peer)
    noted = {entry.event: entry.at for entry in read_journal(tmp_path / "venue-01.jsonl")}
    assert abs(noted[Event.CONNECTED] - came.at_ms) < 1000
    assert abs(noted[Event.DISCONNECTED] - gone()[0].at_ms) < 1000


async def test_all_venues_come_back_when_the_worker_dies(
    venues: list[Venue], media: MediaClient
) -> None:
    before = [venue.receiver for venue in venues]
    os.kill(media.pid, signal.SIGKILL)
    await until(
        lambda: all(v.receiver not in (None, old) for v, old in zip(venues, before, strict=True)),
    )
    await until(lambda: all(v.is_publishing for v in venues))
    again = watch(venues[0], 0)
    await until(lambda: any(s.mark and s.mark.venue == 2 for s in again.sightings))
