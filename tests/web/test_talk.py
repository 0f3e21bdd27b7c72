"""Writing in a session through its doors: banner, questions to the chair, ballots, a restart."""

import json
from pathlib import Path
from typing import Any, cast

from server.audit import store as audit_store
from server.conference.ports import Media
from server.conference.service import Conferences
from server.domain.events import EventKind, Recorded
from server.signaling.ws import HUB
from tests.web import test_live
from tests.web.test_live import Enter, Live, operator_page

live = test_live.live
YES_NO = ["同意", "不同意"]


async def recorded(live: Live, kind: EventKind) -> list[Recorded]:
    async with live.conferences._db.view() as tx:
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
    while not (state := await asker.until("state"))["asked"][0]["done"]:
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
        live.conferences._db,
        live.clock,
        cast("Media", live.media),
        live.server.app[HUB],
        tmp_path / "alive",
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
