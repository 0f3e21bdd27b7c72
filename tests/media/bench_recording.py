"""What recording costs the worker: ``python -m tests.media.bench_recording [seconds] [core]``.

A session of 34 venues without a network between: the main venue sees its 33 branches small and one
large, each branch sees the main venue and hears three voices, in real packets of simulated venues,
AES-256-GCM, over loopback. Four workers take turns in one run, one second each: recording nothing,
sound, the programme, everything. CPU time of all threads of the process, the disk's among them,
without that of the venues.
"""

import logging
import os
import random
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pylibsrtp import Policy

from server.media.model import Choice, RecordingPlan
from server.media.recording.tape import Tape
from server.media.recording.writer import Writer
from server.media.router import Router
from server.media.rtp import HEADER
from server.media.sdp import parse_offer
from server.media.timeline import Timeline
from server.media.transport import Transport, bind_all
from tests.media.bench_forward import Wire, session
from tests.unit.media.cores import make_core
from tests.unit.media.offers import camera, microphone, offer, screen, speaker

BRANCHES = 33
TICK = 0.02
LAYERS = ((0, 1000, 800), (1, 320, 300))
"""Octets of a picture's packets and of their number in each layer: h and l."""
VOICES = ("0", "1", "2")
PLANS = {
    "off": None,
    "sound": RecordingPlan((), (), voices=True),
    "programme": RecordingPlan(("0",), (), voices=True, shown="0"),
    "everything": RecordingPlan(None, None),
}
LOG = logging.getLogger("bench")


def picture(seq: int, layer: int, ssrc: int, *, first: bool, last: bool, key: bool) -> bytes:
    """One packet of a picture of 380 or 96 kbit/s, of which there are 15 a second."""
    descriptor = bytes((0x90 if first else 0x80, 0xE0, 0x80 | seq >> 8 & 0x7F, seq & 255, 0, 0x20))
    body = b"\0\0\0\x9d\x01\x2a\x80\x02" if key else b"\1"
    rid = b"hl"[layer]
    extension = bytes.fromhex("bede0001") + bytes((10 << 4, rid, 0, 0))
    head = HEADER.pack(0x90, 0x80 * last | 96, seq & 0xFFFF, seq * 2000 & 0xFFFF_FFFF, ssrc)
    return head + extension + descriptor + body + bytes((1050, 780)[layer] - len(body))


def sound(seq: int, ssrc: int, level: int) -> bytes:
    extension = bytes.fromhex("bede0001") + bytes((1 << 4, level, 0, 0))
    return HEADER.pack(0x90, 111, seq & 0xFFFF, seq * 960, ssrc) + extension + bytes(70)


class Sender:
    """What one venue sends in each tick: three packets a large picture, one a small one."""

    def __init__(self, number: int, dice: random.Random) -> None:
        self.number = number
        self.phase = dice.random() / 15
        self.seqs = [0, 0, 0]
        self.frames = 0

    def due(self, at: float) -> list[bytes]:
        packets = []
        base = 100_000 + self.number * 10
        while (self.frames + 1) / 15 + self.phase <= at:
            for layer, count in ((0, 3), (1, 1)):
                for place in range(count):
                    self.seqs[layer] += 1
                    packets.append(
                        picture(
                            self.seqs[layer],
                            layer,
                            base + layer,
                            first=place == 0,
                            last=place == count - 1,
                            key=self.frames % 60 == 0 and place == 0,
                        )
                    )
            self.frames += 1
        speaks = str(self.number) in VOICES
        if speaks or int(at / TICK) % 20 == self.number % 20:
            self.seqs[2] += 1
            packets.append(sound(self.seqs[2], base + 2, 20 if speaks else 127))
        return packets


class Worker:
    """A worker's packet path with its session, and what it was seen to cost."""

    def __init__(self, name: str, core: str, folder: Path) -> None:
        self.plan = PLANS[name]
        self.folder = folder / name
        self.now = 1_000.0
        self.spent = 0.0
        core_ = make_core(core)
        draw = random.Random(1)  # noqa: S311 (no secret)
        self.router = Router(Timeline(0.0, 0.0), draw.getrandbits, core_)
        [self.place] = bind_all(["127.0.0.1"], 0, LOG)
        self.transport = Transport([self.place], self.router, lambda: self.now, LOG)
        self.sockets: list[socket.socket] = []
        self.secrets: list[Any] = []
        for number in range(BRANCHES + 1):
            self._join(number)
        if self.plan is not None:
            writer = Writer(self.folder, "r", int(self.now * 1e6), LOG)
            tape = Tape(self.router.room("r"), writer, lambda now: int(now * 1e6))
            self.router.record(self.now, tape, self.plan)
            self.writer = writer

    def _join(self, number: int) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.bind(("127.0.0.1", 0))
        keys = (os.urandom(44), os.urandom(44))
        wire = Wire(self.router.core, self.place.sock, sock.getsockname(), keys)
        screens = BRANCHES + 1 if number == 0 else 1
        text = offer(microphone(), camera(simulcast=True), *[screen()] * screens, *[speaker()] * 3)
        wire.member = self.router.add_peer(
            str(number), parse_offer(text), room="r", source=str(number), to=wire.target
        )
        choices = {0: Choice("1" if number == 0 else "0")}
        if number == 0:
            choices |= {place: Choice(str(place), "low") for place in range(1, BRANCHES + 1)}
        self.router.choose(self.now, str(number), choices)
        self.place.paths[sock.getsockname()] = wire  # type: ignore[assignment]
        self.sockets.append(sock)
        self.secrets.append(session(keys[0], Policy.SSRC_ANY_OUTBOUND))

    def tick(self, packets: list[list[bytes]], count: int) -> None:
        """Let 20 ms pass; ``packets`` are those of each venue."""
        address = ("127.0.0.1", self.transport.port)
        mine, all_ = time.thread_time(), time.process_time()
        waiting = 0
        for number, datagrams in enumerate(packets):
            for plain in datagrams:
                self.sockets[number].sendto(self.secrets[number].protect(plain), address)
                waiting += 1
        # the disk's thread may be at work meanwhile: only this thread's part is the venues'
        others = time.thread_time() - mine
        self.now += TICK
        for _ in range(waiting // 128 + 1):
            self.transport._drain(self.place)
        self.router.repair(self.now)
        if count % 10 == 0:
            self.router.adjust(self.now)
        if count % 12 == 0:
            for tape in self.router.tapes.values():
                tape.collect(self.now)
        if count % 50 == 0:
            self.router.report(self.now)
        self.transport.flush()
        self.spent += time.process_time() - all_ - others

    def close(self) -> None:
        before = time.process_time()
        if self.plan is not None:
            self.router.end_recording(self.now, "r", "closed")
            self.writer.join(60)
        self.spent += time.process_time() - before
        for sock in (*self.sockets, self.place.sock):
            sock.close()


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    core = sys.argv[2] if len(sys.argv) > 2 else "c"
    folder = Path(tempfile.mkdtemp(prefix="pinhui-bench-"))
    try:
        run(seconds, core, folder)
    finally:
        shutil.rmtree(folder)


def run(seconds: int, core: str, folder: Path) -> None:
    workers = {name: Worker(name, core, folder) for name in PLANS}
    dice = random.Random(2)  # noqa: S311 (no secret)
    senders = [Sender(number, dice) for number in range(BRANCHES + 1)]
    per_second = round(1 / TICK)
    for second in range(seconds):
        batches = [
            [sender.due((second * per_second + tick) * TICK) for sender in senders]
            for tick in range(per_second)
        ]
        order = list(workers.values())
        for worker in order[second % 4 :] + order[: second % 4]:
            for tick, batch in enumerate(batches):
                worker.tick(batch, second * per_second + tick)
            if worker.plan is not None:
                # what the thread does after its turn is not another's
                before = time.process_time()
                while worker.writer._given != worker.writer._done:
                    time.sleep(0.001)
                worker.spent += time.process_time() - before
    for worker in workers.values():
        worker.close()
    base = workers["off"].spent
    for name, worker in workers.items():
        octets = sum(path.stat().st_size for path in worker.folder.glob("*.seg"))
        print(  # noqa: T201
            f"{core:6} {name:10} {worker.spent / seconds * 100:5.1f} % of a core "
            f"({worker.spent / base - 1:+6.1%}), {worker.transport.packets_in} in, "
            f"{worker.transport.packets_out} out, {octets / seconds / 1e6:.2f} MB/s"
        )


if __name__ == "__main__":
    main()
