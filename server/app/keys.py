"""What the application holds that belongs to no one feature, and how a part ends with it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from server.conference.ports import Media
from server.timers.jobs import Timer

TIMER: web.AppKey[Timer] = web.AppKey("timer", Timer)
MEDIA: web.AppKey[Media] = web.AppKey("media", Media)
AUTHORITY: web.AppKey[Path] = web.AppKey("authority", Path)


def close_with(app: web.Application, close: Callable[[], Awaitable[None]]) -> None:
    """Let a part end when the application does, before its database is closed."""

    async def end(_app: web.Application) -> None:
        await close()

    app.on_shutdown.append(end)
