"""A simulated venue against a stand-in server: it comes in, is seen, listens and behaves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from server.domain.clock import SystemClock, unix_ms
from server.simulator.journal import Event, connected_spans, read_journal
from server.simulator.loops import KEY_EVERY, VenueLoop, make_loop
from server.simulator.packets import (
    AUDIO_LEVEL,
    negative_acknowledgement,
    picture_loss,
    read_extension,
    read_rtcp,
    receiver_report,
    vp8_body,
)
from server.simulator.sdp import EXTENSIONS
from server.simulator.street import Street, StreetConfig
from server.simulator.venue import Identity, Venue
from server.simulator.watcher import Watcher
from tests.media.callers import until
from tests.media.stand_in import OUT_SSRC, StandIn, StandInPeer
from tests.patience import PATIENCE_S

NUMBER, TOKEN = 17, "secret-17"


@pytest.fixture(scope="module")
def loop_17() -> VenueLoop:
    return make_loop(NUMBER, "芙蓉里居委会")


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn({TOKEN: NUMBER}) as stand_in:
        yield stand_in


@pytest.fixture
async def street(
    server: StandIn, loop_17: VenueLoop, tmp_path: Path
) -> AsyncIterator[tuple[Street, Venue]]:
    config = StreetConfig(server.url, tmp_path, tmp_path, (Identity(NUMBER, "芙蓉里", TOKEN),))
    async with aiohttp.ClientSession() as http:
        street = Street(config, {NUMBER: loop_17}, clock=SystemClock(), http=http)
        running = asyncio.create_task(street.run())
        yield street, street.venues[0]
        await leave(running)


async def leave(running: asyncio.Task[None]) -> None:
    """Let a street go; an error it met is the test's error."""
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


def entries(folder: Path) -> list[Event]:
    seen_or_heard = {Event.SEES, Event.HEARS, Event.HEARS_NO_MORE}
    entries = read_journal(folder / "venue-17.jsonl")
    return [entry.event for entry in entries if entry.event not in seen_or_heard]


async def joined(server: StandIn, venue: Venue) -> None:
    await until(lambda: venue.is_publishing and venue.is_watching)
    await until(lambda: server.publisher(NUMBER).received and server.watcher(NUMBER).is_connected)


async def test_a_venue_is_seen_by_name_and_frame_on_both_layers(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    venue = street[1]
    await joined(server, venue)
    assert venue.receiver is not None
    watcher = Watcher(venue.receiver, 0)
    server.publisher(NUMBER).send_rtcp(picture_loss(1, next(iter(server.publisher(NUMBER).layers))))
    await until(lambda: len(watcher.sightings) >= 20)
    marks = [sighting.mark for sighting in watcher.sightings]
    assert all(mark is not None and mark.venue == NUMBER for mark in marks)
    frames = [mark.frame for mark in marks if mark is not None]
    steps = {(after - before) % 120 for before, after in pairwise(frames)}
    assert all(0 < step <= 12 for step in steps)
    assert {sighting.width for sighting in watcher.sightings} == {640}
    watcher.stop()
    server.layer = "l"
    low = Watcher(venue.receiver, 0)
    await until(lambda: any(sighting.width == 320 for sighting in low.sightings))


def _pictures_between_keys(peer: StandInPeer, ssrc: int) -> list[int]:
    """Return how many pictures of a stream came from each key frame to the next."""
    keys = []
    for packet in peer.received:
        if packet[1] & 0x7F == 96 and packet[8:12] == ssrc.to_bytes(4):
            is_start, body = vp8_body(packet[read_extension(packet)[1] :])
            if is_start:
                keys.append(not body[0] & 1)
    places = [place for place, is_key in enumerate(keys) if is_key]
    return [later - earlier for earlier, later in pairwise(places)]


async def test_a_key_frame_that_is_asked_for_comes_out_of_turn_on_both_layers(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    await joined(server, street[1])
    peer = server.publisher(NUMBER)
    await until(lambda: len(peer.layers) == 2)
    low, high = peer.layers
    async with asyncio.timeout(PATIENCE_S):
        while min([*_pictures_between_keys(peer, low), KEY_EVERY]) == KEY_EVERY:
            peer.send_rtcp(picture_loss(1, low))
            await asyncio.sleep(0.5)
    assert min(_pictures_between_keys(peer, high)) < KEY_EVERY


async def test_names_are_sent_until_the_server_has_reported_on_the_stream(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    await joined(server, street[1])
    peer = server.publisher(NUMBER)
    await until(lambda: len(peer.layers) == 2)
    ssrc = next(iter(peer.layers))
    block = ssrc.to_bytes(4) + bytes(20)
    peer.send_rtcp(receiver_report(1, [block], b"standin-"))
    await asyncio.sleep(0.1)
    peer.received.clear()
    of_ssrc = lambda: [p for p in peer.received if p[8:12] == ssrc.to_bytes(4)]  # noqa: E731
    await until(lambda: len(of_ssrc()) >= 3)
    for packet in of_ssrc():
        assert set(read_extension(packet)[0]) == {2}


async def test_a_packet_that_was_lost_is_sent_again_when_it_is_asked_for(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    await joined(server, street[1])
    peer = server.publisher(NUMBER)
    peer.lose_next = True
    await until(lambda: peer.lost)
    assert peer.lost is not None
    numbers, ssrc = peer.lost[2:4], int.from_bytes(peer.lost[8:12])
    peer.send_rtcp(negative_acknowledgement(1, ssrc, [int.from_bytes(numbers)]))
    await until(lambda: any(p[2:4] + p[8:12] == numbers + ssrc.to_bytes(4) for p in peer.received))


async def test_a_venue_speaks_with_true_levels_while_it_has_the_floor_and_is_quiet_otherwise(
    server: StandIn, street: tuple[Street, Venue], tmp_path: Path
) -> None:
    await joined(server, street[1])
    peer = server.publisher(NUMBER)

    def levels() -> list[int]:
        audio = [p for p in peer.received if p[1] & 0x7F == 111]
        return [read_extension(p)[0][EXTENSIONS[AUDIO_LEVEL]][0] & 0x7F for p in audio]

    await asyncio.sleep(0.9)
    assert 1 <= len(levels()) <= 5
    assert set(levels()) == {127}
    await server.say(NUMBER, type="state", floor=NUMBER, session=1, venues=[])
    await until(lambda: len(levels()) > 40)
    assert min(levels()) < 30
    await server.say(NUMBER, type="state", floor=-1, session=1, venues=[])
    await until(lambda: Event.FLOOR_LOST in entries(tmp_path))
    assert entries(tmp_path) == [Event.CONNECTED, Event.FLOOR_GOT, Event.FLOOR_LOST]


async def test_a_replaced_venue_drops_its_media_at_once_and_comes_back_when_the_place_is_free(
    server: StandIn,
    street: tuple[Street, Venue],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.simulator.conduct.FREE_FOR_S", 1.0)
    venue = street[1]
    await joined(server, venue)
    await server.say(NUMBER, type="replaced")
    await until(lambda: not venue.is_publishing and not venue.is_watching)
    await until(lambda: len(server.deleted) == 2)
    posts = len(server.posts)
    await asyncio.sleep(1.2)
    assert len(server.posts) == posts
    await server.say(NUMBER, type="place", held="free")
    await joined(server, venue)
    assert entries(tmp_path) == [
        Event.CONNECTED,
        Event.REPLACED,
        Event.DISCONNECTED,
        Event.CONNECTED,
    ]


async def test_an_ended_venue_waits_for_the_next_session(
    server: StandIn, street: tuple[Street, Venue], tmp_path: Path
) -> None:
    venue = street[1]
    await joined(server, venue)
    server.open = False
    await server.say(NUMBER, type="ended")
    await until(lambda: len(server.deleted) == 2 and len(server.posts) >= 4)
    assert not venue.is_publishing
    server.open = True
    await joined(server, venue)
    assert entries(tmp_path)[:3] == [Event.CONNECTED, Event.ENDED, Event.DISCONNECTED]


async def test_a_venue_that_waits_comes_in_as_soon_as_a_session_opens(
    server: StandIn, street: tuple[Street, Venue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.simulator.venue.WAIT_FOR_SESSION_S", 60.0)
    venue = street[1]
    await joined(server, venue)
    server.open = False
    await server.say(NUMBER, type="ended")
    await until(lambda: len(server.posts) == 4)
    server.open = True
    await server.say(NUMBER, type="state", session=2, floor=-1, venues=[])
    await joined(server, venue)


async def test_a_venue_says_once_how_many_sit_in_its_room(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    await joined(server, street[1])
    await until(lambda: any(frame["type"] == "head_count" for frame in server.told))
    counts = [frame["count"] for frame in server.told if frame["type"] == "head_count"]
    assert len(counts) == 1
    assert counts[0] in (6, 7, 8)


async def test_a_venue_goes_on_sending_when_only_its_websocket_is_lost(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    venue = street[1]
    await joined(server, venue)
    peer = server.publisher(NUMBER)
    await server.sockets[NUMBER][-1].close()
    await until(lambda: len(server.sockets[NUMBER]) == 2)
    seen = len(peer.received)
    await until(lambda: len(peer.received) > seen + 20)
    assert server.publisher(NUMBER) is peer


async def test_a_venue_whose_server_went_deaf_comes_back_and_notes_its_last_packet(
    server: StandIn,
    street: tuple[Street, Venue],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("server.simulator.client.SILENCE_S", 1.0)
    venue = street[1]
    await joined(server, venue)
    peer = server.publisher(NUMBER)
    server.peers.discard(peer)
    await until(lambda: Event.DISCONNECTED in entries(tmp_path))
    await until(lambda: venue.is_publishing)
    assert entries(tmp_path) == [Event.CONNECTED, Event.DISCONNECTED, Event.CONNECTED]
    await peer.close()


async def test_watchers_report_on_what_they_receive(
    server: StandIn, street: tuple[Street, Venue]
) -> None:
    await joined(server, street[1])
    watcher = server.watcher(NUMBER)
    await until(lambda: len(watcher.controls) >= 2 and watcher.sequences.get(OUT_SSRC, 0) > 20)
    control = read_rtcp(watcher.controls[-1])
    assert OUT_SSRC in control.reported
    assert b"REMB" in watcher.controls[-1]


async def test_leaving_gives_both_lines_back_and_closes_the_span_in_the_journal(
    server: StandIn, loop_17: VenueLoop, tmp_path: Path
) -> None:
    clock = SystemClock()
    began = unix_ms(clock.now())
    config = StreetConfig(server.url, tmp_path, tmp_path, (Identity(NUMBER, "芙蓉里", TOKEN),))
    async with aiohttp.ClientSession() as http:
        street = Street(config, {NUMBER: loop_17}, clock=clock, http=http)
        running = asyncio.create_task(street.run())
        await joined(server, street.venues[0])
        await leave(running)
    assert sorted(server.deleted) == ["down", "up"]
    ended = unix_ms(clock.now())
    spans = connected_spans(read_journal(tmp_path / "venue-17.jsonl"), until_ms=ended)
    assert len(spans) == 1
    assert began <= spans[0][0] <= spans[0][1] <= ended


async def test_a_bug_in_one_venue_ends_that_venue_and_not_the_street(
    server: StandIn, loop_17: VenueLoop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.tokens["secret-18"] = 18
    who = (Identity(NUMBER, "芙蓉里", TOKEN), Identity(18, "蔷薇坊", "secret-18"))
    config = StreetConfig(server.url, tmp_path, tmp_path, who)
    async with aiohttp.ClientSession() as http:
        street = Street(config, {17: loop_17, 18: loop_17}, clock=SystemClock(), http=http)
        running = asyncio.create_task(street.run())
        await until(lambda: all(venue.is_publishing for venue in street.venues))
        street.venues[0]._up = object()  # type: ignore[assignment]
        await until(lambda: "down" in server.deleted)
        seen = len(server.publisher(18).received)
        await until(lambda: len(server.publisher(18).received) > seen + 20)
        assert street.venues[1].is_publishing
        await leave(running)
    assert "venue 17 leaves" in caplog.text
