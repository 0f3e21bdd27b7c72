"""Roll call: who is named, who is heard, what is recorded, and that all is as before at the end."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference import rollcall
from server.conference.commands import decide
from server.conference.due import next_due
from server.conference.layout import Screen, big_picture
from server.conference.model import Answer, Attention, ConferenceState, Order
from server.conference.sound import audible
from server.domain.errors import DomainError
from server.domain.events import EventKind
from tests.unit.conference.hall import OFFICE, after, conference, do, go


def answers(state: ConferenceState) -> dict[int, Answer]:
    return dict(state.roll_call.answers) if state.roll_call else {}


def test_a_roll_call_names_the_first_of_the_roster_and_shows_and_hears_it_alone() -> None:
    state = do(do(conference(), "mute.lift"), "mic.open", 3)
    state = do(state, "roll.start")
    assert rollcall.named(state) == 1
    assert audible(state) == frozenset({"0", "1"})
    assert [big_picture(state, Screen(number)) for number in (0, 1, 2)] == [1, 0, 1]


def test_chosen_venues_are_called_in_the_order_of_choice_and_once_each() -> None:
    state = do(conference(), "roll.start", venues=(3, 1, 3))
    called = []
    while (number := rollcall.named(state)) is not None:
        called.append(number)
        state = do(state, "roll.next")
    assert called == [3, 1]


def test_whoever_is_not_here_is_noted_as_absent_and_not_waited_for() -> None:
    state = do(go(conference(), 1, 3), "roll.start")
    assert rollcall.named(state) == 2
    state = do(state, "roll.next")
    assert rollcall.named(state) == 4
    assert answers(state) == {1: Answer.ABSENT, 2: Answer.SILENT, 3: Answer.ABSENT}


def test_nobody_can_be_called_while_nobody_is_here() -> None:
    with pytest.raises(DomainError, match="nobody_to_call"):
        do(conference(connected=[]), "roll.start")


def test_only_branches_of_the_roster_are_called() -> None:
    for number in (0, 9):
        with pytest.raises(DomainError, match="venue_not_on_roster"):
            do(conference(), "roll.start", venues=(number,))


def test_an_answer_comes_by_the_operators_key_by_the_venues_own_or_by_its_voice() -> None:
    state = do(conference(), "roll.start")
    assert answers(do(state, "roll.mark", 1, on=True)) == {1: Answer.ANSWERED}
    assert answers(do(state, "roll.here", 1)) == {1: Answer.ANSWERED}
    (by_voice,) = rollcall.heard(state, [0, 1])
    assert (by_voice.kind, by_voice.payload["by"]) == (EventKind.ROLL_ANSWERED, "voice")
    assert rollcall.heard(state, [0, 2]) == []


def test_a_venue_that_is_not_named_cannot_answer() -> None:
    with pytest.raises(DomainError, match="not_called"):
        do(do(conference(), "roll.start"), "roll.here", 2)
    with pytest.raises(DomainError, match="not_called"):
        do(conference(), "roll.here", 2)


def test_an_entry_can_be_put_right_also_after_the_end() -> None:
    state = do(conference(), "roll.start", venues=(1,))
    state = do(state, "roll.next")
    assert answers(state) == {1: Answer.SILENT}
    happenings = decide(state, Order("roll.mark", 1, on=True, by=OFFICE, now=after(9)))
    assert [h.kind for h in happenings] == [EventKind.ROLL_WITHDRAWN, EventKind.ROLL_ANSWERED]
    assert answers(do(state, "roll.mark", 1, on=True)) == {1: Answer.ANSWERED}
    assert decide(state, Order("roll.mark", 1, on=False, by=OFFICE)) == []


def test_a_venue_that_was_entered_before_its_turn_is_not_called_again() -> None:
    state = do(do(conference(), "roll.start"), "roll.mark", 2, on=True)
    assert rollcall.named(do(state, "roll.next")) == 3


def test_only_venues_of_the_roll_call_can_be_entered() -> None:
    with pytest.raises(DomainError, match="no_roll_call"):
        do(conference(), "roll.mark", 1, on=True)
    with pytest.raises(DomainError, match="venue_not_called"):
        do(do(conference(), "roll.start", venues=(1,)), "roll.mark", 2, on=True)


def test_what_would_be_heard_or_shown_waits_for_the_end_of_the_roll_call() -> None:
    state = do(conference(), "roll.start")
    for name in ("floor.give", "mute.all", "mute.lift", "mic.open", "roll.start"):
        with pytest.raises(DomainError, match="roll_call_runs"):
            do(state, name, 2)
    assert do(state, "floor.request", 2).queue
    assert audible(do(state, "mic.close", 0)) == frozenset({"1"})
    assert audible(do(do(state, "mic.close", 0), "mic.open", 0)) == frozenset({"0", "1"})


def test_at_the_end_floor_and_microphones_are_as_they_were() -> None:
    before = do(do(do(conference(), "mute.lift"), "mic.open", 3), "floor.give", 2)
    state = do(do(before, "roll.start"), "roll.next")
    state = do(state, "roll.end")
    assert audible(state) == audible(before) == frozenset({"0", "2", "3"})
    assert (state.floor, state.muted_all) == (2, False)
    with pytest.raises(DomainError, match="no_roll_call"):
        do(state, "roll.next")


def test_by_itself_the_next_is_called_when_the_seconds_are_over() -> None:
    state = do(conference(), "roll.start", value=15)
    due = next_due(state, Attention())
    assert due is not None
    assert (due.at, due.order) == (after(15), Order(rollcall.STEP, 1))
    state = do(state, rollcall.STEP, 1, at=15, by=None)
    assert (rollcall.named(state), answers(state)) == (2, {1: Answer.SILENT})
    assert state.roll_call is not None
    assert state.roll_call.every == timedelta(seconds=15)
    # the operator was faster than the clock
    assert do(state, rollcall.STEP, 1, at=15.2, by=None) == state


def test_the_end_of_the_session_ends_the_roll_call() -> None:
    state = do(do(conference(), "roll.start"), "session.end")
    assert rollcall.named(state) is None


MOVES = (
    *("roll.next", "roll.mark", "roll.here", "roll.end", "roll.start"),
    *("floor.give", "floor.request", "mic.open", "mic.close", "mute.all", "mute.lift"),
    "lose",
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(MOVES),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=25,
)


@given(STEPS)
def test_nobody_but_the_named_venue_is_audible_during_a_roll_call(
    steps: list[tuple[str, int, bool]],
) -> None:
    state = do(do(conference(), "mute.lift"), "mic.open", 4)
    before = do(state, "roll.start")
    state = before
    for name, number, on in steps:
        if name == "lose":
            state = go(state, number)
            continue
        try:
            state = do(state, name, number, on=on)
        except DomainError:
            continue
        called = rollcall.named(state)
        if called is not None:
            assert audible(state) - {"0"} == {str(called)}
            assert state.roll_call is not None
            assert called in state.roll_call.order
    assert state.roll_call is not None
    assert len(state.roll_call.answers) == len(dict(state.roll_call.answers))
