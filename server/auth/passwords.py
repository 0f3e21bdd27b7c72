"""What a password must be, and its hashing.

Argon2id at OWASP's 19 MiB, two passes, one lane: about 70 ms.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.domain.errors import DomainError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NOBODY = _HASHER.hash("no such account")
"""Checked when the account does not exist, so that both answers take the same time."""
MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 200
_GUESSED_FIRST = frozenset({"1234567890", "0123456789", "0987654321", "9876543210", "qwertyuiop"})


def check_password(password: str, again: str, name: str) -> None:
    """Refuse a new password that is too easy to guess, or typed differently the second time.

    Length is what counts (NIST SP 800-63B §3.1.1): there are no rules about kinds of characters.

    Raises:
        DomainError: ``password_short`` (least, length), ``password_long``, ``password_guessable``
            for the account's own name, fewer than four different characters or a row of keys,
            ``password_differs``.
    """
    if len(password) < MINIMUM_LENGTH:
        raise DomainError("password_short", least=MINIMUM_LENGTH, length=len(password))
    if len(password) > MAXIMUM_LENGTH:
        raise DomainError("password_long", most=MAXIMUM_LENGTH)
    lower = password.lower()
    if (name and lower == name.lower()) or len(set(lower)) < 4 or lower in _GUESSED_FIRST:
        raise DomainError("password_guessable")
    if password != again:
        raise DomainError("password_differs")


def hash_password(password: str) -> str:
    """Return a new salted hash of the password. Takes about 70 ms: call it in a thread."""
    return _HASHER.hash(password)


def password_matches(stored: str, password: str) -> bool:
    """Tell whether the password is the hashed one; False for a damaged hash. About 70 ms."""
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
