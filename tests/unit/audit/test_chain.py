"""The chain: what is untouched holds; whatever is done to it is found, and where."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.chain import (
    Entry,
    body_digest,
    digest,
    erase,
    event_hash,
    seal,
)
from server.audit.checking import Fault, find_fault
from tests.unit.audit.chains import PAYLOADS, chain_of, erased_with_account, sealed

VECTORS = json.loads(Path("tests/data/audit/vectors.json").read_text(encoding="utf-8"))
CHAINS = st.lists(PAYLOADS, min_size=2, max_size=5).map(sealed)


def rehashed(entry: Entry) -> Entry:
    """Return the entry as a forger who knows the format would leave it."""
    if entry.actor is not None and entry.data is not None and entry.salt is not None:
        body = body_digest(entry.algorithm, actor=entry.actor, data=entry.data, salt=entry.salt)
        entry = replace(entry, body=body)
    return replace(entry, hash=event_hash(entry))


@pytest.mark.parametrize("case", VECTORS["digests"])
def test_digests_are_the_published_ones(case: dict[str, str]) -> None:
    assert digest(case["algorithm"], case["text"].encode()) == case["digest"]


def test_the_published_chain_holds_and_is_what_we_would_seal() -> None:
    entries = [Entry(**fields) for fields in VECTORS["chain"]]
    assert find_fault(entries) is None
    assert all(event_hash(entry) == entry.hash for entry in entries)
    first = entries[0]
    assert first.actor is not None
    assert first.data is not None
    assert first.salt is not None
    again = seal(
        None,
        at=first.at,
        kind=first.kind,
        session=first.session,
        actor=first.actor,
        data=first.data,
        salt=first.salt,
    )
    assert again == first


@given(CHAINS)
def test_an_untouched_chain_holds_up_to_any_of_its_hashes(entries: list[Entry]) -> None:
    assert find_fault(entries) is None
    assert all(find_fault(entries, head=entry.hash) is None for entry in entries)


CHANGES = {
    "at": "2026-11-24T06:00:00.000001Z",
    "kind": "venue.disconnected",
    "session": 99,
    "actor": "venue:99",
    "data": {"venue_id": 99},
    "salt": "ab" * 16,
    "algorithm": "sm3",
    "body": "ab" * 32,
    "previous": "ab" * 32,
    "hash": "ab" * 32,
}


@given(CHAINS, st.data(), st.sampled_from(sorted(CHANGES)))
def test_a_changed_field_is_found_at_its_own_event(
    entries: list[Entry], data: Any, field: str
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    entries[index] = replace(entries[index], **{field: CHANGES[field]})
    fault = find_fault(entries)
    assert fault is not None
    assert fault.sequence == index + 1


@given(CHAINS, st.data())
def test_a_changed_event_with_new_hashes_is_found_at_the_next_or_by_the_head(
    entries: list[Entry], data: Any
) -> None:
    head = entries[-1].hash
    index = data.draw(st.integers(0, len(entries) - 1))
    entries[index] = rehashed(replace(entries[index], data={"venue_id": 99}, actor="venue:99"))
    fault = find_fault(entries, head=head)
    if index == len(entries) - 1:
        assert fault == Fault(len(entries) + 1, "head_not_found")
    else:
        assert fault == Fault(index + 2, "broken_link")


@given(CHAINS, st.data())
def test_a_deleted_event_is_named_as_missing(entries: list[Entry], data: Any) -> None:
    index = data.draw(st.integers(0, len(entries) - 2))
    del entries[index]
    assert find_fault(entries) == Fault(index + 1, "missing")


@given(CHAINS, st.data())
def test_a_deleted_event_with_the_rest_counted_anew_is_found(
    entries: list[Entry], data: Any
) -> None:
    index = data.draw(st.integers(0, len(entries) - 2))
    del entries[index]
    moved = [replace(entry, sequence=n) for n, entry in enumerate(entries, 1)]
    fault = find_fault(moved)
    assert fault == Fault(index + 1, "broken_link")


@given(CHAINS, st.data())
def test_an_inserted_event_is_found_where_it_was_put(entries: list[Entry], data: Any) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    entries.insert(index, entries[data.draw(st.integers(0, len(entries) - 1))])
    fault = find_fault(entries)
    assert fault is not None
    assert fault.sequence in {index + 1, index + 2}


@given(CHAINS, st.data())
def test_two_events_that_changed_places_are_found_at_the_first(
    entries: list[Entry], data: Any
) -> None:
    first = data.draw(st.integers(0, len(entries) - 2))
    second = data.draw(st.integers(first + 1, len(entries) - 1))
    entries[first], entries[second] = entries[second], entries[first]
    assert find_fault(entries) == Fault(first + 1, "missing")


@given(CHAINS, st.data())
def test_a_cut_off_end_is_found_by_the_hash_on_the_report(entries: list[Entry], data: Any) -> None:
    keep = data.draw(st.integers(0, len(entries) - 1))
    assert find_fault(entries[:keep]) is None
    assert find_fault(entries[:keep], head=entries[-1].hash) == Fault(keep + 1, "head_not_found")


def test_a_chain_made_anew_as_a_whole_is_found_by_the_hash_on_the_report() -> None:
    forged = sealed({"venue_id": 99} for _ in range(5))
    assert find_fault(forged) is None
    assert find_fault(forged, head=chain_of(5)[-1].hash) == Fault(6, "head_not_found")


def test_a_chain_that_does_not_begin_at_its_beginning_is_found() -> None:
    assert find_fault(chain_of(4)[1:]) == Fault(1, "missing")


def test_a_part_of_a_chain_holds_after_the_hash_before_it() -> None:
    entries = chain_of(5)
    after = (2, entries[1].hash)
    assert find_fault(entries[2:], after=after) is None
    assert find_fault(entries[2:], after=(2, "ab" * 32)) == Fault(3, "broken_link")


@given(CHAINS, st.data())
def test_an_erased_body_with_its_account_leaves_the_chain_whole(
    entries: list[Entry], data: Any
) -> None:
    some = data.draw(st.sets(st.sampled_from([entry.sequence for entry in entries])))
    assert find_fault(erased_with_account(entries, sorted(some))) is None


def test_an_erased_body_without_an_account_is_named() -> None:
    entries = erased_with_account(chain_of(5), [2])
    entries[3] = erase(entries[3])
    assert find_fault(entries) == Fault(4, "erased_without_account")
    assert find_fault(entries, bodies_withheld=True) is None


def test_the_account_of_an_erasure_cannot_be_erased() -> None:
    with pytest.raises(ValueError, match="account"):
        erase(erased_with_account(chain_of(2), [1])[-1])


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"sequence": "1"},
        {"at": "2026-02-30T06:00:00.000000Z"},
        {"at": None},
        {"kind": "Venue"},
        {"session": -1},
        {"session": "7"},
        {"algorithm": "md5"},
        {"hash": "AB" * 32},
        {"previous": ""},
        {"actor": None},
        {"data": []},
        {"data": {"share": 0.5}},
        {"salt": "00"},
        {"salt": None},
    ],
)
def test_an_event_in_another_form_is_malformed(change: dict[str, Any]) -> None:
    entries = chain_of(3)
    entries[1] = replace(entries[1], **change)
    assert find_fault(entries) == Fault(2, "malformed")


def test_what_could_not_be_verified_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="cannot be recorded"):
        sealed([{"share": 0.5}])
    with pytest.raises(ValueError, match="no such algorithm"):
        sealed([{}], "md5")
    with pytest.raises(ValueError, match="not an event"):
        seal(None, at="today", kind="x", session=None, actor="", data={}, salt="")
