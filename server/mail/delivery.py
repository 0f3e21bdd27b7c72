"""Tells the mail server a letter (RFC 5321), and says what became of it in one of four words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiosmtplib

from server.mail.model import MailServer, Outcome, Result, tls_context

TIMEOUT_SECONDS = 30
_PERMANENT = 500
_AWAY = (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError, ValueError)


class MailServerAwayError(Exception):
    """The mail server cannot be reached, or does not let us in; its words or the system's."""


@asynccontextmanager
async def connected(server: MailServer) -> AsyncIterator[aiosmtplib.SMTP]:
    """Open a line to the mail server for the length of the block, protected and signed in.

    Raises:
        MailServerAwayError: when that fails; nothing has been sent then.
    """
    try:
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            # else the library asks the name server, which a closed network may not have
            local_hostname=server.sender.rpartition("@")[2],
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=tls_context(server) if server.security != "none" else None,
            timeout=TIMEOUT_SECONDS,
        )
        await client.connect()
        if server.user:
            await client.login(server.user, server.password)
    except _AWAY as error:
        raise MailServerAwayError(_words(error)) from error
    try:
        yield client
    finally:
        await _hang_up(client)


async def _hang_up(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit()
    except _AWAY:
        client.close()


def _words(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__


async def send(client: aiosmtplib.SMTP, *, sender: str, recipient: str, content: bytes) -> Outcome:
    """Tell the server one letter and return what became of it.

    Until the text is told, a broken line means that nothing was sent. Once it is being told, only
    the server's own answer tells (RFC 5321 §4.5.3.2.6): without one the outcome is unsure. A
    server that refuses our own address is set up wrongly, which is no fault of the letter.
    """
    try:
        await client.mail(sender, encoding="ascii")
    except _AWAY as error:
        await _start_anew(client)
        return Outcome(Result.LATER, _words(error))
    try:
        await client.rcpt(recipient, encoding="ascii")
    except _AWAY as error:
        return await _refused(client, error)
    try:
        _, reply = await client.data(content)
    except aiosmtplib.SMTPDataError as error:
        return await _refused(client, error)
    except _AWAY as error:
        return Outcome(Result.UNSURE, _words(error))
    return Outcome(Result.TAKEN, reply)


async def _refused(client: aiosmtplib.SMTP, error: BaseException) -> Outcome:
    permanent = isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= _PERMANENT
    await _start_anew(client)
    return Outcome(Result.REFUSED if permanent else Result.LATER, _words(error))


async def _start_anew(client: aiosmtplib.SMTP) -> None:
    if client.is_connected:
        try:
            await client.rset()
        except _AWAY:
            client.close()
