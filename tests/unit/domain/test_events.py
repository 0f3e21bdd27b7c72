"""Kinds keep their grammar, and moments have one text form only."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.events import EventKind, parse_time, time_text
from server.domain.opening import (
    AttendanceRules,
    Expected,
    opening_from_payload,
    opening_of,
    opening_payload,
)
from server.domain.places import Venue, VenueKind
from server.domain.session import AgendaItem, Session, SessionState

TWO = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def test_every_kind_is_lower_case_words_around_one_dot() -> None:
    assert [kind for kind in EventKind if not re.fullmatch(r"[a-z]+\.[a-z_]+", kind)] == []


def test_a_moment_is_written_in_utc_with_six_digits() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert time_text(datetime(2026, 11, 24, 14, tzinfo=shanghai)) == "2026-11-24T06:00:00.000000Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_read_back_is_the_same(moment: datetime) -> None:
    assert len(time_text(moment)) == 27
    assert parse_time(time_text(moment)) == moment


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        time_text(TWO.replace(tzinfo=None))


@pytest.mark.parametrize(
    "text", ["2026-11-24T06:00:00Z", "2026-11-24T06:00:00.000Z", "2026-11-24 06:00:00.000000Z", ""]
)
def test_any_other_form_of_a_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"moment|isoformat"):
        parse_time(text)


def session() -> Session:
    return Session(
        id=7,
        title="主任工作例会",
        state=SessionState.SCHEDULED,
        starts_at=TWO,
        ends_at=TWO + timedelta(minutes=50),
        hall="三楼会议室",
        items=(
            AgendaItem(2, 2, "岁末消防", "平安办", 20),
            AgendaItem(1, 1, "自治金", "自治办", 20),
        ),
        venue_ids=(1, 3, 2),
    )


def venues() -> list[Venue]:
    main = Venue(id=1, number=0, name="主会场", kind=VenueKind.MAIN, committee_id=None)
    return [
        main,
        *(
            Venue(id=n, number=n, name=f"居委会{n}", kind=VenueKind.BRANCH, committee_id=n)
            for n in (4, 3, 2)
        ),
    ]


def test_only_called_branch_venues_are_expected_in_order_of_number() -> None:
    opening = opening_of(session(), venues())
    assert opening.roster == (Expected(2, 2, "居委会2"), Expected(3, 3, "居委会3"))
    assert [item.position for item in opening.items] == [1, 2]


def test_an_opening_read_back_from_its_payload_is_the_same() -> None:
    opening = opening_of(session(), venues(), AttendanceRules(grace_minutes=0))
    assert opening_from_payload(7, opening_payload(opening)) == opening
