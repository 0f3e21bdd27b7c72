"""A session recorded without a network: simulated venues, the worker's inside, a clock of ours."""

import heapq
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from server.media.core.plain import PlainCore
from server.media.model import RecordingPlan
from server.media.recording.tape import Tape
from server.media.recording.writer import Writer
from server.media.rooms import Member
from server.media.router import Router
from server.media.sdp import parse_offer
from server.media.timeline import Timeline
from server.simulator.loops import VenueLoop
from server.simulator.packets import ABS_SEND_TIME, AUDIO_LEVEL, MID, RID
from server.simulator.publisher import Publisher
from server.simulator.sdp import Answer, Section
from tests.unit.media.offers import camera, microphone, offer

UNIX = 1_780_000_000.0
EXTENSIONS = {AUDIO_LEVEL: 1, ABS_SEND_TIME: 2, MID: 4, RID: 10}
ANSWER = Answer(
    "",
    "",
    (),
    "passive",
    (),
    (
        Section("audio", "0", accepted=True, payload_type=111, extensions=EXTENSIONS),
        Section(
            "video", "1", accepted=True, payload_type=96, extensions=EXTENSIONS, rids=("l", "h")
        ),
    ),
)
LOG = logging.getLogger("studio")


class Line:
    """A venue's connection: what it sends arrives later, its pictures later still."""

    def __init__(self, studio: "Studio", member: Member, publisher: Publisher) -> None:
        self.studio, self.member, self.publisher = studio, member, publisher
        self.sounds: list[tuple[float, bytes]] = []
        self.pictures: list[float] = []
        self.broken = False

    def send_rtp(self, packet: bytes) -> None:
        is_picture = packet[1] & 0x7F == 96
        now = self.studio.now
        if not is_picture:
            self.sounds.append((now, packet))
        elif packet[1] & 0x80:
            self.pictures.append(now)
        self.studio.deliver(0.2 if is_picture else 0.03, self, packet, is_rtcp=False)

    def send_rtcp(self, compound: bytes) -> None:
        self.studio.deliver(0.03, self, compound, is_rtcp=True)


class Studio:
    """The room ``r``; venues are named by their numbers."""

    def __init__(
        self, folder: Path, loops: dict[int, VenueLoop], *, begin: float = 1_000.0
    ) -> None:
        self._at = begin
        self._begin = begin
        self._ticks = 0
        self.router = Router(Timeline(0.0, UNIX), random.Random(1).getrandbits, PlainCore())  # noqa: S311
        self.writer = Writer(folder, "r", self.unix_us(begin), LOG)
        self.tape = Tape(self.router.room("r"), self.writer, self.unix_us)
        self._way: list[tuple[float, int, Line, bytes, bool]] = []
        self._number = count()
        self.lines = {number: self._join(number, loop) for number, loop in loops.items()}

    @property
    def now(self) -> float:
        return self._at

    def unix_us(self, at: float) -> int:
        return int((at + UNIX) * 1e6)

    def _join(self, number: int, loop: VenueLoop) -> Line:
        name = str(number)
        text = offer(microphone(), camera(simulcast=True))
        member = self.router.add_peer(
            name, parse_offer(text), room="r", source=name, to=self.router.core.target(name)
        )
        dice = random.Random(number)  # noqa: S311
        publisher = Publisher(Wall(self), loop, cname="name", phase=0.01 * number, dice=dice)
        line = Line(self, member, publisher)
        connection: Any = line
        publisher.start(connection, ANSWER, self.now)
        return line

    def record(self, plan: RecordingPlan) -> None:
        self.router.record(self.now, self.tape, plan)

    def speak(self, *numbers: int) -> None:
        for number, line in self.lines.items():
            line.publisher.speak(number in numbers)

    def deliver(self, late: float, line: Line, data: bytes, *, is_rtcp: bool) -> None:
        heapq.heappush(self._way, (self.now + late, next(self._number), line, data, is_rtcp))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self._ticks += 1
            self._at = self._begin + self._ticks / 100
            for line in self.lines.values():
                if not line.broken:
                    line.publisher.tick(self.now)
            self._arrive()
            self._upkeep()

    def _arrive(self) -> None:
        while self._way and self._way[0][0] <= self.now:
            _, _, line, data, is_rtcp = heapq.heappop(self._way)
            if is_rtcp:
                self.router.handle_rtcp(self.now, line.member, data)
            else:
                self.router.handle_rtp(self.now, line.member, data)
        self.router.core.take()

    def _upkeep(self) -> None:
        if self._ticks % 2 == 0:
            self.router.repair(self.now)
        if self._ticks % 20 == 0:
            self.router.adjust(self.now)
        if self._ticks % 24 == 0:
            self.tape.collect(self.now)
        asked, self.router.rtcp = self.router.rtcp, []
        for to, data in asked:
            self.lines[int(to.name)].publisher.take_rtcp(self.now, data)

    def end(self) -> None:
        self.router.end_recording(self.now, "r", "stopped")
        self.writer.join(10)


class Wall:
    """The clock of a simulated venue."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._studio.now + UNIX, UTC)

    def monotonic(self) -> float:
        return self._studio.now


def spoken(line: Line) -> Sequence[tuple[float, bytes]]:
    """Return when each packet of sound was sent, and its Opus."""
    from server.simulator.packets import read_extension

    return [(at, packet[read_extension(packet)[1] :]) for at, packet in line.sounds]
