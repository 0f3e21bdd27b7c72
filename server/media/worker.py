"""The media worker: a process that forwards packets and obeys one control process at a time.

``python -m server.media.worker --run-dir DIR``. It outlives its control process by a minute, is
adopted by the next one, and keeps the journal of what happened until that is stored.
"""

import argparse
import asyncio
import gc
import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec

from server.media import control
from server.media.core.choice import choose_core
from server.media.journal import Journal
from server.media.launch import MEDIA_CORES
from server.media.model import MediaEvent, WorkerStats
from server.media.plane import Plane, Refused
from server.media.transport import bind_all, local_addresses

REPAIR_SECONDS = 0.02
_MOST_UNREAD_BYTES = 16 * 1024 * 1024

log = logging.getLogger("pinhui.media")


class Office:
    """The control socket: one control process at a time, the newest."""

    def __init__(
        self, plane: Plane, *, wanted_port: int, announce: list[str], wanted_core: str
    ) -> None:
        self._plane = plane
        self._wanted_core = wanted_core
        self._wanted_port = wanted_port
        self._announce = announce
        self._writer: asyncio.StreamWriter | None = None
        self.stopped = asyncio.Event()
        self.alone_since = time.monotonic()
        plane.notify = self.notify

    @property
    def is_alone(self) -> bool:
        """Whether no control process is connected."""
        return self._writer is None

    def _send(self, message: control.Message) -> None:
        if self._writer is not None:
            self._write(self._writer, message)

    def _write(self, writer: asyncio.StreamWriter, message: control.Message) -> None:
        if writer.transport.get_write_buffer_size() > _MOST_UNREAD_BYTES:
            log.warning("the control process does not read; its connection is closed")
            self._leave(writer)
            return
        writer.write(control.encode(message))

    def notify(self, event: MediaEvent) -> None:
        """Tell an event to whoever is in control."""
        self._send(control.notice(event))

    def tick(self) -> None:
        """Give a sign of life."""
        self._plane.journal.note_alive()
        self._send(control.Tick(self._plane.now_ms()))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Obey a control process until it leaves."""
        try:
            while line := await reader.readline():
                self._obey(control.decode_request(line), writer)
        except (control.ControlError, ValueError, ConnectionError) as error:
            log.warning("control connection ended: %s", error)
        finally:
            self._leave(writer)

    def close(self) -> None:
        """Let go of the control process."""
        if self._writer is not None:
            self._leave(self._writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        if self._writer is writer:
            self._writer = None
            self.alone_since = time.monotonic()
        writer.close()

    def _obey(self, request: control.Request, writer: asyncio.StreamWriter) -> None:
        command = request.command
        if isinstance(command, control.Hello):
            self._welcome(request.number, writer)
            return
        if self._writer is not writer and not isinstance(command, control.Stop):
            return
        try:
            result: Any = self._execute(command)
        except Refused as refusal:
            reply = control.Reply(request.number, error=refusal.code)
        else:
            reply = control.Reply(request.number, msgspec.Raw(msgspec.json.encode(result)))
        self._write(writer, reply)

    def _welcome(self, number: int, writer: asyncio.StreamWriter) -> None:
        """Hand control to this connection, and send it the journal that nobody has stored."""
        if self._writer is not None and self._writer is not writer:
            self._send(control.Replaced())
            self._leave(self._writer)
        self._writer = writer
        welcome = control.Welcome(
            control.VERSION,
            os.getpid(),
            self._plane.transport.port,
            self._plane.now_ms(),
            self._wanted_port,
            self._announce,
            self._wanted_core,
        )
        self._send(control.Reply(number, msgspec.Raw(msgspec.json.encode(welcome))))
        for event in self._plane.journal.kept:
            self.notify(event)

    def _execute(self, command: control.Command) -> Any:
        plane = self._plane
        match command:
            case control.Connect():
                return plane.connect(command)
            case control.Disconnect():
                return plane.disconnect(command.peer, command.reason)
            case control.Choose():
                return plane.choose(command)
            case control.SetAudible():
                return plane.set_audible(command)
            case control.CloseRoom():
                return plane.close_room(command.room)
            case control.Record():
                return plane.record(command)
            case control.EndRecording():
                return plane.end_recording(command.room, "stopped")
            case control.Acknowledge():
                return plane.journal.acknowledge(command.seq)
            case control.Stop():
                return self.stopped.set()
        return plane.peers() if isinstance(command, control.Peers) else self._stats()

    def _stats(self) -> WorkerStats:
        transport = self._plane.transport
        return WorkerStats(
            pid=os.getpid(),
            core=_current_core(),
            media_core=self._plane.router.core.name,
            udp_port=transport.port,
            cpu_seconds=round(time.process_time(), 6),
            packets_in=transport.packets_in,
            packets_out=transport.packets_out,
            drops=dict(transport.drops),
            peers=self._plane.peer_stats(),
        )


def _current_core() -> int:
    """Return the number of the core that runs this process now, -1 where nobody tells."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        return int(fields[36])
    except (OSError, ValueError, IndexError):
        return -1


async def _drive(plane: Plane, office: Office, orphan_seconds: float) -> None:
    """Do what depends on time until the worker is stopped or has been alone for too long."""
    count = 0
    before = time.monotonic()
    while not office.stopped.is_set():
        await asyncio.sleep(REPAIR_SECONDS)
        now = time.monotonic()
        count += 1
        plane.repair(now - before)
        before = now
        if count % 10 == 0:
            plane.adjust()
        if count % 12 == 0:
            office.tick()
            plane.collect()
        if count % 50 == 0:
            plane.each_second()
        if office.is_alone and now - office.alone_since > orphan_seconds:
            log.warning("no control process for %.0f s: ending", orphan_seconds)
            return


async def serve(arguments: argparse.Namespace) -> None:
    """Run a worker until it is stopped.

    Raises:
        OSError: when the media port or the control socket is not to be had.
        CoreUnavailable: when the core in C is asked for and cannot be used.
    """
    core = choose_core(arguments.core, log)
    announce: list[str] = arguments.announce
    local = local_addresses()
    bound = announce if announce and set(announce) <= set(local) else local
    places = bind_all(bound, arguments.udp_port, log)
    journal_path = arguments.run_dir / f"worker-{arguments.index}.journal"
    journal = Journal(journal_path, round(time.time() * 1000))
    plane = Plane(
        places,
        tuple(announce),
        steady=time.monotonic,
        wall=time.time,
        core=core,
        log=log,
        journal=journal,
    )
    office = Office(
        plane,
        wanted_port=arguments.udp_port,
        announce=announce,
        wanted_core=arguments.core,
    )
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, office.stopped.set)
    path = _free_path(arguments.run_dir, arguments.index)
    mask = os.umask(0o077)
    server = await asyncio.start_unix_server(office.serve, path, limit=control.LONGEST_LINE)
    os.umask(mask)
    plane.transport.start()
    gc.freeze()
    log.info("worker %s up on port %s", os.getpid(), plane.transport.port)
    try:
        await _drive(plane, office, arguments.orphan_seconds)
    finally:
        plane.close()
        journal.close()
        office.close()
        server.close()
        _free_path(arguments.run_dir, arguments.index)
        await asyncio.sleep(REPAIR_SECONDS)
        plane.transport.close()


def _free_path(run_dir: Path, index: int) -> Path:
    """Return the path of the control socket, where nothing is any more."""
    path = run_dir / f"worker-{index}.sock"
    path.unlink(missing_ok=True)
    return path


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m server.media.worker")
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--index", type=int, default=0)
    parser.add_argument("--udp-port", type=int, default=0)
    parser.add_argument("--announce", action="append", default=[])
    parser.add_argument("--orphan-seconds", type=float, default=60.0)
    parser.add_argument("--core", choices=MEDIA_CORES, default="auto")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
