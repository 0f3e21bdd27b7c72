from server.media.keyframes import KeyFrameRequests


def test_the_first_wish_is_asked_at_once() -> None:
    assert KeyFrameRequests().ask(0.0)


def test_wishes_within_half_a_second_share_a_request() -> None:
    requests = KeyFrameRequests()
    assert requests.ask(0.0)
    assert not requests.ask(0.1)
    assert not requests.due(0.4)
    assert requests.due(0.5)
    assert not requests.due(0.6)


def test_a_slot_that_is_switched_does_not_wait_half_a_second() -> None:
    requests = KeyFrameRequests()
    assert requests.ask(0.0)
    requests.arrived(0.0)
    assert not requests.ask(0.1, for_switch=True)
    assert requests.due(0.15)
    assert not requests.due(0.4)


def test_a_key_frame_clears_the_wish() -> None:
    requests = KeyFrameRequests()
    requests.ask(0.0)
    requests.ask(0.2)
    requests.arrived(0.0)
    assert not requests.due(5.0)
    assert requests.ask(5.0)
