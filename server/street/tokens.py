"""Venue tokens: what a venue's link carries instead of an account.

A token is derived, not stored: HMAC of the installation's secret over purpose, venue and version.
The link sheet can be printed again at any time, and a copied database opens no door.
"""

import base64
import hashlib
import hmac


def venue_token(secret: bytes, venue_id: int, version: int, purpose: str = "join") -> str:
    """Return the token of a venue: 26 characters of a-z and 2-7 (130 bits).

    Args:
        secret: the installation's secret.
        venue_id: the venue's id.
        version: raised to revoke the former token.
        purpose: ``join`` for the venue's link, ``ics`` for its calendar.
    """
    message = f"venue:{purpose}:{venue_id}:{version}".encode()
    digest = hmac.new(secret, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:26]


def token_digest(token: str) -> str:
    """Return what the store keeps to find the venue of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
