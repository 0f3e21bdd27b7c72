"""Tells an IMAP server to hand over the letters of a folder (RFC 9051; RFC 3501 before it).

Nothing there is changed: letters stay as they are, unread ones unread. Everything here waits for
the line, so it runs in a thread; ``imaplib`` is Python's own.
"""

import imaplib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date

from server.mail.model import Mailbox, Mark, context_of

TIMEOUT_SECONDS = 30
MOST_LETTERS = 20
"""Letters that are taken at once; the rest follows."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})")
_AWAY = (OSError, imaplib.IMAP4.error, UnicodeError, ValueError)


class MailboxAwayError(Exception):
    """The mailbox cannot be reached, or does not let us in; its words or the system's."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A letter as it lies in the folder; ``content`` is empty when it is too large to be read."""

    uid: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Haul:
    """What one look brought, by UID; ``mark`` is how far it got, ``more`` that there is more."""

    letters: tuple[Incoming, ...]
    mark: Mark
    more: bool


@contextmanager
def signed_in(mailbox: Mailbox, *, timeout: float = TIMEOUT_SECONDS) -> Iterator[imaplib.IMAP4]:
    """Open a line to the mailbox's folder for the length of the block, protected and signed in.

    Raises:
        MailboxAwayError: when that fails, or the line breaks inside the block.
    """
    try:
        client = _connect(mailbox, timeout)
        try:
            _sign_in(client, mailbox)
            _told(client.select(_quoted(mailbox.folder), readonly=True))
            yield client
        finally:
            _hang_up(client)
    except _AWAY as error:
        raise MailboxAwayError(_words(error)) from error


def _hang_up(client: imaplib.IMAP4) -> None:
    try:
        client.logout()
    except _AWAY:
        # the library leaves the line open when the server does not say good-bye
        with suppress(*_AWAY):
            client.shutdown()


def _connect(mailbox: Mailbox, timeout: float) -> imaplib.IMAP4:
    if mailbox.security == "tls":
        return imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=context_of(mailbox.authority), timeout=timeout
        )
    client = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=timeout)
    if mailbox.security == "starttls":
        try:
            client.starttls(context_of(mailbox.authority))
        except _AWAY:
            _hang_up(client)
            raise
    return client


def _sign_in(client: imaplib.IMAP4, mailbox: Mailbox) -> None:
    """Sign in, in UTF-8 where the server can, and say who we are where it wants to know.

    Some servers close the folder to a program that has not named itself (RFC 2971).
    """
    if "AUTH=PLAIN" in client.capabilities:
        proof = f"\0{mailbox.user}\0{mailbox.password}".encode()
        client.authenticate("PLAIN", lambda _: proof)
    else:
        client.login(_quoted(mailbox.user), mailbox.password)
    if "ID" in client.capabilities:
        client.xatom("ID", '("name" "pinhui")')


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _told(answer: tuple[str, Sequence[object]]) -> Sequence[object]:
    """Return what the server said.

    Raises:
        imaplib.IMAP4.error: when it was not OK.
    """
    kind, said = answer
    if kind != "OK":
        words = said[0] if said else b""
        raise imaplib.IMAP4.error(words if isinstance(words, bytes) else str(words))
    return said


def _words(error: BaseException) -> str:
    found = error.args[0] if error.args else ""
    if isinstance(found, bytes):
        return found.decode("utf-8", "replace")
    return str(error) or type(error).__name__


def collect(mailbox: Mailbox, mark: Mark | None, *, since: date, most_bytes: int) -> Haul:
    """Return the letters that came after a mark, at most ``MOST_LETTERS``, in order of UID.

    Args:
        mailbox: where to look.
        mark: how far was read before; None, or one of another numbering, for the beginning.
        since: letters of before that day are not looked at.
        most_bytes: larger letters come without their content.

    Raises:
        MailboxAwayError: when it cannot be reached, or the line breaks.
    """
    with signed_in(mailbox) as client:
        validity = _number(client.response("UIDVALIDITY")[1])
        last = mark.uid if mark is not None and mark.validity == validity else 0
        uids = _uids_after(client, last, since)
        taken = [Incoming(uid, _content(client, uid, most_bytes)) for uid in uids[:MOST_LETTERS]]
        reached = taken[-1].uid if taken else last
        return Haul(tuple(taken), Mark(validity, reached), more=len(uids) > MOST_LETTERS)


def _number(found: Sequence[object]) -> int:
    """Return the number that a folder's UIDs belong to; 0 from a server that tells none."""
    text = found[0] if found else None
    return int(text) if isinstance(text, bytes) and text.isdigit() else 0


def _uids_after(client: imaplib.IMAP4, last: int, since: date) -> list[int]:
    """Return the UIDs above the last one; ``n:*`` always has the highest, even below n."""
    day = f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}"
    said = _told(client.uid("SEARCH", f"UID {last + 1}:* SINCE {day}"))
    words = said[0].split() if said and isinstance(said[0], bytes) else []
    return sorted(uid for word in words if word.isdigit() and (uid := int(word)) > last)


def _content(client: imaplib.IMAP4, uid: int, most_bytes: int) -> bytes:
    """Return a letter; empty when it is too large, or is gone meanwhile."""
    said = _told(client.uid("FETCH", str(uid), "(RFC822.SIZE)"))
    size = _SIZE.search(said[0]) if said and isinstance(said[0], bytes) else None
    if size is None or int(size[1]) > most_bytes:
        return b""
    parts = _told(client.uid("FETCH", str(uid), "(BODY.PEEK[])"))
    found = next((p[1] for p in parts if isinstance(p, tuple) and isinstance(p[1], bytes)), b"")
    return found if len(found) <= most_bytes else b""
