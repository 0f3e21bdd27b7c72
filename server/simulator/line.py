"""One media line of a simulated venue, over WHIP (RFC 9725) or WHEP: made, held, given back.

The HTTP side of a ``Connection``: posts the offer, reads the answer, deletes the resource.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

import aiohttp
from aiortc.rtcdtlstransport import RTCCertificate

from server.domain.clock import Clock
from server.simulator.client import Connection, Owner
from server.simulator.sdp import Answer, AnswerError, Local, read_answer

logger = logging.getLogger("pinhui.simulator")

GOODBYE_S = 3.0


class NoSessionError(Exception):
    """The server has no open session for this venue (409); ask again in a while."""


class Half(Owner, Protocol):
    """The sending or the receiving half of a venue, as a line sees it."""

    def offer(self, local: Local) -> str:
        """Return the offer."""
        ...

    def start(self, connection: Connection, answer: Answer, now: float) -> None:
        """Begin over an open connection."""
        ...

    def tick(self, now: float) -> None:
        """Do what is due."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """Where a line is made: the resource to post to and the venue's token."""

    http: aiohttp.ClientSession
    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The header that says who comes."""
        return {"Authorization": f"Bearer {self.token}"}


class Line:
    """A line from its first packet to its last.

    Args:
        door: where to post the offer.
        half: what is sent or received over the line.
        cname: the venue's canonical name.
        clock: the computer's clock.
        certificate: shared by all lines of the process.

    Attributes:
        is_open: True from the end of the handshake until the line is dropped or lost.
        last_sent_ago: see the method; how old the last packet sent is.
    """

    def __init__(
        self, door: Door, half: Half, *, cname: str, clock: Clock, certificate: RTCCertificate
    ) -> None:
        self._door = door
        self._half = half
        self._cname = cname
        self._clock = clock
        self._connection = Connection(clock, certificate, owner=half, on_lost=self._end_lost)
        self._resource: str | None = None
        self._ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._lost = False
        self.is_open = False

    async def open(self) -> None:
        """Post the offer and connect; media flows from the next tick on.

        Raises:
            NoSessionError: when there is no session to join yet.
            ConnectionError: when the server refuses, answers nonsense or cannot be reached.
        """
        try:
            answer = await self._negotiate()
            await self._connection.open(answer)
            if self._ended.done():
                raise ConnectionError(self._ended.result())
            self._half.start(self._connection, answer, self._clock.monotonic())
        except (aiohttp.ClientError, TimeoutError, AnswerError) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
        self.is_open = True

    async def _negotiate(self) -> Answer:
        offer = self._half.offer(self._connection.local(self._cname))
        headers = {**self._door.headers, "Content-Type": "application/sdp"}
        async with self._door.http.post(self._door.url, data=offer, headers=headers) as response:
            text = await response.text()
            if response.status == 409:
                raise NoSessionError
            if response.status != 201:
                raise ConnectionError(f"the server answered {response.status}: {text[:200]}")
            location = response.headers.get("Location")
            self._resource = urljoin(str(response.url), location) if location else None
        return read_answer(text)

    async def ended(self) -> str:
        """Wait until the line is dropped or lost; return why, in words."""
        return await asyncio.shield(self._ended)

    def tick(self, now: float) -> None:
        """Read, send, keep alive."""
        if self.is_open:
            self._connection.tick(now)
        if self.is_open:
            self._half.tick(now)

    def drop(self, reason: str) -> None:
        """Stop all media with this very call; ``close`` gives the rest back."""
        self.is_open = False
        if not self._ended.done():
            self._ended.set_result(reason)

    def cut(self) -> None:
        """Let the line be gone without a word, as when a cable is pulled."""
        self._end_lost("the line was cut")

    def _end_lost(self, reason: str) -> None:
        self._lost = True
        self.drop(reason)

    def last_sent_ago(self) -> float:
        """Return how many seconds ago the last packet left; 0 when none ever did."""
        sent = self._connection.last_sent
        return 0.0 if sent is None else self._clock.monotonic() - sent

    async def close(self) -> None:
        """Delete the resource, unless the line was lost, and close the connection."""
        self.drop("closed")
        try:
            if self._resource is not None and not self._lost:
                timeout = aiohttp.ClientTimeout(total=GOODBYE_S)
                async with self._door.http.delete(
                    self._resource, headers=self._door.headers, timeout=timeout
                ):
                    pass
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.debug("the goodbye to %s was not heard: %s", self._resource, error)
        finally:
            await self._connection.close()
