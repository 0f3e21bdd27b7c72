"""Real programs at the other end: a calendar server, what fetches calendars, what reads them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.ports import free_port

_BIN = Path(sys.executable).parent
_FORMATS = """
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
local_timezone = Asia/Shanghai
default_timezone = Asia/Shanghai
"""


async def run(folder: Path, *words: str | Path) -> str:
    """Run a program of the virtual environment in a home of its own; return what it printed."""
    program = _BIN / str(words[0])
    if not program.exists():
        pytest.fail(f"{words[0]} is missing: make test installs it")
    pipe = asyncio.subprocess.PIPE
    running = await asyncio.create_subprocess_exec(
        str(program),
        *map(str, words[1:]),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai"},
    )
    out, errors = await asyncio.wait_for(running.communicate(), PATIENCE_S)
    assert running.returncode == 0, f"{words}: {errors.decode()}{out.decode()}"
    return out.decode()


class Reader:
    """A calendar on somebody's computer: vdirsyncer fetches it, khal shows it."""

    def __init__(self, folder: Path, remote: str) -> None:
        self._folder = folder
        self.calendar = folder / "calendar"
        self.calendar.mkdir(parents=True)
        self._sync = folder / "vdirsyncer.ini"
        self._sync.write_text(
            f'[general]\nstatus_path = "{folder}/status"\n'
            '[pair p]\na = "remote"\nb = "local"\ncollections = null\n'
            'conflict_resolution = "a wins"\n'
            f"[storage remote]\n{remote}\n"
            f'[storage local]\ntype = "filesystem"\npath = "{self.calendar}"\nfileext = ".ics"\n',
            encoding="utf-8",
        )
        self._show = folder / "khal.ini"
        self._show.write_text(
            f"[calendars]\n[[mine]]\npath = {self.calendar}\ntype = calendar\n"
            f"[locale]{_FORMATS}[default]\ndefault_calendar = mine\n"
            f"[sqlite]\npath = {folder}/khal.db\n",
            encoding="utf-8",
        )

    async def fetch(self) -> None:
        """Bring the calendar up to date."""
        await run(self._folder, "vdirsyncer", "-c", self._sync, "discover")
        await run(self._folder, "vdirsyncer", "-c", self._sync, "sync")

    async def take_in(self, invitation: str) -> None:
        """Import an iTIP message as it came, over what was there under its UID."""
        file = self._folder / "invite.ics"
        file.write_text(invitation, encoding="utf-8", newline="")
        await run(self._folder, "khal", "-c", self._show, "import", "--batch", file)

    async def shown(self, day: str) -> list[str]:
        """Return a day's entries as lines of start, end, title and place."""
        line = "{start-time}|{end-time}|{title}|{location}|{status}"
        words = ["list", "--format", line, "--day-format", "", "--notstarted", day, "1d"]
        text = await run(self._folder, "khal", "-c", self._show, *words)
        return [line.strip() for line in text.splitlines() if line.strip()]


def fetched_over_http(folder: Path, url: str) -> Reader:
    """Return a reader that subscribes to a calendar by its address."""
    return Reader(folder, f'type = "http"\nurl = "{url}"')


def fetched_over_caldav(folder: Path, url: str) -> Reader:
    """Return a reader of a calendar on a server."""
    login = 'username = "wang"\npassword = "any"\n'
    return Reader(folder, f'type = "caldav"\nurl = "{url}"\n{login}')


@asynccontextmanager
async def calendar_server(folder: Path) -> AsyncIterator[str]:
    """Run Radicale on a free port for the length of the block; yields its address."""
    port = free_port()
    words = ["--hosts", f"127.0.0.1:{port}", "--auth-type", "none"]
    words += ["--storage-filesystem-folder", str(folder)]
    pipe = asyncio.subprocess.DEVNULL
    server = await asyncio.create_subprocess_exec(
        str(_BIN / "radicale"), *words, stdout=pipe, stderr=pipe
    )
    try:
        await _listening(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        await server.wait()


async def _listening(port: int, server: asyncio.subprocess.Process) -> None:
    for _ in range(300):
        if server.returncode is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            await writer.wait_closed()
            return
    pytest.fail("Radicale did not start")
