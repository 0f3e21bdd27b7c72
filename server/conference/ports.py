"""What conferences ask of the media plane; ``media.client.MediaClient`` answers, or a fake."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from server.media.model import Choice, PeerInfo, RecordingPlan, WorkerStats


class Media(Protocol):
    """What a conference asks of the media plane; ``media.client.MediaClient`` is one."""

    async def connect(
        self,
        peer: str,
        offer: str,
        *,
        room: str,
        source: str,
        slots: Mapping[int, Choice] | None = None,
    ) -> str:
        """Return the answer to an offer."""
        ...

    async def disconnect(self, peer: str, reason: str) -> None:
        """End a connection; one that is unknown has ended already."""
        ...

    async def choose(self, peer: str, slots: Mapping[int, Choice | None]) -> None:
        """Say what slots show from now on."""
        ...

    async def set_audible(
        self, room: str, sources: frozenset[str] | None, asked: frozenset[str] = frozenset()
    ) -> None:
        """Say whose sound is forwarded in a room, and who of them is heard from the first word."""
        ...

    async def close_room(self, room: str) -> None:
        """End every connection of a room."""
        ...

    async def record(self, room: str, folder: Path, plan: RecordingPlan) -> None:
        """Record a room in a folder by a plan, or go on by another."""
        ...

    async def end_recording(self, room: str) -> None:
        """Record a room no more."""
        ...

    async def peers(self) -> list[PeerInfo]:
        """Return who is connected."""
        ...

    async def acknowledge(self, seq: int) -> None:
        """Say that the journal event of this number is recorded."""
        ...

    async def stats(self) -> WorkerStats:
        """Return the worker's counters."""
        ...

    async def detach(self) -> None:
        """Leave the worker running for another control process to adopt."""
        ...

    async def stop(self) -> None:
        """End the worker."""
        ...
