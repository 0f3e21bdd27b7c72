"""The device check: by a venue's link, asked for by the office, kept and shown in one table."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestServer

from server.audit import store as log_store
from server.config import Settings, load_secret
from server.db.engine import Database
from server.domain.events import EventKind
from server.media.model import SourceHealth
from server.street import store as street
from tests.fakes import FakeClock, FakeMedia
from tests.web.conftest import Visitor

Enter = Callable[[str], Awaitable[Visitor]]
OFFER = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"


@pytest.fixture
async def tokens(settings: Settings, database: Database) -> dict[int, str]:
    """The tokens of venues by number."""
    async with database.view() as tx:
        by_id = await street.load_tokens(tx, load_secret(settings.data_dir))
        return {v.number: by_id[v.id] for v in await street.load_venues(tx)}


class Pc:
    """A venue's PC that checks itself."""

    def __init__(self, visitor: Visitor, token: str) -> None:
        self.visitor, self.token, self.check = visitor, token, 0
        self.headers = {"Authorization": f"Bearer {token}"}

    async def begin(self, by: str = "hand") -> None:
        path = f"/check/{self.token}?by={by}"
        answer = await self.visitor.client.post(path, headers=self.headers)
        assert answer.status == 201
        self.check = (await answer.json())["check"]

    async def offer(self, sdp: str = OFFER) -> ClientResponse:
        path = f"/check/{self.token}/{self.check}/rtc"
        headers = self.headers | {"Content-Type": "application/sdp"}
        return await self.visitor.client.post(path, data=sdp, headers=headers)

    async def enter(self, part: str, **measured: object) -> ClientResponse:
        path = f"/check/{self.token}/{self.check}/{part}"
        return await self.visitor.client.post(path, json=measured, headers=self.headers)

    async def enter_all(self) -> None:
        await self.enter("network", connected=True, rtt_ms=4)
        await self.enter("camera", label="cam", width=1280, height=720, luma=120, fps=15)
        await self.enter("microphone", label="mic", peak_db=-50)
        await self.enter("loudspeaker", heard="yes")
        await self.enter("main")


@pytest.fixture
def pc(visitor: Visitor, tokens: dict[int, str]) -> Pc:
    return Pc(visitor, tokens[12])


async def test_a_venue_opens_its_check_by_its_link(
    visitor: Visitor, tokens: dict[int, str]
) -> None:
    answer, text = await visitor.get(f"/check/{tokens[12]}")
    assert answer.status == 200
    assert "杏雨里" in text
    assert "这里还没有体检过。" in text
    answer, _ = await visitor.get("/check/" + "a" * 26)
    assert answer.status == 404


async def test_a_finding_comes_back_in_words_and_in_the_readers_language(pc: Pc) -> None:
    await pc.begin()
    found = await (await pc.enter("microphone", peak_db=-50)).json()
    assert found == {
        "part": "microphone",
        "grade": "warn",
        "words": "有声音，但偏小。",
        "note": "把话筒往桌子中间挪一挪，再说一句试试。",
    }


async def test_what_the_main_venue_gets_is_the_servers_own_count(pc: Pc, media: FakeMedia) -> None:
    await pc.begin()
    assert (await (await pc.enter("main")).json())["words"] == "主会场看不到、也听不到您。"
    answer = await pc.offer()
    assert answer.status == 201
    assert media.on_event is not None
    await media.on_event(SourceHealth(f"check.{pc.check}", "12", 300, True, 0.0, 15.0, 4))
    assert (await (await pc.enter("main")).json())["words"] == "主会场能看到、听到您。"


async def test_a_check_has_a_connection_to_itself_and_ends_it(pc: Pc, media: FakeMedia) -> None:
    await pc.begin()
    first = (await pc.offer()).headers["Location"]
    assert [slots[0].source for slots in media.connections.values() if slots[0]] == ["12"]
    second = (await pc.offer()).headers["Location"]
    assert len(media.connections) == 1
    await pc.visitor.client.delete(first, headers=pc.headers)
    assert len(media.connections) == 1
    await pc.visitor.client.delete(second, headers=pc.headers)
    assert media.connections == {}


async def test_its_connections_are_no_sessions(
    pc: Pc, media: FakeMedia, database: Database
) -> None:
    await pc.begin()
    await pc.offer()
    [peer] = media.connections
    await media.connected(peer, 1)
    await media.gone(peer, 2)
    assert media.acknowledged == 2
    async with database.view() as tx:
        kinds = {e.kind for e in await log_store.load_recorded(tx, session_id=None)}
    assert EventKind.VENUE_CONNECTED not in kinds


async def test_a_whole_check_is_recorded_once_and_shown_to_the_venue(
    pc: Pc, database: Database
) -> None:
    await pc.begin()
    await pc.enter_all()
    await pc.enter("microphone", label="mic", peak_db=-20)
    _, text = await pc.visitor.get(f"/check/{pc.token}")
    assert "主会场：主会场看不到、也听不到您。" in text
    async with database.view() as tx:
        events = [
            e
            for e in await log_store.load_recorded(tx, session_id=None)
            if e.kind == EventKind.VENUE_CHECKED
        ]
    assert [e.payload["found"]["microphone"] for e in events] == ["quiet"]


async def test_another_venues_check_is_not_there(
    pc: Pc, visitor: Visitor, tokens: dict[int, str]
) -> None:
    await pc.begin()
    other = Pc(visitor, tokens[7])
    other.check = pc.check
    assert (await other.enter("main")).status == 404
    assert (await other.offer()).status == 404


@pytest.mark.parametrize("part", ["nose", "camera"])
async def test_a_broken_figure_is_refused_and_nothing_is_kept(pc: Pc, part: str) -> None:
    await pc.begin()
    answer = await pc.enter(part, luma="bright")
    assert answer.status in {404, 422}
    _, text = await pc.visitor.get(f"/check/{pc.token}")
    assert "这里还没有体检过。" in text


async def test_an_offer_that_is_too_large_is_refused(pc: Pc) -> None:
    await pc.begin()
    assert (await pc.offer("v=0\r\n" * 20_000)).status == 422


async def test_the_office_sees_every_venue_in_one_table(pc: Pc, signed_in: Enter) -> None:
    await pc.begin()
    await pc.enter_all()
    office = await signed_in("operator")
    _, text = await office.get("/checks")
    assert text.count('<th scope="row">') == 34
    assert "有声音，但偏小。" in text
    _, english = await office.get("/checks", **{"Accept-Language": "en"})
    assert "There is sound, but it is faint." in english


async def test_the_office_asks_and_every_waiting_page_begins(
    pc: Pc, signed_in: Enter, server: TestServer, clock: FakeClock
) -> None:
    office = await signed_in("operator")
    _, text = await office.post("/checks", "/checks")
    assert "没有一家的会场页开着等会。" in text
    socket = await pc.visitor.client.ws_connect("/ws")
    await socket.send_json({"type": "hello", "client": "pc-000012", "token": pc.token})
    assert (await socket.receive_json())["type"] == "waiting"
    _, text = await office.post("/checks", "/checks")
    assert "已经请 1 家开着页面的会场体检" in text
    assert (await socket.receive_json())["type"] == "check"
    await socket.close()


async def test_who_only_files_requests_sees_no_table(signed_in: Enter) -> None:
    clerk = await signed_in("clerk")
    answer, _ = await clerk.get("/checks")
    assert answer.status == 403
