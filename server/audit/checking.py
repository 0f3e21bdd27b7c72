"""Finds the first entry of a chain that does not fit, and a root that its session does not lead to.

Pure. ``verify.py`` does the same work again with nothing of ours; tests hold the two together. The
rule is docs/audit-format.md, "Verifying".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.audit import canonical, merkle
from server.audit.chain import (
    BODY_PREFIX,
    GENESIS,
    Entry,
    digest,
    event_hash,
    is_number,
    is_well_formed,
)
from server.domain.events import EventKind

_BODY = ("actor", "data", "salt")


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in a chain: at which sequence, and a stable code.

    Codes: ``malformed``, ``missing`` (the sequence named is not there), ``out_of_order``,
    ``broken_link``, ``body_changed``, ``hash_wrong``, ``root_wrong``, ``erased_without_account``,
    ``head_not_found``.
    """

    sequence: int
    code: str


class Check:
    """A check in progress: entries are handed over one by one, in the order they are stored.

    Args:
        after: sequence and hash of the event before the first one.
        head: a hash noted elsewhere, say on a printed report: that of any entry here will do.
            Cutting off the end of a log cannot be seen in any other way.
        bodies_withheld: whether missing bodies are expected and need no account.
        accounted: sequences whose erasure is accounted for outside of these entries.
        told_of: a session; the bodies of what is said of others are not there.

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
        told_of: int | None = None,
    ) -> None:
        self.last, self.hash = after
        self.head_at = self.last if head == self.hash else None
        self.erased: list[int] = []
        self._head = head
        self._withheld = bodies_withheld
        self._told_of = told_of
        self._accounted: set[int] = set(accounted)
        self._roots = _Roots(is_whole=self.last == 0)

    def add(self, entry: Entry) -> Fault | None:
        """Take the next entry; return its fault, after which the check is of no more use."""
        fault = _fault_of(entry, self.last + 1, self.hash) or self._roots.fault_of(entry)
        if fault is not None:
            return fault
        self.last, self.hash = entry.sequence, entry.hash
        if entry.is_erased and self._told_of in (None, entry.session):
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
    return _digest_fault(entry)


def find_fault_alone(entry: Entry) -> Fault | None:
    """Return the fault that an entry has by itself, whatever stands before it."""
    if not is_well_formed(entry):
        return Fault(entry.sequence, "malformed")
    return _digest_fault(entry)


def _digest_fault(entry: Entry) -> Fault | None:
    if not entry.is_erased:
        body = canonical.render({name: getattr(entry, name) for name in _BODY})
        if digest(entry.algorithm, BODY_PREFIX, body) != entry.body:
            return Fault(entry.sequence, "body_changed")
    if event_hash(entry) != entry.hash:
        return Fault(entry.sequence, "hash_wrong")
    return None


class _Roots:
    """Compares the root recorded at the end of each session with the session's entries so far.

    Where the log is not looked at from its beginning, sessions that began earlier are let be.
    """

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._leaves: dict[int, list[str]] = {}
        self._sealed: set[int] = set()

    def fault_of(self, entry: Entry) -> Fault | None:
        """Take the next entry, which fits; return the fault of the root that it tells of."""
        if entry.session is None or entry.session in self._sealed:
            return None
        leaves = self._leaves.setdefault(entry.session, [])
        if self._is_compared(entry, leaves):
            if not fits_root(entry, leaves):
                return Fault(entry.sequence, "root_wrong")
            self._sealed.add(entry.session)
            del self._leaves[entry.session]
        else:
            leaves.append(entry.hash)
        return None

    def _is_compared(self, entry: Entry, leaves: Sequence[str]) -> bool:
        if entry.kind != EventKind.SESSION_SEALED or entry.data is None:
            return False
        told = entry.data.get("events")
        return self._is_whole or not is_number(told, len(leaves) + 1, canonical.LARGEST)


def fits_root(seal: Entry, leaves: Sequence[str]) -> bool:
    """Tell whether what a ``session.sealed`` says fits the hashes of its session before it.

    They are in order of sequence; see docs/audit-format.md, "Root of a session".
    """
    told = seal.data or {}
    named = (told.get("algorithm"), told.get("events"), told.get("up_to"))
    if named != (seal.algorithm, len(leaves), seal.sequence - 1):
        return False
    return bool(merkle.root(leaves, seal.algorithm) == told.get("root"))


def _accounted_by(entry: Entry) -> list[int]:
    if entry.kind != EventKind.AUDIT_ERASED or entry.data is None:
        return []
    named = entry.data.get("sequences")
    if not isinstance(named, list):
        return []
    return [n for n in named if type(n) is int and n < entry.sequence]
