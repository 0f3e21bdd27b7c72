"""The lite side of ICE (RFC 8445 §2.5): answer authenticated checks, follow the nominated path.

It never sends a check of its own. Whoever does not know the password gets no answer.
"""

import struct
from dataclasses import dataclass, field

from aioice import stun

Address = tuple[str, int]
Path = tuple[int, tuple[str | int, ...]]
"""Index of the local socket, and the remote address as the socket names it."""

CONSENT_SECONDS = 15.0
"""A peer that has been silent for so long is gone (RFC 7675 §5.1 says 30, a meeting is quicker)."""

_MOST_PATHS = 8


@dataclass(frozen=True, slots=True)
class Check:
    """A binding request: whom it is for, and whether it nominates its path."""

    ufrag: str
    nominates: bool
    message: stun.Message


def parse_check(data: bytes) -> Check | None:
    """Return the connectivity check in a STUN datagram, None for anything else; never raises.

    aioice 0.13 raises ``struct.error`` besides ``ValueError`` for some malformed attributes.
    """
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error, IndexError):
        return None
    if (
        message.message_method != stun.Method.BINDING
        or message.message_class != stun.Class.REQUEST
        or "MESSAGE-INTEGRITY" not in message.attributes
    ):
        return None
    ufrag, colon, _ = message.attributes.get("USERNAME", "").partition(":")
    if not colon:
        return None
    return Check(ufrag, "USE-CANDIDATE" in message.attributes, message)


def answer_check(check: Check, password: str, source: Address) -> bytes | None:
    """Return the success response for a check from ``source``, None when it is not authentic."""
    key = password.encode("ascii")
    if not check.message.check_message_integrity(key):
        return None
    response = stun.Message(
        stun.Method.BINDING,
        stun.Class.RESPONSE,
        check.message.transaction_id,
        {"XOR-MAPPED-ADDRESS": source},
    )
    response.add_message_integrity(key)
    return bytes(response)


@dataclass(slots=True)
class Paths:
    """The paths over which one peer has proved to know the password, and the one in use.

    At most eight are believed; with a ninth the oldest that is not in use is forgotten.
    """

    believed: dict[Path, None] = field(default_factory=dict)
    chosen: Path | None = None

    def note_check(self, path: Path, *, nominates: bool) -> list[Path]:
        """Take in an authenticated check; return the paths that are not believed any more.

        The first path is used until one is nominated (RFC 8445 §8.2), so that media flow early.
        """
        self.believed.pop(path, None)
        self.believed[path] = None
        if nominates or self.chosen is None:
            self.chosen = path
        forgotten = [old for old in self.believed if old != self.chosen]
        forgotten = forgotten[: max(0, len(self.believed) - _MOST_PATHS)]
        for old in forgotten:
            del self.believed[old]
        return forgotten
