"""The one way a value becomes bytes before it is hashed: canonical JSON without fractions.

docs/audit-format.md, "Canonical JSON", is the rule; a subset of RFC 8785. Nothing here may ever
change for values it already accepts.
"""

import json
import re
from functools import lru_cache
from typing import Any

KEY = re.compile(r"[a-z0-9_]{1,64}")
LARGEST = 2**53 - 1
DEEPEST = 32


class CanonicalError(ValueError):
    """Refuse a value that has no canonical form; the text says where and why."""


def encode(value: Any) -> bytes:
    """Return the canonical JSON of ``value`` in UTF-8.

    Raises:
        CanonicalError: for fractions, whole numbers beyond 2^53-1 either way, keys other than 1 to
            64 of ``a-z 0-9 _``, lone surrogates, other types, and nesting deeper than 32.
    """
    check(value)
    return render(value)


_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def render(value: Any) -> bytes:
    """Return the bytes of ``encode`` for a value that ``check`` has let pass."""
    return _ENCODE(value).encode("utf-8")


def check(value: Any, path: str = "value", depth: int = 0) -> None:
    """Refuse a value that has no canonical form.

    Raises:
        CanonicalError: as for ``encode``; ``path`` names the place inside the value.
    """
    if not _fits(value, depth):
        _find_fault(value, path, depth)


@lru_cache(maxsize=4096)
def _is_key(key: str) -> bool:
    return KEY.fullmatch(key) is not None


def _fits(value: Any, depth: int) -> bool:
    """Tell whether a value made of JSON's own types has a canonical form; False for any other.

    A report checks hundreds of events several times over, and where all is well no place inside of
    a value need be named.
    """
    kind = type(value)
    if depth > DEEPEST:
        return False
    if kind is str:
        return bool(value.isascii()) or _is_text(value)
    if kind is int:
        return bool(-LARGEST <= value <= LARGEST)
    if kind is dict:
        for key, item in value.items():  # a loop: a report spends its time here
            if not (type(key) is str and _is_key(key) and _fits(item, depth + 1)):
                return False
        return True
    if kind is list:
        return all(_fits(item, depth + 1) for item in value)
    return value is None or kind is bool


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _find_fault(value: Any, path: str, depth: int) -> None:
    """Refuse a value as ``check`` does, place by place; values of other types may still pass."""
    if depth > DEEPEST:
        raise CanonicalError(f"{path}: nested deeper than {DEEPEST}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, path)
    elif isinstance(value, int):
        if abs(value) > LARGEST:
            raise CanonicalError(f"{path}: beyond 2^53-1")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _find_fault(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key, path)
            _find_fault(item, f"{path}.{key}", depth + 1)
    else:
        raise CanonicalError(f"{path}: {type(value).__name__} cannot be recorded")


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise CanonicalError(f"{path}: key {key!r} is not 1 to 64 of a-z 0-9 _")


def _check_text(text: str, path: str) -> None:
    if not _is_text(text):
        raise CanonicalError(f"{path}: half of a surrogate pair")


def decode(text: str | bytes) -> Any:
    """Return the value of a JSON text, which need not be canonical itself.

    Raises:
        CanonicalError: when it is not JSON, names a key twice, or has no canonical form.
    """
    value = parse(text)
    check(value)
    return value


def parse(text: str | bytes) -> Any:
    """Return the value of a JSON text, which may have no canonical form.

    Raises:
        CanonicalError: when it is not JSON, or names a key twice.
    """
    try:
        return _DECODE(text if isinstance(text, str) else text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CanonicalError(f"not JSON: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CanonicalError("a key is named twice")
    return found


_DECODE = json.JSONDecoder(object_pairs_hook=_object).decode
