"""Venue tokens: what a venue's link carries instead of an account, and the token of the set-up.

A token is derived, not stored: HMAC of the installation's secret over purpose, venue and version.
The link sheet can be printed again at any time, and a copied database opens no door.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def _derived(secret: bytes, message: str) -> str:
    digest = hmac.new(secret, message.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:26]


def setup_token(secret: bytes) -> str:
    """Return the token of the link that leads through the set-up: 26 characters, as a venue's.

    The same at every start, so that a set-up left half way goes on; whoever serves it refuses it
    once there is an account.
    """
    return _derived(secret, "setup")


def is_former_token(secret: bytes, versions: Mapping[int, int], token: str) -> bool:
    """Tell whether a token was a venue's before its link was renewed.

    Args:
        secret: the installation's secret.
        versions: venue id → version in force.
        token: from the link that was opened.
    """
    return any(
        hmac.compare_digest(venue_token(secret, venue_id, old).encode(), token.encode())
        for venue_id, version in versions.items()
        for old in range(1, version)
    )


def venue_token(secret: bytes, venue_id: int, version: int, purpose: str = "join") -> str:
    """Return the token of a venue: 26 characters of a-z and 2-7 (130 bits).

    Args:
        secret: the installation's secret.
        venue_id: the venue's id.
        version: raised to revoke the former token.
        purpose: ``join`` for the venue's link, ``ics`` for its calendar.
    """
    return _derived(secret, f"venue:{purpose}:{venue_id}:{version}")


def token_digest(token: str) -> str:
    """Return what the store keeps to find the venue of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
