"""Peers for tests: aiortc as a venue that shows one shade of grey and plays one note."""

import asyncio
import fractions
import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import aioice.ice
import numpy
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack
from av import AudioFrame, VideoFrame

from server.media.client import MediaClient
from server.media.model import Choice
from tests.patience import PATIENCE_S

# aioice 0.13 leaves the loopback address out of its candidates, and tests stay on it
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1", "::1"]
logging.getLogger("aiortc").setLevel(logging.ERROR)


class Grey(VideoStreamTrack):
    """A picture of 160 by 96 in one shade."""

    def __init__(self, shade: int) -> None:
        super().__init__()
        self._frame = VideoFrame.from_ndarray(
            numpy.full((96, 160, 3), shade, dtype=numpy.uint8), format="rgb24"
        ).reformat(format="yuv420p")

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(self._frame.to_ndarray(), format="yuv420p")
        frame.pts, frame.time_base = pts, base
        return frame


class Note(MediaStreamTrack):
    """A sine of the given pitch, 20 ms a frame; ``loudness`` is of 32,767."""

    kind = "audio"

    def __init__(self, hertz: float, loudness: int = 8000) -> None:
        super().__init__()
        self._hertz = hertz
        self.loudness = loudness
        self._count = 0
        self._start = 0.0

    async def recv(self) -> AudioFrame:
        loop = asyncio.get_running_loop()
        if not self._count:
            self._start = loop.time()
        await asyncio.sleep(max(0.0, self._start + self._count * 0.02 - loop.time()))
        at = numpy.arange(self._count * 960, self._count * 960 + 960) / 48_000
        wave = numpy.sin(2 * math.pi * self._hertz * at) * self.loudness
        frame = AudioFrame.from_ndarray(
            wave.astype(numpy.int16).reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate = 48_000
        frame.pts = self._count * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        self._count += 1
        return frame


class Ear:
    """Takes in a received track: counts frames, remembers the last shade or pitch."""

    def __init__(self, track: MediaStreamTrack) -> None:
        self.frames = 0
        self.shade = -1
        self.pitch = 0.0
        self.ended = False
        self._task = asyncio.create_task(self._pull(track))

    async def _pull(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame: Any = await track.recv()
                if isinstance(frame, VideoFrame):
                    self.shade = int(frame.to_ndarray(format="gray").mean())
                else:
                    self.pitch = _pitch(frame)
                self.frames += 1
        except MediaStreamError:
            self.ended = True

    def stop(self) -> None:
        self._task.cancel()


def _pitch(frame: AudioFrame) -> float:
    samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(float)
    if numpy.abs(samples).max() < 300:
        return 0.0
    crossings = numpy.count_nonzero(numpy.diff(numpy.signbit(samples)))
    return float(crossings / 2 / (len(samples) / frame.sample_rate))


class Caller:
    """One WebRTC connection to the worker."""

    def __init__(self, media: MediaClient, peer: str, *, room: str, source: str = "") -> None:
        self.media = media
        self.peer = peer
        self.room = room
        self.source = source or peer
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.ears: list[Ear] = []
        self.answer = ""
        self.note: Note | None = None
        self.pc.on("track", lambda track: self.ears.append(Ear(track)))

    def publish(self, *, shade: int | None = None, hertz: float | None = None) -> "Caller":
        if hertz is not None:
            self.note = Note(hertz)
            self.pc.addTransceiver(self.note, direction="sendonly")
        if shade is not None:
            self.pc.addTransceiver(Grey(shade), direction="sendonly")
        return self

    def watch(self, *, video: int = 0, audio: int = 0) -> "Caller":
        for _ in range(video):
            self.pc.addTransceiver("video", direction="recvonly")
        for _ in range(audio):
            self.pc.addTransceiver("audio", direction="recvonly")
        return self

    async def join(
        self,
        slots: Mapping[int, Choice] | None = None,
        *,
        edit: Callable[[str], str] = lambda sdp: sdp,
    ) -> "Caller":
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.answer = await self.media.connect(
            self.peer,
            edit(self.pc.localDescription.sdp),
            room=self.room,
            source=self.source,
            slots=slots,
        )
        await self.pc.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        await until(lambda: self.pc.connectionState == "connected")
        return self

    @property
    def transport(self) -> Any:
        """The client's DTLS transport, to send packets that aiortc itself would not."""
        return self.pc.getTransceivers()[0].sender.transport

    async def leave(self) -> None:
        for ear in self.ears:
            ear.stop()
        await self.pc.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: when it does not come about.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 (nobody tells of a received frame)
            await asyncio.sleep(0.02)
