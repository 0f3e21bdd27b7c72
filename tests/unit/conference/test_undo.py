"""Undo: what it puts back, what it refuses, and what readers of the log are told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference.commands import CONTROLS, decide
from server.conference.fold import apply, fold
from server.conference.model import Answer, ConferenceState, Order
from server.conference.show import PLACES
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from tests.unit.conference.hall import (
    BRANCH,
    LEADER,
    MAIN_VENUE,
    OFFICE,
    SEATS,
    after,
    conference,
    do,
    opening,
)


def undone(state: ConferenceState, at: float = 5) -> ConferenceState:
    return do(state, "undo", value=state.deeds[-1].number, at=at)


def bare(state: ConferenceState) -> ConferenceState:
    return replace(state, deeds=())


def test_mute_all_undone_gives_back_the_floor_and_every_microphone() -> None:
    state = do(do(do(conference(), "mute.lift"), "mic.open", 3), "floor.give", 2, at=1)
    assert bare(undone(do(state, "mute.all", at=3))) == bare(state)


def test_a_venue_taken_off_the_queue_comes_back_to_its_place_among_who_came_since() -> None:
    state = do(do(conference(), "floor.request", 1, at=1), "floor.request", 2, at=2)
    state = do(state, "floor.decline", 1, at=3, word="下一项再讲")
    state = do(state, "floor.request", 3, at=4)
    back = undone(state)
    assert [(r.venue, r.since) for r in back.queue] == [(1, after(1)), (2, after(2)), (3, after(4))]
    assert back.declined == ()


def test_a_venue_that_has_asked_anew_is_not_entered_twice() -> None:
    state = do(do(conference(), "floor.request", 1, at=1), "floor.decline", 1, at=2)
    state = do(state, "floor.request", 1, at=3)
    with pytest.raises(DomainError, match="undo_depends"):
        undone(state)


def test_going_on_undone_puts_the_clock_back_and_tells_readers_of_the_log() -> None:
    before = do(conference(), "floor.give", 2, at=5)
    state = do(before, "agenda.next", at=600)
    happenings = decide(state, Order("undo", value=2, by=OFFICE, now=after(604)))
    assert [h.kind for h in happenings] == [
        EventKind.CONTROL_UNDONE,
        EventKind.AGENDA_ITEM_ENDED,
        EventKind.AGENDA_ITEM_STARTED,
    ]
    assert happenings[2].payload["item_id"] == 11
    assert bare(undone(state, at=604)) == bare(before)


def test_an_answer_undone_is_withdrawn_for_readers_of_the_log() -> None:
    state = do(do(conference(), "roll.start"), "roll.mark", 1, on=True)
    happenings = decide(state, Order("undo", value=2, by=OFFICE, now=after(4)))
    assert [h.kind for h in happenings] == [EventKind.CONTROL_UNDONE, EventKind.ROLL_WITHDRAWN]
    state = undone(do(do(state, "roll.mark", 1, on=False), "roll.mark", 1, on=True))
    assert state.roll_call is not None
    assert state.roll_call.answers == ((1, Answer.SILENT),)


def test_what_was_built_on_a_deed_keeps_it_from_being_undone() -> None:
    given_ = do(conference(), "floor.give", 2)
    muted = do(given_, "mic.close", 2)
    for state in (do(given_, "floor.give", 3, at=1), muted):
        with pytest.raises(DomainError, match="undo_depends"):
            do(state, "undo", value=1, at=2)


def test_a_deed_is_undone_once_and_not_after_its_time() -> None:
    state = do(conference(), "floor.give", 2)
    with pytest.raises(DomainError, match="undo_too_late"):
        undone(state, at=31)
    back = undone(state)
    for number in (1, 9):
        with pytest.raises(DomainError, match="undo_too_late"):
            do(back, "undo", value=number, at=6)


def test_a_number_is_never_given_to_a_second_deed() -> None:
    state = undone(do(conference(), "floor.give", 2))
    assert do(state, "floor.give", 3, at=6).deeds[-1].number == 2


def test_who_gave_the_chair_away_may_undo_that_and_others_may_not() -> None:
    state = do(conference(), "chair.apply", by=LEADER)
    state = do(state, "chair.hand_over", by=LEADER, target=BRANCH.key, seat=BRANCH)
    back = do(state, "undo", by=LEADER, value=1, at=4)
    assert back.chair.holder == LEADER
    with pytest.raises(DomainError, match="command_not_yours"):
        do(back, "undo", by=BRANCH, value=1, at=5)


def test_who_joined_since_stays_when_something_is_undone() -> None:
    state = do(conference(connected=[2]), "floor.give", 2)
    state = apply(state, EventKind.VENUE_CONNECTED, {"venue_id": 103, "peer": "p3"}, after(2))
    state = do(state, "head_count", 2, value=7)
    back = undone(state)
    assert back.floor is None
    three, two = back.venue(3), back.venue(2)
    assert three is not None
    assert two is not None
    assert (three.peers, two.heads) == (frozenset({"p3"}), 7)


ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from(sorted(CONTROLS - {"undo", "session.end"}))
        | st.sampled_from(["floor.request", "mic.open", "mic.close", "roll.here", "head_count"]),
        st.integers(1, 4),
        st.integers(1, 9),
        on=st.booleans(),
        word=st.sampled_from(sorted(PLACES)),
        at=st.sampled_from(["all", "wall"]),
        target=st.sampled_from([seat.key for seat in SEATS]),
        seat=st.sampled_from(SEATS),
        by=st.just(OFFICE),
    ),
    max_size=20,
)


@given(ORDERS)
def test_undo_restores_what_was_and_a_restart_finds_the_same(orders: list[Order]) -> None:
    events = [opening(), Recorded(2, after(0), "agenda.item_started", 1, "x", {"item_id": 11})]
    for number in (1, 2, 3):
        payload = {"venue_id": 100 + number, "peer": f"p{number}"}
        events.append(Recorded(len(events) + 1, after(0), "venue.connected", 1, "x", payload))
    state = fold(events, MAIN_VENUE)
    assert state is not None
    for step, order in enumerate(orders):
        before = state
        # every other action stands, so that undoing meets many states
        for given_ in (replace(order, now=after(step)), None)[: 1 + step % 2]:
            if given_ is None and state.deeds == before.deeds:
                break
            number = state.deeds[-1].number if state.deeds else 0
            undo = Order("undo", value=number, by=OFFICE, now=after(step + 1))
            try:
                happenings = decide(state, given_ or undo)
            except DomainError:
                break
            for h in happenings:
                event = Recorded(len(events) + 1, after(step), h.kind, 1, "x", h.payload)
                events.append(event)
                state = apply(state, event.kind, event.payload, event.at)
            if given_ is None:
                assert bare(state) == bare(before)
    assert fold(events, MAIN_VENUE) == state
