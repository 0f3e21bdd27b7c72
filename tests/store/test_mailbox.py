"""A mailbox read from a real IMAP server, each letter entered once, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server import tls
from server.db.engine import Database, Tx
from server.domain.clock import SystemClock
from server.mail import store
from server.mail.jobs import RECEIVED_KEPT, emptying_jobs
from server.mail.mailbox import MOST_LETTERS, MailboxAwayError, collect
from server.mail.model import Mailbox, Mark
from server.mail.receiving import LOOK_BACK, Collector, Note
from tests.fakes import NOON_TUESDAY, FakeClock
from tests.imap_server import Post, imap_server

SINCE = (NOON_TUESDAY - LOOK_BACK).date()


@pytest.fixture
def post() -> Iterator[Post]:
    with imap_server() as running:
        yield running


def letter(number: int, *, lines: int = 1, message_id: str = "") -> bytes:
    known = message_id or f"<{number}@one.test>"
    head = f"From: one@street.test\r\nMessage-ID: {known}\r\nSubject: {number}\r\n\r\n"
    return (head + "word\r\n" * lines).encode()


class Reader:
    """Enters letters by remembering them, and refuses one that it is told to."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.read: list[bytes] = []
        self.fails_at = b""

    async def enter(self, content: bytes, note: Note) -> str:
        async with self.db.tx() as tx:
            if self.fails_at and self.fails_at in content:
                raise OSError("the database is away")
            await note(tx, "UNREADABLE")
        self.read.append(content)
        return "UNREADABLE"

    @property
    def subjects(self) -> list[str]:
        heads = [content.decode().split("\r\n") for content in self.read]
        return [next(h for h in head if h.startswith("Subject")).split()[1] for head in heads]


def collector(db: Database, clock: FakeClock, mailbox: Mailbox, reader: Reader) -> Collector:
    return Collector(db, clock, mailbox, reader.enter, most_bytes=2000)


async def test_letters_are_read_once_in_their_order_and_left_as_they_were(
    db: Database, clock: FakeClock, post: Post
) -> None:
    reader = Reader(db)
    collecting = collector(db, clock, post.mailbox, reader)
    await collecting.run_due()
    assert reader.read == []
    for number in (1, 2):
        post.put(letter(number), NOON_TUESDAY)
    await collecting.run_due()
    await collecting.run_due()
    assert reader.subjects == ["1", "2"]
    assert all(b"Seen" not in line for line in post.flags())
    post.put(letter(3), NOON_TUESDAY)
    again = Reader(db)
    await collector(db, clock, post.mailbox, again).run_due()
    assert again.subjects == ["3"]
    assert collecting.read_at == NOON_TUESDAY


async def test_a_letter_is_known_by_its_message_id_however_often_it_lies_there(
    db: Database, clock: FakeClock, post: Post
) -> None:
    reader = Reader(db)
    collecting = collector(db, clock, post.mailbox, reader)
    for _ in range(2):
        post.put(letter(1, message_id="<same@one.test>"), NOON_TUESDAY)
        post.put(b"Subject: 7\r\n\r\nno id at all\r\n", NOON_TUESDAY)
    await collecting.run_due()
    assert reader.subjects == ["1", "7"]
    post.number_anew()
    post.put(letter(2), NOON_TUESDAY)
    await collecting.run_due()
    assert reader.subjects == ["1", "7", "2"]


async def test_all_of_a_full_mailbox_is_read_but_old_and_huge_letters(
    db: Database, clock: FakeClock, post: Post
) -> None:
    reader = Reader(db)
    post.put(letter(900), NOON_TUESDAY - LOOK_BACK - timedelta(days=2))
    post.put(letter(901, lines=5000), NOON_TUESDAY)
    for number in range(MOST_LETTERS + 5):
        post.put(letter(number), NOON_TUESDAY)
    await collector(db, clock, post.mailbox, reader).run_due()
    assert reader.subjects == [str(number) for number in range(MOST_LETTERS + 5)]


async def test_a_letter_whose_entering_fails_is_entered_at_the_next_look(
    db: Database, clock: FakeClock, post: Post
) -> None:
    reader = Reader(db)
    collecting = collector(db, clock, post.mailbox, reader)
    for number in (1, 2):
        post.put(letter(number), NOON_TUESDAY)
    reader.fails_at = b"Subject: 2"
    with pytest.raises(OSError, match="away"):
        await collecting.run_due()
    reader.fails_at = b""
    await collecting.run_due()
    assert reader.subjects == ["1", "2"]


async def test_a_mailbox_that_is_away_is_tried_again_after_a_while_and_says_why(
    db: Database, clock: FakeClock, post: Post
) -> None:
    reader = Reader(db)
    wrong = collector(db, clock, replace(post.mailbox, password="wrong"), reader)
    await wrong.run_due()
    assert "AUTHENTICATIONFAILED" in wrong.trouble
    closed = collector(db, clock, replace(post.mailbox, port=1), reader)
    await closed.run_due()
    assert "refused" in closed.trouble
    nowhere = collector(db, clock, replace(post.mailbox, folder='No "such"'), reader)
    await nowhere.run_due()
    assert "doesn't exist" in nowhere.trouble
    post.put(letter(1), NOON_TUESDAY, folder="Answers")
    right = collector(db, clock, replace(post.mailbox, folder="Answers"), reader)
    right._resume_at = clock.now() + timedelta(minutes=1)
    await right.run_due()
    assert reader.read == []
    clock.advance(minutes=2)
    await right.run_due()
    assert reader.subjects == ["1"]
    await right.stop()
    post.put(letter(2), NOON_TUESDAY, folder="Answers")
    await right.run_due()
    assert reader.subjects == ["1"]


async def test_what_was_received_is_forgotten_once_it_is_not_looked_at_any_more(
    db: Database, clock: FakeClock
) -> None:
    async with db.tx() as tx:
        await store.note_received(tx, "a" * 64, "UNKNOWN", clock.now())
    clock.advance(days=RECEIVED_KEPT.days + 1)
    async with db.tx() as tx:
        for job in await emptying_jobs(clock, 0)(tx, clock.now()):
            await emptied(tx, job.run)
        assert not await store.was_received(tx, "a" * 64)


async def emptied(tx: Tx, run: object) -> None:
    assert callable(run)
    await run(tx)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_line_is_protected_and_only_with_the_right_authority(
    tmp_path: Path, security: str
) -> None:
    tls.issue(tmp_path, ["127.0.0.1"], SystemClock().now(), renew=False)
    files = tls.files_of(tmp_path)
    with imap_server((files.certificate, files.key)) as post:
        post.put(letter(1), NOON_TUESDAY)
        port = post.tls_port if security == "tls" else post.mailbox.port
        mailbox = replace(post.mailbox, security=security, port=port)
        with pytest.raises(MailboxAwayError, match="CERTIFICATE_VERIFY_FAILED"):
            collect(mailbox, None, since=SINCE, most_bytes=2000)
        trusted = replace(mailbox, authority=str(files.authority))
        haul = collect(trusted, None, since=SINCE, most_bytes=2000)
    assert [found.content for found in haul.letters] == [letter(1)]
    assert haul.mark.uid == haul.letters[0].uid
    assert not haul.more


def test_a_mark_of_another_numbering_is_not_trusted(post: Post) -> None:
    post.put(letter(1), NOON_TUESDAY)
    first = collect(post.mailbox, None, since=SINCE, most_bytes=2000)
    other = Mark(first.mark.validity + 1, 99)
    assert collect(post.mailbox, other, since=SINCE, most_bytes=2000) == first
    after = collect(post.mailbox, first.mark, since=SINCE, most_bytes=2000)
    assert (after.letters, after.mark) == ((), first.mark)
