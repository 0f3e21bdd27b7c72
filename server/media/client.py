"""What the control process uses to run a media worker and to speak with it.

A worker that is alive is adopted, otherwise one is started in a session of its own; when it dies
another takes its place. This module loads none of the media libraries.
"""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from server.media import control
from server.media.launch import (
    WorkerSettings,
    is_alive,
    last_words,
    log_path,
    pid_behind,
    start_process,
)
from server.media.model import (
    Choice,
    MediaEvent,
    PeerConnected,
    PeerDisconnected,
    PeerInfo,
    RecordingPlan,
    WorkerLost,
    WorkerStarted,
    WorkerStats,
)

START_SECONDS = 60.0
"""Generous: a busy computer takes its time; one that ends sooner is noticed at once."""
HELLO_SECONDS = 10.0
"""As long as any request: a worker that is merely busy carries a session."""
REQUEST_SECONDS = 10.0
_POLL_SECONDS = 0.05
_TRY_AGAIN_AFTER = (0.2, 1.0)

__all__ = ["MediaClient", "OfferRefused", "WorkerSettings", "WorkerUnavailable"]

T = TypeVar("T")
OnEvent = Callable[[MediaEvent], Awaitable[None]]


class OfferRefused(Exception):  # noqa: N818 (a refusal is no error)
    """An offer or a choice that the worker does not grant; ``code`` is stable and short."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class WorkerUnavailable(Exception):  # noqa: N818 (a state, and it passes)
    """The worker is being replaced, or could not be started."""


class _Link:
    """One connection to a worker: requests out, replies and events in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0
        self._waiting: dict[int, asyncio.Future[control.Reply]] = {}
        self.events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self.at_ms = 0
        self.replaced = False

    async def request(self, command: control.Command, result: type[T], within: float) -> T:
        """Send a command and return its result, read as ``result``.

        Raises:
            OfferRefused: with the worker's code.
            WorkerUnavailable: when the worker is gone or does not answer in time.
        """
        if self._writer.is_closing():
            raise WorkerUnavailable("the worker is gone")
        self._number += 1
        number = self._number
        future: asyncio.Future[control.Reply] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._writer.write(control.encode(control.Request(number, command)))
            # not wait_for: it forgets that it was cancelled when the link is closed meanwhile
            async with asyncio.timeout(within):
                reply = await future
        except (TimeoutError, ConnectionError) as error:
            raise WorkerUnavailable(str(error)) from error
        finally:
            del self._waiting[number]
        if reply.error:
            raise OfferRefused(reply.error)
        return msgspec.json.decode(reply.result, type=result)

    async def read(self) -> None:
        """Take in what the worker says until it is gone."""
        try:
            while line := await self._reader.readline():
                self._take(control.decode_message(line))
        except (ConnectionError, ValueError):
            pass
        finally:
            self.close()

    def _take(self, message: control.Message) -> None:
        match message:
            case control.Reply():
                future = self._waiting.get(message.number)
                if future is not None and not future.done():
                    future.set_result(message)
            case control.Notice():
                self.events.put_nowait(control.event_of(message))
            case control.Tick():
                self.at_ms = message.at_ms
            case control.Replaced():
                self.replaced = True

    def close(self) -> None:
        """Close the connection; whoever waits for a reply learns that there is none."""
        self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the worker is gone"))


class MediaClient:
    """The control process's end of one worker."""

    def __init__(
        self, settings: WorkerSettings, *, logger: logging.Logger, on_event: OnEvent, index: int
    ) -> None:
        """Use ``start``."""
        self._settings = settings
        self._log = logger
        self._on_event = on_event
        self._index = index
        self._socket = settings.run_dir / f"worker-{index}.sock"
        self._link: _Link | None = None
        self._reading: asyncio.Task[None] | None = None
        self._supervising: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._queue: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self._leaving = False
        self._child = 0
        self.pid = 0
        self.udp_port = 0
        self.adopted = False

    @classmethod
    async def start(
        cls,
        settings: WorkerSettings,
        *,
        logger: logging.Logger,
        on_event: OnEvent,
        index: int = 0,
    ) -> "MediaClient":
        """Adopt the living worker of ``run_dir``, or start one and wait until it is up.

        ``on_event`` is awaited for one event after the other, in order; a connect or disconnect
        that it fails to take is told three times. After an adoption the journal that was not
        acknowledged comes again.

        Raises:
            WorkerUnavailable: when none can be started.
        """
        client = cls(settings, logger=logger, on_event=on_event, index=index)
        settings.run_dir.mkdir(parents=True, exist_ok=True)
        client._telling = asyncio.create_task(client._tell())
        client.adopted = await client._adopt()
        if not client.adopted:
            try:
                await client._spawn()
            except WorkerUnavailable:
                client._telling.cancel()
                raise
        client._supervising = asyncio.create_task(client._supervise())
        return client

    # --- what control asks for -----------------------------------------------------------------

    async def connect(
        self,
        peer: str,
        offer: str,
        *,
        room: str,
        source: str,
        slots: Mapping[int, Choice] | None = None,
    ) -> str:
        """Take in a peer with its one offer and return the one answer.

        Raises:
            OfferRefused: when the offer cannot be used; the code says why.
            WorkerUnavailable: when there is no worker at the moment.
        """
        command = control.Connect(peer, offer, room, source, dict(slots or {}))
        return await self._request(command, str)

    async def disconnect(self, peer: str, reason: str) -> None:
        """End a peer, which notices at once; nothing happens when it is not there."""
        await self._order(control.Disconnect(peer, reason))

    async def choose(self, peer: str, slots: Mapping[int, Choice | None]) -> None:
        """Set what slots show; None sets one back (video: nothing, audio: a voice).

        Raises:
            OfferRefused: ``no_such_peer`` or ``no_such_slot``.
        """
        await self._order(control.Choose(peer, dict(slots)))

    async def set_audible(
        self, room: str, sources: frozenset[str] | None, asked: frozenset[str] = frozenset()
    ) -> None:
        """Let only these sources be heard in a room; None is everybody.

        Those of them who are ``asked`` to speak are among the voices from their first packet on.
        """
        names = None if sources is None else sorted(sources)
        await self._order(control.SetAudible(room, names, sorted(asked)))

    async def close_room(self, room: str) -> None:
        """End all peers of a room."""
        await self._order(control.CloseRoom(room))

    async def record(self, room: str, folder: Path, plan: RecordingPlan) -> None:
        """Record a room in a folder by a plan, or go on by another.

        What an earlier worker left in the folder is gone on from. How it goes is told afterwards,
        and after every change, by ``RecordingChanged``.
        """
        await self._order(control.Record(room, str(folder), plan))

    async def end_recording(self, room: str) -> None:
        """End the recording of a room; nothing happens when there is none."""
        await self._order(control.EndRecording(room))

    async def peers(self) -> list[PeerInfo]:
        """Return who is connected, sorted by peer id."""
        return await self._request(control.Peers(), list[PeerInfo])

    async def stats(self) -> WorkerStats:
        """Return the worker's counters."""
        return await self._request(control.Stats(), WorkerStats)

    async def acknowledge(self, seq: int) -> None:
        """Let the worker forget the journal event of this number: it is stored."""
        await self._order(control.Acknowledge(seq))

    async def detach(self) -> None:
        """Leave the worker running, for the next control process to adopt."""
        await self._leave()

    async def stop(self) -> None:
        """End the worker and all its peers."""
        self._leaving = True
        with contextlib.suppress(WorkerUnavailable):
            await self._order(control.Stop())
        if self._reading is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._reading), HELLO_SECONDS)
        await self._leave()
        for pid in {self.pid, self._child} - {0}:
            await self._end(pid)

    async def _request(self, command: control.Command, result: type[T]) -> T:
        if self._link is None:
            raise WorkerUnavailable("the worker is being replaced")
        return await self._link.request(command, result, REQUEST_SECONDS)

    async def _order(self, command: control.Command) -> None:
        await self._request(command, type(None))

    async def _leave(self) -> None:
        self._leaving = True
        if self._link is not None:
            self._link.close()
        tasks = [t for t in (self._supervising, self._reading, self._telling) if t is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- the worker's life -----------------------------------------------------------------------

    async def _adopt(self) -> bool:
        """Try to adopt the worker behind the socket; one that is unfit is ended."""
        try:
            reader, writer = await asyncio.open_unix_connection(
                self._socket, limit=control.LONGEST_LINE
            )
        except OSError:
            return False
        pid = pid_behind(writer.get_extra_info("socket"))
        link = _Link(reader, writer)
        reading = asyncio.create_task(link.read())
        try:
            welcome = await link.request(
                control.Hello(control.VERSION), control.Welcome, HELLO_SECONDS
            )
        except (WorkerUnavailable, OfferRefused, msgspec.DecodeError):
            welcome = None
        if welcome is not None and self._fits(welcome):
            self._link, self._reading = link, reading
            link.at_ms = welcome.at_ms
            self.pid, self.udp_port = welcome.pid, welcome.udp_port
            self._forward(link)
            return True
        self._log.warning("worker %s does not answer or is of other settings: ending it", pid)
        link.close()
        await reading
        await self._end(pid)
        return False

    def _fits(self, welcome: control.Welcome) -> bool:
        return (
            welcome.version == control.VERSION
            and welcome.wanted_port == self._settings.udp_port
            and tuple(welcome.announce) == self._settings.announce
            and welcome.wanted_core == self._settings.core
        )

    def _forward(self, link: _Link) -> None:
        """Let the events of a link come out of the one queue, after those that are in it."""
        early = link.events
        link.events = self._queue
        while not early.empty():
            self._queue.put_nowait(early.get_nowait())

    async def _end(self, pid: int) -> None:
        """Wait until a worker is gone: ask, then kill; at most two seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
            for _ in range(20):
                if not is_alive(pid):
                    return
                await asyncio.sleep(_POLL_SECONDS)

    async def _spawn(self) -> None:
        """Start a worker and adopt it.

        Raises:
            WorkerUnavailable: when it ends at once, or is not up within a minute.
        """
        self._socket.unlink(missing_ok=True)
        self._child = start_process(self._settings, self._index)
        for _ in range(int(START_SECONDS / _POLL_SECONDS)):
            await asyncio.sleep(_POLL_SECONDS)
            if self._socket.exists() and await self._adopt():
                return
            if await self._reap(wait=False):
                break
        path = log_path(self._settings, self._index)
        raise WorkerUnavailable(f"{last_words(self._settings, self._index)} ({path})")

    async def _supervise(self) -> None:
        """Replace the worker whenever it dies."""
        while self._reading is not None:
            await self._reading
            link = self._link
            self._link = None
            if self._leaving or link is None:
                return
            if link.replaced:
                self._log.warning("another control process has taken worker %s over", self.pid)
                return
            if await self._adopt():
                self._log.warning("the connection to worker %s was lost and is back", self.pid)
                continue
            await self._reap()
            self._log.error("worker %s is gone: starting another", self.pid)
            self._queue.put_nowait(WorkerLost(link.at_ms))
            await self._respawn()

    async def _respawn(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._spawn()
            except WorkerUnavailable as error:
                self._log.error("worker does not start: %s", error)
                await asyncio.sleep(pause)
                pause = min(5.0, pause * 2)
                continue
            at_ms = self._link.at_ms if self._link is not None else 0
            self._queue.put_nowait(WorkerStarted(self.pid, self.udp_port, at_ms))
            return

    async def _reap(self, *, wait: bool = True) -> bool:
        """Collect a child that has ended; return whether there is none any more."""
        while self._child:
            with contextlib.suppress(ChildProcessError):
                if is_alive(self._child):
                    if not wait:
                        return False
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
            self._child = 0
        return True

    async def _tell(self) -> None:
        left: set[str] = set()
        while True:
            event = await self._queue.get()
            if not isinstance(event, PeerConnected | PeerDisconnected):
                await self._is_taken_in(event)
            elif event.peer not in left and not await self._is_taken_in(event, *_TRY_AGAIN_AFTER):
                # The worker keeps it, and what follows of this connection, until the next start:
                # somebody's attendance is told in order or not yet.
                left.add(event.peer)

    async def _is_taken_in(self, event: MediaEvent, *pauses: float) -> bool:
        """Tell an event, again after each of the pauses; return whether the receiver took it."""
        for pause in (*pauses, None):
            try:
                await self._on_event(event)
            except Exception:
                # a task boundary: a receiver's bug with one event must not cost the next
                self._log.exception("event %s could not be taken in", type(event).__name__)
            else:
                return True
            if pause is not None:
                await asyncio.sleep(pause)
        return False
