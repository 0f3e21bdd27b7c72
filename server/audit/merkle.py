"""The Merkle tree over one session's events, whose root is printed on its report.

Laid out as in RFC 6962 §2.1: a leaf is hashed behind 0x00, a node behind 0x01, and a list is cut
at the largest power of two below its length. A leaf is the 32 bytes of an event's hash.
"""

from collections.abc import Callable, Iterable, Sequence

from server.audit.chain import digest


def root(hashes: Sequence[str], algorithm: str = "sha256") -> str:
    """Return the root over event hashes in order of sequence; of none, the digest of nothing."""
    if not hashes:
        return digest(algorithm)
    if len(hashes) == 1:
        return _leaf(hashes[0], algorithm)
    cut = _cut(len(hashes))
    return _node(root(hashes[:cut], algorithm), root(hashes[cut:], algorithm), algorithm)


def proofs(
    hashes: Sequence[str], indices: Iterable[int], algorithm: str = "sha256"
) -> dict[int, list[str]]:
    """Return audit paths by index, lowest node first (RFC 6962 §2.1.1); each node is made once.

    Raises:
        IndexError: when there is no such event.
    """
    known: dict[tuple[int, int], str] = {}

    def over(start: int, end: int) -> str:
        if (start, end) not in known:
            if end - start == 1:
                known[start, end] = _leaf(hashes[start], algorithm)
            else:
                cut = start + _cut(end - start)
                known[start, end] = _node(over(start, cut), over(cut, end), algorithm)
        return known[start, end]

    return {index: _path(over, index, len(hashes)) for index in indices}


def _path(over: Callable[[int, int], str], index: int, size: int) -> list[str]:
    if not 0 <= index < size:
        raise IndexError(index)
    start, end, path = 0, size, []
    while end - start > 1:
        cut = start + _cut(end - start)
        if index < cut:
            path.append(over(cut, end))
            end = cut
        else:
            path.append(over(start, cut))
            start = cut
    return path[::-1]


def _cut(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def _leaf(event_hash: str, algorithm: str) -> str:
    return digest(algorithm, b"\x00", bytes.fromhex(event_hash))


def _node(left: str, right: str, algorithm: str) -> str:
    return digest(algorithm, b"\x01", bytes.fromhex(left), bytes.fromhex(right))
