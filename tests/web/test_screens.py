"""What is on the screens, over real websockets: broadcast, carousel, layouts, observers."""

from typing import Any

import pytest

from server.conference.observers import MOST_OBSERVERS, observer_token
from server.config import Settings, load_secret
from server.domain.clock import unix_ms
from server.media.model import Choice, SourceHealth
from server.signaling.messages import CLOSE_NOT_KNOWN
from server.street import store as street
from tests.web import test_live
from tests.web.conftest import Visitor
from tests.web.test_live import BOTH, PUBLISH, WATCH, Enter, Live, Page, operator_page

live = test_live.live

SCREEN = "v=0\r\nm=video 9 x\r\na=sendonly\r\n"
FOUR = "v=0\r\n" + "m=video 9 x\r\na=recvonly\r\n" * 4


def panes(view: dict[str, Any]) -> list[tuple[int, int, bool]]:
    return [(pane["venue"], pane["slot"], pane["content"]) for pane in view["panes"]]


async def post(
    live: Live, part: str, sdp: str, token: str, client: str = "client-0001"
) -> tuple[int, str]:
    """Offer a further connection; return the status and the peer, or the code of the refusal."""
    answer = await live.client.post(
        f"/rtc?client={client}&part={part}",
        data=sdp,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"},
    )
    if answer.status == 201:
        return 201, answer.headers["Location"].removeprefix("/rtc/")
    return answer.status, (await answer.json())["code"]


async def until_called(page: Page, number: int, came_of_it: str, at_ms: int) -> None:
    """Wait until a state tells what came of the last call of a venue and when."""
    while True:
        venues = (await page.until("state"))["venues"]
        venue = next(v for v in venues if v["number"] == number)
        if (venue["called"], venue["called_ms"]) == (came_of_it, at_ms):
            return


async def share(live: Live, number: int, client: str = "client-0001") -> str:
    status, peer = await post(live, "content", SCREEN, live.tokens[number], client)
    assert status == 201, peer
    await live.media.connected(peer, unix_ms(live.clock.now()))
    return peer


async def run_due(live: Live) -> None:
    while await live.conferences.run_due():
        pass


async def link(live: Live, settings: Settings, signed_in: Enter) -> str:
    """Let the office make the observers' link; return its token."""
    office = await signed_in("operator")
    path = f"/live/{live.conference.state.session_id}/observers"
    answer, text = await office.post(path, path)
    assert answer.status == 200, text
    session_id = live.conference.state.session_id
    return observer_token(load_secret(settings.data_dir), session_id, 1)


async def observer(live: Live, token: str) -> Page:
    page = Page(await live.client.ws_connect("/ws"))
    await page.socket.send_json({"type": "hello", "observer": token, "client": "watch-0001"})
    return page


async def test_a_broadcast_reaches_every_screen_and_its_sound_everybody(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(1)
    peers = {n: await live.join(n) for n in (1, 2, 3)}
    assert panes(await branch.until("view")) == [(0, 0, False)]
    assert (await wall.command("broadcast.set", venue=2))["type"] == "done"
    assert [live.media.connections[peers[n]][0] for n in (1, 2, 3)] == [
        Choice("2", "high"),
        Choice("0", "high"),
        Choice("2", "high"),
    ]
    assert live.media.audible[live.conference.room] == frozenset({"0", "2"})
    assert panes(await branch.until("view")) == [(2, 0, False)]
    state = await branch.until("state")
    assert state["show"]["broadcast"] == 2
    assert (await wall.command("broadcast.end"))["type"] == "done"
    assert live.media.connections[peers[1]][0] == Choice("0", "high")


async def test_watching_is_the_walls_alone_and_branches_are_told_no_other_view(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(1)
    peers = {n: await live.join(n) for n in (1, 2)}
    await branch.until("view")
    await wall.until("view", panes=[_pane(0, -1)])
    assert (await wall.command("watch.set", venue=2))["type"] == "done"
    await wall.until("view", panes=[_pane(2, 0)])
    assert live.media.connections[peers[1]][0] == Choice("0", "high")
    state = await branch.until("state")
    while state["show"]["watched"] != 2:
        state = await branch.until("state")
    assert [m["type"] for m in branch.told].count("view") == 1


def _pane(venue: int, slot: int) -> dict[str, Any]:
    return {"venue": venue, "slot": slot, "content": False, "large": True}


async def test_the_carousel_goes_on_by_the_clock_and_over_a_restart(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    peers = {n: await live.join(n) for n in (1, 2, 3)}
    assert (await wall.command("carousel.start", seconds=5, at="all"))["type"] == "done"
    assert live.media.connections[peers[2]][0] == Choice("1", "high")
    await run_due(live)
    assert live.media.connections[peers[2]][0] == Choice("1", "high")
    live.clock.advance(seconds=5)
    await run_due(live)
    assert live.media.connections[peers[1]][0] == Choice("2", "high")
    before = live.conference.state.show
    await live.conferences.restore()
    again = live.conferences.of_session(live.conference.state.session_id)
    assert again.state.show == before
    live.clock.advance(seconds=5)
    await run_due(live)
    assert again.state.show.carousel is not None
    assert again.state.show.carousel.venue == 3
    assert [kind for kind in await live.kinds() if kind.startswith("carousel")] == [
        "carousel.started",
        "carousel.stepped",
        "carousel.stepped",
    ]


async def test_who_leaves_while_the_carousel_shows_it_is_off_every_screen_at_once(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    peers = {n: await live.join(n) for n in (1, 2, 3)}
    await wall.command("carousel.start", seconds=60, at="all")
    await live.media.gone(peers[1], unix_ms(live.clock.now()))
    assert live.media.connections[peers[2]][0] == Choice("0", "high")
    await run_due(live)
    assert live.media.connections[peers[3]][0] == Choice("2", "high")


@pytest.mark.parametrize("seconds", [4, 121, "10"])
async def test_a_carousel_of_other_lengths_is_no_message(
    live: Live, signed_in: Enter, seconds: Any
) -> None:
    wall = await operator_page(signed_in, live)
    await wall.socket.send_json(
        {"type": "carousel.start", "id": 1, "seconds": seconds, "at": "all"}
    )
    assert await wall.closing_code() == 4400


async def test_a_layout_fills_the_slots_in_the_order_of_the_view(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    peer = await live.join(2, PUBLISH + FOUR[5:])
    await live.join(3)
    await wall.command("layout.set", layout="9")
    view = await branch.until("view", layout="9")
    assert panes(view) == [(0, 0, False), (2, -1, False), (3, 2, False)]
    assert live.media.connections[peer] == {
        0: Choice("0", "low"),
        1: None,
        2: Choice("3", "low"),
        3: None,
    }


async def test_a_venue_chooses_its_own_layout_where_the_chair_allows_it(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await live.join(2)
    answer = await branch.command("layout.choose", layout="9")
    assert answer["code"] == "choice_not_allowed"
    await wall.command("layout.allow")
    assert (await branch.command("layout.choose", layout="9"))["type"] == "done"
    assert (await branch.until("view", layout="9"))["panes"]
    await wall.command("layout.forbid")
    await branch.until("view", layout="1")


async def test_a_shared_screen_is_a_second_publication_of_its_venue(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(3)
    peers = {n: await live.join(n, PUBLISH + FOUR[5:]) for n in (2, 3)}
    status, code = await post(live, "content", SCREEN, live.tokens[2])
    assert (status, code) == (422, "share_not_allowed")
    await wall.command("content.allow", venue=2)
    screen = await share(live, 2)
    assert screen.split(".")[1] == "2c"
    assert panes(await branch.until("view", layout="content")) == [(2, 0, True), (0, 1, False)]
    assert live.media.connections[peers[3]][0] == Choice("2c", "high")
    assert live.media.connections[peers[3]][1] == Choice("0", "low")
    assert live.media.connections[peers[2]][0] == Choice("0", "high")
    assert (await branch.until("state"))["show"]["sharing"] == 2
    await live.media.gone(screen, unix_ms(live.clock.now()), "left")
    await branch.until("view", layout="1")
    assert live.media.connections[peers[3]][0] == Choice("0", "high")


async def test_a_shared_screen_is_neither_presence_nor_does_it_hold_the_place(live: Live) -> None:
    state = live.conference.state
    peer = await share(live, 0)
    main = live.conference.state.venue(0)
    assert main is not None
    assert (main.peers, main.joined) == (frozenset(), None)
    assert live.conference.holder(0).client == ""
    assert (await live.kinds())[-1] == "content.started"
    await live.media.connected(peer, unix_ms(live.clock.now()))
    assert (await live.kinds()).count("content.started") == 1
    assert state.show.content is None


async def test_the_chair_takes_a_screen_off_and_its_connection_ends(
    live: Live, signed_in: Enter
) -> None:
    wall = await operator_page(signed_in, live)
    await wall.command("content.allow", venue=2)
    peer = await share(live, 2)
    await wall.command("content.forbid", venue=2)
    assert (peer, "replaced") in live.media.ended
    assert await post(live, "content", SCREEN, live.tokens[2]) == (422, "share_not_allowed")


async def test_the_newest_screen_replaces_another_venues(live: Live, signed_in: Enter) -> None:
    wall = await operator_page(signed_in, live)
    await wall.command("content.allow", venue=2)
    first = await share(live, 2)
    second = await share(live, 0, "client-0002")
    assert (first, "replaced") in live.media.ended
    assert live.conference.state.show.content is not None
    assert live.conference.state.show.content.peer == second
    assert await post(live, "content", SCREEN, live.tokens[2]) == (422, "share_taken")


async def test_a_screen_that_would_watch_as_well_is_refused(live: Live) -> None:
    assert await post(live, "content", BOTH, live.tokens[0]) == (422, "offer_unusable")


async def test_a_second_screen_watches_and_leaves_the_main_venues_place_alone(
    live: Live, signed_in: Enter
) -> None:
    office = await signed_in("operator")
    await live.join(0)
    page = Page(await office.client.ws_connect("/ws"))
    session = live.conference.state.session_id
    await page.socket.send_json(
        {"type": "hello", "session": session, "client": "second-001", "window": "tiles"}
    )
    view = await page.until("view", layout="tiles")
    assert panes(view) == [(1, 0, False), (2, 1, False), (3, 2, False)]
    peer = (await post(live, "tiles", FOUR, live.tokens[0]))[1]
    assert live.media.connections[peer][2] == Choice("3", "low")
    assert live.conference.holder(0).client == "pc-00000000"
    assert "place" not in {message["type"] for message in page.told}
    assert (await page.command("mute.lift"))["code"] == "command_not_yours"


@pytest.mark.parametrize("part", ["big", "tiles"])
async def test_a_second_screen_is_the_main_venues_and_sends_nothing(live: Live, part: str) -> None:
    assert await post(live, part, WATCH, live.tokens[2]) == (403, "command_not_yours")
    assert await post(live, part, BOTH, live.tokens[0]) == (403, "may_only_watch")
    silent = "v=0\r\nm=audio 9 x\r\n" + WATCH[5:]
    assert await post(live, part, silent, live.tokens[0]) == (403, "may_only_watch")


async def test_more_pictures_come_by_a_connection_that_ends_with_the_pages_own(
    live: Live, signed_in: Enter
) -> None:
    wall, page = await operator_page(signed_in, live), await live.page(2)
    await live.join(2)
    await live.join(3)
    _, more = await post(live, "more", FOUR, live.tokens[2], "pc-00000002")
    await live.media.connected(more, unix_ms(live.clock.now()))
    await wall.command("layout.set", layout="9")
    await page.until("view", layout="9")
    assert live.media.connections[more][0] == Choice("3", "low")
    kinds = await live.kinds()
    assert kinds.count("venue.connected") == 2
    await live.join(2, client="other-00002")
    assert more not in live.media.connections
    answer = await post(live, "more", FOUR, live.tokens[2], "pc-00000002")
    assert answer == (409, "place_taken")


async def test_more_pictures_are_a_branchs_and_their_connection_sends_nothing(live: Live) -> None:
    assert await post(live, "more", WATCH, live.tokens[0]) == (403, "command_not_yours")
    assert await post(live, "more", BOTH, live.tokens[2]) == (403, "may_only_watch")


async def test_a_missing_venue_rings_when_its_page_is_open_and_the_call_is_recorded(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(2)
    await branch.until("state")
    assert (await wall.command("venue.call", venue=2))["type"] == "done"
    assert (await wall.until("called"))["reached"]
    now_ms = unix_ms(live.clock.now())
    await until_called(branch, 2, "rung", now_ms)
    await wall.command("venue.call", venue=3)
    assert not (await wall.until("called", venue=3))["reached"]
    assert (await live.kinds())[-2:] == ["venue.called", "venue.called"]
    await wall.command("mute.lift")
    state = await wall.until("state", muted_all=False)
    assert [v["called"] for v in state["venues"]] == ["", "", "rung", "unreached"]
    # a page whose line was renewed in that moment learns of the call all the same
    again = await live.page(2)
    await until_called(again, 2, "rung", now_ms)
    await live.join(2)
    await until_called(again, 2, "", 0)
    assert (await wall.command("venue.call", venue=2))["code"] == "venue_is_here"


async def test_the_wall_is_told_how_a_venue_comes_through_and_branches_are_not(
    live: Live, signed_in: Enter
) -> None:
    wall, branch = await operator_page(signed_in, live), await live.page(1)
    await live.join(2)
    room = live.conference.room
    assert live.media.on_event is not None
    for loss in (20.0, 5.0, 1.0):
        await live.media.on_event(SourceHealth(room, "2", 900, True, loss, 15.0, 30))
    await live.media.on_event(SourceHealth(room, "2c", 900, False, 50.0, 1.0, 30))
    assert (await wall.until("quality"))["mark"] == "weak"
    assert (await wall.until("quality"))["mark"] == "good"
    await wall.command("mute.lift")
    await branch.until("state", muted_all=False)
    assert "quality" not in {message["type"] for message in branch.told}


async def test_a_venue_from_which_nothing_came_is_well_again_when_it_is_back(
    live: Live, signed_in: Enter
) -> None:
    wall, room = await operator_page(signed_in, live), live.conference.room
    gone = await live.join(2)
    assert live.media.on_event is not None
    await live.media.on_event(SourceHealth(room, "2", 0, False, 0.0, 0.0, None))
    assert (await wall.until("quality"))["mark"] == "nothing"
    await live.media.gone(gone, unix_ms(live.clock.now()))
    await live.join(2)
    await live.media.on_event(SourceHealth(room, "2", 900, True, 0.0, 15.0, 30))
    assert (await wall.until("quality"))["mark"] == "good"


# --- observers ---------------------------------------------------------------------------------


async def test_an_observer_sees_the_broadcast_and_is_only_counted(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    wall, page = await operator_page(signed_in, live), await observer(live, token)
    assert panes(await page.until("view")) == [(0, 0, False)]
    status, peer = await post(live, "observer", WATCH, token)
    assert status == 201
    await live.media.connected(peer, unix_ms(live.clock.now()))
    state = await wall.until("state", observers=1)
    assert [v["number"] for v in state["venues"]] == [0, 1, 2, 3]
    assert {v["state"] for v in state["venues"]} == {"absent"}
    await live.join(2)
    await wall.command("broadcast.set", venue=2)
    assert live.media.connections[peer][0] == Choice("2", "high")
    assert panes(await page.until("view")) == [(2, 0, False)]
    await live.media.gone(peer, unix_ms(live.clock.now()))
    await wall.until("state", observers=0)
    assert [k for k in await live.kinds() if k.startswith("observer")] == [
        "observer.link_made",
        "observer.came",
        "observer.left",
    ]


@pytest.mark.parametrize(
    "command",
    [
        {"type": "floor.request"},
        {"type": "mic.open"},
        {"type": "head_count", "count": 3},
        {"type": "layout.choose", "layout": "9"},
        {"type": "floor.give", "venue": 2},
        {"type": "broadcast.set", "venue": 2},
        {"type": "session.end"},
    ],
)
async def test_an_observer_cannot_command(
    live: Live, settings: Settings, signed_in: Enter, command: dict[str, Any]
) -> None:
    page = await observer(live, await link(live, settings, signed_in))
    await page.until("state")
    before = await live.kinds()
    answer = await page.command(command.pop("type"), **command)
    assert (answer["type"], answer["code"]) == ("refused", "command_not_yours")
    assert await live.kinds() == before


@pytest.mark.parametrize(
    "sdp",
    [
        PUBLISH,
        BOTH,
        SCREEN,
        "v=0\r\nm=video 9 x\r\na=sendrecv\r\n" + WATCH[5:],
        "v=0\nm=audio 9 x\n" + WATCH[5:],
        WATCH + "m=video 9 x\r\na=mid:9\r\n",
    ],
)
async def test_an_observer_publishes_nothing(
    live: Live, settings: Settings, signed_in: Enter, sdp: str
) -> None:
    token = await link(live, settings, signed_in)
    assert await post(live, "observer", sdp, token) == (403, "may_only_watch")
    assert live.media.connections == {}


async def test_an_observers_token_opens_nothing_but_its_own_way(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    for part in ("", "content", "big", "tiles"):
        assert await post(live, part, BOTH, token) == (403, "token_unknown")
    assert await post(live, "observer", WATCH, live.tokens[2]) == (403, "token_unknown")
    page = Page(await live.client.ws_connect("/ws"))
    await page.socket.send_json({"type": "hello", "token": token, "client": "watch-0001"})
    assert await page.closing_code() == CLOSE_NOT_KNOWN


async def test_a_forged_or_renewed_or_revoked_link_opens_nothing(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    page = await observer(live, token)
    await page.until("state")
    _, peer = await post(live, "observer", WATCH, token)
    session = live.conference.state.session_id
    for wrong in (
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        token.replace("-1-", "-2-"),
        f"{session}-1-",
        "x",
    ):
        assert await post(live, "observer", WATCH, wrong) == (403, "token_unknown")
    office = await signed_in("operator")
    path = f"/live/{session}/observers"
    await office.post(f"{path}/revoke", path)
    assert await page.closing_code() == CLOSE_NOT_KNOWN
    assert (peer, "link_renewed") in live.media.ended
    assert await post(live, "observer", WATCH, token) == (403, "token_unknown")
    assert await (await observer(live, token)).closing_code() == CLOSE_NOT_KNOWN
    answer, _ = await Visitor(live.client).get(f"/watch/{token}")
    assert answer.status == 403


async def test_an_observer_cannot_end_a_venues_connection(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    peer = await live.join(0)
    answer = await live.client.delete(f"/rtc/{peer}", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 403
    assert peer in live.media.connections


async def test_there_is_room_for_so_many_observers(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    for number in range(MOST_OBSERVERS):
        assert (await post(live, "observer", WATCH, token, f"watch-{number:04}"))[0] == 201
    answer = await post(live, "observer", WATCH, token, "watch-more")
    assert answer == (422, "observers_full")
    assert (await post(live, "observer", WATCH, token, "watch-0003"))[0] == 201


async def test_a_lock_keeps_new_observers_out_and_lets_those_back_who_were_in(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    wall = await operator_page(signed_in, live)
    _, peer = await post(live, "observer", WATCH, token, "watch-first")
    await wall.command("session.lock")
    answer = await post(live, "observer", WATCH, token, "watch-second")
    assert answer == (422, "session_locked")
    await live.conferences.doors.let_go(peer)
    assert (await post(live, "observer", WATCH, token, "watch-first"))[0] == 201
    await wall.command("session.unlock")
    assert (await post(live, "observer", WATCH, token, "watch-second"))[0] == 201


async def test_renewing_a_venues_link_leaves_observers_alone(
    live: Live, settings: Settings, signed_in: Enter
) -> None:
    token = await link(live, settings, signed_in)
    page = await observer(live, token)
    await page.until("state")
    _, peer = await post(live, "observer", WATCH, token)
    async with live.conferences._chronicle.db.view() as tx:
        main = next(v for v in await street.load_venues(tx) if v.number == 0)
    await live.conferences.doors.turn_out(main.id)
    assert peer in live.media.connections


async def test_only_the_office_makes_an_observers_link(live: Live, signed_in: Enter) -> None:
    path = f"/live/{live.conference.state.session_id}/observers"
    for name in ("leader", "clerk", "secretary", "auditor", "admin"):
        visitor = await signed_in(name)
        answer, _ = await visitor.get(path)
        assert answer.status == 403, name
