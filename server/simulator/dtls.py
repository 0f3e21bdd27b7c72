"""The client's DTLS and SRTP: the only simulator module that relies on private names of aiortc.

aiortc's ``RTCDtlsTransport`` does the handshake over any object with ``_recv``, ``_send`` and
``role``. It is given DTLS records only: media never goes through its pump. The names relied on
are checked by ``tests/unit/simulator/test_dtls.py`` against the pinned version.
"""

import asyncio
from collections.abc import Callable, Sequence

import pylibsrtp
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)


def make_certificate() -> RTCCertificate:
    """Return a fresh self-signed certificate; one may serve many connections of a process."""
    return RTCCertificate.generateCertificate()


def fingerprint(certificate: RTCCertificate) -> str:
    """Return the SHA-256 fingerprint as an offer spells it."""
    return next(one.value for one in certificate.getFingerprints() if one.algorithm == "sha-256")


class _Wire:
    """The transport that aiortc sees: a queue in, a function out."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.records: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.send = send

    async def _recv(self) -> bytes:
        record = await self.records.get()
        if record is None:
            raise ConnectionError("the connection was closed")
        return record

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def end(self) -> None:
        """Let whoever waits for a record know that none will come."""
        self.records.put_nowait(None)


class SecureLine:
    """DTLS and SRTP of one connection.

    Args:
        certificate: our own.
        send: puts one datagram on the wire.
        on_close: is called once when the server closed DTLS after the handshake.
    """

    def __init__(
        self,
        certificate: RTCCertificate,
        send: Callable[[bytes], None],
        on_close: Callable[[], None],
    ) -> None:
        self._wire = _Wire(send)
        self._dtls = RTCDtlsTransport(self._wire, [certificate])  # type: ignore[arg-type]
        self._on_close = on_close
        self._rx: pylibsrtp.Session | None = None
        self._tx: pylibsrtp.Session | None = None

    async def shake_hands(self, fingerprints: Sequence[tuple[str, str]], *, opens: bool) -> None:
        """Make the keys; return when media may be sent.

        Args:
            fingerprints: algorithm and value of the server's certificate.
            opens: True when we are the DTLS client (the answer says ``setup:passive``).

        Raises:
            ConnectionError: when the handshake failed or the certificate is another.
        """
        self._dtls._set_role("client" if opens else "server")
        prints = [RTCDtlsFingerprint(name, value) for name, value in fingerprints]
        start = asyncio.create_task(self._dtls.start(RTCDtlsParameters(fingerprints=prints)))
        try:
            await asyncio.shield(start)
        finally:
            if not start.done():
                # aiortc waits by wait_for, which until Python 3.12 forgets a cancellation that
                # comes with a record; the end of the wire is not forgotten
                self._wire.end()
        if self._dtls.state != "connected":
            raise ConnectionError("DTLS could not be set up")
        self._rx, self._tx = self._dtls._rx_srtp, self._dtls._tx_srtp
        self._dtls.on("statechange", self._changed)

    def _changed(self) -> None:
        if self._dtls.state in ("closed", "failed"):
            self._on_close()

    def feed(self, record: bytes) -> None:
        """Take one datagram of DTLS."""
        self._wire.records.put_nowait(record)

    @property
    def ready(self) -> bool:
        """Whether media can be protected."""
        return self._tx is not None

    def protect_rtp(self, packet: bytes) -> bytes:
        """Return the SRTP packet of an RTP packet."""
        return bytes(self._session(self._tx).protect(packet))

    def protect_rtcp(self, packet: bytes) -> bytes:
        """Return the SRTCP packet of an RTCP compound."""
        return bytes(self._session(self._tx).protect_rtcp(packet))

    def open_rtp(self, packet: bytes) -> bytes | None:
        """Return the RTP packet, or None when it is not authentic or a repeat."""
        try:
            return bytes(self._session(self._rx).unprotect(packet))
        except (pylibsrtp.Error, ValueError):
            return None

    def open_rtcp(self, packet: bytes) -> bytes | None:
        """Return the RTCP compound, or None when it is not authentic."""
        try:
            return bytes(self._session(self._rx).unprotect_rtcp(packet))
        except (pylibsrtp.Error, ValueError):
            return None

    @staticmethod
    def _session(session: pylibsrtp.Session | None) -> pylibsrtp.Session:
        if session is None:
            raise RuntimeError("media before the handshake")
        return session

    async def stop(self) -> None:
        """Say goodbye over DTLS and end the pump."""
        self._dtls.remove_all_listeners()
        self._wire.end()
        await self._dtls.stop()
