"""What a letter is, where it stands, and by which server it goes out. Values and their rules."""

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from server.domain.addresses import parse_email

GIVE_UP = timedelta(days=4)
"""How long a letter is tried again; RFC 5321 §4.5.4.1 asks for four to five days."""
_WAITS_MIN = (1, 2, 5, 15, 30, 60, 120)
PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How the line is protected → the usual port of the server."""
MAILBOX_PORTS = {"tls": 993, "starttls": 143, "none": 143}
"""The same of the server that keeps a mailbox."""


class LetterState(StrEnum):
    """Where a letter stands.

    ``WAITING`` for its turn or the next try, ``SENDING`` while the server is told, ``SENT``.
    ``FAILED``: refused for good, or tried too long. ``UNSURE``: the line broke when the server
    may have taken it; only a person sends it again. ``EXPIRED``: of no use any more.
    """

    WAITING = "WAITING"
    SENDING = "SENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    UNSURE = "UNSURE"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a letter; ``content_type`` as in ``application/pdf``."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An iTIP message (RFC 5546): ``method`` as in ``REQUEST``, ``content`` the iCalendar text."""

    method: str
    content: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to be sent once.

    ``key`` names what it is about, for example ``digest:2026-W48:committee-3``: a second one with
    the same key is not entered. ``until`` is when it is of no use any more, None for never.
    """

    key: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    calendar: CalendarPart | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as it stands in the outbox; ``reply`` is what the mail server said last.

    ``emptied_at`` is when its words and files were deleted, None while they are kept.
    """

    id: int
    letter: Letter
    state: LetterState
    attempts: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    message_id: str
    reply: str
    emptied_at: datetime | None = None


class Result(StrEnum):
    """What became of one try: taken, to be tried again, refused for good, or nobody knows."""

    TAKEN = "TAKEN"
    LATER = "LATER"
    REFUSED = "REFUSED"
    UNSURE = "UNSURE"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one try, and the mail server's own words."""

    result: Result
    reply: str = ""


@dataclass(frozen=True, slots=True)
class MailServer:
    """The SMTP server that takes our letters.

    Attributes:
        host: its name or address.
        port: TCP port.
        security: ``starttls``, ``tls`` from the first byte, or ``none``.
        user: who signs in; empty for nobody.
        password: with what.
        sender: the address letters come from, and calendars' answers go to.
        authority: PEM file of the CA that the server's certificate must be of; empty means those
            the system trusts.
    """

    host: str
    port: int
    security: str
    user: str
    password: str
    sender: str
    authority: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port}, {self.security}, {self.sender})"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The folder of an IMAP server to which answers come; all words as in ``MailServer``."""

    host: str
    port: int
    security: str
    user: str
    password: str
    folder: str = "INBOX"
    authority: str = ""

    def __repr__(self) -> str:
        return f"Mailbox({self.name}, {self.security})"

    @property
    def name(self) -> str:
        """What it is known by, whatever the password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a mailbox was read: the last UID, and the numbering (UIDVALIDITY) it belongs to."""

    validity: int
    uid: int


def check_mailbox(mailbox: Mailbox) -> Mailbox:
    """Return a mailbox whose words can be meant.

    Raises:
        ValueError: for a kind of security there is not, nobody to sign in, or a folder with
            other than ASCII characters.
    """
    if mailbox.security not in MAILBOX_PORTS:
        kinds = ", ".join(MAILBOX_PORTS)
        raise ValueError(f"imap_security is one of {kinds}, not {mailbox.security!r}")
    if not mailbox.user:
        raise ValueError("imap_user is missing: who signs in to the mailbox")
    if not mailbox.folder.isascii() or not mailbox.folder.isprintable() or not mailbox.folder:
        raise ValueError(f"imap_folder is a name in ASCII, not {mailbox.folder!r}")
    return mailbox


def check_server(server: MailServer) -> MailServer:
    """Return a server whose words can be meant.

    Raises:
        ValueError: for a kind of security there is not.
        DomainError: ``email_bad`` for the sender's address.
    """
    if server.security not in PORTS:
        raise ValueError(f"mail_security is one of {', '.join(PORTS)}, not {server.security!r}")
    if not parse_email(server.sender):
        raise ValueError("mail_from is missing: the address that letters come from")
    return server


def tls_context(server: MailServer) -> ssl.SSLContext:
    """Return what the server's certificate is checked with.

    Raises:
        OSError: when the CA's file cannot be read.
    """
    return context_of(server.authority)


def context_of(authority: str) -> ssl.SSLContext:
    """Return what a certificate is checked with: a CA's PEM file, or those the system trusts.

    Raises:
        OSError: when the file cannot be read.
    """
    return ssl.create_default_context(cafile=authority or None)


def wait_after(attempts: int) -> timedelta:
    """Return how long to wait after so many tries: 1 minute after the first, at most 2 hours."""
    return timedelta(minutes=_WAITS_MIN[min(max(attempts, 1), len(_WAITS_MIN)) - 1])


def settle(stored: StoredLetter, outcome: Outcome, now: datetime) -> tuple[LetterState, datetime]:
    """Return the state after a try, and when to try again.

    Args:
        stored: the letter, this try counted already.
        outcome: what became of it.
        now: aware.
    """
    if outcome.result is Result.TAKEN:
        return LetterState.SENT, now
    if outcome.result is Result.UNSURE:
        return LetterState.UNSURE, now
    if outcome.result is Result.REFUSED or now - stored.created_at >= GIVE_UP:
        return LetterState.FAILED, now
    return LetterState.WAITING, now + wait_after(stored.attempts)
