"""A real worker for the tests of this folder, one for each core.

Each test adopts it and leaves it to the next.
"""

import contextlib
import logging
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from server.media.client import MediaClient, WorkerSettings
from server.media.model import (
    JournalEvent,
    MediaEvent,
    MediaOutage,
    PeerConnected,
    PeerDisconnected,
    WorkerLost,
)
from tests.media.callers import Caller, until
from tests.unit.media.cores import CORES, build_core


@pytest.fixture(scope="session", params=CORES)
def worker_settings(request: pytest.FixtureRequest) -> Iterator[WorkerSettings]:
    build_core()
    # a Unix socket's path is at most 107 characters, so not below pytest's own folders
    run_dir = Path(tempfile.mkdtemp(prefix="pinhui-"))
    pids: set[int] = set()
    yield WorkerSettings(
        udp_port=0,
        announce=("127.0.0.1",),
        run_dir=run_dir,
        orphan_seconds=20,
        core=request.param,
    )
    pids.update(int(p.read_text()) for p in run_dir.glob("pid"))
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    shutil.rmtree(run_dir)


@pytest.fixture
def events() -> list[MediaEvent]:
    return []


@pytest.fixture
async def media(
    worker_settings: WorkerSettings, events: list[MediaEvent]
) -> AsyncIterator[MediaClient]:
    async def note(event: MediaEvent) -> None:
        events.append(event)

    client = await MediaClient.start(
        worker_settings, logger=logging.getLogger("test"), on_event=note
    )
    (worker_settings.run_dir / "pid").write_text(str(client.pid))
    yield client
    for info in await client.peers():
        await client.disconnect(info.peer, "test over")
    await client.close_room("r")
    await until(lambda: not _still_here(events))
    for event in events:
        if isinstance(event, JournalEvent):
            await client.acknowledge(event.seq)
    await client.detach()


def _still_here(events: list[MediaEvent]) -> set[str]:
    """Return the peers that came and have not gone; with a worker that dies, all its peers go."""
    here: set[str] = set()
    for event in events:
        if isinstance(event, PeerConnected):
            here.add(event.peer)
        elif isinstance(event, PeerDisconnected):
            here.discard(event.peer)
        elif isinstance(event, WorkerLost | MediaOutage):
            here.clear()
    return here


CallerMaker = Callable[..., Caller]


@pytest.fixture
async def caller(media: MediaClient) -> AsyncIterator[CallerMaker]:
    made: list[Caller] = []

    def make(peer: str, *, room: str = "r", source: str = "") -> Caller:
        made.append(Caller(media, peer, room=room, source=source))
        return made[-1]

    yield make
    for one in made:
        await one.leave()
