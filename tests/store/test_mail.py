"""The outbox on both databases, with a real SMTP server at the other end."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server import tls
from server.db.engine import Database
from server.domain.clock import SystemClock
from server.domain.errors import ConflictError, DomainError
from server.mail import service, store
from server.mail.delivery import MailServerAwayError
from server.mail.jobs import Postman, emptying_jobs
from server.mail.model import GIVE_UP, Letter, LetterState, MailServer
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.mail_servers import Inbox, smtp_server
from tests.ports import free_port

LETTER = Letter(key="a", recipient="wang@street.test", subject="会议", text="您好\n")


async def put(db: Database, clock: FakeClock, *letters: Letter) -> list[bool]:
    async with db.tx() as tx:
        return [await service.enqueue(tx, clock, letter) for letter in letters]


async def states(db: Database) -> dict[LetterState, int]:
    async with db.view() as tx:
        return {state: n for state, n in (await store.count_letters(tx)).items() if n}


async def send(db: Database, clock: FakeClock, server: MailServer) -> int:
    return await service.send_waiting(db, clock, server=server, sender_name="汇安街道")


async def test_a_letter_goes_out_once_and_its_key_never_again(
    db: Database, clock: FakeClock
) -> None:
    inbox = Inbox()
    assert await put(db, clock, LETTER, replace(LETTER, key="b"), LETTER) == [True, True, False]
    async with smtp_server(inbox) as server:
        assert await send(db, clock, server) == 2
        assert await put(db, clock, LETTER) == [False]
        assert await send(db, clock, server) == 0
    assert [recipient for recipient, _ in inbox.taken] == ["wang@street.test"] * 2
    assert inbox.taken[0][1]["From"] == "汇安街道 <pinhui@street.test>"
    assert inbox.taken[0][1].get_content().splitlines() == ["您好"]
    assert await states(db) == {LetterState.SENT: 2}


async def test_a_letter_of_a_transaction_that_was_undone_is_never_sent(
    db: Database, clock: FakeClock
) -> None:
    async def half() -> None:
        async with db.tx() as tx:
            await service.enqueue(tx, clock, LETTER)
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        await half()
    assert await states(db) == {}


async def test_an_address_that_cannot_be_one_is_refused(db: Database, clock: FakeClock) -> None:
    for recipient in ("", "wang", "wang@street\nBcc: x@y"):
        with pytest.raises(DomainError, match="email_bad"):
            await put(db, clock, replace(LETTER, recipient=recipient))


async def test_a_refusal_for_now_is_tried_again_with_the_same_message_id(
    db: Database, clock: FakeClock
) -> None:
    inbox = Inbox(refuse={"wang@street.test": "451 come back"})
    await put(db, clock, LETTER, replace(LETTER, key="b", recipient="li@street.test"))
    async with smtp_server(inbox) as server:
        assert await send(db, clock, server) == 1
        async with db.view() as tx:
            waiting = await store.load_letters(tx, states=[LetterState.WAITING])
        assert waiting[0].reply == "451 come back"
        inbox.refuse.clear()
        assert await send(db, clock, server) == 0
        clock.advance(minutes=1)
        assert await send(db, clock, server) == 1
    assert inbox.taken[-1][1]["Message-ID"] == waiting[0].message_id


async def test_a_refusal_for_good_is_kept_until_somebody_sends_it_again(
    db: Database, clock: FakeClock
) -> None:
    inbox = Inbox(refuse={"wang@street.test": "550 nobody of that name"})
    await put(db, clock, LETTER)
    async with smtp_server(inbox) as server:
        await send(db, clock, server)
        assert await states(db) == {LetterState.FAILED: 1}
        clock.advance(days=9)
        assert await send(db, clock, server) == 0
        async with db.view() as tx:
            failed = (await store.load_letters(tx, states=[LetterState.FAILED]))[0]
        inbox.refuse.clear()
        await service.send_again(db, clock, failed.id)
        assert await send(db, clock, server) == 1
        with pytest.raises(ConflictError, match="letter_not_stuck"):
            await service.send_again(db, clock, failed.id)


async def test_a_letter_tried_in_vain_for_days_is_given_up(db: Database, clock: FakeClock) -> None:
    inbox = Inbox(refuse={"wang@street.test": "451 come back"})
    await put(db, clock, LETTER)
    async with smtp_server(inbox) as server:
        await send(db, clock, server)
        clock.advance(seconds=GIVE_UP.total_seconds())
        await send(db, clock, server)
    assert await states(db) == {LetterState.FAILED: 1}


async def test_a_line_that_breaks_while_the_text_is_told_is_not_tried_again(
    db: Database, clock: FakeClock
) -> None:
    inbox = Inbox(breaks=True)
    await put(db, clock, LETTER, replace(LETTER, key="b"))
    async with smtp_server(inbox) as server:
        await send(db, clock, server)
        inbox.breaks = False
        clock.advance(days=1)
        assert await send(db, clock, server) == 1
    assert len(inbox.taken) == 2
    assert await states(db) == {LetterState.UNSURE: 1, LetterState.SENT: 1}


async def test_what_was_being_sent_when_the_process_ended_is_unsure(
    db: Database, clock: FakeClock
) -> None:
    await put(db, clock, LETTER)
    async with db.tx() as tx:
        assert await store.claim(tx, (await store.load_due(tx, clock.now(), 1))[0], "<1@x>")
    await service.recover(db)
    assert await states(db) == {LetterState.UNSURE: 1}


async def test_a_letter_of_no_use_any_more_is_not_sent(db: Database, clock: FakeClock) -> None:
    inbox = Inbox()
    await put(db, clock, replace(LETTER, until=NOON_TUESDAY))
    async with smtp_server(inbox) as server:
        assert await send(db, clock, server) == 0
    assert await states(db) == {LetterState.EXPIRED: 1}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_the_line_is_protected_and_signed_in_and_only_with_the_right_authority(
    db: Database, clock: FakeClock, tmp_path: Path, security: str
) -> None:
    tls.issue(tmp_path, ["127.0.0.1"], SystemClock().now(), renew=False)
    files, inbox = tls.files_of(tmp_path), Inbox()
    context = tls.server_context(files.certificate, files.key)
    await put(db, clock, LETTER)
    async with smtp_server(
        inbox,
        security=security,
        context=context,
        authority=str(files.authority),
        password="open sesame",
    ) as server:
        with pytest.raises(MailServerAwayError, match="CERTIFICATE_VERIFY_FAILED"):
            await send(db, clock, replace(server, authority=""))
        with pytest.raises(MailServerAwayError, match="535"):
            await send(db, clock, replace(server, password="wrong"))
        assert await send(db, clock, server) == 1
    assert set(inbox.users) == {"pinhui"}


async def test_the_postman_waits_for_a_server_that_is_away_and_says_so(
    db: Database, clock: FakeClock
) -> None:
    async def name() -> str:
        return "汇安街道"

    nobody = MailServer("127.0.0.1", free_port(), "none", "", "", "pinhui@street.test")
    postman = Postman(db, clock, nobody, name)
    await put(db, clock, LETTER)
    await postman.run_due()
    assert postman.trouble
    inbox = Inbox()
    async with smtp_server(inbox) as server:
        postman.server = server
        await postman.run_due()
        assert inbox.taken == []
        clock.advance(minutes=1)
        await postman.run_due()
    assert len(inbox.taken) == 1
    assert postman.trouble == ""
    await postman.stop()


async def test_without_a_server_letters_wait(db: Database, clock: FakeClock) -> None:
    async def name() -> str:
        return ""

    postman = Postman(db, clock, None, name)
    await put(db, clock, LETTER)
    await postman.look_back()
    await postman.run_due()
    await postman.stop()
    assert await states(db) == {LetterState.WAITING: 1}


async def test_a_letter_that_another_process_was_telling_is_sent_by_nobody_twice(
    db: Database, clock: FakeClock
) -> None:
    async def name() -> str:
        return "汇安街道"

    await put(db, clock, LETTER)
    inbox = Inbox()
    async with smtp_server(inbox) as server:
        async with db.tx() as tx:
            (letter_id,) = await store.load_due(tx, clock.now(), 9)
            tried = await store.claim(tx, letter_id, "<1@street.test>")
        assert tried is not None
        other = Postman(db, clock, server, name)
        await other.look_back()
        await other.run_due()
    assert inbox.taken == []
    assert await states(db) == {LetterState.UNSURE: 1}
    async with db.tx() as tx:
        now = clock.now()
        await store.save_outcome(tx, tried, LetterState.SENT, at=now, next_at=now, reply="250")
    assert await states(db) == {LetterState.SENT: 1}


async def test_what_became_of_an_earlier_try_says_nothing_of_a_later_one(
    db: Database, clock: FakeClock
) -> None:
    await put(db, clock, LETTER)
    async with db.tx() as tx:
        now = clock.now()
        (letter_id,) = await store.load_due(tx, now, 9)
        first = await store.claim(tx, letter_id, "<1@street.test>")
        assert first is not None
        await store.save_outcome(tx, first, LetterState.WAITING, at=now, next_at=now, reply="451")
        await store.claim(tx, letter_id, "<1@street.test>")
        await store.save_outcome(tx, first, LetterState.FAILED, at=now, next_at=now, reply="550")
    assert await states(db) == {LetterState.SENDING: 1}


async def test_old_letters_lose_their_words_and_stay_as_a_line(
    db: Database, clock: FakeClock
) -> None:
    inbox = Inbox(refuse={"li@street.test": "550 who?"})
    refused = replace(LETTER, key="b", recipient="li@street.test", html="<p>您好</p>")
    late = replace(LETTER, key="c", until=clock.now() + timedelta(days=400))
    async with smtp_server(inbox) as server:
        await put(db, clock, LETTER, refused)
        await send(db, clock, server)
        clock.advance(days=89)
        await put(db, clock, late)
    (job, _) = await emptying_jobs(clock, 90)(None, clock.now())  # type: ignore[arg-type]
    async with db.tx() as tx:
        await job.run(tx)
        kept = await store.load_letters(tx, states=list(LetterState))
    assert all(stored.letter.text for stored in kept)
    clock.advance(days=2)
    async with db.tx() as tx:
        await job.run(tx)
        found = {s.letter.key: s for s in await store.load_letters(tx, states=list(LetterState))}
    assert (found["a"].letter.text, found["a"].letter.subject) == ("", "会议")
    assert found["a"].sent_at is not None
    assert found["b"].letter.html == ""
    assert found["c"].letter.text == "您好\n"
    with pytest.raises(ConflictError):
        await service.send_again(db, clock, found["b"].id)
    assert await put(db, clock, LETTER) == [False]


async def test_letters_are_kept_whole_for_ever_where_the_setting_says_so(
    db: Database, clock: FakeClock
) -> None:
    assert await put(db, clock, LETTER) == [True]
    clock.advance(days=4000)
    async with db.tx() as tx:
        job, *_ = await emptying_jobs(clock, 0)(tx, clock.now())
        await job.run(tx)
        [stored] = await store.load_letters(tx, states=list(LetterState))
    assert stored.letter.text == LETTER.text
