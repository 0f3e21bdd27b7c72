"""Letters that tell a department what was said of its request, once nobody takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.auth import store as accounts
from server.auth.model import Role
from server.db.engine import Tx
from server.domain.clock import Clock
from server.i18n.catalogue import DEFAULT, say
from server.mail import service as mail
from server.mail.model import Letter
from server.mail.store import withdraw_letters
from server.scheduler import store
from server.scheduler.filing import FiledRequest

HELD_BACK = timedelta(seconds=10)
"""As long as a page shows its undo; a letter that has not gone out is then withdrawn with it."""
ANSWERS = {
    "ride": "event.answer.ride",
    "grant": "event.answer.grant",
    "digest": "event.answer.digest",
    "refuse": "event.answer.refuse",
    "returned": "event.answer.returned",
    "signed": "event.answer.signed",
    "unsigned": "event.answer.unsigned",
    "undone": "event.answer.undone",
}
"""The catalogue's key for each answer."""


@dataclass(frozen=True, slots=True)
class _Later:
    """A clock that is ahead by as long as letters are held back."""

    clock: Clock

    def now(self) -> datetime:
        """Return when a letter of now may go out."""
        return self.clock.now() + HELD_BACK

    def monotonic(self) -> float:
        """Return the seconds of the real clock."""
        return self.clock.monotonic()


async def tell_department(
    tx: Tx, clock: Clock, request: FiledRequest, answer: str, *, remark: str, event: int
) -> None:
    """Put a letter for each clerk of a request's department into the outbox.

    Args:
        tx: the transaction of the answer.
        clock: the time.
        request: what was answered.
        answer: one of ``ANSWERS``.
        remark: the words that go with it, possibly empty.
        event: the sequence of the answer's event, by which its letters can be withdrawn.
    """
    said = say(DEFAULT, ANSWERS[answer])
    subject = f"{request.number}「{request.filing.topic}」{said}"
    text = "\n".join(line for line in (subject, remark, say(DEFAULT, "event.answer.where")) if line)
    for account in await accounts.load_accounts(tx):
        own = account.role is Role.CLERK and account.department_id == request.filing.department_id
        if own and account.email and not account.disabled:
            key = f"{_prefix(event)}{request.number}:{account.id}"
            letter = Letter(key=key, recipient=account.email, subject=subject, text=text)
            await mail.enqueue(tx, _Later(clock), letter)


async def tell_departments(
    tx: Tx, clock: Clock, numbers: Sequence[str], answer: str, *, event: int, remark: str = ""
) -> None:
    """Tell the departments of several requests, given by their numbers, the same answer."""
    for number in numbers:
        request = await store.load_request(tx, int(number[1:]))
        await tell_department(tx, clock, request, answer, remark=remark, event=event)


async def untell(tx: Tx, event: int) -> bool:
    """Withdraw the letters of an answer that was taken back; tell whether none has gone out."""
    return await withdraw_letters(tx, _prefix(event))


def _prefix(event: int) -> str:
    return f"answer:{event}:"
