"""The agent's checks: all addresses, the first that answers is nominated, junk is dropped."""

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from server.simulator.ice import IceAgent

NEAR, FAR = ("10.0.0.1", 9), ("192.0.2.1", 9)
PASSWORD = "password-of-the-server-00"


def agent() -> IceAgent:
    one = IceAgent()
    one.start("abcd", PASSWORD, (NEAR, FAR))
    return one


def answer(request: bytes, password: str = PASSWORD) -> bytes:
    asked = stun.parse_message(request)
    reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
    reply.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 5)
    reply.add_message_integrity(password.encode())
    return bytes(reply)


def selected() -> IceAgent:
    one = agent()
    request, address = one.due(0.0)[1]
    one.handle(answer(request), address, 0.01)
    request, address = one.due(0.01)[0]
    one.handle(answer(request), address, 0.02)
    return one


def test_all_addresses_are_checked_at_once_and_again() -> None:
    one = agent()
    assert [address for _, address in one.due(0.0)] == [NEAR, FAR]
    assert one.due(0.05) == []
    assert [address for _, address in one.due(0.1)] == [NEAR, FAR]


def test_a_check_is_signed_with_the_servers_password_and_says_who_controls() -> None:
    request = stun.parse_message(agent().due(0.0)[0][0])
    assert request.check_message_integrity(PASSWORD.encode())
    assert request.attributes["USERNAME"].startswith("abcd:")
    assert "ICE-CONTROLLING" in request.attributes
    assert "PRIORITY" in request.attributes
    assert "USE-CANDIDATE" not in request.attributes


def test_the_first_address_that_answers_is_nominated_and_then_selected() -> None:
    one = agent()
    request, address = one.due(0.0)[1]
    assert one.handle(answer(request), address, 0.01) is None
    assert one.selected is None
    nomination, address = one.due(0.01)[0]
    assert address == FAR
    assert "USE-CANDIDATE" in stun.parse_message(nomination).attributes
    one.handle(answer(nomination), address, 0.02)
    assert one.selected == FAR
    assert one.last_answer == 0.02


def test_consent_is_asked_each_two_and_a_half_seconds() -> None:
    one = selected()
    assert one.due(2.4) == []
    request, address = one.due(2.53)[0]
    one.handle(answer(request), address, 2.54)
    assert one.next_deadline() == 2.54 + 2.5


def test_consent_that_is_not_answered_is_asked_again_each_half_second() -> None:
    one = selected()
    assert len(one.due(2.53)) == 1
    assert one.due(3.0) == []
    assert len(one.due(3.04)) == 1
    assert len(one.due(3.55)) == 1


def test_an_answer_signed_by_somebody_else_does_not_count() -> None:
    one = agent()
    request, address = one.due(0.0)[0]
    one.handle(answer(request, "wrong"), address, 0.1)
    one.handle(answer(request), address, 0.2)
    one.handle(answer(request, "wrong"), address, 0.3)
    assert one.last_answer == 0.2


def test_a_server_that_checks_us_is_answered() -> None:
    one = agent()
    check = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    check.attributes["USERNAME"] = f"{one.ufrag}:abcd"
    check.add_message_integrity(one.password.encode())
    reply = one.handle(bytes(check), NEAR, 0.0)
    assert reply is not None
    assert stun.parse_message(reply).attributes["XOR-MAPPED-ADDRESS"] == NEAR
    unsigned = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    assert one.handle(bytes(unsigned), NEAR, 0.0) is None


@given(st.binary(max_size=80))
def test_junk_is_dropped(data: bytes) -> None:
    assert agent().handle(data, NEAR, 0.0) is None


def test_credentials_use_only_the_letters_ice_allows() -> None:
    one = IceAgent()
    assert (one.ufrag + one.password).isalnum()
    assert len(one.password) >= 22
