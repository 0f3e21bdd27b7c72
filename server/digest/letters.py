"""What is written to committees: the digest, and once a reminder of what nobody has read."""

from dataclasses import dataclass
from datetime import timedelta

from server.digest.links import LinkName, link_token
from server.digest.model import DigestCopy, WeeklyDigest, copy_for
from server.digest.recipients import Recipient
from server.mail.model import Letter
from server.pages.letters import render_letter
from server.pages.render import Renderer

OF_USE = timedelta(days=7)
"""How long after it was issued a letter with it is still worth sending."""


@dataclass(frozen=True, slots=True)
class Pen:
    """What letters are written with; ``address`` is that of our pages, as people open them."""

    renderer: Renderer
    secret: bytes
    address: str
    street: str
    phone: str


def digest_letter(pen: Pen, digest: WeeklyDigest, recipient: Recipient) -> Letter | None:
    """Return the letter with a committee's digest; None when there is nothing to tell it."""
    copy = copy_for(digest, recipient.committee_id)
    if copy.is_empty:
        return None
    return _letter(pen, digest, copy, recipient, prefix=f"digest:{digest.week}:")


def reminder_prefix(week: str) -> str:
    """Return how the keys of a digest's reminders begin."""
    return f"digest-reminder:{week}:"


def reminder_letter(
    pen: Pen, digest: WeeklyDigest, recipient: Recipient, missing: tuple[int, ...]
) -> Letter:
    """Return the letter that reminds of the entries that nobody of a committee has read."""
    copy = copy_for(digest, recipient.committee_id)
    prefix = reminder_prefix(digest.week)
    return _letter(pen, digest, copy, recipient, prefix=prefix, missing=missing)


def _letter(
    pen: Pen,
    digest: WeeklyDigest,
    copy: DigestCopy,
    recipient: Recipient,
    *,
    prefix: str,
    missing: tuple[int, ...] = (),
) -> Letter:
    token = link_token(pen.secret, LinkName(recipient.holder, digest.week))
    values = {
        "street": pen.street,
        "phone": pen.phone,
        "copy": copy,
        "name": recipient.name,
        "missing": missing,
        "address": f"{pen.address}/d/{token}",
    }
    words = render_letter(pen.renderer, "digest/letter.html", recipient.language, values)
    return Letter(
        key=f"{prefix}{recipient.holder}",
        recipient=recipient.email,
        subject=words.subject,
        text=words.text,
        html=words.html,
        until=digest.issued_at + OF_USE,
    )
