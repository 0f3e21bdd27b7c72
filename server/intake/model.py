"""What a table would change: the preview and the work are one value. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from server.domain.errors import DomainError

Work = TypeVar("Work")


class Kind(StrEnum):
    """What a table is about; the words on screen are ``import.<kind>.…``."""

    COMMITTEES = "committees"
    DEPARTMENTS = "departments"
    QUOTAS = "quotas"
    PAST = "past"


class Sign(StrEnum):
    """What becomes of a line: entered anew, changed, or brought back after it was retired."""

    NEW = "new"
    CHANGED = "changed"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of the catalogue, ``import_change.<code>``, with what stands in it."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the preview: what it is about, and what becomes of it."""

    sign: Sign
    name: str
    words: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan(Generic[Work]):
    """What a table would change.

    ``same`` counts what stands in the table and is so already. ``errors`` are in the order of rows;
    with any of them ``work`` is not to be done.
    """

    work: Work
    changes: tuple[Change, ...] = ()
    same: int = 0
    errors: tuple[DomainError, ...] = ()

    @property
    def mark(self) -> str:
        """Return a short digest of the preview: entered is what was shown, or nothing."""
        told = [
            (change.sign, change.name, [(w.code, sorted(w.params.items())) for w in change.words])
            for change in self.changes
        ]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def count(self, sign: str) -> int:
        """Return how many lines of a kind there are."""
        return sum(change.sign == sign for change in self.changes)
