"""The root of a session: what is recorded reads back, and covers exactly the session's events."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.audit import merkle
from server.audit.sealing import seal_from, seal_of, seal_payload
from server.domain.events import EventKind, Recorded

AT = datetime(2026, 11, 24, 6, tzinfo=UTC)
HASHES = {3: "ab" * 32, 5: "cd" * 32, 9: "ef" * 32}


@pytest.mark.parametrize("algorithm", ["sha256", "sm3"])
def test_a_seal_reads_back_from_its_event(algorithm: str) -> None:
    seal = seal_of(7, "主任例会", AT, hashes=HASHES, algorithm=algorithm)
    assert (seal.up_to, seal.events) == (9, 3)
    assert seal.root == merkle.root(list(HASHES.values()), algorithm)
    event = Recorded(10, AT, EventKind.SESSION_SEALED, 7, "system", seal_payload(seal))
    assert seal_from(event) == seal


def test_an_event_that_tells_of_no_root_is_refused() -> None:
    event = Recorded(10, AT, EventKind.SESSION_SEALED, 7, "", {})
    for wrong in (event, replace(event, session_id=None)):
        with pytest.raises(ValueError, match="no root"):
            seal_from(wrong)
