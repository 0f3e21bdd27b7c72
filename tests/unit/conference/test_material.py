"""The material that the chair shows: every page follows, and the next item's comes up by itself."""

import pytest

from server.conference.commands import decide
from server.conference.material import shown_now
from server.conference.model import ConferenceState, Order
from server.conference.show import ShownMaterial
from server.domain.errors import DomainError
from tests.unit.conference.hall import BRANCH, LEADER, OFFICE, conference, do

TAKEN = "chair.apply"


def shown(state: ConferenceState, page: int = 1) -> ConferenceState:
    return do(state, "material.show", item=state.item, word="m7", value=page)


def test_the_page_that_the_operator_shows_is_what_viewers_show() -> None:
    state = shown(conference(), page=2)
    assert shown_now(state) == ShownMaterial(11, "m7", 2)
    assert decide(state, Order("material.show", word="m7", value=2, by=OFFICE)) == []


def test_nothing_is_shown_until_something_is_and_after_it_was_taken_off() -> None:
    assert shown_now(conference()) is None
    state = do(shown(conference()), "material.hide")
    assert shown_now(state) is None
    assert decide(state, Order("material.hide", by=OFFICE)) == []


def test_at_the_hand_over_the_next_item_comes_up_from_its_first_page() -> None:
    state = do(shown(conference(), page=5), "agenda.next", at=60)
    assert shown_now(state) == ShownMaterial(12, "", 1)
    assert shown_now(do(shown(state, page=3), "agenda.next", at=120)) == ShownMaterial(13, "", 1)


def test_only_the_present_items_material_is_shown_to_all() -> None:
    for item in (1, 99):
        with pytest.raises(DomainError, match="item_not_present"):
            do(conference(), "material.show", item=item, word="m7", value=1)


def test_a_branch_that_does_not_lead_shows_nothing_to_others() -> None:
    state = do(conference(), TAKEN, by=LEADER)
    with pytest.raises(DomainError):
        do(state, "material.show", word="m7", value=1, by=BRANCH)


def test_leafing_takes_no_other_controls_undo_away() -> None:
    state = do(conference(), "mute.lift")
    for page in range(1, 12):
        state = shown(state, page)
    back = do(state, "undo", value=state.deeds[-1].number, at=1)
    assert back.muted_all
    assert shown_now(back) == ShownMaterial(11, "m7", 11)
