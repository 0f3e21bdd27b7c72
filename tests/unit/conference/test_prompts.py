"""Random "we are here" prompts and leave in a running conference."""

from dataclasses import replace

import pytest

from server.conference import prompts
from server.conference.due import next_due
from server.conference.fold import apply, fold
from server.conference.model import NOBODY, ConferenceState
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from server.domain.prompting import next_due as next_prompt
from tests.unit.conference.test_conference import MAIN_VENUE, after, conference, do, opening

TEN_MINUTES = 600


def prompted(at: float = 0) -> ConferenceState:
    """A conference of three branches that was asked ten minutes after prompts were switched on."""
    state = do(conference(), "prompt.pace", value=10, at=at)
    return ask(state, at + TEN_MINUTES)


def ask(state: ConferenceState, at: float) -> ConferenceState:
    return do(state, prompts.ASK, at=at)


def answered(state: ConferenceState) -> list[int]:
    return prompts.numbers(state, state.prompting.answered)


def test_nobody_is_asked_until_the_chair_switches_prompts_on() -> None:
    assert prompts.due(conference(), NOBODY) is None
    state = do(conference(), "prompt.pace", value=10)
    due = next_due(state)
    assert due is not None
    assert (due.at, due.order.name) == (after(TEN_MINUTES), prompts.ASK)


@pytest.mark.parametrize(("chance", "minutes"), [(0.0, 5), (0.5, 10), (1.0, 15)])
def test_the_moment_is_drawn_from_half_to_one_and_a_half_of_the_pace(
    chance: float, minutes: int
) -> None:
    assert next_prompt(after(0), 10, chance, seconds=120) == after(minutes * 60)
    assert next_prompt(after(0), 0, chance, seconds=120) is None


def test_the_next_is_not_asked_while_the_last_can_be_answered() -> None:
    assert next_prompt(after(0), 5, 0.0, seconds=600) == after(TEN_MINUTES)


def test_all_branches_that_are_here_are_asked_but_not_the_one_that_speaks() -> None:
    state = do(conference(connected=(1, 2)), "floor.give", 2)
    state = ask(do(state, "prompt.pace", value=10), TEN_MINUTES)
    assert prompts.numbers(state, state.prompting.venue_ids) == [1]
    assert state.prompting.due_at == after(2 * TEN_MINUTES)


def test_an_order_that_comes_too_early_asks_nobody() -> None:
    state = do(conference(), "prompt.pace", value=10)
    assert ask(state, 30).prompting.asked_at is None


def test_an_answer_counts_once_and_only_in_time() -> None:
    state = prompted()
    state = do(state, "prompt.answer", 2, at=TEN_MINUTES + 30)
    assert answered(do(state, "prompt.answer", 2, at=TEN_MINUTES + 40)) == [2]
    assert prompts.until(state) == after(TEN_MINUTES + 120)
    with pytest.raises(DomainError, match="prompt_over"):
        do(state, "prompt.answer", 1, at=TEN_MINUTES + 121)


def test_who_was_not_asked_cannot_answer() -> None:
    with pytest.raises(DomainError, match="prompt_not_asked"):
        do(conference(), "prompt.answer", 1)
    with pytest.raises(DomainError, match="venue_not_on_roster"):
        do(prompted(), "prompt.answer", 0)


def test_a_prompt_waits_for_the_start_and_for_the_end_of_a_roll_call() -> None:
    state = do(conference(), "prompt.pace", value=10)
    early = replace(state, starts_at=after(2 * TEN_MINUTES))
    due = prompts.due(early, NOBODY)
    assert due is not None
    assert due[0] == after(2 * TEN_MINUTES)
    assert prompts.due(do(state, "roll.start"), NOBODY) is None


def test_switching_off_ends_them_and_a_pace_is_not_too_quick() -> None:
    off = do(prompted(), "prompt.pace", value=0, at=700)
    assert prompts.due(off, NOBODY) is None
    assert do(off, "prompt.pace", value=0, at=710) == off
    with pytest.raises(DomainError, match="prompt_pace"):
        do(conference(), "prompt.pace", value=4)


def leave(kind: EventKind, number: int, **more: int) -> tuple[EventKind, dict[str, int]]:
    return kind, {"venue_id": 100 + number, **more}


def test_leave_granted_before_the_session_opened_is_known_in_it() -> None:
    kind, payload = leave(EventKind.LEAVE_GRANTED, 2)
    before = Recorded(1, after(-9000), kind, 1, "login:1", payload)
    state = fold([before, replace(opening(), sequence=2)], MAIN_VENUE)
    assert state is not None
    assert state.on_leave == {2}


def test_the_last_word_on_leave_counts_and_a_person_s_is_not_the_venue_s() -> None:
    state = apply(conference(), *leave(EventKind.LEAVE_GRANTED, 2), after(0))
    state = apply(state, *leave(EventKind.LEAVE_GRANTED, 3, person_id=31), after(0))
    assert state.on_leave == {2}
    assert apply(state, *leave(EventKind.LEAVE_REFUSED, 2), after(1)).on_leave == frozenset()
    assert apply(state, *leave(EventKind.LEAVE_GRANTED, 77), after(1)) == state
