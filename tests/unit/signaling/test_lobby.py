from contextlib import ExitStack

from server.signaling.lobby import MOST_IN_ALL, MOST_OF_ONE_ADDRESS, Lobby


def test_one_address_does_not_take_the_room_of_others() -> None:
    lobby = Lobby()
    with ExitStack() as waiting:
        for _ in range(MOST_OF_ONE_ADDRESS):
            assert waiting.enter_context(lobby.enter("10.0.0.1"))
        assert not waiting.enter_context(lobby.enter("10.0.0.1"))
        assert waiting.enter_context(lobby.enter("10.0.0.2"))
    with lobby.enter("10.0.0.1") as has_room:
        assert has_room


def test_all_together_are_not_more_than_the_house_holds() -> None:
    lobby = Lobby()
    with ExitStack() as waiting:
        for number in range(MOST_IN_ALL):
            assert waiting.enter_context(lobby.enter(f"10.0.{number // 8}.1"))
        assert not waiting.enter_context(lobby.enter("10.1.0.1"))
        assert not waiting.enter_context(lobby.enter("10.1.0.2"))
    assert not lobby._waiting
