from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from server.media.icelite import Paths, answer_check, parse_check

PASSWORD = "secret-password"


def check(*, name: str = "ours:theirs", nominates: bool = False, key: str = PASSWORD) -> bytes:
    attributes: dict[str, object] = {"USERNAME": name, "PRIORITY": 1, "ICE-CONTROLLING": 5}
    if nominates:
        attributes["USE-CANDIDATE"] = None
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    message.add_message_integrity(key.encode())
    return bytes(message)


def test_an_authentic_check_is_answered_with_the_address_it_came_from() -> None:
    read = parse_check(check(nominates=True))
    assert read is not None
    assert (read.ufrag, read.nominates) == ("ours", True)
    answer = answer_check(read, PASSWORD, ("192.0.2.7", 4000))
    assert answer is not None
    response = stun.parse_message(answer)
    assert response.message_class == stun.Class.RESPONSE
    assert response.transaction_id == read.message.transaction_id
    assert response.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.7", 4000)
    assert response.check_message_integrity(PASSWORD.encode())


def test_an_address_of_ipv6_is_answered_too() -> None:
    read = parse_check(check())
    assert read is not None
    answer = answer_check(read, PASSWORD, ("2001:db8::7", 4000))
    assert answer is not None
    assert stun.parse_message(answer).attributes["XOR-MAPPED-ADDRESS"] == ("2001:db8::7", 4000)


def test_a_check_with_another_password_gets_no_answer() -> None:
    read = parse_check(check(key="guessed"))
    assert read is not None
    assert answer_check(read, PASSWORD, ("192.0.2.7", 4000)) is None


def test_what_is_no_check_is_none() -> None:
    response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
    response.add_message_integrity(b"x")
    plain = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "a:b"})
    for data in (b"", bytes(response), bytes(plain), check(name="nobody"), check()[:-3]):
        assert parse_check(data) is None


@given(st.data())
def test_mutated_checks_raise_nothing(data: st.DataObject) -> None:
    octets = bytearray(check())
    for _ in range(data.draw(st.integers(1, 6))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    read = parse_check(bytes(octets[: data.draw(st.integers(0, len(octets)))]))
    if read is not None:
        answer_check(read, PASSWORD, ("127.0.0.1", 1))


def test_the_first_path_is_used_until_one_is_nominated() -> None:
    paths = Paths()
    one, two = (0, ("192.0.2.7", 1)), (0, ("192.0.2.7", 2))
    paths.note_check(one, nominates=False)
    paths.note_check(two, nominates=False)
    assert paths.chosen == one
    paths.note_check(two, nominates=True)
    assert paths.chosen == two
    paths.note_check(one, nominates=False)
    assert paths.chosen == two


def test_at_most_eight_paths_are_believed_and_the_one_in_use_among_them() -> None:
    paths = Paths()
    forgotten = []
    for port in range(12):
        forgotten += paths.note_check((0, ("192.0.2.7", port)), nominates=False)
    assert len(paths.believed) == 8
    assert paths.chosen == (0, ("192.0.2.7", 0))
    assert paths.chosen in paths.believed
    assert forgotten == [(0, ("192.0.2.7", port)) for port in (1, 2, 3, 4)]
