"""The two machines of a meeting request: where it stands, and the leader's word beside it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.errors import ConflictError
from server.domain.places import Post
from server.scheduler.filing import Approval, RequestState
from server.scheduler.states import (
    MOVES,
    Step,
    Word,
    after_step,
    after_word,
    approval_after_change,
    asks_more,
    first_approval,
    may_step,
)
from tests.unit.scheduler.test_problem import a_filing

OVER = (RequestState.HELD, RequestState.WITHDRAWN, RequestState.CANCELLED)


@given(st.lists(st.sampled_from(Step)))
def test_no_row_of_steps_leaves_the_states_or_revives_what_is_over(steps: list[Step]) -> None:
    state = RequestState.DRAFT
    for step in steps:
        if may_step(state, step):
            before, state = state, after_step(state, step)
            assert before not in OVER
            assert state is not RequestState.DRAFT or before is RequestState.DRAFT
        else:
            with pytest.raises(ConflictError):
                after_step(state, step)


def test_every_state_has_its_row_and_says_no_in_its_own_words() -> None:
    assert set(MOVES) == set(RequestState)
    codes = {}
    for state in RequestState:
        with pytest.raises(ConflictError) as refused:
            after_step(state, Step.HOLD if state is not RequestState.PLACED else Step.RETURN)
        codes[state] = refused.value.code
    assert codes[RequestState.PLACED] == "request_placed"
    assert codes[RequestState.WITHDRAWN] == codes[RequestState.CANCELLED] == "request_over"
    assert len(set(codes.values())) == 7


def test_a_draft_becomes_what_the_word_table_says() -> None:
    row = [Step.SUBMIT, Step.LEAVE_OUT, Step.PLACE, Step.HOLD]
    state = RequestState.DRAFT
    seen = [state := after_step(state, step) for step in row]
    assert seen == ["SUBMITTED", "LEFT_OUT", "PLACED", "HELD"]


@given(st.lists(st.sampled_from(Word)))
def test_a_word_is_granted_or_refused_only_while_somebody_waits_for_it(words: list[Word]) -> None:
    approval = Approval.PENDING
    for word in words:
        try:
            before, approval = approval, after_word(approval, word)
        except ConflictError:
            continue
        if word in (Word.GRANT, Word.REFUSE):
            assert before is Approval.PENDING
        if word is Word.TAKE_BACK:
            assert (before, approval) != (Approval.NOT_NEEDED, Approval.PENDING)


@pytest.mark.parametrize("word", [Word.GRANT, Word.REFUSE])
@pytest.mark.parametrize("approval", [Approval.NOT_NEEDED, Approval.GRANTED, Approval.REFUSED])
def test_what_is_decided_is_not_decided_again(approval: Approval, word: Word) -> None:
    with pytest.raises(ConflictError) as refused:
        after_word(approval, word)
    assert refused.value.code == "request_decided"


def test_exempt_departments_and_reading_matter_need_no_word() -> None:
    assert first_approval(a_filing(), exempt=True) is Approval.NOT_NEEDED
    assert first_approval(a_filing(read_only=True), exempt=False) is Approval.NOT_NEEDED
    assert first_approval(a_filing(), exempt=False) is Approval.PENDING


BEFORE = a_filing(posts=(Post.SECRETARY, Post.DIRECTOR), committee_ids=(1, 2), minutes=20)


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, False),
        ({"minutes": 10}, False),
        ({"posts": (Post.DIRECTOR,)}, False),
        ({"committee_ids": (2,)}, False),
        ({"minutes": 25}, True),
        ({"posts": (Post.DIRECTOR, Post.DEPUTY)}, True),
        ({"committee_ids": (1, 2, 3)}, True),
        ({"committee_ids": ()}, True),
        ({"topic": "别的事"}, True),
        ({"read_only": True}, True),
    ],
)
def test_a_word_holds_as_long_as_no_more_is_asked_for(
    changes: dict[str, object], more: bool
) -> None:
    after = replace(BEFORE, **changes)  # type: ignore[arg-type]
    assert asks_more(BEFORE, after) is more
    if after.read_only:
        return
    kept = approval_after_change(Approval.GRANTED, BEFORE, after, exempt=False)
    assert kept is (Approval.PENDING if more else Approval.GRANTED)
    asked = approval_after_change(Approval.REFUSED, BEFORE, after, exempt=False)
    assert asked is Approval.PENDING


def test_fewer_than_all_committees_is_less() -> None:
    everybody = replace(BEFORE, committee_ids=())
    assert not asks_more(everybody, BEFORE)
    assert not asks_more(everybody, everybody)


def test_what_is_made_reading_matter_needs_no_word_any_more() -> None:
    after = replace(BEFORE, read_only=True)
    for approval in Approval:
        changed = approval_after_change(approval, BEFORE, after, exempt=False)
        assert changed is Approval.NOT_NEEDED
