"""How a venue behaves: it yields at once, comes back when it may, speaks when it is asked to."""

from server.simulator.conduct import Conduct, Drop


def test_a_venue_wants_media_from_the_start() -> None:
    assert Conduct(3).wants_media(0.0)


def test_a_replaced_venue_yields_once_and_stays_away() -> None:
    conduct = Conduct(3)
    assert conduct.take({"type": "replaced"}, 0.0) is Drop.REPLACED
    assert conduct.take({"type": "place", "held": "other"}, 1.0) is None
    assert not conduct.wants_media(1000.0)


def test_a_place_that_went_to_another_pc_is_not_fought_for() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "place", "held": "you"}, 0.0)
    assert conduct.take({"type": "place", "held": "other"}, 1.0) is Drop.REPLACED
    assert not conduct.wants_media(60.0)


def test_a_pc_that_has_just_come_takes_the_place_from_the_one_before() -> None:
    conduct = Conduct(3)
    assert conduct.take({"type": "place", "held": "other"}, 0.0) is None
    assert conduct.wants_media(0.0)


def test_a_replaced_venue_comes_back_when_the_place_was_free_for_ten_seconds() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "replaced"}, 0.0)
    conduct.take({"type": "place", "held": "free"}, 5.0)
    conduct.take({"type": "place", "held": "free"}, 9.0)
    assert not conduct.wants_media(14.9)
    assert conduct.wants_media(15.0)
    assert conduct.wants_media(16.0)


def test_a_place_taken_again_in_the_meantime_starts_the_wait_anew() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "replaced"}, 0.0)
    conduct.take({"type": "place", "held": "free"}, 5.0)
    conduct.take({"type": "place", "held": "other"}, 6.0)
    assert not conduct.wants_media(30.0)
    conduct.take({"type": "place", "held": "free"}, 30.0)
    assert not conduct.wants_media(39.0)
    assert conduct.wants_media(40.0)


def test_a_place_given_to_us_is_ours_at_once() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "replaced"}, 0.0)
    conduct.take({"type": "place", "held": "you"}, 1.0)
    assert conduct.wants_media(1.0)


def test_a_free_place_changes_nothing_for_the_one_who_holds_it() -> None:
    conduct = Conduct(3)
    assert conduct.take({"type": "place", "held": "free"}, 0.0) is None
    assert conduct.wants_media(0.0)


def test_a_venue_speaks_only_while_it_has_the_floor() -> None:
    conduct = Conduct(3)
    assert not conduct.speaking
    conduct.take({"type": "state", "floor": 3, "session": 8}, 0.0)
    assert conduct.speaking
    assert conduct.session == 8
    conduct.take({"type": "state", "floor": 4, "session": 8}, 0.0)
    assert not conduct.speaking


def test_the_end_of_a_session_drops_media_and_the_floor() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "state", "floor": 3, "session": 8}, 0.0)
    assert conduct.take({"type": "ended"}, 1.0) is Drop.ENDED
    assert not conduct.speaking
    assert conduct.session == 0
    assert conduct.wants_media(1.0)


def test_frames_of_unknown_or_broken_kinds_change_nothing() -> None:
    conduct = Conduct(3)
    for frame in (
        {},
        {"type": 7},
        {"type": "news"},
        {"type": "place"},
        {"type": "place", "held": 1},
    ):
        assert conduct.take(frame, 0.0) is None
    conduct.take({"type": "state", "floor": "3", "session": "all"}, 0.0)
    assert not conduct.speaking
    assert conduct.wants_media(0.0)


def test_a_venue_told_to_wait_knows_that_no_session_is_open() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "state", "floor": 3, "session": 8}, 0.0)
    assert conduct.take({"type": "waiting", "session": 9}, 1.0) is None
    assert (conduct.session, conduct.speaking) == (0, False)


def test_a_venue_that_is_called_in_a_roll_call_speaks_and_nobody_else_does() -> None:
    conduct = Conduct(3)
    conduct.take({"type": "state", "floor": 3, "roll": {"named": 0}}, 0.0)
    assert conduct.speaking
    conduct.take({"type": "state", "floor": 3, "roll": {"named": 4}}, 0.0)
    assert (conduct.speaking, conduct.has_floor) == (False, True)
    conduct.take({"type": "state", "floor": 0, "roll": {"named": 3}}, 0.0)
    assert (conduct.speaking, conduct.has_floor) == (True, False)
    conduct.take({"type": "waiting"}, 0.0)
    assert not conduct.speaking
