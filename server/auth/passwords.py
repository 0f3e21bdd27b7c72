"""Password hashing: Argon2id at OWASP's 19 MiB, two passes, one lane (about 70 ms)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NOBODY = _HASHER.hash("no such account")
"""Checked when the account does not exist, so that both answers take the same time."""
MINIMUM_LENGTH = 10


def hash_password(password: str) -> str:
    """Return a new salted hash of the password. Takes about 70 ms: call it in a thread."""
    return _HASHER.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Tell whether the password is the hashed one; False for a damaged hash. About 70 ms."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
