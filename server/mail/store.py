"""Turns rows of the outbox and of what was received into values and back."""

import base64
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func, select, update

from server.db.engine import Tx
from server.mail.model import Attachment, CalendarPart, Letter, LetterState, Mark, StoredLetter
from server.mail.tables import LetterRow, MailboxRow, ReceivedRow

_MAX_SUBJECT, _MAX_REPLY = 255, 500


async def save_letter(tx: Tx, letter: Letter, now: datetime) -> bool:
    """Enter a letter that waits; False when one with its key is there already."""
    known = await tx.scalar(select(LetterRow.id).where(LetterRow.key == letter.key))
    if known is not None:
        return False
    calendar = letter.calendar
    tx.add(
        LetterRow(
            key=letter.key,
            recipient=letter.recipient,
            subject=letter.subject[:_MAX_SUBJECT],
            text=letter.text,
            html=letter.html,
            attachments=[
                {
                    "name": file.name,
                    "type": file.content_type,
                    "content": base64.b64encode(file.content).decode(),
                }
                for file in letter.attachments
            ],
            calendar_method=calendar.method if calendar else "",
            calendar=calendar.content if calendar else "",
            state=LetterState.WAITING,
            created_at=now,
            next_at=now,
            until=letter.until,
        )
    )
    await tx.flush()
    return True


async def withdraw_letters(tx: Tx, prefix: str) -> bool:
    """Forget the letters whose keys begin so and that nobody has tried to send.

    Returns:
        Whether none of them is left.
    """
    alike = LetterRow.key.startswith(prefix, autoescape=True)
    fresh = (LetterRow.state == str(LetterState.WAITING)) & (LetterRow.attempts == 0)
    await tx.execute(delete(LetterRow).where(alike, fresh))
    return await tx.scalar(select(LetterRow.id).where(alike).limit(1)) is None


def _stored(row: LetterRow) -> StoredLetter:
    files = [
        Attachment(file["name"], file["type"], base64.b64decode(file["content"]))
        for file in row.attachments
    ]
    part = CalendarPart(row.calendar_method, row.calendar) if row.calendar_method else None
    letter = Letter(
        key=row.key,
        recipient=row.recipient,
        subject=row.subject,
        text=row.text,
        html=row.html,
        attachments=tuple(files),
        calendar=part,
        until=row.until,
    )
    return StoredLetter(
        id=row.id,
        letter=letter,
        state=LetterState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at,
        sent_at=row.sent_at,
        message_id=row.message_id,
        reply=row.reply,
        emptied_at=row.emptied_at,
    )


async def load_letters(
    tx: Tx, *, states: Iterable[LetterState], limit: int = 200
) -> list[StoredLetter]:
    """Return letters in some states, the newest first."""
    query = select(LetterRow).where(LetterRow.state.in_([str(s) for s in states]))
    rows = await tx.scalars(query.order_by(LetterRow.id.desc()).limit(limit))
    return [_stored(row) for row in rows]


async def load_due(tx: Tx, now: datetime, limit: int) -> list[int]:
    """Return the ids of letters whose turn it is, the longest waiting first."""
    query = select(LetterRow.id).where(
        LetterRow.state == LetterState.WAITING, LetterRow.next_at <= now
    )
    return list(await tx.scalars(query.order_by(LetterRow.next_at, LetterRow.id).limit(limit)))


async def count_letters(tx: Tx) -> dict[LetterState, int]:
    """Return how many letters there are in each state."""
    rows = await tx.execute(select(LetterRow.state, func.count()).group_by(LetterRow.state))
    found = {LetterState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in LetterState}


async def expire(tx: Tx, now: datetime) -> None:
    """Mark letters that wait and are of no use any more."""
    late = update(LetterRow).where(
        LetterRow.state == LetterState.WAITING, LetterRow.until.is_not(None), LetterRow.until <= now
    )
    await tx.execute(late.values(state=LetterState.EXPIRED))


async def claim(tx: Tx, letter_id: int, message_id: str) -> StoredLetter | None:
    """Take a waiting letter to be sent, this try counted; None when it does not wait any more.

    Args:
        tx: the transaction.
        letter_id: which.
        message_id: what it is called if this is its first try.
    """
    row = await tx.get(LetterRow, letter_id, with_for_update=True)
    if row is None or row.state != LetterState.WAITING:
        return None
    row.state = LetterState.SENDING
    row.attempts += 1
    row.message_id = row.message_id or message_id
    await tx.flush()
    return _stored(row)


async def save_outcome(
    tx: Tx, tried: StoredLetter, state: LetterState, *, at: datetime, next_at: datetime, reply: str
) -> None:
    """Enter what became of a try; nothing when the letter has been tried again since."""
    row = await tx.get_one(LetterRow, tried.id, with_for_update=True)
    doubted = row.state in {LetterState.SENDING, LetterState.UNSURE}
    if not doubted or row.attempts != tried.attempts:
        return
    row.state, row.next_at, row.reply = state, next_at, reply[:_MAX_REPLY]
    row.sent_at = at if state is LetterState.SENT else None
    await tx.flush()


async def doubt_interrupted(tx: Tx) -> None:
    """Mark as unsure what was being sent when the process ended."""
    await tx.execute(
        update(LetterRow)
        .where(LetterRow.state == LetterState.SENDING)
        .values(state=LetterState.UNSURE)
    )


async def send_again(tx: Tx, letter_id: int, now: datetime) -> bool:
    """Let a letter wait anew that failed or is unsure; False for any other."""
    row = await tx.get(LetterRow, letter_id, with_for_update=True)
    if row is None or row.state not in {LetterState.FAILED, LetterState.UNSURE}:
        return False
    if row.emptied_at is not None:
        return False
    row.state, row.next_at, row.attempts = LetterState.WAITING, now, 0
    row.created_at, row.until = now, None
    await tx.flush()
    return True


async def empty_letters(tx: Tx, *, before: datetime, now: datetime) -> int:
    """Delete the words and files of letters that were done with before a moment; return how many.

    That there was one stays: its key, to whom, about what, what became of it, and when.
    """
    done_at = func.coalesce(LetterRow.sent_at, LetterRow.next_at)
    over = LetterRow.state.not_in([LetterState.WAITING, LetterState.SENDING])
    old = update(LetterRow).where(over, done_at < before, LetterRow.emptied_at.is_(None))
    emptied = old.values(
        text="", html="", attachments=[], calendar="", calendar_method="", emptied_at=now
    )
    done = await tx.execute(emptied.returning(LetterRow.id))
    return len(done.all())


# --- what came in ------------------------------------------------------------------------------


async def was_received(tx: Tx, key: str) -> bool:
    """Tell whether a letter was read before."""
    return await tx.get(ReceivedRow, key) is not None


async def note_received(tx: Tx, key: str, outcome: str, at: datetime) -> None:
    """Note that a letter was read, and what became of it."""
    tx.add(ReceivedRow(key=key, outcome=outcome, at=at))
    await tx.flush()


async def forget_received(tx: Tx, *, before: datetime) -> None:
    """Forget letters that were read so long ago that they are not looked at any more."""
    await tx.execute(delete(ReceivedRow).where(ReceivedRow.at < before))


async def load_mark(tx: Tx, name: str) -> Mark | None:
    """Return how far a mailbox was read, None before the first time."""
    row = await tx.get(MailboxRow, name)
    return None if row is None else Mark(row.validity, row.uid)


async def save_mark(tx: Tx, name: str, mark: Mark) -> None:
    """Note how far a mailbox was read."""
    row = await tx.get(MailboxRow, name)
    if row is None:
        tx.add(MailboxRow(name=name, validity=mark.validity, uid=mark.uid))
    else:
        row.validity, row.uid = mark.validity, mark.uid
    await tx.flush()
