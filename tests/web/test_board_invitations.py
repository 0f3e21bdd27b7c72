"""After a change of the plan only those are written to whose own times are others now."""

from dataclasses import replace

import pytest
from aiohttp.test_utils import TestServer

from server.config import Settings
from server.db.engine import Database
from tests.fakes import FakeClock
from tests.web.test_board import Office, office, places, sessions
from tests.web.test_invitations import calendar_in, give_address, post_out

__all__ = ["office"]

CALLED, NOT_CALLED = 1, 2
"""Request 23 calls the social workers of the first committee, and nobody of the second."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mail_host="mail.test", mail_from="pinhui@street.test")


async def test_only_whose_times_change_is_told_and_nobody_before_publishing(
    office: Office, server: TestServer, database: Database, clock: FakeClock
) -> None:
    await give_address(database, CALLED, "one@street.test")
    await give_address(database, NOT_CALLED, "two@street.test")
    await office.look()
    await office.do("publish")
    await post_out(server, database, clock)
    await office.do("move", request=23, date="2026-12-03", half="AM")
    assert await post_out(server, database, clock) == []
    await office.do("publish")
    told = await post_out(server, database, clock)
    assert [recipient for recipient, _ in told] == ["one@street.test"]
    assert calendar_in(told[0][1])[0] == "REQUEST"
    await office.do("move", request=23, date="2026-12-08", half="AM")
    await office.do("publish")
    (again,) = await post_out(server, database, clock)
    method, text = calendar_in(again[1])
    assert (method, "SEQUENCE:1" in text) == ("REQUEST", True)
    await office.do("out", request=23)
    await office.do("publish")
    (off,) = await post_out(server, database, clock)
    assert calendar_in(off[1])[0] == "CANCEL"
    state = await office.look("?weeks=5")
    assert "R023" not in places(state)
    assert "2026-12-08-AM" not in sessions(state)
