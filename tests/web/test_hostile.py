"""What a stranger may send to the pages: broken forms, forged addresses, many guesses at once."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from html import unescape
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from server.config import CannotStartError, load_secret
from server.db.engine import Database
from server.domain.errors import DomainError
from server.pages.context import DATABASE
from server.pages.middleware import errors_to_answers
from tests.fakes import FakeClock
from tests.patience import PATIENCE_S
from tests.web.conftest import HTML, PASSWORD, Visitor

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"


async def token_of(visitor: Visitor, path: str = "/login") -> str:
    _, text = await visitor.get(path)
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, b"name=\xff\xfe&password=x"),
        (f"{FORM}; charset=nonsense", b"name=a"),
        (FORM, b"name=a%00b"),
        (PARTS, b"x"),
        (f"{PARTS}; boundary=x", b"--x\r\njunk"),
        (f"{PARTS}; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nfoo\r\n--x--\r\n"),
        (
            f"{PARTS}; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n'
            b"Content-Transfer-Encoding: zork\r\n\r\nfoo\r\n--x--\r\n",
        ),
    ],
)
async def test_a_broken_form_is_refused_in_words_and_is_no_bug_of_ours(
    visitor: Visitor, kind: str, body: bytes
) -> None:
    headers = HTML | {"Content-Type": kind}
    answer = await visitor.client.post("/login", data=body, headers=headers)
    assert answer.status == 422
    assert "表单没有传好" in await answer.text()


async def test_a_body_that_only_claims_to_be_compressed_is_refused(visitor: Visitor) -> None:
    headers = HTML | {"Content-Type": FORM, "Content-Encoding": "gzip"}
    answer = await visitor.client.post("/login", data=b"\x1f\x8bnone", headers=headers)
    assert answer.status == 422


@pytest.mark.parametrize(
    "target", ["/\t/example.org", "/\t\\example.org", "/\n/example.org", "/a\r\nX-Evil: 1", "/a\\b"]
)
async def test_a_target_that_a_browser_reads_otherwise_leads_to_the_first_page(
    visitor: Visitor, target: str
) -> None:
    form = {"csrf": await token_of(visitor), "next": target, "type_size": "1"}
    answer = await visitor.client.post("/choices", data=form, allow_redirects=False)
    assert answer.status == 303
    assert answer.headers["Location"] == "/"


async def test_an_address_with_line_ends_comes_back_after_signing_in_and_makes_no_header(
    visitor: Visitor,
) -> None:
    answer, text = await visitor.get("/requests/a%0D%0AX-Evil:%201")
    assert answer.url.path == "/login"
    assert 'name="next" value="/requests/a%0D%0AX-Evil:%201"' in text


async def test_the_login_page_names_no_department_and_counts_no_committee(
    visitor: Visitor,
) -> None:
    _, text = await visitor.get("/login")
    words = re.findall(r"<text[^>]*>([^<]*)<", text)
    assert words == ["各科室", "一场会", "各居委会"]


async def test_what_was_asked_for_is_asked_again_whole_after_signing_in(visitor: Visitor) -> None:
    _, text = await visitor.get("/sessions?week=2026-W48&at=%E4%B8%AD")
    form = {"csrf": await token_of(visitor), "name": "clerk", "password": PASSWORD}
    kept = re.findall(r'name="next" value="([^"]+)"', text)
    form["next"] = unescape(kept[-1])
    answer = await visitor.client.post("/login", data=form, allow_redirects=False)
    assert answer.headers["Location"] == "/sessions?week=2026-W48&at=%E4%B8%AD"


async def test_a_browser_whose_first_page_is_an_error_can_use_the_buttons_on_it(
    visitor: Visitor,
) -> None:
    csrf = await token_of(visitor, "/nowhere")
    answer = await visitor.client.post(
        "/choices", data={"csrf": csrf, "language": "en"}, allow_redirects=False
    )
    assert answer.status == 303


@pytest.mark.parametrize("path", ["/static/{version}/%00", "/static/{version}/css%00/app.css"])
async def test_an_address_that_no_file_can_have_is_not_found(visitor: Visitor, path: str) -> None:
    _, text = await visitor.get("/login")
    version = text.split("/css/tokens.css")[0].rpartition("/")[2]
    answer, _ = await visitor.get(path.replace("{version}", version))
    assert answer.status == 404


async def test_answers_that_aiohttp_makes_itself_carry_the_policy_too(visitor: Visitor) -> None:
    answer = await visitor.client.put("/login", data=b"x", headers={"Authorization": "Bearer x"})
    assert answer.status == 405
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_bug_is_logged_without_the_token_in_its_address(
    visitor: Visitor, server: TestServer, caplog: pytest.LogCaptureFixture
) -> None:
    await server.app[DATABASE].close()
    server.app[DATABASE].__init__(f"sqlite:///{Path('/nowhere') / 'none.db'}")  # type: ignore[misc]
    with caplog.at_level(logging.ERROR, "pinhui.pages"):
        answer, _ = await visitor.get("/j/abcd2345efgh6723ijkl4567mn")
    assert answer.status == 500
    assert "/j/{token}" in caplog.text
    assert "abcd2345" not in caplog.text


async def test_guesses_that_come_all_at_once_are_counted_one_by_one(
    visitor: Visitor, server: TestServer
) -> None:
    csrf = await token_of(visitor)

    async def guess(number: int) -> str:
        form = {"csrf": csrf, "name": "clerk", "password": f"guess-{number}"}
        answer = await visitor.client.post("/login", data=form, headers=HTML)
        return await answer.text()

    texts = await asyncio.gather(*(guess(n) for n in range(12)))
    assert sum("再错" in text for text in texts) == 4
    form = {"csrf": csrf, "name": "clerk", "password": PASSWORD}
    answer = await visitor.client.post("/login", data=form, headers=HTML)
    assert answer.status == 422
    assert "请等 5 分钟" in await answer.text()


async def test_logins_and_failures_that_count_no_more_are_swept_up(
    new_visitor: Callable[[], Visitor], database: Database, clock: FakeClock
) -> None:
    await new_visitor().sign_in("clerk")
    for name in ("nobody-1", "nobody-2"):
        await new_visitor().post("/login", "/login", name=name, password="x")
    clock.advance(hours=12)
    await new_visitor().sign_in("leader")
    async with database.view() as tx:
        logins = (await tx.scalars(text("SELECT count(*) FROM logins"))).one()
        failures = (await tx.scalars(text("SELECT count(*) FROM login_failures"))).one()
    assert (logins, failures) == (1, 0)


async def test_the_language_is_chosen_without_losing_the_question_in_the_address(
    signed_in: Callable[[str], Awaitable[Visitor]],
) -> None:
    visitor = await signed_in("operator")
    for path in ("/sessions?week=2026-W48&at=%E4%B8%AD", "/verify?number=PH-2026-1124-01"):
        _, text = await visitor.get(path)
        here = unescape(re.findall(r'action="/choices".*?name="next" value="([^"]*)"', text)[0])
        answer, _ = await visitor.post("/choices", path, next=here, language="en")
        assert str(answer.url.relative()) == path


async def send_beginning(
    server: TestServer, path: str, cookie: str = "", size: int = 60 << 20
) -> str:
    """Send the head of a large form and a little of its body; return the first line answered."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: {server.host}:{server.port}",
        f"Content-Type: {PARTS}; boundary=x",
        f"Content-Length: {size}",
        f"Cookie: {cookie}",
        "",
        "--x",
    )
    writer.write("\r\n".join(head).encode())
    line = await asyncio.wait_for(reader.readline(), PATIENCE_S)
    writer.close()
    return line.decode().strip()


@pytest.mark.parametrize("path", ["/book", "/requests/1/edit", "/logout", "/street/links/1/renew"])
async def test_nothing_is_read_of_a_form_from_whoever_has_not_signed_in(
    server: TestServer, path: str
) -> None:
    assert await send_beginning(server, path) == "HTTP/1.1 403 Forbidden"


async def test_only_forms_with_files_may_be_large(
    signed_in: Callable[[str], Awaitable[Visitor]],
) -> None:
    clerk = await signed_in("clerk")
    large = "x" * 300_000
    answer, text = await clerk.post("/choices", "/book", language="en", more=large)
    assert answer.status == 413
    assert "太大" in text
    answer, _ = await clerk.post("/login", "/book", name=large)
    assert answer.status == 413


def test_a_secret_that_was_cut_short_is_not_used(tmp_path: Path) -> None:
    assert len(load_secret(tmp_path)) == 32
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(CannotStartError, match="not whole"):
        load_secret(tmp_path)


async def test_a_door_without_visits_refuses_as_programs_understand() -> None:
    async def refuse(_: web.Request) -> web.Response:
        raise DomainError("offer_unusable")

    app = web.Application(middlewares=[errors_to_answers])
    app.add_routes([web.post("/whip", refuse)])
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/whip")
        assert answer.status == 422
        assert (await answer.json(content_type=None))["code"] == "offer_unusable"
