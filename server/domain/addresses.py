"""What an e-mail address may look like here: the plain kind, as mail servers of an office give."""

import re

from server.domain.errors import DomainError

MAX_EMAIL = 254
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"(?=[A-Za-z0-9_]){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*\Z")


def parse_email(text: str) -> str:
    """Return an e-mail address without spaces around it; an empty one stays empty.

    The form is RFC 5321 §4.1.2 without quoted names and address literals: ASCII, at most 64
    characters before the ``@`` and 254 in all, so that nothing in it can end a header's line; the
    first is a letter, a digit or ``_``, so that no spreadsheet and no program takes it for
    something else. A host without a full stop is good, since a mail server of the house may have
    such a name.

    Raises:
        DomainError: ``email_bad``.
    """
    address = text.strip()
    if not address:
        return ""
    local, _, _ = address.rpartition("@")
    if len(address) > MAX_EMAIL or len(local) > 64 or not _EMAIL.match(address):
        raise DomainError("email_bad")
    return address
