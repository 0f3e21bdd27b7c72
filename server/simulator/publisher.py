"""What a simulated venue publishes over one connection: camera, microphone, reports, feedback."""

from random import Random, SystemRandom

from server.domain.clock import Clock, unix_ms
from server.simulator.client import Connection
from server.simulator.loops import LayerLoop, VenueLoop
from server.simulator.packets import read_rtcp
from server.simulator.sdp import Answer, AnswerError, Local, Section, publish_offer
from server.simulator.sending import (
    AUDIO_RATE,
    VIDEO_RATE,
    Camera,
    Microphone,
    Stream,
    open_stream,
)

REPORT_EVERY_S = 1.0


class Publisher:
    """The sending half of a venue; the owner of its publishing connection.

    Args:
        clock: for the wall time in sender reports.
        loop: what to send.
        cname: the name that ties sound and picture together; four bytes or a multiple of it.
        phase: seconds by which frames and reports are shifted, so that many venues of one
            process do not send in the same instant.
        dice: chooses SSRCs and where numbers start.
    """

    def __init__(
        self,
        clock: Clock,
        loop: VenueLoop,
        *,
        cname: str,
        phase: float = 0.0,
        dice: Random | None = None,
    ) -> None:
        self._clock = clock
        self._loop = loop
        self._cname = cname
        self._phase = phase
        self._dice = dice or SystemRandom()
        self.audio_ssrc = self._dice.randrange(1, 2**32)
        self._connection: Connection | None = None
        self._streams: dict[int, Stream] = {}
        self._camera: Camera | None = None
        self._microphone: Microphone | None = None
        self._start = 0.0
        self._report_at = 0.0

    def offer(self, local: Local) -> str:
        """Return the offer: a microphone and a camera with its layers, low first."""
        rids = [layer.rid for layer in self._loop.layers]
        return publish_offer(local, audio_ssrc=self.audio_ssrc, rids=rids)

    def start(self, connection: Connection, answer: Answer, now: float) -> None:
        """Begin to send over an open connection, in the first tick after ``now``.

        Raises:
            AnswerError: when the server took neither sound nor picture.
        """
        taken = {section.kind: section for section in answer.sections if section.accepted}
        if not taken:
            raise AnswerError("the server accepted neither sound nor picture")
        self._connection = connection
        self._start = now + self._phase
        self._report_at = now + self._phase
        if "audio" in taken:
            stream = self._open(taken["audio"], self.audio_ssrc, AUDIO_RATE, None)
            self._microphone = Microphone(self._loop, stream, taken["audio"], now=self._start)
        if "video" in taken:
            self._camera = self._open_camera(taken["video"])

    def _open_camera(self, section: Section) -> Camera:
        wanted = [layer for layer in self._loop.layers if layer.rid in section.rids]
        layers: list[tuple[LayerLoop, Stream]] = []
        # A server without simulcast gets the best layer alone.
        for layer in wanted or self._loop.layers[-1:]:
            ssrc = self._dice.randrange(1, 2**32)
            rid = layer.rid if wanted else None
            layers.append((layer, self._open(section, ssrc, VIDEO_RATE, rid)))
        start = self._dice.randrange(len(self._loop.layers[0].frames))
        return Camera(layers, section, start=start, now=self._start)

    def _open(self, section: Section, ssrc: int, rate: int, rid: str | None) -> Stream:
        stream = open_stream(section, ssrc, rate, rid, self._dice)
        self._streams[ssrc] = stream
        return stream

    def speak(self, speaking: bool) -> None:
        """Begin or cease to speak."""
        if self._microphone is not None:
            self._microphone.speaking = speaking

    def tick(self, now: float) -> None:
        """Send every packet whose moment has come, and the reports once a second."""
        if self._connection is None:
            return
        send = self._connection.send_rtp
        if self._microphone is not None:
            for packet in self._microphone.due(now):
                send(packet)
        if self._camera is not None:
            for packet in self._camera.due(now):
                send(packet)
        if now >= self._report_at:
            self._report_at = now + REPORT_EVERY_S
            self._send_reports(now)

    def _send_reports(self, now: float) -> None:
        if self._connection is None:
            return
        unix_s = unix_ms(self._clock.now()) / 1000
        for stream in self._streams.values():
            if stream.packets:
                report = stream.report(now - self._start, unix_s, self._cname.encode())
                self._connection.send_rtcp(report)

    def take_rtp(self, now: float, packet: bytes) -> None:
        """Pass over media: nobody sends to a publisher."""

    def take_rtcp(self, now: float, compound: bytes) -> None:
        """Answer feedback: key frames, packets asked for again, names no longer needed."""
        try:
            control = read_rtcp(compound)
        except ValueError:
            return
        for ssrc in control.reported:
            if ssrc in self._streams:
                self._streams[ssrc].names = []
        if self._camera is not None and control.key_frames & self._streams.keys():
            self._camera.want_key_frame()
        for ssrc, numbers in control.missing:
            self._send_again(ssrc, numbers)

    def _send_again(self, ssrc: int, numbers: list[int]) -> None:
        stream = self._streams.get(ssrc)
        if stream is None or self._connection is None:
            return
        for number in numbers:
            if number in stream.ring:
                self._connection.send_rtp(stream.ring[number])
