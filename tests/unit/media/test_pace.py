from server.media.pace import TICK_SECONDS, Pace


def play(pace: Pace, per_second: int, *, start: float, seconds: float = 1.0) -> set[float | None]:
    """Let packets come one by one; return what was answered in the second half."""
    answers = [
        pace.note(start + number / per_second, 1, 128)
        for number in range(int(per_second * seconds))
    ]
    return set(answers[len(answers) // 2 :])


def test_a_socket_with_little_is_looked_at_when_something_arrives() -> None:
    assert play(Pace(), 100, start=5.0) == {None}


def test_a_busy_socket_is_looked_at_on_a_tick_until_it_is_quiet() -> None:
    pace = Pace()
    assert play(pace, 2_600, start=5.0) == {TICK_SECONDS}
    assert play(pace, 400, start=6.0) == {TICK_SECONDS}
    assert play(pace, 200, start=7.0) == {None}
    assert play(pace, 400, start=8.0) == {None}


def test_after_a_full_batch_the_rest_is_taken_at_once() -> None:
    pace = Pace()
    play(pace, 2_600, start=5.0)
    assert pace.note(6.0, 128, 128) == 0.0


def test_the_first_packet_after_a_long_silence_is_no_rush() -> None:
    pace = Pace()
    play(pace, 2_600, start=5.0)
    assert pace.note(60.0, 3, 128) is None
