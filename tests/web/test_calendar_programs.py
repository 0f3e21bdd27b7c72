"""Real calendar programs read our calendars and take in our invitations, Chinese and all."""

import base64
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer
from icalendar import Calendar

from server.config import Settings
from server.db.engine import Database
from server.invitation.feeds import feed_token
from server.pages.context import SECRET
from tests.fakes import FakeClock
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
