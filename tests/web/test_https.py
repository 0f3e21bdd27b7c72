"""The server behind a certificate of its own authority, and what it refuses to serve without."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import ClientConnectorCertificateError, ClientSession, CookieJar, TCPConnector
from aiohttp.test_utils import TestClient, TestServer

from server import tls
from server.app.address import address_of
from server.app.build import build_app
from server.app.serving import check_start, serve
from server.cli import main
from server.config import CannotStartError, Settings
from server.db.engine import Database
from server.db.migrate import upgrade
from server.domain.clock import SystemClock, unix_ms
from server.domain.session import SessionState
from server.media.client import OnEvent
from server.scheduler import store as sessions
from tests.fakes import FakeClock, FakeMedia
from tests.ports import free_port
from tests.web.conftest import Visitor
from tests.web.test_live import make_session
from tests.web.test_recordings import FILM, seal, write_recording

OPEN = "0.0.0.0"  # noqa: S104 - what a server for venues serves on


@pytest.fixture
async def secure(settings: Settings, media: FakeMedia) -> AsyncIterator[TestServer]:
    tls.issue(settings.data_dir, ["localhost", "127.0.0.1"], SystemClock().now(), renew=False)
    upgrade(settings.database)

    async def start_media(_settings: Settings, on_event: OnEvent) -> FakeMedia:
        return media

    running = TestServer(await build_app(settings, start_media=start_media), scheme="https")
    files = tls.files_of(settings.data_dir)
    await running.start_server(ssl=tls.server_context(files.certificate, files.key))
    yield running
    await running.close()


async def test_a_browser_that_has_our_ca_trusts_the_server(
    secure: TestServer, settings: Settings
) -> None:
    trusting = ssl.create_default_context(cafile=str(tls.files_of(settings.data_dir).authority))
    jar = CookieJar(unsafe=True)
    async with (
        ClientSession(connector=TCPConnector(ssl=trusting), cookie_jar=jar) as client,
        client.get(secure.make_url("/login")) as answer,
    ):
        assert answer.status == 200
        assert "secure" in answer.headers["Set-Cookie"].lower()


async def test_a_browser_without_our_ca_does_not(secure: TestServer) -> None:
    async with ClientSession() as client:
        with pytest.raises(ClientConnectorCertificateError):
            await client.get(secure.make_url("/login"))


async def test_the_ca_is_there_for_everybody_and_its_key_for_nobody(
    secure: TestServer, settings: Settings
) -> None:
    files = tls.files_of(settings.data_dir)
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    async with ClientSession(connector=TCPConnector(ssl=careless)) as client:
        async with client.get(secure.make_url("/ca.pem")) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
            assert await answer.read() == files.authority.read_bytes()
        async with client.get(secure.make_url("/ca-key.pem")) as answer:
            assert answer.status == 404


async def test_a_film_comes_in_ranges_over_https(
    secure: TestServer, settings: Settings, database: Database, clock: FakeClock
) -> None:
    session = await make_session(database, clock, [1, 2])
    async with database.tx() as tx:
        await sessions.set_state(tx, session, SessionState.CLOSED, clock.now())
    folder = settings.recordings / "2026" / "11" / str(session)
    await asyncio.to_thread(write_recording, folder, unix_ms(clock.now()) * 1000, 5)
    await asyncio.to_thread(seal, folder)
    trusting = ssl.create_default_context(cafile=str(tls.files_of(settings.data_dir).authority))
    here = f"/recordings/{session}/film"
    async with TestClient(secure, connector=TCPConnector(ssl=trusting)) as client:
        await Visitor(client).sign_in("operator")

        async def part(span: str, **more: str) -> tuple[int, str, bytes, str]:
            async with client.get(here, headers={"Range": span} | more) as answer:
                told = answer.headers
                return answer.status, told["Content-Range"], await answer.read(), told["ETag"]

        whole = len(FILM)
        async with client.get(here) as answer:
            assert (answer.status, answer.headers["Accept-Ranges"]) == (200, "bytes")
            assert await answer.read() == FILM
            tag, day = answer.headers["ETag"], answer.headers["Last-Modified"]
        same = (206, f"bytes 9000-9999/{whole}", FILM[9000:10000], tag)
        assert await part("bytes=9000-9999") == same
        assert await part("bytes=9000-9999", **{"If-Range": tag}) == same
        assert await part("bytes=9000-9999", **{"If-Range": day}) == same
        assert (await part("bytes=-240"))[1:3] == (
            f"bytes {whole - 240}-{whole - 1}/{whole}",
            FILM[-240:],
        )
        assert (await part("bytes=10000-"))[2] == FILM[10000:]
        for other in ('"another"', f"W/{tag}", "Thu, 01 Jan 2026 00:00:00 GMT"):
            told = {"Range": "bytes=9000-9999", "If-Range": other}
            async with client.get(here, headers=told) as answer:
                assert (answer.status, await answer.read()) == (200, FILM), other
        async with client.get(here, headers={"Range": f"bytes={whole}-"}) as answer:
            assert (answer.status, answer.headers["Content-Range"]) == (416, f"bytes */{whole}")


async def test_without_a_ca_there_is_none_to_download(visitor: Visitor) -> None:
    answer, text = await visitor.get("/ca.pem")
    assert answer.status == 404
    assert "证书" in text


async def test_plain_http_is_served_on_loopback_only(settings: Settings) -> None:
    with pytest.raises(CannotStartError, match="pinhui cert"):
        await serve(replace(settings, host=OPEN, port=free_port()))
    for host in ("127.0.0.1", "::1", "localhost"):
        assert check_start(replace(settings, host=host)) is None


async def test_a_broken_certificate_is_said_in_words(settings: Settings) -> None:
    bad = settings.data_dir / "bad.pem"
    bad.write_text("not a certificate")
    with pytest.raises(CannotStartError, match="--renew"):
        await serve(replace(settings, certificate=str(bad), port=free_port()))


async def test_an_installation_without_pages_says_what_it_lacks(
    settings: Settings, tmp_path: Path
) -> None:
    with pytest.raises(CannotStartError, match="PINHUI_WEB_DIR"):
        await serve(replace(settings, web_dir=tmp_path / "web", port=free_port()))


def test_the_address_is_one_a_person_can_type(settings: Settings) -> None:
    assert address_of(settings) == "http://localhost:8080"
    tls.issue(settings.data_dir, ["localhost"], datetime(2026, 1, 1, tzinfo=UTC), renew=False)
    assert address_of(replace(settings, host=OPEN)) == "https://localhost:8080"
    assert address_of(replace(settings, host="fd00::7")) == "https://[fd00::7]:8080"


def test_the_command_makes_the_certificate_and_says_where_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["cert", "--data-dir", str(tmp_path), "--name", "pinhui.qinghe.lan"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert str(tmp_path / "tls" / "ca.pem") in said
    assert "pinhui.qinghe.lan" in said
    assert "397 天" in said
    assert main(words) == 0
    assert "还在有效期内" in capsys.readouterr().out


def test_serving_openly_without_a_certificate_is_one_line_and_not_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--data-dir", str(tmp_path), "--host", OPEN]) == 1
    said = capsys.readouterr().err
    assert "pinhui cert" in said
    assert "Traceback" not in said
