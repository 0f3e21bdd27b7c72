"""The outbox: put a letter in with one's own transaction, and send what waits.

A letter is told to the server at most once without a person's word: it is marked as being sent,
and that is committed, before the server hears of it.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from server.db.engine import Database, Tx
from server.domain.addresses import parse_email
from server.domain.clock import Clock
from server.domain.errors import ConflictError, DomainError
from server.mail import store
from server.mail.composing import compose
from server.mail.delivery import connected, send
from server.mail.model import (
    Letter,
    LetterState,
    MailServer,
    Outcome,
    StoredLetter,
    settle,
)

HELD_BACK = timedelta(seconds=10)
"""As long as a page shows its undo; a letter that has not gone out is then withdrawn with it."""

BATCH = 100
"""How many letters one line to the server carries at most."""


async def enqueue(
    tx: Tx, clock: Clock, letter: Letter, *, held_back: timedelta = timedelta()
) -> bool:
    """Put a letter into the outbox; it goes out after the transaction, and not if that is undone.

    Args:
        tx: the transaction of what the letter tells.
        clock: the time.
        letter: whose key is new.
        held_back: how long it waits at least, so that what it tells can still be undone.

    Returns:
        False when there is one with its key already, sent or not: then nothing happens.

    Raises:
        DomainError: ``email_bad`` when the recipient's address is empty or cannot be one.
    """
    recipient = parse_email(letter.recipient)
    if not recipient:
        raise DomainError("email_bad")
    return await store.save_letter(
        tx, replace(letter, recipient=recipient), clock.now() + held_back
    )


async def recover(db: Database) -> None:
    """Mark as unsure what was being sent when the last run ended."""
    async with db.tx() as tx:
        await store.doubt_interrupted(tx)


async def send_waiting(
    db: Database,
    clock: Clock,
    *,
    server: MailServer,
    sender_name: str,
    may_go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send the letters whose turn it is, in one line to the server; return how many it took.

    Args:
        db: the database.
        clock: the time.
        server: the mail server.
        sender_name: who letters are from, in words.
        may_go_on: asked before each letter.

    Raises:
        MailServerAwayError: when the server cannot be reached; the letters go on waiting.
    """
    now = clock.now()
    async with db.view() as tx:
        if not await store.load_due(tx, now, 1):
            return 0
    async with db.tx() as tx:
        await store.expire(tx, now)
        due = await store.load_due(tx, now, BATCH)
    if not due:
        return 0
    taken = 0
    async with connected(server) as client:
        for letter_id in due:
            if not client.is_connected or not may_go_on():
                break
            stored = await _claim(db, server, letter_id)
            if stored is None:
                continue
            content = _content(stored, server, sender_name)
            outcome = await send(
                client,
                sender=server.sender,
                recipient=stored.letter.recipient,
                content=content,
            )
            taken += await _settle(db, clock, stored, outcome)
    return taken


async def _claim(db: Database, server: MailServer, letter_id: int) -> StoredLetter | None:
    host = server.sender.rpartition("@")[2]
    async with db.tx() as tx:
        return await store.claim(tx, letter_id, f"<{secrets.token_hex(16)}@{host}>")


async def _settle(db: Database, clock: Clock, stored: StoredLetter, outcome: Outcome) -> bool:
    """Enter what became of a try, and tell whether the letter was taken."""
    now = clock.now()
    state, next_at = settle(stored, outcome, now)
    async with db.tx() as tx:
        await store.save_outcome(tx, stored, state, at=now, next_at=next_at, reply=outcome.reply)
    return state is LetterState.SENT


def _content(stored: StoredLetter, server: MailServer, sender_name: str) -> bytes:
    return compose(
        stored.letter,
        message_id=stored.message_id,
        sender=server.sender,
        sender_name=sender_name,
        written_at=stored.created_at,
    )


async def send_again(db: Database, clock: Clock, letter_id: int) -> None:
    """Let a letter wait anew that failed, or of which nobody knows whether it was taken.

    Raises:
        ConflictError: ``letter_not_stuck`` for any other, and for one whose words are deleted.
    """
    async with db.tx() as tx:
        if not await store.send_again(tx, letter_id, clock.now()):
            raise ConflictError("letter_not_stuck")
