"""Chair, roll call, undo and the agenda's clock over real websockets, and across a restart."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from server.audit import store as audit_store
from server.conference.jobs import session_jobs
from server.conference.ports import Media
from server.conference.service.running import Conferences
from server.domain.clock import unix_ms
from server.domain.events import EventKind, Recorded
from server.media.model import (
    RecordingChanged,
    RecordingGap,
    RecordingPlan,
    VoicesChanged,
    WorkerLost,
    WorkerStarted,
)
from server.media.recording.segments import CLOCK, Block
from server.media.recording.writer import Writer
from server.recording.jobs import sealing_jobs
from server.recording.manifest import MANIFEST, check, digest_of, read_manifest
from server.recording.service import seal
from server.recording.story import STORY, read_story
from server.signaling.ws import HUB
from server.timers.model import Nudge
from tests.web import test_live
from tests.web.conftest import Visitor
from tests.web.test_live import Enter, Live, Page, operator_page

live = test_live.live


async def recorded(live: Live, kind: str) -> list[Recorded]:
    async with live.conferences._chronicle.db.view() as tx:
        events = await audit_store.load_recorded(
            tx, session_id=live.conference.state.session_id, kinds=[kind]
        )
    return list(events)


async def chair_of(page: Page, seat: str) -> dict[str, Any]:
    """Wait until a page is shown who leads; return what it is told of the chair."""
    while True:
        state = await page.until("state")
        if state["chair"]["seat"] == seat:
            chair: dict[str, Any] = state["chair"]
            return chair


async def roll_at(page: Page, named: int) -> dict[str, Any]:
    while True:
        state = await page.until("state")
        if state["roll"]["named"] == named:
            return state


async def answers_of_ended_roll(page: Page) -> list[dict[str, Any]]:
    while True:
        roll = (await page.until("state"))["roll"]
        if roll["named"] < 0 and roll["answers"]:
            return list(roll["answers"])


async def restarted(live: Live) -> Conferences:
    """Return the conferences as another control process would find them."""
    media = cast(Media, live.media)
    hub = live.server.app[HUB]
    again = Conferences(
        live.conferences._chronicle.db,
        live.clock,
        media,
        hub,
        recordings=Path("/nonexistent"),
    )
    await again.restore()
    return again


async def test_a_leader_takes_the_free_chair_and_everybody_is_told_who_leads(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live, "leader"), await live.page(2)
    seat = (await wall.until("welcome"))["seat"]
    refused = await wall.command("mute.lift")
    assert (refused["code"], refused["message"][:7]) == ("chair_is_free", "现在没有人主持")
    assert (await wall.command("chair.apply"))["type"] == "done"
    chair = await chair_of(branch, seat)
    assert (chair["rank"], chair["way"], chair["away"]) == ("LEADER", "applied", False)
    assert (await wall.command("mute.lift"))["type"] == "done"


async def test_the_operator_acts_on_the_chairs_behalf_and_the_log_names_both(
    live: Live, signed_in: Enter
) -> None:
    leader = await operator_page(signed_in, live, "leader")
    operator = await operator_page(signed_in, live)
    await leader.command("chair.apply")
    await operator.command("mute.lift")
    (event,) = await recorded(live, "mute.lifted")
    taken = (await recorded(live, "chair.taken"))[0]
    assert event.actor == event.payload["control"]["by"] != taken.actor
    assert event.payload["control"]["for"] == taken.payload["seat"] == taken.actor


async def test_a_venue_that_is_handed_the_chair_works_the_controls(
    live: Live, signed_in: Enter
) -> None:
    operator, branch = await operator_page(signed_in, live), await live.page(2)
    await live.join(3)
    assert (await branch.command("floor.give", venue=3))["code"] == "command_not_yours"
    away = await operator.command("chair.hand_over", seat="venue:1")
    assert away["code"] == "seat_not_here"
    assert (await operator.command("chair.hand_over", seat="venue:2"))["type"] == "done"
    assert (await branch.command("floor.give", venue=3))["type"] == "done"
    assert (await branch.command("chair.release"))["type"] == "done"
    assert (await branch.command("floor.take_back"))["code"] == "command_not_yours"


async def test_the_chair_survives_a_reload_and_a_restart_of_either_process(
    live: Live, signed_in: Enter
) -> None:
    leader = await operator_page(signed_in, live, "leader")
    await leader.command("chair.apply")
    await leader.socket.close()
    leader = await operator_page(signed_in, live, "leader")
    seat = (await leader.until("welcome"))["seat"]
    chair = await chair_of(leader, seat)
    assert chair["since_ms"] > 0
    assert live.media.on_event is not None
    now = unix_ms(live.clock.now())
    await live.media.on_event(WorkerLost(now))
    await live.media.on_event(WorkerStarted(2, 1, now + 900))
    assert (await leader.command("mute.lift"))["type"] == "done"
    assert (await chair_of(leader, seat)) == chair
    again = await restarted(live)
    assert again.of_session(live.conference.state.session_id).state == live.conference.state


async def test_the_operator_steps_in_after_thirty_seconds_without_the_chair(
    live: Live, signed_in: Enter
) -> None:
    leader, operator = (
        await operator_page(signed_in, live, "leader"),
        await operator_page(signed_in, live),
    )
    await leader.command("chair.apply")
    own, other = (await operator.until("welcome"))["seat"], live.conference.state.chair.holder
    assert other is not None
    await leader.socket.close()
    while not (await operator.until("state"))["chair"]["away"]:
        pass
    assert await live.conferences.run_due(), "the first item begins"
    live.clock.advance(seconds=29)
    assert not await live.conferences.run_due()
    live.clock.advance(seconds=1)
    assert live.conferences.next_deadline() == live.clock.now()
    assert await live.conferences.run_due()
    chair = await chair_of(operator, own)
    assert (chair["way"], chair["former"]) == ("deputy", other.key)
    leader = await operator_page(signed_in, live, "leader")
    assert (await chair_of(leader, own))["former"] == other.key
    assert (await leader.command("chair.take_back"))["type"] == "done"
    assert (await chair_of(operator, other.key))["way"] == "taken_back"


async def test_a_roll_call_is_heard_one_by_one_and_goes_on_after_a_restart(
    live: Live, signed_in: Enter
) -> None:
    wall, one = await operator_page(signed_in, live), await live.page(1)
    for number in (1, 2):
        await live.join(number)
    await wall.command("mute.lift")
    await one.command("mic.open")
    assert (await wall.command("roll.start"))["type"] == "done"
    assert live.media.audible[live.conference.room] == frozenset({"0", "1"})
    assert (await one.command("roll.here"))["type"] == "done"
    while not (await roll_at(wall, 1))["roll"]["answers"]:
        pass
    await wall.command("roll.next")
    assert live.media.audible[live.conference.room] == frozenset({"0", "2"})
    assert (await one.command("roll.here"))["code"] == "not_called"
    again = await restarted(live)
    assert again.of_session(live.conference.state.session_id).state == live.conference.state
    await wall.command("roll.next")
    state = await roll_at(wall, -1)
    assert {a["venue"]: a["answer"] for a in state["roll"]["answers"]} == {
        1: "answered",
        2: "silent",
        3: "absent",
    }
    assert live.media.audible[live.conference.room] == frozenset({"0", "1"})
    kinds = [kind for kind in await live.kinds() if kind.startswith("roll.")]
    assert kinds == [
        "roll.started",
        "roll.called",
        "roll.answered",
        "roll.called",
        "roll.missed",
        "roll.missed",
        "roll.ended",
    ]


async def test_the_voice_of_the_named_venue_is_its_answer(live: Live, signed_in: Enter) -> None:
    wall = await operator_page(signed_in, live)
    await live.join(2)
    await wall.command("roll.start", venues=[2], every=10)
    assert live.media.on_event is not None
    for sources in ([], ["1"], ["0", "2"]):
        await live.media.on_event(VoicesChanged(live.conference.room, tuple(sources)))
    (answer,) = await recorded(live, "roll.answered")
    assert (answer.payload["by"], answer.actor) == ("voice", "system")
    assert await live.conferences.run_due(), "the first item begins"
    live.clock.advance(seconds=10)
    assert await live.conferences.run_due()
    assert await answers_of_ended_roll(wall) == [{"venue": 2, "answer": "answered"}]


async def test_what_was_done_can_be_undone_by_the_number_in_its_answer(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await live.join(2)
    done = await wall.command("floor.give", venue=2)
    assert done["undo"] == 1
    assert (await branch.command("undo", deed=1))["code"] == "command_not_yours"
    assert (await wall.command("undo", deed=1)) == {"type": "done", "id": 2, "undo": 0}
    assert live.media.audible[live.conference.room] == frozenset({"0"})
    (event,) = await recorded(live, "control.undone")
    assert (event.payload["undone"], event.payload["command"]) == (1, "floor.give")
    done = await wall.command("mute.lift")
    await branch.command("mic.open")
    live.clock.advance(seconds=31)
    assert (await wall.command("undo", deed=done["undo"]))["code"] == "undo_too_late"


async def test_a_venue_that_is_declined_is_shown_the_word(live: Live, signed_in: Enter) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await branch.command("floor.request")
    await wall.command("floor.decline", venue=2, word="  下一项再请\n您讲 ")
    while not (state := await branch.until("state"))["words"]:
        pass
    assert [(w["venue"], w["word"]) for w in state["words"]] == [(2, "下一项再请 您讲")]
    await branch.command("floor.request")
    while (state := await branch.until("state"))["words"]:
        pass
    assert len(state["queue"]) == 1


async def test_all_can_be_muted_and_left_to_open_their_own_microphones(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await wall.command("mute.lift")
    await branch.command("mic.open")
    await wall.command("mute.all", may_unmute=True)
    assert live.media.audible[live.conference.room] == frozenset({"0"})
    assert (await branch.command("mic.open"))["type"] == "done"


async def test_at_zero_the_next_item_begins_by_itself_and_overrun_is_in_the_log(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    assert await live.conferences.run_due(), "the first item begins"
    await wall.command("agenda.pace", goes_on=True)
    live.clock.advance(minutes=20)
    assert await live.conferences.run_due()
    assert (await wall.until("state", item=1))["goes_on"] is True
    live.clock.advance(minutes=33)
    await wall.command("session.end")
    await wall.until("waiting")
    first, last = await recorded(live, "agenda.item_ended")
    assert (first.payload["overrun_seconds"], first.actor) == (0, "system")
    assert (last.payload["department"], last.payload["overrun_seconds"]) == ("平安办", 180)


async def test_minutes_that_were_added_put_off_the_closing_by_itself(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    source = session_jobs(live.conferences)
    async with live.conferences._chronicle.db.view() as tx:
        (before,) = [n for n in await source(tx, live.clock.now()) if n.key.startswith("close:")]
        await wall.command("agenda.extend", minutes=40)
        (after,) = [n for n in await source(tx, live.clock.now()) if n.key.startswith("close:")]
    assert after.at - before.at == timedelta(minutes=40)


async def test_a_locked_session_shows_so(live: Live, signed_in: Enter) -> None:
    wall = await operator_page(signed_in, live)
    await wall.command("session.lock")
    await wall.until("state", locked=True)


async def test_two_leaders_settle_the_chair_by_asking(
    live: Live, signed_in: Enter, visitor: Visitor
) -> None:
    operator, leader = (
        await operator_page(signed_in, live),
        await operator_page(signed_in, live, "leader"),
    )
    await operator.command("chair.apply")
    refused = await operator.command("chair.seize")
    assert refused["type"] == "done"
    assert (await leader.command("chair.seize"))["type"] == "done"
    assert (await operator.command("chair.seize"))["code"] == "chair_rank"
    assert (await operator.command("chair.apply"))["type"] == "done"
    assert [seat.name for seat in live.conference.state.chair.asking]


async def test_a_recording_is_begun_told_and_goes_on_after_a_restart_of_either_side(
    live: Live, signed_in: Enter
) -> None:
    operator, branch = await operator_page(signed_in, live), await live.page(2)
    await live.join(3)
    begin = {"at": "programme", "word": "年度存档"}
    assert (await operator.command("recording.start", **begin))["type"] == "done"
    while not (told := (await branch.until("state"))["recording"])["on"]:
        pass
    assert (told["reason"], told["notices"]) == ("年度存档", 1)
    room = live.conference.room
    folder, plan = live.media.recorded[room]
    assert folder.parts[-1] == room
    assert plan == RecordingPlan(("0",), (), voices=True, shown="0")
    await operator.command("floor.give", venue=3)
    assert live.media.recorded[room][1].shown == "3"
    live.media.recorded.clear()
    await live.conferences.tidings.on_media_event(WorkerLost(0))
    await live.conferences.tidings.on_media_event(WorkerStarted(1, 1, 1))
    assert room in live.media.recorded
    await live.conferences.tidings.on_media_event(RecordingGap(room, 0, 1_500, "restart"))
    await live.conferences.tidings.on_media_event(RecordingChanged(room, "full", 2_000))
    while (await branch.until("state"))["recording"]["trouble"] != "full":
        pass
    assert [e.payload["why"] for e in await recorded(live, "recording.gap")] == ["restart"]
    live.media.recorded.clear()
    again = await restarted(live)
    assert room in live.media.recorded
    assert again.of_session(int(room)).state.recording.trouble == "full"
    assert (await operator.command("recording.stop", word="录完了"))["type"] == "done"
    assert room not in live.media.recorded


async def test_a_recording_is_sealed_once_its_session_is_over(
    live: Live, signed_in: Enter, tmp_path: Path
) -> None:
    operator = await operator_page(signed_in, live)
    db, session = live.conferences._chronicle.db, live.conference.state.session_id
    await operator.command("recording.start", at="sound", word="存档")
    folder = tmp_path / live.conference.state.recording.folder
    writer = Writer(folder, str(session), 1_000_000, logging.getLogger("test"))
    writer.put([Block(CLOCK, 0, 0, b"")], [])
    source = sealing_jobs(db, live.clock, tmp_path)
    async with db.view() as tx:
        assert await source(tx, live.clock.now()) == []
    await operator.command("session.end")
    assert not await seal(db, live.clock, tmp_path, session)
    writer.end(2_000_000, "closed")
    await asyncio.to_thread(writer.join, 5)
    async with db.view() as tx:
        [nudge] = await source(tx, live.clock.now())
    assert isinstance(nudge, Nudge)
    await nudge.run()
    async with db.view() as tx:
        assert await source(tx, live.clock.now()) == []
        events = await audit_store.load_recorded(tx, kinds=[EventKind.RECORDING_SEALED])
    [sealed] = [event.payload for event in events]
    manifest = (folder / MANIFEST).read_bytes()
    assert sealed["sha256"] == digest_of(manifest)
    assert (sealed["session"], sealed["segments"], sealed["gaps"]) == (session, 1, [])
    assert check(folder, read_manifest(manifest)) == []
    assert read_story((folder / STORY).read_bytes()).session == session
    assert not await seal(db, live.clock, tmp_path, session)
