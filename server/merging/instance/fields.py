"""A strict hand for reading JSON: every value is asked for by type, every refusal names its place.

Knows JSON only; what the fields mean is the business of ``formats``.
"""

import json
from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import TypeVar

from server.domain.errors import DomainError

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=Enum)

LARGEST_INTEGER = 10**12
"""Integers beyond this are no minutes, weights or counts of a street; they are refused."""


class FormatError(DomainError):
    """Refuse a file that does not keep to its format.

    The code says what is wrong (``format_not_json``, ``format_missing``, ``format_type``,
    ``format_value``, ``format_unknown_id``, ``format_duplicate``); the parameter ``place`` says
    where, such as ``requests[3].minutes``.
    """


def _refuse_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twin = next(name for name in names if names.count(name) > 1)
        raise FormatError("format_duplicate", place=repr(twin))
    return members


def _refuse_constant(name: str) -> object:
    raise FormatError("format_value", place=name)


def read_json(text: str) -> "Value":
    """Parse one JSON text.

    Raises:
        FormatError: when it is not JSON, names a member twice, holds NaN or nests too deeply.
    """
    try:
        raw = json.loads(text, object_pairs_hook=_refuse_twins, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as problem:
        raise FormatError("format_not_json", place=_where(problem)) from problem
    return Value(raw, "")


def _where(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"{problem.lineno}:{problem.colno}"
    return "1:1"


class Value:
    """A JSON value and its place. Reading it as the wrong type raises ``FormatError``."""

    __slots__ = ("place", "raw")

    def __init__(self, raw: object, place: str) -> None:
        self.raw = raw
        self.place = place

    def refuse(self, code: str) -> FormatError:
        """Return (not raise) the refusal of this value."""
        return FormatError(code, place=self.place or "file")

    def text(self) -> str:
        """Return a string that can be written out as UTF-8."""
        if not isinstance(self.raw, str):
            raise self.refuse("format_type")
        if any("\ud800" <= letter <= "\udfff" for letter in self.raw):
            raise self.refuse("format_value")
        return self.raw

    def integer(self, least: int = 0, most: int = LARGEST_INTEGER) -> int:
        """Return a whole number in ``[least, most]``; a boolean is none."""
        if not isinstance(self.raw, int) or isinstance(self.raw, bool):
            raise self.refuse("format_type")
        if not least <= self.raw <= most:
            raise self.refuse("format_value")
        return self.raw

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.raw, bool):
            raise self.refuse("format_type")
        return self.raw

    def day(self) -> date:
        """Return a date written ``2026-11-02``; other ISO spellings are refused."""
        text = self.text()
        try:
            day = date.fromisoformat(text)
        except ValueError as problem:
            raise self.refuse("format_value") from problem
        if day.isoformat() != text:
            raise self.refuse("format_value")
        return day

    def member(self, kind: type[E]) -> E:
        """Return the enum member whose value this is."""
        for member in kind:
            if member.value == self.raw and type(self.raw) in (str, int):
                return member
        raise self.refuse("format_value")

    def list(self, read: "Callable[[Value], T]") -> tuple[T, ...]:
        """Return the elements in order, each read by ``read``."""
        if not isinstance(self.raw, list):
            raise self.refuse("format_type")
        return tuple(read(Value(raw, f"{self.place}[{at}]")) for at, raw in enumerate(self.raw))

    def map(self, read: "Callable[[Value], T]") -> dict[str, T]:
        """Return an object's members in order, each value read by ``read``."""
        members = self._members()
        return {name: read(self._child(name, raw)) for name, raw in members.items()}

    def get(self, name: str) -> "Value":
        """Return a member that must be there.

        Raises:
            FormatError: ``format_missing`` when it is not.
        """
        members = self._members()
        if name not in members:
            raise self._child(name, None).refuse("format_missing")
        return self._child(name, members[name])

    def maybe(self, name: str, read: "Callable[[Value], T]", default: D) -> T | D:
        """Return a member read by ``read``, or ``default`` when it is absent or null."""
        raw = self._members().get(name)
        return default if raw is None else read(self._child(name, raw))

    def compact(self) -> str:
        """Return an object as JSON text with sorted keys, to be carried and never read."""
        self._members()
        return json.dumps(self.raw, ensure_ascii=True, sort_keys=True, separators=(",", ":"))

    def _members(self) -> dict[str, object]:
        if not isinstance(self.raw, dict):
            raise self.refuse("format_type")
        return self.raw

    def _child(self, name: str, raw: object) -> "Value":
        return Value(raw, f"{self.place}.{name}" if self.place else name)
