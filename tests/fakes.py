"""Fakes one can read: a clock that moves only when told."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from server.media.client import OnEvent
from server.media.model import (
    Choice,
    PeerConnected,
    PeerDisconnected,
    PeerInfo,
    RecordingPlan,
    WorkerStats,
)

NOON_TUESDAY = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
"""Tuesday 24 November 2026, 12:00 at the site."""


class FakeClock:
    """A clock that stands still until ``advance`` is called."""

    def __init__(self, now: datetime = NOON_TUESDAY) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, **span: float) -> datetime:
        """Move on by a span, and return the time that it is then."""
        step = timedelta(**span)
        self._now += step
        self._monotonic += step.total_seconds()
        return self._now


class FakeMedia:
    """A media plane that remembers what it was told; ``tell`` plays the worker's part."""

    def __init__(self) -> None:
        self.on_event: OnEvent | None = None
        self.connections: dict[str, dict[int, Choice | None]] = {}
        self.ended: list[tuple[str, str]] = []
        self.audible: dict[str, frozenset[str] | None] = {}
        self.asked: dict[str, frozenset[str]] = {}
        self.recorded: dict[str, tuple[Path, RecordingPlan]] = {}
        self.acknowledged = 0
        self.heard_ms: dict[str, int] = {}
        self._seq = 0

    async def connect(
        self, peer: str, offer: str, *, room: str, source: str, slots: Mapping[int, Choice] | None
    ) -> str:
        self.connections[peer] = dict(slots or {})
        return f"answer to {len(offer)} for {source} in {room}"

    async def disconnect(self, peer: str, reason: str) -> None:
        if self.connections.pop(peer, None) is not None:
            self.ended.append((peer, reason))

    async def choose(self, peer: str, slots: Mapping[int, Choice | None]) -> None:
        self.connections[peer].update(slots)

    async def set_audible(
        self, room: str, sources: frozenset[str] | None, asked: frozenset[str] = frozenset()
    ) -> None:
        self.audible[room] = sources
        self.asked[room] = asked

    async def close_room(self, room: str) -> None:
        self.audible[room] = frozenset()
        for peer in list(self.connections):
            if peer.startswith(f"{room}."):
                await self.disconnect(peer, "room_closed")

    async def record(self, room: str, folder: Path, plan: RecordingPlan) -> None:
        self.recorded[room] = folder, plan

    async def end_recording(self, room: str) -> None:
        self.recorded.pop(room, None)

    async def peers(self) -> list[PeerInfo]:
        return [PeerInfo(p, *p.split(".")[:2], 0, at) for p, at in self.heard_ms.items()]

    async def acknowledge(self, seq: int) -> None:
        self.acknowledged = seq

    async def stats(self) -> WorkerStats:
        return WorkerStats(1, 0, "python", 0, 0.0, 0, 0, {}, ())

    async def detach(self) -> None:
        return None

    async def stop(self) -> None:
        return None

    async def connected(self, peer: str, at_ms: int) -> None:
        """Say that a peer's connection stands."""
        self._seq += 1
        room, number = peer.split(".")[:2]
        assert self.on_event is not None
        await self.on_event(PeerConnected(self._seq, peer, room, number, at_ms))

    async def gone(self, peer: str, at_ms: int, reason: str = "timeout") -> None:
        """Say that a peer's connection ended."""
        self._seq += 1
        room, number = peer.split(".")[:2]
        assert self.on_event is not None
        await self.on_event(PeerDisconnected(self._seq, peer, room, number, at_ms, reason))
