"""The real application on a temporary SQLite database with the made-up street, and visitors."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from server.app.build import build_app
from server.auth.guard import LOGIN_COOKIE
from server.auth.service import open_login
from server.auth.store import load_account
from server.config import Settings, load_secret
from server.db.engine import Database
from server.db.migrate import upgrade
from server.media.client import OnEvent
from server.pages.context import CLOCK, DATABASE
from server.pages.render import Renderer
from server.scheduler import workday_keeping
from server.simulator.demo_street import enter_street
from tests.fakes import FakeClock, FakeMedia

PASSWORD = "a-good-long-password"
HTML = {"Accept": "text/html", "Accept-Language": "zh-CN"}


class Visitor:
    """A browser without scripts: keeps cookies, fills in forms with their token."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> tuple[ClientResponse, str]:
        answer = await self.client.get(path, headers=HTML | headers)
        return answer, await answer.text()

    async def post(self, path: str, seen_on: str, **values: str) -> tuple[ClientResponse, str]:
        """Send a form the way a browser does: with the token of the page it stands on."""
        _, text = await self.get(seen_on)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
        assert found, f"no form on {seen_on}"
        origin = str(self.client.make_url("/")).rstrip("/")
        answer = await self.client.post(
            path, data={"csrf": found[1], **values}, headers=HTML | {"Origin": origin}
        )
        return answer, await answer.text()

    async def sign_in(self, name: str) -> "Visitor":
        """Hold the login that the right password would have opened; `test_doors` types it."""
        assert self.client.app is not None
        db, clock = self.client.app[DATABASE], self.client.app[CLOCK]
        async with db.view() as tx:
            account = await load_account(tx, name)
        assert account is not None
        assert not account.disabled
        cookie = await open_login(db, clock, account, "127.0.0.1")
        jar = self.client.session.cookie_jar
        jar.update_cookies({LOGIN_COOKIE: cookie}, self.client.make_url("/"))
        return self


@pytest.fixture(scope="session")
def street_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the made-up street, entered once and copied for each test."""
    made = Settings(data_dir=tmp_path_factory.mktemp("street"))
    upgrade(made.database)

    async def enter() -> None:
        database = Database(made.database)
        await enter_street(database, load_secret(made.data_dir), PASSWORD)
        await workday_keeping.seed(database, FakeClock())
        await database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, enter()).result()
    return made.data_dir


@pytest.fixture(scope="session", autouse=True)
def one_renderer() -> Iterator[None]:
    """Let all applications of a run share templates and static files: a test changes neither."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("server.app.build.Renderer", cache(Renderer))
        yield


@pytest.fixture
def settings(tmp_path: Path, street_folder: Path) -> Settings:
    shutil.copytree(street_folder, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", media_port=0)


@pytest.fixture
def media() -> FakeMedia:
    return FakeMedia()


@pytest.fixture
async def server(
    settings: Settings, clock: FakeClock, media: FakeMedia
) -> AsyncIterator[TestServer]:
    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        media.on_event = on_event
        return media

    running = TestServer(await build_app(settings, clock, start_media))
    await running.start_server()
    yield running
    await running.close()


@pytest.fixture
async def new_visitor(server: TestServer) -> AsyncIterator[Callable[[], Visitor]]:
    clients: list[TestClient] = []

    def make() -> Visitor:
        clients.append(TestClient(server))
        return Visitor(clients[-1])

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
async def visitor(new_visitor: Callable[[], Visitor]) -> Visitor:
    return new_visitor()


@pytest.fixture
async def signed_in(new_visitor: Callable[[], Visitor]) -> Callable[[str], Awaitable[Visitor]]:
    async def enter(name: str) -> Visitor:
        return await new_visitor().sign_in(name)

    return enter


@pytest.fixture
async def database(server: TestServer) -> Database:
    return server.app[DATABASE]
