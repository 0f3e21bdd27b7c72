"""DTLS and SRTP, by aiortc 1.16.0 and pylibsrtp 1.0.0: the only place that knows private names.

``DtlsSession`` runs one handshake over datagrams that others carry; ``Srtp`` encrypts and decrypts
in place in a ``Scratch`` buffer, which saves two copies and an allocation per packet against
``pylibsrtp.Session``. The names relied on are checked by a test.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)
from pylibsrtp._binding import ffi, lib

_MOST_WAITING_RECORDS = 64
_BUFFER_SIZE = 2048
_TRAILER_ROOM = 16 + 128 + 4

srtp_protect = lib.srtp_protect
"""``srtp_protect(context, scratch.pointer, scratch.length)``: 0 when it went well."""


def address_of_srtp_protect() -> int:
    """Return where that function lies in memory, for the packet core in C."""
    return int(ffi.cast("uintptr_t", ffi.addressof(lib, "srtp_protect")))


class HandshakeError(Exception):
    """The other side's certificate, profile or records were not acceptable."""


class Certificate:
    """One ECDSA certificate, made at start: a handshake then costs about 2 ms."""

    def __init__(self) -> None:
        self.inner = RTCCertificate.generateCertificate()

    @property
    def fingerprint(self) -> str:
        """The SHA-256 fingerprint as SDP writes it: ``sha-256 AB:CD:…``."""
        prints = {f.algorithm: f.value for f in self.inner.getFingerprints()}
        return f"sha-256 {prints['sha-256']}"


class Scratch:
    """A reused buffer for one packet, with what libsrtp wants: a pointer and a length to change.

    It has memory of its own, or lies in a view of 2,048 octets that somebody else keeps.
    """

    __slots__ = ("data", "length", "pointer", "view")

    LARGEST = _BUFFER_SIZE - _TRAILER_ROOM

    def __init__(self, view: memoryview | None = None) -> None:
        self.data = bytearray(_BUFFER_SIZE) if view is None else view
        self.view = memoryview(self.data)
        self.pointer = ffi.from_buffer(self.data)
        self.length = ffi.new("int *")


class Srtp:
    """The two SRTP directions of one peer; ``sending`` is the context for ``srtp_protect``.

    The sessions own the memory behind the contexts, so they are kept here as long as those.
    """

    __slots__ = ("_receiving", "_sessions", "sending")

    def __init__(self, receiving: Any, sending: Any) -> None:
        self._sessions = (receiving, sending)
        self._receiving = receiving._srtp[0]
        self.sending = sending._srtp[0]

    def unprotect_rtp(self, scratch: Scratch, size: int) -> int:
        """Decrypt an SRTP packet in place; return its new size, 0 when it is not authentic."""
        scratch.length[0] = size
        if lib.srtp_unprotect(self._receiving, scratch.pointer, scratch.length):
            return 0
        return int(scratch.length[0])

    def unprotect_rtcp(self, scratch: Scratch, size: int) -> int:
        """Decrypt an SRTCP packet in place; return its new size, 0 when it is not authentic."""
        scratch.length[0] = size
        if lib.srtp_unprotect_rtcp(self._receiving, scratch.pointer, scratch.length):
            return 0
        return int(scratch.length[0])

    def protect_rtcp(self, scratch: Scratch, compound: bytes) -> int:
        """Encrypt an RTCP compound into the buffer; return its size, 0 when it does not fit."""
        size = len(compound)
        if size > Scratch.LARGEST:
            return 0
        scratch.view[:size] = compound
        scratch.length[0] = size
        if lib.srtp_protect_rtcp(self.sending, scratch.pointer, scratch.length):
            return 0
        return int(scratch.length[0])


class _Wire:
    """What ``RTCDtlsTransport`` takes for an ICE transport: records in, records out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.records: asyncio.Queue[bytes | None] = asyncio.Queue(_MOST_WAITING_RECORDS)

    async def _recv(self) -> bytes:
        record = await self.records.get()
        if record is None:
            raise ConnectionError
        return record

    async def _send(self, data: bytes) -> None:
        self.send(data)

    def end(self) -> None:
        """Let whoever waits for a record know that none will come."""
        if self.records.full():
            self.records.get_nowait()
        self.records.put_nowait(None)


class DtlsSession:
    """One handshake as the passive side, and the connection that comes of it."""

    def __init__(self, certificate: Certificate, send: Callable[[bytes], None]) -> None:
        """Take the certificate to show and where records go, which must not raise."""
        self._wire = _Wire(send)
        self._transport = RTCDtlsTransport(self._wire, [certificate.inner])  # type: ignore[arg-type]
        self._transport._set_role("server")
        self._ended = asyncio.Event()
        self._transport.on("statechange", self._note_state)

    def _note_state(self) -> None:
        if self._transport.state in ("closed", "failed"):
            self._ended.set()

    def feed(self, record: bytes) -> None:
        """Take in a datagram of DTLS records; while 64 are waiting, more are dropped."""
        if not self._wire.records.full():
            self._wire.records.put_nowait(record)

    async def handshake(self, fingerprints: Sequence[tuple[str, str]]) -> Srtp:
        """Wait for the handshake with whoever shows a certificate of these fingerprints.

        Raises:
            HandshakeError: when it does not come about.
        """
        prints = [RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        start = asyncio.create_task(self._transport.start(RTCDtlsParameters(fingerprints=prints)))
        try:
            await asyncio.shield(start)
        finally:
            if not start.done():
                # aiortc waits by wait_for, which until Python 3.12 forgets a cancellation that
                # comes with a record; the end of the wire is not forgotten
                self._wire.end()
        if self._transport.state != "connected":
            raise HandshakeError(self._transport.state)
        return Srtp(self._transport._rx_srtp, self._transport._tx_srtp)

    async def ended(self) -> None:
        """Wait until the other side says goodbye (close_notify)."""
        await self._ended.wait()

    async def close(self) -> None:
        """Say goodbye, so that the other side notices at once; idempotent."""
        await self._transport.stop()
