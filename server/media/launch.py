"""Start a worker as a process of its own, and tell whether one lives; nothing here waits."""

import contextlib
import os
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

MEDIA_CORES = ("auto", "python", "c")
"""What may carry a worker's packets; ``auto`` is C where it was built and works, else Python."""


@dataclass(frozen=True)
class WorkerSettings:
    """How a worker is run.

    ``udp_port`` 0 is any; ``announce`` empty is every local address that is not IPv6 link-local;
    ``run_dir`` holds its socket and its log; it outlives control by ``orphan_seconds``; ``core``
    is one of ``MEDIA_CORES``.
    """

    udp_port: int
    announce: tuple[str, ...]
    run_dir: Path
    orphan_seconds: float = 60.0
    core: str = "auto"


def pid_behind(sock: socket.socket) -> int:
    """Return the process that listens at the other end of a Unix socket."""
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[0])


def is_alive(pid: int) -> bool:
    """Say whether a process lives; a child that has ended is collected."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def log_path(settings: WorkerSettings, index: int) -> Path:
    """Return the file that a worker writes what it has to say to."""
    return settings.run_dir / f"worker-{index}.log"


def last_words(settings: WorkerSettings, index: int) -> str:
    """Return the last line of a worker's log, which says why it ended; empty when there is none."""
    path = log_path(settings, index)
    said = path.read_text("utf-8", errors="replace").strip() if path.exists() else ""
    return said.rpartition("\n")[2]


def start_process(settings: WorkerSettings, index: int) -> int:
    """Start a worker in a session of its own and return its process id.

    ``posix_spawn`` and not ``asyncio``'s subprocess, which would kill the worker when the control
    process leaves it behind.
    """
    command = [
        sys.executable,
        "-m",
        "server.media.worker",
        f"--run-dir={settings.run_dir}",
        f"--index={index}",
        f"--udp-port={settings.udp_port}",
        f"--orphan-seconds={settings.orphan_seconds}",
        f"--core={settings.core}",
        *(f"--announce={address}" for address in settings.announce),
    ]
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": root}
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log_path(settings, index)), flags, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(sys.executable, command, environment, file_actions=actions, setsid=True)
