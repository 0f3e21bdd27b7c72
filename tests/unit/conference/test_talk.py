"""What is written during a session: banner, questions to the chair, quick ballots."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference import ballots, banner, questions
from server.conference.fold import apply
from server.conference.model import ConferenceState, Happening, Order
from server.conference.talk import Ballot
from server.domain.errors import DomainError
from tests.unit.conference.test_conference import after, conference

RULES = {**banner.RULES, **questions.RULES, **ballots.RULES}
YES_NO = ("同意", "不同意", "弃权")


def decide(state: ConferenceState, order: Order) -> list[Happening]:
    return RULES[order.name](state, order)


def do(state: ConferenceState, order: Order, at: float = 0) -> ConferenceState:
    """Carry out an order as the service does, the box of a secret ballot included."""
    for happening in decide(state, order):
        state = apply(state, happening.kind, happening.payload, after(at))
        if happening.sealed is not None:
            counts = list(ballot_of(state).counts)
            counts[happening.sealed] += 1
            state = ballots.with_papers(state, counts)
    return state


def ballot_of(state: ConferenceState) -> Ballot:
    assert state.ballot is not None
    return state.ballot


def asked(*, secret: bool = False) -> ConferenceState:
    order = Order("ballot.open", word="下周三一起巡查？", choices=YES_NO, on=secret)
    return do(conference(), order)


def vote(state: ConferenceState, venue: int, choice: int) -> ConferenceState:
    return do(state, Order("ballot.cast", venue, choice))


def test_a_banner_is_one_line_and_an_empty_one_takes_it_away() -> None:
    state = do(conference(), Order("banner.set", word=" 请各会场\n报到会人数 "))
    assert state.banner == "请各会场 报到会人数"
    assert decide(state, Order("banner.set", word="请各会场 报到会人数")) == []
    assert do(state, Order("banner.set", word=" ")).banner == ""


def test_questions_keep_their_order_and_wait_until_they_are_answered() -> None:
    state = do(conference(), Order("question.ask", 2, word="材料哪里领？"), at=1)
    state = do(state, Order("question.ask", 1, word="几点散会？"), at=2)
    assert [(q.number, q.venue, q.at, q.done) for q in state.questions] == [
        (1, 2, after(1), False),
        (2, 1, after(2), False),
    ]
    state = do(state, Order("question.done", value=1))
    assert [q.done for q in state.questions] == [True, False]
    assert decide(state, Order("question.done", value=1)) == []


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (Order("question.ask", 2, word="  "), "question_empty"),
        (Order("question.ask", 0, word="我"), "venue_not_on_roster"),
        (Order("question.done", value=9), "no_such_question"),
        (Order("ballot.cast", 1, 0), "no_ballot"),
        (Order("ballot.close"), "no_ballot"),
        (Order("ballot.open", word="", choices=YES_NO), "ballot_empty"),
        (Order("ballot.open", word="好吗", choices=("好",)), "ballot_choices"),
        (Order("ballot.open", word="好吗", choices=("好", "好")), "ballot_choices"),
        (Order("ballot.open", word="好吗", choices=("好", " ")), "ballot_choices"),
        (Order("ballot.open", word="好吗", choices=tuple("1234567")), "ballot_choices"),
    ],
)
def test_what_makes_no_sense_is_refused(order: Order, code: str) -> None:
    with pytest.raises(DomainError, match=code):
        decide(conference(), order)


def test_a_venue_with_three_questions_waits_for_an_answer() -> None:
    state = conference()
    for _ in range(questions.MOST_OPEN):
        state = do(state, Order("question.ask", 2, word="什么时候？"))
    with pytest.raises(DomainError, match="questions_waiting"):
        decide(state, Order("question.ask", 2, word="什么时候？"))
    state = do(state, Order("question.done", value=1))
    assert decide(state, Order("question.ask", 2, word="什么时候？"))


def test_an_open_ballot_counts_one_voice_a_venue_and_the_last_one() -> None:
    state = vote(vote(vote(asked(), 1, 0), 2, 0), 1, 2)
    assert ballot_of(state).voices == ((2, 0), (1, 2))
    assert ballot_of(state).counts == (1, 0, 1)
    assert decide(state, Order("ballot.cast", 1, 2)) == []


def test_a_secret_ballot_tells_the_log_only_who_has_voted() -> None:
    state = asked(secret=True)
    [cast] = decide(state, Order("ballot.cast", 2, 1))
    assert cast.payload == {"venue_id": 102}
    assert cast.sealed == 1
    state = vote(state, 2, 1)
    assert ballot_of(state).voices == ((2, -1),)
    with pytest.raises(DomainError, match="paper_in_the_box"):
        decide(state, Order("ballot.cast", 2, 0))
    state = do(state, Order("ballot.close"))
    assert ballot_of(state).counts == (0, 1, 0)


def test_a_result_stays_until_it_is_put_away_or_the_next_is_asked() -> None:
    state = asked()
    for early in (Order("ballot.open", word="再问", choices=YES_NO), Order("ballot.clear")):
        with pytest.raises(DomainError, match="ballot_open"):
            decide(state, early)
    state = do(state, Order("ballot.close"))
    with pytest.raises(DomainError, match="no_ballot"):
        decide(state, Order("ballot.cast", 1, 0))
    assert do(state, Order("ballot.clear")).ballot is None
    again = do(state, Order("ballot.open", word="再问", choices=("去", "不去")))
    assert ballot_of(again).number == 2
    assert ballot_of(again).counts == (0, 0)


def test_the_result_on_record_is_what_was_shown() -> None:
    state = vote(vote(asked(), 1, 0), 3, 1)
    [closed] = decide(state, Order("ballot.close"))
    assert closed.payload["counts"] == [1, 1, 0]
    assert closed.payload["choices"] == list(YES_NO)


def test_no_choice_beyond_the_last_counts() -> None:
    for choice in (-1, 3):
        with pytest.raises(DomainError, match="no_such_choice"):
            decide(asked(), Order("ballot.cast", 1, choice))


@given(st.booleans(), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)), max_size=12))
def test_there_are_never_more_papers_than_venues_that_voted(
    secret: bool, votes: list[tuple[int, int]]
) -> None:
    state = asked(secret=secret)
    for venue, choice in votes:
        in_the_box = secret and venue in dict(ballot_of(state).voices)
        state = state if in_the_box else vote(state, venue, choice)
    found = ballot_of(state)
    assert sum(found.counts) == len(found.voices) == len({venue for venue, _ in votes})
    if not secret:
        assert dict(found.voices) == dict(votes)


def test_a_restart_finds_the_box_as_it_was() -> None:
    state = vote(vote(asked(secret=True), 1, 0), 2, 0)
    lost = replace(ballot_of(state), counts=(0, 0, 0))
    state = replace(state, ballot=lost)
    assert ballot_of(ballots.with_papers(state, [2, 0, 0])).counts == (2, 0, 0)
    assert ballots.with_papers(conference(), [1]) == conference()
