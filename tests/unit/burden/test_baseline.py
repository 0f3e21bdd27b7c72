"""The baseline: what can be meant, and how a period is put beside it; periods and their keys."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.baseline.model import PastMeeting
from server.burden.baseline import Baseline, compare, from_past, require_sound
from server.burden.periods import WEEKS, Kind, around, last_month, own, parse
from server.domain.errors import DomainError

BEFORE = Baseline(
    first=date(2025, 5, 26),
    last=date(2025, 11, 23),
    workdays=123,
    committees=33,
    calls=4668,
    minutes=None,
    source="2025 年会议通知台账",
    departments={"平安办": 806},
)
TODAY = date(2026, 11, 24)


def test_a_baseline_is_put_to_the_measure_of_the_period() -> None:
    found = compare(BEFORE, workdays=21, committees=33, calls=266, minutes=9000)
    assert found is not None
    assert (found.before, found.before_rate, found.after_rate) == (797, 115, 38)
    assert (found.fewer, found.fewer_tenths) == (531, 666)
    assert found.departments == {"平安办": 138}
    assert found.before_minutes is None


def test_more_than_before_is_said_as_more() -> None:
    found = compare(BEFORE, workdays=123, committees=33, calls=5000, minutes=0)
    assert found is not None
    assert (found.fewer, found.fewer_tenths) == (-332, -71)


def test_a_period_without_a_working_day_has_no_comparison() -> None:
    assert compare(BEFORE, workdays=0, committees=33, calls=0, minutes=0) is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"last": date(2025, 1, 1)}, "baseline_days"),
        ({"workdays": 0}, "baseline_days"),
        ({"source": "台账"}, "baseline_source"),
        ({"source": "长" * 201}, "baseline_source"),
        ({"calls": 0}, "baseline_calls"),
        ({"committees": 0}, "baseline_calls"),
        ({"departments": {"平安办": 4669}}, "baseline_departments"),
    ],
)
def test_a_baseline_that_cannot_be_meant_is_refused(changed: dict[str, object], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        require_sound(replace(BEFORE, **changed))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_a_sound_baseline_is_taken_as_it_is() -> None:
    assert require_sound(BEFORE) == BEFORE


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 11, 30)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-W48-26", date(2026, 6, 1), date(2026, 11, 29)),
        ("2026-10-05--2026-10-01", date(2026, 10, 1), date(2026, 10, 5)),
        ("2020-01-01--2026-01-01", date(2020, 1, 1), date(2022, 1, 1)),
    ],
)
def test_keys_of_periods(key: str, first: date, last: date) -> None:
    found = parse(key, TODAY)
    assert (found.first, found.last) == (first, last)
    assert parse(found.key, TODAY) == found


@pytest.mark.parametrize(
    "key", ["", "x", "2026-13", "1969", "2026-W60-26", "2026-10-01--", "9999-01-01--9999-01-02"]
)
def test_what_cannot_be_read_is_the_26_weeks_up_to_now(key: str) -> None:
    found = parse(key, TODAY)
    assert (found.kind, found.last, found.days) == (Kind.HALF, date(2026, 11, 29), 7 * WEEKS)


@given(
    st.sampled_from([k for k in Kind if k is not Kind.OWN]),
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
)
def test_the_next_period_begins_where_one_ends(kind: Kind, day: date) -> None:
    here = around(kind, day)
    after = here.moved(1)
    assert here.has(day)
    assert (after.first - here.last).days == 1
    assert after.moved(-1) == here


def test_own_days_move_by_their_length() -> None:
    found = own(date(2026, 11, 2), date(2026, 11, 8)).moved(-1)
    assert (found.first, found.last) == (date(2026, 10, 26), date(2026, 11, 1))


def test_a_monthly_letter_is_about_the_month_before() -> None:
    assert last_month(date(2026, 1, 5)).key == "2025-12"


def test_past_meetings_add_up_to_a_baseline_that_names_their_registers() -> None:
    first = PastMeeting(date(2025, 3, 3), "平安例会", "平安办", 60, (1, 2, 3), "2025 年会议台账")
    second = PastMeeting(date(2025, 4, 1), "卫生会", "卫健办", 30, (2, 4), "电话记录")
    found = from_past([first, second])
    assert found is not None
    assert (found.first, found.last) == (first.day, second.day)
    assert (found.meetings, found.calls, found.minutes, found.committees) == (2, 5, 240, 4)
    assert found.departments == {"平安办": 3, "卫健办": 2}
    assert found.source == "2025 年会议台账; 电话记录"
    assert from_past([]) is None
