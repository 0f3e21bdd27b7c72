"""Letters that tell a department what was said of its request, once nobody takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass

from server.auth import store as accounts
from server.auth.model import Role
from server.db.engine import Tx
from server.domain.clock import Clock
from server.i18n.catalogue import say
from server.mail import service as mail
from server.mail.model import Letter
from server.mail.store import withdraw_letters
from server.scheduler import store
from server.scheduler.filing import FiledRequest

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
class Teller:
    """What letters are written with; in ``language`` to whoever has not chosen another."""

    clock: Clock
    language: str


async def tell_department(
    tx: Tx, teller: Teller, request: FiledRequest, answer: str, *, remark: str, event: int
) -> None:
    """Put a letter for each clerk of a request's department into the outbox, in their language.

    Args:
        tx: the transaction of the answer.
        teller: what letters are written with.
        request: what was answered.
        answer: one of ``ANSWERS``.
        remark: the words that go with it, possibly empty.
        event: the sequence of the answer's event, by which its letters can be withdrawn.
    """
    for account in await accounts.load_accounts(tx):
        own = account.role is Role.CLERK and account.department_id == request.filing.department_id
        if own and account.email and not account.disabled:
            key = f"{_prefix(event)}{request.number}:{account.id}"
            subject, text = _words(request, answer, remark, account.language or teller.language)
            letter = Letter(key=key, recipient=account.email, subject=subject, text=text)
            await mail.enqueue(tx, teller.clock, letter, held_back=mail.HELD_BACK)


def _words(request: FiledRequest, answer: str, remark: str, language: str) -> tuple[str, str]:
    """Return subject and text in a language."""
    subject = say(
        language,
        "event.answer.subject",
        request=request.number,
        topic=request.filing.topic,
        answer=say(language, ANSWERS[answer]),
    )
    lines = (subject, remark, say(language, "event.answer.where"))
    return subject, "\n".join(line for line in lines if line)


async def tell_departments(
    tx: Tx, teller: Teller, numbers: Sequence[str], answer: str, *, event: int, remark: str = ""
) -> None:
    """Tell the departments of several requests, given by their numbers, the same answer."""
    for number in numbers:
        request = await store.load_request(tx, int(number[1:]))
        await tell_department(tx, teller, request, answer, remark=remark, event=event)


async def untell(tx: Tx, event: int) -> bool:
    """Withdraw the letters of an answer that was taken back; tell whether none has gone out."""
    return await withdraw_letters(tx, _prefix(event))


def _prefix(event: int) -> str:
    return f"answer:{event}:"
