"""The contract with aiortc 1.16.0 and pylibsrtp 1.0.0: it fails when a name we rely on changes."""

import asyncio
import inspect
from importlib.metadata import version

import pylibsrtp
import pytest
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsParameters, RTCDtlsTransport
from pylibsrtp import _binding

from server.media.dtls import Certificate, DtlsSession, HandshakeError, Scratch, Srtp, srtp_protect
from server.media.rtp import HEADER
from tests.patience import PATIENCE_S


def test_the_libraries_are_the_ones_we_know() -> None:
    assert version("aiortc") == "1.16.0"
    assert version("aioice") == "0.13.0"
    assert pylibsrtp.__version__ == "1.0.0"


def test_the_private_names_are_there() -> None:
    for name in ("srtp_protect", "srtp_unprotect", "srtp_protect_rtcp", "srtp_unprotect_rtcp"):
        assert callable(getattr(_binding.lib, name))
    session = pylibsrtp.Session()
    assert _binding.ffi.typeof(session._srtp[0]).kind == "pointer"
    source = inspect.getsource(RTCDtlsTransport)
    for name in ("self.transport._recv()", "self.transport._send(", "_tx_srtp", "_rx_srtp"):
        assert name in source
    assert inspect.iscoroutinefunction(RTCDtlsTransport.start)
    assert inspect.iscoroutinefunction(RTCDtlsTransport.stop)
    assert callable(RTCDtlsTransport._set_role)
    assert {f.algorithm for f in RTCCertificate.generateCertificate().getFingerprints()} >= {
        "sha-256"
    }


class Far:
    """The other side of a handshake: aiortc as the client."""

    role = "controlling"

    def __init__(self) -> None:
        self.records: asyncio.Queue[bytes] = asyncio.Queue()
        self.certificate = RTCCertificate.generateCertificate()
        self.transport = RTCDtlsTransport(self, [self.certificate])  # type: ignore[arg-type]
        self.transport._set_role("client")
        self.session: DtlsSession | None = None

    async def _recv(self) -> bytes:
        return await self.records.get()

    async def _send(self, data: bytes) -> None:
        assert self.session is not None
        self.session.feed(data)

    def prints(self) -> list[tuple[str, str]]:
        return [(f.algorithm, f.value) for f in self.certificate.getFingerprints()]


async def shake(far: Far, prints: list[tuple[str, str]]) -> Srtp:
    certificate = Certificate()
    far.session = DtlsSession(certificate, far.records.put_nowait)
    remote = RTCDtlsParameters(fingerprints=certificate.inner.getFingerprints())
    client = asyncio.create_task(far.transport.start(remote))
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await far.session.handshake(prints)
    finally:
        await client


async def test_both_sides_understand_each_others_packets() -> None:
    far = Far()
    srtp = await shake(far, far.prints())
    scratch = Scratch()
    plain = HEADER.pack(0x80, 96, 1, 2, 3) + b"payload"
    scratch.data[: len(plain)] = plain
    scratch.length[0] = len(plain)
    assert srtp_protect(srtp.sending, scratch.pointer, scratch.length) == 0
    secret = bytes(scratch.view[: scratch.length[0]])
    assert far.transport._rx_srtp.unprotect(secret) == plain
    back = far.transport._tx_srtp.protect(plain)
    scratch.data[: len(back)] = back
    assert srtp.unprotect_rtp(scratch, len(back)) == len(plain)
    scratch.data[20] ^= 1
    assert srtp.unprotect_rtp(scratch, len(back)) == 0
    compound = bytes.fromhex("80c9000100000001")
    size = srtp.protect_rtcp(scratch, compound)
    assert far.transport._rx_srtp.unprotect_rtcp(bytes(scratch.view[:size])) == compound
    assert srtp.protect_rtcp(scratch, bytes(3000)) == 0
    assert far.session is not None
    await far.session.close()
    await far.transport.stop()


async def test_a_goodbye_ends_the_session() -> None:
    far = Far()
    await shake(far, far.prints())
    await far.transport.stop()
    assert far.session is not None
    async with asyncio.timeout(PATIENCE_S):
        await far.session.ended()


async def test_another_certificate_than_the_offered_is_refused() -> None:
    far = Far()
    with pytest.raises(HandshakeError):
        await shake(far, [("sha-256", ":".join(["AB"] * 32))])
    await far.transport.stop()


@pytest.mark.parametrize("turns", range(6))
async def test_a_handshake_is_called_off_although_a_record_comes_at_that_moment(turns: int) -> None:
    far, certificate = Far(), Certificate()
    far.session = session = DtlsSession(certificate, lambda _record: None)
    shaking = asyncio.create_task(session.handshake(far.prints()))
    remote = RTCDtlsParameters(fingerprints=certificate.inner.getFingerprints())
    client = asyncio.create_task(far.transport.start(remote))
    await asyncio.sleep(0.05)
    client.cancel()
    session.feed(bytes([22, 254, 255]) + bytes(20))
    for _ in range(turns):
        await asyncio.sleep(0)
    shaking.cancel()
    await asyncio.wait({shaking}, timeout=PATIENCE_S)
    assert shaking.cancelled()
    await session.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert not others or not (await asyncio.wait(others, timeout=PATIENCE_S))[1]
