"""The Merkle tree over one session's events, whose root is printed on its report.

Laid out as in RFC 6962 §2.1: a leaf is hashed behind 0x00, a node behind 0x01, and a list is cut
at the largest power of two below its length. A leaf is the 32 bytes of an event's hash.
"""

from collections.abc import Sequence

from server.audit.chain import digest


def root(hashes: Sequence[str], algorithm: str = "sha256") -> str:
    """Return the root over event hashes in order of sequence; of none, the digest of nothing."""
    if not hashes:
        return digest(algorithm)
    if len(hashes) == 1:
        return _leaf(hashes[0], algorithm)
    cut = _cut(len(hashes))
    return _node(root(hashes[:cut], algorithm), root(hashes[cut:], algorithm), algorithm)


def proof(hashes: Sequence[str], index: int, algorithm: str = "sha256") -> list[str]:
    """Return the audit path of one event, lowest node first (RFC 6962 §2.1.1).

    Raises:
        IndexError: when there is no such event.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    if len(hashes) == 1:
        return []
    cut = _cut(len(hashes))
    if index < cut:
        return [*proof(hashes[:cut], index, algorithm), root(hashes[cut:], algorithm)]
    return [*proof(hashes[cut:], index - cut, algorithm), root(hashes[:cut], algorithm)]


def root_of_proof(
    leaf: str, index: int, size: int, path: Sequence[str], *, algorithm: str = "sha256"
) -> str:
    """Return the root that ``path`` leads to from the event hash ``leaf`` at ``index`` of ``size``.

    Raises:
        ValueError: when the path is not as long as index and size ask for.
    """
    if size <= 1:
        if path or index != 0 or size != 1:
            raise ValueError("the path does not fit the tree")
        return _leaf(leaf, algorithm)
    if not path:
        raise ValueError("the path does not fit the tree")
    cut = _cut(size)
    *below, beside = path
    if index < cut:
        return _node(root_of_proof(leaf, index, cut, below, algorithm=algorithm), beside, algorithm)
    inside = root_of_proof(leaf, index - cut, size - cut, below, algorithm=algorithm)
    return _node(beside, inside, algorithm)


def _cut(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _leaf(event_hash: str, algorithm: str) -> str:
    return digest(algorithm, b"\x00", bytes.fromhex(event_hash))


def _node(left: str, right: str, algorithm: str) -> str:
    return digest(algorithm, b"\x01", bytes.fromhex(left), bytes.fromhex(right))
