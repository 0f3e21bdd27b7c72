"""The tree of RFC 6962: published roots, proofs for every leaf, no two lists with one root."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit import merkle, verify

VECTORS = json.loads(Path("tests/data/audit/vectors.json").read_text(encoding="utf-8"))
LEAVES = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=20)


@pytest.mark.parametrize("case", VECTORS["merkle"])
def test_roots_and_proofs_are_those_of_the_published_vectors(case: dict[str, Any]) -> None:
    leaves, algorithm = case["leaves"], case["algorithm"]
    assert merkle.root(leaves, algorithm) == case["root"]
    if leaves:
        last = len(leaves) - 1
        assert merkle.proofs(leaves, [last], algorithm)[last] == case["proof_of_last"]


def test_three_leaves_are_cut_two_and_one() -> None:
    def h(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    a, b, c = (bytes([n]) * 32 for n in (1, 2, 3))
    left = h(b"\x01" + h(b"\x00" + a) + h(b"\x00" + b))
    assert merkle.root([a.hex(), b.hex(), c.hex()]) == h(b"\x01" + left + h(b"\x00" + c)).hex()


@given(LEAVES, st.data())
def test_every_leaf_has_a_proof_that_leads_to_the_root(leaves: list[str], data: Any) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.proofs(leaves, [index])[index]
    size, root = len(leaves), merkle.root(leaves)
    assert verify.root_of_path(leaves[index], index, size, path, "sha256") == root
    other = bytes(32).hex()
    if leaves[index] != other:
        assert verify.root_of_path(other, index, size, path, "sha256") != root


@given(LEAVES, LEAVES)
def test_different_lists_have_different_roots(one: list[str], other: list[str]) -> None:
    assert (merkle.root(one) == merkle.root(other)) == (one == other)


@pytest.mark.parametrize(("index", "size", "path"), [(1, 1, []), (0, 1, ["00"]), (1, 2, [])])
def test_a_path_of_another_length_leads_to_no_root(index: int, size: int, path: list[str]) -> None:
    assert verify.root_of_path("00" * 32, index, size, path, "sha256") == ""


def test_there_is_no_proof_of_an_event_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        merkle.proofs(["00" * 32], [1])
