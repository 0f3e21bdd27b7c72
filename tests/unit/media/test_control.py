import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media import control
from server.media.model import Choice, PeerConnected, SourceHealth, VoicesChanged

names = st.text(max_size=12)
choices = st.builds(Choice, names, st.sampled_from(["high", "low"]))
commands = st.one_of(
    st.builds(control.Hello, st.integers(0, 9)),
    st.builds(
        control.Connect,
        names,
        names,
        names,
        names,
        st.dictionaries(st.integers(0, 40), choices, max_size=4),
    ),
    st.builds(control.Disconnect, names, names),
    st.builds(
        control.Choose,
        names,
        st.dictionaries(st.integers(0, 40), st.none() | choices, max_size=4),
    ),
    st.builds(
        control.SetAudible,
        names,
        st.none() | st.lists(names, max_size=4),
        st.lists(names, max_size=2),
    ),
    st.builds(control.CloseRoom, names),
    st.builds(control.Acknowledge, st.integers(0, 2**60)),
    st.sampled_from([control.Peers(), control.Stats(), control.Stop()]),
)


@given(st.integers(0, 2**40), commands)
def test_requests_read_back_the_same(number: int, command: control.Command) -> None:
    request = control.Request(number, command)
    line = control.encode(request)
    assert line.count(b"\n") == 1
    assert control.decode_request(line) == request


@pytest.mark.parametrize(
    "event",
    [
        PeerConnected(5, "p", "r", "12", 1_000),
        VoicesChanged("r", ("12", "3")),
        SourceHealth("r", "12", 800, True, 1.5, 15.0, None),
    ],
)
def test_events_read_back_the_same(event: PeerConnected | VoicesChanged | SourceHealth) -> None:
    message = control.decode_message(control.encode(control.notice(event)))
    assert isinstance(message, control.Notice)
    assert control.event_of(message) == event


@given(st.binary(max_size=60))
def test_junk_raises_nothing_but_its_own_error(line: bytes) -> None:
    for decode in (control.decode_request, control.decode_message):
        with pytest.raises(control.ControlError):
            decode(line)
