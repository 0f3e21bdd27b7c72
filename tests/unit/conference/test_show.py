"""Broadcast, watch, carousel, layouts, a shared screen: what every screen shows, and when."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference import content
from server.conference.commands import COMMANDS, decide
from server.conference.due import next_due
from server.conference.fold import apply, opened
from server.conference.layout import FIRST_PICTURES, Screen, big_picture, video_slots, view_of
from server.conference.model import MAIN, ConferenceState, Order
from server.conference.peers import Part
from server.conference.show import PLACES
from server.conference.sound import asked, audible
from server.domain.errors import DomainError
from server.domain.events import EventKind, time_text
from server.media.model import Choice, Kind
from tests.fakes import NOON_TUESDAY as NOON
from tests.unit.conference.test_conference import (
    MAIN_VENUE,
    after,
    conference,
    do,
    opening,
)

MANY: tuple[Kind, ...] = ("video",) * 40


def apply_opening(branches: int) -> ConferenceState:
    return opened(opening(branches), MAIN_VENUE)


def gone(state: ConferenceState, number: int, at: float = 0) -> ConferenceState:
    payload = {"venue_id": 100 + number, "peer": f"p{number}", "reason": "lost"}
    payload["last_packet_at"] = time_text(after(at))
    return apply(state, EventKind.VENUE_DISCONNECTED, payload, after(at))


def back(state: ConferenceState, number: int, at: float = 0) -> ConferenceState:
    payload = {"venue_id": 100 + number, "peer": f"p{number}"}
    return apply(state, EventKind.VENUE_CONNECTED, payload, after(at))


def share(state: ConferenceState, number: int, peer: str = "screen") -> ConferenceState:
    for happening in content.came(state, number, peer):
        state = apply(state, happening.kind, happening.payload, NOON)
    return state


def run_due(state: ConferenceState, now: datetime) -> ConferenceState:
    """Give the order that is due by now, as the service does."""
    due = next_due(state)
    if due is not None and due.at <= now:
        for happening in decide(state, due.order):
            state = apply(state, happening.kind, happening.payload, now)
    return state


def bigs(state: ConferenceState) -> list[int | None]:
    return [big_picture(state, Screen(n)) for n in range(4)]


# --- broadcast and watch -----------------------------------------------------------------------


def test_a_broadcast_venue_is_big_everywhere_whoever_has_the_floor() -> None:
    state = do(do(conference(), "floor.give", 3), "broadcast.set", 2)
    assert bigs(state) == [2, 2, 3, 2]
    assert bigs(do(state, "broadcast.end")) == [3, 3, 3, 0]


def test_a_broadcast_venue_is_heard_until_it_ends() -> None:
    state = do(conference(), "broadcast.set", 2)
    assert audible(state) == frozenset({"0", "2"})
    assert audible(do(state, "broadcast.end")) == frozenset({"0"})


def test_who_is_called_or_has_the_floor_and_who_is_broadcast_need_not_be_loud_to_be_heard() -> None:
    state = do(do(conference(), "floor.give", 3), "broadcast.set", 2)
    assert asked(state) == {"2", "3"}
    assert asked(do(state, "roll.start")) == {"1", "2"}
    assert asked(do(state, "broadcast.end")) == {"3"}
    assert asked(conference()) == frozenset()


def test_who_keeps_the_floor_is_still_heard_when_its_broadcast_ends() -> None:
    state = do(do(conference(), "floor.give", 2), "broadcast.set", 2)
    assert audible(do(state, "broadcast.end")) == frozenset({"0", "2"})


def test_broadcasting_another_venue_silences_the_first() -> None:
    state = do(do(conference(), "broadcast.set", 2), "broadcast.set", 3)
    assert audible(state) == frozenset({"0", "3"})


def test_mute_all_silences_a_broadcast_venue_and_leaves_its_picture() -> None:
    state = do(do(conference(), "broadcast.set", 2), "mute.all")
    assert audible(state) == frozenset({"0"})
    assert bigs(state)[1] == 2
    assert audible(do(state, "mic.open", 2)) == frozenset({"0", "2"})


def test_the_main_venue_can_be_broadcast_over_who_has_the_floor() -> None:
    state = do(do(back(conference(), MAIN), "floor.give", 3), "broadcast.set", MAIN)
    assert bigs(state) == [3, 0, 0, 0]


@pytest.mark.parametrize("name", ["broadcast.set", "watch.set"])
def test_a_venue_that_is_not_here_is_neither_broadcast_nor_watched(name: str) -> None:
    with pytest.raises(DomainError, match="venue_not_here"):
        decide(conference(connected=[1]), Order(name, 2))
    with pytest.raises(DomainError, match="venue_not_on_roster"):
        decide(conference(), Order(name, 9))


def test_watching_changes_the_wall_alone_and_opens_no_microphone() -> None:
    state = do(conference(), "watch.set", 2)
    assert bigs(state) == [2, 0, 0, 0]
    assert big_picture(state, Screen(MAIN, Part.BIG)) == 2
    assert big_picture(state, Screen(MAIN, Part.OBSERVER)) == MAIN
    assert audible(state) == frozenset({"0"})
    assert bigs(do(state, "watch.end")) == [None, 0, 0, 0]


# --- the carousel ------------------------------------------------------------------------------


def _start(state: ConferenceState, at: str, seconds: int) -> ConferenceState:
    for happening in decide(state, Order("carousel.start", value=seconds, at=at)):
        state = apply(state, happening.kind, happening.payload, NOON)
    return state


def test_the_carousel_goes_round_the_branches_in_order_of_number() -> None:
    state = _start(conference(), "all", 10)
    seen = [bigs(state)[MAIN]]
    for moment in (9, 10, 20, 30):
        state = run_due(state, after(moment))
        seen.append(bigs(state)[MAIN])
    assert seen == [1, 1, 2, 3, 1]


def test_the_venue_that_the_carousel_shows_sees_the_main_venue_meanwhile() -> None:
    assert bigs(_start(conference(), "all", 10)) == [1, 0, 1, 1]


def test_a_carousel_on_the_wall_changes_nobody_elses_picture() -> None:
    assert bigs(_start(conference(), "wall", 10)) == [1, 0, 0, 0]


def test_the_carousel_leaves_out_who_is_not_here() -> None:
    state = run_due(_start(conference(connected=[1, 3]), "all", 10), after(10))
    assert bigs(state)[MAIN] == 3


def test_who_leaves_while_shown_gives_way_at_once() -> None:
    state = gone(_start(conference(), "all", 10), 1, 4)
    assert bigs(state)[2] == MAIN
    assert bigs(run_due(state, after(4)))[MAIN] == 2


def test_the_carousel_waits_while_nobody_else_is_here_and_goes_on_when_somebody_comes() -> None:
    state = _start(conference(connected=[2]), "all", 10)
    assert next_due(state) is None
    state = back(state, 3, 25)
    assert bigs(run_due(state, after(25)))[MAIN] == 3


def test_a_paused_carousel_stays_and_gives_the_full_time_when_it_goes_on() -> None:
    state = do(_start(conference(), "all", 10), "carousel.pause", at=8)
    assert next_due(state) is None
    state = do(state, "carousel.resume", at=60)
    due = next_due(state)
    assert due is not None
    assert due.at == after(70)


def test_a_carousel_for_all_and_a_broadcast_end_each_other() -> None:
    state = _start(do(conference(), "broadcast.set", 3), "all", 10)
    assert (state.show.broadcast, bigs(state)[2]) == (None, 1)
    assert audible(state) == frozenset({"0"})
    state = do(state, "broadcast.set", 2)
    assert state.show.carousel is None


def test_watching_a_venue_ends_a_carousel_on_the_wall_and_the_other_way_round() -> None:
    state = do(_start(conference(), "wall", 10), "watch.set", 2)
    assert state.show.carousel is None
    assert _start(state, "wall", 10).show.watched is None


def test_a_carousel_needs_somebody_to_show_and_must_run_to_be_paused() -> None:
    with pytest.raises(DomainError, match="nobody_here"):
        decide(conference(connected=[]), Order("carousel.start", value=10, at="all"))
    with pytest.raises(DomainError, match="no_carousel"):
        decide(conference(), Order("carousel.pause"))


def test_nothing_happens_by_itself_in_a_session_that_was_ended() -> None:
    assert next_due(do(_start(conference(), "all", 10), "session.end", at=1)) is None


# --- layouts -----------------------------------------------------------------------------------


def layout(state: ConferenceState, word: str, at: str = "all", *venues: int) -> ConferenceState:
    for happening in decide(state, Order("layout.set", word=word, at=at, venues=venues)):
        state = apply(state, happening.kind, happening.payload, NOON)
    return state


def shown(state: ConferenceState, screen: Screen) -> list[tuple[int, int]]:
    return [(pane.venue, pane.slot) for pane in view_of(state, screen).panes]


def test_nine_pictures_are_the_main_venue_and_the_branches_here_by_number() -> None:
    state = layout(conference(connected=[1, 3]), "9")
    assert shown(state, Screen(2)) == [(0, 0), (1, 1), (3, 2)]
    assert video_slots(state, Screen(2), MANY[:4]) == {
        0: Choice("0", "low"),
        1: Choice("1", "low"),
        2: Choice("3", "low"),
        3: None,
    }


def test_a_venue_in_a_layout_shows_its_own_camera_and_is_sent_none() -> None:
    state = layout(conference(), "9")
    assert shown(state, Screen(2)) == [(0, 0), (1, 1), (2, -1), (3, 3)]
    assert video_slots(state, Screen(2), MANY[:4])[2] is None


def test_one_and_five_has_the_speaker_large_and_five_small() -> None:
    state = layout(do(conference(), "floor.give", 3), "1+5")
    assert shown(state, Screen(1)) == [(3, 0), (1, -1), (2, 2), (3, 3), (0, 4)]
    assert video_slots(state, Screen(1), MANY[:2])[0] == Choice("3", "high")


def test_more_pictures_of_a_page_go_on_where_its_own_connection_ends() -> None:
    state = layout(conference(), "9")
    page = Screen(2, Part.MORE)
    assert video_slots(state, Screen(2), MANY[:FIRST_PICTURES]) == {
        0: Choice("0", "low"),
        1: Choice("1", "low"),
    }
    assert video_slots(state, page, MANY[:3]) == {0: None, 1: Choice("3", "low"), 2: None}
    assert set(video_slots(layout(state, "1"), page, MANY[:3]).values()) == {None}


def test_thirty_three_is_every_branch_of_the_roster_here_or_not() -> None:
    state = conference(connected=[])
    assert [v for v, _ in shown(layout(state, "33"), Screen(1))] == [0, 1, 2, 3]
    full = apply_opening(33)
    assert [v for v, _ in shown(layout(full, "33"), Screen(1))] == list(range(1, 34))


def test_tiles_stay_where_they_are_when_somebody_goes_or_comes() -> None:
    state = layout(conference(connected=[1, 3]), "9")
    before = shown(state, Screen(2))
    assert shown(back(gone(state, 1, 5), 2, 6), Screen(3))[:2] == before[:2]


@pytest.mark.parametrize(("name", "places"), [("9", 9), ("16", 16)])
def test_a_branch_that_speaks_and_has_no_place_takes_the_last_one(name: str, places: int) -> None:
    state = layout(apply_opening(33), name, "all", *range(places))
    before = [v for v, _ in shown(state, Screen(1))]
    speaks = replace(state, floor=20)
    assert before == list(range(places))
    assert shown(speaks, Screen(1))[-1] == (20, places - 1)
    assert [v for v, _ in shown(speaks, Screen(1))] == [*before[:-1], 20]
    assert shown(speaks, Screen(MAIN))[-1] == (20, 20), "by the slot of its tile"
    assert [v for v, _ in shown(speaks, Screen(20))] == before, "it does not watch itself"
    assert [v for v, _ in shown(replace(state, floor=2), Screen(1))] == before


def test_the_venues_of_a_layout_can_be_named() -> None:
    state = layout(conference(), "9", "all", 3, 1, 3)
    assert shown(state, Screen(2)) == [(3, 0), (1, 1)]
    with pytest.raises(DomainError, match="venue_not_on_roster"):
        layout(conference(), "9", "all", 9)


def test_the_wall_shows_a_layout_by_the_slots_of_its_tiles() -> None:
    state = layout(conference(), "9", "wall")
    assert shown(state, Screen(MAIN)) == [(0, -1), (1, 1), (2, 2), (3, 3)]
    assert shown(state, Screen(1)) == [(0, 0)]
    assert video_slots(state, Screen(MAIN), MANY[:4])[0] is None


def test_a_venue_chooses_for_itself_only_while_the_chair_allows_it() -> None:
    with pytest.raises(DomainError, match="choice_not_allowed"):
        decide(conference(), Order("layout.choose", 2, word="9"))
    state = do(conference(), "layout.allow")
    for happening in decide(state, Order("layout.choose", 2, word="9")):
        state = apply(state, happening.kind, happening.payload, NOON)
    assert [view_of(state, Screen(n)).layout for n in range(4)] == ["1", "1", "9", "1"]
    assert view_of(do(state, "layout.choose", 2), Screen(2)).layout == "1"
    assert view_of(do(state, "layout.forbid"), Screen(2)).layout == "1"


# --- a shared screen ---------------------------------------------------------------------------


def test_a_shared_screen_is_large_and_the_speaker_small_beside_it() -> None:
    state = share(do(conference(), "floor.give", 3), MAIN)
    view = view_of(state, Screen(1))
    assert view.layout == "content"
    assert [(p.venue, p.slot, p.content, p.large) for p in view.panes] == [
        (MAIN, 0, True, True),
        (3, 1, False, False),
    ]
    assert video_slots(state, Screen(1), MANY[:2]) == {
        0: Choice("0c", "high"),
        1: Choice("3", "low"),
    }


def test_who_shares_its_screen_sees_the_speaker_and_not_its_own_screen() -> None:
    state = share(do(conference(), "content.allow", 2), 2)
    assert video_slots(state, Screen(2), MANY[:2]) == {0: Choice("0", "high"), 1: None}


def test_the_wall_has_its_small_picture_in_the_slot_after_the_tiles() -> None:
    state = share(do(do(conference(), "content.allow", 2), "floor.give", 3), 2)
    slots = video_slots(state, Screen(MAIN), MANY[:6])
    assert slots == {
        0: Choice("2c", "high"),
        1: Choice("1", "low"),
        2: Choice("2", "low"),
        3: Choice("3", "low"),
        4: Choice("3", "low"),
        5: None,
    }


def test_the_wall_shows_the_main_venues_own_screen_beside_its_own_camera() -> None:
    state = share(conference(), MAIN)
    view = view_of(state, Screen(MAIN))
    assert [(p.venue, p.slot, p.content, p.large) for p in view.panes] == [
        (MAIN, 0, True, True),
        (MAIN, -1, False, False),
    ]
    assert video_slots(state, Screen(MAIN), MANY[:2])[0] == Choice("0c", "high")


def test_a_branch_shares_only_when_it_was_allowed_and_nobody_else_does() -> None:
    with pytest.raises(DomainError, match="share_not_allowed"):
        content.check_share(conference(), 2)
    state = do(conference(), "content.allow", 2)
    content.check_share(state, 2)
    with pytest.raises(DomainError, match="share_taken"):
        content.check_share(share(state, MAIN), 2)
    content.check_share(share(state, 2), MAIN)


def test_the_newest_shared_screen_replaces_the_one_before() -> None:
    state = share(share(do(conference(), "content.allow", 2), 2, "old"), MAIN, "new")
    assert state.show.content is not None
    assert state.show.content.peer == "new"
    assert content.left(state, "old", "lost") == []


def test_taking_the_permission_back_takes_the_screen_off() -> None:
    state = share(do(conference(), "content.allow", 2), 2)
    assert do(state, "content.forbid", 2).show.content is None
    assert do(share(conference(), MAIN), "content.stop").show.content is None


# --- calling the missing -----------------------------------------------------------------------


def test_only_who_is_not_here_is_called_and_the_call_says_whether_it_rang() -> None:
    with pytest.raises(DomainError, match="venue_is_here"):
        decide(conference(), Order("venue.call", 2))
    state = do(conference(connected=[1]), "venue.call", 2, at=3)
    assert state.calls == ((2, after(3), False),)
    assert do(state, "venue.call", 2, value=1, at=9).calls == ((2, after(9), True),)


# --- whatever is ordered -----------------------------------------------------------------------

MOVES = st.lists(
    st.one_of(
        st.builds(
            Order,
            st.sampled_from(sorted(COMMANDS - {"session.end"})),
            st.integers(0, 5),
            st.integers(5, 20),
            word=st.sampled_from(sorted(PLACES)),
            at=st.sampled_from(["all", "wall"]),
            venues=st.lists(st.integers(0, 5), max_size=7).map(tuple),
        ),
        st.tuples(st.sampled_from(["goes", "comes", "shares", "waits"]), st.integers(1, 5)),
    ),
    max_size=20,
)


def play(moves: list[Order | tuple[str, int]]) -> list[ConferenceState]:
    """Return the states after each move; a second passes between two, and what is due is done."""
    state = apply_opening(5)
    states = []
    for second, move in enumerate(moves):
        if isinstance(move, Order):
            try:
                happenings = decide(state, move)
            except DomainError:
                happenings = []
            for happening in happenings:
                state = apply(state, happening.kind, happening.payload, after(second))
        else:
            deed, number = move
            match deed:
                case "goes":
                    state = gone(state, number, second)
                case "comes":
                    state = back(state, number, second)
                case "shares" if content.may_share(state, number):
                    state = share(state, number, f"screen{second}")
        states.append(state)
        if next_due(state):
            state = run_due(state, after(second))
            states.append(state)
    return states


SCREENS = [
    *(Screen(number) for number in range(6)),
    *(Screen(MAIN, part) for part in (Part.BIG, Part.TILES, Part.OBSERVER)),
]


@given(MOVES)
def test_every_screen_is_sent_exactly_what_its_view_says(
    moves: list[Order | tuple[str, int]],
) -> None:
    for state in play(moves):
        for screen in SCREENS:
            view, slots = view_of(state, screen), video_slots(state, screen, MANY)
            for pane in view.panes:
                if pane.slot < 0:
                    assert pane.venue == screen.own
                    continue
                choice = slots[pane.slot]
                assert choice is not None
                assert choice.source == f"{pane.venue}{'c' if pane.content else ''}"
                assert not pane.large or choice.layer == "high"
            sent = {c.source for c in slots.values() if c is not None}
            assert str(screen.own) not in sent
            assert screen.is_wall or f"{screen.own}c" not in sent
            if screen != Screen(MAIN):
                assert len([c for c in slots.values() if c]) == sum(p.slot >= 0 for p in view.panes)


@given(MOVES)
def test_the_carousel_never_shows_who_is_not_here(moves: list[Order | tuple[str, int]]) -> None:
    for state in play(moves):
        running = state.show.carousel
        if running is None:
            continue
        quiet = replace(state, floor=None, show=replace(state.show, broadcast=None, watched=None))
        screen = Screen(MAIN) if running.at == "wall" else Screen(MAIN, Part.BIG)
        number = big_picture(quiet, screen)
        venue = state.venue(number) if number else None
        assert venue is None or venue.peers


@given(MOVES)
def test_no_screen_is_large_twice_and_no_tile_stands_twice(
    moves: list[Order | tuple[str, int]],
) -> None:
    for state in play(moves):
        for screen in SCREENS:
            panes = view_of(state, screen).panes
            assert sum(pane.large for pane in panes) <= 1
            small = [(p.venue, p.content) for p in panes if not p.large]
            assert len(small) == len(set(small))
            used = [pane.slot for pane in panes if pane.slot >= 0]
            assert len(used) == len(set(used))


def test_a_due_moment_is_never_before_what_it_follows() -> None:
    state = _start(conference(), "all", 10)
    due = next_due(state)
    assert due is not None
    assert due.at - NOON == timedelta(seconds=10)
