"""Writing in a session through its doors: banner, questions to the chair, ballots, a restart."""

import json
from pathlib import Path
from typing import Any, cast

from server.attendance.routes import LEAVE_CHANGED
from server.audit import store as audit_store
from server.audit.service import record
from server.conference.ports import Media
from server.conference.service.running import Conferences
from server.domain.events import EventKind, Recorded
from server.signaling.ws import HUB
from tests.web import test_live
from tests.web.test_live import Enter, Live, operator_page

live = test_live.live
YES_NO = ["同意", "不同意"]


async def recorded(live: Live, kind: EventKind) -> list[Recorded]:
    async with live.conferences._chronicle.db.view() as tx:
        events = await audit_store.load_recorded(
            tx, session_id=live.conference.state.session_id, kinds=[kind]
        )
    return list(events)


async def test_a_banner_is_on_every_screen_and_taken_away(live: Live, signed_in: Enter) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    assert (await wall.command("banner.set", word="请报到会人数"))["type"] == "done"
    await branch.until("state", banner="请报到会人数")
    await wall.command("banner.set", word="")
    await branch.until("state", banner="")


async def test_what_a_venue_asks_is_read_by_the_chair_alone(live: Live, signed_in: Enter) -> None:
    wall, asker, other = (
        await operator_page(signed_in, live),
        await live.page(2),
        await live.page(3),
    )
    assert (await asker.command("question.ask", word="材料哪里领？"))["type"] == "done"
    told = await wall.until("questions")
    while not told["questions"]:
        told = await wall.until("questions")
    assert told["questions"][0]["text"] == "材料哪里领？"
    while not (state := await other.until("state"))["asked"]:
        pass
    assert [a["venue"] for a in state["asked"]] == [2]
    assert "材料哪里领" not in json.dumps(other.told, ensure_ascii=False)
    await wall.command("question.done", question=1)
    while not [a for a in (await asker.until("state"))["asked"] if a["done"]]:
        pass


async def test_venues_vote_and_the_result_is_on_record(live: Live, signed_in: Enter) -> None:
    wall, one, two = await operator_page(signed_in, live), await live.page(1), await live.page(2)
    await wall.command("ballot.open", word="周三巡查？", choices=YES_NO)
    assert (await one.command("ballot.cast", choice=0))["type"] == "done"
    await two.command("ballot.cast", choice=0)
    await two.command("ballot.cast", choice=1)
    await wall.command("ballot.close")
    while not (state := await one.until("state"))["ballot"]["closed"]:
        pass
    assert state["ballot"]["counts"] == [1, 1]
    [closed] = await recorded(live, EventKind.BALLOT_CLOSED)
    assert (closed.payload["text"], closed.payload["counts"]) == ("周三巡查？", [1, 1])


async def test_a_secret_voice_is_told_nobody_and_survives_a_restart(
    live: Live, signed_in: Enter, tmp_path: Path
) -> None:
    wall, one, two = await operator_page(signed_in, live), await live.page(1), await live.page(2)
    await wall.command("ballot.open", word="评议", choices=YES_NO, secret=True)
    await one.command("ballot.cast", choice=1)
    again = Conferences(
        live.conferences._chronicle.db,
        live.clock,
        cast("Media", live.media),
        live.server.app[HUB],
        recordings=Path("/nonexistent"),
    )
    await again.restore()
    restored = again.of_session(live.conference.state.session_id).state
    assert restored == live.conference.state
    assert (await two.command("ballot.cast", choice=1))["type"] == "done"
    assert (await one.command("ballot.cast", choice=0))["code"] == "paper_in_the_box"
    await wall.command("ballot.close")
    state: dict[str, Any] = {}
    while not state or not state["ballot"]["closed"]:
        state = await one.until("state")
    assert (state["ballot"]["counts"], state["ballot"]["voices"]) == ([0, 2], [])
    assert all("choice" not in e.payload for e in await recorded(live, EventKind.BALLOT_CAST))


async def test_a_venue_may_not_ask_others_to_vote(live: Live) -> None:
    branch = await live.page(2)
    answer = await branch.command("ballot.open", word="评议", choices=YES_NO)
    assert answer["code"] == "command_not_yours"


async def test_venues_that_are_asked_say_that_they_are_there_and_the_chair_sees_it(
    live: Live, signed_in: Enter
) -> None:
    await live.join(1)
    await live.join(2)
    wall, one = await operator_page(signed_in, live), await live.page(1)
    assert (await one.command("prompt.pace", minutes=10))["code"] == "command_not_yours"
    assert (await wall.command("prompt.pace", minutes=3))["code"] == "prompt_pace"
    assert (await wall.command("prompt.pace", minutes=10))["type"] == "done"
    assert (await one.command("prompt.answer"))["code"] == "prompt_not_asked"
    live.clock.advance(minutes=30)
    while live.conference.state.prompting.asked_at is None:
        assert await live.conferences.run_due()
    while not (state := await one.until("state"))["prompt"]["venues"]:
        pass
    assert (state["prompt"]["venues"], state["prompt"]["every"]) == ([1, 2], 10)
    assert "next_at" not in json.dumps(one.told)
    assert (await one.command("prompt.answer"))["type"] == "done"
    while (state := await wall.until("state"))["prompt"]["answered"] != [1]:
        pass
    before = live.conference.state.prompting
    restored = Conferences(
        live.conferences._chronicle.db,
        live.clock,
        cast("Media", live.media),
        live.server.app[HUB],
        recordings=Path("x"),
    )
    await restored.restore()
    assert restored.running[0].state.prompting == before


async def test_leave_granted_while_a_session_runs_is_on_every_screen(
    live: Live, signed_in: Enter
) -> None:
    page, state = await live.page(1), live.conference.state
    venue = next(v for v in state.venues if v.number == 2)
    async with live.conferences._chronicle.db.tx() as tx:
        payload = {"venue_id": venue.venue_id, "reason": "寒潮值班"}
        kind = EventKind.LEAVE_GRANTED
        await record(
            tx, live.clock, kind, actor="login:1", payload=payload, session_id=state.session_id
        )
    await live.server.app[LEAVE_CHANGED](state.session_id)
    while not any(v["leave"] for v in (await page.until("state"))["venues"]):
        pass
    assert live.conference.state.on_leave == {2}
