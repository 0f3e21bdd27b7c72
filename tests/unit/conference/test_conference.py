"""Floor, sound, agenda and places: commands become events, events become state."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.conference import places, rollcall
from server.conference.commands import COMMANDS, decide
from server.conference.fold import apply, fold, opened
from server.conference.layout import Screen, big_picture, video_slots
from server.conference.model import ConferenceState, Order
from server.conference.peers import PeerName, parse_peer
from server.conference.show import PLACES
from server.conference.sound import audible
from server.domain.errors import DomainError
from server.domain.events import EventKind, Recorded, time_text
from server.domain.opening import AttendanceRules, Expected, Opening, opening_payload
from server.domain.places import Venue, VenueKind
from server.domain.session import AgendaItem
from server.media.model import Choice
from tests.fakes import NOON_TUESDAY as NOON
from tests.unit.conference.hall import SEATS

MAIN_VENUE = Venue(100, 0, "主会场", VenueKind.MAIN, None)


def opening(branches: int = 3) -> Recorded:
    """Return the event that opens a session of some branches; venue ids are 100 + number."""
    value = Opening(
        session_id=1,
        title="主任工作例会",
        starts_at=NOON,
        ends_at=NOON + timedelta(minutes=50),
        items=(
            AgendaItem(11, 1, "自治金使用说明", "自治办", 20),
            AgendaItem(12, 2, "岁末消防检查部署", "平安办", 30),
        ),
        roster=tuple(Expected(100 + n, n, f"第{n}居") for n in range(1, branches + 1)),
        rules=AttendanceRules(),
    )
    return Recorded(1, NOON, EventKind.SESSION_OPENED, 1, "system", opening_payload(value))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def conference(connected: Sequence[int] = (1, 2, 3)) -> ConferenceState:
    state = opened(opening(), MAIN_VENUE)
    state = apply(state, EventKind.AGENDA_ITEM_STARTED, {"item_id": 11}, NOON)
    for number in connected:
        payload = {"venue_id": 100 + number, "peer": f"p{number}"}
        state = apply(state, EventKind.VENUE_CONNECTED, payload, NOON)
    return state


def do(
    state: ConferenceState, name: str, venue: int = 0, value: int = 0, at: float = 0, **more: Any
) -> ConferenceState:
    for happening in decide(state, Order(name, venue, value, now=after(at), **more)):
        state = apply(state, happening.kind, happening.payload, after(at))
    return state


def test_a_session_opens_with_every_branch_muted_and_the_main_venue_heard() -> None:
    assert audible(conference()) == frozenset({"0"})


def test_the_queue_keeps_the_order_of_asking_and_nobody_stands_in_it_twice() -> None:
    state = do(conference(), "floor.request", 2, at=1)
    state = do(state, "floor.request", 1, at=2)
    state = do(state, "floor.request", 2, at=3)
    assert [(r.venue, r.since) for r in state.queue] == [(2, after(1)), (1, after(2))]


def test_who_is_given_the_floor_leaves_the_queue_and_is_heard() -> None:
    state = do(do(conference(), "floor.request", 2), "floor.give", 2, at=5)
    assert state.floor == 2
    assert state.queue == ()
    assert audible(state) == frozenset({"0", "2"})


def test_giving_the_floor_to_another_takes_it_from_the_first() -> None:
    state = do(do(conference(), "floor.give", 2, at=0), "floor.give", 3, at=65)
    assert state.floor == 3
    assert audible(state) == frozenset({"0", "3"})
    assert state.said == ((2, timedelta(seconds=65)),)


def test_the_floor_cannot_be_given_to_a_venue_that_is_not_here() -> None:
    with pytest.raises(DomainError, match="venue_not_here"):
        decide(conference(connected=[1]), Order("floor.give", 2))


@pytest.mark.parametrize("number", [0, 4, 33])
def test_only_branches_of_the_roster_take_part_in_the_floor(number: int) -> None:
    for name in ("floor.request", "floor.give", "floor.decline"):
        with pytest.raises(DomainError, match="venue_not_on_roster"):
            decide(conference(), Order(name, number))


def test_only_the_venue_that_has_the_floor_can_return_it() -> None:
    state = do(conference(), "floor.give", 2)
    with pytest.raises(DomainError, match="floor_not_yours"):
        decide(state, Order("floor.return", 1))
    assert do(state, "floor.return", 2).floor is None


def test_mute_all_silences_the_speaker_too_and_takes_the_floor_back() -> None:
    state = do(do(conference(), "floor.give", 2), "mute.all", at=3)
    assert state.floor is None
    assert audible(state) == frozenset({"0"})


def test_a_muted_branch_cannot_open_its_microphone_until_the_mute_is_lifted() -> None:
    with pytest.raises(DomainError, match="mic_needs_floor"):
        decide(conference(), Order("mic.open", 2))
    state = do(do(conference(), "mute.lift"), "mic.open", 2)
    assert audible(state) == frozenset({"0", "2"})
    assert audible(do(state, "mute.all")) == frozenset({"0"})


def test_who_has_the_floor_may_close_and_open_its_microphone() -> None:
    state = do(do(conference(), "floor.give", 2), "mic.close", 2)
    assert audible(state) == frozenset({"0"})
    assert state.floor == 2
    assert audible(do(state, "mic.open", 2)) == frozenset({"0", "2"})


def test_the_big_picture_is_the_speaker_for_all_and_the_main_venue_for_the_speaker() -> None:
    state = do(conference(), "floor.give", 2)
    assert [big_picture(state, Screen(n)) for n in range(4)] == [2, 2, 0, 2]
    quiet = conference()
    assert [big_picture(quiet, Screen(n)) for n in range(4)] == [None, 0, 0, 0]


def test_the_wall_takes_the_high_layer_big_and_the_low_one_in_tiles() -> None:
    state = do(conference(), "floor.give", 2)
    slots = video_slots(state, Screen(0), ["video", "audio", "video", "video", "video", "video"])
    assert slots == {
        0: Choice("2", "high"),
        2: Choice("1", "low"),
        3: Choice("2", "low"),
        4: Choice("3", "low"),
        5: None,
    }


def test_a_venue_with_two_connections_is_present_until_the_last_one_ends() -> None:
    state = conference(connected=[1])
    more = {"venue_id": 101, "peer": "watch"}
    state = apply(state, EventKind.VENUE_CONNECTED, more, after(5))
    gone = {"venue_id": 101, "peer": "p1", "last_packet_at": time_text(after(60)), "reason": "left"}
    state = apply(state, EventKind.VENUE_DISCONNECTED, gone, after(61))
    venue = state.venue(1)
    assert venue is not None
    assert venue.since == NOON
    gone = gone | {"peer": "watch", "last_packet_at": time_text(after(90))}
    state = apply(state, EventKind.VENUE_DISCONNECTED, gone, after(105))
    venue = state.venue(1)
    assert venue is not None
    assert (venue.peers, venue.since, venue.joined) == (frozenset(), None, NOON)
    assert venue.present == timedelta(seconds=90)


def test_a_lost_line_keeps_the_floor_and_the_place_in_the_queue() -> None:
    state = do(do(conference(), "floor.give", 2), "floor.request", 3)
    for number in (2, 3):
        gone = {"venue_id": 100 + number, "peer": f"p{number}", "reason": "lost"}
        state = apply(state, EventKind.VENUE_DISCONNECTED, gone, after(9))
    assert state.floor == 2
    assert [r.venue for r in state.queue] == [3]


def test_an_outage_ends_every_connection_at_once() -> None:
    state = apply(
        conference(), EventKind.SYSTEM_OUTAGE_STARTED, {"since": time_text(after(30))}, after(31)
    )
    assert all(not v.peers for v in state.venues)
    assert all(v.present == timedelta(seconds=30) for v in state.venues if v.number)


def test_the_agenda_goes_on_and_overrun_is_counted_to_its_item() -> None:
    state = do(conference(), "agenda.extend", value=5)
    assert state.items[0].added_minutes == 5
    state = do(state, "agenda.next", at=1500)
    assert state.item == 1
    assert state.items[0].used == timedelta(seconds=1500)
    with pytest.raises(DomainError, match="last_item"):
        decide(state, Order("agenda.next"))


def test_a_session_that_has_ended_takes_no_command_and_forwards_no_sound() -> None:
    state = do(conference(), "session.end", at=10)
    assert audible(state) == frozenset()
    for name in COMMANDS:
        with pytest.raises(DomainError, match="session_closed"):
            decide(state, Order(name, 1, 1))


ORDERS = st.lists(
    st.builds(
        Order,
        st.sampled_from(sorted(COMMANDS)),
        st.integers(0, 4),
        st.integers(1, 9),
        word=st.sampled_from(sorted(PLACES)),
        at=st.sampled_from(["all", "wall"]),
        venues=st.lists(st.integers(0, 4), max_size=3).map(tuple),
        on=st.booleans(),
        seat=st.none() | st.sampled_from(SEATS),
        by=st.sampled_from(SEATS),
    ),
    max_size=25,
)


@given(ORDERS)
def test_folding_the_recorded_events_gives_the_state_that_the_commands_made(
    orders: list[Order],
) -> None:
    events = [opening()]
    state = opened(events[0], MAIN_VENUE)
    for number in (1, 2, 3):
        payload = {"venue_id": 100 + number, "peer": f"p{number}"}
        events.append(Recorded(len(events) + 1, NOON, "venue.connected", 1, "x", payload))
        state = apply(state, "venue.connected", payload, NOON)
    for step, order in enumerate(orders):
        try:
            happenings = decide(state, replace(order, now=after(step)))
        except DomainError:
            continue
        for happening in happenings:
            event = Recorded(
                len(events) + 1, after(step), happening.kind, 1, "x", happening.payload
            )
            events.append(event)
            state = apply(state, event.kind, event.payload, event.at)
    assert fold(events, MAIN_VENUE) == state
    speaking = audible(state) - {"0"}
    called = rollcall.named(state)
    if called is None:
        shown = {str(state.floor), str(state.show.broadcast)}
        assert not (state.muted_all and speaking - shown)
    else:
        assert speaking == {str(called)}
    assert state.floor is None or state.floor not in [r.venue for r in state.queue]


def test_the_newest_client_takes_the_place_and_the_older_does_not_fight_back() -> None:
    place = places.take(places.PlaceHolder(), "simulated")
    place = places.take(place, "browser")
    assert [places.held(place, c) for c in ("simulated", "browser")] == ["other", "you"]
    with pytest.raises(DomainError, match="place_taken"):
        places.take(place, "simulated")
    place = places.take(places.free(place), "simulated")
    assert places.held(place, "simulated") == "you"


@given(
    st.builds(
        PeerName,
        st.integers(0, 10**6),
        st.integers(0, 999),
        st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
        st.lists(st.sampled_from(["audio", "video"]), max_size=40).map(tuple),
        st.from_regex(r"[a-f0-9]{8}", fullmatch=True),
    )
)
def test_the_name_of_a_connection_says_whose_it_is(name: PeerName) -> None:
    assert parse_peer(str(name)) == name


@pytest.mark.parametrize("text", ["", "1.2", "a.b.c.d.e", "1.2.x.avx.9", "1.2.x..9\n"])
def test_a_foreign_name_is_not_taken_for_one_of_ours(text: str) -> None:
    assert parse_peer(text) is None
