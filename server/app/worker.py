"""How the media plane comes up, and how its events find the conferences that are built after it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from server.conference.ports import Media
from server.config import CannotStartError, Settings
from server.media.client import MediaClient, OnEvent, WorkerSettings, WorkerUnavailable
from server.media.launch import MEDIA_CORES
from server.media.model import MediaEvent

StartMedia = Callable[[Settings, OnEvent], Awaitable[Media]]


class Relay:
    """Hands media events to the conferences, built after the media plane they listen to."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._target: OnEvent | None = None

    def lead_to(self, target: OnEvent) -> None:
        """Let events through to ``target`` from now on."""
        self._target = target
        self._ready.set()

    async def __call__(self, event: MediaEvent) -> None:
        """Hand an event on, as soon as there is somebody to take it."""
        await self._ready.wait()
        if self._target is not None:
            await self._target(event)


async def start_worker(settings: Settings, on_event: OnEvent) -> MediaClient:
    """Adopt the media worker of this installation, or start one.

    Raises:
        CannotStartError: when it ends at once, with its last words, or for a core unheard of.
    """
    run_dir = (settings.data_dir / "run").absolute()
    run_dir.mkdir(parents=True, exist_ok=True)
    if settings.media_core not in MEDIA_CORES:
        raise CannotStartError(
            f"设置 media_core 不能是 {settings.media_core}，只能是 auto、python 或 c\n"
            f"The setting media_core cannot be {settings.media_core}: auto, python or c"
        )
    worker = WorkerSettings(
        settings.media_port, settings.announce, run_dir, core=settings.media_core
    )
    logger = logging.getLogger("pinhui.media")
    try:
        return await MediaClient.start(worker, logger=logger, on_event=on_event)
    except WorkerUnavailable as error:
        raise CannotStartError(
            f"媒体进程没有启动：{error}\nThe media worker did not start: {error}"
        ) from error
