"""The one way a value becomes bytes before it is hashed: canonical JSON without fractions.

docs/audit-format.md, "Canonical JSON", is the rule; a subset of RFC 8785. Nothing here may ever
change for values it already accepts.
"""

import json
import re
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
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def check(value: Any, path: str = "value", depth: int = 0) -> None:
    """Refuse a value that has no canonical form.

    Raises:
        CanonicalError: as for ``encode``; ``path`` names the place inside the value.
    """
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
            check(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_key(key, path)
            check(item, f"{path}.{key}", depth + 1)
    else:
        raise CanonicalError(f"{path}: {type(value).__name__} cannot be recorded")


def _check_key(key: Any, path: str) -> None:
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise CanonicalError(f"{path}: key {key!r} is not 1 to 64 of a-z 0-9 _")


def _check_text(text: str, path: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(f"{path}: half of a surrogate pair") from error


def decode(text: str | bytes) -> Any:
    """Return the value of a JSON text, which need not be canonical itself.

    Raises:
        CanonicalError: when it is not JSON, names a key twice, or has no canonical form.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise CanonicalError(f"not JSON: {error}") from error
    check(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise CanonicalError("a key is named twice")
    return found
