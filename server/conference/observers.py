"""Observers (旁听): a secret link per session, made and revoked by the office. Only counted.

A link is derived, not stored: HMAC of the installation's secret over session and serial. Which
serial is in force is folded from the audit log.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from server.conference.model import ConferenceState, Step
from server.domain.errors import DomainError
from server.domain.events import EventKind, Payload, Recorded

MOST_OBSERVERS = 20
"""How many may come in at once: each costs the server what a branch venue does."""
LINK_KINDS = (EventKind.OBSERVER_LINK_MADE, EventKind.OBSERVER_LINK_REVOKED)
_FORM = re.compile(r"([0-9]{1,9})-([0-9]{1,6})-([a-z2-7]{26})\Z")


def observer_token(secret: bytes, session_id: int, serial: int) -> str:
    """Return what the link of a session carries: session, serial, and 130 bits nobody can guess."""
    message = f"observer:{session_id}:{serial}".encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return f"{session_id}-{serial}-{base64.b32encode(digest).decode().lower()[:26]}"


def read_token(secret: bytes, token: str) -> tuple[int, int] | None:
    """Return session and serial of a token that we made, None for any other text."""
    found = _FORM.match(token)
    if found is None:
        return None
    session_id, serial = int(found[1]), int(found[2])
    right = observer_token(secret, session_id, serial)
    return (session_id, serial) if hmac.compare_digest(right, token) else None


def link_in_force(events: Iterable[Recorded]) -> int:
    """Return the serial of the link that opens a session now, 0 for none.

    Args:
        events: those of one session in order; other kinds than ``LINK_KINDS`` change nothing.
    """
    serial = 0
    for event in events:
        if event.kind == EventKind.OBSERVER_LINK_MADE:
            serial = event.payload["serial"]
        elif event.kind == EventKind.OBSERVER_LINK_REVOKED:
            serial = 0
    return serial


def check_door(state: ConferenceState, others: int, *, has_been_in: bool) -> None:
    """Let one more observer in beside these, or not; a lock keeps out whoever was not in before.

    Raises:
        DomainError: ``session_locked`` or ``observers_full``.
    """
    if state.locked and not has_been_in:
        raise DomainError("session_locked")
    if others >= MOST_OBSERVERS:
        raise DomainError("observers_full", most=MOST_OBSERVERS)


def _came(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, observers=state.observers | {payload["peer"]})


def _left(state: ConferenceState, payload: Payload, _at: datetime) -> ConferenceState:
    return replace(state, observers=state.observers - {payload["peer"]})


STEPS: dict[str, Step] = {
    EventKind.OBSERVER_CAME: _came,
    EventKind.OBSERVER_LEFT: _left,
}
