"""The administrator's first page tells how old the newest backup is, and what failed."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestServer

from server.backup import archive
from server.backup.jobs import Nightly
from server.config import Settings
from server.pages.context import DATABASE
from tests.fakes import FakeClock
from tests.web.conftest import Visitor


async def test_the_administrator_sees_how_the_installation_is_backed_up(
    server: TestServer,
    settings: Settings,
    clock: FakeClock,
    signed_in: Callable[[str], Awaitable[Visitor]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = await signed_in("admin")
    _, text = await admin.get("/")
    assert "今夜 02:30 第一次备份" in text
    nightly = Nightly(
        db=server.app[DATABASE],
        clock=clock,
        places=settings.places,
        recordings=False,
        keep=3,
        is_busy=lambda: False,
    )
    await nightly.run_due()
    _, text = await admin.get("/")
    assert "不含录像" in text
    assert "没有备份成" not in text
    clock.advance(days=1)
    monkeypatch.setattr(archive, "SPARE", 1.0)
    await nightly.run_due()
    _, text = await (await signed_in("admin")).get("/")
    assert "没有备份成" in text
    assert "磁盘放不下" in text
    assert "不含录像" in text
