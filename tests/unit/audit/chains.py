"""Chains for tests: a few plain events, and strategies for any."""

from collections.abc import Iterable

from hypothesis import strategies as st

from server.audit.chain import Entry, erase, seal
from server.domain.events import EventKind

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = st.text("abz019_", min_size=1, max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
PAYLOADS = st.dictionaries(KEYS, VALUES, max_size=3)


def sealed(payloads: Iterable[dict[str, object]], algorithm: str = "sha256") -> list[Entry]:
    """Return a chain of one event for each payload."""
    entries: list[Entry] = []
    for number, data in enumerate(payloads, 1):
        entries.append(
            seal(
                entries[-1] if entries else None,
                at=f"2026-11-24T06:00:{number % 60:02d}.000000Z",
                kind=EventKind.VENUE_CONNECTED,
                session=number % 3 or None,
                actor=f"venue:{number}",
                data=data,
                salt=f"{number:032x}",
                algorithm=algorithm,
            )
        )
    return entries


def chain_of(length: int) -> list[Entry]:
    return sealed({"venue_id": number} for number in range(1, length + 1))


def erased_with_account(entries: list[Entry], sequences: list[int]) -> list[Entry]:
    """Return the chain with those bodies erased and the account of it at its end."""
    gone = [erase(e) if e.sequence in sequences else e for e in entries]
    account = seal(
        gone[-1],
        at="2031-11-24T06:00:00.000000Z",
        kind=EventKind.AUDIT_ERASED,
        session=None,
        actor="login:1",
        data={"sequences": list(sequences), "reason": "保存期满"},
        salt="ff" * 16,
    )
    return [*gone, account]
