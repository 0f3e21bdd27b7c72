"""How many websockets may wait for their hello at once, so that strangers cannot fill the house."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

MOST_OF_ONE_ADDRESS = 64
"""A whole street may come from behind one address."""
MOST_IN_ALL = 512


class Lobby:
    """Counts who has come in and has not yet said who it is, by address."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def enter(self, address: str) -> Iterator[bool]:
        """Wait inside for the length of the block; yields whether there was room."""
        if self._waiting[address] >= MOST_OF_ONE_ADDRESS or self._waiting.total() >= MOST_IN_ALL:
            yield False
            return
        self._waiting[address] += 1
        try:
            yield True
        finally:
            self._waiting[address] -= 1
            self._waiting += Counter()
