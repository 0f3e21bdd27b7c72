"""The chair: one at most, how it changes hands, who may work the controls, the deputy."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference.chair import DEPUTY_AFTER, RELIEVE, may_control
from server.conference.commands import CONTROLS, decide
from server.conference.due import next_due
from server.conference.fold import apply, fold
from server.conference.model import Attention, ConferenceState, Order, Seat, Way
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded
from tests.unit.conference.hall import (
    BRANCH,
    LEADER,
    MAIN_VENUE,
    OFFICE,
    OTHER_LEADER,
    OTHER_OFFICE,
    SEATS,
    after,
    conference,
    do,
    opening,
)


def led_by(seat: Seat) -> ConferenceState:
    return do(conference(), "chair.apply", by=seat)


def test_who_applies_for_a_free_chair_has_it() -> None:
    chair = do(conference(), "chair.apply", by=LEADER, at=5).chair
    assert (chair.holder, chair.since, chair.way) == (LEADER, after(5), Way.APPLIED)


def test_who_applies_for_a_taken_chair_asks_its_holder_who_hands_it_over() -> None:
    state = do(led_by(LEADER), "chair.apply", by=OTHER_LEADER)
    assert (state.chair.holder, state.chair.asking) == (LEADER, (OTHER_LEADER,))
    state = do(state, "chair.hand_over", by=LEADER, target=OTHER_LEADER.key, seat=OTHER_LEADER)
    assert (state.chair.holder, state.chair.asking) == (OTHER_LEADER, ())


def test_asking_twice_is_asking_once_and_can_be_taken_back_or_declined() -> None:
    asked = do(do(led_by(LEADER), "chair.apply", by=OFFICE), "chair.apply", by=OFFICE)
    assert asked.chair.asking == (OFFICE,)
    assert do(asked, "chair.withdraw", by=OFFICE).chair.asking == ()
    assert do(asked, "chair.decline", by=LEADER, target=OFFICE.key).chair.asking == ()


def test_a_venue_never_takes_a_free_chair_but_asks_for_it() -> None:
    chair = do(conference(), "chair.apply", by=BRANCH).chair
    assert (chair.holder, chair.asking) == (None, (BRANCH,))


def test_a_venue_that_was_handed_the_chair_works_the_controls_until_it_gives_it_back() -> None:
    state = do(led_by(LEADER), "chair.hand_over", by=LEADER, target=BRANCH.key, seat=BRANCH)
    state = do(state, "floor.give", 3, by=BRANCH)
    assert state.floor == 3
    state = do(state, "chair.release", by=BRANCH)
    with pytest.raises(DomainError, match="command_not_yours"):
        do(state, "floor.take_back", by=BRANCH)


def test_the_chair_goes_to_nobody_who_is_not_here() -> None:
    with pytest.raises(DomainError, match="seat_not_here"):
        do(led_by(LEADER), "chair.hand_over", by=LEADER, target="login:9")


@pytest.mark.parametrize(("holder", "seat"), [(OFFICE, LEADER), (BRANCH, LEADER), (BRANCH, OFFICE)])
def test_a_higher_rank_seizes_the_chair(holder: Seat, seat: Seat) -> None:
    state = do(led_by(OFFICE), "chair.hand_over", target=holder.key, seat=holder)
    chair = do(state, "chair.seize", by=seat).chair
    assert (chair.holder, chair.way) == (seat, Way.SEIZED)


@pytest.mark.parametrize(
    ("holder", "seat"), [(LEADER, OTHER_LEADER), (LEADER, OFFICE), (OFFICE, OTHER_OFFICE)]
)
def test_an_equal_or_lower_rank_is_refused_and_told_who_leads(holder: Seat, seat: Seat) -> None:
    with pytest.raises(DomainError, match="chair_rank") as refusal:
        do(led_by(holder), "chair.seize", by=seat)
    assert refusal.value.params == {"name": holder.name}


def test_a_venue_seizes_nothing() -> None:
    with pytest.raises(DomainError, match="command_not_yours"):
        do(conference(), "chair.seize", by=BRANCH)


@pytest.mark.parametrize("name", sorted(CONTROLS))
def test_a_leader_without_the_chair_and_a_venue_work_no_control(name: str) -> None:
    for state, seat, code in (
        (conference(), LEADER, "chair_is_free"),
        (led_by(LEADER), OTHER_LEADER, "chair_is_anothers"),
        (led_by(LEADER), BRANCH, "command_not_yours"),
    ):
        with pytest.raises(DomainError, match=code):
            decide(state, Order(name, 1, 1, by=seat))


def test_the_operator_works_the_controls_on_the_chairs_behalf_and_the_log_says_so() -> None:
    (given_,) = decide(led_by(LEADER), Order("floor.give", 2, by=OFFICE))
    assert given_.payload["control"] == {
        "command": "floor.give",
        "by": OFFICE.key,
        "for": LEADER.key,
        "deed": 1,
    }
    (own,) = decide(led_by(LEADER), Order("floor.give", 2, by=LEADER))
    assert "for" not in own.payload["control"]


def relieved(state: ConferenceState, *here: Seat, away: float = 30) -> ConferenceState:
    """Return the state once what is due by now is done, the chair having been away so long."""
    due = next_due(state, Attention(here, after(0)))
    if due is None or due.at > after(away) or due.order.name != RELIEVE:
        return state
    return do(state, RELIEVE, at=away, by=None, target=due.order.target, seat=due.order.seat)


def test_the_operator_takes_the_chair_when_its_holder_has_been_away_for_thirty_seconds() -> None:
    state = led_by(LEADER)
    assert timedelta(seconds=30) == DEPUTY_AFTER
    assert relieved(state, OFFICE, away=29.9).chair.holder == LEADER
    chair = relieved(state, OFFICE).chair
    assert (chair.holder, chair.way, chair.former) == (OFFICE, Way.DEPUTY, LEADER)


def test_the_named_deputy_goes_before_the_operator_while_it_is_here() -> None:
    state = do(led_by(LEADER), "chair.deputy", target=OTHER_LEADER.key, seat=OTHER_LEADER)
    assert relieved(state, OFFICE, OTHER_LEADER).chair.holder == OTHER_LEADER
    assert relieved(state, OFFICE).chair.holder == OFFICE
    assert relieved(state).chair.holder == LEADER
    freed = do(state, "chair.deputy", by=LEADER)
    assert relieved(freed, OFFICE, OTHER_LEADER).chair.holder == OFFICE


def test_the_chair_cannot_be_its_own_deputy() -> None:
    with pytest.raises(DomainError, match="deputy_is_chair"):
        do(led_by(LEADER), "chair.deputy", by=LEADER, target=LEADER.key, seat=LEADER)


def test_the_chair_does_not_jump_back_but_its_former_holder_takes_it_back() -> None:
    state = relieved(led_by(LEADER), OFFICE)
    assert next_due(state, Attention((LEADER, OFFICE))) == next_due(state, Attention((OFFICE,)))
    with pytest.raises(DomainError, match="chair_was_not_yours"):
        do(state, "chair.take_back", by=OTHER_LEADER)
    chair = do(state, "chair.take_back", by=LEADER).chair
    assert (chair.holder, chair.way, chair.former) == (LEADER, Way.TAKEN_BACK, None)


def test_a_deputy_that_was_due_finds_a_chair_that_was_released_meanwhile_free() -> None:
    state = do(led_by(LEADER), "chair.release", by=LEADER)
    assert do(state, RELIEVE, by=None, target=OFFICE.key, seat=OFFICE) == state


ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from([name for name in sorted(CONTROLS) if name.startswith("chair.")])
        | st.sampled_from(["chair.apply", "chair.withdraw", "chair.seize", "chair.take_back"])
        | st.just(RELIEVE),
        target=st.sampled_from([seat.key for seat in SEATS]),
        seat=st.sampled_from(SEATS),
        by=st.sampled_from(SEATS),
    ),
    max_size=30,
)


@given(ORDERS)
def test_there_is_at_most_one_chair_and_a_restart_finds_the_same(orders: list[Order]) -> None:
    events, state = [opening()], conference(connected=[])
    state = fold(events, MAIN_VENUE) or state
    for order in orders:
        before = state
        try:
            happenings = decide(state, order)
        except DomainError:
            continue
        for happening in happenings:
            event = Recorded(len(events) + 1, after(0), happening.kind, 1, "x", happening.payload)
            events.append(event)
            state = apply(state, event.kind, event.payload, event.at)
        taken = [h for h in happenings if h.kind is EventKind.CHAIR_TAKEN]
        assert (state.chair.holder != before.chair.holder) <= bool(happenings)
        assert len(taken) <= 1
        leading = [seat for seat in SEATS if seat is not OFFICE and seat is not OTHER_OFFICE]
        assert sum(may_control(state, seat) for seat in leading) <= 1
        assert not any(seat.is_same(state.chair.holder) for seat in state.chair.asking)
    assert fold(events, MAIN_VENUE) == state
