"""A live session through its doors: websocket and WHIP, with the media plane played by a fake."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.exc import OperationalError

from server.audit import store as audit_store
from server.auth import store as accounts
from server.conference.jobs import session_jobs
from server.conference.live import Conference
from server.conference.routes import CONFERENCES
from server.conference.service.running import Conferences
from server.config import Settings, load_secret
from server.db.engine import Database, Tx
from server.domain.clock import unix_ms
from server.domain.events import parse_time, time_text
from server.domain.session import SessionState
from server.media.client import WorkerUnavailable
from server.media.model import (
    Choice,
    MediaOutage,
    SourceHealth,
    WorkerLost,
    WorkerStarted,
    WorkerStats,
)
from server.scheduler import store as sessions
from server.signaling.messages import (
    CLOSE_BAD_MESSAGE,
    CLOSE_NOT_KNOWN,
    CLOSE_TOO_MANY,
    MAX_FRAME_BYTES,
)
from server.signaling.ws import HUB
from server.street import store as street
from server.timers.jobs import Timer
from tests.fakes import FakeClock, FakeMedia
from tests.patience import PATIENCE_S
from tests.web.conftest import PASSWORD, Visitor

Enter = Callable[[str], Awaitable[Visitor]]
PUBLISH = "v=0\r\nm=audio 9 x\r\na=sendonly\r\nm=video 9 x\r\na=sendonly\r\n"
WATCH = "v=0\r\nm=video 9 x\r\na=recvonly\r\nm=audio 9 x\r\na=recvonly\r\n"
BOTH = PUBLISH + WATCH[5:]


@dataclass
class Page:
    """A page's websocket: sends commands, remembers what it was told."""

    socket: ClientWebSocketResponse
    told: list[dict[str, Any]] = field(default_factory=list)
    _ids: int = 0
    _seen: int = 0

    async def until(self, kind: str, **values: Any) -> dict[str, Any]:
        """Return the next message of this kind with these values.

        The next after the last that was waited for, or after the last command was sent: what a
        command brings about may come before its answer and after it.
        """
        async with asyncio.timeout(PATIENCE_S):  # what else comes meanwhile keeps no one waiting
            while True:
                for message in self.told[self._seen :]:
                    self._seen += 1
                    if message["type"] == kind and all(message[k] == v for k, v in values.items()):
                        return message
                await self._read()

    async def _read(self) -> dict[str, Any]:
        frame = await self.socket.receive(timeout=PATIENCE_S)
        assert frame.type is WSMsgType.TEXT, (frame, self.told[-3:])
        self.told.append(json.loads(frame.data))
        return self.told[-1]

    async def closing_code(self) -> int:
        """Read to the end and return the code of the closing frame."""
        while (frame := await self.socket.receive(timeout=PATIENCE_S)).type is WSMsgType.TEXT:
            self.told.append(json.loads(frame.data))
        return int(frame.data)

    async def command(self, name: str, **values: Any) -> dict[str, Any]:
        """Send a command and return the answer to it."""
        self._ids += 1
        self._seen = len(self.told)
        await self.socket.send_json({"type": name, "id": self._ids, **values})
        while True:
            message = await self._read()
            if message["type"] in ("done", "refused") and message["id"] == self._ids:
                return message


@dataclass
class Live:
    """An open session of three branches, and ways in."""

    server: TestServer
    client: TestClient
    conference: Conference
    tokens: dict[int, str]
    media: FakeMedia
    clock: FakeClock

    @property
    def conferences(self) -> Conferences:
        return self.server.app[CONFERENCES]

    async def page(self, number: int, client: str = "") -> Page:
        """Open a venue's websocket and say hello."""
        page = Page(await self.client.ws_connect("/ws"))
        hello = {
            "type": "hello",
            "token": self.tokens[number],
            "client": client or f"pc-{number:08}",
        }
        await page.socket.send_json(hello)
        return page

    async def join(self, number: int, sdp: str = BOTH, client: str = "", door: str = "/rtc") -> str:
        """Come in with media and return the peer's id; the connection stands at once."""
        answer = await self.post(number, sdp, client, door)
        assert answer.status == 201, await answer.text()
        peer = answer.headers["Location"].removeprefix("/rtc/")
        await self.media.connected(peer, unix_ms(self.clock.now()))
        return peer

    async def post(
        self, number: int, sdp: str = BOTH, client: str = "", door: str = "/rtc", token: str = ""
    ) -> Any:
        return await self.client.post(
            f"{door}?client={client or f'pc-{number:08}'}",
            data=sdp,
            headers={
                "Authorization": f"Bearer {token or self.tokens[number]}",
                "Content-Type": "application/sdp",
            },
        )

    async def kinds(self) -> list[str]:
        """Return the kinds of the session's recorded events in order."""
        async with self.conferences._chronicle.db.view() as tx:
            events = await audit_store.load_recorded(
                tx, session_id=self.conference.state.session_id
            )
        return [e.kind for e in events]


async def make_session(
    database: Database, clock: FakeClock, numbers: list[int], title: str = "主任工作例会"
) -> int:
    async with database.tx() as tx:
        venues = await street.load_venues(tx)
        return await sessions.save_session(
            tx,
            title=title,
            starts_at=clock.now(),
            ends_at=clock.now() + timedelta(minutes=50),
            hall="三楼会议室",
            items=[("自治金使用说明", "自治办", 20), ("岁末消防检查部署", "平安办", 30)],
            venue_ids=[v.id for v in venues if v.number in numbers],
        )


@pytest.fixture
async def live(
    server: TestServer,
    settings: Settings,
    database: Database,
    clock: FakeClock,
    media: FakeMedia,
) -> AsyncIterator[Live]:
    async with database.view() as tx:
        by_id = await street.load_tokens(tx, load_secret(settings.data_dir))
        tokens = {v.number: by_id[v.id] for v in await street.load_venues(tx)}
    session_id = await make_session(database, clock, [1, 2, 3])
    conference = await server.app[CONFERENCES].open_session(session_id)
    client = TestClient(server)
    yield Live(server, client, conference, tokens, media, clock)
    await client.close()


async def operator_page(
    signed_in: Enter, live: Live, name: str = "operator", session: int = 0
) -> Page:
    visitor = await signed_in(name)
    page = Page(await visitor.client.ws_connect("/ws"))
    session = session or live.conference.state.session_id
    hello = {"type": "hello", "session": session, "client": "wall-0000"}
    await page.socket.send_json(hello)
    return page


async def test_a_venue_is_welcomed_and_shown_the_state(live: Live) -> None:
    page = await live.page(2)
    welcome = await page.until("welcome")
    assert (welcome["venue"], welcome["name"], welcome["operator"]) == (2, "松涛里", False)
    state = await page.until("state")
    assert state["expected"] == 3
    assert [v["number"] for v in state["venues"]] == [0, 1, 2, 3]
    assert {v["state"] for v in state["venues"]} == {"absent"}


async def test_a_venue_without_an_open_session_is_told_when_the_next_one_is(
    live: Live, database: Database
) -> None:
    page = await live.page(9)
    assert (await page.until("waiting"))["session"] == 0
    session_id = await make_session(database, live.clock, [9], "社工业务会")
    page = await live.page(9)
    assert (await page.until("waiting"))["title"] == "社工业务会"
    await live.conferences.open_session(session_id)
    assert (await page.until("welcome"))["session"] == session_id


async def test_asking_for_and_getting_the_floor_reaches_everybody(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    peers = {n: await live.join(n) for n in (1, 2, 3)}
    assert (await branch.command("floor.request"))["type"] == "done"
    state = await wall.until("state", queue=[{"venue": 2, "since_ms": unix_ms(live.clock.now())}])
    assert state["floor"] == -1
    assert (await wall.command("floor.give", venue=2))["type"] == "done"
    state = await branch.until("state", floor=2)
    assert state["queue"] == []
    assert live.media.audible[live.conference.room] == frozenset({"0", "2"})
    assert live.media.asked[live.conference.room] == frozenset({"2"})
    assert live.media.connections[peers[1]][0] == Choice("2", "high")
    assert live.media.connections[peers[2]][0] == Choice("0", "high")
    assert (await wall.command("mute.all"))["type"] == "done"
    assert (await branch.until("state", floor=-1))["muted_all"]
    assert live.media.audible[live.conference.room] == frozenset({"0"})
    assert (await live.kinds())[-5:] == [
        "venue.connected",
        "floor.requested",
        "floor.given",
        "floor.taken_back",
        "mute.all",
    ]


@pytest.mark.parametrize(
    "command",
    [
        {"type": "floor.give", "venue": 2},
        {"type": "mute.all"},
        {"type": "session.end"},
        {"type": "agenda.next"},
        {"type": "floor.decline", "venue": 3},
    ],
)
async def test_a_venue_cannot_do_what_is_the_operators(live: Live, command: dict[str, Any]) -> None:
    page = await live.page(2)
    await page.until("state")
    before = await live.kinds()
    name = command.pop("type")
    answer = await page.command(name, **command)
    assert (answer["type"], answer["code"]) == ("refused", "command_not_yours")
    assert answer["message"] == "这个操作要由会控员来做。"
    assert await live.kinds() == before


async def test_a_muted_venue_cannot_open_its_own_microphone(live: Live) -> None:
    page = await live.page(2)
    answer = await page.command("mic.open")
    assert (answer["type"], answer["code"]) == ("refused", "mic_needs_floor")


@pytest.mark.parametrize("name", ["clerk", "secretary", "auditor", "admin"])
async def test_only_operators_work_the_wall(live: Live, signed_in: Enter, name: str) -> None:
    page = await operator_page(signed_in, live, name)
    closing = await page.socket.receive(timeout=PATIENCE_S)
    assert closing.data == CLOSE_NOT_KNOWN


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "{",
        '{"type":"floor.give","id":1}',
        '{"type":"floor.give","id":1,"venue":2,"extra":1}',
        '{"type":"floor.give","id":true,"venue":2}',
        '{"type":"head_count","id":1,"count":-1}',
        '{"type":"no.such","id":1}',
        '{"type":"hello","token":"x","client":"abcdefgh"}',
        "[" * 10_000,
    ],
)
async def test_a_client_that_breaks_the_rules_is_cut_off_and_harms_nobody(
    live: Live, frame: str
) -> None:
    rude, polite = await live.page(1), await live.page(2)
    await rude.until("state")
    await rude.socket.send_str(frame)
    closing = await rude.socket.receive(timeout=PATIENCE_S)
    assert closing.data == CLOSE_BAD_MESSAGE
    assert (await polite.command("floor.request"))["type"] == "done"


async def test_an_oversized_or_binary_frame_ends_only_its_own_connection(live: Live) -> None:
    polite = await live.page(2)
    for send in (b"binary", "x" * (MAX_FRAME_BYTES + 1)):
        rude = await live.page(1)
        await rude.until("state")
        if isinstance(send, bytes):
            await rude.socket.send_bytes(send)
        else:
            await rude.socket.send_str(send)
        assert (await rude.socket.receive(timeout=PATIENCE_S)).type in (
            WSMsgType.CLOSE,
            WSMsgType.CLOSED,
        )
    assert (await polite.command("floor.request"))["type"] == "done"


@pytest.mark.parametrize("token", ["", "x" * 26, "' OR 1=1 --"])
async def test_a_stranger_gets_no_answer_at_either_door(live: Live, token: str) -> None:
    page = Page(await live.client.ws_connect("/ws"))
    await page.socket.send_json({"type": "hello", "token": token, "client": "stranger"})
    assert (await page.socket.receive(timeout=PATIENCE_S)).data == CLOSE_NOT_KNOWN
    answer = await live.post(1, token=token or "none")
    assert answer.status == 403


async def test_the_newest_pc_takes_the_place_and_the_older_is_told_in_words(live: Live) -> None:
    old, new = await live.page(2, "old-pc-1"), await live.page(2, "new-pc-2")
    publishing = await live.join(2, PUBLISH, "old-pc-1", "/whip")
    watching = await live.join(2, WATCH, "old-pc-1", "/whep")
    await old.until("place", held="you")
    assert publishing in live.media.connections
    await live.join(2, BOTH, "new-pc-2")
    assert (await old.until("replaced"))["message"] == "本会场已在另一台电脑入会"
    await old.until("place", held="other")
    await new.until("place", held="you")
    assert sorted(p for p, why in live.media.ended if why == "replaced") == sorted(
        [publishing, watching]
    )
    answer = await live.post(2, BOTH, "old-pc-1")
    assert answer.status == 409


async def test_the_place_is_free_again_when_the_newest_pc_has_gone(live: Live) -> None:
    old = await live.page(2, "old-pc-1")
    first = await live.join(2, BOTH, "old-pc-1")
    second = await live.join(2, BOTH, "new-pc-2")
    now = unix_ms(live.clock.now())
    await live.media.gone(first, now, "replaced")
    await old.until("place", held="other")
    await live.media.gone(second, now, "left")
    await old.until("place", held="free")
    await live.join(2, BOTH, "old-pc-1")
    await old.until("place", held="you")
    assert (await live.kinds())[-5:] == [
        "venue.connected",
        "venue.connected",
        "venue.replaced",
        "venue.disconnected",
        "venue.connected",
    ]


async def test_a_page_that_comes_back_replaces_its_own_dead_connection(live: Live) -> None:
    first = await live.join(2, BOTH)
    await live.join(2, BOTH)
    assert live.media.ended == [(first, "replaced")]


async def test_the_two_truths_come_from_the_worker_and_the_log(live: Live) -> None:
    page = await live.page(2)
    truth = await page.until("truth")
    assert (truth["seen"], truth["heard"], truth["recorded_ms"]) == (False, False, 0)
    await live.join(2)
    await page.until("truth", recorded_ms=unix_ms(live.clock.now()))
    health = SourceHealth(live.conference.room, "2", 400, True, 0.0, 15.0, 3)
    assert live.media.on_event is not None
    await live.media.on_event(health)
    truth = await page.until("truth", seen=True)
    assert truth["heard"]


async def test_after_a_return_the_page_says_first_join_and_minutes_of_all_stays(live: Live) -> None:
    page, first = await live.page(2), unix_ms(live.clock.now())
    peer = await live.join(2)
    await page.until("truth", recorded_ms=first)
    live.clock.advance(minutes=10)
    await live.media.gone(peer, unix_ms(live.clock.now()))
    live.clock.advance(minutes=3)
    away = await (await live.page(2, "pc-again")).until("truth")
    assert (away["recorded_ms"], away["present_seconds"]) == (first, 600)
    await live.join(2)
    live.clock.advance(minutes=5)
    back = await (await live.page(2, "pc-again")).until("truth")
    assert (back["recorded_ms"], back["present_seconds"]) == (first, 900)


async def test_the_journal_of_the_worker_is_recorded_once_though_it_comes_twice(
    live: Live,
) -> None:
    peer = await live.join(2)
    await live.media.connected(peer, unix_ms(live.clock.now()))
    await live.media.gone(peer, unix_ms(live.clock.now()))
    await live.media.gone(peer, unix_ms(live.clock.now()))
    await live.media.connected(peer, unix_ms(live.clock.now()))
    assert (await live.kinds())[1:] == ["venue.connected", "venue.disconnected"]
    assert live.media.acknowledged == 5


async def test_a_session_that_ends_is_closed_for_everybody(live: Live, signed_in: Enter) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    peer = await live.join(2)
    assert (await wall.command("session.end"))["type"] == "done"
    await branch.until("ended", session=live.conference.state.session_id)
    assert (peer, "room_closed") in live.media.ended
    answer = await live.post(2)
    assert answer.status == 409
    async with live.conferences._chronicle.db.view() as tx:
        session = await sessions.load_session(tx, live.conference.state.session_id)
    assert session.state is SessionState.CLOSED


async def test_nothing_is_recorded_after_the_end(live: Live, signed_in: Enter) -> None:
    wall, peer = await operator_page(signed_in, live), await live.join(2)
    late = (await live.post(3)).headers["Location"].removeprefix("/rtc/")
    await wall.command("session.end")
    for gone in (peer, late):
        await live.media.connected(late, unix_ms(live.clock.now()))
        await live.media.gone(gone, unix_ms(live.clock.now()), "room_closed")
    after = ["venue.connected", "session.closed", "session.sealed"]
    assert (await live.kinds())[1:] == after
    assert live.media.acknowledged == 5


async def test_a_line_that_had_broken_before_the_end_is_recorded_with_it(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    silent, heard = await live.join(1), await live.join(2)
    last = live.clock.now()
    live.clock.advance(seconds=9)
    live.media.heard_ms = {silent: unix_ms(last), heard: unix_ms(live.clock.now()) - 4000}
    await wall.command("session.end")
    async with live.conferences._chronicle.db.view() as tx:
        events = await audit_store.load_recorded(
            tx, session_id=live.conference.state.session_id, kinds=["venue.disconnected"]
        )
    assert [
        (e.payload["peer"], e.payload["last_packet_at"], e.payload["reason"]) for e in events
    ] == [(silent, time_text(last), "lost")]
    assert (await live.kinds())[-2:] == ["session.closed", "session.sealed"]


async def test_after_the_end_everybody_is_told_what_comes_next(
    live: Live, database: Database, signed_in: Enter
) -> None:
    live.clock.advance(minutes=5)
    soon = await make_session(database, live.clock, [2], "社工业务会")
    live.clock.advance(minutes=-5)
    other = await make_session(database, live.clock, [3], "网格例会")
    wall, third, second = (
        await operator_page(signed_in, live),
        await live.page(3),
        await live.page(2),
    )
    await third.until("state", session=live.conference.state.session_id)
    await live.conferences.open_session(other)
    await wall.command("session.end")
    await second.until("ended")
    assert (await second.until("waiting"))["session"] == soon
    await third.until("ended")
    assert (await third.until("welcome"))["session"] == other
    await third.until("state", session=other)
    assert (await third.command("floor.request"))["type"] == "done"
    await wall.until("waiting")


async def test_a_wall_is_about_its_own_session_alone(
    live: Live, database: Database, signed_in: Enter
) -> None:
    live.clock.advance(minutes=5)
    own = await make_session(database, live.clock, [2], "社工业务会")
    live.clock.advance(minutes=-5)
    other = await make_session(database, live.clock, [3], "网格例会")
    wall = await operator_page(signed_in, live, session=own)
    assert (await wall.until("waiting"))["title"] == "社工业务会"
    await live.conferences.open_session(other)
    await live.conferences.open_session(own)
    assert (await wall.until("welcome"))["session"] == own


async def test_an_outage_of_the_worker_is_written_down_for_all(live: Live) -> None:
    page = await live.page(2)
    await live.join(2)
    assert live.media.on_event is not None
    now = unix_ms(live.clock.now())
    await live.media.on_event(WorkerLost(now))
    state = await page.until("state")
    while state["venues"][2]["state"] != "lost":
        state = await page.until("state")
    await live.media.on_event(WorkerStarted(2, 1, now + 900))
    await live.join(2)
    assert live.media.audible[live.conference.room] == frozenset({"0"})


async def test_a_restart_finds_everything_as_it_was(
    live: Live, signed_in: Enter, tmp_path: Path
) -> None:
    wall = await operator_page(signed_in, live)
    await live.join(1)
    await live.join(2)
    await wall.command("floor.give", venue=2)
    await wall.command("agenda.extend", minutes=5)
    again = Conferences(
        live.conferences._chronicle.db,
        live.clock,
        live.media,
        live.conferences._listener,
        recordings=Path("/nonexistent"),
    )
    await again.restore()
    conference = again.of_session(live.conference.state.session_id)
    assert conference.state == live.conferences.of_session(live.conference.state.session_id).state


async def test_two_sessions_do_not_disturb_each_other(
    live: Live, database: Database, signed_in: Enter
) -> None:
    other_id = await make_session(database, live.clock, [4, 5], "社工业务会")
    other = await live.conferences.open_session(other_id)
    here, there = await live.page(2), await live.page(4)
    await live.join(2)
    await live.join(4)
    wall = await operator_page(signed_in, live)
    assert (await wall.command("floor.give", venue=4))["code"] == "venue_not_on_roster"
    assert (await wall.command("session.end"))["type"] == "done"
    await here.until("ended")
    assert (await there.command("floor.request"))["type"] == "done"
    assert live.conferences.of_session(other.state.session_id).state.queue[0].venue == 4


@pytest.mark.parametrize(
    ("sdp", "status"),
    [
        ("", 422),
        ("hello", 422),
        ("v=0\r\n" + "a=x\r\n" * 6000, 422),
        ("x" * 300_000, 422),
        ("v=0\r\n" + "m=video 9 x\r\na=recvonly\r\n" * 65, 422),
    ],
)
async def test_an_unusable_offer_is_refused_in_words(live: Live, sdp: str, status: int) -> None:
    answer = await live.post(1, sdp)
    assert answer.status == status
    assert "offer_unusable" in await answer.text()


async def test_a_venue_can_end_only_its_own_connection(live: Live) -> None:
    mine, other = await live.join(1), await live.join(2)
    headers = {"Authorization": f"Bearer {live.tokens[1]}"}
    answer = await live.client.delete(f"/rtc/{other}", headers=headers)
    assert answer.status == 404
    answer = await live.client.delete(f"/rtc/{mine}", headers=headers)
    assert answer.status == 200
    assert live.media.ended == [(mine, "left")]


async def test_a_renewed_link_cuts_off_who_came_by_the_old_one(
    live: Live, database: Database, signed_in: Enter
) -> None:
    page, other = await live.page(2), await live.page(1)
    cut, kept = await live.join(2), await live.join(1)
    async with database.view() as tx:
        venue = next(v for v in await street.load_venues(tx) if v.number == 2)
    office = await signed_in("operator")
    await office.post(f"/street/links/{venue.id}/renew", "/street/links")
    assert await page.closing_code() == CLOSE_NOT_KNOWN
    assert live.media.ended == [(cut, "link_renewed")]
    await live.media.gone(cut, unix_ms(live.clock.now()), "link_renewed")
    async with database.view() as tx:
        events = await audit_store.load_recorded(tx, kinds=["venue.disconnected"])
    assert [e.payload["reason"] for e in events] == ["link_renewed"]
    assert (await live.post(2)).status == 403
    assert kept in live.media.connections
    assert (await other.command("floor.request"))["type"] == "done"


async def test_the_timer_opens_and_closes_sessions_once(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    clock.advance(minutes=30)
    session_id = await make_session(database, clock, [1, 2])
    clock.advance(minutes=-11)
    timer = Timer(database, clock, "here")
    timer.register("sessions", session_jobs(server.app[CONFERENCES]))
    await timer.look()
    assert server.app[CONFERENCES].running == []
    clock.advance(minutes=1)
    await timer.look()
    await timer.look()
    assert [r.state.session_id for r in server.app[CONFERENCES].running] == [session_id]
    clock.advance(minutes=10 + 50 + 30)
    await timer.look()
    await timer.look()
    assert server.app[CONFERENCES].running == []
    async with database.view() as tx:
        events = await audit_store.load_recorded(tx, session_id=session_id)
    assert [e.kind for e in events] == ["session.opened", "session.closed", "session.sealed"]


def _begun_anew(live: Live) -> Conferences:
    """Return what a server that starts now makes of the log and of the media plane."""
    return Conferences(
        live.conferences._chronicle.db,
        live.clock,
        live.media,
        live.conferences._listener,
        recordings=Path("/nonexistent"),
    )


async def _outages(live: Live) -> list[tuple[str, datetime]]:
    kinds = ["system.outage_started", "system.outage_ended"]
    async with live.conferences._chronicle.db.view() as tx:
        events = await audit_store.load_recorded(tx, kinds=kinds)
    return [
        (str(e.kind), parse_time(e.payload["since" if e.kind == kinds[0] else "until"]))
        for e in events
    ]


async def test_an_outage_that_a_new_worker_tells_of_is_recorded_once(live: Live) -> None:
    await live.join(1)
    died = unix_ms(live.clock.advance(minutes=2))
    outage = MediaOutage(77, died, unix_ms(live.clock.advance(minutes=1)))
    standing = await live.join(2)
    live.media.heard_ms[standing] = outage.until_ms
    again = _begun_anew(live)
    await again.restore()
    for _ in range(2):
        await again.tidings.on_media_event(outage)
    assert live.media.acknowledged == 77
    told = [(unix_ms(at), kind) for kind, at in await _outages(live)]
    assert told == [
        (outage.from_ms, "system.outage_started"),
        (outage.until_ms, "system.outage_ended"),
    ]
    conference = again.of_session(live.conference.state.session_id)
    venue = conference.state.venue(1)
    assert venue is not None
    assert (venue.peers, venue.present) == (frozenset(), timedelta(minutes=2))
    assert list(conference.peers) == [standing], "who came to the new worker stays"


async def test_an_outage_whose_end_nobody_wrote_down_ends_when_the_next_worker_began(
    live: Live,
) -> None:
    await live.join(1)
    lost = live.clock.advance(minutes=2)
    await live.conferences.tidings.on_media_event(WorkerLost(unix_ms(lost)))
    back = live.clock.advance(seconds=3)
    again = _begun_anew(live)
    await again.restore()
    seen = lost - timedelta(seconds=1)
    await again.tidings.on_media_event(MediaOutage(78, unix_ms(seen), unix_ms(back)))
    await again.tidings.on_media_event(WorkerStarted(2, 1, unix_ms(back) + 900))
    assert await _outages(live) == [
        ("system.outage_started", lost),
        ("system.outage_ended", back),
    ]


async def test_an_outage_outside_of_sessions_is_nobodys(live: Live, signed_in: Enter) -> None:
    wall = await operator_page(signed_in, live)
    await wall.command("session.end")
    now = unix_ms(live.clock.now())
    await live.conferences.tidings.on_media_event(MediaOutage(79, now, now + 900))
    assert live.media.acknowledged == 79
    assert await _outages(live) == []


class AwayFor(Database):
    """A database whose next writing transactions find it away."""

    def __init__(self, real: Database, times: int) -> None:
        self._engine = real._engine
        self.left = times

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        if self.left:
            self.left -= 1
            raise OperationalError("COMMIT", None, ConnectionError("server closed the line"))
        async with super().tx() as handle:
            yield handle


async def test_who_came_while_the_database_was_away_is_recorded_when_it_is_back(
    live: Live,
) -> None:
    answer = await live.post(2)
    peer = answer.headers["Location"].removeprefix("/rtc/")
    live.conferences._chronicle.db = away = AwayFor(live.conferences._chronicle.db, 2)
    await live.media.connected(peer, unix_ms(live.clock.now()))
    assert (away.left, live.media.acknowledged) == (0, 1)
    assert (await live.kinds())[1:] == ["venue.connected"]
    assert live.conference.state.venues[2].peers == {peer}


async def test_a_session_that_could_not_be_opened_is_opened_at_the_next_look(
    server: TestServer, database: Database, clock: FakeClock
) -> None:
    conferences, session_id = server.app[CONFERENCES], await make_session(database, clock, [1])
    conferences._chronicle.db = AwayFor(database, 1)
    with pytest.raises(OperationalError):
        await conferences.open_session(session_id)
    assert not conferences.running
    opened = await conferences.open_session(session_id)
    assert conferences.running == [opened]


async def test_the_log_names_who_works_the_controls_and_which_venue_spoke(
    live: Live, signed_in: Enter, database: Database
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await branch.command("floor.request")
    await wall.command("mute.lift")
    async with database.view() as tx:
        events = await audit_store.load_recorded(tx, kinds=["floor.requested", "mute.lifted"])
        account = await accounts.load_account(tx, "operator")
    assert account is not None
    assert [e.actor for e in events] == ["venue:2", f"login:{account.id}"]


async def test_signing_out_ends_the_wall_of_this_login_and_of_no_other(
    live: Live, signed_in: Enter
) -> None:
    gone, other = await signed_in("operator"), await signed_in("operator")
    pages = []
    for number, visitor in enumerate((gone, other)):
        page = Page(await visitor.client.ws_connect("/ws"))
        session = live.conference.state.session_id
        await page.socket.send_json(
            {"type": "hello", "session": session, "client": f"wall-000{number}"}
        )
        await page.until("state")
        pages.append(page)
    await gone.post("/logout", "/")
    assert await pages[0].closing_code() == CLOSE_NOT_KNOWN
    assert (await pages[1].command("mute.lift"))["type"] == "done"


async def test_a_new_password_ends_the_walls_of_all_logins_but_the_own(
    live: Live, signed_in: Enter
) -> None:
    thief = await operator_page(signed_in, live)
    owner = await signed_in("operator")
    own = Page(await owner.client.ws_connect("/ws"))
    session = live.conference.state.session_id
    await own.socket.send_json({"type": "hello", "session": session, "client": "wall-0002"})
    await own.until("state")
    new = "another-good-password"
    await owner.post("/account", "/account", old=PASSWORD, password=new, again=new)
    assert await thief.closing_code() == CLOSE_NOT_KNOWN
    assert (await own.command("mute.lift"))["type"] == "done"


async def test_a_hello_after_its_login_has_ended_is_not_known(live: Live, signed_in: Enter) -> None:
    visitor = await signed_in("operator")
    page = Page(await visitor.client.ws_connect("/ws"))
    await visitor.post("/logout", "/")
    session = live.conference.state.session_id
    await page.socket.send_json({"type": "hello", "session": session, "client": "wall-0003"})
    assert await page.closing_code() == CLOSE_NOT_KNOWN


async def test_health_is_told_while_the_worker_is_being_replaced(
    server: TestServer, visitor: Visitor, media: FakeMedia
) -> None:
    async def no_stats() -> WorkerStats:
        raise WorkerUnavailable("the worker is being replaced")

    media.stats = no_stats  # type: ignore[method-assign]
    answer, text = await visitor.get("/healthz")
    assert answer.status == 200
    assert json.loads(text)["workers"] == []


@pytest.mark.parametrize("peer", ["9" * 5000 + ".1.pc.a.b", "\u0661.1.pc.a.b"])
async def test_a_name_that_no_connection_can_have_is_not_found(live: Live, peer: str) -> None:
    headers = {"Authorization": f"Bearer {live.tokens[1]}"}
    answer = await live.client.delete(f"/rtc/{peer}", headers=headers)
    assert answer.status == 404


async def test_a_page_that_has_fallen_asleep_holds_up_no_restart(live: Live) -> None:
    asleep = Page(await live.client.ws_connect("/ws", autoclose=False))
    await asleep.socket.send_json({"type": "hello", "token": live.tokens[1], "client": "pc-asleep"})
    await asleep.until("state")
    async with asyncio.timeout(PATIENCE_S):
        await live.server.app[HUB].close()


async def main_venue_joins(live: Live, operator: Visitor, client: str) -> str:
    """Come in with the main venue's media as the wall does; return the peer's id."""
    session = live.conference.state.session_id
    _, text = await operator.get("/account")
    answer = await operator.client.post(
        f"/rtc?client={client}&session={session}",
        data=BOTH,
        headers={"X-CSRF-Token": csrf_in(text), "Content-Type": "application/sdp"},
    )
    assert answer.status == 201, await answer.text()
    peer = answer.headers["Location"].removeprefix("/rtc/")
    await live.media.connected(peer, unix_ms(live.clock.now()))
    return peer


def csrf_in(text: str) -> str:
    return text.partition('name="csrf" value="')[2].partition('"')[0]


async def test_signing_out_ends_the_media_of_this_login(live: Live, signed_in: Enter) -> None:
    operator, other = await signed_in("operator"), await signed_in("operator")
    peer = await main_venue_joins(live, operator, "wall-00000001")
    await other.post("/logout", "/")
    assert peer in live.media.connections
    await operator.post("/logout", "/")
    assert live.media.ended == [(peer, "signed_out")]
    await live.media.gone(peer, unix_ms(live.clock.now()), "signed_out")
    async with live.conferences._chronicle.db.view() as tx:
        events = await audit_store.load_recorded(tx, kinds=["venue.disconnected"])
    assert [e.payload["reason"] for e in events] == ["signed_out"]


async def test_a_disabled_operator_is_seen_and_heard_no_more_and_neither_after_a_restart(
    live: Live, signed_in: Enter, database: Database, tmp_path: Path
) -> None:
    operator, admin = await signed_in("operator"), await signed_in("admin")
    peer, branch = await main_venue_joins(live, operator, "wall-00000001"), await live.join(1)
    live.media.heard_ms = {peer: 0, branch: 0}
    again = Conferences(
        live.conferences._chronicle.db,
        live.clock,
        live.media,
        live.conferences._listener,
        recordings=Path("/nonexistent"),
    )
    await again.restore()
    live.server.app[HUB].conferences = live.server.app._state[CONFERENCES] = again
    async with database.view() as tx:
        account = await accounts.load_account(tx, "operator")
    assert account is not None
    page = f"/admin/accounts/{account.id}"
    await admin.post(f"{page}/disable", page)
    assert live.media.ended == [(peer, "signed_out")]


class WatchedLock(asyncio.Lock):
    """A lock that tells when somebody wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()

    async def acquire(self) -> Literal[True]:
        self.asked.set()
        return await super().acquire()


async def test_a_link_renewed_while_its_offer_waits_lets_nobody_in(
    live: Live, settings: Settings, database: Database
) -> None:
    live.conference.lock = lock = WatchedLock()
    async with lock:
        lock.asked.clear()
        waiting = asyncio.create_task(live.post(2))
        await asyncio.wait_for(lock.asked.wait(), PATIENCE_S)
        async with database.tx() as tx:
            venue = next(v for v in await street.load_venues(tx) if v.number == 2)
            await street.renew_token(tx, load_secret(settings.data_dir), venue.id)
    assert (await waiting).status == 403
    assert live.media.connections == {}


async def test_who_says_no_hello_is_turned_away_when_there_are_many(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.signaling.lobby.MOST_OF_ONE_ADDRESS", 3)
    silent = [Page(await live.client.ws_connect("/ws")) for _ in range(3)]
    assert await Page(await live.client.ws_connect("/ws")).closing_code() == CLOSE_TOO_MANY
    hello = {"type": "hello", "token": live.tokens[1], "client": "pc-00000001"}
    await silent[0].socket.send_json(hello)
    await silent[0].until("state")
    await (await live.page(2)).until("state")
