"""A real SMTP server for tests: takes letters, refuses some, or breaks the line, as it is told."""

import asyncio
import queue
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from server.mail.model import MailServer
from tests.patience import PATIENCE_S


@dataclass
class Inbox:
    """What the server took; ``refuse`` maps a recipient to the answer it gets instead.

    Attributes:
        taken: the letters with their recipients in the order they came.
        refuse: recipient → SMTP answer.
        breaks: hang up when a letter's text has come, without an answer.
    """

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    breaks: bool = False
    users: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - the library looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the library looks for this name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.rcpt_tos[0], message))
        if self.breaks:
            assert server.transport is not None
            server.transport.abort()
        return "250 taken"


@asynccontextmanager
async def smtp_server(
    inbox: Inbox,
    *,
    security: str = "none",
    context: ssl.SSLContext | None = None,
    authority: str = "",
    password: str = "",
) -> AsyncIterator[MailServer]:
    """Serve SMTP on a free port for the length of the block; yields how to reach it."""

    def judge(
        _server: object, _session: object, _envelope: object, _how: str, told: LoginPassword
    ) -> AuthResult:
        inbox.users.append(told.login.decode())
        return AuthResult(success=told.password.decode() == password, handled=False)

    def make() -> SMTP:
        with warnings.catch_warnings():
            # it does not know that the line may be protected before it begins to speak
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            return SMTP(
                inbox,
                hostname="mail.test",
                tls_context=context if security == "starttls" else None,
                require_starttls=security == "starttls",
                authenticator=judge if password else None,
                auth_required=bool(password),
                auth_require_tls=security == "starttls",
            )

    listening = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", 0, ssl=context if security == "tls" else None
    )
    async with listening:
        yield MailServer(
            host="127.0.0.1",
            port=listening.sockets[0].getsockname()[1],
            security=security,
            user="pinhui" if password else "",
            password=password,
            sender="pinhui@street.test",
            authority=authority,
        )


@contextmanager
def smtp_thread(inbox: Inbox) -> Iterator[MailServer]:
    """Serve SMTP in a thread of its own, for callers that wait without an event loop."""
    started: queue.Queue[tuple[MailServer, asyncio.AbstractEventLoop, asyncio.Event]]
    started = queue.Queue()

    async def serve() -> None:
        stopped = asyncio.Event()
        async with smtp_server(inbox) as server:
            started.put((server, asyncio.get_running_loop(), stopped))
            await stopped.wait()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    server, loop, stopped = started.get(timeout=PATIENCE_S)
    yield server
    loop.call_soon_threadsafe(stopped.set)
    thread.join(10)
