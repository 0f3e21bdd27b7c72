"""When sessions open and close by themselves."""

from datetime import timedelta

import pytest

from server.conference.timetable import Action, timed_actions
from server.domain.session import Session, SessionState
from tests.fakes import NOON_TUESDAY as NOON


def session(state: SessionState, number: int = 1, hours: float = 0) -> Session:
    start = NOON + timedelta(hours=hours)
    return Session(number, "例会", state, start, start + timedelta(minutes=50), "", (), ())


def test_a_scheduled_session_opens_ten_minutes_before_its_start() -> None:
    action = timed_actions([session(SessionState.SCHEDULED)])[0]
    assert (action.key, action.at) == ("open:1", NOON - timedelta(minutes=10))


def test_an_open_session_closes_half_an_hour_after_its_planned_end() -> None:
    action = timed_actions([session(SessionState.OPEN)])[0]
    assert (action.action, action.at) == (Action.CLOSE, NOON + timedelta(minutes=80))


@pytest.mark.parametrize(
    "state", [SessionState.PROPOSED, SessionState.CLOSED, SessionState.CANCELLED]
)
def test_other_sessions_are_left_alone(state: SessionState) -> None:
    assert timed_actions([session(state)]) == []


def test_actions_come_in_order_of_time() -> None:
    found = timed_actions(
        [session(SessionState.SCHEDULED, 2, hours=3), session(SessionState.SCHEDULED, 1, hours=1)]
    )
    assert [a.key for a in found] == ["open:1", "open:2"]
