"""Canonical JSON: one form for each value, no form for what could be read in two ways."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from server.audit import canonical, verify
from tests.unit.audit.chains import VALUES

VECTORS = json.loads(Path("tests/data/audit/vectors.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["canonical"], ids=lambda case: repr(case["text"])[:30])
def test_values_have_the_form_of_the_published_vectors(case: dict[str, Any]) -> None:
    assert canonical.encode(case["value"]).decode() == case["text"]
    assert verify.canonical(case["value"]).decode() == case["text"]


@pytest.mark.parametrize("text", VECTORS["refused"], ids=lambda text: repr(text)[:20])
def test_what_has_no_canonical_form_is_refused(text: str) -> None:
    with pytest.raises(canonical.CanonicalError):
        canonical.decode(text)


@pytest.mark.parametrize("value", [1.0, b"x", {1: 2}, {"Aa": 1}, {"a" * 65: 1}, 2**53, "\ud800"])
def test_python_values_without_a_form_are_refused(value: object) -> None:
    with pytest.raises(canonical.CanonicalError):
        canonical.encode(value)


def test_the_refusal_names_the_place() -> None:
    with pytest.raises(canonical.CanonicalError, match=r"value\.a\[1\]: float cannot be recorded"):
        canonical.encode({"a": [1, 0.5]})


def test_nesting_ends_at_thirty_two_levels() -> None:
    value: object = 1
    for _ in range(32):
        value = [value]
    assert canonical.decode(canonical.encode(value)) == value
    with pytest.raises(canonical.CanonicalError, match="deeper"):
        canonical.encode([value])


@given(VALUES)
def test_a_value_read_back_is_the_same_and_so_are_its_bytes(value: object) -> None:
    encoded = canonical.encode(value)
    assert canonical.decode(encoded) == value
    assert canonical.encode(canonical.decode(encoded)) == encoded
    assert verify.is_plain(value)
    assert verify.canonical(value) == encoded
