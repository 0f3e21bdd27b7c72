"""Leave that is granted or refused: one word at a time, on the one request that stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.attendance.leave import LeaveRequest, LeaveState, require_decidable
from server.domain.errors import ConflictError
from server.domain.session import Session, SessionState

TWO = datetime(2026, 11, 24, 6, tzinfo=UTC)
SESSION = Session(
    id=7,
    title="主任工作例会",
    starts_at=TWO,
    ends_at=TWO + timedelta(hours=1),
    state=SessionState.SCHEDULED,
    hall="三楼会议室",
    items=(),
    venue_ids=(3,),
)
FIRST = LeaveRequest(
    sequence=1,
    session_id=7,
    venue_id=3,
    person_id=None,
    name="",
    reason="寒潮值班",
    actor="login:3",
    by="杏雨里",
    at=TWO,
    state=LeaveState.REFUSED,
)
SECOND = replace(FIRST, sequence=2, state=LeaveState.GRANTED)


def test_a_refused_leave_is_not_granted_beside_another_that_stands() -> None:
    with pytest.raises(ConflictError, match="leave_other_stands"):
        require_decidable(FIRST, SESSION, LeaveState.GRANTED, [FIRST, SECOND])


def test_a_leave_of_one_person_does_not_stand_in_the_way_of_the_whole_venue() -> None:
    person = replace(SECOND, person_id=30)
    require_decidable(FIRST, SESSION, LeaveState.GRANTED, [FIRST, person])


def test_the_one_that_stands_is_decided_anew() -> None:
    require_decidable(SECOND, SESSION, LeaveState.REFUSED, [FIRST, SECOND])
