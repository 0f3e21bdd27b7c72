"""The chain: seals an event to the one before it, and finds the first that does not fit.

Pure: salts come in as an argument, storing is left to ``store``. ``verify.py`` does the same work
again with nothing of ours; tests hold the two together. The rule is docs/audit-format.md.
"""

import hashlib
import re
from collections.abc import Iterable
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


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in a chain: at which sequence, and a stable code.

    Codes: ``malformed``, ``missing`` (the sequence named is not there), ``out_of_order``,
    ``broken_link``, ``body_changed``, ``hash_wrong``, ``erased_without_account``,
    ``head_not_found``.
    """

    sequence: int
    code: str


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
    body = canonical.encode({"actor": actor, "data": data, "salt": salt})
    return digest(algorithm, BODY_PREFIX, body)


def event_hash(entry: Entry) -> str:
    """Return the hash that ``entry`` must carry; its own ``hash`` is not looked at."""
    fields = {
        "algorithm": entry.algorithm,
        "at": entry.at,
        "body": entry.body,
        "kind": entry.kind,
        "previous": entry.previous,
        "sequence": entry.sequence,
        "session": entry.session,
        "version": entry.version,
    }
    return digest(entry.algorithm, EVENT_PREFIX, canonical.encode(fields))


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
        _is_number(entry.version, 1, VERSION)
        and _is_number(entry.sequence, 1, canonical.LARGEST)
        and _is_moment(entry.at)
        and _matches(_KIND, entry.kind)
        and (entry.session is None or _is_number(entry.session, 0, canonical.LARGEST))
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


def _is_number(value: Any, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _is_moment(text: Any) -> bool:
    try:
        parse_time(text)
    except (TypeError, ValueError):
        return False
    return True


def _matches(pattern: re.Pattern[str], text: Any) -> bool:
    return isinstance(text, str) and pattern.fullmatch(text) is not None


class Check:
    """A check in progress: entries are handed over one by one, in the order they are stored.

    Args:
        after: sequence and hash of the event before the first one.
        head: a hash noted elsewhere, say on a printed report: that of any entry here will do.
            Cutting off the end of a log cannot be seen in any other way.
        bodies_withheld: whether missing bodies are expected and need no account.
        accounted: sequences whose erasure is accounted for outside of these entries.

    Attributes:
        last: the sequence of the last entry that fits.
        hash: its hash.
        head_at: the sequence whose hash is ``head``; None until it is found.
        erased: the sequences of entries without a body.
    """

    def __init__(
        self,
        *,
        after: tuple[int, str] = (0, GENESIS),
        head: str | None = None,
        bodies_withheld: bool = False,
        accounted: Iterable[int] = (),
    ) -> None:
        self.last, self.hash = after
        self.head_at = self.last if head == self.hash else None
        self.erased: list[int] = []
        self._head = head
        self._withheld = bodies_withheld
        self._accounted: set[int] = set(accounted)

    def add(self, entry: Entry) -> Fault | None:
        """Take the next entry; return its fault, after which the check is of no more use."""
        fault = _fault_of(entry, self.last + 1, self.hash)
        if fault is not None:
            return fault
        self.last, self.hash = entry.sequence, entry.hash
        if entry.is_erased:
            self.erased.append(entry.sequence)
        self._accounted.update(_accounted_by(entry))
        if entry.hash == self._head:
            self.head_at = entry.sequence
        return None

    def finish(self) -> Fault | None:
        """Return what can only be told at the end: unaccounted erasures, and a lost head.

        A lost head is reported at the sequence after the last.
        """
        if not self._withheld:
            for sequence in self.erased:
                if sequence not in self._accounted:
                    return Fault(sequence, "erased_without_account")
        if self._head is not None and self.head_at is None:
            return Fault(self.last + 1, "head_not_found")
        return None


def find_fault(
    entries: Iterable[Entry],
    *,
    after: tuple[int, str] = (0, GENESIS),
    head: str | None = None,
    bodies_withheld: bool = False,
) -> Fault | None:
    """Return the first fault of a chain, or None when it holds; the arguments are ``Check``'s."""
    check = Check(after=after, head=head, bodies_withheld=bodies_withheld)
    for entry in entries:
        fault = check.add(entry)
        if fault is not None:
            return fault
    return check.finish()


def _fault_of(entry: Entry, sequence: int, before: str) -> Fault | None:
    if not is_well_formed(entry):
        return Fault(sequence, "malformed")
    if entry.sequence != sequence:
        return Fault(sequence, "missing" if entry.sequence > sequence else "out_of_order")
    if entry.previous != before:
        return Fault(sequence, "broken_link")
    if entry.actor is not None and entry.data is not None and entry.salt is not None:
        body = body_digest(entry.algorithm, actor=entry.actor, data=entry.data, salt=entry.salt)
        if body != entry.body:
            return Fault(sequence, "body_changed")
    if event_hash(entry) != entry.hash:
        return Fault(sequence, "hash_wrong")
    return None


def _accounted_by(entry: Entry) -> list[int]:
    if entry.kind != EventKind.AUDIT_ERASED or entry.data is None:
        return []
    named = entry.data.get("sequences")
    if not isinstance(named, list):
        return []
    return [n for n in named if type(n) is int and n < entry.sequence]
