"""The chain: what an entry is made of, and how it is sealed to the one before it.

Pure: salts come in as an argument, storing is left to ``store``, and finding what does not fit to
``checking``. The rule is docs/audit-format.md.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any

from server.audit import canonical
from server.domain.events import EventKind, Payload, parse_time

VERSION = 1
GENESIS = "0" * 64
"""The hash that the first event names as the one before it."""
EVENT_PREFIX = b"pinhui-audit/1 event\n"
BODY_PREFIX = b"pinhui-audit/1 body\n"
ALGORITHMS = ("sha256", "sm3")
SALT_BYTES = 16

_KIND = re.compile(r"[a-z]+\.[a-z_]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with its place in the chain; the fields are those of docs/audit-format.md.

    ``actor``, ``data`` and ``salt`` are the body: all three are None once it has been erased.
    Digests are 64, salts 32 lower-case hexadecimal digits.
    """

    version: int
    sequence: int
    at: str
    kind: str
    session: int | None
    algorithm: str
    previous: str
    body: str
    hash: str
    actor: str | None
    data: Payload | None
    salt: str | None

    @property
    def is_erased(self) -> bool:
        """Whether the body is gone and only its digest is left."""
        return self.actor is None and self.data is None and self.salt is None


def digest(algorithm: str, *parts: bytes) -> str:
    """Return the hexadecimal digest of the parts one after the other.

    Raises:
        ValueError: when the algorithm is not one of ``ALGORITHMS``.
    """
    if algorithm not in ALGORITHMS:
        raise ValueError(f"no such algorithm: {algorithm}")
    made = hashlib.new(algorithm)
    for part in parts:
        made.update(part)
    return made.hexdigest()


def body_digest(algorithm: str, *, actor: str, data: Payload, salt: str) -> str:
    """Return the digest under which an event's body is chained.

    Raises:
        CanonicalError: when the payload has no canonical form.
    """
    body = {"actor": actor, "data": data, "salt": salt}
    canonical.check(body)
    return digest(algorithm, BODY_PREFIX, canonical.render(body))


def event_hash(entry: Entry) -> str:
    """Return the hash that a well-formed entry must carry; its own ``hash`` is not looked at."""
    # canonical JSON, since nothing in a well-formed entry need be escaped
    session = "null" if entry.session is None else entry.session
    text = (
        f'{{"algorithm":"{entry.algorithm}","at":"{entry.at}","body":"{entry.body}",'
        f'"kind":"{entry.kind}","previous":"{entry.previous}","sequence":{entry.sequence},'
        f'"session":{session},"version":{entry.version}}}'
    )
    return digest(entry.algorithm, EVENT_PREFIX, text.encode())


def seal(
    previous: Entry | tuple[int, str] | None,
    *,
    at: str,
    kind: str,
    session: int | None,
    actor: str,
    data: Payload,
    salt: str,
    algorithm: str = "sha256",
) -> Entry:
    """Return the entry that follows ``previous`` (an entry, its sequence and hash, or None).

    Raises:
        ValueError: when a field breaks docs/audit-format.md.
    """
    if isinstance(previous, Entry):
        previous = (previous.sequence, previous.hash)
    sequence, before = previous or (0, GENESIS)
    unsealed = Entry(
        version=VERSION,
        sequence=sequence + 1,
        at=at,
        kind=kind,
        session=session,
        algorithm=algorithm,
        previous=before,
        body=body_digest(algorithm, actor=actor, data=data, salt=salt),
        hash="",
        actor=actor,
        data=data,
        salt=salt,
    )
    sealed = replace(unsealed, hash=event_hash(unsealed))
    if not is_well_formed(sealed):
        raise ValueError(f"not an event that can be chained: {kind} at {at}")
    return sealed


def erase(entry: Entry) -> Entry:
    """Return the tombstone of ``entry``: the body is gone, the chain holds.

    Raises:
        ValueError: for an ``audit.erased`` event, which gives account of erasures.
    """
    if entry.kind == EventKind.AUDIT_ERASED:
        raise ValueError("the account of an erasure cannot be erased")
    return replace(entry, actor=None, data=None, salt=None)


def is_well_formed(entry: Entry) -> bool:
    """Tell whether every field has the form of docs/audit-format.md, whatever the hashes say."""
    return (
        is_number(entry.version, 1, VERSION)
        and is_number(entry.sequence, 1, canonical.LARGEST)
        and _is_moment(entry.at)
        and _matches(_KIND, entry.kind)
        and (entry.session is None or is_number(entry.session, 0, canonical.LARGEST))
        and entry.algorithm in ALGORITHMS
        and all(_matches(_DIGEST, text) for text in (entry.previous, entry.body, entry.hash))
        and _is_body(entry)
    )


def _is_body(entry: Entry) -> bool:
    if entry.is_erased:
        return True
    if not isinstance(entry.actor, str) or not isinstance(entry.data, dict):
        return False
    try:
        canonical.check({"actor": entry.actor, "data": entry.data})
    except canonical.CanonicalError:
        return False
    return _matches(_SALT, entry.salt)


def is_number(value: Any, least: int, most: int) -> bool:
    """Tell whether a value is a whole number within bounds; truth values are not."""
    return type(value) is int and least <= value <= most


def _is_moment(text: Any) -> bool:
    try:
        parse_time(text)
    except (TypeError, ValueError):
        return False
    return True


def _matches(pattern: re.Pattern[str], text: Any) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None
