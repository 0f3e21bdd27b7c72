import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from server.media import control
from server.media.client import MediaClient, OfferRefused, WorkerSettings
from server.media.model import (
    Choice,
    MediaEvent,
    MediaOutage,
    PeerConnected,
    PeerDisconnected,
    RecordingGap,
    RecordingPlan,
    SourceHealth,
    VoicesChanged,
    WorkerLost,
    WorkerStarted,
)
from server.media.recording.journal import Ended, Gap
from server.media.recording.reading import load_journal, load_segments
from server.recording.reel import load_reel
from tests.media.callers import Caller, until
from tests.media.conftest import CallerMaker
from tests.patience import PATIENCE_S

LOG = logging.getLogger("test")


async def test_a_slot_is_switched_without_renegotiation(
    media: MediaClient, caller: CallerMaker
) -> None:
    await asyncio.gather(
        caller("12").publish(shade=60).join(), caller("13").publish(shade=220).join()
    )
    viewer = await caller("1").watch(video=1).join({0: Choice("12")})
    [picture] = viewer.ears
    await until(lambda: abs(picture.shade - 60) < 12)
    await media.choose("1", {0: Choice("13")})
    await until(lambda: abs(picture.shade - 220) < 12)
    await media.choose("1", {0: Choice("12", "low")})
    await until(lambda: abs(picture.shade - 60) < 12)
    await media.choose("1", {0: None})
    await asyncio.sleep(0.2)
    before = picture.frames
    await asyncio.sleep(0.3)
    assert picture.frames <= before + 1


async def test_a_shared_screen_is_a_second_publication_beside_the_camera_of_its_venue(
    media: MediaClient, caller: CallerMaker
) -> None:
    await caller("12", source="12").publish(shade=60, hertz=440).join()
    await caller("12-screen", source="12c").publish(shade=220).join()
    both = {0: Choice("12c", "high"), 1: Choice("12", "low")}
    viewer = await caller("1").watch(video=2).join(both)
    content, camera = viewer.ears
    await until(lambda: abs(content.shade - 220) < 12 and abs(camera.shade - 60) < 12)
    await media.disconnect("12-screen", "replaced")
    await asyncio.sleep(0.2)
    ended, running = content.frames, camera.frames
    await until(lambda: camera.frames > running + 5)
    assert content.frames <= ended + 1


async def test_a_source_that_is_not_audible_is_not_forwarded(
    media: MediaClient, caller: CallerMaker, events: list[MediaEvent]
) -> None:
    await caller("12").publish(hertz=440).join()
    viewer = await caller("1").watch(audio=1).join()
    [sound] = viewer.ears
    await until(lambda: sound.frames > 10)
    await media.set_audible("r", frozenset({"13"}))
    await asyncio.sleep(0.4)
    before = sound.frames
    await asyncio.sleep(0.4)
    assert sound.frames <= before + 1
    voices = [e for e in events if isinstance(e, VoicesChanged)]
    assert voices[-1] == VoicesChanged("r", ())
    await media.choose("1", {0: Choice("12")})
    await asyncio.sleep(0.3)
    assert sound.frames <= before + 1
    await media.set_audible("r", None)
    await until(lambda: sound.frames > before + 10)


async def test_nobody_hears_itself(caller: CallerMaker) -> None:
    talker = await caller("12").publish(hertz=440).watch(audio=1).join()
    other = await caller("13").publish(hertz=880).watch(audio=1).join()
    await until(lambda: bool(talker.ears and other.ears))
    await until(lambda: talker.ears[0].frames > 20 and other.ears[0].frames > 20)
    assert abs(talker.ears[0].pitch - 880) < 80
    assert abs(other.ears[0].pitch - 440) < 80


async def test_a_late_and_then_a_replaced_publisher_fill_in_by_themselves(
    media: MediaClient, caller: CallerMaker
) -> None:
    viewer = await caller("1").watch(video=1).join({0: Choice("12")})
    first = await caller("old", source="12").publish(shade=60).join()
    [picture] = viewer.ears
    await until(lambda: abs(picture.shade - 60) < 12)
    await caller("new", source="12").publish(shade=220).join()
    await until(lambda: abs(picture.shade - 220) < 12)
    await media.disconnect("new", "test")
    await until(lambda: abs(picture.shade - 60) < 12)
    await first.leave()


async def test_two_rooms_do_not_hear_each_other(caller: CallerMaker) -> None:
    await caller("a", room="north", source="12").publish(hertz=440).join()
    viewer = await caller("b", room="south").watch(audio=1).join({0: Choice("12")})
    await asyncio.sleep(0.5)
    assert viewer.ears[0].frames == 0


async def test_a_disconnected_peer_notices_at_once(
    media: MediaClient, caller: CallerMaker, events: list[MediaEvent]
) -> None:
    peer = await caller("12").publish(hertz=440).join()
    await media.disconnect("12", "kicked")
    await media.disconnect("12", "again")
    await until(lambda: peer.pc.connectionState == "closed")
    await until(lambda: any(isinstance(e, PeerDisconnected) for e in events))
    connected, gone = (e for e in events if isinstance(e, PeerConnected | PeerDisconnected))
    assert isinstance(connected, PeerConnected)
    assert isinstance(gone, PeerDisconnected)
    assert (gone.reason, gone.room, gone.source) == ("kicked", "r", "12")
    assert connected.at_ms <= gone.at_ms


async def test_a_peer_that_closes_is_gone_soon(
    caller: CallerMaker, events: list[MediaEvent]
) -> None:
    peer = await caller("12").publish(hertz=440).join()
    await peer.leave()
    await until(lambda: any(isinstance(e, PeerDisconnected) for e in events))
    assert [e.reason for e in events if isinstance(e, PeerDisconnected)] == ["closed"]


async def test_a_good_bye_may_come_after_the_connection_was_closed(
    media: MediaClient, caller: CallerMaker, events: list[MediaEvent]
) -> None:
    peer = await caller("12").publish(hertz=440).join()
    await peer.leave()
    await asyncio.sleep(0.5)
    await media.disconnect("12", "left")
    await until(lambda: any(isinstance(e, PeerDisconnected) for e in events))
    assert [e.reason for e in events if isinstance(e, PeerDisconnected)] == ["left"]


async def test_health_is_told_about_once_a_second(
    caller: CallerMaker, events: list[MediaEvent]
) -> None:
    await caller("12").publish(shade=60, hertz=440).join()

    def good() -> bool:
        return any(isinstance(e, SourceHealth) and e.fps > 20 and e.audio for e in events)

    await until(good)


async def test_hostile_offers_are_refused(media: MediaClient, caller: CallerMaker) -> None:
    with pytest.raises(OfferRefused) as refusal:
        await media.connect("x", "v=0\r\nm=audio 9 RTP/AVP 0\r\n", room="r", source="x")
    assert refusal.value.code == "no_media"
    with pytest.raises(OfferRefused) as refusal:
        await media.choose("nobody", {0: None})
    assert refusal.value.code == "no_such_peer"
    await caller("12").watch(video=1).join()
    with pytest.raises(OfferRefused) as refusal:
        await media.choose("12", {1: Choice("3")})
    assert refusal.value.code == "no_such_slot"


@pytest.fixture
async def own_settings() -> AsyncIterator[WorkerSettings]:
    with tempfile.TemporaryDirectory(prefix="pinhui-") as folder:
        yield WorkerSettings(0, ("127.0.0.1",), Path(folder), orphan_seconds=1.0)


async def start(settings: WorkerSettings, events: list[MediaEvent]) -> MediaClient:
    async def note(event: MediaEvent) -> None:
        events.append(event)

    return await MediaClient.start(settings, logger=LOG, on_event=note)


async def test_a_new_control_process_adopts_the_worker_and_its_journal(
    own_settings: WorkerSettings,
) -> None:
    first: list[MediaEvent] = []
    media = await start(own_settings, first)
    talker = await Caller(media, "12", room="r").publish(hertz=440).join()
    viewer = await Caller(media, "1", room="r").watch(audio=1).join()
    await until(lambda: len([e for e in first if isinstance(e, PeerConnected)]) == 2)
    seen = [e for e in first if isinstance(e, PeerConnected)]
    await media.acknowledge(seen[0].seq)
    await media.detach()
    before = viewer.ears[0].frames
    await until(lambda: viewer.ears[0].frames > before + 20)

    second: list[MediaEvent] = []
    again = await start(own_settings, second)
    assert again.adopted
    assert again.pid == media.pid
    await until(lambda: seen[1] in second)
    assert seen[0] not in second
    assert [info.peer for info in await again.peers()] == ["1", "12"]
    assert talker.pc.connectionState == viewer.pc.connectionState == "connected"
    await talker.leave()
    await viewer.leave()
    await again.stop()


async def test_an_orphaned_worker_ends_after_its_time_and_leaves_its_journal(
    own_settings: WorkerSettings,
) -> None:
    media = await start(own_settings, [])
    peer = await Caller(media, "12", room="r").publish(hertz=440).join()
    await media.detach()
    await until(lambda: not (own_settings.run_dir / "worker-0.sock").exists())
    await until(lambda: peer.pc.connectionState == "closed")
    events: list[MediaEvent] = []
    again = await start(own_settings, events)
    await until(lambda: len(events) == 3)
    connected, gone, outage = events
    assert isinstance(connected, PeerConnected)
    assert isinstance(gone, PeerDisconnected)
    assert isinstance(outage, MediaOutage)
    assert gone.reason == "worker_stopped"
    assert gone.at_ms - 1000 <= outage.from_ms <= outage.until_ms
    os.kill(again.pid, signal.SIGKILL)
    await until(lambda: all(events.count(one) == 2 for one in (connected, gone, outage)))
    for one in (connected, gone, outage):
        await again.acknowledge(one.seq)
    await again.stop()
    third: list[MediaEvent] = []
    last = await start(own_settings, third)
    await until(lambda: len(third) == 2)
    assert all(isinstance(event, MediaOutage) for event in third)
    await last.stop()
    await peer.leave()


async def test_media_flow_over_ipv6(own_settings: WorkerSettings) -> None:
    settings = WorkerSettings(0, ("::1",), own_settings.run_dir)
    media = await start(settings, [])
    talker = await Caller(media, "12", room="r").publish(hertz=440).join()
    viewer = await Caller(media, "1", room="r").watch(audio=1).join()
    await until(lambda: viewer.ears[0].frames > 10)
    assert "c=IN IP6 ::1" in viewer.answer
    await talker.leave()
    await viewer.leave()
    await media.stop()


async def test_a_killed_worker_is_replaced_and_its_recording_goes_on(
    own_settings: WorkerSettings, tmp_path: Path
) -> None:
    events: list[MediaEvent] = []
    media = await start(own_settings, events)
    pid = media.pid
    peer = await Caller(media, "11", room="r").publish(hertz=440).join()
    await media.record("r", tmp_path, RecordingPlan(None, None))
    await until(lambda: any(segment.blocks for segment in load_segments(tmp_path)))
    await peer.leave()
    os.kill(pid, signal.SIGKILL)
    await until(lambda: any(isinstance(e, WorkerStarted) for e in events))
    lost, started = (e for e in events if isinstance(e, WorkerLost | WorkerStarted))
    assert isinstance(lost, WorkerLost)
    assert isinstance(started, WorkerStarted)
    assert started.pid == media.pid != pid
    await until(lambda: any(isinstance(e, MediaOutage) for e in events))
    [outage] = [event for event in events if isinstance(event, MediaOutage)]
    assert lost.at_ms - 1000 <= outage.from_ms <= outage.until_ms <= started.at_ms
    assert lost.at_ms <= started.at_ms
    await media.record("r", tmp_path, RecordingPlan(None, None))
    peer = await Caller(media, "12", room="r").publish(hertz=440).join()
    await until(lambda: any(isinstance(e, RecordingGap) for e in events))
    await media.end_recording("r")
    await until(lambda: isinstance(load_journal(tmp_path)[-1], Ended))
    [gap] = [line for line in load_journal(tmp_path) if isinstance(line, Gap)]
    assert gap.until_us // 1000 <= started.at_ms + 1000 * PATIENCE_S
    assert lost.at_ms - gap.from_us // 1000 < 1000 * PATIENCE_S
    assert {"11", "12"} >= set(load_reel(tmp_path).sources())
    await peer.leave()
    await media.stop()


async def test_a_worker_of_other_settings_is_replaced(own_settings: WorkerSettings) -> None:
    media = await start(own_settings, [])
    await media.detach()
    others = WorkerSettings(0, (), own_settings.run_dir, orphan_seconds=1.0)
    again = await start(others, [])
    assert not again.adopted
    assert again.pid != media.pid
    await again.stop()


async def test_an_event_that_cannot_be_taken_in_comes_again_in_order_at_the_next_start(
    own_settings: WorkerSettings,
) -> None:
    told: list[MediaEvent] = []

    async def stumble(event: MediaEvent) -> None:
        told.append(event)
        if isinstance(event, PeerConnected) and event.peer == "12":
            raise RuntimeError
        if isinstance(event, PeerConnected | PeerDisconnected):
            await media.acknowledge(event.seq)

    media = await MediaClient.start(own_settings, logger=LOG, on_event=stumble)
    peer = await Caller(media, "12", room="r").publish(hertz=440).join()
    await peer.leave()
    await media.disconnect("12", "left")
    other = await Caller(media, "13", room="r").publish(hertz=440).join()
    await until(lambda: any(isinstance(e, PeerConnected) and e.peer == "13" for e in told))
    await media.detach()
    assert sum(isinstance(e, PeerConnected) and e.peer == "12" for e in told) == 3
    assert not any(isinstance(e, PeerDisconnected) for e in told)

    again: list[MediaEvent] = []
    media = await start(own_settings, again)
    await until(lambda: len([e for e in again if isinstance(e, PeerDisconnected)]) == 1)
    kept = [e for e in again if isinstance(e, PeerConnected | PeerDisconnected)]
    assert [(type(e), e.peer) for e in kept] == [(PeerConnected, "12"), (PeerDisconnected, "12")]
    await other.leave()
    await media.stop()


async def test_whoever_asks_a_worker_to_stop_is_answered_though_another_is_in_control(
    own_settings: WorkerSettings,
) -> None:
    media = await start(own_settings, [])
    reader, writer = await asyncio.open_unix_connection(own_settings.run_dir / "worker-0.sock")
    writer.write(control.encode(control.Request(7, control.Stop())))
    reply = control.decode_message(await asyncio.wait_for(reader.readline(), PATIENCE_S))
    assert reply == control.Reply(7, msgspec.Raw(b"null"))
    writer.close()
    await media.stop()
