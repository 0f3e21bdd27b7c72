"""The private names of aiortc 1.16.0 that the simulated client relies on, and their use."""

import asyncio

import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport

from server.simulator.dtls import SecureLine, fingerprint, make_certificate
from tests.patience import PATIENCE_S


def test_the_names_relied_on_exist() -> None:
    names = ("_set_role", "start", "stop", "state", "on", "remove_all_listeners")
    assert all(hasattr(RTCDtlsTransport, name) for name in names)
    attributes = vars(RTCDtlsTransport(object(), [make_certificate()]))
    assert {"_rx_srtp", "_tx_srtp"} <= set(attributes)


async def test_two_ends_agree_on_keys_and_notice_a_goodbye() -> None:
    one_certificate, two_certificate = make_certificate(), make_certificate()
    closed = asyncio.Event()
    one = SecureLine(one_certificate, lambda data: two.feed(data), lambda: None)
    two = SecureLine(two_certificate, lambda data: one.feed(data), closed.set)
    await asyncio.gather(
        one.shake_hands([("sha-256", fingerprint(two_certificate))], opens=True),
        two.shake_hands([("sha-256", fingerprint(one_certificate))], opens=False),
    )
    packet = bytes([0x80, 96]) + bytes(10) + b"hello"
    sealed = one.protect_rtp(packet)
    assert two.open_rtp(sealed) == packet
    assert two.open_rtp(sealed) is None
    assert two.open_rtp(bytes(60)) is None
    assert two.open_rtcp(bytes(60)) is None
    await one.stop()
    async with asyncio.timeout(PATIENCE_S):
        await closed.wait()
    await two.stop()


async def test_another_certificate_is_refused() -> None:
    one_certificate, two_certificate = make_certificate(), make_certificate()
    one = SecureLine(one_certificate, lambda data: two.feed(data), lambda: None)
    two = SecureLine(two_certificate, lambda data: one.feed(data), lambda: None)
    wrong = [("sha-256", fingerprint(make_certificate()))]
    results = await asyncio.gather(
        one.shake_hands(wrong, opens=True),
        two.shake_hands([("sha-256", fingerprint(one_certificate))], opens=False),
        return_exceptions=True,
    )
    assert isinstance(results[0], ConnectionError)
    await asyncio.gather(one.stop(), two.stop())


def test_media_before_the_handshake_is_a_bug() -> None:
    line = SecureLine(make_certificate(), lambda data: None, lambda: None)
    assert not line.ready
    with pytest.raises(RuntimeError, match="before the handshake"):
        line.protect_rtp(bytes(12))


@pytest.mark.parametrize("turns", range(6))
async def test_a_handshake_is_called_off_although_a_record_comes_at_that_moment(turns: int) -> None:
    line = SecureLine(make_certificate(), lambda data: None, lambda: None)
    wanted = [("sha-256", fingerprint(make_certificate()))]
    shaking = asyncio.create_task(line.shake_hands(wanted, opens=True))
    await asyncio.sleep(0.05)
    line.feed(bytes([22, 254, 255]) + bytes(20))
    for _ in range(turns):
        await asyncio.sleep(0)
    shaking.cancel()
    await asyncio.wait({shaking}, timeout=PATIENCE_S)
    assert shaking.cancelled()
    await line.stop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others or not (await asyncio.wait(others, timeout=PATIENCE_S))[1]
