"""Figures of other streets: what is handed on is read back; what cannot be is refused."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.burden.streets import LARGEST, StreetFigures, figures_payload, read_figures
from server.domain.errors import DomainError

OTHER = StreetFigures(
    street="白露街道办事处",
    period="2026-10",
    first=date(2026, 10, 1),
    last=date(2026, 10, 31),
    workdays=17,
    committees=20,
    sessions=9,
    calls=170,
    minutes=7650,
    present=160,
    items=300,
    spare=2000,
    waited=500,
    made_by="王会务",
    made_at=datetime(2026, 11, 2, 1, 0, tzinfo=UTC),
)


def as_file(**changed: Any) -> bytes:
    return json.dumps(figures_payload(OTHER) | changed).encode()


def test_figures_are_read_back_as_they_were_handed_on() -> None:
    found = read_figures(as_file(), "青禾街道办事处")
    assert found == OTHER
    assert (found.rate, found.merged, found.saved) == (50, 130, 1500)


def test_a_street_without_committees_has_no_rate() -> None:
    assert replace(OTHER, committees=0).rate == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 5000,
        as_file(format="other"),
        as_file(calls="170"),
        as_file(calls=1.5),
        as_file(calls=True),
        as_file(street=""),
        as_file(street="长" * 65),
        as_file(first="yesterday"),
        as_file(made_at="soon"),
        b" " * (LARGEST + 1),
    ],
)
def test_a_file_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        read_figures(data, "青禾街道办事处")
    assert refused.value.code == "figures_unreadable"


@pytest.mark.parametrize(
    "changed",
    [
        {"present": 171},
        {"items": 1},
        {"waited": 2001},
        {"spare": 9000},
        {"workdays": 32},
        {"sessions": 171},
        {"calls": -1},
        {"minutes": 10**10},
        {"last": "2026-09-01"},
    ],
)
def test_numbers_that_cannot_be_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(DomainError) as refused:
        read_figures(as_file(**changed), "青禾街道办事处")
    assert refused.value.code == "figures_impossible"


def test_a_streets_own_figures_are_not_compared_with_itself() -> None:
    with pytest.raises(DomainError) as refused:
        read_figures(as_file(), OTHER.street)
    assert refused.value.code == "figures_own"
