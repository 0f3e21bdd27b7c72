"""The agenda clock: when it begins and goes on, overrun, and who is called in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from server.conference import agenda
from server.conference.commands import decide
from server.conference.due import next_due
from server.conference.fold import apply, opened
from server.conference.model import NOBODY, ConferenceState, Order
from server.domain.errors import DomainError
from server.domain.events import EventKind
from server.domain.opening import opening_from_payload
from server.domain.places import Post
from tests.fakes import NOON_TUESDAY as NOON
from tests.unit.conference.hall import (
    MAIN_VENUE,
    OFFICE,
    after,
    carry_out,
    come,
    conference,
    do,
    opening,
)

MINUTE = 60


def by_the_clock(state: ConferenceState, at: float) -> ConferenceState:
    """Return the state after everything that is due by a moment."""
    while (due := next_due(state, NOBODY)) is not None and due.at <= after(at):
        state = carry_out(state, replace(due.order, now=due.at))
    return state


def test_the_first_items_clock_stands_still_until_the_planned_start() -> None:
    state = opened(opening(early=600), MAIN_VENUE)
    assert (state.item_since, state.clock.begun) == (NOON, False)
    state = by_the_clock(state, 0)
    assert (state.item, state.item_since, state.clock.begun) == (0, NOON, True)


def test_by_hand_the_present_item_stays_however_long_it_takes() -> None:
    assert by_the_clock(conference(), 90 * MINUTE).item == 0


def test_the_next_item_begins_by_itself_at_zero_where_the_session_is_set_so() -> None:
    state = do(conference(), "agenda.pace", on=True)
    assert by_the_clock(state, 20 * MINUTE - 1).item == 0
    state = by_the_clock(state, 20 * MINUTE)
    assert (state.item, state.item_since) == (1, after(20 * MINUTE))
    assert by_the_clock(state, 300 * MINUTE).item == 2


def test_minutes_that_were_added_move_the_zero_and_the_planned_end() -> None:
    state = do(do(conference(), "agenda.pace", on=True), "agenda.extend", value=5)
    assert agenda.zero_at(state) == after(25 * MINUTE)
    assert agenda.planned_end(state) == after(65 * MINUTE)
    assert by_the_clock(state, 24 * MINUTE).item == 0


def test_an_item_that_was_ended_by_hand_is_not_ended_again_by_the_clock() -> None:
    state = do(conference(), "agenda.next", at=10)
    assert do(state, agenda.GO_ON, by=None, value=0) == state


def test_overrun_is_counted_to_the_department_in_the_event_and_in_the_state() -> None:
    happenings = decide(conference(), Order("agenda.next", by=OFFICE, now=after(23 * MINUTE)))
    ended = happenings[0].payload
    assert {k: ended[k] for k in ("department", "allotted_seconds", "overrun_seconds")} == {
        "department": "自治办",
        "allotted_seconds": 20 * MINUTE,
        "overrun_seconds": 3 * MINUTE,
    }
    state = do(conference(), "agenda.next", at=23 * MINUTE)
    assert agenda.overruns(state) == {"自治办": timedelta(minutes=3)}
    assert agenda.overruns(do(conference(), "agenda.next", at=10 * MINUTE)) == {}


def test_the_end_of_the_session_ends_the_present_item_too() -> None:
    happenings = decide(conference(), Order("session.end", by=OFFICE, now=after(21 * MINUTE)))
    assert [h.kind for h in happenings] == [EventKind.AGENDA_ITEM_ENDED, EventKind.SESSION_CLOSED]
    assert happenings[0].payload["overrun_seconds"] == MINUTE


def test_the_opening_says_whom_each_item_calls() -> None:
    state = conference()
    assert [run.posts for run in state.items] == [
        (Post.DIRECTOR,),
        (Post.SECRETARY, Post.DIRECTOR),
        (Post.SOCIAL_WORKER,),
    ]
    assert [sorted(run.venues) for run in state.items] == [[], [1, 2], [3, 4]]


def test_an_opening_of_before_items_said_whom_they_call_calls_everybody() -> None:
    event = opening()
    del event.payload["calls"]
    assert opening_from_payload(1, event.payload).calls == ()
    state = opened(event, MAIN_VENUE)
    assert agenda.newcomers(state, 1) == frozenset()


def test_who_is_needed_from_the_next_item_on_is_called_in_two_minutes_before() -> None:
    state = conference()
    assert agenda.newcomers(state, 1) == {1, 2}
    assert by_the_clock(state, 18 * MINUTE - 1).clock.called is None
    state = by_the_clock(state, 18 * MINUTE)
    assert (state.clock.called, state.clock.called_at) == (1, after(18 * MINUTE))
    assert by_the_clock(state, 30 * MINUTE).clock.called_at == after(18 * MINUTE)


def test_the_operator_calls_them_in_at_any_time_and_again() -> None:
    state = do(conference(), "agenda.call_in", at=60)
    state = do(state, "agenda.call_in", at=90)
    assert (state.clock.called, state.clock.called_at) == (1, after(90))
    (called,) = decide(state, Order("agenda.call_in", by=OFFICE))
    assert called.payload["venue_ids"] == [101, 102]


def test_nobody_is_called_in_for_an_item_that_needs_nobody_new() -> None:
    event = opening()
    event.payload["calls"] = []
    state = apply(opened(event, MAIN_VENUE), EventKind.AGENDA_ITEM_STARTED, {"item_id": 11}, NOON)
    with pytest.raises(DomainError, match="nobody_to_call"):
        do(come(state, 1), "agenda.call_in")
    assert by_the_clock(state, 19 * MINUTE).clock.called is None


def test_there_is_nothing_to_go_on_to_after_the_last_item() -> None:
    state = do(do(conference(), "agenda.next"), "agenda.next")
    for name in ("agenda.next", "agenda.call_in"):
        with pytest.raises(DomainError, match="last_item"):
            do(state, name)
    assert next_due(do(state, "agenda.pace", on=True), NOBODY) is None


def test_a_session_without_an_agenda_has_no_clock_to_move() -> None:
    event = opening()
    event.payload["items"] = []
    state = opened(event, MAIN_VENUE)
    assert next_due(state, NOBODY) is None
    for name in ("agenda.next", "agenda.extend", "agenda.call_in"):
        with pytest.raises(DomainError, match="agenda_is_empty"):
            do(state, name)
    assert do(state, "session.end").closed


def test_a_lock_can_be_set_and_lifted() -> None:
    state = do(conference(), "session.lock")
    assert state.locked
    assert decide(state, Order("session.lock", by=OFFICE)) == []
    assert not do(state, "session.unlock").locked
