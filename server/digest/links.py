"""The secret address in a letter under which one committee's digest is read. Pure.

It shows one week's digest of one committee and lets its holder say 已阅, nothing else.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta

LASTS = timedelta(days=60)
"""How long after it was issued a digest can be read by a link."""
_TOKEN = re.compile(r"([va])(\d{1,9})-(\d{4}W\d{2})-([0-9a-f]{32})\Z", re.ASCII)
_KINDS = {"v": "venue", "a": "account"}


@dataclass(frozen=True, slots=True)
class LinkName:
    """Whom a link was sent to, ``venue:12`` or ``account:5``, and the digest of which week."""

    holder: str
    week: str


def link_token(secret: bytes, name: LinkName) -> str:
    """Return the part of the address that is secret: ``v12-2026W48-`` and 32 letters.

    Args:
        secret: the installation's, so that a copied database opens no digest.
        name: whose link, to which week.
    """
    kind, _, number = name.holder.partition(":")
    told = hmac.new(secret, f"digest:{name.holder}:{name.week}".encode(), hashlib.sha256)
    return f"{kind[0]}{number}-{name.week.replace('-', '')}-{told.hexdigest()[:32]}"


def read_token(secret: bytes, token: str) -> LinkName | None:
    """Return whose link a token is; None for one that was never given."""
    found = _TOKEN.match(token)
    if found is None:
        return None
    kind, number, week, _ = found.groups()
    name = LinkName(f"{_KINDS[kind]}:{int(number)}", f"{week[:4]}-{week[4:]}")
    good = link_token(secret, name)
    return name if hmac.compare_digest(good.encode(), token.encode()) else None
