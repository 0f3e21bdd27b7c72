"""Real calendar programs read our calendars and take in our invitations, Chinese and all."""

import base64
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer
from icalendar import Calendar

from server.config import Settings
from server.db.engine import Database
from server.domain.places import Post
from server.invitation.feeds import feed_token
from server.pages.context import SECRET
from server.scheduler import store as sessions
from server.scheduler.filing import Approval, Filing, RequestState
from server.scheduler.store import hosting
from server.street import store as street
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.web import test_invitations as steps
from tests.web.calendar_programs import calendar_server, fetched_over_caldav, fetched_over_http

settings = steps.settings
AUTH = {"Authorization": "Basic " + base64.b64encode(b"wang:any").decode()}
DAY = "2026-11-25"


def to_store(text: str) -> str:
    """Return an iTIP message as a calendar keeps it: without its method (RFC 4791 §4.1)."""
    calendar = Calendar.from_ical(text)
    del calendar["METHOD"]
    kept: bytes = calendar.to_ical()
    return kept.decode()


async def test_a_subscribed_calendar_is_fetched_and_shown_and_follows_changes(
    server: TestServer, database: Database, clock: FakeClock, tmp_path: Path, settings: Settings
) -> None:
    session_id = await steps.schedule(database, [1])
    token = feed_token(server.app[SECRET], "venue:2", 1)
    reader = fetched_over_http(tmp_path / "wang", str(server.make_url(f"/calendar/{token}.ics")))
    await reader.fetch()
    assert await reader.shown(DAY) == ["12:00|12:30|书记例会|三楼会议室|CONFIRMED"]
    await steps.extend(database, session_id)
    await reader.fetch()
    assert await reader.shown(DAY) == ["12:00|12:50|书记例会|三楼会议室|CONFIRMED"]


async def test_invitations_are_kept_by_a_calendar_server_and_shown_with_their_changes(
    server: TestServer, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    await steps.give_address(database, 1, "one@street.test")
    session_id = await steps.schedule(database, [1])
    async with (
        calendar_server(tmp_path / "radicale") as root,
        aiohttp.ClientSession(headers=AUTH) as client,
    ):
        home = f"{root}/wang/meetings/"
        async with client.request("MKCALENDAR", home) as answer:
            assert answer.status == 201
        reader = fetched_over_caldav(tmp_path / "wang", home)
        for end in ("12:30", "12:50"):
            (letter,) = await steps.post_out(server, database, clock)
            _, text = steps.calendar_in(letter[1])
            kept = to_store(text).encode()
            headers = {"Content-Type": "text/calendar; charset=utf-8"}
            async with client.put(f"{home}invite.ics", data=kept, headers=headers) as answer:
                assert answer.status in {201, 204}
            await reader.fetch()
            assert await reader.shown(DAY) == [f"12:00|{end}|书记例会|三楼会议室|CONFIRMED"]
            await steps.extend(database, session_id)


async def test_an_invitation_is_taken_in_as_it_came_and_a_change_takes_its_place(
    server: TestServer, database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    await steps.give_address(database, 1, "one@street.test")
    session_id = await steps.schedule(database, [1])
    reader = fetched_over_http(tmp_path / "wang", "http://127.0.0.1:9/none")
    for end in ("12:30", "12:50"):
        (letter,) = await steps.post_out(server, database, clock)
        await reader.take_in(steps.calendar_in(letter[1])[1])
        assert await reader.shown(DAY) == [f"12:00|{end}|书记例会|三楼会议室|CONFIRMED"]
        await steps.extend(database, session_id)


async def test_who_is_called_no_more_is_told_off_and_it_goes_from_every_calendar(
    server: TestServer,
    database: Database,
    clock: FakeClock,
    tmp_path: Path,
    signed_in: steps.Enter,
) -> None:
    await steps.give_address(database, 1, "one@street.test")
    await steps.give_address(database, 2, "two@street.test")
    await host_with_a_guest(database)
    token = feed_token(server.app[SECRET], "venue:3", 1)
    subscribed = fetched_over_http(tmp_path / "li", str(server.make_url(f"/calendar/{token}.ics")))
    reader = fetched_over_http(tmp_path / "wang", "http://127.0.0.1:9/none")
    told = dict(await steps.post_out(server, database, clock))
    assert set(told) == {"one@street.test", "two@street.test"}
    asked = steps.calendar_in(told["two@street.test"])[1]
    await reader.take_in(asked)
    await subscribed.fetch()
    seen = ["12:20|12:30|主任例会|三楼会议室"]
    assert await reader.shown(DAY) == [f"{line}|CONFIRMED" for line in seen]
    assert await subscribed.shown(DAY) == [f"{line}|CONFIRMED" for line in seen]

    office = await signed_in("operator")
    await office.post("/requests/1/take-out", "/requests/1")
    ((recipient, letter),) = await steps.post_out(server, database, clock)
    method, text = steps.calendar_in(letter)
    assert (recipient, method) == ("two@street.test", "CANCEL")
    (before,), (off,) = (Calendar.from_ical(t).walk("VEVENT") for t in (asked, text))
    assert off["UID"] == before["UID"]
    assert (int(before["SEQUENCE"]), int(off["SEQUENCE"])) == (0, 1)
    await reader.take_in(text)
    await subscribed.fetch()
    assert await reader.shown(DAY) == [f"{line}|CANCELLED" for line in seen]
    assert await subscribed.shown(DAY) == []
    async with (
        calendar_server(tmp_path / "radicale") as root,
        aiohttp.ClientSession(headers=AUTH) as client,
    ):
        home = f"{root}/wang/meetings/"
        await client.request("MKCALENDAR", home)
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        for kept in (asked, text):
            put = client.put(f"{home}invite.ics", data=to_store(kept).encode(), headers=headers)
            async with put as answer:
                assert answer.status in {201, 204}
        synced = fetched_over_caldav(tmp_path / "zhao", home)
        await synced.fetch()
        assert await synced.shown(DAY) == [f"{line}|CANCELLED" for line in seen]


async def host_with_a_guest(database: Database) -> None:
    """Schedule a meeting of the first committee, with an item that brings the second one."""
    items = (("学习", "自治办", 20),)
    words = hosting.HostWords(
        "主任例会", steps.TOMORROW, items, (Post.DIRECTOR,), 60, (1,), "三楼会议室"
    )
    filing = Filing(
        department_id=4,
        topic="防汛",
        minutes=10,
        read_only=False,
        posts=(Post.DIRECTOR,),
        committee_ids=(2,),
        earliest=steps.TOMORROW.date(),
        deadline=steps.TOMORROW.date(),
    )
    async with database.tx() as tx:
        venues = {v.committee_id: v.id for v in await street.load_venues(tx)}
        # a calendar that becomes wholly empty is taken for a fault by who fetches it
        await sessions.save_session(
            tx,
            title="上次例会",
            starts_at=NOON_TUESDAY - timedelta(days=1),
            ends_at=NOON_TUESDAY - timedelta(hours=23),
            hall="三楼会议室",
            items=[("学习", "自治办", 60)],
            venue_ids=[venues[2]],
        )
        session_id = await hosting.save_hosted(tx, words, venue_ids=[venues[1]])
        number = await sessions.save_request(
            tx, filing, approval=Approval.GRANTED, filed_at=NOON_TUESDAY
        )
        await sessions.extend_session(
            tx,
            session_id,
            ends_at=steps.TOMORROW + timedelta(minutes=30),
            items=[("防汛", "平安办", 10)],
            venue_ids=[venues[2]],
        )
        await sessions.link_items(tx, session_id, [number])
        request = await sessions.load_request(tx, number)
        placed = replace(request, state=RequestState.PLACED, session_id=session_id)
        await sessions.save_filed(tx, placed)
