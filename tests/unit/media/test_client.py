"""Control's end of a worker, against a worker that answers nothing but a hello."""

import asyncio
import logging
import os
import tempfile
from pathlib import Path

import msgspec

from server.media import control
from server.media.client import MediaClient, WorkerSettings
from server.media.model import MediaEvent, PeerConnected
from tests.patience import PATIENCE_S


async def test_leaving_ends_although_an_acknowledgement_is_under_way() -> None:
    acknowledging = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = control.decode_request(await reader.readline())
        welcome = control.Welcome(control.VERSION, os.getpid(), 9, 1, 0, [], "python")
        writer.write(control.encode(control.Reply(request.number, msgspec.Raw(_json(welcome)))))
        writer.write(control.encode(control.notice(PeerConnected(1, "12", "r", "12", 5))))
        assert await reader.readline()
        acknowledging.set()
        await reader.read()
        writer.close()

    async def take_in(_event: MediaEvent) -> None:
        await client.acknowledge(1)

    with tempfile.TemporaryDirectory(prefix="pinhui-") as folder:
        settings = WorkerSettings(0, (), Path(folder), core="python")
        server = await asyncio.start_unix_server(answer, settings.run_dir / "worker-0.sock")
        client = await MediaClient.start(
            settings, logger=logging.getLogger("test"), on_event=take_in
        )
        async with asyncio.timeout(PATIENCE_S):
            await acknowledging.wait()
            await client.detach()
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.05)


def _json(welcome: control.Welcome) -> bytes:
    return msgspec.json.encode(welcome)
