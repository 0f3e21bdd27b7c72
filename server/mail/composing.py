"""From a stored letter to the bytes that go over the line (RFC 5322, MIME; RFC 6047 for iTIP)."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from server.mail.model import Letter


def compose(
    letter: Letter, *, message_id: str, sender: str, sender_name: str, written_at: datetime
) -> bytes:
    """Return a letter as a message in 7-bit ASCII with CRLF at line ends.

    The text comes first, then the same in HTML, then an iTIP message where there is one, all three
    as alternatives (RFC 6047 §2.4); files follow. ``Auto-Submitted`` keeps holiday answers away
    (RFC 3834). The same letter is the same bytes but for the boundaries of its parts.

    Args:
        letter: what is sent.
        message_id: with its angle brackets.
        sender: the address it comes from.
        sender_name: who that is, in words; may be empty.
        written_at: aware; the date of the letter.
    """
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = Address(sender_name, addr_spec=sender)
    message["To"] = Address(addr_spec=letter.recipient)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = written_at
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8", cte="base64")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="base64")
    if letter.calendar is not None:
        message.add_alternative(
            letter.calendar.content,
            subtype="calendar",
            charset="utf-8",
            cte="base64",
            params={"method": letter.calendar.method},
        )
    for file in letter.attachments:
        kind, _, subtype = file.content_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return message.as_bytes()
