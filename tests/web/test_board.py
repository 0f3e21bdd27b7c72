"""The board through its JSON: looked at, changed by hand, undone, and refused in words."""

import json
import multiprocessing
import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from server.audit.store import load_recorded
from server.board import store as board_store
from server.board.jobs import board_jobs
from server.board.routes.api import SOLVER
from server.board.service.offers import improve
from server.db.engine import Database
from server.domain.events import EventKind
from server.domain.places import Post
from server.domain.session import SessionState
from server.merging.instance.formats import parse_instance, parse_plan
from server.merging.verdict.check import check
from server.pages.context import CLOCK
from server.scheduler import store as scheduler
from server.scheduler.filing import Approval, RequestState
from server.scheduler.quota_rules import QuotaRule
from server.scheduler.store.quotas import save_quota_version
from server.simulator.demo_requests import file_a_month
from tests.fakes import FakeClock
from tests.unit.scheduler.test_problem import filed
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
Answer = tuple[int, dict[str, Any]]


class Office:
    """The meeting office at the board, as the page's script speaks with it."""

    def __init__(self, visitor: Visitor, token: str) -> None:
        self.visitor, self._token = visitor, token
        self.version = 0

    async def look(self, query: str = "") -> dict[str, Any]:
        answer = await self.visitor.client.get(f"/board/state{query}")
        assert answer.status == 200
        state: dict[str, Any] = await answer.json()
        self.version = state["version"]
        return state

    async def prices(self, request: int) -> dict[str, Any]:
        answer = await self.visitor.client.get(f"/board/prices/{request}")
        assert answer.status == 200
        prices: dict[str, Any] = await answer.json()
        return prices

    async def do(self, path: str, **words: object) -> Answer:
        headers = {
            "X-CSRF-Token": self._token,
            "Origin": str(self.visitor.client.make_url("/")).rstrip("/"),
            "Accept-Language": "zh-CN",
        }
        sent = {"version": self.version, **words}
        answer = await self.visitor.client.post(f"/board/{path}", json=sent, headers=headers)
        said: dict[str, Any] = await answer.json()
        if answer.status == 200:
            self.version = said.get("state", said)["version"]
        return answer.status, said


@pytest.fixture
async def office(
    signed_in: Enter, database: Database, server: TestServer, clock: FakeClock
) -> Office:
    """The office of the demo's street: three sessions, and seven requests that wait."""
    await file_a_month(database, server.app[CLOCK])
    visitor = await signed_in("operator")
    _, text = await visitor.get("/sessions")
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
    assert found
    return Office(visitor, found[1])


def sessions(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        session["key"]: session
        for week in state["weeks"]
        for day in week["days"]
        for half in day["halves"]
        for session in half["sessions"]
    }


def numbers(session: dict[str, Any]) -> set[str]:
    return {item["number"] for item in session["items"] if item["number"]}


def places(state: dict[str, Any]) -> dict[str, str]:
    return {n: key for key, session in sessions(state).items() for n in numbers(session)}


async def test_the_board_shows_the_weeks_with_what_is_planned_and_what_waits(
    office: Office,
) -> None:
    state = await office.look("?weeks=5")
    assert state["today"] == "2026-11-24"
    assert state["span"] == {"from": "2026-11-23", "to": "2026-12-27"}
    assert [week["iso"] for week in state["weeks"]][:2] == ["2026-W48", "2026-W49"]
    (first, *_) = [s for s in sessions(state).values() if s["title"] == "书记例会"]
    assert first["key"] == "2026-11-27-AM"
    assert first["start"] == "09:30"
    assert first["items"][0] == {
        "request": None,
        "number": "",
        "topic": "基层治理重点工作",
        "department": "党建办",
        "minutes": 30,
        "start": "09:30",
        "pinned": False,
        "movable": False,
        "host": True,
    }
    assert first["state"] == "scheduled"
    assert not any(session["changed"] for session in sessions(state).values())
    waiting = {one["number"]: one for one in state["waiting"]}
    assert waiting["R022"]["approval"] == "waiting"
    assert "领导" in waiting["R022"]["why"]
    assert state["totals"]["now"]["trips"] < state["totals"]["apart"]["trips"]
    assert (state["published"], state["undo"]) == (1, None)


async def test_each_half_day_has_its_price_in_words(office: Office) -> None:
    prices = await office.prices(23)
    cells = {(cell["date"], cell["half"]): cell for cell in prices["cells"]}
    assert sum(cell["best"] for cell in cells.values()) == 1
    (best,) = [cell for cell in cells.values() if cell["best"]]
    assert best["legal"]
    assert best["kind"] in {"free", "costs"}
    closed = [cell for cell in cells.values() if cell["kind"] == "closed"]
    assert all(cell["rules"] and not cell["legal"] for cell in closed)
    assert prices["digest"]["date"] == "2026-11-30"
    assert (await office.visitor.client.get("/board/prices/999")).status == 404


async def test_a_request_is_moved_pinned_and_brought_back_by_undo(office: Office) -> None:
    before = await office.look("?weeks=5")
    prices = await office.prices(23)
    best = next(cell for cell in prices["cells"] if cell["best"])
    status, after = await office.do("move", request=23, date=best["date"], half=best["half"])
    assert status == 200
    state = await office.look("?weeks=5")
    assert places(state)["R023"] == f"{best['date']}-{best['half']}"
    assert after["moved"] == []
    assert "R023" in state["undo"]
    assert state["dirty"]
    held = sessions(state)[places(state)["R023"]]
    assert held["changed"]
    assert next(i for i in held["items"] if i["number"] == "R023")["pinned"]
    others = {n: key for n, key in places(state).items() if n != "R023"}
    assert others == places(before)
    status, _ = await office.do("undo")
    assert status == 200
    back = await office.look("?weeks=5")
    assert {**back, "version": before["version"]} == before


async def test_out_and_the_digest_take_a_request_from_its_session(office: Office) -> None:
    state = await office.look("?weeks=5")
    number = next(n for n in places(state))
    request = int(number[1:])
    status, _ = await office.do("out", request=request)
    state = await office.look("?weeks=5")
    assert (status, number in places(state)) == (200, False)
    assert number in {one["number"] for one in state["waiting"]}
    status, _ = await office.do("digest", request=request)
    assert status == 200
    state = await office.look("?weeks=5")
    assert number not in {one["number"] for one in state["waiting"]}
    digests = [d["digest"] for week in state["weeks"] for d in week["days"] if d["digest"]]
    assert [digest["count"] for digest in digests] == [5]


async def test_a_frozen_session_lets_nobody_go(office: Office) -> None:
    state = await office.look("?weeks=5")
    number, key = next(iter(places(state).items()))
    status, _ = await office.do("freeze", session=key, on=True)
    assert status == 200
    status, said = await office.do("out", request=int(number[1:]))
    assert (status, said["code"]) == (409, "board_closed")
    assert "锁定" in said["title"]
    status, _ = await office.do("freeze", session=key, on=False)
    status, _ = await office.do("out", request=int(number[1:]))
    assert status == 200


async def test_what_does_not_fit_is_refused_with_its_rule(office: Office) -> None:
    await office.look()
    status, said = await office.do("move", request=22, date="2026-12-03", half="AM")
    assert (status, said["code"]) == (409, "board_closed")
    assert "领导" in said["title"]
    status, said = await office.do("pin", request=22, on=True)
    assert (status, said["code"]) == (409, "board_not_placed")
    status, said = await office.do("undo")
    assert (status, said["code"]) == (409, "board_nothing_to_undo")


async def test_who_was_slower_is_told_so(office: Office) -> None:
    await office.look()
    status, _ = await office.do("move", request=23, date="2026-12-03", half="AM")
    assert status == 200
    office.version = 0
    for path, words in (("move", {"date": "2026-12-02", "half": "AM"}), ("out", {}), ("undo", {})):
        status, said = await office.do(path, request=23, **words)
        assert (status, said["code"]) == (409, "board_changed"), path


@pytest.mark.parametrize(
    "words",
    [
        {"request": "x", "date": "2026-12-03", "half": "AM"},
        {"request": 23, "date": "soon", "half": "AM"},
        {"request": 23, "date": "2026-12-03", "half": "NIGHT"},
        {"request": True, "date": "2026-12-03", "half": "AM"},
        {"version": -1, "request": 23, "date": "2026-12-03", "half": "AM"},
    ],
)
async def test_words_that_mean_nothing_are_refused(office: Office, words: dict[str, Any]) -> None:
    status, said = await office.do("move", **words)
    assert (status, said["code"]) == (422, "board_words")


async def test_leaders_and_auditors_read_the_board_and_only_the_office_changes_it(
    office: Office, signed_in: Enter
) -> None:
    state = await office.look("?weeks=5")
    for name, status in (("clerk", 403), ("leader", 200), ("auditor", 200), ("admin", 403)):
        visitor = await signed_in(name)
        for path in ("/board", "/board/state", "/board/prices/23"):
            answer = await visitor.client.get(path)
            assert answer.status == status, (name, path)
        _, text = await visitor.get("/sessions")
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
        assert found
        reader = Office(visitor, found[1])
        reader.version = state["version"]
        for path in ("move", "out", "pin", "undo", "merge", "publish", "ask", "unask"):
            status, _ = await reader.do(path, request=23, date="2026-12-03", half="AM", on=True)
            assert status == 403, (name, path)
    after = await office.look("?weeks=5")
    assert after == state


async def test_a_placed_request_says_why_it_is_there_and_what_decided(office: Office) -> None:
    state = await office.look("?weeks=5")
    number, _ = sorted(places(state).items())[0]
    prices = await office.prices(int(number[1:]))
    assert number in prices["why"][0]
    assert re.search("次好的|也一样好|更省|别的半天都放不下", prices["why"][1])
    waiting = await office.prices(22)
    assert "领导" in " ".join(waiting["why"])
    await office.do("move", request=23, date="2026-12-03", half="AM")
    pinned = await office.prices(23)
    assert "钉在这里" in pinned["why"][-1]
    answer = await office.visitor.client.get(
        "/board/prices/23", headers={"Accept-Language": "en-GB"}
    )
    english = (await answer.json())["why"]
    assert "pinned here by hand" in english[-1]
    assert re.search("next best|just as well|cost less|is open", english[1])


# --- above quotas --------------------------------------------------------------------------------

WEEK_51 = {"earliest": date(2026, 12, 14), "deadline": date(2026, 12, 18), "minutes": 120}


@pytest.fixture
async def full(office: Office, database: Database, clock: FakeClock) -> tuple[int, int]:
    """Two requests for the social workers of two committees, who may be called once a week.

    The first is placed on the board on 15 December; the second has no room within the quotas.
    """
    called = {**WEEK_51, "posts": (Post.SOCIAL_WORKER,), "committee_ids": (1, 2)}
    rule = QuotaRule((Post.SOCIAL_WORKER,), 1, 9)
    numbers = []
    async with database.tx() as tx:
        await save_quota_version(
            tx, rule, valid_from=date(2026, 12, 14), reason="试", by="会务", at=clock.now()
        )
        for _ in range(2):
            filing = filed(1, **called).filing
            numbers.append(
                await scheduler.save_request(
                    tx, filing, approval=Approval.GRANTED, filed_at=clock.now()
                )
            )
    await office.look()
    status, _ = await office.do("move", request=numbers[0], date="2026-12-15", half="AM")
    assert status == 200
    return numbers[0], numbers[1]


async def test_the_plan_above_quotas_stands_beside_the_one_within_with_its_list(
    office: Office, full: tuple[int, int]
) -> None:
    state = await office.look("?from=2026-12-14")
    assert (state["escalated"]["placed"], state["escalated"]["committees"]) == (1, 2)
    answer = await office.visitor.client.get("/board/escalated?from=2026-12-14")
    beyond = await answer.json()
    (ask,) = beyond["asks"]
    assert (ask["request"], ask["trips"]) == (full[1], 2)
    assert [(c["number"], c["used"], c["limit"], c["period"]) for c in ask["calls"]] == [
        (1, 2, 1, "那一周"),
        (2, 2, 1, "那一周"),
    ]
    within, above = beyond["compare"]["within"], beyond["compare"]["above"]
    assert above["waiting"] == within["waiting"] - 1
    assert (above["trips"] - within["trips"], above["committees"]) == (2, 2)
    assert f"R{full[1]:03}" in places(beyond)
    assert f"R{full[1]:03}" not in places(state)


async def test_a_leader_is_asked_for_one_half_day_signs_and_it_is_placed_there(
    office: Office, full: tuple[int, int], signed_in: Enter, database: Database
) -> None:
    query = f"/board/ask/{full[1]}?date=2026-12-17&half=PM"
    answer = await office.visitor.client.get(query)
    (told,) = (await answer.json())["asks"]
    assert [call["number"] for call in told["calls"]] == [1, 2]
    wanted = [{"request": full[1], "date": "2026-12-17", "half": "PM"}]
    status, said = await office.do("ask", asks=wanted, why="")
    assert (status, said["code"]) == (422, "remark_missing")
    status, said = await office.do("ask", asks=wanted, why="年底要办完")
    assert status == 200
    (asked,) = said["state"]["asked"]
    assert (asked["request"], asked["date"], asked["half"]) == (full[1], "2026-12-17", "PM")
    assert said["state"]["escalated"] is None
    status, refused = await office.do("ask", asks=wanted, why="年底要办完")
    assert (status, refused["code"]) == (409, "overrun_waits")
    leader = await signed_in("leader")
    _, text = await leader.get("/approve")
    assert "年底要办完" in text
    assert text.count("2 / 1 场") == 2
    overrun = said["overruns"][0]
    agree = {"overrun": str(overrun), "agree": [f"{overrun}-1", f"{overrun}-2"], "do": "sign"}
    await leader.post("/approve/overruns", "/approve", **agree)
    state = await office.look("?from=2026-12-14")
    assert places(state)[f"R{full[1]:03}"] == "2026-12-17-PM"
    assert places(state)[f"R{full[0]:03}"] == "2026-12-15-AM"
    assert state["asked"] == []
    status, _ = await office.do("publish")
    assert status == 200
    state = await office.look("?from=2026-12-14")
    assert {places(state)[f"R{n:03}"] for n in full} == {"2026-12-15-AM", "2026-12-17-PM"}
    assert not any(one["over"] > one["signed"] for one in state["warnings"])
    status, said = await office.do("unask", overruns=[overrun])
    assert (status, said["code"]) == (409, "request_decided")


async def test_what_is_asked_is_taken_back_until_it_is_signed(
    office: Office, full: tuple[int, int], signed_in: Enter, database: Database
) -> None:
    wanted = [{"request": full[1], "date": "2026-12-17", "half": "PM"}]
    _, said = await office.do("ask", asks=wanted, why="年底要办完")
    status, state = await office.do("unask", overruns=said["overruns"])
    assert (status, state["asked"]) == (200, [])
    leader = await signed_in("leader")
    _, text = await leader.get("/approve")
    assert "年底要办完" not in text
    async with database.view() as tx:
        kinds = [event.kind for event in await load_recorded(tx)]
    assert [kind for kind in kinds if kind.startswith("overrun.")] == [
        EventKind.OVERRUN_ASKED,
        EventKind.OVERRUN_WITHDRAWN,
    ]
    needless = [{"request": 23, "date": "2026-12-03", "half": "AM"}]
    status, said = await office.do("ask", asks=needless, why="急")
    assert (status, said["code"]) == (409, "board_ask_needless")
    status, said = await office.do("ask", asks=[], why="急")
    assert (status, said["code"]) == (422, "board_words")


async def test_a_leader_is_not_asked_any_more_for_what_has_found_a_place(
    office: Office, full: tuple[int, int], signed_in: Enter
) -> None:
    wanted = [{"request": full[1], "date": "2026-12-17", "half": "PM"}]
    await office.do("ask", asks=wanted, why="年底要办完")
    await office.do("out", request=full[0])
    await office.do("move", request=full[1], date="2026-12-16", half="AM")
    await office.do("publish")
    leader = await signed_in("leader")
    _, text = await leader.get("/approve")
    assert "年底要办完" not in text


# --- the search ----------------------------------------------------------------------------------


async def searched(office: Office) -> dict[str, Any]:
    """Listen to the search until it is done, and return what it said last."""
    said: dict[str, Any] = {"running": True}
    async with office.visitor.client.get("/board/events") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        while said["running"] or said["found"] is None:
            line = (await answer.content.readline()).decode()
            if line.startswith("data: "):
                said = json.loads(line.removeprefix("data: "))
    return said


async def test_a_search_is_watched_and_its_find_is_taken_as_one_step(office: Office) -> None:
    before = await office.look("?weeks=5")
    await office.do("out", request=1)
    status, state = await office.do("merge", seconds=4)
    assert (status, state["solver"]["running"]) == (200, True)
    status, said = await office.do("merge", seconds=4)
    assert (status, said["code"]) == (409, "board_searching")
    told = await searched(office)
    assert told["points"]
    assert told["bound"] is None or told["bound"] <= told["best"]
    assert told["found"]["better"]
    assert told["found"]["waiting"] < len(state["waiting"])
    assert told["found"]["over"] == 0
    untouched = await office.look("?weeks=5")
    assert "R001" not in places(untouched)
    status, taken = await office.do("take")
    assert status == 200
    assert taken["solver"]["found"] is None
    state = await office.look("?weeks=5")
    assert "R001" in places(state)
    status, _ = await office.do("undo")
    await office.do("undo")
    back = await office.look("?weeks=5")
    assert {**back, "version": before["version"]} == before
    status, said = await office.do("take")
    assert (status, said["code"]) == (409, "board_nothing_found")


async def test_a_search_is_stopped_and_thrown_away(office: Office) -> None:
    await office.look()
    status, _ = await office.do("merge", seconds=300)
    assert status == 200
    status, _ = await office.do("stop")
    assert status == 200
    told = await searched(office)
    assert told["found"] is not None
    status, state = await office.do("drop")
    assert (status, state["solver"]["found"]) == (200, None)


async def test_a_find_for_another_plan_is_not_taken(office: Office) -> None:
    await office.look()
    await office.do("merge", seconds=1)
    await searched(office)
    await office.do("move", request=23, date="2026-12-03", half="AM")
    status, said = await office.do("take")
    assert (status, said["code"]) == (409, "board_changed")


async def test_a_find_outlives_the_process_that_found_it(
    office: Office, server: TestServer
) -> None:
    await office.look()
    await office.do("out", request=1)
    await office.do("merge", seconds=2)
    told = await searched(office)
    assert told["gain"]["placed"] >= 1
    server.app[SOLVER].drop()  # as a new process knows nothing of it
    state = await office.look("?weeks=5")
    assert state["solver"]["found"] == told["found"]
    status, taken = await office.do("take")
    assert (status, taken["solver"]["found"]) == (200, None)
    server.app[SOLVER].drop()
    assert (await office.look())["solver"]["found"] is None


async def test_the_process_ends_in_the_middle_of_a_search(
    office: Office, server: TestServer
) -> None:
    await office.look()
    await office.do("merge", seconds=300)
    await server.close()
    assert not server.app[SOLVER].running
    assert not multiprocessing.active_children()


# --- publishing ----------------------------------------------------------------------------------


async def test_publishing_enters_the_plan_as_a_version_and_tells_only_whose_times_change(
    office: Office, database: Database, server: TestServer
) -> None:
    before = await office.look("?weeks=5")
    status, said = await office.do("publish")
    assert (status, said["number"]) == (200, 2)
    async with database.view() as tx:
        old = await scheduler.load_sessions(tx, states=[SessionState.SCHEDULED])
    await office.do("move", request=23, date="2026-12-03", half="AM")
    status, said = await office.do("publish")
    assert (status, said["number"], said["told"]) == (200, 3, 12)
    assert said["state"]["published"] == 3
    assert not said["state"]["dirty"]
    assert said["state"]["undo"] is None
    state = await office.look("?weeks=5")
    assert places(state)["R023"] == "2026-12-03-AM"
    held = sessions(state)["2026-12-03-AM"]
    assert (held["state"], held["changed"], held["committees"]) == ("scheduled", False, 11)
    async with database.view() as tx:
        now = await scheduler.load_sessions(tx, states=[SessionState.SCHEDULED])
        (request,) = [r for r in await scheduler.load_requests(tx, {}) if r.id == 23]
        versions = await board_store.load_versions(tx)
        events = await load_recorded(tx)
    assert [s for s in now if s.id != held["id"]] == old
    assert (request.state, request.session_id) == (RequestState.PLACED, held["id"])
    assert [version.number for version in versions] == [3, 2, 1]
    assert check(parse_instance(versions[0].instance), parse_plan(versions[0].plan)).valid
    kinds = [event.kind for event in events][-2:]
    assert kinds == [EventKind.SESSION_SCHEDULED, EventKind.PLAN_ACCEPTED]
    status, said = await office.do("publish")
    assert (status, said["code"]) == (409, "board_nothing_to_publish")
    assert len(before["waiting"]) == len(state["waiting"]) + 1


async def test_a_session_that_goes_elsewhere_keeps_its_number_and_one_left_is_cancelled(
    office: Office, database: Database
) -> None:
    await office.look()
    await office.do("move", request=23, date="2026-12-03", half="AM")
    await office.do("publish", weeks=["2026-W49"])
    first = sessions(await office.look("?weeks=5"))["2026-12-03-AM"]
    await office.do("move", request=23, date="2026-12-08", half="PM")
    status, _ = await office.do("publish", weeks=["2026-W49"])
    assert status == 200
    moved = sessions(await office.look("?weeks=5"))["2026-12-08-PM"]
    assert moved["id"] == first["id"]
    await office.do("out", request=23)
    await office.do("publish")
    async with database.view() as tx:
        gone = await scheduler.load_session(tx, first["id"])
        (request,) = [r for r in await scheduler.load_requests(tx, {}) if r.id == 23]
    assert gone.state is SessionState.CANCELLED
    assert (request.state, request.session_id) == (RequestState.LEFT_OUT, None)


async def test_a_request_sent_to_the_digest_needs_nobodys_word_once_it_is_published(
    office: Office, database: Database
) -> None:
    await office.look()
    await office.do("digest", request=22)
    status, _ = await office.do("publish")
    assert status == 200
    async with database.view() as tx:
        (request,) = [r for r in await scheduler.load_requests(tx, {}) if r.id == 22]
    assert (request.state, request.digest_on) == (RequestState.IN_DIGEST, date(2026, 11, 30))
    assert (request.filing.read_only, request.approval) == (True, Approval.NOT_NEEDED)


async def test_who_published_meanwhile_is_found_even_without_a_step(
    office: Office, database: Database, clock: FakeClock
) -> None:
    await office.look()
    await office.do("move", request=23, date="2026-12-03", half="AM")
    stale = office.version
    await office.do("publish")
    office.version = stale
    status, said = await office.do("publish")
    assert (status, said["code"]) == (409, "board_changed")


# --- the night -----------------------------------------------------------------------------------


async def night_over(server: TestServer) -> None:
    async for progress in server.app[SOLVER].watch():
        if not progress["running"]:
            return


async def test_what_the_night_finds_is_an_offer_that_can_be_taken_and_undone(
    office: Office, database: Database, server: TestServer, clock: FakeClock
) -> None:
    before = await office.look("?weeks=5")
    source = board_jobs(database, clock, server.app[SOLVER])
    async with database.view() as tx:
        (evening,) = await source(tx, clock.now())
    assert evening.key == "improve:2026-11-25"
    assert evening.at.isoformat() == "2026-11-25T02:00:00+08:00"
    await improve(database, clock, server.app[SOLVER], seconds=3)
    await night_over(server)
    async with database.view() as tx:
        (following,) = await source(tx, clock.now())
    state = await office.look("?weeks=5")
    assert state["weeks"] == before["weeks"]
    assert state["offer"]["placed"] >= 1
    assert "夜里" in state["offer"]["words"]
    status, taken = await office.do("offer/take")
    assert (status, taken["offer"]) == (200, None)
    assert len(taken["waiting"]) == len(before["waiting"]) - state["offer"]["placed"]
    await office.do("undo")
    back = await office.look("?weeks=5")
    assert {**back, "version": before["version"]} == before
    status, said = await office.do("offer/take")
    assert (status, said["code"]) == (409, "board_nothing_found")
    assert following.key == "improve:2026-11-25"
