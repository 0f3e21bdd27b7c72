"""The page of letters: whether they go out, which are stuck, and sending one again."""

from collections.abc import Awaitable, Callable

from aiohttp.test_utils import TestServer

from server.db.engine import Database
from server.mail import service, store
from server.mail.model import Letter, LetterState
from server.portal.routes import POSTMAN
from tests.fakes import FakeClock
from tests.mail_servers import Inbox, smtp_server
from tests.web.conftest import Visitor

LETTER = Letter(key="a", recipient="wang@street.test", subject="请看 <b>", text="您好\n")


async def test_the_page_says_that_no_server_is_set_and_shows_what_waits(
    signed_in: Callable[[str], Awaitable[Visitor]], database: Database, clock: FakeClock
) -> None:
    async with database.tx() as tx:
        await service.enqueue(tx, clock, LETTER)
    _, text = await (await signed_in("admin")).get("/admin/letters")
    assert "还没有设邮件服务器。" in text
    assert "等着发 1 封" in text
    assert "请看 &lt;b&gt;" in text


async def test_a_stuck_letter_is_sent_again_by_a_click(
    signed_in: Callable[[str], Awaitable[Visitor]],
    database: Database,
    clock: FakeClock,
    server: TestServer,
) -> None:
    inbox, postman = Inbox(refuse={"wang@street.test": "550 who?"}), server.app[POSTMAN]
    async with database.tx() as tx:
        await service.enqueue(tx, clock, LETTER)
    admin = await signed_in("admin")
    async with smtp_server(inbox) as postman.server:
        await postman.run_due()
        _, text = await admin.get("/admin/letters")
        assert "卡住 1 封" in text
        assert "550 who?" in text
        inbox.refuse.clear()
        async with database.view() as tx:
            stuck = (await store.load_letters(tx, states=[LetterState.FAILED]))[0]
        _, text = await admin.post(f"/admin/letters/{stuck.id}/again", "/admin/letters")
        assert "这封信会马上再发一次。" in text
        await postman.run_due()
    assert [recipient for recipient, _ in inbox.taken] == ["wang@street.test"]
    answer, _ = await admin.post(f"/admin/letters/{stuck.id}/again", "/admin/letters")
    assert answer.status == 409


async def test_only_the_administrator_sees_letters(
    signed_in: Callable[[str], Awaitable[Visitor]],
) -> None:
    answer, _ = await (await signed_in("operator")).get("/admin/letters")
    assert answer.status == 403
